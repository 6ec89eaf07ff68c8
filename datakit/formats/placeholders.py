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


LONGEST = 300  # characters of a line that could as a whole be a placeholder; the patterns take long to refuse more
_LEAD = r"(?i)^[\s>*+#\-_(\[]*(?:\d+[.)]\s+)?(?:\[[ x]\]\s+)?[*_]*"  # bullets, quotes, numbers, task boxes, emphasis
_TAIL = r"[\s*_)\].!:]*$"
_ASK = r"(?:please )?(?:describe|explain|add|insert|write|enter|provide|put|fill in|give|summari[sz]e)"
_NOUN = (
    r"(?:name|full name|email|e-mail|address|mail|url|uri|link|date|year|title|description|summary|license|licence|owner|"
    r"author|authors|team|organi[sz]ation|company|path|value|version|text|number|contact|source|citation|doi|dataset|"
    r"placeholder|fill in|fill me in|change me|changeme|todo|tbd|something|here)"
)

# Patterns are texts: `re` compiles each when it is first used and keeps it, so that the import costs nothing.
_ANYWHERE = (
    ("mark", r"(?i)\[fill in:[^\]]*\]?"),
    ("template", r"(?i)\[\s*(?:more information needed|needs more information|information needed)\s*\]"),
    ("template", r"\{\{[^{}\n]*\}\}|\{%[^{}\n]*%\}"),
    ("to-do", r"\b(?:TBD|TBA|T\.B\.D\.)(?![\w-])"),
    ("lorem ipsum", r"(?i)\blorem ipsum\b|\bdolor sit amet\b"),
    ("fill-in", r"<\s*(?:\.{2,}|…)\s*>"),
    (
        "fill-in",
        rf"(?i)\[\s*(?:{_ASK}|your|my|placeholder|to be|name of|todo|tbd|fixme)\b[^\]\n]{{0,80}}\](?![(\[:])",
    ),
)
_DONE = "added|announced|completed|decided|defined|described|determined|documented|done|filled in|written"
_YOURS = "here|name|email|team|organi[sz]ation|company|description|summary|text"
_LINES = (
    ("ellipsis", r"^[^\w|]*(?:\.{3,}|…)[^\w|]*$|^[^|:]{1,40}:\s*(?:\.{3,}|…)\s*$"),
    ("template", _LEAD + r"(?:more information needed|needs more information)" + _TAIL),
    ("to-do", _LEAD + r"(?:todo|tbd|tba|tbc|wip|fixme|xxx+|work in progress|coming soon)" + _TAIL),
    ("to-do", _LEAD + rf"to be (?:\w+ ){{0,2}}(?:{_DONE})" + _TAIL),
    ("instruction", _LEAD + _ASK + r"\b[^.|]{0,80}\b(?:here|below)" + _TAIL),
    ("instruction", _LEAD + r"(?:the |your |a |short |some )*(?:\w+ ){1,3}(?:goes|go|comes) here" + _TAIL),
    ("instruction", _LEAD + rf"(?:your|my) (?:\w+ ){{0,3}}(?:{_YOURS})" + _TAIL),
    ("fill-in", _LEAD + r"(?:placeholder(?: text)?|change ?me|fill (?:me|this) in|insert text|your[-_]\w+)" + _TAIL),
)
# `TODO` and its kin where it opens a remark or closes one; between two words of a sentence it is a word.
_TODO = r"(?<![\w`.-])(TODO|FIXME|XXX)(?![\w-])"
_OPENS = r"(?:^|[:(\[|])[\s>*+#\-_\[]*(?:\d+[.)]\s+)?[*_]*$"
_CLOSES = r"[*_]*\s*(?:$|[:)\]|]|\.\s*$|\()"
_ANGLE = r"<([^\W\d_][^<>\n]{0,80})>"
_TAGS = frozenset((
    "a", "abbr", "article", "aside", "audio", "b", "blockquote", "br", "center", "cite", "code", "dd", "del", "details",
    "div", "dl", "dt", "em", "figcaption", "figure", "font", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr",
    "i", "iframe", "img", "input", "ins", "kbd", "li", "mark", "nav", "ol", "p", "picture", "pre", "q", "s", "samp",
    "section", "small", "source", "span", "strike", "strong", "style", "sub", "summary", "sup", "table", "tbody", "td",
    "tfoot", "th", "thead", "title", "tr", "tt", "u", "ul", "var", "video",
))  # fmt: skip
_MODEL_WORD = r"(?i)(?:start|end|begin|im)(?:[-_]\w+)+|\w*(?:token|turn|text|id)"
_NOTHING = r"(?i)[\W_]*(?:n\s*/\s*a|n\.a\.|na|not applicable)?[\W_]*"
_HEADING = r"(?m)^ {0,3}#{1,6}(?:\s.*)?$"


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
    if not found and re.fullmatch(_NOTHING, re.sub(_HEADING, "", masked.shown)):
        return [Placeholder(1, _short(text), "empty")]
    return list(dict.fromkeys(found))


def _in_line(line: str) -> list[tuple[str, str]]:
    """Return kind and text of the placeholders of one line; a line that is one as a whole counts once."""
    bare = line.strip()
    whole = next((kind for kind, pattern in _LINES if 0 < len(bare) <= LONGEST and re.search(pattern, bare)), None)
    found = [(kind, hit[0]) for kind, pattern in _ANYWHERE for hit in re.finditer(pattern, line)]
    found += [("fill-in", hit[0]) for hit in re.finditer(_ANGLE, line) if _is_fill_in(hit[1])]
    found += [("to-do", hit[0]) for hit in re.finditer(_TODO, line) if _is_remark(line, hit)]
    return found or ([(whole, bare)] if whole else [])


def _is_remark(line: str, hit: re.Match[str]) -> bool:
    """Say whether `TODO` opens or closes a remark instead of being a word of a sentence."""
    before, after = line[max(0, hit.start() - LONGEST) : hit.start()], line[hit.end() : hit.end() + LONGEST]
    return bool(re.search(_OPENS, before) or re.match(_CLOSES, after))


def _is_fill_in(content: str) -> bool:
    """Say whether `<content>` asks for a text; a tag, an address, a link or a token of a language model does not."""
    first = re.split(r"[\s/]", content, maxsplit=1)[0].lower()
    if "=" in content or ":" in content or "@" in content:
        return content.lower().startswith(("your", "you@"))
    words = [word for word in re.split(r"[\s_-]+", content.strip(" /")) if word]
    if len(words) == 1:
        return first not in _TAGS and re.fullmatch(_NOUN, first) is not None
    if re.search(r"\s", content):
        return first not in _TAGS or not content.rstrip().endswith("/")
    return not re.fullmatch(_MODEL_WORD, content)


def _short(text: str) -> str:
    """Shorten a text to one line."""
    line = " ".join(text.split())
    return line if len(line) <= 60 else line[:57] + "..."
