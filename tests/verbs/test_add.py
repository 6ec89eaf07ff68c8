"""`add`: what it records of each kind of data, under which name, and that a second run changes nothing."""

from __future__ import annotations

import gzip
import json
import os

import pyarrow as pa
import pyarrow.parquet
import pytest

import datakit
from datakit.cli.app import run
from datakit.errors import InvalidData, UsageError
from datakit.report import added
from datakit.verbs.add import left_out
from tests.support.datasets import BIRDS, CARD, MORE_BIRDS, everything, md5, record
from tests.support.repo import Repo

ROWS = [{"id": 1, "sex": "m", "mass": 3.5}, {"id": 2, "sex": "f", "mass": None}, {"id": 3, "sex": "m", "mass": 4.5}]


def parquet() -> bytes:
    """Return the birds as Parquet."""
    sink = pa.BufferOutputStream()
    pa.parquet.write_table(pa.Table.from_pylist(ROWS), sink)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def remembered(repo: Repo) -> dict[str, object]:
    """Return every file but the memory of what was hashed, which may learn that a file rests now."""
    return {path: item for path, item in repo.snapshot().items() if not path.startswith(".datakit/stat/")}


class TestKinds:
    @pytest.mark.parametrize(
        ("name", "content", "form"),
        [
            ("birds.csv", BIRDS.encode(), "csv"),
            ("birds.csv.gz", gzip.compress(BIRDS.encode(), mtime=0), "csv"),
            ("birds.tsv", BIRDS.replace(",", "\t").encode(), "tsv"),
            ("birds.jsonl", "".join(json.dumps(row) + "\n" for row in ROWS).encode(), "jsonl"),
            ("birds.json", json.dumps(ROWS).encode(), "json"),
            ("birds.parquet", parquet(), "parquet"),
        ],
    )
    def test_a_table(self, project: Repo, name: str, content: bytes, form: str) -> None:
        project.write({f"data/raw/{name}": content})
        (done,) = datakit.add(f"data/raw/{name}", root=project.path)
        assert (done.name, done.action, done.path) == ("birds", "recorded", f"data/raw/{name}")
        assert (done.data.format, done.data.rows, done.data.columns) == (form, 3, 3)
        assert done.validation is not None
        assert done.validation.passed
        assert (done.data.md5, done.data.size, done.data.files) == (md5(content), len(content), 1)
        assert project.read(f"data/raw/{name}.dvc") == (
            f"outs:\n- md5: {md5(content)}\n  size: {len(content)}\n  hash: md5\n  path: {name}\n"
            "  meta:\n    datakit: birds\n"
        )
        assert set(record(project, "birds", "profile")["columns"]) == {"id", "sex", "mass"}
        assert (project.path / "data/raw" / name).read_bytes() == content

    @pytest.mark.parametrize(
        ("name", "content"),
        [("model.bin", b"\x00\x01"), ("notes.txt", b"plain\n"), ("config.json", b'{"a": 1}')],
    )
    def test_any_other_file(self, project: Repo, name: str, content: bytes) -> None:
        project.write({f"data/raw/{name}": content})
        (done,) = datakit.add(f"data/raw/{name}", root=project.path)
        assert (done.data.format, done.data.rows, done.data.columns) == ("files", None, None)
        assert done.validation is not None
        assert done.validation.results == ()
        assert not (project.path / f"catalog/{done.name}/profile.json").exists()

    def test_a_folder(self, project: Repo) -> None:
        project.write({"data/raw/imgs/a/1.png": b"1", "data/raw/imgs/2.png": b"22", "data/raw/imgs/b.csv": BIRDS})
        (project.path / "data/raw/imgs/none").mkdir()
        (done,) = datakit.add("data/raw/imgs", root=project.path)
        assert (done.data.format, done.data.files, done.data.size) == ("files", 3, 3 + len(BIRDS))
        assert done.data.md5.endswith(".dir")
        assert done.notes == ("empty folders are not recorded, DVC records files only: 1",)
        assert "nfiles: 3" in project.read("data/raw/imgs.dvc")

    def test_several_at_once(self, project: Repo) -> None:
        project.write({"data/raw/a.csv": BIRDS, "data/raw/b.csv": MORE_BIRDS})
        done = datakit.add("data/raw/a.csv", "data/raw/b.csv", root=project.path)
        assert [item.name for item in done] == ["a", "b"]
        assert project.read("dvc.yaml") == (
            "artifacts:\n  a: {path: data/raw/a.csv, type: dataset}\n  b: {path: data/raw/b.csv, type: dataset}\n"
        )

    def test_everything_is_staged_and_nothing_else(self, project: Repo) -> None:
        project.write({"data/raw/birds.csv": BIRDS, "code.py": "pass\n"})
        (done,) = datakit.add("data/raw/birds.csv", root=project.path)
        assert project.status() == [*(f"A  {path}" for path in done.written), "?? code.py"]
        assert done.staged

    def test_the_drafts_ask_for_what_only_people_know(self, project: Repo) -> None:
        project.write({"data/raw/birds.csv": BIRDS})
        (done,) = datakit.add("data/raw/birds.csv", root=project.path)
        assert [(item.code, item.level) for item in done.findings] == [("DK201", "error")] * 5 + [("DK305", "warn")]
        assert done.notes == ("missing values are written `NA`",)
        assert "size_categories" in project.read("catalog/birds/README.md")
        assert "status: draft" in project.read("catalog/birds/contract.odcs.yaml")

    def test_a_broken_contract_is_recorded_and_reported(self, project: Repo) -> None:
        project.write({"data/raw/birds.csv": BIRDS})
        datakit.add("data/raw/birds.csv", root=project.path, fields=CARD)
        project.write({"data/raw/birds.csv": f"{BIRDS}-4,f,1\n"})
        (done,) = datakit.add("birds", root=project.path)
        assert done.validation is not None
        assert not done.validation.passed
        assert {item.code for item in done.findings} == {"DK303", "DK305"}
        assert record(project, "birds", "receipt")["verdict"] == "failed"
        assert record(project, "birds")["data"]["rows"] == 4

    def test_a_contract_without_a_reader_is_still_held(self, project: Repo) -> None:
        project.write(
            {
                "data/raw/birds.csv": BIRDS,
                "catalog/birds/contract.odcs.yaml": "apiVersion: v3.1.0\nkind: DataContract\nid: birds\nversion: 1.0.0\n"
                "status: active\nschema:\n- name: birds\n  properties:\n  - {name: id, logicalType: integer, unique: true}\n"
                "  - {name: sex, logicalType: string}\n  - {name: mass, logicalType: string}\n",
            }
        )
        (done,) = datakit.add("data/raw/birds.csv", root=project.path)
        assert done.validation is not None
        assert ("id.unique", "passed") in {(result.id, result.outcome) for result in done.validation.results}
        assert (done.data.format, done.data.rows) == ("csv", 3)

    def test_checks_on_what_is_no_table_are_reported_as_skipped(self, project: Repo) -> None:
        project.write(
            {
                "data/raw/birds/a.bin": "x",
                "catalog/birds/contract.odcs.yaml": "apiVersion: v3.1.0\nkind: DataContract\nid: birds\nversion: 1.0.0\n"
                "status: active\nschema:\n- name: birds\n  properties:\n  - {name: id, required: true}\n",
            }
        )
        (done,) = datakit.add("data/raw/birds", root=project.path)
        assert done.validation is not None
        assert [(r.outcome, r.reason) for r in done.validation.results] == [("skipped", "the data is not a table")]

    def test_a_file_that_became_a_folder(self, project: Repo) -> None:
        project.write({"data/raw/birds.csv": BIRDS})
        datakit.add("data/raw/birds.csv", root=project.path)
        (project.path / "data/raw/birds.csv").unlink()
        project.write({"data/raw/birds.csv/part": BIRDS})
        with pytest.raises(InvalidData) as caught:
            datakit.add("birds", root=project.path)
        assert caught.value.message == "`data/raw/birds.csv` is a folder, its contract describes a csv table"


