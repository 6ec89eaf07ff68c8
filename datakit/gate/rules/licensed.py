"""DK204: what is made of other data is licensed as they allow.

The parents are looked up by the names in the manifest, so a commit that only tightens a parent's licence is not held against
its children: to find them would be to list every dataset. `datakit check` and `status`, which judge everything, do that.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence

from datakit.formats import names
from datakit.formats.finding import Finding
from datakit.formats.room import Room
from datakit.gate.change import Case
from datakit.gate.dataset import Dataset


def overreaching(case: Case) -> Iterator[Finding]:
    """DK204: the licence of a dataset gives what those of its parents ask."""
    judged = [dataset for dataset in case.now.values() if dataset.strict and _is_judged(case, dataset)]
    rooms = [Room(case.policy.catalog, name) for dataset in judged for name in _parents(dataset)]
    case.tree.expect([*(room.card for room in rooms), *(dataset.room.card for dataset in judged)])
    seen = dict(case.now)
    for dataset in judged:
        own = _license(dataset)
        above = list(_licensed(case, seen, dataset)) if own else []
        if own and above:
            yield from _conflicts(dataset, own, above)


def _is_judged(case: Case, dataset: Dataset) -> bool:
    """Say whether a dataset that was made of others, or its card, is new: what did not change was judged when it did."""
    room = dataset.room
    return bool(_parents(dataset)) and any((case.judges(room.manifest), case.judges(room.card), case.is_new(dataset)))


def _conflicts(dataset: Dataset, own: str, above: Sequence[tuple[str, str]]) -> Iterator[Finding]:
    """Return a finding for each parent whose terms the dataset's licence does not keep, and nobody explained that."""
    from datakit.formats import license_terms

    better = license_terms.fitting(list(dict.fromkeys(terms for _, terms in above)))
    for name, terms in above:
        asked = license_terms.conflict(terms, own)
        if asked is None or _is_explained(dataset, name):
            continue
        explain = f'datakit add {dataset.name} --set license_details="{name}: why its terms allow this"'
        mend = f"datakit add {dataset.name} --set {shlex.quote(f'license={better}')}"
        said = f"`license` is `{own}`, and `{name}`, of which it is made, has `{terms}`: {asked}"
        hint = f"`{explain}`" if better is None else f"`{mend}`, or, where they do, `{explain}`"
        yield Finding(dataset.room.card, "DK204", said, hint, dataset.name)


def _is_explained(dataset: Dataset, name: str) -> bool:
    """Say whether `license_details` names a parent: its owner may have allowed more than its licence does."""
    from datakit.formats.placeholders import placeholders

    card = dataset.card.value
    said = str(card.fields.get("license_details") or "") if card is not None else ""
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", said) is not None and not placeholders(said)


def _licensed(case: Case, known: dict[str, Dataset], dataset: Dataset) -> Iterator[tuple[str, str]]:
    """Return the nearest datasets with a licence of which one was made; terms pass through data that is only recorded.

    Args:
        case: What is judged.
        known: The datasets that were looked at already, by name; those that are looked up are added.
        dataset: The one that was made.
    """
    waiting, seen = list(_parents(dataset)), {dataset.name}
    while waiting:
        name = waiting.pop(0)
        if name in seen:
            continue
        seen.add(name)
        parent = known.setdefault(name, Dataset(case.tree, case.policy, name))
        if found := _license(parent):
            yield name, found
        else:
            waiting += _parents(parent)


def _parents(dataset: Dataset) -> tuple[str, ...]:
    """Return the names of the datasets of which one was made, its own former state aside."""
    found = dataset.manifest.value
    if found is None:
        return ()
    own = {dataset.name, found.former}
    return tuple(
        name
        for name in dict.fromkeys(p.name for p in found.derived_from)
        if name not in own and not names.problem(name)
    )


def _license(dataset: Dataset) -> str:
    """Return the one licence of a dataset: of several in a list nobody says whether all hold or one may be chosen."""
    card = dataset.card.value
    if card is None:
        return ""
    said = card.fields.get("license") or dataset.policy.defaults.get("license")
    listed = said if isinstance(said, list) else [said]
    return listed[0].strip() if len(listed) == 1 and isinstance(listed[0], str) else ""
