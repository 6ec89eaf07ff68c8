"""Screening: what the raw bytes tell, however they are cut into chunks; what is refused is in the corpus."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from datakit.errors import InvalidData
from datakit.tables import screen as module
from datakit.tables.screen import Facts, open_text, screen


def facts(folder: Path, data: bytes, name: str = "t.csv") -> Facts:
    """Screen these bytes as a table with a header."""
    (folder / "object").write_bytes(data)
    return screen(folder / "object", name, quote='"', header=True)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a,b\n1,2\n", Facts(False, False, "\n", (), 2)),
        (b"a,b\r\n1,2\r\n", Facts(False, False, "\r\n", (), 2)),
        (b"a,b\r1,2\r", Facts(False, False, "\r", ())),
        (b"a,b\r\n1,2\n", Facts(False, False, "mixed", ("lines end in more than one way",))),
        (b"\xef\xbb\xbfa,b\n1,2\n", Facts(False, True, "\n", (), 2)),
        (b"a,b", Facts(False, False, "", ("the last line has no end",), 1)),
        (b"a,b\n\n1,2\n\n\n", Facts(False, False, "\n", ("1 blank lines, the first at line 2",), 5)),
    ],
)
def test_facts(tmp_path: Path, data: bytes, expected: Facts) -> None:
    assert facts(tmp_path, data) == expected
    assert facts(tmp_path, gzip.compress(data), "t.csv.gz") == expected._replace(compressed=True)


def test_opening_looks_through_gzip(tmp_path: Path) -> None:
    (tmp_path / "object").write_bytes(gzip.compress(b"a\n1\n"))
    file, compressed = open_text(tmp_path / "object", "d41d8cd98f00b204")  # a name in the cache has no suffix
    with file:
        assert (file.read(), compressed) == (b"a\n1\n", True)


# Of several reasons to refuse a file, the chunk decides which is met first; so there is one at most.
QUIET = st.sampled_from([b"1,2", b"", b"<<<<<<< a", b">>>>>>> b", b'1,"x', b'y"', "é,ü".encode(), b"1,2\r"])
REFUSED = st.sampled_from([None, b"h,i", b"\xe9,1", b"\0"])


@example([b"1,2", b"1,2", b"", b"1,2"], None, 0, 16, True)
@settings(max_examples=60, deadline=None)
@given(st.lists(QUIET, max_size=12), REFUSED, st.integers(0, 12), st.integers(16, 80), st.booleans())
def test_chunks_change_nothing(tmp_path_factory, lines, odd, place, size, end) -> None:  # type: ignore[no-untyped-def]  # hypothesis
    lines = lines if odd is None else [*lines[:place], odd, *lines[place:]]
    start = b"h,i\n" + b"12345,67890\n" * 400  # more than is read for the first look
    path = tmp_path_factory.mktemp("chunks") / "object"
    path.write_bytes(start + b"\n".join(lines) + b"\n" * end)

    def found() -> Facts | str:
        try:
            return screen(path, "t.csv", quote='"', header=True)
        except InvalidData as error:
            return error.message.partition(" to the end of what was read")[0]  # which depends on the chunk

    whole = found()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_chunk", size)
        assert found() == whole


def test_a_line_end_may_be_cut_in_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_chunk", 16)
    for length in range(4096 + 16, 4096 + 3 * 16):  # one of these ends a chunk with the first half
        line = b"1," + b"x" * (length - len(b"a,b\r\n1,"))
        assert facts(tmp_path, b"a,b\r\n" + line + b"\r\n").newline == "\r\n"
