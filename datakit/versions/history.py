"""The history of one file, and the annotated tags that register versions: read with GitPython, never written.

GitPython runs Git with arguments of its own making; what reaches it here is a path that datakit composed and full object
ids. It is never loaded by the hook, and its index is never used: it knows nothing of `GIT_INDEX_FILE`.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from datakit.formats import tags
from datakit.formats.tags import Version


class Revision(NamedTuple):
    """One commit that changed a file."""

    commit: str  # full id
    author: str  # `Name <address>`
    at: str  # when it was committed, ISO 8601 with its zone
    content: bytes | None  # the file as it was committed; None where the commit removed it


class Registered(NamedTuple):
    """A version that an annotated tag registers."""

    version: Version
    commit: str
    message: str  # of the tag: the notes of the release


def revisions(root: Path, path: str) -> tuple[Revision, ...]:
    """Return the commits on HEAD's line that changed a file, newest first.

    Args:
        root: The top of the work tree.
        path: The file, relative to it.

    Returns:
        One revision each; none before the first commit.
    """
    from git import Repo

    with Repo(root) as repo:
        if not repo.head.is_valid():
            return ()
        return tuple(
            Revision(
                commit.hexsha,
                f"{commit.author.name} <{commit.author.email}>",
                commit.committed_datetime.isoformat(),
                _content(commit.tree, path),
            )
            for commit in repo.iter_commits(repo.head.commit.hexsha, paths=[path])
        )


def registered(root: Path, name: str) -> tuple[Registered, ...]:
    """Return the versions of a dataset that annotated tags register, newest version first.

    A lightweight tag registers nothing, as with GTO and DVC; a deregistered version is left out.

    Args:
        root: The top of the work tree.
        name: The dataset.
    """
    from git import Repo

    with Repo(root) as repo:
        annotated = [(found, ref) for ref in repo.tags if ref.tag is not None and (found := tags.tag(ref.name))]
        own = [(found, ref) for found, ref in annotated if found.name == name]
        removed = {found.version for found, _ in own if found.removed}
        kept = [
            Registered(found.version, ref.commit.hexsha, ref.tag.message if ref.tag else "")
            for found, ref in own
            if not found.removed and found.version not in removed
        ]
        return tuple(sorted(kept, key=lambda item: tags.order(item.version), reverse=True))


def _content(tree: object, path: str) -> bytes | None:
    """Return a file of a commit's tree."""
    from git import Tree

    if not isinstance(tree, Tree):
        return None
    try:
        blob = tree / path
    except KeyError:
        return None
    content = blob.data_stream.read()
    return content if isinstance(content, bytes) else None
