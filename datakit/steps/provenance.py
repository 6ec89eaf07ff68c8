"""Provenance that stays true: what may be said about bytes after they changed.

Two states before are kept apart. The *committed* manifest is what the reason of a change is about, since a commit is
what others will see. The *last* manifest is what lies in the work tree: its sources describe its own bytes and no others.
"""

from __future__ import annotations

from collections.abc import Sequence

from datakit.errors import UsageError
from datakit.formats.manifest import Change, Manifest, Parent, Production, Source
from datakit.formats.tombstone import Tombstone


def change(
    name: str, md5: str, note: str | None, *, committed: Manifest | None, last: Manifest | None, by: str, at: str
) -> Change:
    """Say why these bytes replaced the committed ones.

    Args:
        name: The dataset, for messages.
        md5: Of the bytes as they are now.
        note: The reason as given; None where none was.
        committed: The manifest in HEAD.
        last: The manifest in the work tree.
        by: Who runs the command.
        at: The time now, UTC.

    Returns:
        The same record as before where nothing is new, so that a second run changes nothing.

    Raises:
        UsageError: The bytes differ from the committed ones and nobody said why.
    """
    before = committed.data.md5 if committed else None
    same = next((m.change for m in (last, committed) if m is not None and m.data.md5 == md5), None)
    if committed is not None and committed.data.md5 == md5:
        before, same = committed.change.before, committed.change
    said = _kept(before, last) if note is None else note.strip()
    if committed is not None and committed.data.md5 != md5 and not said:
        raise unsaid(name)
    if same is not None and (same.before, same.note) == (before, said or same.note):
        return same
    return Change(before, said, by, at)


def revival(stone: Tombstone, note: str | None, last: Manifest | None, *, by: str, at: str) -> Change:
    """Say why a dataset that was removed is back.

    Args:
        stone: What was left of it.
        note: The reason as given; None where none was.
        last: The manifest in the work tree, where an earlier run wrote one.
        by: Who runs the command.
        at: The time now, UTC.

    Raises:
        UsageError: Nobody said why.
    """
    before = stone.data.md5
    said = _kept(before, last) if note is None else note.strip()
    if not said:
        raise UsageError(
            f"`{stone.name}` was removed on {stone.at[:10]} and needs a reason to come back: {stone.reason}",
            hint=f'datakit add PATH --name {stone.name} -m "why it is back"',
        )
    if last is not None and (last.change.before, last.change.note) == (before, said):
        return last.change
    return Change(before, said, by, at)


def unexplained(md5: str, *, committed: Manifest | None, last: Manifest | None) -> bool:
    """Say whether these bytes need a reason that nobody gave yet; arguments as for `change`."""
    return committed is not None and committed.data.md5 != md5 and not _kept(committed.data.md5, last)


def unsaid(name: str) -> UsageError:
    """Make the error of a change that nobody gave a reason for."""
    return UsageError(
        f"the data of `{name}` changed and needs a reason", hint=f'datakit add {name} -m "why the data changed"'
    )


def sources(md5: str, fetched: Source | None, last: Manifest | None) -> tuple[Source, ...]:
    """Return where these bytes came from.

    A new retrieval is the source. Bytes that did not change keep theirs. Bytes that changed by hand have none: they
    are derived from the ones before (see `parents`), whatever the old record says.
    """
    unchanged = last is not None and last.data.md5 == md5
    if fetched is None:
        return last.sources if last is not None and unchanged else ()
    if last is not None and unchanged and _same_source(fetched, last.sources):
        return last.sources
    return (fetched,)


def parents(
    md5: str, given: Sequence[Parent], production: Production, *, fetched: bool, last: Manifest | None
) -> tuple[Parent, ...]:
    """Return the datasets that these bytes were made of.

    Args:
        md5: Of the bytes as they are now.
        given: What the user or the stage names.
        production: How they were made; empty where nobody said.
        fetched: Whether they came from outside.
        last: The manifest in the work tree.
    """
    if last is not None and last.data.md5 == md5 and not given:
        return last.derived_from
    known = dict.fromkeys(given)
    by_hand = last is not None and last.data.md5 != md5 and not fetched and production == Production()
    if by_hand and last is not None and not given:
        known[Parent(last.name, last.data.md5)] = None
    return tuple(sorted(known))


def production(md5: str, given: Production, last: Manifest | None) -> Production:
    """Return how these bytes were made: as given, or as recorded before for the same bytes."""
    if given != Production() or last is None or last.data.md5 != md5:
        return given
    return last.produced_by


def _kept(before: str | None, last: Manifest | None) -> str:
    """Return the reason that an earlier run gave for leaving the same bytes."""
    return last.change.note if last is not None and last.change.before == before else ""


def _same_source(fetched: Source, known: Sequence[Source]) -> bool:
    """Say whether a retrieval brought nothing that is not recorded already; its time alone is no fact about the data."""
    return any(fetched._replace(retrieved=item.retrieved) == item for item in known)
