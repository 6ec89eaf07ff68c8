"""The published schema: every problem in one readable line, offline, and nothing said of good contracts."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from datakit.errors import EnvironmentProblem, InvalidRecord
from datakit.formats.contract import held, judging, keys, problems, read

HEAD = "apiVersion: {api}\nkind: DataContract\nid: birds\nname: birds\nversion: '1.0.0'\nstatus: active\n"


def judged(body: str, api: str = "v3.1.0") -> list[str]:
    """Judge a contract with this body."""
    return [found.problem for found in problems((HEAD.format(api=api) + body).encode(), "c.yaml")]


def judged_property(line: str, api: str = "v3.1.0") -> list[str]:
    """Judge a contract with one property."""
    return judged(f"schema:\n- name: birds\n  properties:\n  - {line}\n", api)


OPERATORS = "mustBe, mustNotBe, mustBeGreaterThan, mustBeGreaterOrEqualTo, mustBeLessThan, mustBeLessOrEqualTo, mustBeBetween, mustNotBeBetween"
TYPES = "string, date, timestamp, time, number, integer, object, array, boolean, map, vector"


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
            ("{name: a, logicalType: nonsense}", [f"column `a`: `logicalType` is `nonsense`, expected one of {TYPES}"]),
            ("{logicalType: string}", ["`schema[0].properties[0].name` is missing"]),
            ("{name: a, requried: true}", ["column `a`: there is no key `requried`, did you mean `required`?"]),
            ("{name: 12}", ["column `12`: `name` is `12`, expected a text"]),
            ("{name: a, required: yes}", ["column `a`: `required` is `yes`, expected true or false"]),
            ("{name: a, logicalType: integer, logicalTypeOptions: {minLength: 1}}", ["column `a`: `logicalTypeOptions`: there is no key `minLength` here"]),
            ("{name: a, logicalType: map}", ["column `a`: `map` is missing"]),
            ("{name: a, tags: x}", ["column `a`: `tags` is `x`, expected a list"]),
            ("{name: a, quality: {metric: x}}", ["column `a`: `quality` is a mapping, expected a list"]),
            (
                "{name: a, logicalType: string, quality: [{metric: nullValues}]}",
                [f"column `a`: `quality[0]`: expected exactly one of {OPERATORS}, found none"],
            ),
            (
                "{name: a, quality: [{metric: nope, mustBe: 1, mustNotBe: 2}]}",
                ["column `a`: `quality[0].metric` is `nope`, expected one of nullValues, missingValues, invalidValues, duplicateValues, rowCount",
                 f"column `a`: `quality[0]`: expected exactly one of {OPERATORS}, found mustBe and mustNotBe"],
            ),
            ("{name: a, logicalType: bad, foo: 1}", ["column `a`: there is no key `foo`", "column `a`: `logicalType` is `bad`, expected one of"]),
        ],
    )  # fmt: skip
    def test_each_problem_is_one_line_with_its_path(self, line: str, expected: list[str]) -> None:
        found = judged_property(line)
        assert len(found) == len(expected)
        assert all(any(problem.startswith(wanted) for problem in found) for wanted in expected)

    def test_all_are_given_in_the_order_of_the_file_with_their_mend(self) -> None:
        found = problems(b"kind: x\nversion: 1.0\nfoo: 1\nservers: [{server: s, type: s3}]\n", "c.yaml")
        assert [error.message for error in found] == [
            "c.yaml:1: `apiVersion` is missing",
            "c.yaml:1: `id` is missing",
            "c.yaml:1: `kind` is `x`, expected DataContract",
            "c.yaml:2: `version` is `1.0`, expected a text",
            "c.yaml:3: there is no key `foo`",
            "c.yaml:4: `servers[0].location` is missing",
        ]
        assert [error.hint for error in found][-1] == "edit line 4 of c.yaml"

    @pytest.mark.parametrize(("data", "found"), [(b"", "empty"), (b"- 1\n", "a list"), (b"text\n", "`text`")])
    def test_what_is_no_mapping_is_one_problem(self, data: bytes, found: str) -> None:
        assert [str(error) for error in problems(data, "c.yaml")] == [
            f"c.yaml:1: the contract is {found}, expected a mapping"
        ]

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


class TestHeld:
    PROPERTY = "schema:\n- name: birds\n  properties:\n  - name: mass\n    requird: true\n"

    def refused(self, body: str) -> InvalidRecord:
        """Return the error."""
        with pytest.raises(InvalidRecord) as caught:
            held((HEAD.format(api="v3.1.0") + body).encode(), "c.yaml")
        return caught.value

    def test_a_good_contract_is_read(self) -> None:
        good = (HEAD.format(api="v3.1.0") + "schema: [{name: birds}]\n").encode()
        assert held(good, "c.yaml") == read(good, "c.yaml")

    def test_what_the_hook_finds_is_said_in_its_words(self) -> None:
        error = self.refused(self.PROPERTY)
        with pytest.raises(InvalidRecord) as caught:
            read((HEAD.format(api="v3.1.0") + self.PROPERTY).encode(), "c.yaml")
        assert error.message == "c.yaml:11: column `mass`: there is no key `requird`, did you mean `required`?"
        assert (error.message, error.hint, error.details) == (caught.value.message, caught.value.hint, ())

    def test_all_further_problems_are_said_at_once(self) -> None:
        error = self.refused(self.PROPERTY + "    uniqe: true\nservers: [{server: s, type: s3}]\n")
        assert error.line == 11
        assert error.details == (
            "line 12: column `mass`: there is no key `uniqe`, did you mean `unique`?",
            "line 13: `servers[0].location` is missing",
        )

    def test_what_only_the_schema_finds_is_refused_too(self) -> None:
        error = self.refused("schema: [{name: birds}]\nservers: [{server: s, type: s3}]\n")
        assert error.message == "c.yaml:8: `servers[0].location` is missing"
        assert error.hint == "edit line 8 of c.yaml"


def test_the_keys_that_are_known_without_the_schema_are_those_of_the_schema() -> None:
    schema = judging._schema(False)
    known = schema["$defs"]

    def of(*names: str) -> set[str]:
        return {key for name in names for key in known[name].get("properties", ())}

    assert set(schema["properties"]) == keys.ROOT
    assert of("SchemaElement", "SchemaObject") == keys.TABLE
    conditional = {"properties", "items", "map"}  # of objects, arrays and maps
    assert of("SchemaElement", "SchemaBaseProperty") | conditional == keys.PROPERTY
    operators = {key for option in known["DataQualityOperators"]["oneOf"] for key in option["properties"]}
    entry = of("DataQuality", "DataQualityLibrary", "DataQualitySql", "DataQualityCustom") | operators
    assert entry == keys.QUALITY


@pytest.mark.parametrize("kind", sorted(keys.OPTIONS))
def test_the_options_of_each_type_are_those_of_the_schema(kind: str) -> None:
    for key in set().union(*keys.OPTIONS.values()):
        found = judged_property(f"{{name: a, logicalType: {kind}, logicalTypeOptions: {{{key}: 1}}}}")
        named = [line for line in found if "there is no key" in line]
        of_vector = key in keys.OPTIONS["array"] - {"minItems", "maxItems", "uniqueItems"}
        if kind != "array" or not of_vector:
            assert bool(named) == (key not in keys.OPTIONS[kind]), (kind, key, found)  # type: ignore[index]  # a key of it


def test_many_unknown_keys_take_no_time() -> None:
    text = "".join(f"k{number}: 1\n" for number in range(20_000))
    found = problems(text.encode(), "c.yaml")
    assert 100 <= len([each for each in found if "there is no key" in each.problem]) < 200
