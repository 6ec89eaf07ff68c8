"""Mistyped keys: what is near is offered, what is free stays free, and the line is the key's."""

from __future__ import annotations

import pytest

from datakit.errors import InvalidRecord
from datakit.formats import yaml
from datakit.formats.contract import keys

GIVEN = yaml.mapping(yaml.load(b"required: true\n\nnae: x\n", "c.yaml"), "c.yaml")


def test_an_unknown_key_is_named_with_its_line() -> None:
    with pytest.raises(InvalidRecord, match=r"^c.yaml:3: there is no key `nae`, did you mean `name`\?$"):
        keys.refuse_unknown(GIVEN, {"required", "name"}, "c.yaml")


def test_few_known_keys_are_listed_where_none_is_near() -> None:
    with pytest.raises(InvalidRecord, match=r"^c.yaml:3: there is no key `nae`, expected required$"):
        keys.refuse_unknown(GIVEN, ["required"], "c.yaml")


def test_where_keys_are_free_only_near_ones_are_refused() -> None:
    keys.refuse_unknown(GIVEN, {"required", "pattern"}, "c.yaml", near_only=True)
    with pytest.raises(InvalidRecord, match=r"did you mean `name`"):
        keys.refuse_unknown(GIVEN, {"required", "name"}, "c.yaml", near_only=True)


def test_letters_of_another_case_are_near() -> None:
    assert keys.near("LogicalType", keys.PROPERTY) == "logicalType"
    assert keys.near("colour", keys.PROPERTY) == ""


def test_a_long_key_is_cut() -> None:
    assert keys.unknown("x" * 500, keys.ROOT) == f"there is no key `{'x' * 60}`"
