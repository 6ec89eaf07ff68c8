"""A contract under another name keeps what people wrote."""

from __future__ import annotations

import pytest

from datakit.formats import contract
from datakit.formats.contract import Check, Column, Reader

DRAFT = contract.draft(
    "birds",
    "Birds",
    [Column("birds", "string", "of birds")],
    [Check("birds.required", "required", "birds", {})],
    Reader("csv"),
)


def test_a_draft_becomes_the_draft_of_the_new_name() -> None:
    expected = contract.draft(
        "fowl",
        "Birds",
        [Column("birds", "string", "of birds")],
        [Check("birds.required", "required", "birds", {})],
        Reader("csv"),
    )
    assert contract.rename(DRAFT, "birds", "fowl", "c.yaml") == expected


@pytest.mark.parametrize("quote", ["'", '"', ""])
def test_quotes_comments_and_line_ends_stay(quote: str) -> None:
    text = DRAFT.decode().replace("id: birds", f"id: {quote}birds{quote}   # the birds").replace("\n", "\r\n")
    done = contract.rename(text.encode(), "birds", "fowl", "c.yaml").decode()
    assert f"id: {quote}fowl{quote}   # the birds\r\n" in done
    assert done.count("\r\n") == text.count("\n")


def test_what_is_called_otherwise_stays() -> None:
    text = DRAFT.replace(b"id: birds", b"id: urn:birds").replace(b"\nname: birds", b"\nname: Our birds")
    done = contract.rename(text, "birds", "fowl", "c.yaml")
    assert b"id: urn:birds" in done
    assert b"\nname: Our birds" in done


@pytest.mark.parametrize("data", [b"", b"a: [\n", b"\xff", b"- birds\n"])
def test_what_cannot_be_read_stays(data: bytes) -> None:
    assert contract.rename(data, "birds", "fowl", "c.yaml") == data
