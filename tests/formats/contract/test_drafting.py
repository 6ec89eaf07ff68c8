"""A drafted contract reads back to what went in, keeps the published schema and has the same bytes every time."""

from __future__ import annotations

import yaml as pyyaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datakit.formats.contract import Check, Column, Reader, changes, draft, enforced, fingerprint, problems, read

TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029\ufeff\ufffe\uffff"), max_size=12
)
NAME = TEXT.filter(bool) | st.sampled_from(
    ["no", "null", "12", "a b", "a: b", "- x", "#", "'", '"', "é", "2024-01-01", "~", "{a}"]
)
NUMBER = st.integers(-(10**6), 10**6) | st.floats(-1e6, 1e6).filter(lambda number: not float(number).is_integer())
DATES = st.dates().map(lambda day: day.isoformat())
OPTIONS = {
    "string": {"min_length": st.integers(0, 9), "max_length": st.integers(0, 9), "pattern": TEXT.filter(bool)},
    "integer": dict.fromkeys(("minimum", "maximum", "exclusive_minimum", "exclusive_maximum"), NUMBER)
    | {"multiple_of": st.integers(1, 9)},
    "number": dict.fromkeys(("minimum", "maximum"), NUMBER),
    "date": dict.fromkeys(("minimum", "exclusive_maximum"), DATES),
    "timestamp": {"minimum": DATES},
}
BOUNDS = st.one_of(
    st.tuples(st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), st.integers(0, 90).map(lambda n: (float(n),))),
    st.tuples(st.sampled_from(["between", "not_between"]), st.integers(0, 90).map(lambda n: (float(n), n + 0.5))),
)
SEVERITY = st.sampled_from(["error", "warning"])


@st.composite
def metric(draw: st.DrawFn, column: Column) -> Check:
    """Draw a check of a library metric of one column."""
    operator, bound = draw(BOUNDS)
    kind = draw(st.sampled_from(["null_values", "missing_values", "duplicate_values", "invalid_values"]))
    value = {"integer": NUMBER, "number": NUMBER, "boolean": st.booleans()}.get(column.type, NAME)
    arguments: dict[str, object] = {
        "null_values": {},
        "missing_values": {"values": draw(st.lists(NAME, max_size=3))},
        "duplicate_values": {"columns": [column.name]},
        "invalid_values": {"values": draw(st.lists(value, max_size=8)), "pattern": draw(NAME)},
    }[kind]
    unit = draw(st.sampled_from(["rows", "percent"]))
    return Check("", kind, column.name, arguments, operator, bound, unit, draw(SEVERITY), draw(TEXT))


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[Column], list[Check], Reader | None]:
    """Draw columns, checks in the order in which a contract is read, and a reader."""
    names = draw(st.lists(NAME, min_size=1, max_size=4, unique=True))
    columns, checks = [], []
    for name in names:
        kind = draw(st.sampled_from(["string", "integer", "number", "boolean", "date", "timestamp", "time"]))
        pattern = draw(st.sampled_from(["", "dd/MM/yyyy"])) if kind in {"date", "timestamp", "time"} else ""
        column = Column(name, kind, draw(TEXT), draw(st.sampled_from(["", "public", "restricted"])), pattern)
        columns.append(column)
        checks += [Check("", flag, name, {}) for flag in ("required", "unique") if draw(st.booleans())]
        options = OPTIONS.get(kind, {})
        checks += [Check("", key, name, {"value": draw(some)}) for key, some in options.items() if draw(st.booleans())]
        checks += draw(st.lists(metric(column), max_size=2))
    if draw(st.booleans()):
        checks.append(Check("", "primary_key", None, {"columns": draw(st.permutations(names))}))
    if draw(st.booleans()):
        operator, bound = draw(BOUNDS)
        checks.append(Check("", "row_count", None, {}, operator, bound, "rows", draw(SEVERITY), draw(TEXT)))
        checks.append(Check("", "duplicate_values", None, {"columns": names}, operator, bound))
        checks.append(Check("", "sql", None, {"query": draw(TEXT), "mustBe": 0}))
    reader = Reader(
        draw(st.sampled_from(["csv", "tsv", "jsonl", "json", "parquet"])),
        draw(st.sampled_from([",", ";", "\t", "|", " "])),
        draw(st.sampled_from(['"', "'", ""])),
        draw(st.booleans()),
        draw(st.sampled_from(["utf-8", "latin-1"])),
        tuple(draw(st.lists(TEXT, max_size=3))),
    )
    return columns, checks, draw(st.sampled_from([reader, None]))


