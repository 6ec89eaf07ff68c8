"""The canonical text of a key, its hash, and the part that the hash falls in: the same in Python, DuckDB and Spark.

| value | text |
|---|---|
| string | as it is; nothing is normalised, so the composed and the decomposed form of `é` are two keys |
| integer | decimal digits, `-` where it is negative, no `+`, no leading zeros |
| boolean | `true`, `false` |
| date | `YYYY-MM-DD`, years 1 to 9999 |
| timestamp | `YYYY-MM-DDTHH:MM:SS.ffffffZ` in UTC, years 1 to 9999 |
| anything else | no key: engines write floating-point numbers differently |

Several columns are joined by U+001F. The hash is the sha256 of `salt:key` in UTF-8, in lower-case hexadecimal. Part `i`
ends below the sum of the shares up to `i`, times 2**32, rounded down, as 8 hexadecimal digits; the first 8 digits of the
hash are compared with it as text, and the last part takes the rest. `tests/splits/vectors.json` has worked examples.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from datakit.errors import InvalidData, UsageError
from datakit.tables.engine import quote_text
from datakit.tables.relation import Bound

SEPARATOR = "\x1f"  # U+001F, the unit separator of ASCII
FIT = ("string", "integer", "boolean", "date", "timestamp")  # logical types with one text on every engine
PREFIX = 12  # digits of the hash by which rows are ranked, before their key decides
_INEXACT = ("FLOAT", "DOUBLE", "DECIMAL")


def text(value: object) -> str:
    """Return the canonical text of one value.

    Args:
        value: A text, whole number, truth value, date or datetime; a datetime without an offset is UTC.

    Returns:
        The text as in the table above.

    Raises:
        UsageError: A value of another type.

    >>> import datetime as dt
    >>> [text(v) for v in ("é", -7, True, dt.date(2024, 2, 29), dt.datetime(2024, 2, 29, 1, 2, 3, 45))]
    ['é', '-7', 'true', '2024-02-29', '2024-02-29T01:02:03.000045Z']
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int):
        return str(value)
    if isinstance(value, dt.datetime):
        utc = value if value.tzinfo is None else value.astimezone(dt.UTC).replace(tzinfo=None)
        return utc.isoformat(timespec="microseconds") + "Z"
    if isinstance(value, dt.date):
        return value.isoformat()
    raise UsageError(f"a value of type {type(value).__name__} cannot be part of a key")


def key(values: Sequence[object]) -> str:
    r"""Return the key of several values.

    Args:
        values: One value for each column of the recipe's `key`.

    Raises:
        InvalidData: A value holds U+001F.
        UsageError: A value of a type that is no key.

    >>> key(["a", 1])
    'a\x1f1'
    """
    texts = [text(value) for value in values]
    if any(SEPARATOR in found for found in texts):
        raise InvalidData("a key holds U+001F, which joins the columns of a key")
    return SEPARATOR.join(texts)


def digest(salt: str, key: str) -> str:
    """Return the hash of a key.

    >>> digest("salt-1", "a")[:8]
    '80e3853a'
    """
    return hashlib.sha256(f"{salt}:{key}".encode()).hexdigest()


def thresholds(into: Mapping[str, Decimal]) -> tuple[str, ...]:
    """Return where each part but the last ends, as 8 hexadecimal digits.

    >>> thresholds({"train": Decimal("0.8"), "test": Decimal("0.2")})
    ('cccccccc',)
    """
    total, found = Fraction(0), []
    for share in list(into.values())[:-1]:
        total += Fraction(share)
        found.append(f"{int(total * 2**32):08x}")
    return tuple(found)


def part(into: Mapping[str, Decimal], digest: str) -> str:
    """Return the part that a hash falls in.

    >>> part({"train": Decimal("0.8"), "test": Decimal("0.2")}, "cccccccc" + 56 * "0")
    'test'
    """
    ends = thresholds(into)
    at = next((i for i, end in enumerate(ends) if digest[:8] < end), len(ends))
    return list(into)[at]


def digest_sql(salt: str, key: str) -> str:
    """Return the SQL of a key's hash.

    >>> digest_sql("s", "key")
    "sha256('s:' || key)"
    """
    return f"sha256({quote_text(salt + ':')} || {key})"


def part_sql(into: Mapping[str, Decimal], digest: str) -> str:
    """Return the SQL of the place, from 0, of the part that a hash falls in.

    >>> part_sql({"train": Decimal("0.8"), "test": Decimal("0.2")}, "h")
    "CASE WHEN left(h, 8) < 'cccccccc' THEN 0 ELSE 1 END"
    """
    ends = thresholds(into)
    if not ends:
        return "0"
    cases = " ".join(f"WHEN left({digest}, 8) < '{end}' THEN {at}" for at, end in enumerate(ends))
    return f"CASE {cases} ELSE {len(ends)} END"


def fit(column: Bound, native: str) -> bool:
    """Say whether a column's values have one text on every engine.

    Args:
        column: The column as it is read.
        native: The type that the file itself gives it.
    """
    return column.column.type in FIT and not column.problem and not native.startswith(_INEXACT)


def text_sql(column: Bound) -> str:
    """Return the SQL of the canonical text of a fit column's value; NULL where it is missing or reads as no such value."""
    forms = {"date": "%Y-%m-%d", "timestamp": "%Y-%m-%dT%H:%M:%S.%fZ"}
    if column.column.type == "string":
        return column.value
    if column.column.type in forms:
        return f"strftime({column.value}, '{forms[column.column.type]}')"
    return f"CAST({column.value} AS VARCHAR)"


def unread_sql(column: Bound) -> str:
    """Return the SQL that is true where a fit column's value has no canonical text though it is there."""
    if column.column.type not in {"date", "timestamp"}:
        return column.bad
    years = f"{column.value} >= TIMESTAMP '0001-01-01' AND {column.value} < TIMESTAMP '9999-12-31' + INTERVAL 1 DAY"
    return f"({column.bad} OR coalesce(NOT ({years}), false))"
