"""`add` beside DVC: the same pointers, and every command of DVC that works afterwards as it did before."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

import datakit
from datakit.errors import EnvironmentProblem
from tests.support.datasets import BIRDS, CARD, MORE_BIRDS, everything, md5, record
from tests.support.repo import Repo, copied

PATH = "data/raw/birds.csv"
FOLDER = {"data/raw/imgs/a/1.png": b"1", "data/raw/imgs/2.png": b"22", "data/raw/imgs/ü.txt": b"x"}
META = "  meta:\n    datakit: {}\n"


class TestBytes:
    @pytest.mark.parametrize(
        ("files", "target", "name"),
        [
            ({PATH: BIRDS}, PATH, "birds"),
            (FOLDER, "data/raw/imgs", "imgs"),
            ({"data/raw/it's: 1.bin": b"x"}, "data/raw/it's: 1.bin", "it-s-1"),
        ],
    )
    def test_are_those_of_dvc_add_and_a_name(
        self, project: Repo, tmp_path: Path, files: dict[str, str | bytes], target: str, name: str
    ) -> None:
        project.write(files)
        twin = copied(project.path, tmp_path / "twin")
        twin.dvc("add", "--no-relink", target)
        datakit.add(target, root=project.path)
        assert project.read(f"{target}.dvc") == twin.read(f"{target}.dvc") + META.format(name)
        assert _cached(project) == _cached(twin)

    def test_of_an_executable_file(self, project: Repo, tmp_path: Path) -> None:
        project.write({"data/raw/run.bin": b"#!"})
        (project.path / "data/raw/run.bin").chmod(0o755)
        twin = copied(project.path, tmp_path / "twin")
        twin.dvc("add", "--no-relink", "data/raw/run.bin")
        datakit.add("data/raw/run.bin", root=project.path)
        assert project.read("data/raw/run.bin.dvc") == twin.read("data/raw/run.bin.dvc") + META.format("run")
        assert "isexec: true" in project.read("data/raw/run.bin.dvc")

    def test_of_changed_data_are_those_of_dvc_add(self, project: Repo, tmp_path: Path) -> None:
        project.write({PATH: BIRDS})
        datakit.add(PATH, root=project.path)
        project.write({PATH: MORE_BIRDS})
        twin = copied(project.path, tmp_path / "twin")
        twin.dvc("add", "--no-relink", PATH)
        datakit.add(PATH, root=project.path)
        assert project.read(f"{PATH}.dvc") == twin.read(f"{PATH}.dvc")

    def test_keep_comments_and_other_keys(self, project: Repo) -> None:
        project.write({PATH: BIRDS})
        project.dvc("add", PATH)
        kept = project.read(f"{PATH}.dvc")
        project.write({f"{PATH}.dvc": f"# counted by hand\n{kept}  desc: our birds # really\n  meta:\n    mine: 1\n"})
        project.write({PATH: MORE_BIRDS})
        datakit.add(PATH, root=project.path)
        assert project.read(f"{PATH}.dvc") == (
            f"# counted by hand\nouts:\n- md5: {md5(MORE_BIRDS)}\n  size: {len(MORE_BIRDS)}\n  hash: md5\n  path: birds.csv\n"
            "  desc: our birds # really\n  meta:\n    mine: 1\n    datakit: birds\n"
        )

    def test_of_dvc_2_are_hashed_anew(self, project: Repo) -> None:
        project.write({PATH: BIRDS.replace("\n", "\r\n")})
        project.write({f"{PATH}.dvc": f"outs:\n- md5: {md5(BIRDS)}\n  size: {len(BIRDS) + 4}\n  path: birds.csv\n"})
        (done,) = datakit.add(PATH, root=project.path)
        real = md5(BIRDS.replace("\n", "\r\n"))
        assert done.data.md5 == real
        assert project.read(f"{PATH}.dvc").startswith(f"outs:\n- md5: {real}\n")
        assert "hash: md5" in project.read(f"{PATH}.dvc")
        assert "up to date" in project.dvc("status")

    def test_of_several_outs_in_one_file(self, project: Repo) -> None:
        project.write({"data/raw/a.csv": BIRDS, "data/raw/b.csv": MORE_BIRDS})
        both = "".join(
            f"- md5: {md5(text)}\n  size: {len(text)}\n  hash: md5\n  path: {name}.csv\n"
            for name, text in (("a", BIRDS), ("b", MORE_BIRDS))
        )
        project.write({"data/raw/all.dvc": f"outs:\n{both}"})
        done = datakit.add("data/raw/a.csv", "data/raw/b.csv", root=project.path)
        assert [item.name for item in done] == ["a", "b"]
        assert project.read("data/raw/all.dvc").count("datakit:") == 2
        assert record(project, "b")["pointer"] == "data/raw/all.dvc"
        assert not (project.path / "data/raw/a.csv.dvc").exists()
        assert datakit.check(root=project.path, select=["DK1"]) == ()
        assert "up to date" in project.dvc("status")

    def test_of_an_import_keep_their_source(self, project: Repo, tmp_path: Path) -> None:
        (tmp_path / "source.csv").write_text(BIRDS)
        project.dvc("import-url", "--quiet", str(tmp_path / "source.csv"), PATH)
        (done,) = datakit.add(PATH, root=project.path)
        assert done.action == "recorded"
        assert "deps:" in project.read(f"{PATH}.dvc")
        assert "up to date" in project.dvc("status")
        project.write({PATH: MORE_BIRDS})
        before = everything(project)
        with pytest.raises(EnvironmentProblem) as caught:
            datakit.add(PATH, root=project.path)
        assert caught.value.message == f"`{PATH}` was imported by DVC and has other bytes than its import"
        assert caught.value.hint == f"dvc update {PATH}.dvc"
        assert everything(project) == before
        (tmp_path / "source.csv").write_text(MORE_BIRDS)
        project.dvc("update", f"{PATH}.dvc")
        (done,) = datakit.add(PATH, root=project.path)
        assert done.data.md5 == md5(MORE_BIRDS)

    def test_of_a_versioned_bucket_are_left_to_dvc(self, project: Repo) -> None:
        cloud = f"outs:\n- md5: {md5(BIRDS)}\n  size: 1\n  hash: md5\n  path: birds.csv\n  cloud:\n    s3:\n      etag: abcdef\n      version_id: yyyy\n"
        project.write({PATH: BIRDS, f"{PATH}.dvc": cloud})
        with pytest.raises(EnvironmentProblem) as caught:
            datakit.add(PATH, root=project.path)
        assert caught.value.message == (
            f"`{PATH}.dvc` keeps its versions in a cloud bucket of its own, which only DVC can update"
        )


class TestDvcAfterwards:
    def test_every_command_works(self, project: Repo, tmp_path: Path) -> None:
        project.write({PATH: BIRDS, **FOLDER})
        datakit.add(PATH, "data/raw/imgs", fields=CARD, root=project.path)
        project.dvc("remote", "add", "-d", "storage", str(tmp_path / "storage"))
        project.commit("one")
        assert "up to date" in project.dvc("status")
        assert "5 files pushed" in project.dvc("push")  # three of the folder, its listing, and the birds
        project.write({PATH: MORE_BIRDS})
        assert "birds.csv" in project.dvc("status")
        datakit.add("birds", note="more", root=project.path)
        project.dvc("gc", "-w", "-f")
        assert not (project.path / ".dvc/cache/files/md5" / md5(BIRDS)[:2] / md5(BIRDS)[2:]).exists()
        assert "up to date" in project.dvc("status")
        clone = Repo(tmp_path / "clone")
        clone.git("clone", "--quiet", str(project.path), ".")
        clone.dvc("pull")
        assert clone.read(PATH) == BIRDS
        assert [state.condition for state in datakit.status(root=clone.path)] == ["draft", "draft"]
        project.dvc("mv", PATH, "data/raw/vögel.csv")
        datakit.add("data/raw/vögel.csv", root=project.path)
        assert datakit.check("birds", select=["DK1"], root=project.path) == ()
        project.commit("moved")
        project.git("tag", "-a", "birds@v1.0.0", "-m", "first")
        project.dvc("artifacts", "get", ".", "birds", "--rev", "v1.0.0", "-o", str(tmp_path / "got.csv"))
        assert (tmp_path / "got.csv").read_text() == MORE_BIRDS

    @pytest.mark.parametrize("kind", ["hardlink", "symlink"])
    def test_links_into_the_cache(self, project: Repo, kind: str) -> None:
        project.dvc("config", "cache.type", kind)
        project.write({PATH: BIRDS, **FOLDER})
        datakit.add(PATH, "data/raw/imgs", root=project.path)
        target = project.path / ".dvc/cache/files/md5" / md5(BIRDS)[:2] / md5(BIRDS)[2:]
        found = (project.path / PATH).lstat()
        if kind == "symlink":
            assert (project.path / PATH).readlink() == target
        else:
            assert found.st_ino == target.stat().st_ino
        assert stat.S_IMODE(target.stat().st_mode) == 0o444
        assert "up to date" in project.dvc("status")
        before = everything(project)
        assert {item.action for item in datakit.add("birds", "imgs", root=project.path)} == {"unchanged"}
        assert everything(project) == before
        (project.path / PATH).unlink()
        project.write({PATH: MORE_BIRDS})
        datakit.add("birds", root=project.path)
        assert target.read_text() == BIRDS
        assert "up to date" in project.dvc("status")

    def test_a_cache_elsewhere(self, project: Repo, tmp_path: Path) -> None:
        project.dvc("cache", "dir", str(tmp_path / "shared"))
        project.dvc("config", "cache.shared", "group")
        project.write({PATH: BIRDS})
        datakit.add(PATH, root=project.path)
        target = tmp_path / "shared/files/md5" / md5(BIRDS)[:2] / md5(BIRDS)[2:]
        assert target.read_text() == BIRDS
        assert stat.S_IMODE(target.parent.stat().st_mode) == 0o2775
        assert not (project.path / ".dvc/cache").exists()
        assert "up to date" in project.dvc("status")


STAGE = """\
stages:
  clean:
    cmd: python clean.py
    deps: [clean.py, data/raw/birds.csv]
    params: [rows]
    outs: [data/processed/clean.csv]
