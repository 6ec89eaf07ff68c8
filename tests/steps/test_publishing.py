"""Writing the files of a dataset as one; test_add_pointer.py holds pointers against DVC, tests/faults every kill."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from datakit.errors import EnvironmentProblem
from datakit.repo import project as projects
from datakit.repo.project import Project
from datakit.steps import publishing
from tests.support.datasets import everything
from tests.support.repo import Repo


@pytest.fixture
def where(project: Repo) -> Iterator[Project]:
    """An open project."""
    found = projects.find(project.path)
    with found.objects:
        yield found


def put(where: Project, written: dict[str, bytes], lying: bytes | None = None) -> tuple[str, ...] | None:
    """Publish some files of the dataset `x`."""
    return publishing.publish(
        where,
        where.room("x"),
        "models/x",
        "models/x.dvc",
        "models/.gitignore",
        written,
        lying={"catalog/x/manifest.json": lying},
    )


FILES = {"catalog/x/manifest.json": b"{}\n", "models/x.dvc": b"outs: []\n"}


def test_writes_and_stages_all(project: Repo, where: Project) -> None:
    changed = put(where, FILES)
    assert changed == ("catalog/x/manifest.json", "dvc.yaml", "models/.gitignore", "models/x.dvc")
    assert project.status() == [f"A  {path}" for path in sorted(changed)]
    assert project.read("dvc.yaml") == "artifacts:\n  x: {path: models/x, type: dataset}\n"
    assert put(where, FILES, lying=b"{}\n") == ()


def test_does_nothing_where_the_manifest_is_another(project: Repo, where: Project) -> None:
    put(where, FILES)
    before = everything(project)
    for lying in (None, b"{ }\n"):
        assert put(where, {"catalog/x/manifest.json": b"new\n"}, lying=lying) is None
    assert everything(project) == before


def test_reads_what_datasets_share_when_it_writes(project: Repo, where: Project) -> None:
    project.write({"dvc.yaml": "artifacts:\n  a: {path: a, type: dataset}\n", "models/.gitignore": "/other\n"})
    put(where, FILES)
    assert project.read("dvc.yaml").splitlines()[1:] == [
        "  a: {path: a, type: dataset}",
        "  x: {path: models/x, type: dataset}",
    ]
    assert project.read("models/.gitignore") == "/other\n/x\n"


@pytest.mark.parametrize("path", ["dvc.yaml", "catalog/x/manifest.json", "models/x.dvc"])
def test_a_link_in_the_place_of_a_record_is_refused(project: Repo, where: Project, path: str) -> None:
    (project.path / "elsewhere").write_bytes(b"")
    (project.path / path).parent.mkdir(parents=True, exist_ok=True)
    (project.path / path).symlink_to(project.path / "elsewhere")
    before = everything(project)
    with pytest.raises(EnvironmentProblem, match="symbolic link"):
        put(where, FILES)
    assert everything(project) == before
