"""Reading ODCS: what each key becomes, and what is said of each wrong value."""

from __future__ import annotations

import re

import pytest

from datakit.errors import InvalidRecord
from datakit.formats.contract import Check, Column, Contract, Reader, read
from tests.support.contracts import HEAD, contract, only, refused


class TestHead:
    def test_names_version_and_status(self) -> None:
        found = contract("{name: a, logicalType: string}")
        assert (found.name, found.version, found.status, found.reader) == ("birds", "1.2.0", "active", None)

    def test_id_stands_in_for_a_missing_name_and_draft_for_a_missing_status(self) -> None:
        data = b"apiVersion: v3.2.0\nkind: DataContract\nid: x\nversion: 1.0\nschema: [{name: t}]\n"
        assert read(data, "c") == Contract("x", "1.0", "draft", None, (), ())

    @pytest.mark.parametrize("api", ["v3.0.0", "v3.0.2", "v3.1.0", "v3.2.0"])
    def test_every_version_from_3_0_to_3_2_is_read(self, api: str) -> None:
        assert contract(api=api).name == "birds"

    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            ("v3.1.0", "v2.2.2", "c:1: `apiVersion` is `v2.2.2`, expected v3.0.0 to v3.2.0"),
            ("v3.1.0", "v4.0.0", "c:1: `apiVersion` is `v4.0.0`, expected v3.0.0 to v3.2.0"),
            ("apiVersion: v3.1.0\n", "", "c:1: `apiVersion` is missing, expected a text"),
            ("kind: DataContract", "kind: Table", "c:2: `kind` is `Table`, expected DataContract"),
            ("version: 1.2.0", "version: [1]", "c:5: `version` is a list, expected a text"),
            ("version: 1.2.0\n", "", "c:1: `version` is missing, expected a text"),
            ("status: active", "status: live", "c:6: `status` is `live`, expected one of proposed, draft, active, deprecated, retired"),
            ("id: birds-1\nname: birds\n", "", "c:1: `id` is missing, expected a text"),
            ("schema: [{name: t}]", "schema: []", "c:7: `schema` has 0 objects, expected exactly one: a contract covers one dataset"),
            ("schema: [{name: t}]", "schema: [{name: t}, {name: u}]", "c:7: `schema` has 2 objects, expected exactly one: a contract covers"),
            ("schema: [{name: t}]", "schema: {name: t}", "c:7: `schema` is a mapping, expected a list of mappings"),
            ("schema: [{name: t}]", "schema: [t]", "c:7: `schema[0]` is `t`, expected a mapping"),
            ("schema: [{name: t}]", "schema: [{name: t, name: u}]", "c:7: key `name` is there twice"),
        ],
    )  # fmt: skip
    def test_a_wrong_head_is_named(self, old: str, new: str, message: str) -> None:
        text = HEAD.format(api="v3.1.0") + "schema: [{name: t}]\n"
        assert old in text
        with pytest.raises(InvalidRecord, match="^" + re.escape(message)):
            read(text.replace(old, new).encode(), "c")

    def test_what_is_no_mapping_is_refused(self) -> None:
        with pytest.raises(InvalidRecord, match=r"^c:1: the file is a list, expected a mapping$"):
            read(b"- 1\n", "c")
        with pytest.raises(InvalidRecord, match=r"^c:1: the file is empty, expected a mapping$"):
            read(b"", "c")


