"""Before a commit and a merge: judge what the index holds against HEAD.

`git commit -a` and `git commit -- path` give the hook an index of their own in GIT_INDEX_FILE. The work tree is never
looked at, nothing is written and nobody is asked over the network.
"""

from __future__ import annotations

from pathlib import Path

from datakit.hooks import saying
from datakit.hooks.harmless import harmless
from datakit.repo.git import Git
from datakit.repo.objects import Objects


def run(door: str, root: Path) -> int:
    """Judge the index against HEAD.

    Args:
        door: `pre-commit` or `pre-merge-commit`.
        root: The top of the work tree.

    Returns:
        0 to let Git go on, 1 for findings that block.
    """
    git = Git(root, inherit=True)
    base = git.head()
    changes = git.changes(base)
    with Objects(git) as objects:
        if harmless(changes, objects, f"{base}:"):
            return 0
        from datakit.gate.judge import blocking, judge
        from datakit.repo.tree import committing

        found = judge(*committing(git, objects, base, changes), changes)
    saying.findings(found)
    if not blocking(found):
        return 0
    saying.blocked("merge" if door == "pre-merge-commit" else "commit")
    return 1
