"""Splits: recipes and keys to parts, their extension, leaks and fingerprints; it knows no Git, no DVC and no terminal.

`keys` says what a key is and which part its hash falls in, `load` brings the rows or files of a dataset into one table,
`assign` and `extend` place them, `leaks` looks for what two parts share, `membership` writes and proves which key is in
which part, `parts` takes one part out, and `make` puts these together for the verbs.
"""
