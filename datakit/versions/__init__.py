"""Tags, commits and history: the one importer of GitPython, never loaded by the hook."""
