"""Pointers of other tools are not recorded as data, alone or in a folder."""

from __future__ import annotations

import pytest

import datakit
from datakit.errors import InvalidData
from datakit.steps import standins
from datakit.store.scan import scan
from tests.support.datasets import CARD, everything
from tests.support.repo import Repo

LFS = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'4d' * 32}\nsize 12345\n"
ANNEX = f"/annex/objects/SHA256E-s12345--{'4d' * 32}.png\n"
CASES = [
    ("data/raw/a.png", {"data/raw/a.png": LFS}, "data/raw/a.png: this is a Git LFS pointer, not the data", "git lfs pull"),
    (
        "data/raw/imgs",
        {"data/raw/imgs/1.png": "1", "data/raw/imgs/b c/2.png": LFS},
        "data/raw/imgs/b c/2.png: this is a Git LFS pointer, not the data",
        "git lfs pull",
    ),
    (
        "data/raw/imgs",
        {"data/raw/imgs/b c.png": ANNEX},
        "data/raw/imgs/b c.png: this is a git-annex pointer, not the data",
        "git annex get -- 'data/raw/imgs/b c.png'",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("path", "files", "message", "hint"), CASES)
def test_they_are_refused(project: Repo, path: str, files: dict[str, str], message: str, hint: str) -> None:
    project.write(files)
    before = everything(project)
    with pytest.raises(InvalidData) as caught:
        datakit.add(path, fields=CARD, form="files", root=project.path)
    assert (caught.value.message, caught.value.hint) == (message, hint)
    assert everything(project) == before


def test_texts_of_such_a_size_are_data(project: Repo) -> None:
    label = "0 0.5 0.5 0.25 0.25\n" * 6
    project.write({f"data/raw/labels/{number}.txt": label for number in range(9)})
    project.write(
        {"data/raw/labels/lfs.md": f"{LFS[:42]}\n\nis the first line of what Git LFS leaves in Git, see there.\n"}
    )
    (added,) = datakit.add("data/raw/labels", fields=CARD, root=project.path)
    assert added.name == "labels"


def test_of_many_files_a_part_is_looked_at(project: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standins, "_LOOKS", 4)
    project.write({f"data/raw/imgs/{number:02}.png": LFS if number % 3 == 0 else "x" * 100 for number in range(20)})
    folder = project.path / "data/raw/imgs"
    with pytest.raises(InvalidData, match=r"00\.png: this is a Git LFS pointer"):
        standins.refuse(scan(project.path, folder), "data/raw/imgs")
    for number in range(0, 20, 6):  # every sixth is looked at; 3, 9 and 15 are pointers still
        (folder / f"{number:02}.png").write_text("x" * 100)
    standins.refuse(scan(project.path, folder), "data/raw/imgs")
