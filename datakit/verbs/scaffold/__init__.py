"""What `init` is made of: the files it writes, what it finds, the plan between them."""