class TestColumns:
    def test_all_that_a_property_says(self) -> None:
        found = contract(
            "{name: day, physicalName: Date Egg, logicalType: date, description: when, classification: public,"
            " logicalTypeOptions: {format: dd/MM/yyyy}}"
        )
        assert found.columns == (Column("Date Egg", "date", "when", "public", "dd/MM/yyyy"),)

    @pytest.mark.parametrize(
        ("physical", "kind"),
        [
            ("VARCHAR(20)", "string"), ("int", "integer"), ("BIGINT", "integer"), ("uint8", "integer"), ("DOUBLE", "number"),
            ("decimal(10, 2)", "number"), ("float64", "number"), ("BOOLEAN", "boolean"), ("date", "date"), ("timestamptz", "timestamp"),
            ("TIME", "time"),
        ],
    )  # fmt: skip
    def test_a_missing_logical_type_is_what_the_physical_one_means(self, physical: str, kind: str) -> None:
        found = contract(f'{{name: a, physicalType: "{physical}"}}')
        assert found.columns[0].type == kind
        assert [check.kind for check in found.checks] == ["type"]

    @pytest.mark.parametrize("line", ["{name: a}", "{name: a, physicalType: SDO_GEOMETRY}"])
    def test_where_no_type_is_stated_none_is_enforced(self, line: str) -> None:
        found = contract(line)
        assert found.columns[0].type == "string"
        assert found.checks == ()

    def test_map_and_vector_of_3_2_are_object_and_array(self) -> None:
        found = contract(
            "{name: a, logicalType: map}\n{name: b, logicalType: vector, logicalTypeOptions: {dimensions: 3}}",
            api="v3.2.0",
        )
        assert [column.type for column in found.columns] == ["object", "array"]
        assert found.checks[-1] == Check("b.custom", "custom", "b", {"option": "dimensions", "value": 3})

    def test_names_that_other_readers_take_for_values_stay_names(self) -> None:
        found = contract(
            "{name: no, logicalType: string}\n{name: 12, logicalType: string}\n{name: 2024-01-01, logicalType: string}"
        )
        assert [column.name for column in found.columns] == ["no", "12", "2024-01-01"]

    @pytest.mark.parametrize(
        ("lines", "message"),
        [
            ("{logicalType: string}", "c.yaml:10: `name` is missing, expected a text"),
            ("{name: a, logicalType: text}", "c.yaml:10: column `a`: `logicalType` is `text`, expected one of string, integer, number, boolean, date"),
            ("{name: a}\n{name: a}", "c.yaml:11: column `a`: it is there twice"),
            ("{name: a, required: yes}", "c.yaml:10: column `a`: `required` is `yes`, expected true or false"),
            ("{name: a, unique: 1}", "c.yaml:10: column `a`: `unique` is `1`, expected true or false"),
            ("{name: a, primaryKey: true, primaryKeyPosition: first}", "c.yaml:10: column `a`: `primaryKeyPosition` is `first`, expected a whole number"),
            (
                "{name: a, primaryKey: true, primaryKeyPosition: 1}\n{name: b, primaryKey: true, primaryKeyPosition: 1}",
                "c.yaml:11: column `b`: `primaryKeyPosition` is `1`, expected a position that no other column has",
            ),
            ("{name: a, description: [x]}", "c.yaml:10: column `a`: `description` is a list, expected a text"),
            ("{name: a, requird: true}", "c.yaml:10: column `a`: there is no key `requird`, did you mean `required`?"),
            ("{name: a, logicalTyp: string}", "c.yaml:10: column `a`: there is no key `logicalTyp`, did you mean `logicalType`?"),
            ("{name: a, colour: red}", "c.yaml:10: column `a`: there is no key `colour`"),
            ("{name: a, logicalType: strin}", "c.yaml:10: column `a`: `logicalType` is `strin`, expected one of string, integer, number, boolean, date, timestamp, time, object, array, map, vector, did you mean `string`?"),
            ("{name: a, logicalTypeOptions: 3}", "c.yaml:10: column `a`: `logicalTypeOptions` is `3`, expected a mapping"),
        ],
    )  # fmt: skip
    def test_a_wrong_property_is_named(self, lines: str, message: str) -> None:
        assert refused(lines).startswith(message)


