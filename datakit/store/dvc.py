"""DVC itself: what `dvc init` leaves in a repository.

DVC writes three small files in place. Here each is written atomically, so a killed `initialise` is finished by the next
one, where `dvc init` refuses a `.dvc` that exists. A test holds the bytes against those of the installed DVC.
"""

from __future__ import annotations

from pathlib import Path

from datakit.store import files

_FILES = {
    ".dvcignore": (
        b"# Add patterns of files dvc should ignore, which could improve\n"
        b"# the performance. Learn more at\n"
        b"# https://dvc.org/doc/user-guide/dvcignore\n"
    ),
    ".dvc/.gitignore": b"/config.local\n/tmp\n/cache\n",
    ".dvc/config": b"",  # the last one: with it the repository is DVC's
}


def initialise(root: Path) -> tuple[str, ...]:
    """Make a folder a DVC repository; nothing that exists is changed.

    Args:
        root: The folder.

    Returns:
        The files that were written, relative to the folder.

    Raises:
        EnvironmentProblem: The system refuses.
    """
    files.make_folder(root / ".dvc", root=root)
    missing = [name for name in _FILES if not (root / name).exists()]
    for name in missing:
        files.write_atomic(root / name, _FILES[name], root=root)
    return tuple(missing)
