"""What Python may import from: nothing that lies in the work tree, whatever PYTHONPATH or the current folder would add.

`-P` keeps the current folder out; an entry of PYTHONPATH such as `.` or the repository itself would let the project's own
`yaml.py` be loaded in the place of the library. What was installed stays, also into an environment inside the work tree.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence


def isolate() -> None:
    """Take the entries that lie in the work tree off the search path, for this process and those that it starts."""
    try:
        here = os.getcwd()
    except OSError:  # a folder that was removed holds nothing to import
        return
    given = os.environ.get("PYTHONPATH", "")
    sys.path[:] = foreign(sys.path, here, suspects=[here, *given.split(os.pathsep)])
    if given:
        os.environ["PYTHONPATH"] = os.pathsep.join(foreign(given.split(os.pathsep), here))


def inherited(environ: Mapping[str, str], here: str) -> dict[str, str]:
    """Return an environment for a process that imports nothing of the work tree.

    Args:
        environ: The environment as it is.
        here: A folder of the work tree.
    """
    kept = foreign(environ.get("PYTHONPATH", "").split(os.pathsep), here)
    rest = {key: value for key, value in environ.items() if key != "PYTHONPATH"}
    return {**rest, "PYTHONPATH": os.pathsep.join(kept)} if kept else rest


def foreign(entries: Sequence[str], here: str, *, suspects: Sequence[str] | None = None) -> list[str]:
    """Return the entries of a search path that do not lie in the work tree around a folder.

    Args:
        entries: Folders and archives; empty and relative ones count from the current folder, and go.
        here: The folder. Where no repository is around it, the folder itself is the work tree.
        suspects: Which of the entries are asked about; the others were installed, and stay. All by default.

    Returns:
        What is left, in its order; the folder that holds datakit itself is among it.
    """
    top = f"{os.path.realpath(_top(here))}{os.sep}"
    asked = None if suspects is None else {os.path.abspath(entry) for entry in suspects}
    own = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))

    def is_kept(entry: str) -> bool:
        if not os.path.isabs(entry):
            return False
        if asked is not None and os.path.abspath(entry) not in asked:
            return True
        real = os.path.realpath(entry)
        return real == own or not f"{real}{os.sep}".startswith(top)

    return [entry for entry in entries if is_kept(entry)]


def _top(here: str) -> str:
    """Return the top of the work tree around a folder, or the folder itself."""
    folder = here
    while not os.path.lexists(os.path.join(folder, ".git")):
        above = os.path.dirname(folder)
        if above == folder:
            return here
        folder = above
    return folder