class TestOptions:
    @pytest.mark.parametrize(
        ("kind", "option", "check"),
        [
            ("integer", "minimum: 1", Check("a.minimum", "minimum", "a", {"value": 1})),
            ("number", "maximum: 1.50", Check("a.maximum", "maximum", "a", {"value": 1.5})),
            ("number", "exclusiveMinimum: 2.0", Check("a.exclusive_minimum", "exclusive_minimum", "a", {"value": 2})),
            ("integer", "exclusiveMaximum: -3", Check("a.exclusive_maximum", "exclusive_maximum", "a", {"value": -3})),
            ("integer", "multipleOf: 5", Check("a.multiple_of", "multiple_of", "a", {"value": 5})),
            ("string", "minLength: 0", Check("a.min_length", "min_length", "a", {"value": 0})),
            ("string", "maxLength: 20", Check("a.max_length", "max_length", "a", {"value": 20})),
            ("string", "pattern: '[A-Z]+'", Check("a.pattern", "pattern", "a", {"value": "[A-Z]+"})),
            ("date", "minimum: 2024-01-31", Check("a.minimum", "minimum", "a", {"value": "2024-01-31"})),
            ("timestamp", "maximum: '2024-01-31T10:00:00Z'", Check("a.maximum", "maximum", "a", {"value": "2024-01-31T10:00:00Z"})),
            ("time", "minimum: '10:30:00'", Check("a.minimum", "minimum", "a", {"value": "10:30:00"})),
            ("string", "format: email", Check("a.custom", "custom", "a", {"option": "format", "value": "email"})),
            ("integer", "format: i32", Check("a.custom", "custom", "a", {"option": "format", "value": "i32"})),
            ("array", "minItems: 2", Check("a.custom", "custom", "a", {"option": "minItems", "value": 2})),
            ("timestamp", "timezone: true", Check("a.custom", "custom", "a", {"option": "timezone", "value": True})),
        ],
    )  # fmt: skip
    def test_each_becomes_a_check(self, kind: str, option: str, check: Check) -> None:
        assert only(f"{{name: a, logicalType: {kind}, logicalTypeOptions: {{{option}}}}}") == check

    @pytest.mark.parametrize(
        ("kind", "option", "message"),
        [
            ("integer", "minimum: low", "`minimum` is `low`, expected a number"),
            ("integer", "minimum: '1'", "`minimum` is `1`, expected a number"),
            ("integer", "minimum: true", "`minimum` is `true`, expected a number"),
            ("number", "maximum: .inf", "`maximum` is `.inf`, expected a number"),
            ("number", "maximum: ", "`maximum` is empty, expected a number"),
            ("integer", "multipleOf: 0", "`multipleOf` is `0`, expected a number above 0"),
            ("string", "minLength: -1", "`minLength` is `-1`, expected a whole number of characters, 0 or more"),
            ("string", "maxLength: 1.5", "`maxLength` is `1.5`, expected a whole number"),
            ("string", f"pattern: {'x' * 1001}", "`pattern` is `"),
            ("date", "minimum: 31.01.2024", "`minimum` is `31.01.2024`, expected a date in ISO 8601 such as 2024-01-31"),
            ("date", "minimum: 2024", "`minimum` is `2024`, expected a date in ISO 8601"),
            ("timestamp", "minimum: noon", "`minimum` is `noon`, expected a timestamp in ISO 8601 such as 2024-01-31T12:00:00Z"),
            ("time", "minimum: 25:00", "`minimum` is `25:00`, expected a time in ISO 8601 such as 12:00:00"),
            ("string", "minimum: 1", "`minimum` does not apply to type string"),
            ("integer", "minLength: 1", "`minLength` does not apply to type integer"),
            ("integer", "minimun: 1", "there is no key `minimun`, did you mean `minimum`?"),
            ("boolean", "maximun: 1", "there is no key `maximun`, did you mean `maximum`?"),
            ("array", "size: 1", "there is no key `size`"),
            ("boolean", "maximum: 1", "`maximum` does not apply to type boolean"),
        ],
    )  # fmt: skip
    def test_each_wrong_one_is_named(self, kind: str, option: str, message: str) -> None:
        assert refused(f"{{name: a, logicalType: {kind}, logicalTypeOptions: {{{option}}}}}").startswith(
            "c.yaml:10: column `a`: " + message
        )

    def test_the_enum_of_3_2_is_a_check_of_invalid_values(self) -> None:
        check = only("{name: a, logicalType: string, enum: [{value: no}, {value: 'x', label: X}]}", api="v3.2.0")
        assert check == Check("a.invalid_values", "invalid_values", "a", {"values": ["no", "x"]})


class TestKeys:
    def test_flags_and_a_key_of_two_columns(self) -> None:
        found = contract(
            "{name: a, primaryKey: true, primaryKeyPosition: 2, required: true}\n"
            "{name: b, primaryKey: true, primaryKeyPosition: 1, unique: true}\n{name: c, required: false}"
        )
        assert [check.id for check in found.checks] == ["a.required", "b.unique", "primary_key"]
        assert found.checks[-1] == Check("primary_key", "primary_key", None, {"columns": ["b", "a"]})

    def test_without_positions_the_order_of_the_file_counts(self) -> None:
        check = only("{name: b, primaryKey: true}\n{name: a, primaryKey: true, primaryKeyPosition: -1}")
        assert check.arguments == {"columns": ["b", "a"]}


