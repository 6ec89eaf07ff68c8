"""The commands: each parses, calls one verb and prints one report; `cli/app.py` lists them in the order of the help."""
