"""What a licence asks of data that is made of other data, and whether the licence of the new data gives it.

Each licence of data is one of a few kinds; the facts are those of the licences' texts and of Creative Commons' own charts
(https://creativecommons.org/faq: "If I derive or adapt …", https://creativecommons.org/compatiblelicenses):

    public          nothing is asked
    attribution     whoever passes the data on has to be told of whom it is, so it does not become public domain
    non-commercial  the new licence has to withhold commercial use too: Creative Commons' chart does not recommend less,
                    since people who read the new licence alone would break the old one
    share-alike     the same licence; of Creative Commons also a later version (version 1.0: no other), and for CC-BY-SA-4.0
                    the licences that were declared compatible: Free Art 1.3 (LAL-1.3) and, one way, GPL-3.0
    no derivatives  no licence at all: what is made of it may not be passed on

Everything else is not judged: terms of one's own (`LicenseRef-…`, `other`), `unknown`, licences of models, and software
licences whose own rules for combining are too fine for a table. Who is silent about what it cannot know is believed when it
speaks. Nothing here is legal advice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from datakit.formats import licenses

_MOST = 32  # choices that a licence may leave to the reader; more are not judged
_NO, _OPEN, _YES = 0, 1, 2  # an order: AND is the least of two, OR the greatest

_PUBLIC = frozenset((
    "0bsd", "cc-pddc", "cc-pdm-1.0", "cc0-1.0", "dl-de-zero-2.0", "mit-0", "pddl", "pddl-1.0", "unlicense", "wtfpl",
))  # fmt: skip
_ATTRIBUTION = frozenset((
    "afl-3.0", "apache-2.0", "bsd", "bsd-2-clause", "bsd-3-clause", "cdla-permissive-1.0", "cdla-permissive-2.0", "dl-de-by-2.0",
    "ecl-2.0", "etalab-2.0", "isc", "mit", "ncsa", "nlod-1.0", "nlod-2.0", "odc-by", "odc-by-1.0", "ogl-canada-2.0", "ogl-uk-1.0",
    "ogl-uk-2.0", "ogl-uk-3.0", "postgresql", "zlib",
))  # fmt: skip
_ALIKE = {"odbl": "odbl", "odbl-1.0": "odbl", "cdla-sharing-1.0": "cdla-sharing", "lal-1.2": "lal", "lal-1.3": "lal"}
_CC = re.compile(r"cc-by(-nc)?(?:-(nd|sa))?-([0-9])\.([0-9])(?:-[a-z]+)?")
_SOFTWARE = re.compile(r"(gpl|agpl|lgpl|gfdl)(?:-.*)?")  # share-alike, with rules of their own among themselves
_COMPATIBLE = {
    "cc-by-sa-4.0": frozenset(("lal-1.3", "gpl-3.0", "gpl-3.0-only", "gpl-3.0-or-later")),
    "lal-1.3": frozenset(("cc-by-sa-4.0",)),
}


class _Terms(NamedTuple):
    """What one licence asks of those who pass on what they made of the data."""

    public: bool = False
    commercial: bool = True
    derivatives: bool = True
    alike: str = ""  # the family in which the new licence has to be
    version: tuple[int, int] = (0, 0)
    software: bool = False


def conflict(parent: str, child: str) -> str | None:
    """Say what the licence of a dataset asks that the licence of data made of it does not give.

    Of a choice (`OR`) that the parent offers, one that fits is enough; of a choice that the child offers, each has to fit,
    since it is given away. What is joined by `AND` holds together, on both sides.

    Args:
        parent: The licence of the dataset that was used, as its card says it.
        child: The licence of the data that was made of it.

    Returns:
        What is asked, as the end of a sentence; None where it is given, or where it cannot be judged.

    >>> conflict("CC-BY-SA-4.0", "CC-BY-4.0")
    'what is made of it has to stay under that licence'
    >>> conflict("CC-BY-NC-4.0 OR MIT", "CC-BY-4.0"), conflict("CC-BY-NC-4.0", "LicenseRef-Internal")
    (None, None)
    """
    asked, given = _postfix(parent), _postfix(child)
    choices = _choices(given) if asked and given else None
    if asked is None or choices is None:
        return None
    fit, word = min((_fit(asked, choice) for choice in choices), key=itemgetter(0))
    return _demand(word) if fit == _NO else None


def fitting(parents: Sequence[str]) -> str | None:
    """Return the licence of a parent that what is made of all of them could have; None where there is none.

    >>> fitting(["CC0-1.0", "CC-BY-4.0"]), fitting(["CC-BY-SA-4.0", "ODbL-1.0"])
    ('CC-BY-4.0', None)
    """
    return next(
        (own for own in parents if _postfix(own) and all(conflict(other, own) is None for other in parents)), None
    )


@lru_cache(maxsize=256)
def _postfix(expression: str) -> tuple[str, ...] | None:
    """Return an SPDX expression with its operators behind what they join, in lower case; None where it is none.

    Dijkstra's shunting-yard, since an expression may be nested deeper than Python's stack; AND binds before OR.
    """
    text = expression.strip()
    if text == "other" or licenses.problem(text) is not None:
        return None
    output: list[str] = []
    waiting: list[str] = []
    words = re.findall(r"[()]|[^\s()]+", text.lower())
    for place, word in enumerate(words):
        if word == "with":
            output[-1] = f"{output[-1]} with"
        elif word == "(":
            waiting.append(word)
        elif word == ")":
            while waiting[-1] != "(":
                output.append(waiting.pop())
            waiting.pop()
        elif word in {"and", "or"}:
            while waiting and (waiting[-1] == "and" or waiting[-1] == word == "or"):
                output.append(waiting.pop())
            waiting.append(word)
        elif place == 0 or words[place - 1] != "with":
            output.append(word)
    return (*output, *reversed(waiting))


def _choices(postfix: Iterable[str]) -> frozenset[frozenset[str]] | None:
    """Return what a reader may choose: licences that hold together, for each choice; None where there are too many."""
    stack: list[frozenset[frozenset[str]]] = []
    for word in postfix:
        if word not in {"and", "or"}:
            stack.append(frozenset((frozenset((word,)),)))
            continue
        second, first = stack.pop(), stack.pop()
        stack.append(first | second if word == "or" else frozenset(one | two for one in first for two in second))
        if len(stack[-1]) > _MOST:
            return None
    return stack[0]


def _fit(postfix: Iterable[str], choice: Iterable[str]) -> tuple[int, str]:
    """Say whether licences that hold together give what an expression asks, and which of its licences decides."""
    stack: list[tuple[int, str]] = []
    for word in postfix:
        if word in {"and", "or"}:
            second, first = stack.pop(), stack.pop()
            stack.append((min if word == "and" else max)(first, second, key=itemgetter(0)))
        else:
            stack.append((_given(word, choice), word))
    return stack[0]


def _given(asked: str, choice: Iterable[str]) -> int:
    """Say whether one of several licences that hold together gives what one licence asks: their terms add up."""
    return max(_judged(asked, given) for given in choice)


def _judged(asked: str, given: str) -> int:
    """Hold one licence against another."""
    terms, own = _terms(asked), _terms(given)
    if terms is None:
        return _YES if asked == given else _OPEN
    if terms.public:
        return _YES
    if own is None:
        return _OPEN
    if not terms.derivatives:
        return _NO
    if terms.alike:
        return _YES if asked == given else _alike(asked, given, terms, own)
    return _NO if own.public or (own.commercial and not terms.commercial) else _YES


def _alike(asked: str, given: str, terms: _Terms, own: _Terms) -> int:
    """Judge a licence that wants what is made of the data under itself."""
    if given.removesuffix("+") in _COMPATIBLE.get(asked, ()):
        return _YES
    if terms.software:
        return _OPEN if own.software else _NO
    later = own.version >= terms.version if terms.version > (1, 0) else own.version == terms.version
    return _YES if own.alike == terms.alike and later else _NO


@lru_cache(maxsize=256)
def _terms(word: str) -> _Terms | None:
    """Return the terms of one licence, None where they are not known; an exception only permits more."""
    name, _, excepted = word.partition(" ")
    name = name.removesuffix("+")
    found: _Terms | None = None
    if name in _PUBLIC:
        found = _Terms(public=True)
    elif name in _ATTRIBUTION:
        found = _Terms()
    elif name in _ALIKE:
        found = _Terms(alike=_ALIKE[name])
    elif cc := _CC.fullmatch(name):
        family = f"cc-by{cc[1] or ''}-sa" if cc[2] == "sa" else ""
        found = _Terms(False, not cc[1], cc[2] != "nd", family, (int(cc[3]), int(cc[4])))
    elif software := _SOFTWARE.fullmatch(name):
        found = _Terms(alike=software[1], software=True)
    return None if found is not None and found.alike and excepted else found


def _demand(word: str) -> str:
    """Say what a licence asks."""
    terms = _terms(word)
    if terms is None or not terms.derivatives:
        return "what is made of it may not be passed on at all"
    if terms.alike:
        return "what is made of it has to stay under that licence"
    return "whoever gets it has to be told of whom it is" if terms.commercial else "it is not for commercial use"
