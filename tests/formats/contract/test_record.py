"""What a contract says: types that the standard knows, kinds of checks that the tables run."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import get_args

import open_data_contract_standard
import pytest

from datakit.formats.contract import Check, LogicalType, Reader, type_names
from tests.support.tables import check, one

KINDS = re.findall(r"^      ([a-z_]+(?:, [a-z_]+)*)  +", Check.__doc__ or "", re.MULTILINE)


def test_types_are_those_of_the_standard() -> None:
    assert type_names == get_args(LogicalType)
    schema = (Path(open_data_contract_standard.__path__[0]) / "schema.json").read_text(encoding="utf-8")
    known = {
        name
        for names in re.findall(r'"logicalType": \{[^}]*"enum": (\[[^\]]*\])', schema)
        for name in json.loads(names)
    }
    assert known >= set(type_names)


@pytest.mark.parametrize("kind", [kind for group in KINDS for kind in group.split(", ")])
def test_every_documented_kind_is_known_where_checks_run(tmp_path: Path, kind: str) -> None:
    reason = one(tmp_path, check(kind, "id")).reason
    assert not reason.startswith("checks of kind")
    assert ("not run by this version" in reason) == (kind in {"sql", "text", "custom"})


def test_all_kinds_are_documented() -> None:
    assert len(KINDS) > 10


def test_a_plain_reader_is_plain_csv() -> None:
    assert Reader("csv") == Reader("csv", ",", '"', True, "utf-8", ())
