"""Edits of a card that leave every byte alone that they are not about: no writer reformats what people wrote."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from datakit.errors import InvalidRecord, UsageError
from datakit.formats import yaml
from datakit.formats.card_fields import is_front_matter, named, title_of
from datakit.formats.emit import scalar
from datakit.formats.markdown import Section, front_matter, key_of, sections

Value = str | Sequence[str]
_WHERE = "README.md"
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


class _Place(NamedTuple):
    """Where the value of a front-matter key stands; offsets of characters in the front matter."""

    colon: int  # behind the colon
    start: int
    end: int
    node: yaml.Node


def set_fields(data: bytes, fields: Mapping[str, Value]) -> bytes:
    r"""Set front-matter fields and sections of a card.

    Front-matter keys are those of Hugging Face's specification, `owner`, `personal_data` and whatever the front matter
    already has; any other key names a section, whose own text, up to the next heading, is replaced. What is not there is
    added: a key at the end of the front matter, a section at the end of the file.

    Args:
        data: The bytes of `README.md`.
        fields: New values by key: a text or a list of texts; of a section Markdown without headings.

    Returns:
        The edited bytes; the same bytes where everything was so already.

    Raises:
        InvalidRecord: The card cannot be read.
        UsageError: A key is no name, or a section's text would change the structure of the file.

    >>> set_fields(b"---\nlicense: mit # ours\n---\n## Summary\n\nTODO\n", {"license": "CC0-1.0", "summary": "Birds."})
    b'---\nlicense: CC0-1.0 # ours\n---\n## Summary\n\nBirds.\n'
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as broken:
        line = data.count(b"\n", 0, broken.start) + 1
        raise InvalidRecord(_WHERE, f"not UTF-8 at byte {broken.start}", line=line) from None
    for key, value in fields.items():
        if not _KEY.fullmatch(key):
            raise UsageError(
                f"`{key}` is no field of a card", hint="a field is one word such as license or intended_use"
            )
        present = _places(text)
        if is_front_matter(key) or key in present:
            wanted = value if isinstance(value, str) else list(value)
            edited = _set_front(text, key, wanted, present)
            if edited != text and not _is_set(edited, key, wanted, present):
                raise UsageError(
                    f"`{key}` stands in the front matter of {_WHERE} in a way that cannot be edited safely",
                    hint=f"write `{key}: …` in one line by hand",
                )
            text = edited
        else:
            text = _set_section(
                text, key, value if isinstance(value, str) else "\n".join(f"- {item}" for item in value)
            )
    return text.encode()


def rename(data: bytes, old: tuple[str, str], new: tuple[str, str]) -> bytes:
    r"""Write a dataset's new name into the lines of its card that are still as they were drafted.

    Args:
        data: The bytes of `README.md`.
        old: The name that the dataset had, and the title that was made of it.
        new: The name that it gets, and its title.

    >>> rename(b"# Birds\n\nThe dataset `birds`.\n\n# Birds of ours\n", ("birds", "Birds"), ("fowl", "Fowl"))
    b'# Fowl\n\nThe dataset `fowl`.\n\n# Birds of ours\n'
    """
    fresh = dict(zip(_drafted(*old), _drafted(*new), strict=True))
    lines = data.split(b"\n")
    bare = [line.removesuffix(b"\r") for line in lines]
    return b"\n".join(fresh.get(text, text) + line[len(text) :] for line, text in zip(lines, bare, strict=True))


def lines_with(text: str, words: Sequence[str]) -> tuple[int, ...]:
    r"""Return the numbers of the lines in which a word stands by itself, as no part of a path or a longer name.

    >>> lines_with("# Birds\n\nSee data/birds.csv.\n\nThe birds.\n", ("birds", "Birds"))
    (1, 5)
    """
    either = "|".join(re.escape(word) for word in words)
    whole = re.compile(rf"(?<![\w./-])(?:{either})(?![\w-]|[./]\w)")
    return tuple(number for number, line in enumerate(text.splitlines(), start=1) if whole.search(line))


def _drafted(name: str, title: str) -> tuple[bytes, ...]:
    """Return the lines of a draft that name the dataset."""
    return tuple(line.encode() for line in (f"pretty_name: {scalar(title)}", f"# {title}", f"The dataset `{name}`."))


def _line_end(text: str) -> str:
    """Return how the lines of a file end."""
    return "\r\n" if "\r\n" in text else "\n"


