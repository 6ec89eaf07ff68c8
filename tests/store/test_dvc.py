"""Initialising DVC: what `dvc init` leaves, without running it, and nothing that was there is touched."""

from __future__ import annotations

from pathlib import Path

from datakit.store import dvc
from tests.support.repo import Repo


class TestInitialise:
    def test_leaves_what_dvc_init_leaves(self, tmp_path: Path) -> None:
        theirs = Repo(tmp_path / "theirs")
        theirs.git("init", "--quiet")
        theirs.dvc("init", "--quiet")
        (tmp_path / "ours").mkdir()
        assert dvc.initialise(tmp_path / "ours") == (".dvcignore", ".dvc/.gitignore", ".dvc/config")
        for name in (".dvcignore", ".dvc/.gitignore", ".dvc/config"):
            assert (tmp_path / "ours" / name).read_bytes() == (theirs.path / name).read_bytes()
        left = {path.relative_to(theirs.path / ".dvc").parts[0] for path in (theirs.path / ".dvc").rglob("*")}
        assert left == {"config", ".gitignore", "tmp"}

    def test_dvc_takes_it(self, tmp_path: Path) -> None:
        repo = Repo(tmp_path / "repo")
        repo.git("init", "--quiet")
        dvc.initialise(repo.path)
        repo.write({"a.csv": "x"})
        repo.dvc("add", "--quiet", "a.csv")
        assert repo.read("a.csv.dvc").startswith("outs:\n- md5: 9dd4e461268c8034f5c8564e155c67a6\n")

    def test_changes_nothing_that_exists(self, tmp_path: Path) -> None:
        (tmp_path / ".dvc").mkdir()
        (tmp_path / ".dvc/config").write_text("[core]\n    analytics = false\n")
        (tmp_path / ".dvcignore").write_text("mine\n")
        assert dvc.initialise(tmp_path) == (".dvc/.gitignore",)
        assert dvc.initialise(tmp_path) == ()
        assert (tmp_path / ".dvcignore").read_text() == "mine\n"
