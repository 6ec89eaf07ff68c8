"""Pointers that a repository has already: `init` goes on past broken ones, and says once what no rule holds."""

from __future__ import annotations

from pathlib import Path

from datakit.verbs.init import init
from datakit.verbs.scaffold.plan import Plan
from tests.support.repo import Repo
from tests.support.unprivileged import enterable, unprivileged


def said(made: Plan) -> list[tuple[str, str, str]]:
    """Return the steps that speak of pointers."""
    return [step[:3] for step in made.steps if step.path.endswith((".dvc", "dvc.lock")) and step.path != ".dvc"]


def test_broken_ones_are_problems_and_the_rest_is_done(repo: Repo) -> None:
    repo.write({"a.csv.dvc": "outs: [\n", "b/dvc.lock": "schema: '9'\n", "empty.dvc": ""})
    made = init(repo.path, hooks=False)
    assert [(action, path) for action, path, _ in said(made)] == [
        ("problem", "a.csv.dvc"), ("problem", "b/dvc.lock"), ("problem", "empty.dvc"),
    ]  # fmt: skip
    details = {path: detail for _, path, detail in said(made)}
    assert details["a.csv.dvc"].startswith("cannot be read: not YAML")
    assert details["a.csv.dvc"].endswith("; mend it by hand, or run `git checkout HEAD -- a.csv.dvc`")
    assert "is empty: DVC would take the data for untracked" in details["empty.dvc"]
    assert details["empty.dvc"].endswith("restore it with `git checkout HEAD -- empty.dvc`")
    assert (repo.path / "datakit.yaml").is_file()
    assert repo.read("a.csv.dvc") == "outs: [\n"
    (repo.path / "a.csv.dvc").unlink()
    assert len(said(init(repo.path, hooks=False))) == 2


def test_one_that_this_user_may_not_read(repo: Repo, isolated: Path) -> None:
    repo.git("config", "--global", "safe.directory", "*")
    repo.write({"a.dvc": "outs: []\n"})
    (repo.path / "a.dvc").chmod(0)
    for each in (repo.path, isolated):
        enterable(each)
    repo.path.chmod(0o777)

    def work() -> str:
        return str(said(init(repo.path, hooks=False, dry_run=True)))

    assert f"cannot be read: cannot read `{repo.path}/a.dvc`: permission denied" in unprivileged(work)


def test_data_outside_the_data_folders_is_told_once(repo: Repo) -> None:
    repo.write({f"models/{name}.bin": name for name in "abcd"} | {"data/raw/x.csv": "x\n"})
    repo.dvc("add", "--quiet", *(f"models/{name}.bin" for name in "abcd"), "data/raw/x.csv")
    made = init(repo.path, hooks=False)
    assert said(made) == [
        (
            "kept",
            "models/a.bin.dvc",
            (
                "outside the data folders no rule holds `models/a.bin`, `models/b.bin`, `models/c.bin` and 1 more; "
                "`datakit add models/a.bin` or a line under `data:` in datakit.yaml covers it"
            ),
        )
    ]
    assert made.problems == ()
    text = repo.read("datakit.yaml").replace("interim: data/interim", "interim: models")
    repo.write({"datakit.yaml": text})
    assert said(init(repo.path, hooks=False)) == []


def test_the_membership_of_a_split_is_no_data_outside(split_origin: Repo) -> None:
    assert [path for path in split_origin.git("ls-files").splitlines() if path.endswith("default.parquet.dvc")]
    assert said(init(split_origin.path, hooks=False)) == []


def test_a_private_state_that_is_somebody_elses_file(repo: Repo) -> None:
    """It can have no other name, so only moving helps."""
    repo.write({".datakit": "mine"})
    made = init(repo.path, hooks=False)
    assert [step.detail for step in made.problems] == ["is a file: `.datakit/.gitignore` was not written; move it"]
    assert repo.read(".datakit") == "mine"
