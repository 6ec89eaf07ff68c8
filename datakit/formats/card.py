"""The card of a dataset: a Hugging Face dataset card, YAML front matter and then Markdown, written by people.

Front matter holds what programs read (`license`, `language`, …) and two keys of ours, `owner` and `personal_data`; the
sections hold prose. Fields and what they map to:

    license, license_name, license_link   terms of use; HF and Croissant `license`, DPS `use.license`
    owner            who answers for the data, a person or a team with an address; ODCS team, DPS `source.issuer`
    personal_data    none, pseudonymous or identifying; Croissant RAI personalSensitiveInformation, DPS `use.classification`
    pretty_name      HF; Croissant `name`, PROV `prov:label`
    license_details  how the terms were found out, or why those of a parent allow it; HF
    reviewed         the day on which somebody last held the card against the data, `--set reviewed=2026-01-31`
    language, tags, size_categories, task_categories, …   HF, as its specification has them
    summary          what a row is and what it is for; Croissant `description`, DPS `source.description`
    collection       how, when and by whom it came to be; RAI dataCollection, PROV activity, DPS `provenance.generation-method`
    intended_use     RAI dataUseCases, DPS `use.intended-purpose`
    limitations      RAI dataLimitations and dataBiases
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from datakit.errors import InvalidRecord
from datakit.formats import card_answers, yaml
from datakit.formats.card_answers import PERSONAL_DATA
from datakit.formats.card_edit import set_fields
from datakit.formats.card_fields import is_front_matter, named, title_of
from datakit.formats.emit import block
from datakit.formats.markdown import front_matter, key_of, mask, sections
from datakit.formats.placeholders import MARK, Placeholder, placeholders

__all__ = [
    "MARK",
    "PERSONAL_DATA",
    "Card",
    "Placeholder",
    "draft",
    "placeholders",
    "problems",
    "read",
    "section",
    "set_fields",
]

LIMIT = 1_000_000  # bytes
_MERGE = re.compile(r"^(?:<<<<<<<|>>>>>>>) \S", re.MULTILINE)

_GUIDANCE = {
    "summary": "What one row or file is, how many there are, and what they are for: two or three sentences.",
    "collection": "Where the data comes from, when, by whom and how it was collected, and what was left out.",
    "intended_use": "What the data is good for, and what it must not be used for.",
    "limitations": "Known errors, gaps and biases; whom or what the data does not represent.",
}
_ASKED = {
    "license": "an SPDX licence such as CC-BY-4.0, or LicenseRef-Internal",
    "owner": "name <address> of a person or team",
    "personal_data": "none, pseudonymous or identifying",
}
_EXAMPLE_OWNER = re.compile(r"@example\.com\b|\b(?:you|your[._-]?\w*|user|name|email|someone)@", re.IGNORECASE)


class Card(NamedTuple):
    """What people say about a dataset."""

    fields: Mapping[str, yaml.Value]  # front matter, typed by the YAML 1.2 core schema: `no` is a text
    sections: Mapping[
        str, str
    ]  # body of each section by its title in lower case with underscores; the first of a title
    raw: str  # the whole file, line ends as LF, without byte order mark


def read(data: bytes, where: str) -> Card:
    r"""Read a card.

    Args:
        data: The bytes of `README.md`.
        where: Its path, for error messages.

    Raises:
        InvalidRecord: It is no UTF-8, or its front matter is no strict YAML mapping or never ends.

    >>> card = read(b"---\nlicense: mit\n---\n# Birds\n## Intended use\nTeaching.\n", "README.md")
    >>> card.fields, card.sections["intended_use"]
    ({'license': 'mit'}, 'Teaching.')
    """
    if len(data) > LIMIT:
        raise InvalidRecord(where, f"{len(data)} bytes, expected at most {LIMIT}")
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as broken:
        line = data.count(b"\n", 0, broken.start) + 1
        raise InvalidRecord(where, f"not UTF-8 at byte {broken.start}", line=line) from None
    if (marked := _MERGE.search(text)) is not None:
        line = text.count("\n", 0, marked.start()) + 1
        raise InvalidRecord(where, "holds the marks of an unresolved merge", line=line)
    found: dict[str, str] = {}
    for part in sections(text):
        found.setdefault(key_of(part.title), text[part.body : part.end].strip())
    return Card(_front_matter(text, where), found, text)


def section(card: Card, key: str) -> str | None:
    r"""Return the body of a section by its key or one of the titles that Hugging Face's template uses for it.

    >>> section(read(b"## Dataset Summary\nBirds.", "README.md"), "summary")
    'Birds.'
    """
    return next((card.sections[name] for name in named(key) if name in card.sections), None)


def problems(card: Card, required: Iterable[str], defaults: Mapping[str, object]) -> dict[str, str]:
    r"""Say what of a card is missing, still a placeholder or not valid.

    Args:
        card: The card.
        required: Front-matter keys and section keys that have to be there.
        defaults: Values that count where the card says nothing.

    Returns:
        By key, for each required field or section that is not there yet, what is wrong and what is expected, in the order
        of `required`; then for each of our own fields that is wrong although nobody requires it.

    >>> card = read(b"---\nlicense: CC-BY-4\n---\n", "README.md")
    >>> for problem in problems(card, ["license", "owner"], {}).values():
    ...     print(problem)
    `license` is `CC-BY-4`, which is no licence that is known: did you mean `CC-BY-4.0`?
    `owner` is missing: name <address> of a person or team
    """
    wanted = tuple(dict.fromkeys(required))
    checked = wanted + tuple(key for key in ("license", "personal_data") if key in card.fields and key not in wanted)
    found = {
        key: _field_problem(card, key, defaults) if _is_field(card, key) else _section_problem(card, key, defaults)
        for key in checked
    }
    return {key: problem for key, problem in found.items() if problem is not None}


def draft(name: str, title: str, *, defaults: Mapping[str, object], facts: Mapping[str, object]) -> bytes:
    """Write the first card of a dataset; what only people know is marked with `[fill in: …]`.

    Args:
        name: The dataset's name.
        title: What people call it; becomes `pretty_name` and the heading.
        defaults: Values from the policy, by front-matter key or section key.
        facts: Front-matter keys that datakit can compute, such as `size_categories`; values are texts or lists of them.

    Returns:
        UTF-8 with LF line ends: front matter first, then the sections.

    >>> text = draft("birds", "Birds", defaults={"owner": "Bird Team"}, facts={"size_categories": ["n<1K"]}).decode()
    >>> print(text[: text.index("# Birds")], end="")
    ---
    license: "[fill in: an SPDX licence such as CC-BY-4.0, or LicenseRef-Internal]"
    owner: Bird Team
    personal_data: "[fill in: none, pseudonymous or identifying]"
    pretty_name: Birds
    size_categories: ["n<1K"]
    ---
    <BLANKLINE>
    """
    head: dict[str, object] = {key: defaults.get(key) or f"{MARK}{asked}]" for key, asked in _ASKED.items()}
    head["pretty_name"] = title
    given = {
        key: value for key, value in (*defaults.items(), *facts.items()) if key not in head and is_front_matter(key)
    }
    head.update(given)
    parts = [f"---\n{block(head)}---\n\n# {title}\n\nThe dataset `{name}`.\n"]
    for key, asked in _GUIDANCE.items():
        body = defaults.get(key) or f"{MARK}{title_of(key).lower()}]"
        parts.append(f"\n## {title_of(key)}\n\n<!-- {asked} -->\n\n{body}\n")
    return "".join(parts).encode()


def _front_matter(text: str, where: str) -> dict[str, yaml.Value]:
    """Read the front matter; an empty mapping where there is none."""
    place = front_matter(text)
    if place is None:
        if text.startswith("---\n"):
            raise InvalidRecord(where, "the front matter never ends, expected a line `---` after it", line=1)
        return {}
    tree = yaml.load(b"\n" + text[place[0] : place[1]].encode(), where)  # one line more, so that lines are the file's
    if isinstance(tree, yaml.Text) and not tree:
        return {}
    found = yaml.typed(yaml.mapping(tree, where, what="the front matter"))
    return found if isinstance(found, dict) else {}


def _is_field(card: Card, key: str) -> bool:
    """Say whether a key is looked for in the front matter."""
    return is_front_matter(key) or key in card.fields


def _field_problem(card: Card, key: str, defaults: Mapping[str, object]) -> str | None:
    """Judge one field of the front matter."""
    value = card.fields.get(key)
    if _is_nothing(value):
        value = defaults.get(key)  # type: ignore[assignment]  # a policy's value is as good as a card's
    asked = f": {_ASKED[key]}" if key in _ASKED else ""
    if _is_nothing(value):
        return f"`{key}` is missing{asked}"
    for item in value if isinstance(value, list) else [value]:
        text = str(item)
        if isinstance(item, dict | list):
            return f"`{key}` is a mapping or a list of lists, expected a text{asked}"
        if text.startswith(MARK):
            return f"`{key}` is not filled in{asked}"
        if placeholders(text) or (key == "owner" and _EXAMPLE_OWNER.search(text)):
            return f"`{key}` is still a placeholder, `{text}`{asked}"
        problem = card_answers.problem(key, text, card.fields)
        if problem:
            return problem
    return None


def _section_problem(card: Card, key: str, defaults: Mapping[str, object]) -> str | None:
    """Judge one section."""
    title = title_of(key)
    asked = _GUIDANCE.get(key, "").rstrip(".").partition(":")[0]
    what = f"{asked[0].lower()}{asked[1:]}" if asked else f"the text of `{key}`"
    body = section(card, key)
    if body is None and defaults.get(key):
        return None
    if body is None:
        return f"section `{title}` is missing: {what}"
    left = placeholders(body)
    if not left:
        return card_answers.problem(key, mask(body).shown.strip(), card.fields)
    if left[0].kind == "empty":
        return f"section `{title}` is empty: {what}"
    if left[0].text.startswith(MARK):
        return f"section `{title}` is not filled in: {what}"
    return f"section `{title}` still has a placeholder, `{left[0].text}`: {what}"


def _is_nothing(value: object) -> bool:
    """Say whether a field holds nothing at all."""
    return (
        value is None
        or (isinstance(value, str | list | dict) and not value)
        or (isinstance(value, str) and not value.strip())
    )