def _places(text: str) -> dict[str, _Place]:
    """Find the values of the front matter."""
    place = front_matter(text)
    if place is None:
        if text.removeprefix("\ufeff").startswith(("---\n", "---\r\n")):
            raise InvalidRecord(_WHERE, "the front matter never ends, expected a line `---` after it", line=1)
        return {}
    front = text[place[0] : place[1]]
    tree = yaml.load(("\n" + front).encode(), _WHERE)
    if isinstance(tree, yaml.Text) and not tree:
        return {}
    values = yaml.mapping(tree, _WHERE, what="the front matter")
    import yaml as pyyaml

    node: Any = pyyaml.compose(front, Loader=pyyaml.CSafeLoader if pyyaml.__with_libyaml__ else pyyaml.SafeLoader)
    if node.flow_style:
        raise InvalidRecord(_WHERE, "the front matter is in braces, expected one key a line", line=2)
    return {
        key.value: _Place(
            front.index(":", key.end_mark.index) + 1, item.start_mark.index, _end(item, front), values[key.value]
        )
        for key, item in node.value
    }


def _end(node: Any, front: str) -> int:
    """Return where a value ends, without the comments and empty lines that its collection counts as its own."""
    if isinstance(node.value, list) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last, front)
    start: int = node.start_mark.index
    return start + len(front[start : node.end_mark.index].rstrip())


def _set_front(text: str, key: str, value: str | list[str], present: Mapping[str, _Place]) -> str:
    """Set one key of the front matter."""
    written = scalar(value) if isinstance(value, str) else f"[{', '.join(scalar(item) for item in value)}]"
    place = front_matter(text)
    end = _line_end(text)
    if place is None:
        mark = "\ufeff" if text.startswith("\ufeff") else ""
        head = f"---{end}{scalar(key)}: {written}{end}---{end}"
        rest = text.removeprefix("\ufeff")
        return mark + head + (end if rest and not rest.startswith(end) else "") + rest
    begin, stop, _ = place
    found = present.get(key)
    if found is None:
        return f"{text[:stop]}{scalar(key)}: {written}{end}{text[stop:]}"
    if found.node == value if isinstance(found.node, yaml.Text) else yaml.typed(found.node) == value:
        return text
    colon, start, last = (begin + offset for offset in (found.colon, found.start, found.end))
    gap = text[colon:start]  # between colon and value: a space, or a comment and lines up to a block
    if "\n" not in gap and start < last:
        return text[:start] + written + text[last:]
    after = gap[: gap.rindex("\n")].rstrip("\r") if "\n" in gap else ""
    return f"{text[:colon]} {written}{after.rstrip() and after}{text[last:]}"


def _is_set(edited: str, key: str, value: str | list[str], before: Mapping[str, _Place]) -> bool:
    """Say whether an edit of the front matter set one key and left the others."""
    try:
        after = _places(edited)
    except InvalidRecord:
        return False
    found = {name: yaml.typed(place.node) for name, place in after.items()}
    return found == {name: yaml.typed(place.node) for name, place in before.items()} | {key: value}


def _set_section(text: str, key: str, value: str) -> str:
    """Set the own text of one section, or add the section at the end."""
    end = _line_end(text)
    body = end.join(value.strip("\r\n").rstrip().splitlines())
    if not body:
        raise UsageError(f"the text of `{key}` is empty", hint=f"say something, or edit {_WHERE}")
    before = sections(text)
    part = next((part for name in named(key) for part in before if key_of(part.title) == name), None)
    if part is None:
        level = 2 if all(found.level == 1 for found in before[:1]) else before[0].level
        gap = "" if not text or text.endswith(end * 2) else end if text.endswith("\n") else end * 2
        edited = f"{text}{gap}{'#' * level} {title_of(key)}{end}{end}{body}{end}"
    elif text[part.body : part.own_end].strip() == body.strip():
        return text
    else:
        lead = end if text[: part.body].endswith("\n") else end * 2
        more = end if part.own_end < len(text) else ""
        edited = text[: part.body] + lead + body + end + more + text[part.own_end :]
    if not _holds(before, part, edited, key, body):
        raise UsageError(
            f"the text of `{key}` would change the structure of the card",
            hint="a section's text has no headings, and closes every code fence and comment that it opens",
        )
    return edited


def _holds(before: list[Section], part: Section | None, edited: str, key: str, body: str) -> bool:
    """Say whether an edit changed one section and no other."""
    after = sections(edited)
    expected = [old.title for old in before] + ([] if part else [title_of(key)])
    place = before.index(part) if part else len(before)
    if [new.title for new in after] != expected:
        return False
    return edited[after[place].body : after[place].own_end].strip() == body.strip()
