"""The structure of a Markdown file with front matter: where its parts begin and end, without rendering it.

Follows CommonMark where it matters here: ATX and setext headings, fenced code, code spans and HTML comments; front
matter is what Hugging Face's parser takes: the lines between a first line `---` and the next one.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_FRONT = re.compile(r"\ufeff?---[ \t]*\r?\n(.*?)^---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))??(?:[ \t]+#+)?[ \t]*")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")  # str.splitlines also splits where no editor does
_SETEXT = re.compile(r" {0,3}(?:=+|-{2,})[ \t]*")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_NOT_A_TITLE = re.compile(r"\s*$|\s*(?:[-*+>|]|\d+[.)])\s| {4}|\t|.*\|")


class Section(NamedTuple):
    """A heading and what stands under it; the numbers are offsets of characters in the whole text."""

    title: str  # as it is written, without marks
    level: int  # 1 to 6
    start: int  # where the heading's line begins
    body: int  # where the line after the heading begins
    own_end: int  # where the next heading of any level begins, or the text ends
    end: int  # where the next heading of this or a higher level begins, or the text ends


class Masked(NamedTuple):
    """A text with parts blanked out; every character keeps its place."""

    shown: str  # without HTML comments
    prose: str  # without HTML comments, fenced code and code spans


def front_matter(text: str) -> tuple[int, int, int] | None:
    r"""Return where the front matter begins and ends and where the body begins; None where there is none.

    >>> text = "---\nlicense: mit\n---\n# Birds\n"
    >>> begin, end, body = front_matter(text)
    >>> text[begin:end], text[body:]
    ('license: mit\n', '# Birds\n')
    """
    found = _FRONT.match(text)
    return (found.start(1), found.end(1), found.end()) if found else None


def key_of(title: str) -> str:
    """Return the name by which a section is asked for.

    >>> [key_of(title) for title in ("Intended use", "**Intended_Use**:", "1. Summary")]
    ['intended_use', 'intended_use', 'summary']
    """
    bare = re.sub(r"^\d+(?:\.\d+)*[.)]?\s+", "", title.strip().strip("*_`").strip())
    return re.sub(r"[\s_-]+", "_", bare.strip().rstrip(":*_`").strip().lower())


def sections(text: str) -> list[Section]:
    r"""Return the sections of a text in their order.

    >>> [(s.title, s.level) for s in sections("# A\n```\n# no heading\n```\nB\n---\ntext <!--\n# nor this -->\n")]
    [('A', 1), ('B', 2)]
    """
    front = front_matter(text)
    offset = front[2] if front else 0
    masked = mask(text[offset:])
    headings = _headings(masked.prose, offset)
    found = []
    for index, (start, body, level, is_atx) in enumerate(headings):
        later = headings[index + 1 :]
        own_end = later[0][0] if later else len(text)
        whole_end = next((heading[0] for heading in later if heading[2] <= level), len(text))
        line = _LINE.findall(masked.shown[start - offset : body - offset])[0].rstrip("\r\n")
        atx = _ATX.fullmatch(line) if is_atx else None
        found.append(Section(((atx[2] or "") if atx else line).strip(), level, start, body, own_end, whole_end))
    return found


def mask(text: str) -> Masked:
    """Blank out comments and code, line by line as CommonMark sees them."""
    shown: list[str] = []
    prose: list[str] = []
    fence = ""
    comment = False
    for line in lines(text):
        opened = None if comment else _FENCE.match(line)
        if fence:
            shown.append(line)
            prose.append(_blank(line))
            if opened and opened[1].startswith(fence) and not opened[2].strip():
                fence = ""
        elif opened and not ("`" in opened[1] and "`" in opened[2]):
            fence = opened[1]
            shown.append(line)
            prose.append(_blank(line))
        else:
            bare, plain, comment = _mask_line(line, comment)
            shown.append(bare)
            prose.append(plain)
    return Masked("".join(shown), "".join(prose))


def _mask_line(line: str, comment: bool) -> tuple[str, str, bool]:
    """Blank out the comments of one line, and in the second text its code spans too; say whether a comment stays open."""
    shown = ""
    spans = [] if comment else [found.span() for found in _SPAN.finditer(line)]
    at = 0
    while at < len(line):
        if comment:
            end = line.find("-->", at)
            stop = len(line) if end < 0 else end + 3
            shown += _blank(line[at:stop])
            comment = end < 0
            spans = [found.span() for found in _SPAN.finditer(line, stop)]
        else:
            begin = line.find("<!--", at)
            while any(first <= begin < last for first, last in spans):  # `<!--` in a code span is text
                begin = line.find("<!--", begin + 1)
            stop = len(line) if begin < 0 else begin
            shown += line[at:stop]
            comment = begin >= 0
        at = stop
    return shown, _SPAN.sub(lambda found: _blank(found[0]), shown), comment


def _blank(text: str) -> str:
    """Replace everything but line ends by spaces."""
    return re.sub(r"[^\r\n]", " ", text)


def lines(text: str) -> list[str]:
    """Split a text into its lines, line ends included."""
    return _LINE.findall(text)


def _headings(prose: str, offset: int) -> list[tuple[int, int, int, bool]]:
    """Return start, next line, level and whether it is written with `#` of each heading; places are counted from `offset` on."""
    found: list[tuple[int, int, int, bool]] = []
    at = offset
    paragraph: int | None = None  # where the line before begins, if it is a paragraph of one line
    blank = True
    for line in lines(prose):
        bare = line.rstrip("\r\n")
        atx = _ATX.fullmatch(bare)
        if atx:
            found.append((at, at + len(line), len(atx[1]), True))
        elif paragraph is not None and _SETEXT.fullmatch(bare):
            found.append((paragraph, at + len(line), 1 if "=" in bare else 2, False))
        paragraph = at if blank and not atx and not _NOT_A_TITLE.match(bare) else None
        blank = not bare.strip() or atx is not None
        at += len(line)
    return found
