"""Files that datakit alone writes: JSON with one fact a line and a digest of all lines before the last key.

The digest is no proof against a forger, who can compute it too: `datakit verify` and CI are. It tells a hand edit, a
textual merge and half a staged file from what datakit wrote.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from functools import cache

from datakit.errors import InvalidRecord

MERGE = "holds the marks of an unresolved merge"  # what is wrong with a file that Git could not merge
LIMIT = 16 * 1024 * 1024  # bytes; a larger record is not one of ours
# Patterns are texts: `re` compiles each when it is first used and keeps it, so that the import costs nothing.
_SURROGATE = r"\\u[dD][89a-fA-F]"
_DIGEST = rb'  "digest": "([0-9a-f]{64})"\n}\n'
_LAST = len('  "digest": ""\n}\n') + 64  # bytes of that


def dump(fields: Mapping[str, object]) -> bytes:
    r"""Write a record; the same fields always give the same bytes.

    Args:
        fields: JSON values by key, in the order in which they shall stand. `digest` is added.

    >>> dump({"manifest": 1, "name": "reviews"}).splitlines()[1]
    b'  "manifest": 1,'
    """
    body = json.dumps(fields, indent=2, ensure_ascii=False, allow_nan=False)
    head = body.encode().removesuffix(b"\n}") + b",\n"
    return head + b'  "digest": "' + hashlib.sha256(head).hexdigest().encode() + b'"\n}\n'


def load(data: bytes, where: str) -> dict[str, object]:
    """Read a record and hold it against its digest.

    Args:
        data: The file; line ends may be CRLF, as Git may have made them.
        where: The path for messages.

    Returns:
        The fields in file order, without the digest.

    Raises:
        InvalidRecord: Not JSON, not an object, a key twice, or the digest does not match.
    """
    if len(data) > LIMIT:
        raise InvalidRecord(where, f"is {len(data):,} bytes, expected at most {LIMIT:,}")
    data = data.replace(b"\r\n", b"\n").removeprefix(b"\xef\xbb\xbf")
    if b"<<<<<<< " in data and (b"\n<<<<<<< " in data or data.startswith(b"<<<<<<< ")):
        raise InvalidRecord(where, MERGE)
    fields = _parse(data, where)
    head, last = data[:-_LAST], data[-_LAST:]
    found = re.fullmatch(_DIGEST, last)
    if found is None:
        raise InvalidRecord(where, "has no digest as its last line: it was not written by datakit, or was cut")
    if hashlib.sha256(head).hexdigest().encode() != found[1]:
        raise InvalidRecord(where, "was changed by hand or staged in part: its digest does not match")
    del fields["digest"]
    return fields


def _parse(data: bytes, where: str) -> dict[str, object]:
    """Parse strict JSON: UTF-8, no key twice, no NaN, an object at the top."""
    try:
        text = data.decode("utf-8")
        fields = _decoder().decode(text)
        if "\\u" in text and re.search(_SURROGATE, text):
            json.dumps(fields, ensure_ascii=False).encode()
    except _Odd as odd:
        raise InvalidRecord(where, str(odd)) from odd
    except UnicodeDecodeError as error:
        raise InvalidRecord(where, f"is not UTF-8: byte {error.start}") from error
    except UnicodeEncodeError as error:
        raise InvalidRecord(where, "holds half a character, which no text can be written with") from error
    except json.JSONDecodeError as error:
        problem = "is empty" if not data.strip() else f"is not JSON: {error.msg}"
        raise InvalidRecord(where, problem, line=error.lineno if data.strip() else None) from error
    except RecursionError as error:
        raise InvalidRecord(where, "is nested too deep") from error
    except ValueError as error:  # Python turns no more than some thousand digits into a number
        raise InvalidRecord(where, "holds a number with too many digits") from error
    if not isinstance(fields, dict):
        raise InvalidRecord(where, f"expected a JSON object, found {_kind(fields)}")
    return fields


class _Odd(Exception):
    """Something that JSON leaves open."""


@cache
def _decoder() -> json.JSONDecoder:
    """Return the parser, which refuses what JSON leaves open; to make one takes longer than to read a record."""
    return json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_constant, parse_float=_finite)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Make an object, of which no key may be there twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for i, (key, _) in enumerate(pairs) if key in dict(pairs[:i]))
        raise _Odd(f"has the key `{twice}` twice")
    return found


def _constant(name: str) -> object:
    """Refuse NaN and the infinities."""
    raise _Odd(f"holds {name}, which is not JSON")


def _finite(number: str) -> float:
    """Read a number."""
    found = float(number)
    if found in {float("inf"), float("-inf")}:
        raise _Odd(f"holds the number {number}, which is too large")
    return found


def _kind(value: object) -> str:
    """Name a value's JSON type."""
    kinds = {
        dict: "an object",
        list: "a list",
        str: "a text",
        bool: "a truth value",
        int: "a number",
        float: "a number",
    }
    return "null" if value is None else kinds.get(type(value), type(value).__name__)
