"""How a text reads as each logical type, as DuckDB SQL.

A value that does not read becomes NULL in the typed column while its text is not NULL: the pair is what tells an
unreadable value from a missing one. Regular expressions come first because DuckDB's own casts are lenient: `TRY_CAST`
reads ` 1 `, `1_000`, `1.5` and `0x10` as integers, `inf` as a number and `epoch` as a date.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from datakit.tables.engine import quote_text

integer_pattern = "[+-]?[0-9]+"
number_pattern = r"[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?"
boolean_pattern = "(?i)true|false"
date_pattern = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_clock = "[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?"
time_pattern = _clock
_plain_timestamp = f"{date_pattern}[T ]{_clock}"
timestamp_pattern = f"{_plain_timestamp}(Z|[+-][0-9]{{2}}(:?[0-9]{{2}})?)?"

_shapes = {
    "integer": integer_pattern,
    "number": number_pattern,
    "boolean": boolean_pattern,
    "date": date_pattern,
    "timestamp": timestamp_pattern,
    "time": time_pattern,
    "object": r"\s*[{].*",
    "array": r"\s*\[.*",
}

# Tokens of java.time.format.DateTimeFormatter, which is what ODCS prescribes; YYYY and DD as its own examples spell them.
_tokens = {
    "yyyy": ("%Y", "[0-9]{4}"),
    "uuuu": ("%Y", "[0-9]{4}"),
    "YYYY": ("%Y", "[0-9]{4}"),
    "yy": ("%y", "[0-9]{2}"),
    "MM": ("%m", "[0-9]{2}"),
    "M": ("%m", "[0-9]{1,2}"),
    "MMM": ("%b", "[A-Za-z]{3}"),
    "MMMM": ("%B", "[A-Za-z]+"),
    "dd": ("%d", "[0-9]{2}"),
    "DD": ("%d", "[0-9]{2}"),
    "d": ("%d", "[0-9]{1,2}"),
    "HH": ("%H", "[0-9]{2}"),
    "H": ("%H", "[0-9]{1,2}"),
    "hh": ("%I", "[0-9]{2}"),
    "h": ("%I", "[0-9]{1,2}"),
    "a": ("%p", "[AaPp][Mm]"),
    "mm": ("%M", "[0-9]{2}"),
    "ss": ("%S", "[0-9]{2}"),
    "SSS": ("%g", "[0-9]{3}"),
    "SSSSSS": ("%f", "[0-9]{6}"),
}
_iso = {
    "date": ("", "yyyy-MM-dd", "YYYY-MM-DD", "uuuu-MM-dd"),
    "timestamp": ("", "yyyy-MM-ddTHH:mm:ss.SSS[SSS]Z", "YYYY-MM-DDTHH:mm:ss.SSS[SSS]Z"),
    "time": ("", "HH:mm:ss"),
}


class Layout(NamedTuple):
    """A declared format of dates or times, as DuckDB parses it."""

    strptime: str
    pattern: str  # regular expression that the whole text matches: strptime alone accepts missing zeros


def layout(form: str) -> Layout | None:
    """Translate a format of Java's DateTimeFormatter.

    Args:
        form: The format, such as `dd/MM/yyyy`.

    Returns:
        What DuckDB needs, or None where the format holds a letter that has no counterpart.

    >>> layout("dd/MM/yyyy")
    Layout(strptime='%d/%m/%Y', pattern='[0-9]{2}/[0-9]{2}/[0-9]{4}')
    >>> layout("QQQ yyyy") is None
    True
    """
    parsed, pattern = "", ""
    for piece in re.finditer(r"'(?P<quoted>[^']*)'|(?P<token>([A-Za-z])\3*)|(?P<other>.)", form, re.DOTALL):
        if piece["token"]:
            if piece["token"] not in _tokens:
                return None
            strptime, expression = _tokens[piece["token"]]
        else:
            text = piece["quoted"] or piece["other"] or "'"
            strptime, expression = text.replace("%", "%%"), re.escape(text)
        parsed, pattern = parsed + strptime, pattern + expression
    return Layout(parsed, pattern) if parsed else None


def shape(type_: str, form: str) -> re.Pattern[str] | None:
    """Return the form of every text that reads as a type: necessary, not enough (`2020-13-01` looks like a date).

    Args:
        type_: The logical type.
        form: The declared format of a date or timestamp; empty for ISO.

    Returns:
        A pattern for the whole text, or None where any text will do.

    >>> bool(shape("date", "").fullmatch("2020-13-01"))
    True
    """
    if form:
        known = layout(form)
        return re.compile(known.pattern) if known else None
    pattern = _shapes.get(type_)
    return re.compile(pattern, re.DOTALL) if pattern else None


def cast(type_: str, form: str, text: str) -> str | None:
    """Return the SQL that reads a text as a logical type.

    Args:
        type_: The logical type.
        form: The declared format of a date, timestamp or time; `0/1` (or any two words) for a boolean; empty for ISO.
        text: SQL of the text.

    Returns:
        SQL whose value is NULL where the text does not read, or None where the format is not supported.

    >>> cast("boolean", "", "c0")
    "CASE lower(c0) WHEN 'true' THEN true WHEN 'false' THEN false END"
    """
    if type_ == "integer":
        return _matching(text, integer_pattern, f"TRY_CAST({text} AS HUGEINT)")
    if type_ == "number":
        value = f"TRY_CAST({text} AS DOUBLE)"
        # Adding zero turns -0.0 into 0.0: one number, one spelling.
        return _matching(text, number_pattern, f"CASE WHEN isfinite({value}) THEN {value} + 0.0::DOUBLE END")
    if type_ == "boolean":
        return _boolean(form, text)
    if type_ in _iso:
        return _temporal(type_, form, text)
    if type_ in {"object", "array"}:
        return f"CASE WHEN json_valid({text}) THEN CASE json_type({text}) WHEN '{type_.upper()}' THEN {text} END END"
    return text


def _matching(text: str, pattern: str, value: str) -> str:
    """Return a value where the whole text matches a pattern."""
    return f"CASE WHEN regexp_full_match({text}, {quote_text(pattern)}) THEN {value} END"


def _boolean(form: str, text: str) -> str | None:
    """Read true and false, or the two declared words, the false one first."""
    words = form.split("/") if form else ["false", "true"]
    if len(words) != 2:
        return None
    no, yes = (quote_text(word.lower()) for word in words)
    return f"CASE lower({text}) WHEN {yes} THEN true WHEN {no} THEN false END"


def _temporal(type_: str, form: str, text: str) -> str | None:
    """Read a date, timestamp or time; a timestamp with an offset becomes UTC, one without is taken as it stands."""
    sql_type = type_.upper()
    if form in _iso[type_]:
        if type_ == "timestamp":
            # Reading an offset costs three times as much as reading none.
            plain, zoned = (quote_text(pattern) for pattern in (_plain_timestamp, timestamp_pattern))
            return (
                f"CASE WHEN regexp_full_match({text}, {plain}) THEN TRY_CAST({text} AS TIMESTAMP) "
                f"WHEN regexp_full_match({text}, {zoned}) THEN TRY_CAST(TRY_CAST({text} AS TIMESTAMPTZ) AS TIMESTAMP) END"
            )
        return _matching(text, date_pattern if type_ == "date" else time_pattern, f"TRY_CAST({text} AS {sql_type})")
    known = layout(form)
    if known is None:
        return None
    return _matching(text, known.pattern, f"CAST(try_strptime({text}, {quote_text(known.strptime)}) AS {sql_type})")
