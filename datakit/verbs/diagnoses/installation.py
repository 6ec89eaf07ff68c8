"""The programs and packages that datakit stands on, and others that claim its name."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import datakit
from datakit.errors import EnvironmentProblem
from datakit.records import Diagnosis
from datakit.repo.git import FLOOR, Git
from datakit.version import VERSION

DISTRIBUTION = "dvc-datakit"
PYTHON = (3, 11)  # pyproject.toml, `requires-python`
DVC = ((3, 60), (4,))  # pyproject.toml: from the first on, below the second
_MARKS = (b"datakit.__main__", b"datakit.cli")  # of the script `datakit` when it is ours


def installation(folder: Path) -> Iterator[Diagnosis]:
    """Look at Python, Git, DVC and datakit itself.

    Args:
        folder: Where Git is started; any that exists.
    """
    yield _python()
    yield _git(folder)
    yield _dvc()
    yield _datakit()
    yield from _rivals()
    yield _command()


def _python() -> Diagnosis:
    """Look at the interpreter that runs this."""
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < PYTHON:
        wanted = ".".join(map(str, PYTHON))
        return Diagnosis("python", "fail", f"{found}, expected {wanted} or later", f"install Python {wanted} or later")
    return Diagnosis("python", "ok", f"{found}, {sys.executable}")


def _git(folder: Path) -> Diagnosis:
    """Look at Git."""
    floor = ".".join(map(str, FLOOR))
    try:
        found = Git(folder).version()
    except EnvironmentProblem as error:
        return Diagnosis("git", "fail", error.message, error.hint or "")
    said = ".".join(map(str, found))
    if found < FLOOR:
        return Diagnosis("git", "fail", f"{said}, expected {floor} or later", f"install Git {floor} or later")
    return Diagnosis("git", "ok", said)


def _dvc() -> Diagnosis:
    """Look at DVC, without loading it."""
    lowest, beyond = (".".join(map(str, each)) for each in DVC)
    mend = f"pip install 'dvc[s3]>={lowest},<{beyond}'"
    try:
        found = metadata.version("dvc")
    except metadata.PackageNotFoundError:
        return Diagnosis("dvc", "fail", "is not installed", mend)
    if not DVC[0] <= _numbers(found) < DVC[1]:
        return Diagnosis("dvc", "fail", f"{found}, expected {lowest} or later and below {beyond}", mend)
    return Diagnosis("dvc", "ok", found)


def _datakit() -> Diagnosis:
    """Compare what runs with what is installed."""
    place = Path(datakit.__path__[0])
    try:
        installed = metadata.version(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return Diagnosis("datakit", "ok", f"{VERSION}, run from {place}, not installed")
    if installed != VERSION:
        detail = f"{VERSION} runs, from {place}; {installed} is what is installed"
        return Diagnosis("datakit", "warn", detail, f"pip install --force-reinstall --no-deps {DISTRIBUTION}")
    return Diagnosis("datakit", "ok", f"{VERSION}, {place}")


def _rivals() -> Iterator[Diagnosis]:
    """Find other distributions that own the package or the command `datakit`: whichever came last has overwritten the other."""
    for found in metadata.distributions():
        files = found.read_text("RECORD") or found.read_text("installed-files.txt") or ""
        package = re.search(r"(?m)^(?:\.\./)?datakit/__init__\.py\b", files) is not None
        script = re.search(r"(?m)^datakit\s*=", found.read_text("entry_points.txt") or "") is not None
        if not (package or script):
            continue
        name = found.metadata["Name"]
        if name.lower().replace("_", "-") == DISTRIBUTION:
            continue
        claims = " and ".join(["the package `datakit`"] * package + ["the command `datakit`"] * script)
        mend = f"pip uninstall --yes {shlex.quote(name)} && pip install --force-reinstall --no-deps {DISTRIBUTION}"
        yield Diagnosis("name clash", "fail", f"`{name}` {found.version} is installed too and owns {claims}", mend)


def _command() -> Diagnosis:
    """Look at the first `datakit` on PATH, which is the one that people start."""
    own = Path(sys.executable).parent
    found = shutil.which("datakit")
    if found is None:
        if os.access(own / "datakit", os.X_OK):
            mend = f'export PATH={shlex.quote(str(own))}:"$PATH"'
            return Diagnosis("command", "warn", f"`datakit` is not on PATH, it lies in {own}", mend)
        mend = f"alias datakit={shlex.quote(shlex.join([sys.executable, '-P', '-m', 'datakit']))}"
        return Diagnosis("command", "warn", "`datakit` is not on PATH: there is no such script for this Python", mend)
    script = Path(found)
    with script.open("rb") as opened:
        text = opened.read(64 * 1024)
    if not any(mark in text for mark in _MARKS):
        detail = f"`datakit` on PATH is the program of another project: {found}"
        return Diagnosis("command", "fail", detail, f'export PATH={shlex.quote(str(own))}:"$PATH"')
    if script.resolve().parent != own.resolve() and os.fsencode(sys.executable) not in text:
        return Diagnosis("command", "ok", f"{found}, which belongs to another Python than this one")
    return Diagnosis("command", "ok", found)


def _numbers(version: str) -> tuple[int, ...]:
    """Read the leading numbers of a version.

    >>> _numbers("3.67.1rc2")
    (3, 67, 1)
    """
    return tuple(int(part) for part in re.findall(r"\d+", (re.match(r"[\d.]*", version) or [""])[0]))