def anonymous(check: Check) -> Check:
    """Drop the id, which reading gives."""
    return check._replace(id="")


class TestDraft:
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(tables(), TEXT, TEXT)
    def test_reads_back_to_what_went_in(
        self, table: tuple[list[Column], list[Check], Reader | None], title: str, description: str
    ) -> None:
        columns, checks, reader = table
        data = draft("birds", title, columns, checks, reader, description=description)
        found = read(data, "c.yaml")
        assert found.columns == tuple(columns)
        assert found.reader == reader
        assert [anonymous(check) for check in found.checks if check.kind != "type"] == checks
        assert {check.column for check in found.checks if check.kind == "type"} == {column.name for column in columns}
        assert len({check.id for check in found.checks}) == len(found.checks)
        assert (found.name, found.version, found.status) == ("birds", "0.1.0", "draft")
        assert problems(data, "c.yaml") == []
        again = draft("birds", title, found.columns, found.checks, found.reader, description=description)
        assert again == data
        assert enforced(found) == enforced(read(again, "c.yaml"))
        assert isinstance(pyyaml.safe_load(data), dict)  # other readers take it too
        assert changes(found, found) == ()

    def test_files_have_a_schema_object_without_properties(self) -> None:
        data = draft("images", "Images of birds", [], [], None, description="One JPEG a bird.")
        found = read(data, "c.yaml")
        assert (found.reader, found.columns, found.checks) == (None, (), ())
        assert problems(data, "c.yaml") == []
        assert b"physicalType: files" in data

    def test_is_written_for_people(self) -> None:
        columns = [Column("bill_length", "number", "millimetres", "public"), Column("sex", "string")]
        checks = [
            Check("", "required", "bill_length", {}),
            Check("", "minimum", "bill_length", {"value": 0}),
            Check("", "invalid_values", "sex", {"values": ["male", "female"]}),
            Check("", "row_count", None, {}, ">", (0,)),
        ]
        reader = Reader("csv", missing=("NA",))
        text = draft("penguins", "Penguins", columns, checks, reader).decode()
        comments, _, body = text.partition("apiVersion")
        assert all(line.startswith("# ") for line in comments.splitlines())
        assert "status: active" in comments
        assert "primary key" in comments
        assert "apiVersion" + body == (
            "apiVersion: v3.1.0\n"
            "kind: DataContract\n"
            "id: penguins\n"
            "name: penguins\n"
            'version: "0.1.0"\n'
            "status: draft\n"
            "customProperties:\n"
            "- property: datakit.reader\n"
            "  value:\n"
            "    format: csv\n"
            '    delimiter: ","\n'
            '    quote: "\\""\n'
            "    header: true\n"
            "    encoding: utf-8\n"
            "    missing: [NA]\n"
            "schema:\n"
            "- name: penguins\n"
            "  businessName: Penguins\n"
            "  logicalType: object\n"
            "  physicalType: table\n"
            "  properties:\n"
            "  - name: bill_length\n"
            "    logicalType: number\n"
            "    description: millimetres\n"
            "    required: true\n"
            "    classification: public\n"
            "    logicalTypeOptions:\n"
            "      minimum: 0\n"
            "  - name: sex\n"
            "    logicalType: string\n"
            "    quality:\n"
            "    - metric: invalidValues\n"
            "      arguments:\n"
            "        validValues: [male, female]\n"
            "      mustBe: 0\n"
            "  quality:\n"
            "  - metric: rowCount\n"
            "    mustBeGreaterThan: 0\n"
        )

    def test_comments_and_prose_leave_the_fingerprint(self) -> None:
        columns = [Column("a", "integer", "first")]
        data = draft("t", "T", columns, [], Reader("csv"))
        edited = b"# note\n" + data.replace(b"status: draft", b"status: active   # read").replace(b"first", b"second")
        assert fingerprint(read(edited, "c")) == fingerprint(read(data, "c"))
        assert fingerprint(read(data.replace(b"integer", b"number"), "c")) != fingerprint(read(data, "c"))
