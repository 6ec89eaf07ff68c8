"""`status`: one line a dataset with what must be done next, through the whole life of a dataset."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import datakit
from datakit.errors import NotFound
from datakit.records import State
from tests.support.datasets import BIRDS, CARD, MORE_BIRDS
from tests.support.repo import Repo
from tests.support.unprivileged import enterable, unprivileged

PATH = "data/raw/birds.csv"
CONTRACT = "catalog/birds/contract.odcs.yaml"


@pytest.fixture
def birds(project: Repo) -> Repo:
    """A project with `birds` recorded, documented, its contract agreed on, and committed."""
    project.write({PATH: BIRDS})
    datakit.add(PATH, fields=CARD, root=project.path)
    project.write({CONTRACT: project.read(CONTRACT).replace("status: draft", "status: active")})
    datakit.add("birds", root=project.path)
    project.commit("birds")
    return project


def one(repo: Repo) -> State:
    """Return the only state."""
    (state,) = datakit.status(root=repo.path)
    return state


def told(repo: Repo) -> tuple[str, str, str]:
    """Return condition, detail and command of the only state."""
    return one(repo)[2:]


class TestLife:
    def test_of_a_dataset(self, project: Repo) -> None:
        assert datakit.status(root=project.path) == ()
        project.write({PATH: BIRDS})
        assert one(project) == State("", PATH, "unrecorded", "nothing tracks it", f"datakit add {PATH}")
        datakit.add(PATH, root=project.path)
        condition, detail, _ = told(project)
        assert condition == "incomplete"
        assert detail.startswith("DK201 `license` is ")
        assert detail.endswith(" (and 4 more)")
        datakit.add(PATH, fields=CARD, root=project.path)
        assert told(project) == ("ready", "recorded, documented, validated", "git commit")
        project.commit("birds")
        assert told(project) == (
            "draft",
            "the contract is still a draft, inferred from the data that it judges",
            f"read {CONTRACT}, then set `status: active`",
        )

    def test_clean(self, birds: Repo) -> None:
        assert one(birds) == State("birds", PATH, "clean", "", "")

    def test_changed(self, birds: Repo) -> None:
        birds.write({PATH: MORE_BIRDS})
        assert told(birds) == (
            "changed",
            "the data is not what is recorded",
            'datakit add birds -m "why the data changed"',
        )
        datakit.add("birds", note="more", root=birds.path)
        assert told(birds)[0] == "ready"

    def test_changed_before_the_first_commit_needs_no_reason(self, project: Repo) -> None:
        project.write({PATH: BIRDS})
        datakit.add(PATH, fields=CARD, root=project.path)
        project.write({PATH: MORE_BIRDS})
        assert told(project)[2] == "datakit add birds"

    def test_absent(self, birds: Repo) -> None:
        (birds.path / PATH).unlink()
        assert told(birds) == ("absent", "the data is not here", "datakit pull birds")
        shutil.rmtree(birds.path / ".dvc/cache")
        assert told(birds) == ("absent", "the data is not here", "datakit pull birds")

    def test_an_absent_folder(self, project: Repo) -> None:
        project.write({"data/raw/a b/1": "1", "data/raw/a b/2": "2"})
        datakit.add("data/raw/a b", root=project.path)
        shutil.rmtree(project.path / "data/raw/a b")
        assert told(project)[2] == "datakit pull a-b"
        datakit.pull("a-b", root=project.path)
        assert told(project)[0] == "incomplete"

    def test_broken(self, birds: Repo) -> None:
        birds.write({"catalog/birds/manifest.json": "{"})
        assert told(birds)[0] == "broken"
        assert told(birds)[1].startswith("DK104 is not JSON")
        assert told(birds)[2].startswith("datakit add birds")

    def test_a_pointer_that_dvc_wrote_alone(self, birds: Repo) -> None:
        birds.write({PATH: MORE_BIRDS})
        birds.dvc("add", PATH)
        assert told(birds)[0] == "broken"
        assert told(birds)[1].startswith("DK102 its md5 is ")
        assert told(birds)[2] == 'datakit add birds -m "why the data changed"'

    def test_data_that_cannot_be_read_as_data(self, birds: Repo) -> None:
        (birds.path / PATH).unlink()
        (birds.path / PATH).symlink_to("gone")
        assert told(birds)[:2] == ("broken", f"`{birds.path / PATH}` is a link to something that does not exist")

    def test_stale_validation(self, birds: Repo) -> None:
        birds.write({PATH: MORE_BIRDS})
        datakit.add("birds", note="more", validate=False, root=birds.path)
        assert told(birds)[0] == "incomplete"
        assert told(birds)[1].startswith("DK302 ")
        assert told(birds)[2] == "datakit validate birds"

    def test_unstaged(self, birds: Repo) -> None:
        birds.write({"catalog/birds/README.md": birds.read("catalog/birds/README.md") + "\nMore.\n"})
        assert told(birds) == (
            "unstaged",
            "Git has not been told of catalog/birds/README.md",
            "git add catalog/birds/README.md",
        )

    def test_unstaged_from_the_start(self, project: Repo) -> None:
        project.write({"datakit.yaml": "git: {autostage: false}\n", PATH: BIRDS})
        project.commit("policy")
        datakit.add(PATH, fields=CARD, root=project.path)
        condition, _, command = told(project)
        assert condition == "unstaged"
        assert project.run("bash", "-c", command).code == 0
        assert told(project)[0] == "ready"
        assert {item.level for item in datakit.check(staged=True, root=project.path)} == {"warn"}


class TestWhole:
    def test_data_that_nothing_tracks(self, birds: Repo) -> None:
        birds.write(
            {"data/raw/deep/new.csv": "x", "data/processed/a b.bin": "x", "data/raw/README.md": "x", "data/raw/.x": "x"}
        )
        (birds.path / "data/raw/empty").mkdir()
        found = [state for state in datakit.status(root=birds.path) if state.condition == "unrecorded"]
        assert [(state.path, state.command) for state in found] == [
            ("data/processed/a b.bin", "datakit add 'data/processed/a b.bin'"),
            ("data/raw/deep", "datakit add data/raw/deep"),
        ]

    def test_a_tracked_folder_is_not_looked_into(self, project: Repo) -> None:
        project.write({"data/raw/a": "1"})
        project.dvc("add", "data/raw")
        datakit.add("data/raw", root=project.path)
        assert [state.condition for state in datakit.status(root=project.path)] == ["incomplete"]

    def test_only_the_named_ones(self, birds: Repo) -> None:
        birds.write({"data/raw/eggs.csv": BIRDS, "data/raw/new.csv": BIRDS})
        datakit.add("data/raw/eggs.csv", root=birds.path)
        assert [state.name for state in datakit.status("birds", root=birds.path)] == ["birds"]

    def test_an_unknown_one(self, birds: Repo) -> None:
        with pytest.raises(NotFound) as caught:
            datakit.status("brids", root=birds.path)
        assert (caught.value.message, caught.value.hint) == ("there is no dataset `brids`", "did you mean `birds`?")

    def test_findings_that_concern_no_dataset(self, birds: Repo) -> None:
        birds.write({"data/raw/x.csv": "x"})
        birds.dvc("add", "data/raw/x.csv")
        (other,) = [state for state in datakit.status(root=birds.path) if state.name != "birds"]
        assert (other.path, other.condition, other.command) == (
            "data/raw/x.csv.dvc",
            "broken",
            "datakit add data/raw/x.csv",
        )

    def test_looking_changes_nothing(self, birds: Repo) -> None:
        before, index = birds.snapshot(), (birds.path / ".git/index").read_bytes()
        datakit.status(root=birds.path)
        assert birds.snapshot() == before
        assert (birds.path / ".git/index").read_bytes() == index


class TestClosed:
    """What this user may not read is one broken line, and every other dataset is still told of."""

    @pytest.mark.parametrize(
        ("closed", "command"),
        [
            ("catalog/birds/manifest.json", "chmod u+r catalog/birds/manifest.json"),
            ("catalog/birds/receipt.json", "chmod u+r catalog/birds/receipt.json"),
            (CONTRACT, f"chmod u+r {CONTRACT}"),
            ("catalog/birds/README.md", "chmod u+r catalog/birds/README.md"),
            (f"{PATH}.dvc", f"chmod u+r {PATH}.dvc"),
            ("catalog/birds", "chmod u+rx catalog/birds"),
        ],
    )
    def test_a_record(self, birds: Repo, isolated: Path, closed: str, command: str) -> None:
        birds.write({"data/raw/eggs.csv": BIRDS})
        datakit.add("data/raw/eggs.csv", fields=CARD, root=birds.path)
        birds.git("config", "--global", "safe.directory", "*")
        for each in (birds.path, isolated):
            enterable(each)
        (birds.path / closed).chmod(0)

        def work() -> str:
            return "\n".join(
                f"{s.name} {s.condition} {s.detail} > {s.command}" for s in datakit.status(root=birds.path)
            )

        told = unprivileged(work)
        (birds.path / closed).chmod(0o755)
        lines = told.splitlines()
        broken = [line for line in lines if line.startswith("birds ") or "permission denied" in line]
        assert len(broken) == 1, told
        assert broken[0].startswith("birds broken DK104 cannot be read: permission denied"), told
        assert broken[0].endswith(f"> {command}"), told
        assert [line for line in lines if line.startswith("eggs ready ")], told
