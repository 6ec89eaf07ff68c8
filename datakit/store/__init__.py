"""Paths, hashes and objects in DVC's formats; it knows no dataset's name and no Git."""
