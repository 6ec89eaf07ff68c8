"""What Git knows: plumbing, read-only trees, the root of the project."""
