"""From `NAME@VERSION` to a commit."""

from __future__ import annotations

from datakit.errors import NotFound
from datakit.formats import tags
from datakit.formats.names import Reference
from datakit.formats.tags import Version
from datakit.repo.git import Git


def versions(git: Git, name: str) -> dict[Version, str]:
    """Return the commit of each registered version of a dataset; deregistered ones are left out."""
    found = [(tag, commit) for text, commit in git.tags(f"{name}@*").items() if (tag := tags.tag(text))]
    removed = {tag.version for tag, _ in found if tag.removed}
    return {tag.version: commit for tag, commit in found if not tag.removed and tag.version not in removed}


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
        offered = [str(version) for version in sorted(known, key=tags.order)]
        raise NotFound(f"version of `{reference.name}`", reference.version, offered)
    return commit
