"""DK7: a change is judged by the policy that it found, and leaves in place what asks for the judgement."""

from __future__ import annotations

from collections.abc import Iterator

from datakit.formats import doors, precommit
from datakit.formats.finding import Finding, Rule
from datakit.gate.change import Case
from datakit.repo.tree import Tree

RULES = (
    Rule(
        "DK701",
        "A change does not weaken the policy that would have stopped it",
        "Otherwise one commit could switch a rule off and break it.",
        "`severity: {DK201: off}` and a dataset without a card in one commit; a dataset that breaks a rule, and a "
        "`datakit-baseline.json` that covers it",
        "the policy, or the baseline, changes in a commit of its own",
        "commit datakit.yaml alone first",
    ),
    Rule(
        "DK702",
        "A released version stays what it is",
        "Others train with it and name it in papers; a version that changes under its name makes theirs a lie.",
        "`git push --delete origin reviews@v1.0.0`, `git tag -f reviews@v1.0.0`, or a lightweight tag of that name",
        "`datakit release reviews` registers the next version, with an annotated tag",
        "datakit release NAME",
    ),
    Rule(
        "DK703",
        "A change does not take away what asks datakit",
        "A gate that nobody asks stands open, and nobody notices until the data is wrong.",
        "`.pre-commit-config.yaml` is removed or emptied, its hook `datakit` gets `stages: [manual]`, or no workflow of CI runs "
        "`datakit check` any more",
        "the hook and the workflow that `datakit init` writes stay, whatever comes beside them",
        "take back the change; a project that wants it so says `severity: {DK703: off}` in datakit.yaml in a change of its "
        "own first",
    ),
)


def emptied(case: Case) -> Iterator[Finding]:
    """DK703: where the base asks datakit, at commits or in CI, the judged state does so too."""
    if precommit.FILE in case.paths:
        lost = _doors(case.base) - _doors(case.tree)
        if lost:
            yield _silent(precommit.FILE, f"pre-commit no longer asks datakit at {' and '.join(sorted(lost))}")
    flows = sorted(path for path in case.paths if path.startswith(f"{doors.WORKFLOWS}/"))
    asked = [path for path in flows if _asks(case.base, path)]
    if asked and not any(_asks(case.tree, path) for path in case.tree.under(doors.WORKFLOWS)):
        yield _silent(asked[0], "no workflow runs `datakit check` any more")


def _silent(path: str, message: str) -> Finding:
    """Make the finding of a file that asked."""
    mend = f"take back the change of {path}, or say `severity: {{DK703: off}}` in datakit.yaml in a change of its own first"
    return Finding(path, "DK703", message, mend)


def _doors(tree: Tree) -> frozenset[str]:
    """Return the types of hooks at which pre-commit asks datakit."""
    data = tree.read(precommit.FILE)
    return frozenset() if data is None else doors.guarded(data)


def _asks(tree: Tree, path: str) -> bool:
    """Say whether a workflow judges what is pushed."""
    data = tree.read(path)
    return data is not None and doors.asks(data, path)
