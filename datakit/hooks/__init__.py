"""The doors that Git calls: argparse, the standard library and PyYAML, nothing that takes long to load."""
