"""`release`: what is registered is what GTO and DVC read, and the number is measured."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import datakit
from datakit.errors import EnvironmentProblem, UsageError
from datakit.report import released as report
from tests.support.clones import FOLDER, TABLE, files
from tests.support.datasets import BIRDS, MORE_BIRDS, everything, md5
from tests.support.releases import agree, recorded
from tests.support.repo import Repo


def message(repo: Repo, tag: str) -> str:
    """Return what a tag says."""
    return repo.git("cat-file", "tag", tag).partition("\n\n")[2] + "\n"


class TestFirst:
    def test_is_v1(self, ready: Repo) -> None:
        before = everything(ready)
        done = datakit.release("birds", note="For the paper.\n# as submitted", root=ready.path)
        assert (done.name, done.version, done.former, done.level, done.differences) == (
            "birds",
            "v1.0.0",
            None,
            None,
            (),
        )
        assert (done.tag, done.commit) == ("birds@v1.0.0", ready.git("rev-parse", "HEAD"))
        assert (done.registered, done.remotes, done.sent, done.published) == (True, (), (), None)
        assert message(ready, "birds@v1.0.0") == done.notes
        assert done.notes == (
            f"birds v1.0.0\n\nFor the paper.\n# as submitted\n\nmd5: {md5(BIRDS)}\n"
            f"sha256: {json.loads(ready.read('catalog/birds/manifest.json'))['data']['sha256']}\n"
            f"size: {len(BIRDS)}\nfiles: 1\nformat: csv\nrows: 3\ncolumns: 3\n"
        )
        changed = {path for path, item in everything(ready).items() if before.get(path) != item}
        assert changed == {".git/refs/tags/birds@v1.0.0"}
        assert report.text(done) == (
            f"birds@v1.0.0 at {done.commit[:10]}\nto publish it: datakit push birds && git push --follow-tags\n"
        )

    def test_it_is_a_version_for_every_verb(self, ready: Repo, tmp_path: Path) -> None:
        datakit.release("birds", root=ready.path)
        recorded(ready, MORE_BIRDS)
        datakit.release("birds", root=ready.path)
        assert datakit.show("birds@^1", root=ready.path).versions == ("v1.0.0", "v1.1.0")
        assert [item.versions for item in datakit.log("birds", root=ready.path)] == [("v1.1.0",), ("v1.0.0",)]
        datakit.pull("birds@v1.0.0", to=tmp_path / "old.csv", root=ready.path)
        assert (tmp_path / "old.csv").read_text() == BIRDS

    def test_a_dry_run_does_nothing(self, ready: Repo) -> None:
        before = everything(ready)
        done = datakit.release("birds", dry_run=True, push=True, root=ready.path)
        assert (done.version, done.registered, done.sent, done.published) == ("v1.0.0", False, (), None)
        assert everything(ready) == before
        assert not (ready.path.parent / "storage").exists()
        said = report.text(done).splitlines()
        assert said[1:3] == ["  | birds v1.0.0", "  |"]
        assert said[-1] == "nothing was done: this was a dry run"

    def test_no_step_is_asked_of_it(self, ready: Repo) -> None:
        with pytest.raises(UsageError) as caught:
            datakit.release("birds", bump="minor", root=ready.path)
        assert caught.value.message == "the first version of `birds` is v1.0.0, whatever the step"
        assert ready.git("tag") == ""


class TestForOthers:
    def test_gto_and_dvc_read_it(self, ready: Repo, tmp_path: Path) -> None:
        datakit.release("birds", push=True, root=ready.path)
        recorded(ready, MORE_BIRDS)
        datakit.release("birds", push=True, root=ready.path)
        datakit.release("photos", push=True, root=ready.path)
        shown = subprocess.run(
            [sys.executable, "-m", "gto.cli", "show", "--json"], cwd=ready.path, capture_output=True, check=True
        )
        latest = {name: item["version"] for name, item in json.loads(shown.stdout).items()}
        assert latest == {"birds": "v1.1.0", "photos": "v1.0.0"}
        listed = subprocess.run(
            [sys.executable, "-m", "gto.cli", "history", "--json"], cwd=ready.path, capture_output=True, check=True
        )
        events = [item for item in json.loads(listed.stdout) if item["event"] == "registration"]
        assert {(item["artifact"], item["version"]) for item in events} == {
            ("birds", "v1.0.0"), ("birds", "v1.1.0"), ("photos", "v1.0.0"),
        }  # fmt: skip
        shutil.rmtree(ready.path / ".dvc/cache")
        shared = str(ready.path.parent / "bare.git")
        user = Repo(tmp_path / "user")
        ready.git("clone", "--quiet", shared, str(tmp_path / "clone"))
        for version, rows in (("v1.0.0", BIRDS), ("v1.1.0", MORE_BIRDS)):
            user.dvc("artifacts", "get", str(tmp_path / "clone"), "birds", "--rev", version, "-o", f"{version}.csv")
            assert user.read(f"{version}.csv") == rows
        user.dvc("artifacts", "get", str(tmp_path / "clone"), "photos", "--rev", "v1.0.0", "-o", "photos")
        assert files(user.path / "photos") == files(ready.path / FOLDER)

    def test_a_version_that_gto_registered_counts(self, ready: Repo) -> None:
        subprocess.run(
            [sys.executable, "-m", "gto.cli", "register", "birds", "--version", "v0.3.0"],
            cwd=ready.path,
            capture_output=True,
            check=True,
        )
        recorded(ready, BIRDS[: -len("3,m,4.5\n")], "one was a duplicate")
        done = datakit.release("birds", root=ready.path)
        assert (done.former, done.level, done.version) == ("v0.3.0", "major", "v0.4.0")


class TestMeasured:
    def test_more_rows(self, ready: Repo) -> None:
        datakit.release("birds", root=ready.path)
        recorded(ready, MORE_BIRDS)
        commit = recorded(ready, MORE_BIRDS.replace("5.5", "6.5"), "mass was weighed\x1b[31m again")
        done = datakit.release("birds", root=ready.path)
        assert (done.former, done.level, done.version) == ("v1.0.0", "minor", "v1.1.0")
        assert [tuple(item) for item in done.differences] == [
            ("minor", "1 row more: 3 -> 4 (counted, not compared row by row)")
        ]
        assert (
            "\n\nMeasured since v1.0.0:\n- minor: 1 row more: 3 -> 4 (counted, not compared row by row)\n\nChanges of the data since v1.0.0:\n"
            r"- mass was weighed\x1b[31m again (Ann Author <ann@example.org>, 20"
        ) in done.notes
        assert f", {commit[:10]})\n- more were caught (Ann" in done.notes
        assert report.text(done).startswith(
            f"birds@v1.1.0 at {commit[:10]}: minor since v1.0.0\n  minor  1 row more: 3 -> 4 (counted, not compared row by row)\n"
        )

    def test_a_column_is_gone(self, ready: Repo) -> None:
        datakit.release("birds", root=ready.path)
        path = "catalog/birds/contract.odcs.yaml"
        ready.write({TABLE: "id,sex\n1,m\n2,f\n3,m\n"})
        (ready.path / path).unlink()
        datakit.add("birds", note="masses were wrong", root=ready.path)
        ready.write({path: ready.read(path).replace("status: draft", "status: active")})
        ready.commit("second")
        done = datakit.release("birds", root=ready.path)
        assert (done.level, done.version) == ("major", "v2.0.0")
        assert done.differences[0].what == "column `mass` is gone"

    @pytest.mark.parametrize("described", [True, False])
    def test_a_column_that_was_renamed(self, ready: Repo, *, described: bool) -> None:
        path = "catalog/birds/contract.odcs.yaml"
        if not described:
            text = ready.read(path)
            start = text.index("  - name: mass")
            ready.write({path: text[:start] + text[text.index("  quality:", start) :]})
            datakit.add("birds", root=ready.path)
            ready.commit("mass is not promised")
        datakit.release("birds", root=ready.path)
        ready.write({path: ready.read(path).replace("name: mass", "name: grams")})
        recorded(ready, BIRDS.replace("mass", "grams"))
        done = datakit.release("birds", root=ready.path)
        assert done.version == "v2.0.0"
        assert [item.what for item in done.differences][:2] == ["column `mass` is gone", "column `grams` is new"]

    def test_a_column_that_was_renamed_and_not_looked_at(self, ready: Repo) -> None:
        severity = "severity: {DK301: warn, DK302: warn, DK303: warn}\n"
        ready.write({"datakit.yaml": ready.read("datakit.yaml") + severity})
        ready.commit("lax")
        datakit.release("birds", root=ready.path)
        ready.write({TABLE: BIRDS.replace("mass", "grams")})
        datakit.add("birds", note="renamed", validate=False, root=ready.path)
        ready.commit("renamed")
        done = datakit.release("birds", root=ready.path)
        assert (done.version, done.differences[0].what) == (
            "v2.0.0",
            "the columns were not compared: the new version has no profile of its data",
        )

    def test_files_of_a_folder(self, ready: Repo) -> None:
        datakit.release("photos", root=ready.path)
        (ready.path / f"{FOLDER}/m/1.png").unlink()
        ready.write({f"{FOLDER}/m/3.png": "three", f"{FOLDER}/m/4.png": "four"})
        datakit.add("photos", note="one was blurred", root=ready.path)
        ready.commit("second")
        done = datakit.release("photos", root=ready.path)
        assert [tuple(item) for item in done.differences] == [
            ("major", "gone: m/1.png"),
            ("minor", "1 file more: 3 -> 4"),
            ("minor", "new: m/3.png, m/4.png"),
        ]
        assert done.version == "v2.0.0"

    def test_words_are_a_patch(self, ready: Repo) -> None:
        datakit.release("birds", root=ready.path)
        ready.write({"catalog/birds/README.md": ready.read("catalog/birds/README.md") + "\nAnd one line more.\n"})
        ready.commit("card")
        done = datakit.release("birds", root=ready.path)
        assert (done.version, [item.what for item in done.differences]) == ("v1.0.1", ["README.md changed"])

    def test_a_larger_step_is_allowed(self, ready: Repo) -> None:
        datakit.release("birds", root=ready.path)
        recorded(ready, MORE_BIRDS)
        assert datakit.release("birds", bump="major", root=ready.path).version == "v2.0.0"

    def test_a_smaller_step_is_refused(self, ready: Repo) -> None:
        datakit.release("birds", root=ready.path)
        recorded(ready, MORE_BIRDS)
        with pytest.raises(UsageError) as caught:
            datakit.release("birds", bump="patch", root=ready.path)
        assert caught.value.message == (
            "`--bump patch` is too small for what changed since v1.0.0, expected minor: 1 row more: 3 -> 4 (counted, not compared row by row)"
        )
        assert caught.value.hint == "`--bump minor`, or leave it out"
        assert ready.git("tag") == "birds@v1.0.0"

    def test_a_version_of_another_branch_is_the_one_before(self, ready: Repo) -> None:
        datakit.release("birds", root=ready.path)
        ready.git("switch", "--quiet", "-c", "other")
        recorded(ready, MORE_BIRDS)
        datakit.release("birds", root=ready.path)
        ready.git("switch", "--quiet", "main")
        datakit.pull("birds", root=ready.path)
        recorded(ready, BIRDS.replace("3.5", "3.6"), "a typo")
        done = datakit.release("birds", root=ready.path)
        assert (done.former, done.version) == ("v1.1.0", "v2.0.0")
        assert [item.what for item in done.differences] == ["1 row fewer: 4 -> 3 (counted, not compared row by row)"]

    def test_a_number_that_was_used_is_never_used_again(self, ready: Repo) -> None:
        datakit.release("birds", root=ready.path)
        for tag in ("birds@v1.1.0", "birds@v1.1.0!", "birds@v2.0.0-rc.1"):
            ready.git("tag", "-a", "-m", "by hand", tag)
        recorded(ready, MORE_BIRDS)
        done = datakit.release("birds", root=ready.path)
        assert (done.former, done.version) == ("v1.0.0", "v2.0.0")

    def test_what_cannot_be_measured_needs_a_step(self, ready: Repo) -> None:
        ready.git("tag", "-a", "-m", "before datakit", "birds@v1.0.0", "HEAD~1")
        with pytest.raises(UsageError) as caught:
            datakit.release("birds", root=ready.path)
        assert caught.value.message == (
            "what changed since v1.0.0 cannot be measured: its records cannot be read, or it was taken back"
        )
        done = datakit.release("birds", bump="minor", root=ready.path)
        assert (done.former, done.level, done.version) == ("v1.0.0", None, "v1.1.0")
        assert report.text(done).startswith(f"birds@v1.1.0 at {done.commit[:10]}, after v1.0.0\n")


class TestSplits:
    def test_they_are_measured_sent_and_required(self, ready: Repo) -> None:
        datakit.release("birds", push=True, root=ready.path)
        datakit.split("birds", into="train=0.5,test=0.5", key=["id"], root=ready.path)
        ready.write({"datakit.yaml": ready.read("datakit.yaml") + "remotes: {require: [storage]}\n"})
        ready.commit("split")
        with pytest.raises(EnvironmentProblem) as caught:
            datakit.release("birds", root=ready.path)
        assert caught.value.details[0].startswith("catalog/birds/splits/default.parquet: object ")
        done = datakit.release("birds", push=True, root=ready.path)
        assert (done.version, [item.what for item in done.differences]) == ("v1.1.0", ["split `default` is new"])
        assert [(item.uploaded, item.present) for item in done.sent] == [(1, 1)]

    def grown(self, repo: Repo, rows: int = 40) -> str:
        """Release forty birds with a split; return their table."""
        table = "id,sex,mass\n" + "".join(f"{at},{'mf'[at % 2]},{at}.5\n" for at in range(1, rows + 1))
        recorded(repo, table)
        datakit.split("birds", into="train=0.5,test=0.5", key=["id"], root=repo.path)
        repo.commit("split")
        datakit.release("birds", root=repo.path)
        return table

    def test_rows_that_are_gone_are_a_major_step_whatever_came(self, ready: Repo) -> None:
        lines = self.grown(ready).splitlines(keepends=True)
        recorded(ready, "".join([lines[0], *lines[3:], *(f"{at},m,{at}.5\n" for at in range(50, 60))]))
        done = datakit.release("birds", root=ready.path)
        assert (done.level, done.version) == ("major", "v2.0.0")
        assert [tuple(item) for item in done.differences][:2] == [
            ("major", "2 rows are gone, by the key `id`: 40 -> 48 in all"),
            ("minor", "10 rows are new, by the key `id`: 40 -> 48 in all"),
        ]

    def test_rows_that_are_new_and_values_that_changed(self, ready: Repo) -> None:
        table = self.grown(ready)
        recorded(ready, table.replace("7.5", "8.5"))
        done = datakit.release("birds", dry_run=True, root=ready.path)
        assert [tuple(item) for item in done.differences] == [
            ("minor", "values changed; no row is gone or new, by the key `id`")
        ]
        recorded(ready, f"{table}99,m,3.5\n")
        done = datakit.release("birds", root=ready.path)
        assert (done.level, done.differences[0].what) == ("minor", "1 row is new, by the key `id`: 40 -> 41 in all")

    def test_rows_that_moved_by_the_same_recipe(self, ready: Repo) -> None:
        self.grown(ready)
        recipe, record = (f"catalog/birds/splits/default.{suffix}" for suffix in ("yaml", "json"))
        ready.write({recipe: ready.read(recipe) + "time: mass\n"})
        datakit.split("birds", root=ready.path)
        ready.commit("by time")
        datakit.release("birds", root=ready.path)
        recorded(ready, ready.read(TABLE) + "".join(f"{at},m,{at}.5\n" for at in range(41, 61)))
        datakit.split("birds", anew=True, root=ready.path)
        ready.commit("anew")
        done = datakit.release("birds", root=ready.path)
        assert json.loads(ready.read(record))["parts"]["train"]["rows"] == 30
        assert done.differences[0] == ("major", "10 rows of split `default` changed the part")

    def test_a_membership_from_the_remote_or_from_nowhere(self, ready: Repo) -> None:
        table = self.grown(ready)
        datakit.push("birds", root=ready.path)
        old = ready.path / ".dvc/cache/files/md5"
        name = json.loads(ready.read("catalog/birds/splits/default.json"))["membership"]
        recorded(ready, f"{table}99,m,3.5\n")
        (old / name[:2] / name[2:]).unlink()
        done = datakit.release("birds", dry_run=True, root=ready.path)
        assert done.differences[0].what == "1 row is new, by the key `id`: 40 -> 41 in all"
        (old / name[:2] / name[2:]).unlink()
        shutil.rmtree(ready.path.parent / "storage")
        done = datakit.release("birds", dry_run=True, root=ready.path)
        assert done.differences[0].what == "1 row more: 40 -> 41 (counted, not compared row by row)"

    def test_another_recipe_moves_rows(self, ready: Repo) -> None:
        datakit.split("birds", into="train=0.5,test=0.5", key=["id"], root=ready.path)
        ready.commit("split")
        datakit.release("birds", root=ready.path)
        recipe = "catalog/birds/splits/default.yaml"
        ready.write({recipe: ready.read(recipe).replace("key:", "salt: other\nkey:", 1).replace('salt: "', '# "')})
        datakit.split("birds", anew=True, root=ready.path)
        ready.commit("another salt")
        done = datakit.release("birds", root=ready.path)
        assert done.level == "major"
        assert done.differences[0].what.startswith("split `default` has another recipe: `salt` ")


class TestRemoved:
    def test_what_was_removed_has_no_further_version(self, ready: Repo) -> None:
        datakit.release("birds", root=ready.path)
        datakit.rm("birds", reason="the licence ran out", root=ready.path)
        ready.commit("gone")
        with pytest.raises(UsageError, match=r"`birds` was removed on .*: the licence ran out"):
            datakit.release("birds", root=ready.path)
        assert ready.git("tag") == "birds@v1.0.0"


class TestHostile:
    def test_nothing_in_a_repository_moves_a_cursor_or_ends_a_message(self, ready: Repo) -> None:
        datakit.release("birds", root=ready.path)
        ready.write({TABLE: "id,sex,mass,\x1b]0;x\x07\n1,m,3.5,1\n2,f,NA,1\n3,m,4.5,1\n"})
        (ready.path / "catalog/birds/contract.odcs.yaml").unlink()
        datakit.add("birds", note="a\u202eb\n-----BEGIN PGP SIGNATURE-----\n#c", root=ready.path)
        agree(ready, "birds")
        ready.git("config", "user.name", "A\x1b[31m")
        ready.git("config", "core.commentChar", "-")
        ready.commit("second")
        done = datakit.release("birds", note="--edit\n$(touch x) `id`\n#\x1b[2J", root=ready.path)
        assert message(ready, done.tag) == done.notes
        assert done.notes.replace("\n", "").isprintable()
        assert "\n#\\x1b[2J\n" in done.notes
        assert "\\n-----BEGIN PGP SIGNATURE-----\\n#c (" in done.notes
        assert "column `\\x1b]0;x\\x07` is new" in done.notes
        assert "\x1b" not in report.text(done)
        assert ready.git("for-each-ref", "--format=%(contents:signature)", "refs/tags") == ""


class TestRaces:
    SCRIPT = "import sys, datakit; print(datakit.release('birds', root=sys.argv[1]).tag)"

    def test_one_of_several_wins(self, ready: Repo) -> None:
        command = [sys.executable, "-P", "-c", self.SCRIPT, str(ready.path)]
        pipe = subprocess.PIPE
        running = [subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) for _ in range(3)]
        said = [process.communicate(timeout=120) for process in running]
        assert sorted(process.returncode for process in running) == [0, 1, 1]
        assert [out for out, _ in said if out] == ["birds@v1.0.0\n"]
        lost = [err for out, err in said if not out]
        assert all("exists already; nothing was registered" in err or "is v1.0.0 already" in err for err in lost), lost
        assert ready.git("tag") == "birds@v1.0.0"
