"""DK105: two datasets whose paths only some file systems tell apart, so that one overwrites the other elsewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from datakit.formats import artifacts
from datakit.formats.finding import Finding, command
from datakit.formats.listing import folded
from datakit.gate.change import Case


def colliding(case: Case) -> Iterator[Finding]:
    """DK105: no two artifacts have paths that differ in the case or the form of letters only."""
    known = case.artifacts
    if known is None or not case.judges(artifacts.FILE):
        return
    alike: dict[str, list[str]] = defaultdict(list)
    for name, path in known.items():
        alike[folded(path)].append(name)
    for dataset in case.now.values():
        mine = known.get(dataset.name)
        others = [] if mine is None else [name for name in alike[folded(mine)] if known[name] != mine]
        if mine is not None and others:
            message = (
                f"says that `{dataset.name}` is `{mine}` and `{others[0]}` is `{known[others[0]]}`, "
                "which is one file on macOS and Windows"
            )
            folder, _, file = mine.rpartition("/")
            suffix = file.partition(".")[2]
            mend = command(f"datakit mv {dataset.name}", f"{folder}/{dataset.name}{'.' if suffix else ''}{suffix}")
            yield Finding(artifacts.FILE, "DK105", f"it {message}", mend, dataset.name)
