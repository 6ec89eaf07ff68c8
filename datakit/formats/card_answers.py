"""Whether an answer of a card says something: an owner whom one can find, terms that somebody knows, prose of some words.

The judge refuses what answers nothing (`me`, `x`, `unknown`) and lets everything else pass: a short honest sentence is an
answer, and nobody is asked to write more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

PERSONAL_DATA = ("none", "pseudonymous", "identifying")
_NOBODY = frozenset((
    "a person", "a team", "admin", "administrator", "all", "anonymous", "anybody", "anyone", "everybody", "everyone", "foo", "i",
    "me", "my team", "myself", "n/a", "name", "nobody", "none", "no one", "null", "our team", "owner", "ourselves", "person", "root",
    "self", "somebody", "someone", "team", "test", "the owner", "the team", "them", "todo", "unknown", "us", "user", "username", "we",
    "you", "yourself",
))  # fmt: skip
_DATE = r"[0-9]{4}-[01][0-9]-[0-3][0-9](?:T[0-9:]{5,8}Z?)?"
_LEAST_OWNER = 3  # characters
_LEAST_WORDS, _LEAST_LETTERS, _LEAST_IDEOGRAMS = 4, 20, 8  # a text needs one of them
PROSE = ("summary", "collection")  # sections that have to say something


def problem(key: str, text: str, beside: Mapping[str, object]) -> str | None:
    """Say what is wrong with an answer.

    Args:
        key: A front-matter key or a section key.
        text: The answer.
        beside: The other front-matter fields: a licence may need some.

    Returns:
        One sentence with what is expected, or None where the answer says something.

    >>> problem("owner", "me", {})
    '`owner` is `me`, which nobody could find: expected the name or address of a person or team'
    >>> [problem("owner", text, {}) for text in ("Data Team", "Bo Li", "data@example.org")]
    [None, None, None]
    >>> problem("summary", "Some birds", {})
    '`summary` has 2 words, expected a sentence: what one row or file is'
    """
    if key == "license":
        return _license(text, beside)
    if key == "personal_data" and text not in PERSONAL_DATA:
        return f"`personal_data` is `{text[:60]}`, expected one of {', '.join(PERSONAL_DATA)}"
    if key == "reviewed" and not re.fullmatch(_DATE, text):
        return f"`reviewed` is `{text[:60]}`, expected the day on which somebody held the card against the data: 2026-01-31"
    if key == "owner" and _is_nobody(text):
        return f"`owner` is `{text[:60]}`, which nobody could find: expected the name or address of a person or team"
    if key in PROSE and not _says_something(text):
        words = len(text.split())
        what = "what one row or file is" if key == "summary" else "how, when and by whom it came to be"
        return f"`{key}` has {words} word{'s' * (words != 1)}, expected a sentence: {what}"
    return None


def _license(text: str, beside: Mapping[str, object]) -> str | None:
    """Judge the licence; `unknown` is an answer where somebody says what was done to find out."""
    from datakit.formats import licenses

    given = {key: str(value) if (value := beside.get(key)) else None for key in ("license_name", "license_link")}
    found = licenses.problem(text, name=given["license_name"], link=given["license_link"])
    if found is None and text.strip() == "unknown" and not beside.get("license_details"):
        return "`license: unknown` needs `license_details` beside it: whom you asked for the terms, and what came of it"
    return found


def _is_nobody(text: str) -> bool:
    """Say whether an owner could be anybody."""
    plain = " ".join(text.lower().split()).strip("<>()[].,;:-_ ")
    return plain in _NOBODY or len(plain) < _LEAST_OWNER or not any(char.isalpha() for char in plain)


def _says_something(text: str) -> bool:
    """Say whether a text is more than a word; scripts that need no spaces say as much in fewer characters."""
    ideograms = sum(ord(char) > 0x2E7F and char.isalpha() for char in text)
    letters = len(" ".join(text.split()))
    return len(text.split()) >= _LEAST_WORDS or letters >= _LEAST_LETTERS or ideograms >= _LEAST_IDEOGRAMS
