"""A small YAML writer for first drafts: block style, one fact a line, plain only where every reader agrees on the meaning."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import TypeGuard

# Plain scalars that no YAML version reads as anything else than text, in block and in flow style.
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.()/+-]*(?: [A-Za-z0-9_.()/+-]+)*")
_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_FLOW_WIDTH = 100  # characters up to which a list of scalars stands in one line


def block(value: Mapping[str, object]) -> str:
    """Write a mapping as a YAML block.

    >>> print(block({"name": "no", "size": 1e-05, "tags": ["a", "b: c"], "items": [{"a": None, "b": True}]}), end="")
    name: "no"
    size: 1.0e-05
    tags: [a, "b: c"]
    items:
    - a: null
      b: true
    """
    return "".join(line + "\n" for line in _mapping(value))


def scalar(value: object) -> str:
    r"""Write one value so that every YAML reader understands the same.

    >>> [scalar(v) for v in ("plain", "12", "a: b", "two\nlines", "", 1.5, True)]
    ['plain', '"12"', '"a: b"', '"two\\nlines"', '""', '1.5', 'true']
    """
    if isinstance(value, str):
        if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
            return value
        quoted = json.dumps(value, ensure_ascii=False)
        return _ESCAPED.sub(lambda found: f"\\u{ord(found.group()):04x}", quoted)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} has no form that every reader understands")
        text = repr(value)
        return text.replace("e", ".0e") if "e" in text and "." not in text else text
    return json.dumps(value)


def _mapping(value: Mapping[str, object]) -> list[str]:
    """Write the lines of a mapping."""
    lines: list[str] = []
    for key, item in value.items():
        head = f"{scalar(key)}:"
        if isinstance(item, Mapping) and item:
            lines += [head, *("  " + line for line in _mapping(item))]
        elif _is_list(item):
            flow = _flow(item)
            lines += [f"{head} {flow}"] if flow is not None else [head, *_sequence(item)]
        else:
            lines.append(f"{head} {'{}' if isinstance(item, Mapping) else scalar(item)}")
    return lines


def _sequence(items: Sequence[object]) -> list[str]:
    """Write the lines of a list; its dashes stand under the key."""
    lines: list[str] = []
    for item in items:
        if isinstance(item, Mapping) and item:
            inner = _mapping(item)
        elif _is_list(item) and _flow(item) is None:
            inner = _sequence(item)
        else:
            inner = [_flow(item) or "[]" if _is_list(item) else "{}" if isinstance(item, Mapping) else scalar(item)]
        lines += [("- " if number == 0 else "  ") + line for number, line in enumerate(inner)]
    return lines


def _flow(items: Sequence[object]) -> str | None:
    """Write a short list of scalars in one line, or None where it is long or nested."""
    if any(isinstance(item, Mapping) or _is_list(item) for item in items):
        return None
    text = f"[{', '.join(scalar(item) for item in items)}]"
    return text if len(text) <= _FLOW_WIDTH or not items else None


def _is_list(value: object) -> TypeGuard[Sequence[object]]:
    """Say whether a value is written as a list."""
    return isinstance(value, list | tuple)