class TestValidationLeftOut:
    def test_the_shape_is_unknown_then(self, project: Repo) -> None:
        project.write({"data/raw/birds.csv": BIRDS})
        (done,) = datakit.add("data/raw/birds.csv", root=project.path, validate=False)
        assert (done.data.format, done.data.rows, done.data.columns) == ("csv", None, None)
        assert done.validation is None
        assert not (project.path / "catalog/birds/receipt.json").exists()
        assert "DK301" in {item.code for item in done.findings}

    def test_the_shape_of_the_same_bytes_stays_known(self, project: Repo) -> None:
        project.write({"data/raw/birds.csv": BIRDS})
        datakit.add("data/raw/birds.csv", root=project.path)
        before = everything(project)
        (done,) = datakit.add("birds", root=project.path, validate=False)
        assert (done.action, done.data.rows) == ("unchanged", 3)
        assert everything(project) == before

    def test_validating_afterwards_completes_the_record(self, project: Repo) -> None:
        project.write({"data/raw/birds.csv": BIRDS})
        datakit.add("data/raw/birds.csv", root=project.path, validate=False)
        (done,) = datakit.add("birds", root=project.path)
        assert (done.action, done.data.rows) == ("updated", 3)


class TestNames:
    @pytest.mark.parametrize(
        ("path", "name"),
        [
            ("data/raw/My Birds (2024).csv", "my-birds-2024"),
            ("data/raw/no.csv", "no-data"),
            ("data/raw/日本.csv", "dataset"),
            ("data/raw/a@b.csv", "a-b"),
            ("data/raw/-x.csv", "x"),
            ('data/raw/it\'s "quoted".csv', "it-s-quoted"),
            ("data/raw/two\nlines.csv", "two-lines"),
            ("data/raw/#hash?.csv", "hash"),
            ("data/raw/[a]*.csv", "a"),
        ],
    )
    def test_comes_from_the_file_however_odd(self, project: Repo, path: str, name: str) -> None:
        project.write({path: BIRDS})
        (done,) = datakit.add(f"./{path}", root=project.path)
        assert done.name == name
        assert datakit.check(name, root=project.path, select=["DK1", "DK3", "DK6"]) == done.findings[-1:]
        assert project.git("ls-files", "data/raw", "-z").split("\0")[0] == f"{path}.dvc"
        assert "up to date" in project.dvc("status")
        (again,) = datakit.add(name, root=project.path)
        assert again.action == "unchanged"

    def test_is_as_asked(self, project: Repo) -> None:
        project.write({"data/raw/x.csv": BIRDS})
        (done,) = datakit.add("data/raw/x.csv", name="birds", root=project.path)
        assert done.name == "birds"
        assert datakit.add("data/raw/x.csv", root=project.path)[0].name == "birds"

    def test_is_the_one_that_dvc_yaml_has(self, project: Repo) -> None:
        project.write({"data/raw/x.csv": BIRDS, "dvc.yaml": "artifacts:\n  zoo:\n    path: data/raw/x.csv # ours\n"})
        (done,) = datakit.add("data/raw/x.csv", root=project.path)
        assert done.name == "zoo"
        assert project.read("dvc.yaml") == "artifacts:\n  zoo:\n    path: data/raw/x.csv # ours\n"

    def test_of_another_dataset_is_refused(self, project: Repo) -> None:
        project.write({"data/raw/a/train.csv": BIRDS, "data/raw/b/train.csv": MORE_BIRDS})
        datakit.add("data/raw/a/train.csv", root=project.path)
        before = everything(project)
        for gone in (False, True):
            if gone:  # not pulled: its pointer is there all the same
                (project.path / "data/raw/a/train.csv").unlink()
                del before["data/raw/a/train.csv"]
            with pytest.raises(UsageError) as caught:
                datakit.add("data/raw/b/train.csv", root=project.path)
            assert caught.value.message == "`train` is the dataset of `data/raw/a/train.csv`"
            assert caught.value.hint == ("choose another: `datakit add data/raw/b/train.csv --name data-raw-b-train`")
            assert everything(project) == before

    def test_does_not_change_by_option(self, project: Repo) -> None:
        project.write({"data/raw/x.csv": BIRDS})
        datakit.add("data/raw/x.csv", root=project.path)
        with pytest.raises(UsageError) as caught:
            datakit.add("data/raw/x.csv", name="birds", root=project.path)
        assert caught.value.message == "`data/raw/x.csv` is recorded as `x` already"

    @pytest.mark.parametrize("name", ["Reviews", "", "2024", "con", "a" * 65, "../x", "a/b"])
    def test_that_cannot_be_a_name_is_refused(self, project: Repo, name: str) -> None:
        project.write({"data/raw/x.csv": BIRDS})
        with pytest.raises(UsageError, match="cannot name a dataset"):
            datakit.add("data/raw/x.csv", name=name, root=project.path)

    def test_names_one_dataset(self, project: Repo) -> None:
        with pytest.raises(UsageError) as caught:
            datakit.add("a", "b", name="x", root=project.path)
        assert (caught.value.message, caught.value.hint) == (
            "`--name` names one dataset",
            "add one path or URL at a time",
        )

    def test_a_moved_dataset_keeps_its_name(self, project: Repo) -> None:
        project.write({"data/raw/x.csv": BIRDS})
        datakit.add("data/raw/x.csv", name="birds", fields=CARD, root=project.path)
        project.commit("one")
        project.dvc("mv", "data/raw/x.csv", "data/processed/y.csv")
        (done,) = datakit.add("data/processed/y.csv", root=project.path)
        assert (done.name, done.action) == ("birds", "updated")
        assert record(project, "birds")["path"] == "data/processed/y.csv"
        assert project.read("dvc.yaml") == "artifacts:\n  birds: {path: data/processed/y.csv, type: dataset}\n"


