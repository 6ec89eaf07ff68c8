"""Ignore rules that hide a project: each is found where it stands, and the proposed edit mends it when it is made."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from datakit.verbs.init import init
from datakit.verbs.scaffold.plan import Plan
from tests.support.repo import Repo


def edited(repo: Repo, made: Plan) -> None:
    """Make the edits that a plan proposes, as a person would."""
    for step in made.problems:
        match = re.match(r"line (\d+), `(.*?)`, hides .* from Git: (.*)", step.detail)
        assert match, step.detail
        number, mend = int(match[1]), match[3]
        file = ".gitignore" if mend.endswith("to `.gitignore`") else step.path
        lines = repo.read(file).splitlines() if (repo.path / file).exists() else []
        if mend.startswith("change it to "):
            lines[number - 1] = mend.removeprefix("change it to ").strip("`")
        else:
            added = re.findall(r"`(!.*?)`", mend)
            assert added, mend
            at = len(lines) if file != step.path else number
            lines[at:at] = added
        repo.write({file: "\n".join(lines) + "\n"})


@pytest.mark.parametrize(
    "files",
    [
        {".gitignore": "/data/\n"},
        {".gitignore": "/data\n"},
        {".gitignore": "*.pyc\r\ndata/\r\n*.log\r\n"},
        {".gitignore": "data\n"},
        {".gitignore": "/catalog/\n"},
        {".gitignore": "catalog\n"},
        {".gitignore": "*.dvc\n"},
        {".gitignore": "*.json\n*.md\n"},
        {".gitignore": "*.yaml\n"},
        {".gitignore": "*\n"},
        {".gitignore": "*\n!.gitignore\n!*.py\n!*/\n"},
        {"data/.gitignore": "*\n!.gitignore\n"},
        {"data/raw/.gitignore": "*\n!.gitignore\n"},
        {".gitignore": "/data/\n", "data/.gitignore": "*.csv\n"},
        {".git/info/exclude": "data/\n"},
    ],
    ids=lambda files: " ".join(f"{name}={text!r}" for name, text in files.items()),
)
def test_the_proposed_edits_mend_it(repo: Repo, files: dict[str, str]) -> None:
    """Whoever does what the plan says has a project that works."""
    repo.write(files)
    before = {name: repo.read(name) for name in files}
    made = init(repo.path, hooks=False)
    assert made.problems
    assert {name: repo.read(name) for name in files} == before
    for _ in range(3):  # mending one rule may uncover another
        edited(repo, made)
        made = init(repo.path, hooks=False)
        if not made.problems:
            break
    assert made.problems == ()
    repo.write({"catalog/a/manifest.json": "{}", "catalog/a/README.md": "", "data/raw/a.csv.dvc": ""})
    seen = "\n".join(repo.status())
    for path in ("catalog/a/manifest.json", "catalog/a/README.md", "data/raw/a.csv.dvc", "datakit.yaml"):
        assert path in seen


@pytest.mark.parametrize(
    "rule", ["*.csv", "data/?*", "/data/raw/?*", "data/**/*.parquet", ".*.swp", "/notdata/", "/notdata/*"]
)
def test_rules_that_hide_nothing_of_ours_are_no_problem(repo: Repo, rule: str) -> None:
    """Only what hides a pointer or a record is reported."""
    repo.write({".gitignore": f"{rule}\n"})
    assert init(repo.path, hooks=False).problems == ()


def test_a_rule_of_the_users_own_is_named_by_its_file(repo: Repo, tmp_path: Path) -> None:
    """A rule outside the repository is mended inside it."""
    (tmp_path / "mine").write_text("# mine\n*.dvc\n")
    repo.git("config", "core.excludesFile", str(tmp_path / "mine"))
    made = init(repo.path, hooks=False)
    assert [step.path for step in made.problems] == [str(tmp_path / "mine")]
    assert made.problems[0].detail == (
        "line 2, `*.dvc`, hides `.dvc/config`, `catalog/NAME/splits/default.parquet.dvc` from Git: "
        "add `!/.dvc/` and `!/catalog/**/*.dvc` to `.gitignore`"
    )


def test_the_rule_of_dvc_for_a_folder_that_it_tracks_is_right(repo: Repo) -> None:
    """The bytes have to be hidden."""
    repo.write({"data/raw/a.csv": "1\n"})
    repo.dvc("add", "data", "--quiet")
    assert "/data" in repo.read(".gitignore").splitlines()
    assert init(repo.path, hooks=False).problems == ()
