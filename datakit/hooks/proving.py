"""Having the bytes of pushed records proved on the remotes of DVC, or sent: by `datakit push`, a process of its own.

What talks to a remote takes long to load, so the hook never loads it, and starts it only where a pushed commit records
other bytes than the remote of Git knows.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from datakit.formats.policy import Policy
from datakit.gate import incoming
from datakit.hooks import saying
from datakit.repo.git import Git
from datakit.repo.objects import Objects
from datakit.repo.publication import PROVED
from datakit.repo.ranges import Range
from datakit.searchpath import inherited

SECONDS = 1800.0  # that a proof may take; sending takes as long as it takes
_AT_ONCE = 300  # references on one command line, which is 32,767 characters at most on Windows
_REMOTE = re.compile(rb"(?m)^\s*\[\s*'?remote\s")
_UNPROVED = 3


class Wanted(NamedTuple):
    """What one policy asks for."""

    upload: bool
    remote: str | None  # None: DVC's default one
    references: tuple[str, ...]  # NAME@COMMIT, sorted


def wanted(
    git: Git, objects: Objects, spans: Sequence[tuple[Range, Sequence[str]]], environ: Mapping[str, str]
) -> tuple[Wanted, ...]:
    """Return what must be proved.

    Args:
        git: The repository.
        objects: Its objects.
        spans: What is pushed, and the datasets that each needs.
        environ: The environment, which names what has been proved just now.
    """
    known = set(environ.get(PROVED, "").split())
    found: dict[tuple[bool, str | None], set[str]] = {}
    for span, names in spans:
        references = {f"{name}@{span.tip}" for name in names} - known
        if not references:
            continue
        policy = incoming.agreed(git, objects, span)
        for remote in _remotes(git.root, policy):
            found.setdefault((policy.pre_push == "upload", remote), set()).update(references)
    return tuple(Wanted(upload, remote, tuple(sorted(names))) for (upload, remote), names in found.items())


def run(root: Path, asked: Sequence[Wanted], environ: Mapping[str, str]) -> int:
    """Prove or send, one remote after the other.

    Args:
        root: The top of the work tree.
        asked: What.
        environ: For the process.

    Returns:
        0 where every byte is there, else the exit code of the first that failed.
    """
    for one in asked:
        for some in _batches(one.references):
            code = _started(root, one, some, environ)
            if code:
                what = "are not sent" if one.upload else "are not proved on the remote"
                saying.line(f"push blocked by datakit: the bytes of what it records {what}")
                saying.line("`git push --no-verify` pushes the records alone; nobody can pull the data then")
                return code
    return 0


def _remotes(root: Path, policy: Policy) -> Iterator[str | None]:
    """Return the remotes that must have the bytes: those that the policy requires, else DVC's default one."""
    if policy.pre_push == "off":
        return
    if policy.remotes:
        yield from dict.fromkeys(name.lower() for name in policy.remotes)
    elif _has_remote(root):
        yield None
    else:
        saying.line("DVC has no remote here: the bytes of what is pushed are in this clone alone")


def _has_remote(root: Path) -> bool:
    """Say whether the project has a remote of DVC; one of the user alone is nothing that others can pull from."""
    files = (root / ".dvc" / name for name in ("config", "config.local"))
    return any(file.is_file() and _REMOTE.search(file.read_bytes()) for file in files)


def _started(root: Path, one: Wanted, references: Sequence[str], environ: Mapping[str, str]) -> int:
    """Start one process, with the environment of the user and without the places that Git gave the hook."""
    remote = () if one.remote is None else ("--remote", one.remote)
    command = [sys.executable, "-P", "-m", "datakit", "push", *(() if one.upload else ("--prove",)), *remote]
    env = {key: value for key, value in inherited(environ, str(root)).items() if not key.startswith("GIT_")}
    try:
        done = subprocess.run(
            [*command, "--", *references],
            cwd=root,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr if one.upload else subprocess.DEVNULL,
            check=False,
            timeout=None if one.upload else SECONDS,
        )
    except subprocess.TimeoutExpired:
        saying.line(f"error: the remote did not answer for every object within {SECONDS / 60:g} minutes")
        return _UNPROVED
    return done.returncode if done.returncode >= 0 else _UNPROVED


def _batches(references: Sequence[str]) -> Iterator[Sequence[str]]:
    """Cut a list into command lines."""
    for start in range(0, len(references), _AT_ONCE):
        yield references[start : start + _AT_ONCE]
