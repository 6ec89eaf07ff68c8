"""Put files of the working tree back that are missing, or that changed though nobody wrote to them, for `verify --repair`."""

from __future__ import annotations

import os
from pathlib import Path

from datakit.errors import IntegrityError
from datakit.records import Mended
from datakit.steps import comparing, executables, objects, recording, workspace
from datakit.steps.auditing import Run
from datakit.steps.comparing import Astray, Compared
from datakit.steps.executables import Runs
from datakit.steps.objects import Version
from datakit.store import checkout, guard, hashing, quarantine
from datakit.store.checkout import Done, Goal

_CACHE = "the cache"


def restore(run: Run, version: Version, compared: Compared) -> list[Mended]:
    """Put back what the cache has; a file with other bytes that somebody may have written is left alone.

    Args:
        run: What is worked with.
        version: The dataset in the working tree.
        compared: What lies there.

    Returns:
        What was mended.

    Raises:
        EnvironmentProblem: The system refuses, or the disk is full.
        InvalidData: A file changed since it was looked at.
        LockTimeout: Another process holds the repository.
    """
    mended = [Mended(fault, _CACHE, "") for fault in compared.faults if _follows(run, fault.path, fault.expected)]
    if not compared.astray:
        return mended
    target = run.where.root / version.manifest.path
    staging = recording.staging(run.where)
    with guard.lock(run.where.root / ".dvc"):
        if not os.path.lexists(target):
            return [*mended, *_whole(run, version, compared, target, staging)]
        runs = _runs(run, version)
        mended += [each for astray in compared.astray if (each := _one(run, version, astray, target, staging, runs))]
    return mended


def _follows(run: Run, path: str, md5: str) -> bool:
    """Say whether a file is a link to an object that was mended meanwhile."""
    place = run.where.root / path
    name = comparing.leads_to(place, run.cache.objects)
    return name is not None and name == md5 and run.shelf.has(name) and hashing.hash_file(place).md5 == md5


def _whole(run: Run, version: Version, compared: Compared, target: Path, staging: Path) -> list[Mended]:
    """Put a whole dataset back, if the cache has all of it."""
    top = objects.named(version.manifest)
    if not run.shelf.has(top.name):
        return []
    if not all(run.shelf.has(item.name) for item in objects.of(run.cache, version.manifest)):
        return []
    data = version.manifest.data
    goal = Goal(data.md5, data.sha256, _runs(run, version))
    done = checkout.checkout(run.cache, run.where.root, target, goal, staging=staging, progress=run.progress)
    checkout.relink(run.cache, target, goal, done)
    workspace.note(run.where, version.manifest.name, goal.md5, version.manifest.data.executable)
    return [Mended(fault, _CACHE, "") for fault in compared.faults]


def _runs(run: Run, version: Version) -> Runs:
    """Say which files may be run; None where the list itself is lost, which is a difference of its own."""
    try:
        return executables.wanted(run.cache, version)
    except IntegrityError:
        return None


def _one(run: Run, version: Version, astray: Astray, target: Path, staging: Path, runs: Runs) -> Mended | None:
    """Put one file back."""
    place = target / astray.relpath if astray.relpath else target
    if not run.shelf.has(astray.md5) or not _has_room(target, place):
        return None
    sha256 = None if astray.relpath else version.manifest.data.sha256
    goal = Goal(astray.md5, sha256, frozenset({""}) if runs == "all" or astray.relpath in (runs or ()) else None)
    kept = ""
    if astray.stamp is not None:
        kept = run.relative(quarantine.keep(run.where.state, place, astray.md5))
        checkout.replace(run.cache, place, goal, astray.stamp, staging, run.progress)
        done = Done((place.name,), 0, 1)
    elif os.path.lexists(place):  # something that `.dvcignore` leaves out
        return None
    else:
        done = checkout.checkout(run.cache, run.where.root, place, goal, staging=staging, progress=run.progress)
    checkout.relink(run.cache, place, goal, done)
    return Mended(astray.fault, _CACHE, kept)


def _has_room(target: Path, place: Path) -> bool:
    """Say whether no file lies where a folder has to be."""
    return all(not os.path.lexists(at) or at.is_dir() for at in place.parents if target in (at, *at.parents))
