"""Escaping: no name or value from a repository reaches a terminal or a log with its control characters."""

from __future__ import annotations

import re

# C0 and C1 controls, DEL, the marks that turn the direction of text, line separators, and bytes that are no UTF-8.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")


def printable(text: str) -> str:
    r"""Return a text that shows every character that it holds and moves no cursor.

    >>> printable("a\x1b[31mb\nc")
    'a\\x1b[31mb\\nc'
    """
    return _UNSAFE.sub(lambda found: found[0].encode("unicode_escape", "surrogatepass").decode(), text)


def escaped_json(document: str) -> str:
    r"""Return a JSON document with the same characters written as escapes: it means the same to every reader.

    >>> escaped_json('{"path": "é\udcff"}\n')
    '{"path": "é\\udcff"}\n'
    """
    return _UNSAFE.sub(lambda found: found[0] if found[0] == "\n" else f"\\u{ord(found[0]):04x}", document)
