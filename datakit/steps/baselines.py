"""Writing the baseline: all that the work tree has wrong and that can wait, and nothing that is mended by now."""

from __future__ import annotations

from datakit.formats import baseline
from datakit.gate.judge import standing
from datakit.repo.project import Project
from datakit.repo.tree import Commit
from datakit.steps import publishing
from datakit.store import guard, journal


def write(where: Project) -> None:
    """Write the baseline of a project and stage it; one that would cover nothing is taken away.

    Args:
        where: The project.

    Raises:
        InvalidRecord: The policy is broken.
        EnvironmentProblem: It cannot be written, or Git cannot stage it.
        LockTimeout: Another process holds the repository.
    """
    with where.objects:
        head = where.git.head()
        entries = standing(where.tree, Commit(where.git, where.objects, head), where.git.pending(head))
    place = where.root / baseline.FILE
    with guard.lock(where.root / ".dvc"):
        journal.recover(where.state, where.root)
        publishing.check_writable(where, [baseline.FILE])
        with journal.transaction(where.state, where.root) as change:
            changed = change.write(place, baseline.dump(entries)) if entries else change.remove(place)
        if where.policy.autostage and (changed or entries):
            where.git.stage([baseline.FILE])
