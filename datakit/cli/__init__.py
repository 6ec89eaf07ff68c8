"""The command line: parse, one verb, one report."""
