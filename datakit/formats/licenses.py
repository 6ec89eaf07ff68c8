"""What a card may call its licence: an SPDX expression, a reference to terms of one's own, or an id of Hugging Face.

Grammar: SPDX 2.3 annex D. Hugging Face's ids: https://huggingface.co/docs/hub/repositories-licenses; most are SPDX ids in
lower case, which SPDX matches too; the rest are in a table here.
"""

from __future__ import annotations

import re
from functools import cache

__all__ = ["HUGGING_FACE", "problem"]

_MAX_LENGTH = 1000  # characters

# Ids of Hugging Face that SPDX does not have: families without a version, and licences of models.
HUGGING_FACE = frozenset((
    "apple-amlr", "apple-ascl", "bigcode-openrail-m", "bigscience-bloom-rail-1.0", "bigscience-openrail-m", "bsd", "c-uda",
    "cc", "creativeml-openrail-m", "deepfloyd-if-license", "fair-noncommercial-research-license", "gemma", "gfdl",
    "grok2-community", "h-research", "intel-research", "lgpl", "lgpl-lr", "llama2", "llama3", "llama3.1", "llama3.2",
    "llama3.3", "llama4", "odbl", "odc-by", "open-mdw", "openrail", "openrail++", "other", "pddl", "unknown",
))  # fmt: skip

_TOKEN = re.compile(r"[()]|[^\s()]+")
_REFERENCE = re.compile(r"(?:DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+")
_OPERATORS = frozenset(("and", "or"))
_OWN = "write `LicenseRef-NAME` for terms of your own, or `other` with `license_name` and `license_link`"


def problem(expression: str, *, name: str | None = None, link: str | None = None) -> str | None:
    """Say what is wrong with a licence.

    Args:
        expression: The card's `license`.
        name: The card's `license_name`; `other` needs it.
        link: The card's `license_link`; `other` needs it.

    Returns:
        One sentence with the mend, or None where the licence is fine.

    >>> [problem(text) for text in ("CC-BY-4.0", "MIT OR (Apache-2.0 AND cc0-1.0)", "odbl", "LicenseRef-Internal")]
    [None, None, None, None]
    >>> problem("cc by 4.0")
    '`license` is `cc by 4.0`, which is no licence that is known: did you mean `CC-BY-4.0`?'
    >>> problem("other", name="Terms of ACME")
    '`license: other` needs `license_link` beside it'
    """
    text = expression.strip()
    if len(text) > _MAX_LENGTH:
        return f"`license` has {len(text)} characters, expected at most {_MAX_LENGTH}"
    if text == "other":
        absent = [key for key, value in (("license_name", name), ("license_link", link)) if not (value or "").strip()]
        return f"`license: other` needs {' and '.join(f'`{key}`' for key in absent)} beside it" if absent else None
    if text in HUGGING_FACE:
        return None
    parts = re.split(r"\s*[,;/&|]\s*", text)
    if len(parts) > 1 and all(part in HUGGING_FACE or _is_license(part) for part in parts):
        return f"`license` is `{_short(text)}`, which is no SPDX expression: join licences with AND or OR"
    wrong = _parse(text)
    return f"`license` is `{_short(text)}`, {wrong}" if wrong else None


def _parse(text: str) -> str | None:
    """Check an SPDX expression; return what is wrong as the end of a sentence.

    A licence or `(` has to follow the beginning, `(`, AND and OR; an operator or `)` has to follow everything else.
    """
    if not text:
        return "which says nothing: write an SPDX id such as `CC-BY-4.0`"
    depth = 0
    before = ""  # the word before; empty where a licence has to come
    may_with = False
    words = _TOKEN.findall(text)
    place = 0
    while place < len(words):
        word = words[place]
        place += 1
        if not before or before == "(":
            if word == "(":
                depth += 1
            elif word == ")" or word.lower() in _OPERATORS or word.lower() == "with":
                return f"which is no SPDX expression: `{word}` where a licence has to stand"
            elif not _is_license(word):
                return _unknown(text, word)
            may_with = word != "("
            before = word
        elif word == ")" and depth:
            depth -= 1
            may_with = False
        elif word.lower() in _OPERATORS:
            before = ""
        elif word.lower() == "with" and may_with:
            if place == len(words) or not _is_exception(words[place]):
                found = f"`{words[place]}`" if place < len(words) else "nothing"
                return f"which is no SPDX expression: {found} after `{word}` where an exception has to stand"
            place += 1
            may_with = False
        else:
            near = "" if word in {"(", ")"} else _near(text)
            return (
                _unknown(text, word) if near else f"which is no SPDX expression: `{word}` where AND or OR has to stand"
            )
    if not before or before == "(" or depth:
        return "which is no SPDX expression: " + (
            "a `)` is missing" if before and before != "(" else "it ends too early"
        )
    return None


def _is_license(word: str) -> bool:
    """Say whether a word is a licence: an SPDX id in any case, with `+` or without, or a reference."""
    licenses, _ = _known()
    bare = word.lower()
    return bare in licenses or bool(_REFERENCE.fullmatch(word)) or (bare.endswith("+") and bare[:-1] in licenses)


def _is_exception(word: str) -> bool:
    """Say whether a word is an exception of the SPDX list."""
    return word.lower() in _known()[1]


@cache
def _known() -> tuple[dict[str, str], dict[str, str]]:
    """Return licences and exceptions, each by its id in lower case."""
    from datakit.formats import spdx

    return {key.lower(): key for key in spdx.LICENSES}, {key.lower(): key for key in spdx.EXCEPTIONS}


def _unknown(text: str, word: str) -> str:
    """Say that a licence is not known, and which ones are near."""
    near = _near(text) or _near(word)
    return "which is no licence that is known: " + (f"did you mean {near}?" if near else _OWN)


def _near(text: str) -> str:
    """Return the ids that a text may have meant, spelled as SPDX or Hugging Face spells them."""
    import difflib

    spelled = _known()[0] | {key: key for key in HUGGING_FACE}
    said = re.sub(r"\b(?:the|licen[cs]e|version)\b", " ", text.lower())
    said = re.sub(r"\b(?:creative commons|creativecommons)\b", "cc", said)
    said = re.sub(r"\battribution\b", "by", said)
    said = re.sub(r"\bv(?=\d)|(?<=[a-z])v(?=\d)", " ", said)
    plain = re.sub(r"[\s_/-]+", "-", said).strip("-.")
    if not re.search(r"[a-z]", plain):
        return ""
    # `cc-by-4`, `apache2` and `gpl3` lack what SPDX writes out.
    split = re.sub(r"(?<=[a-z])(?=\d)", "-", plain)
    for guess in (plain, plain + ".0", plain + "-1.0", split, split + ".0"):
        if guess in spelled:
            return f"`{spelled[guess]}`"
    found = difflib.get_close_matches(plain, spelled, n=2, cutoff=0.75)
    return " or ".join(f"`{spelled[key]}`" for key in found)


def _short(text: str) -> str:
    """Shorten a text to one line."""
    line = " ".join(text.split())
    return line if len(line) <= 60 else line[:57] + "..."
