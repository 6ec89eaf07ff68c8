"""Typed reading of parsed documents: each look-up says what was expected and what was found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from datakit.errors import InvalidRecord
from datakit.formats.yaml import Text

HEX = {
    "md5": re.compile(r"[0-9a-f]{32}(\.dir)?"),
    "sha256": re.compile(r"[0-9a-f]{64}"),
    "git": re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?"),
}
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")  # any file that there is; Python refuses to read thousands of digits


class Fields:
    """One mapping of a document, with its place in it for messages.

    Numbers and truth values may be given as text, since YAML is read with every scalar as text.

    >>> Fields({"size": "12"}, "a.dvc").integer("size")
    12
    """

    def __init__(self, mapping: object, where: str, path: str = "") -> None:
        if type(mapping) is not dict and not isinstance(mapping, Mapping):  # the second question takes long
            raise InvalidRecord(
                where, f"expected a mapping{f' at `{path}`' if path else ''}, found {describe(mapping)}"
            )
        self.mapping: Mapping[str, Any] = mapping
        self.where, self.path = where, path

    def __contains__(self, key: str) -> bool:
        return self.get(key) is not None

    def get(self, key: str) -> Any:
        """Return what stands under a key; None where it is missing or is YAML's null."""
        value = self.mapping.get(key)
        if type(value) is not Text or not value.plain:
            return value
        return None if value in {"", "~", "null", "Null", "NULL"} else value

    def wrong(self, key: str, expected: str) -> InvalidRecord:
        """Make the error of a field that is not what was expected."""
        value = self.get(key)
        found = "nothing" if value is None else describe(value)
        line = value.line if isinstance(value, Text) and value.line else None
        return InvalidRecord(self.where, f"`{self._name(key)}`: expected {expected}, found {found}", line=line)

    def only(self, known: Iterable[str]) -> None:
        """Refuse keys that the format does not know."""
        known = frozenset(known)
        for key in self.mapping:
            if key not in known:
                raise InvalidRecord(
                    self.where, f"`{self._name(key)}`: unknown key, expected one of {', '.join(sorted(known))}"
                )

    def schema(self, kind: str, latest: int, *, default: int | None = None) -> None:
        """Refuse a document of a later schema; its number stands under the document's kind."""
        found = self.integer(kind, default)
        if found > latest:
            raise InvalidRecord(
                self.where,
                f"is a {kind} of schema {found}, this datakit reads up to {latest}",
                hint="upgrade with `pip install -U dvc-datakit`",
            )

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text; a missing one is an error unless a default is given."""
        value = self.get(key)
        if type(value) is str:
            return value
        if value is None and default is not None:
            return default
        if not isinstance(value, str):
            raise self.wrong(key, "a text")
        return str(value)

    def optional(self, key: str) -> str | None:
        """Return a text or None."""
        return self.text(key) if key in self else None

    def digest(self, key: str, kind: str) -> str:
        """Return a hash of `kind`: md5 (with or without `.dir`), sha256 or git."""
        value = self.text(key)
        if not HEX[kind].fullmatch(value):
            raise self.wrong(key, f"{'an' if kind == 'md5' else 'a'} {kind} in lower-case hexadecimal")
        return value

    def integer(self, key: str, default: int | None = None) -> int:
        """Return a whole number that is not negative."""
        value = self.get(key)
        if value is None and default is not None:
            return default
        if isinstance(value, str) and _INTEGER.fullmatch(value):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise self.wrong(key, "a whole number, not negative")
        return value

    def whole(self, key: str) -> int | None:
        """Return a whole number or None."""
        return self.integer(key) if key in self else None

    def number(self, key: str) -> float | None:
        """Return a number or None."""
        value = self.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise self.wrong(key, "a number")
        try:
            return float(value)
        except (ValueError, OverflowError) as error:
            raise self.wrong(key, "a number") from error

    def flag(self, key: str, *, default: bool = False) -> bool:
        """Return a truth value."""
        value = self.get(key)
        if value is None:
            return default
        truth = (
            {"true": True, "false": False, True: True, False: False}.get(
                value.lower() if isinstance(value, str) else value
            )
            if isinstance(value, str | bool)
            else None
        )
        if truth is None:
            raise self.wrong(key, "true or false")
        return truth

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts, empty where the key is missing."""
        value = self.get(key)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.wrong(key, "a list of texts")
        return tuple(str(item) for item in value)

    def within(self, key: str) -> Fields:
        """Return the mapping under a key; an empty one where the key is missing."""
        value = self.get(key)
        return Fields({} if value is None else value, self.where, self._name(key))

    def each(self, key: str) -> list[Fields]:
        """Return the mappings of a list, none where the key is missing."""
        value = self.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.wrong(key, "a list")
        return [Fields(item, self.where, f"{self._name(key)}[{i}]") for i, item in enumerate(value)]

    def rest(self, known: Iterable[str]) -> dict[str, Any]:
        """Return what the format does not know, to be kept."""
        known = frozenset(known)
        return {key: value for key, value in self.mapping.items() if key not in known}

    def _name(self, key: str) -> str:
        """Return the place of a key in the document."""
        return f"{self.path}.{key}" if self.path else key


def describe(value: object) -> str:
    """Name a value for a message, cut where it is long.

    >>> describe("no"), describe([1]), describe(None)
    ("'no'", 'a list', 'nothing')
    """
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    text = repr(str(value) if isinstance(value, str) else value)
    return text if len(text) <= 60 else f"{text[:57]}…"
