"""DK2: people have said what the data is, and why it changed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from datakit.formats.finding import Finding, Rule
from datakit.formats.manifest import Manifest
from datakit.gate.change import Case
from datakit.gate.dataset import Dataset
from datakit.gate.moves import successors
from datakit.gate.rules.removed import lost

if TYPE_CHECKING:
    from datakit.formats.contract import Column

_NAMED = 5  # columns that a finding names
_ROUNDING = 1e-9  # 0.8 of 5 columns are 4

RULES = (
    Rule(
        "DK201",
        "The card is complete",
        "Data whose licence, owner and origin nobody wrote down cannot be used with a good conscience.",
        "`catalog/reviews/README.md` still says `license: '[fill in: …]'`",
        "every field and section that `datakit.yaml` requires is filled in",
        "datakit add NAME --set license=CC-BY-4.0",
        waits="mended",
    ),
    Rule(
        "DK202",
        "Every change of the data has its reason",
        "A card documents the first version only; a year later nobody knows why the rows changed.",
        "the hash changed and `change.note` is empty or is still the note of the change before",
        "`change.note` says `March reviews appended`",
        'datakit add NAME -m "why the data changed"',
    ),
    Rule(
        "DK203",
        "The columns of a table are described",
        "A name such as `val2` tells nobody which unit it has, or how it was measured.",
        "`datakit.yaml` has `card: {columns_documented: 0.8}`, and 3 of 10 columns in the contract have a `description`",
        "at least that share of the columns has a `description` that is no placeholder and more than the name again",
        "write `description: …` under the column in `catalog/NAME/contract.odcs.yaml`",
    ),
    Rule(
        "DK204",
        "The licence allows no more than those of the parents",
        "Whoever reads the card alone would break the terms of the data that this one was made of.",
        "`films` has `license: CC-BY-NC-4.0`, and `ratings`, which was made of it, has `CC0-1.0`",
        "`ratings` has `CC-BY-NC-4.0` too, or its `license_details` say why the terms of `films` allow more; "
        "what cannot be judged, such as `LicenseRef-Internal`, is not",
        "datakit add NAME --set license=CC-BY-NC-4.0",
    ),
    Rule(
        "DK205",
        "A card is looked at again where the data became another",
        "A card that describes the data of last year misleads more than none, since people believe it.",
        "column `mass` went, the rows doubled, or the number of rows that the card states is wrong now, and `README.md` "
        "is as it was",
        "`README.md` was edited in the same change; `reviewed` is the edit for a card in which all still holds",
        "edit the card, or datakit add NAME --set reviewed=2026-01-31",
        "warn",
    ),
    Rule(
        "DK206",
        "The columns of a table are classified",
        "Who may see a column, and whether it tells of persons, is decided once, not by each who finds the table.",
        "`datakit.yaml` has `card: {columns_classified: 1}`, and `email` has no `classification` in the contract",
        "each column has one, such as `classification: confidential`; `public` ones show values in profile and findings",
        "write `classification: …` under the column in `catalog/NAME/contract.odcs.yaml`",
    ),
)


def incomplete(case: Case) -> Iterator[Finding]:
    """DK201: the card has what the policy requires, and no placeholder."""
    for dataset in case.now.values():
        if dataset.manifest.missing or not dataset.strict:
            continue
        new = case.is_new(dataset)
        if not (new or case.judges(dataset.room.card)) or dataset.card.error is not None:
            continue
        if dataset.card.value is None:
            mend = lost(case, dataset.room.card, f"datakit add {dataset.name}")
            yield Finding(dataset.room.card, "DK201", "there is no card", mend, dataset.name)
            continue
        from datakit.formats import card

        wrong = card.problems(dataset.card.value, case.policy.required, case.policy.defaults)
        answers = " ".join(f"--set {key}=…" for key in wrong)
        mend = f"edit {dataset.room.card}, or `datakit add {dataset.name} {answers}`"
        for problem in wrong.values():
            yield Finding(dataset.room.card, "DK201", problem, mend, dataset.name)


def unexplained(case: Case) -> Iterator[Finding]:
    """DK202: data that differs from the base, under whatever name it was there, or that is back, has a note of its own."""
    former = {heir.name: case.before[name] for name, heir in successors(case).items()}
    for dataset in case.now.values():
        own = case.before[dataset.name]
        new, old = dataset.manifest.value, former.get(dataset.name, own).manifest.value or own.manifest.value
        if new is None or not dataset.strict or (old is not None and new.data.md5 == old.data.md5):
            continue
        mend = f'datakit add {dataset.name} -m "why the data changed"'
        if old is None:
            if (
                own.manifest.missing
                and not own.tombstone.missing
                and not (new.change.note.strip() or _undone(own, new))
            ):
                back = "the dataset was removed, is back, and `change.note` does not say why"
                yield Finding(dataset.room.manifest, "DK202", back, mend, dataset.name)
            continue
        if _says_nothing(new.change.note):
            yield Finding(
                dataset.room.manifest,
                "DK202",
                "the data changed and `change.note` does not say why",
                mend,
                dataset.name,
            )
        elif new.change == old.change:
            yield Finding(
                dataset.room.manifest,
                "DK202",
                "the data changed and `change` is still that of the version before",
                mend,
                dataset.name,
            )


def undescribed(case: Case) -> Iterator[Finding]:
    """DK203: as many columns as the policy asks for are described in the contract."""
    for name, path, said, mend in _short(
        case, case.policy.columns_documented, _is_bare, "what they hold", "description"
    ):
        yield Finding(path, "DK203", said, mend, name)


def unclassified(case: Case) -> Iterator[Finding]:
    """DK206: as many columns as the policy asks for are classified in the contract."""
    for name, path, said, mend in _short(
        case,
        case.policy.columns_classified,
        lambda column: not column.classification,
        "who may see them",
        "classification",
    ):
        yield Finding(path, "DK206", said, mend, name)


def _short(
    case: Case, share: float, lacks: Callable[[Column], bool], what: str, key: str
) -> Iterator[tuple[str, str, str, str]]:
    """Find the tables of whose columns fewer than a share have something; each with its contract, what is so and a mend."""
    for dataset in case.now.values() if share else ():
        path = dataset.room.contract
        if dataset.manifest.missing or not dataset.strict or not (case.is_new(dataset) or case.judges(path)):
            continue
        columns = dataset.contract.value.columns if dataset.contract.value is not None else ()
        bare = [column.name for column in columns if lacks(column)]
        if len(columns) - len(bare) >= share * len(columns) - _ROUNDING:
            continue
        listed = ", ".join(f"`{name}`" for name in bare[:_NAMED]) + (", …" if len(bare) > _NAMED else "")
        said = f"{len(columns) - len(bare)} of {len(columns)} columns say {what}, the policy asks for {share:.0%}: {listed}"
        mend = f"write `{key}: …` under `- name: {bare[0]}` and so on in {path}"
        yield dataset.name, path, said, mend


def _is_bare(column: Column) -> bool:
    """Say whether the description of a column still has to be written: its name once more says nothing."""
    from datakit.formats.placeholders import placeholders

    said, name = (re.sub(r"[\W_]+", "", text).casefold() for text in (column.description, column.name))
    return said in {"", name} or bool(placeholders(column.description))


def _undone(own: Dataset, new: Manifest) -> bool:
    """Say whether a record from before the removal is back with its bytes: the commit that undoes it says why."""
    stone = own.tombstone.value
    return stone is not None and stone.data.md5 == new.data.md5 and new.change.at < stone.at


@lru_cache(maxsize=128)  # what is recorded in one go has one note
def _says_nothing(note: str) -> bool:
    """Say whether a note still has to be written."""
    if not note.strip():
        return True
    from datakit.formats.placeholders import placeholders

    return bool(placeholders(note))
