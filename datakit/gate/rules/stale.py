"""DK205: a card is looked at again where the data became another; what of it changed is read from records alone.

Material is: columns that came, went or have another type; another format; twice as many rows or files, or half; a number of
rows that the card still states; data from elsewhere. That a card was looked at is seen by its bytes, so any edit will do,
and `reviewed` is the edit for a card in which all still holds. The base of the change is what it is compared with: a card
that was committed in spite of the warning is not complained of again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from datakit.formats.finding import Finding
from datakit.formats.manifest import Manifest
from datakit.gate.change import Case
from datakit.gate.dataset import Dataset

_TIMES = 2  # as many rows or files, or half of them, are other data
_TELLING = 100  # rows; a smaller number in a card may count anything
_YEARS = range(1900, 2101)  # such a number most likely is one
_NAMED = 3  # columns that a finding names


def stale(case: Case) -> Iterator[Finding]:
    """DK205: where the data changed materially, its card did too."""
    moved = [(case.before[dataset.name], dataset) for dataset in case.now.values() if _is_left(case, dataset)]
    counted = [dataset.room.card for before, dataset in moved if _rows(before) != _rows(dataset)]
    profiles = [dataset.room.profile for before, dataset in moved if _may_differ(case, before, dataset)]
    case.tree.expect([*counted, *profiles])
    case.base.expect(profiles)
    for before, dataset in moved:
        reasons = list(_reasons(case, before, dataset))
        if reasons and dataset.card.value is not None:  # without one there is a finding already
            path, line = dataset.room.card, next((line for _, line in reasons if line), None)
            said = f"the data changed and the card did not: {'; '.join(text for text, _ in reasons)}"
            yield Finding(path, "DK205", said, _mend(dataset), dataset.name, line=line)


def _mend(dataset: Dataset) -> str:
    """Say how a card is mended; where all holds, the day of the change does, or its time if it was reviewed that day."""
    at = dataset.manifest.value.change.at if dataset.manifest.value is not None else ""
    known = dataset.card.value.fields.get("reviewed") if dataset.card.value is not None else None
    again = at if str(known) == at[:10] else at[:10]
    reviewed = f"`datakit add {dataset.name} --set reviewed={again}`"
    return f"mend what is no longer so in {dataset.room.card}, or, where all holds, {reviewed}"


def _is_left(case: Case, dataset: Dataset) -> bool:
    """Say whether the bytes of a dataset changed, and not those of its card."""
    old, new = case.before[dataset.name].manifest.value, dataset.manifest.value
    if old is None or new is None or not dataset.strict or case.is_new(dataset):
        return False
    return old.data.md5 != new.data.md5 and dataset.room.card not in case.paths


def _reasons(case: Case, before: Dataset, dataset: Dataset) -> Iterator[tuple[str, int | None]]:
    """Say what makes the data another, each with the line of the card that says otherwise."""
    old, new = before.manifest.value, dataset.manifest.value
    if old is None or new is None:
        return
    if old.data.format != new.data.format:
        yield f"format {old.data.format} -> {new.data.format}", None
    if _may_differ(case, before, dataset):
        yield from _columns(before, dataset)
    if _rows(before) is not None and _rows(dataset) is not None:
        yield from _counts(_rows(before) or 0, _rows(dataset) or 0, dataset)
    elif _rows(before) == _rows(dataset) and _are_others(old.data.files, new.data.files):
        yield f"{old.data.files:,} -> {new.data.files:,} files", None
    if elsewhere := sorted(_origins(new) - _origins(old)):
        yield f"it comes from {_listed(elsewhere)} now", None


def _may_differ(case: Case, before: Dataset, dataset: Dataset) -> bool:
    """Say whether the columns of a table may be others: data that keeps the same contract has those that are in it."""
    if _rows(before) is None or _rows(dataset) is None:
        return False
    new = dataset.receipt.value
    kept = new is not None and new.passed and dataset.room.contract not in case.paths
    return not (kept and _width(before) == _width(dataset))


def _columns(before: Dataset, dataset: Dataset) -> Iterator[tuple[str, int | None]]:
    """Compare the columns as they were read."""
    found = [each.profile.value for each in (before, dataset)]
    old, new = ({c.name: c.type for c in profile.columns} if profile else {} for profile in found)
    if not old or not new:
        return
    if gone := [name for name in old if name not in new]:
        lines = [(name, line) for name in gone if (line := _line(dataset, f"`{re.escape(name)}`"))]
        still = f", and line {lines[0][1]} still names `{lines[0][0]}`" if lines else ""
        yield f"{_counted(gone)} gone{still}", lines[0][1] if lines else None
    if fresh := [name for name in new if name not in old]:
        yield f"{_counted(fresh)} new", None
    if other := [name for name in new if name in old and new[name] != old[name]]:
        yield f"{_counted(other)} of another type", None


def _counts(before: int, after: int, dataset: Dataset) -> Iterator[tuple[str, int | None]]:
    """Compare the numbers of rows, and what the card says of them."""
    from datakit.formats.card_fields import size_category

    if before == after:
        return
    step, category = f"{before:,} -> {after:,} rows", size_category(before)
    stated = before >= _TELLING and before not in _YEARS
    if stated and (line := _line(dataset, _number(before))):
        yield f"{step}, and line {line} still says so", line
    elif size_category(after) != category and _says(dataset, category):
        yield f"{step}, and `size_categories` is `{category}`", None
    elif _are_others(before, after):
        yield step, None


def _says(dataset: Dataset, category: str) -> bool:
    """Say whether a card has a size category."""
    card = dataset.card.value
    return card is not None and card.fields.get("size_categories") in (category, [category])


def _are_others(before: int, after: int) -> bool:
    """Say whether a number changed so much that what it counts is not the same data any more."""
    return before != after and max(before, after) >= _TIMES * min(before, after)


def _rows(dataset: Dataset) -> int | None:
    """Return the number of rows that a manifest states; None for what is no table."""
    return None if dataset.manifest.value is None else dataset.manifest.value.data.rows


def _width(dataset: Dataset) -> int | None:
    """Return the number of columns that a manifest states."""
    return None if dataset.manifest.value is None else dataset.manifest.value.data.columns


def _origins(manifest: Manifest) -> set[str]:
    """Return the datasets and the hosts that data comes from, its own former state aside."""
    found = {
        f"`{parent.name}`" for parent in manifest.derived_from if parent.name not in {manifest.name, manifest.former}
    }
    return found | {f"`{source.uri.partition('://')[2].partition('/')[0]}`" for source in manifest.sources}


def _number(count: int) -> str:
    """Return the pattern of a number as people write it: 12345, 12,345 or 12 345, and no part of a longer one."""
    grouped = r"[,.'’_ \u00a0\u202f]?".join(f"{count:,}".split(","))
    return rf"(?<![\w.,]){grouped}(?![\w]|[.,]\d)"


def _line(dataset: Dataset, pattern: str) -> int | None:
    """Return the line of a card in which something stands first; the card need not be parsed for that."""
    text = (dataset.tree.read(dataset.room.card) or b"").decode("utf-8", "replace")
    found = re.search(pattern, text)
    return None if found is None else text.count("\n", 0, found.start()) + 1


def _counted(names: list[str]) -> str:
    """Name columns and say `is` or `are`."""
    return (
        f"column{'s' * (len(names) > 1)} {_listed(f'`{name}`' for name in names)} {'are' if len(names) > 1 else 'is'}"
    )


def _listed(names: Iterable[str]) -> str:
    """Join names, the first few of many."""
    found = list(names)
    more = len(found) - _NAMED
    return ", ".join(found[:_NAMED]) + (f" and {more} more" if more > 0 else "")
