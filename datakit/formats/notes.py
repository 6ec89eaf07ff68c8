r"""The notes of a release, which are the message of its tag: subject, what the person says, what was measured, the facts.

They are made of what stands in a repository, so every line of them is escaped; Git keeps them as they are, lines that
begin with `#` included.
"""

from __future__ import annotations

from collections.abc import Sequence

from datakit.formats.manifest import Data

CHANGES = 200  # that are told one by one
_SIGNATURE = "-----BEGIN "  # Git takes such a line for the beginning of the tag's signature


def compose(subject: str, note: str, sections: Sequence[tuple[str, Sequence[str]]], data: Data) -> str:
    r"""Write the notes of a release.

    Args:
        subject: Dataset and version.
        note: What the person says; its lines stay lines.
        sections: Title and points of each; one without points is left out.
        data: What the bytes are.

    Returns:
        The text, which ends with a newline.

    >>> data = Data("0" * 32, "1" * 64, 12, 1, "csv", 2, 1)
    >>> print(compose("reviews v1.0.0", "a\x1b\n# b", [("Measured", ["2 rows more"])], data), end="")
    reviews v1.0.0
    <BLANKLINE>
    a\x1b
    # b
    <BLANKLINE>
    Measured:
    - 2 rows more
    <BLANKLINE>
    md5: 00000000000000000000000000000000
    sha256: 1111111111111111111111111111111111111111111111111111111111111111
    size: 12
    files: 1
    format: csv
    rows: 2
    columns: 1
    """
    blocks = [escaped(subject)]
    said = [escaped(line).rstrip() for line in note.replace("\r\n", "\n").strip("\n").split("\n")]
    if any(said):
        blocks.append("\n".join(f" {line}" if line.startswith(_SIGNATURE) else line for line in said))
    for title, points in sections:
        if points:
            more = [f"and {len(points) - CHANGES:,} more"] * (len(points) > CHANGES)
            blocks.append("\n".join([f"{title}:", *(f"- {escaped(point)}" for point in [*points[:CHANGES], *more])]))
    facts = [f"{key}: {escaped(str(value))}" for key, value in data._asdict().items() if value is not None]
    return "\n\n".join([*blocks, "\n".join(facts)]) + "\n"


def escaped(text: str) -> str:
    r"""Return a text on one line in which every character can be seen.

    >>> escaped("a\tb\u202e")
    'a\\tb\\u202e'
    """
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode() for char in text
    )
