"""Every rule of the table is applied and tested, and every finding has a rule."""

from __future__ import annotations

import re
from pathlib import Path

from datakit.formats.policy import _CODE
from datakit.gate.rules import TABLE

ROOT = Path(__file__).parents[2]
GATE = "\n".join(path.read_text() for path in sorted((ROOT / "datakit/gate").rglob("*.py")))
TESTS = "\n".join(path.read_text() for path in sorted((ROOT / "tests/gate").rglob("test_*.py")))


def test_every_rule_is_applied() -> None:
    yielded = set(re.findall(r"Finding\((?:[^()]|\([^()]*\))*?\"(DK[0-9]{3})\"", GATE))
    assert yielded == set(TABLE)


def test_every_rule_has_tests_of_its_own() -> None:
    tested = {found.upper() for found in re.findall(r"def test_(dk[0-9]{3})_", TESTS)}
    assert sorted(tested) == sorted(TABLE)
    for code in TABLE:
        assert re.search(rf"\"{code}\"", TESTS), code


def test_every_rule_lies_with_its_hundred() -> None:
    modules = {
        "1": "recorded",
        "2": "documented",
        "3": "validated",
        "4": "splits",
        "5": "storage",
        "6": "hygiene",
        "7": "policy",
    }
    for code in TABLE:
        text = (ROOT / f"datakit/gate/rules/{modules[code[2]]}.py").read_text()
        assert f'        "{code}",' in text
        assert _CODE.fullmatch(code)


def test_every_rule_says_all_that_explain_shows() -> None:
    for rule in TABLE.values():
        assert all(str(field).strip() for field in rule), rule.code
        assert rule.title[0].isupper()
        assert not rule.title.endswith(".")
        assert rule.reason.endswith(".")