class TestReader:
    def read(self, value: str) -> Reader | None:
        """Read a contract with this reader."""
        return contract(
            top=f"customProperties:\n- property: other\n  value: 1\n- property: datakit.reader\n  value: {value}\n"
        ).reader

    def test_defaults_are_those_of_the_format(self) -> None:
        assert self.read("{format: csv}") == Reader("csv")
        assert self.read("{format: tsv}") == Reader("tsv", "\t")
        assert self.read("{format: parquet}") == Reader("parquet")

    def test_everything_can_be_said(self) -> None:
        found = self.read(
            '{format: csv, delimiter: ";", quote: "", header: false, encoding: latin-1, missing: [NA, null, -999, ""]}'
        )
        assert found == Reader("csv", ";", "", False, "latin-1", ("NA", "null", "-999", ""))

    @pytest.mark.parametrize(
        ("value", "message"),
        [
            ("{}", "c.yaml:14: `datakit.reader`: `format` is missing, expected one of csv, tsv, jsonl, json, parquet"),
            ("{format: xlsx}", "c.yaml:14: `datakit.reader`: `format` is `xlsx`, expected one of csv"),
            ("{format: csv, delimiter: '||'}", "c.yaml:14: `datakit.reader`: `delimiter` is `||`, expected one character"),
            ("{format: csv, delimiter: ''}", "c.yaml:14: `datakit.reader`: `delimiter` is empty, expected one character"),
            ("{format: csv, quote: '##'}", "c.yaml:14: `datakit.reader`: `quote` is `##`, expected one character or an empty text in quotes"),
            ("{format: csv, header: yes}", "c.yaml:14: `datakit.reader`: `header` is `yes`, expected true or false"),
            ("{format: csv, encoding: klingon}", "c.yaml:14: `datakit.reader`: `encoding` is `klingon`, expected a text encoding such as utf-8 or latin-1"),
            ("{format: csv, encoding: rot13}", "c.yaml:14: `datakit.reader`: `encoding` is `rot13`, expected a text encoding"),
            ("{format: csv, missing: NA}", "c.yaml:14: `datakit.reader`: `missing` is `NA`, expected a list of texts"),
            ("{format: csv, sep: x}", "c.yaml:14: `datakit.reader`: there is no key `sep`, expected format, delimiter, quote, header, encoding, missing"),
            ("csv", "c.yaml:14: `datakit.reader`: `value` is `csv`, expected a mapping"),
        ],
    )  # fmt: skip
    def test_each_wrong_one_is_named(self, value: str, message: str) -> None:
        with pytest.raises(InvalidRecord) as caught:
            self.read(value)
        assert caught.value.message.startswith(message)


class TestUnknownKeys:
    """A mistyped key is found without the published schema, wherever datakit would have read the right one."""

    def test_of_the_document_and_of_the_table(self) -> None:
        assert refused(top="staus: active\n") == "c.yaml:10: there is no key `staus`, did you mean `status`?"
        assert refused(table="qualty: []") == "c.yaml:10: there is no key `qualty`, did you mean `quality`?"

    def test_of_a_quality_entry_and_of_its_arguments(self) -> None:
        entry = "{name: a, quality: [{metric: nullValues, mustBe: 0, severty: warning}]}"
        assert refused(entry) == "c.yaml:10: column `a`: there is no key `severty`, did you mean `severity`?"
        entry = "{name: a, quality: [{metric: invalidValues, mustBe: 0, arguments: {pattern: x, validValue: [x]}}]}"
        assert refused(entry) == "c.yaml:10: column `a`: there is no key `validValue`, did you mean `validValues`?"

    def test_of_a_property_of_ours(self) -> None:
        top = "customProperties:\n- property: datakit.readr\n  value: {format: csv}\n"
        assert refused(top=top) == "c.yaml:11: there is no property `datakit.readr`, expected `datakit.reader`"

    def test_keys_of_ones_own_are_free_where_the_standard_leaves_them_free(self) -> None:
        entry = "{metric: nullValues, mustBe: 0, arguments: {engine: x}}"
        assert contract(f"{{name: a, quality: [{entry}]}}", top="customProperties:\n- {property: x, value: 1}\n")
        assert contract("{name: a, quality: [{rule: nullCheck, own: 1}]}", api="v3.0.2")

    def test_the_mend_is_the_edit_of_the_line(self) -> None:
        with pytest.raises(InvalidRecord) as caught:
            contract("{name: a}\n{name: b, requird: true}")
        assert (caught.value.line, caught.value.hint) == (11, "edit line 11 of c.yaml")


def test_a_physical_type_of_files_marks_what_is_never_read_as_a_table() -> None:
    assert contract(table="physicalType: files").files
    assert not contract(table="physicalType: table").files
    reader = "customProperties:\n- {property: datakit.reader, value: {format: csv}}\n"
    assert not contract(table="physicalType: files", top=reader).files
