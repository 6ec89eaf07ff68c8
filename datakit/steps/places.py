"""Where `pull` puts what it brings: what makes no sense is refused before anything is fetched."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from datakit.errors import EnvironmentProblem, UsageError
from datakit.formats.listing import shown
from datakit.repo.project import Project
from datakit.steps import catalog
from datakit.steps.objects import Version

_PRIVATE = frozenset({".git", ".dvc", ".datakit"})


class Item(NamedTuple):
    """Something that gets a place."""

    reference: str  # as it was asked for
    name: str  # of its file or folder
    is_folder: bool


def recorded(where: Project, versions: Sequence[Version]) -> list[Path]:
    """Return where the records of the working tree say that datasets lie.

    Args:
        where: The project.
        versions: The datasets.

    Raises:
        UsageError: A version that the records know nothing of, or two of one dataset.
    """
    for version in versions:
        _refuse_elsewhere(where, version)
    places = [where.root / version.manifest.path for version in versions]
    _refuse_together([version.reference for version in versions], places)
    return places


def chosen(where: Project, items: Sequence[Item], to: Path | str) -> list[Path]:
    """Choose where things go that have no place of their own.

    Args:
        where: The project.
        items: What is put there. A single folder becomes `to` itself; a single file does where `to` has its suffix and
            is no folder; everything else lies in `to` under its name.
        to: The user's word.

    Raises:
        UsageError: Two things at one place, or a place that is private or holds the repository.
    """
    places = [_target(where, item, to, alone=len(items) == 1) for item in items]
    _refuse_together([item.reference for item in items], places)
    return places


def refuse_part(where: Project, version: Version, place: Path) -> None:
    """Refuse to put a part of a dataset where the whole of it belongs.

    Args:
        where: The project.
        version: The dataset.
        place: Where the part would go.

    Raises:
        UsageError: It is the place of the dataset, or lies in it.
    """
    own = Path(os.path.realpath(where.root)) / version.manifest.path
    if place == own or own in place.parents:
        raise UsageError(
            f"`{version.manifest.path}` is the place of all of `{version.manifest.name}`, not of a part",
            hint="choose a place of its own",
        )


def make(folder: Path) -> Path:
    """Make the folders above a place, which are followed as the user's word.

    Args:
        folder: The folder that holds the place.

    Returns:
        The folder.

    Raises:
        EnvironmentProblem: The system refuses.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EnvironmentProblem(
            f"cannot make the folder `{shown(os.fspath(folder))}`: {error.strerror}", hint="choose another place"
        ) from error
    return folder


def _refuse_elsewhere(where: Project, version: Version) -> None:
    """Refuse to put a version into the working tree that its records know nothing of."""
    if version.commit is None:
        return
    lying = catalog.recorded(where, where.tree, version.manifest.name)
    if lying is None or (lying.data.md5, lying.path) != (version.manifest.data.md5, version.manifest.path):
        raise UsageError(
            f"`{version.reference}` has other bytes than the working tree records, which would no longer agree with them",
            hint=f"datakit pull {version.reference} --to DIR",
        )


def _refuse_together(references: Sequence[str], places: Sequence[Path]) -> None:
    """Refuse two things at one place, or one inside of the other."""
    for number, place in enumerate(places):
        for other in range(number):
            if place == places[other] or place in places[other].parents or places[other] in place.parents:
                raise UsageError(
                    f"`{references[other]}` and `{references[number]}` would lie at one place: "
                    f"`{shown(os.fspath(place))}`",
                    hint="pull them one at a time, each with a `--to` of its own",
                )


def _target(where: Project, item: Item, to: Path | str, *, alone: bool) -> Path:
    """Return where something goes; folders above it are followed as the user's word."""
    full = Path(os.path.normpath(where.here / to))
    full = Path(os.path.realpath(full.parent)) / full.name
    if alone:
        same = full.suffix.lower() == Path(item.name).suffix.lower() and not os.fspath(to).endswith(os.sep)
        full = full if item.is_folder or (same and not full.is_dir()) else full / item.name
    else:
        full /= item.name
    root = Path(os.path.realpath(where.root))
    if full == root or full in root.parents:
        raise UsageError(f"`{shown(os.fspath(full))}` holds the repository", hint="choose a place of its own")
    if _PRIVATE & {part.casefold() for part in full.parts}:
        raise UsageError(
            f"`{shown(os.fspath(full))}` is private to Git, DVC or datakit", hint="choose a place of its own"
        )
    return full
