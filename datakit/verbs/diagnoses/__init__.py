"""What `doctor` looks at: the installation, the hooks, the remotes, what lies on the disk, the repository."""
