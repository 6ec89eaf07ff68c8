"""The two records that people write, as they are or as a first draft: the card and the contract."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from datakit.errors import InvalidData, NotFound, UsageError
from datakit.formats import card, card_fields, contract
from datakit.formats.contract import Reader
from datakit.formats.finding import command
from datakit.formats.manifest import Manifest
from datakit.formats.room import Room
from datakit.records import Ask, Form
from datakit.repo.project import Project
from datakit.repo.tree import Tree
from datakit.steps import recording
from datakit.steps.recording import Snapshot
from datakit.store.cache import Cache
from datakit.tables.infer import infer
from datakit.tables.sniff import SUFFIXES, sniff

_QUESTIONS = {
    "license": "Under which licence may the data be used? (an SPDX id such as CC-BY-4.0, or LicenseRef-Internal)",
    "owner": "Who answers for the data? (name <address>)",
    "personal_data": "Does it hold personal data? (none, pseudonymous, identifying)",
    "summary": "What is it, in one sentence?",
    "collection": "How was it collected?",
}


def contract_of(
    where: Project, tree: Tree, room: Room, path: str, taken: Snapshot, cache: Cache, form: Form | None = None
) -> tuple[bytes, tuple[str, ...]]:
    """Return the contract as it is, or a first draft of it with what was decided for it.

    Args:
        where: The project.
        tree: Its work tree.
        room: The dataset's room.
        path: The data; its suffix says what it claims to be.
        taken: What was stored of it.
        cache: Where it was stored.
        form: `files` or `table`, where the caller says what the data is whatever its suffix claims.

    Raises:
        InvalidData: The data is not what its suffix promises.
        UsageError: The contract says otherwise than `form`, or there is no way to read the data as a table.
    """
    known = tree.read(room.contract)
    opaque = contract.draft(room.name, title(room.name), (), (), None)
    if known is not None and not (form == "table" and _same_draft(known, opaque)):
        _refuse_other_form(known, room, form)
        return known, ()
    reader = None
    source, spill = cache.object_path(taken.md5), recording.spill(where)
    if not taken.scan.is_folder and form != "files":
        reader = sniff(source, path, spill)
    if reader is None:
        if form == "table":
            raise UsageError(
                f"`{path}` is not read as a table: its name does not promise one",
                hint=f"name it after its format: {', '.join(SUFFIXES)}",
            )
        return opaque, ()
    columns, checks = infer(source, path, reader, spill)
    return contract.draft(room.name, title(room.name), columns, checks, reader), _decided(reader)


@contextmanager
def opaque_instead(tree: Tree, room: Room, path: str, *, folder: bool) -> Iterator[None]:
    """Say of data that is not the table that it claims to be how it is recorded all the same: as it is, unread.

    Args:
        tree: The project's work tree.
        room: The dataset's room; a contract in it is people's, so that they have to put it away themselves.
        path: The data.
        folder: Whether it is a folder, which is never read as a table.
    """
    try:
        yield
    except InvalidData as error:
        if folder:
            raise
        known = tree.read(room.contract)
        first = f"delete {room.contract} and " if known is not None and _is_table(known, room) else ""
        again = f"{first}record it as it is, unread: `{command('datakit add --as files', path)}`"
        raise InvalidData(error.message, hint=f"{error.hint or 'mend the file'}; or {again}") from error


def _decided(reader: Reader) -> tuple[str, ...]:
    """Say what was found out about how a table is read and may be otherwise."""
    missing = ", ".join(f"`{text}`" for text in reader.missing)
    notes = [f"missing values are written {missing}"] if missing else []
    if not reader.encoding.startswith("utf-8"):
        notes.append(
            f"the text is not UTF-8 and is read as {reader.encoding}: if letters look wrong, set `encoding` in the contract"
        )
    return tuple(notes)


def _same_draft(known: bytes, draft: bytes) -> bool:
    """Say whether a contract is still as it was drafted, but for its status."""
    lines = [line for line in known.replace(b"\r\n", b"\n").split(b"\n") if not line.startswith(b"status:")]
    return lines == [line for line in draft.split(b"\n") if not line.startswith(b"status:")]


def _refuse_other_form(known: bytes, room: Room, form: Form | None) -> None:
    """Refuse to record data as what its contract says that it is not; the contract is people's, so it stays."""
    if form is None:
        return
    table = _is_table(known, room)
    if table != (form == "table"):
        found = "a table" if table else "files"
        raise UsageError(
            f"the contract of `{room.name}` describes {found}, not {'files' if table else 'a table'}",
            hint=f"delete {room.contract}, then run the command again: a new one is drafted",
        )


def card_of(
    where: Project, tree: Tree, room: Room, fresh: Manifest, fields: Mapping[str, str], ask: Ask | None
) -> bytes:
    """Return the card: as it is or a first draft, with what the user says set.

    Args:
        where: The project.
        tree: Its work tree.
        room: The dataset's room.
        fresh: What is recorded now.
        fields: Front-matter keys and sections to set.
        ask: Asked for what a first draft lacks; None where nobody could answer.

    Raises:
        InvalidRecord: The card cannot be read, so nothing can be set in it.
        UsageError: A field that no card could have, or nearly one of those that exist.
    """
    known = tree.read(room.card)
    if known is None:
        policy = where.policy
        known = card.draft(room.name, title(room.name), defaults=policy.defaults, facts=_facts(fresh))
        open_ = [key for key in _QUESTIONS if key in policy.required and key not in {*fields, *policy.defaults}]
        asked = {key: ask(key, _QUESTIONS[key]) for key in open_} if ask is not None else {}
        fields = {**{key: answer for key, answer in asked.items() if answer}, **fields}
    if not fields:
        return known
    found = card.read(known, room.card)  # its errors name the file
    _refuse_misspelt(fields, {*found.fields, *found.sections, *where.policy.required, *where.policy.defaults})
    return card.set_fields(known, fields)


def title(name: str) -> str:
    """Make a readable title of a name.

    >>> title("palmer-penguins_raw")
    'Palmer penguins raw'
    """
    return name.replace("-", " ").replace("_", " ").capitalize()


def _refuse_misspelt(fields: Iterable[str], known: Iterable[str]) -> None:
    """Refuse a field that is nearly one of those that exist; any other name is a section of its own.

    Raises:
        NotFound: It offers the field that was meant.
    """
    import difflib

    fit = {*known, *card_fields.FRONT_MATTER, *card_fields.SECTIONS}
    for field in fields:
        if field not in fit and difflib.get_close_matches(field, fit, n=1, cutoff=0.8):
            raise NotFound("field of a card", field, fit)


def _facts(fresh: Manifest) -> dict[str, list[str]]:
    """Return what a machine knows for the front matter."""
    rows = fresh.data.rows
    return {} if rows is None else {"size_categories": [card_fields.size_category(rows)]}


def _is_table(known: bytes, room: Room) -> bool:
    """Say whether a contract describes a table."""
    agreed = contract.read(known, room.contract)
    return agreed.reader is not None or bool(agreed.columns)
