"""Running a piece of a test as a user who may not write everywhere, since tests often run as root."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_NOBODY = 65534


@contextmanager
def readable_folder() -> Iterator[Path]:
    """Make a temporary folder that every user can enter."""
    folder = Path(tempfile.mkdtemp(prefix="datakit-test-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        for inner in [folder, *folder.rglob("*")]:
            if inner.is_dir() and not inner.is_symlink():
                inner.chmod(0o755)
        shutil.rmtree(folder)


def enterable(folder: Path) -> None:
    """Let every user into a temporary folder of the test and those above it, as far as they are ours."""
    system = Path(tempfile.gettempdir()).resolve()
    for each in [folder, *folder.parents]:
        if each.resolve() == system:
            return
        each.chmod(0o755)


def owned_by_nobody(*paths: Path) -> None:
    """Give files to the user that `unprivileged` runs as; without root they belong to that user anyway."""
    if os.geteuid() == 0:
        for path in paths:
            os.chown(path, _NOBODY, _NOBODY)


def unprivileged(work: Callable[[], str]) -> str:
    """Run a function in a child process without root's privileges and return its text, or how it failed."""
    if os.geteuid() != 0:
        return work()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        text = "the child did not finish"
        try:
            os.setgroups([])
            os.setgid(_NOBODY)
            os.setuid(_NOBODY)
            text = work()
        except BaseException as error:  # noqa: BLE001 - the parent's assertion shows what happened
            text = repr(error)
        finally:
            os.write(writer, text.encode())
            os._exit(0)
    os.close(writer)
    with open(reader, "rb") as stream:
        text = stream.read().decode()
    os.waitpid(child, 0)
    return text
