"""Texts that stand where somebody still has to write: template marks, to-do words, fill-ins, empty sections.

The judge is strict about what stands alone and lenient inside sentences: `...` as a whole line is a placeholder, "values
below 0 ... were dropped" is prose. Code and HTML comments are not looked at.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from datakit.formats.markdown import lines, mask

MARK = "[fill in: "  # how every placeholder of datakit's own drafts begins; it ends with `]`


class Placeholder(NamedTuple):
    """One place where a text still has to be written."""

    line: int  # counted from 1, in the text that was given
    text: str  # what stands there, shortened
    kind: str  # mark, template, to-do, fill-in, ellipsis, lorem ipsum, instruction, empty


_LEAD = r"^[\s>*+#\-_(\[]*(?:\d+[.)]\s+)?(?:\[[ x]\]\s+)?[*_]*"  # bullets, quotes, numbers, task boxes, emphasis
_TAIL = r"[\s*_)\].!:]*$"
_ASK = r"(?:please )?(?:describe|explain|add|insert|write|enter|provide|put|fill in|give|summari[sz]e)"
_NOUN = (
    r"(?:name|full name|email|e-mail|address|mail|url|uri|link|date|year|title|description|summary|license|licence|owner|"
    r"author|authors|team|organi[sz]ation|company|path|value|version|text|number|contact|source|citation|doi|dataset|"
    r"placeholder|fill in|fill me in|change me|changeme|todo|tbd|something|here)"
)

_ANYWHERE: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("mark", re.compile(r"\[fill in:[^\]]*\]?", re.IGNORECASE)),
    ("template", re.compile(r"\[\s*(?:more information needed|needs more information|information needed)\s*\]", re.I)),
    ("template", re.compile(r"\{\{[^{}\n]*\}\}|\{%[^{}\n]*%\}")),
    ("to-do", re.compile(r"\b(?:TBD|TBA|T\.B\.D\.)(?![\w-])")),
    ("lorem ipsum", re.compile(r"\blorem ipsum\b|\bdolor sit amet\b", re.IGNORECASE)),
    ("fill-in", re.compile(r"<\s*(?:\.{2,}|…)\s*>")),
    (
        "fill-in",
        re.compile(
            rf"\[\s*(?:{_ASK}|your|my|placeholder|to be|name of|todo|tbd|fixme)\b[^\]\n]{{0,80}}\](?![(\[:])", re.IGNORECASE
        ),
    ),
)  # fmt: skip
_LINES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("ellipsis", re.compile(r"^[^\w|]*(?:\.{3,}|…)[^\w|]*$|^[^|:]{1,40}:\s*(?:\.{3,}|…)\s*$")),
    ("template", re.compile(_LEAD + r"(?:more information needed|needs more information)" + _TAIL, re.IGNORECASE)),
    ("to-do", re.compile(_LEAD + r"(?:todo|tbd|tba|tbc|wip|fixme|xxx+|work in progress|coming soon)" + _TAIL, re.IGNORECASE)),
    ("to-do", re.compile(_LEAD + r"to be (?:\w+ ){0,2}(?:added|announced|completed|decided|defined|described|determined|documented|done|filled in|written)" + _TAIL, re.I)),
    ("instruction", re.compile(_LEAD + _ASK + r"\b[^.|]{0,80}\b(?:here|below)" + _TAIL, re.IGNORECASE)),
    ("instruction", re.compile(_LEAD + r"(?:the |your |a |short |some )*(?:\w+ ){1,3}(?:goes|go|comes) here" + _TAIL, re.IGNORECASE)),
    ("instruction", re.compile(_LEAD + r"(?:your|my) (?:\w+ ){0,3}(?:here|name|email|team|organi[sz]ation|company|description|summary|text)" + _TAIL, re.IGNORECASE)),
    ("fill-in", re.compile(_LEAD + r"(?:placeholder(?: text)?|change ?me|fill (?:me|this) in|insert text|your[-_]\w+)" + _TAIL, re.IGNORECASE)),
)  # fmt: skip
# `TODO` and its kin where it opens a remark or closes one; between two words of a sentence it is a word.
_TODO = re.compile(r"(?<![\w`.-])(TODO|FIXME|XXX)(?![\w-])")
_OPENS = re.compile(r"(?:^|[:(\[|])[\s>*+#\-_\[]*(?:\d+[.)]\s+)?[*_]*$")
_CLOSES = re.compile(r"[*_]*\s*(?:$|[:)\]|]|\.\s*$|\()")
_ANGLE = re.compile(r"<([^\W\d_][^<>\n]{0,80})>")
_TAGS = frozenset((
    "a", "abbr", "article", "aside", "audio", "b", "blockquote", "br", "center", "cite", "code", "dd", "del", "details",
    "div", "dl", "dt", "em", "figcaption", "figure", "font", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr",
    "i", "iframe", "img", "input", "ins", "kbd", "li", "mark", "nav", "ol", "p", "picture", "pre", "q", "s", "samp",
    "section", "small", "source", "span", "strike", "strong", "style", "sub", "summary", "sup", "table", "tbody", "td",
    "tfoot", "th", "thead", "title", "tr", "tt", "u", "ul", "var", "video",
))  # fmt: skip
_NOUNS = re.compile(_NOUN, re.IGNORECASE)
_TOKEN = re.compile(r"(?:start|end|begin|im)(?:[-_]\w+)+|\w*(?:token|turn|text|id)", re.IGNORECASE)
_NOTHING = re.compile(r"[\W_]*(?:n\s*/\s*a|n\.a\.|na|not applicable)?[\W_]*", re.IGNORECASE)
_HEADING = re.compile(r"^ {0,3}#{1,6}(?:\s.*)?$", re.MULTILINE)


def placeholders(text: str) -> list[Placeholder]:
    r"""Find what still has to be written in a text.

    Args:
        text: Markdown, or the value of one field.

    Returns:
        The placeholders in the order of their lines; one of kind `empty` where nothing is said at all.

    >>> placeholders("TODO: say why")
    [Placeholder(line=1, text='TODO', kind='to-do')]
    >>> placeholders("Values below 0.1 ... were dropped; see the TODO list of the paper.")
    []
    """
    masked = mask(text)
    found = [
        Placeholder(number, _short(text_), kind)
        for number, line in enumerate(lines(masked.prose), 1)
        for kind, text_ in _in_line(line.rstrip("\r\n"))
    ]
    if not found and _NOTHING.fullmatch(_HEADING.sub("", masked.shown)):
        return [Placeholder(1, _short(text), "empty")]
    return list(dict.fromkeys(found))


def _in_line(line: str) -> list[tuple[str, str]]:
    """Return kind and text of the placeholders of one line; a line that is one as a whole counts once."""
    bare = line.strip()
    whole = next((kind for kind, pattern in _LINES if bare and pattern.search(bare)), None)
    found = [(kind, hit[0]) for kind, pattern in _ANYWHERE for hit in pattern.finditer(line)]
    found += [("fill-in", hit[0]) for hit in _ANGLE.finditer(line) if _is_fill_in(hit[1])]
    found += [("to-do", hit[0]) for hit in _TODO.finditer(line) if _is_remark(line, hit)]
    return found or ([(whole, bare)] if whole else [])


def _is_remark(line: str, hit: re.Match[str]) -> bool:
    """Say whether `TODO` opens or closes a remark instead of being a word of a sentence."""
    return bool(_OPENS.search(line[: hit.start()]) or _CLOSES.match(line[hit.end() :]))


def _is_fill_in(content: str) -> bool:
    """Say whether `<content>` asks for a text; a tag, an address, a link or a token of a language model does not."""
    first = re.split(r"[\s/]", content, maxsplit=1)[0].lower()
    if "=" in content or ":" in content or "@" in content:
        return content.lower().startswith(("your", "you@"))
    words = [word for word in re.split(r"[\s_-]+", content.strip(" /")) if word]
    if len(words) == 1:
        return first not in _TAGS and _NOUNS.fullmatch(first) is not None
    if re.search(r"\s", content):
        return first not in _TAGS or not content.rstrip().endswith("/")
    return not _TOKEN.fullmatch(content)


def _short(text: str) -> str:
    """Shorten a text to one line."""
    line = " ".join(text.split())
    return line if len(line) <= 60 else line[:57] + "..."