"""
CLEAN = "import pathlib; pathlib.Path('data/processed').mkdir(exist_ok=True); pathlib.Path('data/processed/clean.csv').write_text(pathlib.Path('data/raw/birds.csv').read_text())\n"


@pytest.fixture
def pipeline(project: Repo) -> Repo:
    """A project with a stage that makes `clean` of `birds`, not run."""
    project.write(
        {
            PATH: BIRDS,
            "clean.py": CLEAN,
            "params.yaml": "rows: 3\n",
            "dvc.yaml": STAGE.replace("python ", f"{sys.executable} "),
        }
    )
    datakit.add(PATH, root=project.path)
    return project


class TestStage:
    def test_is_recorded_by_what_dvc_lock_says(self, pipeline: Repo) -> None:
        pipeline.dvc("repro")
        (done,) = datakit.add("data/processed/clean.csv", root=pipeline.path)
        found = record(pipeline, "clean")
        assert found["pointer"] == "dvc.lock"
        assert found["derived_from"] == [{"name": "birds", "md5": md5(BIRDS)}]
        made = found["produced_by"]
        assert (made["stage"], made["params"]) == ("clean", {"rows": 3})
        assert made["command"].endswith(" clean.py")
        assert made["code"] == [{"path": "clean.py", "git_blob": pipeline.git("hash-object", "clean.py")}]
        assert not (pipeline.path / "data/processed/clean.csv.dvc").exists()
        assert "up to date" in pipeline.dvc("status")
        assert datakit.check("clean", select=["DK1"], root=pipeline.path) == ()
        before = everything(pipeline)
        assert datakit.add("clean", root=pipeline.path)[0].action == "unchanged"
        assert everything(pipeline) == before
        assert done.name == "clean"

    def test_the_lock_is_staged_with_the_record(self, pipeline: Repo) -> None:
        pipeline.dvc("repro")
        datakit.add("data/processed/clean.csv", root=pipeline.path)
        assert "A  dvc.lock" in pipeline.status()
        assert datakit.check("clean", staged=True, select=["DK1"], root=pipeline.path) == ()

    def test_a_lock_that_is_older_than_the_data_is_refused(self, pipeline: Repo) -> None:
        pipeline.dvc("repro")
        pipeline.write({"data/processed/clean.csv": MORE_BIRDS})
        before = everything(pipeline)
        with pytest.raises(EnvironmentProblem) as caught:
            datakit.add("data/processed/clean.csv", root=pipeline.path)
        assert caught.value.message == (
            "`data/processed/clean.csv` is the output of a stage and is not what `dvc.lock` says: "
            f"expected md5 {md5(BIRDS)}, found {md5(MORE_BIRDS)}"
        )
        assert caught.value.hint == "dvc repro, or `dvc commit data/processed/clean.csv` if the bytes are right"
        assert everything(pipeline) == before

    @pytest.mark.parametrize("target", ["data/processed/clean.csv", "data/processed"])
    def test_that_has_not_run_is_refused_since_a_pointer_would_stop_dvc(self, pipeline: Repo, target: str) -> None:
        pipeline.write({"data/processed/clean.csv": BIRDS})
        before = everything(pipeline)
        with pytest.raises(EnvironmentProblem) as caught:
            datakit.add(target, root=pipeline.path)
        assert caught.value.message == (
            "`data/processed/clean.csv` is an output of the stage `clean` in dvc.yaml, which has not run"
        )
        assert caught.value.hint == "dvc repro clean"
        assert everything(pipeline) == before

    def test_inside_of_dvc_repro(self, pipeline: Repo) -> None:
        pipeline.write(
            {
                "dvc.yaml": pipeline.read("dvc.yaml").replace(
                    "artifacts:",
                    f"  record:\n    cmd: {sys.executable} -m datakit add data/processed/clean.csv\n"
                    "    deps: [data/processed/clean.csv]\nartifacts:",
                )
            }
        )
        done = pipeline.run(sys.executable, "-m", "dvc", "repro")
        assert done.code == 0, done.out + done.err
        assert record(pipeline, "clean")["produced_by"]["stage"] == "clean"
        assert pipeline.read("dvc.yaml").endswith(
            "artifacts:\n  birds: {path: data/raw/birds.csv, type: dataset}\n"
            "  clean: {path: data/processed/clean.csv, type: dataset}\n"
        )


def _cached(repo: Repo) -> dict[str, tuple[int, bytes]]:
    """Return mode and content of every object in the cache."""
    top = repo.path / ".dvc/cache"
    return {
        str(path.relative_to(top)): (stat.S_IMODE(path.stat().st_mode), path.read_bytes())
        for path in top.rglob("*")
        if path.is_file()
    }
