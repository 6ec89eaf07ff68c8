"""History, the one importer of GitPython and never loaded by the hook; and what differs between two versions."""
