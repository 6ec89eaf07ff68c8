"""Rows of bytes behind sequences of records: what goes in comes out, by number, by slice and one after the other."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.store import rows
from datakit.store.hashing import Digest, Stamp
from datakit.store.rows import Digests, File, Files
from datakit.store.worker import STAMP

stamps = st.builds(
    Stamp,
    st.integers(0, 2**64 - 1),
    st.integers(-(2**63), 2**63 - 1),
    st.integers(-(2**63), 2**63 - 1),
    st.integers(0, 2**64 - 1),
)
digests = st.builds(
    lambda md5, sha256, size: Digest(md5.hex(), sha256.hex(), size),
    st.binary(min_size=16, max_size=16),
    st.binary(min_size=32, max_size=32),
    st.integers(0, 2**64 - 1),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.builds(File, st.text(max_size=9), stamps, st.booleans(), st.booleans()), max_size=6))
def test_files(expected: list[File]) -> None:
    found = Files(
        [file.relpath for file in expected],
        b"".join(STAMP.pack(*file.stamp) for file in expected),
        bytes(file.executable * rows.EXECUTABLE | file.link * rows.LINK for file in expected),
    )
    assert list(found) == expected
    assert [found[number] for number in range(len(found))] == expected
    assert [found[-number] for number in range(1, len(found) + 1)] == expected[::-1]
    assert found[1:3] == tuple(expected[1:3])
    assert list(found.sizes) == [file.stamp.size for file in expected]
    assert [found.row(number) for number in range(len(found))] == [STAMP.pack(*file.stamp) for file in expected]


@settings(max_examples=40, deadline=None)
@given(st.lists(digests, max_size=6))
def test_digests(expected: list[Digest]) -> None:
    packed = b"".join(map(rows.pack, expected))
    found = Digests(packed, [digest.size for digest in expected])
    assert list(found) == expected
    assert [found[number] for number in range(len(found))] == expected
    assert [found[-number] for number in range(1, len(found) + 1)] == expected[::-1]
    assert found[:2] == tuple(expected[:2])
    assert list(rows.texts(packed)) == [digest.md5 + digest.sha256 for digest in expected]


def test_beyond_the_end() -> None:
    with pytest.raises(IndexError):
        Files([], b"", b"")[0]
    with pytest.raises(IndexError):
        Digests(bytes(48), [1])[1]
