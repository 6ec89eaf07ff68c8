"""Data that is not the table that its name promises: recorded as files, on request and from then on."""

from __future__ import annotations

import pytest

import datakit
from datakit.errors import InvalidData, UsageError
from tests.support.datasets import BIRDS, CARD, record
from tests.support.repo import Repo

PATH = "data/raw/birds.csv"
CONTRACT = "catalog/birds/contract.odcs.yaml"
BROKEN = {
    "latin.csv": "id,name\n1,caf\xe9\n".encode("latin-1"),
    "ragged.csv": b"a,b\n1,2,3\n",
    "twice.csv": b"a,a\n1,2\n",
    "case.csv": b"id,ID\n1,2\n",
    "empty.csv": b"",
    "broken.json": b'[{"a": 1},\n',
}


@pytest.mark.parametrize("name", ["ragged.csv", "twice.csv", "case.csv", "empty.csv", "broken.json"])
def test_what_is_no_table_is_refused_with_the_way_to_record_it(project: Repo, name: str) -> None:
    path = f"data/raw/{name}"
    project.write({path: BROKEN[name]})
    with pytest.raises(InvalidData) as caught:
        datakit.add(path, root=project.path)
    assert caught.value.hint == f"mend the file; or record it as it is, unread: `datakit add --as files {path}`"


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_anything_is_recorded_as_files(project: Repo, name: str) -> None:
    path = f"data/raw/{name}"
    project.write({path: BROKEN[name]})
    (done,) = datakit.add(path, form="files", fields=CARD, root=project.path)
    assert (done.data.format, done.data.rows, done.data.size) == ("files", None, len(BROKEN[name]))
    assert done.validation is not None
    assert (done.validation.rows, done.validation.results) == (None, ())
    contract = project.read(f"catalog/{done.name}/contract.odcs.yaml")
    assert "  physicalType: files\n" in contract
    assert "datakit.reader" not in contract


def test_it_is_said_once(project: Repo) -> None:
    project.write({PATH: BROKEN["ragged.csv"]})
    datakit.add(PATH, form="files", root=project.path)
    project.write({PATH: BROKEN["twice.csv"]})
    (done,) = datakit.add("birds", root=project.path)
    assert (done.action, done.data.format) == ("updated", "files")
    (checked,) = datakit.validate("birds", root=project.path)
    assert (checked.rows, checked.results) == (None, ())


def test_checks_of_files_are_skipped_and_never_make_a_table_of_them(project: Repo) -> None:
    project.write({PATH: BROKEN["ragged.csv"]})
    datakit.add(PATH, form="files", root=project.path)
    project.write({CONTRACT: project.read(CONTRACT) + "  quality: [{metric: rowCount, mustBeGreaterThan: 0}]\n"})
    (done,) = datakit.validate("birds", root=project.path)
    assert [(r.id, r.outcome, r.reason) for r in done.results] == [("row_count", "skipped", "the data is not a table")]


def test_a_mended_file_becomes_a_table_on_request(project: Repo) -> None:
    project.write({PATH: BROKEN["ragged.csv"]})
    datakit.add(PATH, form="files", root=project.path)
    draft = project.read(CONTRACT)
    with pytest.raises(InvalidData, match="expected 2 columns, found 3"):
        datakit.add("birds", form="table", root=project.path)
    project.write({PATH: BIRDS, CONTRACT: draft.replace("status: draft", "status: active")})
    (done,) = datakit.add("birds", form="table", root=project.path)
    assert (done.data.format, done.data.rows) == ("csv", 3)
    assert record(project, "birds")["data"]["format"] == "csv"


def test_a_contract_that_a_person_wrote_stays(project: Repo) -> None:
    project.write({PATH: BIRDS})
    datakit.add(PATH, root=project.path)
    with pytest.raises(UsageError) as caught:
        datakit.add("birds", form="files", root=project.path)
    assert caught.value.message == "the contract of `birds` describes a table, not files"
    assert caught.value.hint == f"delete {CONTRACT}, then run the command again: a new one is drafted"
    project.write({PATH: BIRDS + "4,f\n"})
    with pytest.raises(InvalidData) as broken:
        datakit.add("birds", root=project.path)
    assert broken.value.hint == (
        f"mend the file; or delete {CONTRACT} and record it as it is, unread: `datakit add --as files {PATH}`"
    )
    (project.path / CONTRACT).unlink()
    datakit.add("birds", form="files", root=project.path)
    project.write({CONTRACT: project.read(CONTRACT) + "description: {purpose: ours}\n"})
    with pytest.raises(UsageError, match="describes files, not a table"):
        datakit.add("birds", form="table", root=project.path)


def test_what_has_no_name_of_a_table_cannot_be_read_as_one(project: Repo) -> None:
    project.write({"data/raw/notes.txt": "hello\n"})
    with pytest.raises(UsageError) as caught:
        datakit.add("data/raw/notes.txt", form="table", root=project.path)
    assert caught.value.message == "`data/raw/notes.txt` is not read as a table: its name does not promise one"
    assert caught.value.hint == "name it after its format: .csv, .tsv, .jsonl, .ndjson, .json, .parquet"
    with pytest.raises(UsageError, match="data is no `nonsense`"):
        datakit.add("data/raw/notes.txt", form="nonsense", root=project.path)  # type: ignore[arg-type]  # on purpose


def test_columns_that_nobody_described_are_noted(project: Repo) -> None:
    project.write({PATH: BIRDS})
    datakit.add(PATH, root=project.path)
    project.write({PATH: "id,sex,mass,wing,tail\n1,m,3.5,1,2\n"})
    (done,) = datakit.add("birds", root=project.path)
    assert done.notes == ("2 columns are not in the contract, so nothing checks them: `wing`, `tail`",)


def test_a_contract_that_does_not_say_how_the_file_is_read(project: Repo) -> None:
    text = "apiVersion: v3.1.0\nkind: DataContract\nid: birds\nversion: 1.0.0\nstatus: active\n"
    text += "schema: [{name: birds, properties: [{name: id, required: true}, {name: sex}, {name: mass}]}]\n"
    project.write({PATH: BIRDS, CONTRACT: text})
    (done,) = datakit.add(PATH, root=project.path)
    (note,) = done.notes
    start, end = "how the file is read was guessed, and is guessed anew each time: add `", f"` to {CONTRACT}"
    assert note.startswith(start)
    assert note.endswith(end)
    project.write({CONTRACT: text + note.removeprefix(start).removesuffix(end) + "\n"})
    (done,) = datakit.add(PATH, root=project.path)
    assert (done.notes, done.data.rows) == ((), 3)


def test_another_encoding_is_noted(project: Repo) -> None:
    project.write({PATH: BROKEN["latin.csv"]})
    (done,) = datakit.add(PATH, root=project.path)
    assert done.notes == (
        "the text is not UTF-8 and is read as windows-1252: if letters look wrong, set `encoding` in the contract",
    )
    assert "    encoding: windows-1252\n" in project.read(CONTRACT)
