"""Draw docs/blocked-commit.svg: what a terminal shows when a commit is refused.

The commit is a real one, made in a pseudo-terminal so that every colour is what a user sees. The picture holds no time, no
path of the machine and no outside font, so the same output gives the same bytes.
"""

from __future__ import annotations

import os
import pty
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

from docs.transcripts import TOP, Session

PICTURE = TOP / "docs" / "blocked-commit.svg"
COMMAND = 'git commit -m "Add penguins"'
ABOUT = "git commit is refused by datakit: each reason, and how it is mended"
COLUMNS = 98
CELL, LINE, MARGIN, BAR = 8.8, 21, 24, 38  # pixels: a character, a line, the frame's margin, its title bar
FONT = "ui-monospace, SFMono-Regular, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace"
COLOURS = {"31": "#ff7b72", "32": "#7ee787", "33": "#e3b341", "41": "#da3633", "42": "#238636"}
TEXT, FAINT, BACK, FRAME = "#e6edf3", "#8b949e", "#0d1117", "#30363d"

_MARK = re.compile(r"\x1b\[([0-9;]*)([A-Za-z])")


class Look(NamedTuple):
    """How a piece of text is marked."""

    colour: str = TEXT
    back: str = ""
    bold: bool = False


class Piece(NamedTuple):
    """Text of one look, in one line."""

    text: str
    look: Look


def blocked(session: Session) -> str:
    """Record the penguins, try to commit them, and return what the terminal shows."""
    session.run("datakit init && cp ~/Downloads/penguins_raw.csv data/raw/")
    session.run("datakit add data/raw/penguins_raw.csv --name penguins")
    environ = {key: value for key, value in session.environ.items() if key != "NO_COLOR"} | {"TERM": "xterm-256color"}
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        ["bash", "-c", COMMAND], cwd=session.folder, env=environ, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    shown = b"".join(_read(ours))
    os.close(ours)
    if child.wait() == 0:
        raise SystemExit("the commit was not refused:\n" + shown.decode())
    return shown.decode().replace("\r\n", "\n")


def _read(terminal: int) -> Iterator[bytes]:
    """Read until the other end is closed, which Linux reports as an error."""
    while True:
        try:
            data = os.read(terminal, 65536)
        except OSError:
            return
        if not data:
            return
        yield data


def pieces(line: str) -> list[Piece]:
    r"""Split a line at its escape sequences.

    >>> pieces("\x1b[1;31mDK201\x1b[0m no")
    [Piece(text='DK201', look=Look(colour='#ff7b72', back='', bold=True)), Piece(text=' no', look=Look(colour='#e6edf3', back='', bold=False))]
    """
    look, found, place = Look(), [], 0
    for mark in _MARK.finditer(line):
        found.append(Piece(line[place : mark.start()], look))
        place = mark.end()
        if mark[2] == "m":
            look = _looking(look, mark[1])
    found.append(Piece(line[place:], look))
    return [piece for piece in found if piece.text]


def _looking(look: Look, codes: str) -> Look:
    """Apply one escape sequence to a look."""
    for code in codes.split(";"):
        if code in {"", "0"}:
            look = Look()
        elif code == "1":
            look = look._replace(bold=True)
        elif code == "2":
            look = look._replace(colour=FAINT)
        elif code.startswith("3"):
            look = look._replace(colour=COLOURS[code])
        elif code.startswith("4"):
            look = look._replace(back=COLOURS[code], colour="#ffffff", bold=True)
    return look


def wrapped(line: list[Piece]) -> list[list[Piece]]:
    """Break a long line between words; what follows is indented by four."""
    words = [Piece(word, piece.look) for piece in line for word in re.findall(r"\s+|\S+", piece.text)]
    lines: list[list[Piece]] = [[]]
    used = 0
    for word in words:
        if used + len(word.text) > COLUMNS and not word.text.isspace() and lines[-1]:
            lines.append([Piece("    ", Look())])
            used = 4
        lines[-1].append(word)
        used += len(word.text)
    return [list(_joined(each)) for each in lines]


def _joined(words: list[Piece]) -> Iterator[Piece]:
    """Join neighbours that look the same."""
    text, look = "", Look()
    for word in words:
        if word.look != look and text:
            yield Piece(text, look)
            text = ""
        text, look = text + word.text, word.look
    if text:
        yield Piece(text, look)


def drawn(shown: str) -> str:
    """Draw what a terminal shows."""
    prompt = [Piece("$ ", Look(COLOURS["32"], bold=True)), Piece(COMMAND, Look(bold=True))]
    lines = [prompt, *(part for line in shown.rstrip("\n").split("\n") for part in wrapped(pieces(line)))]
    width, height = round(2 * MARGIN + COLUMNS * CELL), BAR + 2 * MARGIN - 8 + LINE * len(lines)
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    title = f'x="{width / 2:g}" y="25" text-anchor="middle" fill="{FAINT}" font-family="{FONT}" font-size="13"'
    body = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{ABOUT}">',
        f'<rect x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="10" fill="{BACK}" stroke="{FRAME}"/>',
        *(
            f'<circle cx="{24 + 20 * i}" cy="20" r="6" fill="{fill}"/>'
            for i, fill in enumerate(("#ff5f57", "#febc2e", "#28c840"))
        ),
        f"<text {title}>penguins</text>",
        f'<g font-family="{FONT}" font-size="14.6">',
    ]
    for number, line in enumerate(lines):
        body += _line(line, BAR + MARGIN + LINE * number)
    return "\n".join([*body, "</g>", "</svg>", ""])


def _line(line: list[Piece], base: float) -> Iterator[str]:
    """Draw one line; every piece is as long as its characters, whatever the font."""
    column = 0
    for text, look in line:
        start = MARGIN + column * CELL
        column += len(text)
        if look.back:
            box = f'x="{start:.1f}" y="{base - 15}" width="{len(text) * CELL:.1f}" height="{LINE - 1}" rx="3"'
            yield f'<rect {box} fill="{look.back}"/>'
        if letters := text.strip():
            start += (len(text) - len(text.lstrip())) * CELL  # SVG drops spaces at either end
            weight = ' font-weight="700"' if look.bold else ""
            size = f'textLength="{len(letters) * CELL:.1f}" lengthAdjust="spacingAndGlyphs"'
            words = escape(letters).replace("  ", " \u00a0")
            yield f'<text x="{start:.1f}" y="{base}" {size} fill="{look.colour}"{weight}>{words}</text>'


def picture() -> str:
    """Return the picture, drawn from a fresh run."""
    with tempfile.TemporaryDirectory(prefix="datakit-picture-") as base:
        return drawn(blocked(Session(Path(base).resolve())))


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
    print("wrote docs/blocked-commit.svg")