class TestAgain:
    def test_changes_nothing(self, project: Repo) -> None:
        project.write({"data/raw/birds.csv": BIRDS, "data/raw/imgs/1": b"1", "models/m.bin": b"m"})
        words = ("data/raw/birds.csv", "data/raw/imgs", "models/m.bin")
        datakit.add(*words, fields=CARD, root=project.path)
        before, index = remembered(project), (project.path / ".git/index").read_bytes()
        for asked in (words, ("birds", "imgs", "m"), ("data/raw/birds.csv.dvc",)):
            done = datakit.add(*asked, root=project.path)
            assert {item.action for item in done} == {"unchanged"}
            assert {item.written for item in done} == {()}
            assert remembered(project) == before
            assert (project.path / ".git/index").read_bytes() == index
        assert datakit.add(root=project.path) == ()

    def test_says_so(self, project: Repo) -> None:
        project.write({"data/raw/birds.csv": BIRDS})
        datakit.add("data/raw/birds.csv", fields=CARD, root=project.path)
        assert added.text(datakit.add("birds", root=project.path)) == (
            "unchanged birds: data/raw/birds.csv, 35 B, 3 rows x 3 columns\n"
            "  keeps its contract: 8 passed\n"
            "\n"
            "catalog/birds/contract.odcs.yaml: DK305 warning: the contract is still a draft, inferred from the data that it judges\n"
            "\n"
            "to mend:\n"
            "  read catalog/birds/contract.odcs.yaml, then set `status: active`\n"
            "1 warning\n"
        )
        assert added.text(datakit.add(root=project.path)) == "nothing to do: the data is what is recorded\n"

    def test_without_arguments_finds_what_changed_and_skips_what_is_absent(self, project: Repo) -> None:
        project.write({"data/raw/a.csv": BIRDS, "data/raw/b.csv": BIRDS, "data/raw/c.csv": BIRDS})
        datakit.add("data/raw/a.csv", "data/raw/b.csv", "data/raw/c.csv", root=project.path)
        project.write({"data/raw/b.csv": MORE_BIRDS})
        (project.path / "data/raw/c.csv").unlink()
        done = datakit.add(root=project.path)
        assert [(item.name, item.action) for item in done] == [("b", "updated")]

    def test_touching_the_data_changes_nothing(self, project: Repo) -> None:
        project.write({"data/raw/a.csv": BIRDS})
        datakit.add("data/raw/a.csv", root=project.path)
        os.utime(project.path / "data/raw/a.csv", (1, 1))
        before = everything(project)
        assert datakit.add("a", root=project.path)[0].action == "unchanged"
        assert everything(project) == before

    def test_edits_of_card_and_contract_are_staged(self, project: Repo) -> None:
        project.write({"data/raw/a.csv": BIRDS})
        datakit.add("data/raw/a.csv", root=project.path, fields=CARD)
        project.commit("one")
        path = "catalog/a/contract.odcs.yaml"
        project.write({path: project.read(path).replace("status: draft", "status: active")})
        (done,) = datakit.add("a", root=project.path)
        assert (done.action, done.written) == ("unchanged", ())  # it enforces what it did before
        assert project.status() == [f"M  {path}"]
        assert done.findings == ()

    def test_a_contract_that_demands_something_else_is_a_change(self, project: Repo) -> None:
        project.write({"data/raw/a.csv": BIRDS})
        datakit.add("data/raw/a.csv", root=project.path, fields=CARD)
        path = "catalog/a/contract.odcs.yaml"
        project.write({path: f"{project.read(path)}# read\n"})
        assert datakit.add(root=project.path) == ()  # nothing that is enforced
        project.write({path: project.read(path).replace("mustBeGreaterThan: 0", "mustBeGreaterThan: 1")})
        assert datakit.add(validate=False, root=project.path) == ()
        (done,) = datakit.add(root=project.path)
        assert (done.name, done.action, done.written) == ("a", "updated", ("catalog/a/receipt.json",))
        assert datakit.add(root=project.path) == ()


class TestLeftOut:
    """What `add` without arguments does not look at is told, and stays as it is."""

    def test_data_that_dvc_tracks_and_nothing_records(
        self, project: Repo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(project.path)
        project.write({"data/raw/a b.csv": BIRDS, "models/m.bin": "x"})
        project.dvc("add", "data/raw/a b.csv", "models/m.bin")
        before = project.snapshot()
        assert run(["add"]) == 0
        assert capsys.readouterr().out == (
            "nothing to do: the data is what is recorded\nDVC tracks data that has no record yet:\n  datakit add 'data/raw/a b.csv'\n"
        )
        assert project.snapshot() == before

    def test_nothing_is_told_where_something_was_asked_for_or_done(self, project: Repo) -> None:
        project.write({"data/raw/a.csv": BIRDS, "data/raw/b.csv": BIRDS})
        project.dvc("add", "data/raw/b.csv")
        done = datakit.add("data/raw/a.csv", root=project.path)
        assert left_out(["data/raw/a.csv"], done, root=project.path) == left_out(None, done, root=project.path) == ()
        assert [finding.hint for finding in left_out(None, (), root=project.path)] == ["datakit add data/raw/b.csv"]
