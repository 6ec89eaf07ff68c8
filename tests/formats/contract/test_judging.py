"""The published schema: every problem in one readable line, offline, and nothing said of good contracts."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from datakit.errors import EnvironmentProblem, InvalidRecord
from datakit.formats.contract import judging, problems

HEAD = "apiVersion: {api}\nkind: DataContract\nid: birds\nname: birds\nversion: '1.0.0'\nstatus: active\n"


def judged(body: str, api: str = "v3.1.0") -> list[str]:
    """Judge a contract with this body."""
    return problems((HEAD.format(api=api) + body).encode(), "c.yaml")


def judged_property(line: str, api: str = "v3.1.0") -> list[str]:
    """Judge a contract with one property."""
    return judged(f"schema:\n- name: birds\n  properties:\n  - {line}\n", api)


OPERATORS = "mustBe, mustNotBe, mustBeGreaterThan, mustBeGreaterOrEqualTo, mustBeLessThan, mustBeLessOrEqualTo, mustBeBetween, mustNotBeBetween"
TYPES = "'string', 'date', 'timestamp', 'time', 'number', 'integer', 'object', 'array', 'boolean', 'map', 'vector'"


class TestProblems:
    @pytest.mark.parametrize("api", ["v3.0.0", "v3.0.2", "v3.1.0", "v3.2.0"])
    @pytest.mark.parametrize(
        "line",
        [
            "{name: a}", "{name: a, physicalType: int}", "{name: a, logicalType: string, logicalTypeOptions: {pattern: x}}",
            "{name: a, logicalType: integer, quality: [{type: text, description: x}, {type: sql, query: x, mustBe: 0}]}",
        ],
    )  # fmt: skip
    def test_good_properties_have_none(self, api: str, line: str) -> None:
        assert judged_property(line, api) == []

    @pytest.mark.parametrize(
        "rule",
        [
            "{rule: duplicateCount, mustBeLessThan: 10}",
            "{type: library, rule: nullCheck}",
            "{rule: validValues, validValues: [x]}",
        ],
    )
    def test_rules_of_3_0_are_good_in_3_0_only(self, rule: str) -> None:
        assert judged_property(f"{{name: a, quality: [{rule}]}}", "v3.0.2") == []
        assert judged_property(f"{{name: a, quality: [{rule}]}}", "v3.1.0") != []

    @pytest.mark.parametrize(
        ("line", "expected"),
        [
            (
                "{name: a, logicalType: nonsense}",
                [f"schema[0].properties[0].logicalType: 'nonsense' is not one of {TYPES}"],
            ),
            ("{logicalType: string}", ["schema[0].properties[0].name: missing"]),
            ("{name: a, requried: true}", ["schema[0].properties[0].requried: unknown key"]),
            ("{name: 12}", ["schema[0].properties[0].name: 12 is not of type string"]),
            ("{name: a, required: yes}", ["schema[0].properties[0].required: 'yes' is not of type boolean"]),
            ("{name: a, logicalType: integer, logicalTypeOptions: {minLength: 1}}", ["schema[0].properties[0].logicalTypeOptions.minLength: unknown key"]),
            ("{name: a, logicalType: map}", ["schema[0].properties[0].map: missing"]),
            ("{name: a, tags: x}", ["schema[0].properties[0].tags: 'x' is not of type array"]),
            ("{name: a, quality: {metric: x}}", ["schema[0].properties[0].quality: a mapping is not of type array"]),
            (
                "{name: a, logicalType: string, quality: [{metric: nullValues}]}",
                [f"schema[0].properties[0].quality[0]: expected exactly one of {OPERATORS}, found none"],
            ),
            (
                "{name: a, quality: [{metric: nope, mustBe: 1, mustNotBe: 2}]}",
                ["schema[0].properties[0].quality[0].metric: 'nope' is not one of 'nullValues', 'missingValues', 'invalidValues', 'duplicateValues', 'rowCount'",
                 f"schema[0].properties[0].quality[0]: expected exactly one of {OPERATORS}, found mustBe and mustNotBe"],
            ),
            ("{name: a, logicalType: bad, foo: 1}", ["schema[0].properties[0].foo: unknown key", "schema[0].properties[0].logicalType: 'bad' is not one of"]),
        ],
    )  # fmt: skip
    def test_each_problem_is_one_line_with_its_path(self, line: str, expected: list[str]) -> None:
        found = judged_property(line)
        assert len(found) == len(expected)
        assert all(any(problem.startswith(wanted) for problem in found) for wanted in expected)

    def test_all_are_given_and_sorted(self) -> None:
        found = problems(b"kind: x\nversion: 1.0\nfoo: 1\nservers: [{server: s, type: s3}]\n", "c.yaml")
        assert found == [
            "apiVersion: missing",
            "foo: unknown key",
            "id: missing",
            "kind: 'x' is not one of 'DataContract'",
            "servers[0].location: missing",
            "version: 1.0 is not of type string",
        ]

    @pytest.mark.parametrize(("data", "line"), [(b"", "null"), (b"- 1\n", "a list"), (b"text\n", "'text'")])
    def test_what_is_no_mapping_is_one_problem(self, data: bytes, line: str) -> None:
        assert problems(data, "c.yaml") == [f"the contract: {line} is not of type object"]

    def test_no_strict_yaml_is_refused(self) -> None:
        with pytest.raises(InvalidRecord, match=r"^c.yaml:2: key `a` is there twice$"):
            problems(b"a: 1\na: 1\n", "c.yaml")

    def test_the_network_is_never_asked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def forbidden(*args: object, **kwargs: object) -> None:
            raise AssertionError("the network was asked")

        monkeypatch.setattr(socket, "socket", forbidden)
        monkeypatch.setattr(socket, "create_connection", forbidden)
        judging._schema.cache_clear()
        assert judged_property("{name: a, logicalType: bad}") != []

    def test_the_schema_is_found_without_the_model(self) -> None:
        code = (
            "import sys; from datakit.formats.contract import problems; problems(b'a: 1', 'c');"
            "print('pydantic' in sys.modules, 'open_data_contract_standard' in sys.modules)"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.split() == ["False", "False"]

    def test_a_missing_schema_is_named_with_the_mend(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(judging, "_PACKAGE", "no_such_package_anywhere")
        judging._schema.cache_clear()
        with pytest.raises(EnvironmentProblem) as caught:
            judged("")
        judging._schema.cache_clear()
        assert caught.value.message == (
            "the package `open-data-contract-standard` is missing: it ships the schema of contracts"
        )
        assert caught.value.hint == "pip install open-data-contract-standard"
