"""The history of one file, read with GitPython, never written.

GitPython runs Git with arguments of its own making; what reaches it here is a path that datakit composed and full object
ids. It is never loaded by the hook, and its index is never used: it knows nothing of `GIT_INDEX_FILE`.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from datakit.repo.git import FIXED
from datakit.repo.objects import absent


class Revision(NamedTuple):
    """One commit that changed a file."""

    commit: str  # full id
    author: str  # `Name <address>`
    at: str  # when it was committed, ISO 8601 with its zone
    content: bytes | None  # the file as it was committed; None where the commit removed it


def revisions(root: Path, path: str, since: str | None = None, *, before: str | None = None) -> tuple[Revision, ...]:
    """Return the commits on HEAD's line that changed a file, newest first.

    Args:
        root: The top of the work tree.
        path: The file, relative to it.
        since: Full id of a commit; what it and those before it did is left out.
        before: Full id of a commit; only what those before it did is returned.

    Returns:
        One revision each; none before the first commit.

    Raises:
        EnvironmentProblem: The file of one of them is not in this clone; nothing is fetched.
    """
    from git import Repo

    with Repo(root) as repo:
        repo.git.update_environment(**FIXED)
        if not repo.head.is_valid():
            return ()
        newest = before or repo.head.commit.hexsha
        # All of them first: a failure in the middle would leave Git's process behind.
        commits = list(repo.iter_commits(f"{since}..{newest}" if since else newest, paths=[path]))
        return tuple(
            Revision(
                commit.hexsha,
                f"{commit.author.name} <{commit.author.email}>",
                commit.committed_datetime.isoformat(),
                _content(commit.hexsha, commit.tree, path),
            )
            for commit in commits
            if commit.hexsha != before
        )


def last_change(root: Path, path: str, commit: str) -> str | None:
    """Return the commit that gave a file the content that it has in another commit.

    Args:
        root: The top of the work tree.
        path: The file, relative to it.
        commit: Full id of the other commit, which may be the same.

    Returns:
        Its full id; None where the file was never committed before.
    """
    from git import Repo

    with Repo(root) as repo:
        repo.git.update_environment(**FIXED)
        found = [each.hexsha for each in repo.iter_commits(commit, paths=[path], max_count=1)]
        return found[0] if found else None


def _content(commit: str, tree: object, path: str) -> bytes | None:
    """Return a file of a commit's tree."""
    from git import Tree

    if not isinstance(tree, Tree):
        return None
    try:
        content = (tree / path).data_stream.read()
    except KeyError:
        return None
    except ValueError:  # how GitPython says that Git has no answer
        content = None
    if content is None:  # raised out here, since GitPython's error would keep Git's process alive
        raise absent(f"{commit}:{path}")
    return content if isinstance(content, bytes) else None
