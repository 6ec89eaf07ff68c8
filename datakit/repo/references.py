"""From `NAME@VERSION` to a commit, and the annotated tags that register versions."""

from __future__ import annotations

from typing import NamedTuple

from datakit.errors import NotFound
from datakit.formats import tags
from datakit.formats.names import Reference
from datakit.formats.tags import Tag, Version
from datakit.repo.git import Git


class Registered(NamedTuple):
    """An annotated tag that registers or deregisters a version."""

    tag: Tag
    object: str  # id of the tag itself
    commit: str


def registered(git: Git, name: str) -> tuple[Registered, ...]:
    """Return the annotated tags of a dataset's versions, lowest version first, deregistrations among them.

    A lightweight tag registers nothing, as with GTO and DVC.
    """
    found = git.tags(f"{name}@*").items()
    known = [Registered(tag, oid, commit) for text, (oid, commit) in found if (tag := tags.tag(text))]
    return tuple(sorted(known, key=lambda item: (tags.order(item.tag.version), item.tag.removed)))


def versions(git: Git, name: str) -> dict[Version, str]:
    """Return the commit of each registered version of a dataset, lowest first; deregistered ones are left out."""
    found = registered(git, name)
    removed = {item.tag.version for item in found if item.tag.removed}
    return {item.tag.version: item.commit for item in found if item.tag.version not in removed}


def resolve(git: Git, reference: Reference) -> str | None:
    """Return the full id of the commit that a reference means; None where it means the working tree.

    Args:
        git: The repository.
        reference: A version, `latest`, a range, or else any Git revision.

    Raises:
        NotFound: Neither a version of the dataset nor a revision.
    """
    if reference.version is None:
        return None
    known = versions(git, reference.name)
    chosen = tags.select(reference.version, known)
    commit = known[chosen] if chosen else git.resolve(reference.version)
    if commit is None:
        raise NotFound(f"version of `{reference.name}`", reference.version, [str(version) for version in known])
    return commit
