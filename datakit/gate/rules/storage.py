"""DK5: the bytes of what is recorded are kept where others can have them, as far as files in Git tell."""

from __future__ import annotations

from collections.abc import Iterator

from datakit.formats import dvc_settings
from datakit.formats import policy as policies
from datakit.formats.finding import Finding, Rule, command
from datakit.gate.change import Case
from datakit.gate.dataset import content
from datakit.gate.rules.leaks import LARGEST

RULES = (
    Rule(
        "DK501",
        "The remotes that are named are there",
        "Whoever clones the repository asks them for the data; a remote that one machine alone knows has nothing for the others.",
        "`datakit.yaml` has `remotes: {require: [storage]}`, or `.dvc/config` has `remote = storage`, and no remote `storage` is "
        "in `.dvc/config`",
        "`dvc remote add --default storage s3://bucket/path` wrote it there",
        "dvc remote add NAME URL",
        "warn",
    ),
    Rule(
        "DK502",
        "DVC may send the data",
        "With `push: false` neither `dvc push` nor a colleague's `dvc pull` ever has the bytes that are recorded.",
        "`data/raw/reviews.csv.dvc` has `push: false`",
        "the line is taken out",
        "take `push: false` out of the pointer",
        "warn",
    ),
)


def unknown_remotes(case: Case) -> Iterator[Finding]:
    """DK501: policy and `.dvc/config` name remotes that are in `.dvc/config`."""
    path = dvc_settings.FILE
    judged = case.judges(path) or case.judges(policies.FILE)
    if not judged or case.tree.entry(path) is None or (case.tree.size(path) or 0) > LARGEST:
        return
    known = dvc_settings.remotes(content(case.tree, path).decode(errors="replace"))
    asked = [(policies.FILE, "remotes.require", name) for name in case.policy.remotes]
    if known.default is not None:
        asked.append((path, "core.remote", known.default))
    for file, key, name in asked:
        if name not in known.names:
            message = f"`{key}` names `{name}`, and `{path}` has no such remote"
            yield Finding(file, "DK501", message, f"{command('dvc remote add', name)} URL")


def unsent(case: Case) -> Iterator[Finding]:
    """DK502: no pointer of a dataset forbids DVC to send its bytes."""
    for item in case.tracked:
        if item.name is not None and not item.out.push and case.judges(item.pointer):
            message = "`push: false` keeps the bytes from every remote"
            yield Finding(item.pointer, "DK502", message, f"take `push: false` out of {item.pointer}", item.name)
