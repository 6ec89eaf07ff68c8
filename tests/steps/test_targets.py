"""What a word means, which pointer tracks the data, and which name it gets; test_add_refused.py holds the refusals."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import datakit
from datakit.errors import EnvironmentProblem, InvalidRecord
from datakit.repo import project as projects
from datakit.repo.project import Project
from datakit.steps import targets
from tests.support.datasets import BIRDS
from tests.support.repo import Repo

PATH = "data/raw/birds.csv"
POINTER = f"outs:\n- md5: {'a' * 32}\n  size: 1\n  hash: md5\n  path: {{}}\n"


@pytest.fixture
def where(project: Repo) -> Iterator[Project]:
    """An open project with a dataset and a file that nothing tracks."""
    project.write({PATH: BIRDS, "data/raw/new.csv": BIRDS})
    datakit.add(PATH, root=project.path)
    found = projects.find(project.path)
    with found.objects:
        yield found


@pytest.mark.parametrize("word", ["https://x/a.csv", "s3://b/a", "file:///a", "gs://b/a", "zip::file://x", "az://c/a"])
def test_a_url(word: str) -> None:
    assert targets.is_url(word)


@pytest.mark.parametrize("word", ["a.csv", "./a:b", "C:/x", "C:\\x", "data/http://x", ":x", "://x", "birds@v1.0.0"])
def test_no_url(word: str) -> None:
    assert not targets.is_url(word)


@pytest.mark.parametrize(
    ("word", "path"),
    [
        ("birds", PATH),
        (PATH, PATH),
        (f"./{PATH}", PATH),
        (f"data//raw/../raw/{'birds.csv'}", PATH),
        (f"{PATH}.dvc", PATH),
        ("data/raw/new.csv", "data/raw/new.csv"),
        ("data/raw/", "data/raw"),
    ],
)
def test_a_word_means_data(where: Project, word: str, path: str) -> None:
    assert targets.path_of(where, where.tree, word) == path


def test_a_dataset_whose_data_is_absent_is_still_named(where: Project) -> None:
    (where.root / PATH).unlink()
    assert targets.path_of(where, where.tree, "birds") == PATH


class TestTracking:
    def test_its_own_pointer(self, where: Project) -> None:
        found = targets.tracking(where, where.tree, PATH)
        assert (found.pointer, found.stage) == (f"{PATH}.dvc", False)
        assert found.out is not None
        assert found.out.name == "birds"

    def test_none_yet(self, where: Project) -> None:
        assert targets.tracking(where, where.tree, "data/raw/new.csv") == ("data/raw/new.csv.dvc", None)

    def test_a_pointer_of_another_name_in_a_folder_above(self, where: Project) -> None:
        (where.root / "data/all.dvc").write_text(POINTER.format("raw/new.csv"))
        assert targets.tracking(where, where.tree, "data/raw/new.csv").pointer == "data/all.dvc"

    def test_a_name_that_yaml_quotes(self, where: Project) -> None:
        (where.root / "data/raw/ö.csv").write_text(BIRDS)
        (where.root / "data/raw/all.dvc").write_text(POINTER.format('"\\u00f6.csv"'))
        assert targets.tracking(where, where.tree, "data/raw/ö.csv").pointer == "data/raw/all.dvc"

    def test_a_lock(self, where: Project) -> None:
        out = f"- path: ../data/raw/new.csv\n      md5: {'a' * 32}\n      size: 1\n"
        (where.root / "etl").mkdir()
        (where.root / "etl/dvc.lock").write_text(f"schema: '2.0'\nstages:\n  s:\n    cmd: x\n    outs:\n    {out}")
        found = targets.tracking(where, where.tree, "data/raw/new.csv")
        assert (found.pointer, found.stage) == ("etl/dvc.lock", True)
        with pytest.raises(EnvironmentProblem) as caught:
            targets.tracking(where, where.tree, "data/raw/new.csv/part")
        assert caught.value.message == (
            "`data/raw/new.csv/part` overlaps with `data/raw/new.csv`, which `etl/dvc.lock` tracks"
        )

    def test_a_stage_in_a_sub_folder_that_has_not_run(self, where: Project) -> None:
        (where.root / "etl").mkdir()
        (where.root / "etl/dvc.yaml").write_text("stages:\n  s:\n    cmd: x\n    outs: [../data/raw/new.csv]\n")
        with pytest.raises(EnvironmentProblem) as caught:
            targets.tracking(where, where.tree, "data/raw/new.csv")
        assert caught.value.hint == "dvc repro etl/dvc.yaml:s"

    def test_a_pointer_in_conflict_is_read_from_our_side(self, where: Project) -> None:
        (where.root / f"{PATH}.dvc").write_text("<<<<<<< ours\nouts:\n=======\n>>>>>>> theirs\n")
        with pytest.raises(InvalidRecord):  # no merge is going on: these marks were written by hand
            targets.tracking(where, where.tree, PATH)


class TestName:
    @pytest.mark.parametrize(("asked", "name"), [(None, "new"), ("zoo", "zoo")])
    def test_of_new_data(self, where: Project, asked: str | None, name: str) -> None:
        path = "data/raw/new.csv"
        tracked = targets.tracking(where, where.tree, path)
        assert targets.name_for(where, where.tree, path, tracked, asked) == name

    def test_of_recorded_data(self, where: Project) -> None:
        tracked = targets.tracking(where, where.tree, PATH)
        assert targets.name_for(where, where.tree, PATH, tracked, None) == "birds"
