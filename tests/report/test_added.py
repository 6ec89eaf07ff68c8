"""What `add` and `validate` did, as text."""

from __future__ import annotations

from datakit.formats.finding import Finding
from datakit.formats.manifest import Data
from datakit.formats.receipt import Result
from datakit.records import Added, Validation
from datakit.report import added
from datakit.report.style import Style

DATA = Data("a" * 32, "b" * 64, 1234, 1, "csv", 1, 2)
RESULTS = (
    Result("id.type", "passed", 0, 1),
    Result("id.unique", "failed", 1, 1, "1 row repeats"),
    Result("x", "skipped", None, 1, "why"),
)
CHECKED = Validation("birds", "b.csv", 1, RESULTS, ())
DONE = Added("birds", "b.csv", "recorded", DATA, None, ("b.csv.dvc",), True, (), ())


def test_a_record() -> None:
    assert added.text([DONE]) == "recorded birds: b.csv, 1.2 kB, 1 row x 2 columns\n  staged b.csv.dvc\n"


def test_a_folder_that_was_not_staged() -> None:
    data = DATA._replace(md5="a" * 32 + ".dir", files=2, rows=None)
    done = DONE._replace(data=data, staged=False, action="updated", notes=("seen",))
    assert added.text([done]) == "updated birds: b.csv, 1.2 kB, 2 files\n  wrote  b.csv.dvc\n  note: seen\n"


def test_a_broken_contract_shows_what_failed_only() -> None:
    assert added.text([DONE._replace(validation=CHECKED, written=())]).splitlines()[1:] == [
        "  breaks its contract: 1 passed, 1 failed, 1 skipped",
        "    failed  id.unique  1 row repeats",
    ]


def test_findings_are_introduced_where_they_block() -> None:
    warning = Finding("c", "DK305", "draft", "read it", "birds", "warn")
    error = Finding("c", "DK201", "no card", "write it", "birds")
    assert "before it can be committed" not in added.text([DONE._replace(findings=(warning,))])
    assert "\n\nbefore it can be committed:\nc: DK201 no card\n" in added.text([DONE._replace(findings=(error,))])


def test_validations_show_every_check() -> None:
    assert added.validations([CHECKED]) == (
        "birds: b.csv\n"
        "  breaks its contract: 1 passed, 1 failed, 1 skipped\n"
        "    passed   id.type\n"
        "    failed   id.unique  1 row repeats\n"
        "    skipped  x          why\n"
    )
    assert added.validations([CHECKED._replace(results=())]) == (
        "birds: b.csv\n  read as a table, nothing more: its contract has no checks\n"
    )


def test_files_say_that_nothing_inside_them_is_checked() -> None:
    files = CHECKED._replace(rows=None, results=())
    plain = "recorded as files: their hashes and sizes are known, nothing inside them is checked"
    assert added.validations([files]) == f"birds: b.csv\n  {plain}\n"
    skipped = files._replace(results=(RESULTS[2],))
    assert added.validations([skipped]).startswith(f"birds: b.csv\n  {plain} (1 check skipped)\n")


def test_one_reason_of_many_checks_is_one_line() -> None:
    lost = [Result(f"c{n}", "failed", 1, 1, "no such column") for n in range(6)]
    warned = Result("w", "warned", 1, 1, "odd")
    checked = CHECKED._replace(results=(*lost, warned))
    assert added.text([DONE._replace(validation=checked, written=())]).splitlines()[2:] == [
        "    failed  c0, c1 and 4 more  no such column",
        "    warned  w                  odd",
    ]


def test_nothing() -> None:
    assert added.text([]) == "nothing to do: the data is what is recorded\n"
    assert added.validations([]) == "there is no dataset yet: record one with `datakit add PATH`\n"


def test_hostile_names_and_reasons_are_escaped() -> None:
    bad = "\x1b[31m"
    checked = CHECKED._replace(results=(Result(bad, "failed", 1, 1, bad),))
    said = added.text(
        [Added(bad, bad, "recorded", DATA, checked, (bad,), True, (bad,), (Finding(bad, "DK201", bad, bad),))]
    )
    assert "\x1b" not in said
    assert "\x1b[1;31mbreaks" in added.text([DONE._replace(validation=CHECKED)], Style(colour=True))


def test_what_was_left_out_is_named_where_nothing_was_done() -> None:
    left = [Finding("a.csv.dvc", "DK101", "has no record", "datakit add a.csv")]
    assert added.text([], left_out=left) == (
        "nothing to do: the data is what is recorded\nDVC tracks data that has no record yet:\n  datakit add a.csv\n"
    )
    assert added.text([]) == "nothing to do: the data is what is recorded\n"
