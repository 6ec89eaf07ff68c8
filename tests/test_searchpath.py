"""What may be imported: nothing of the work tree that PYTHONPATH or the current folder would bring in."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from datakit import searchpath
from tests.support.repo import Repo

CHECKOUT = str(Path(searchpath.__file__).parents[1])
CANARY = "open('imported', 'w')\nraise SystemExit('a module of the repository was run')\n"
MODULES = ("yaml.py", "ruamel.py", "typer.py", "json.py", "argparse.py", "subprocess.py", "dvc.py")


@pytest.fixture
def trapped(project: Repo) -> Repo:
    """A project with modules that take the names of libraries, and a staged pointer that makes the hook read YAML."""
    project.write({f"{folder}{name}": CANARY for name in MODULES for folder in ("", "src/")})
    project.write({"data/raw/a.csv.dvc": "outs: [\n"})
    project.git("add", "data/raw/a.csv.dvc")
    return project


HOOK = "datakit.hooks pre-commit"
ENTRIES = [(HOOK, entry) for entry in (".", "", "src", "{root}", "{root}/src", "{link}")]


@pytest.mark.parametrize(("line", "entry"), [*ENTRIES, ("datakit explain", "."), ("datakit status", "{root}")])
def test_no_module_of_the_repository_is_run(trapped: Repo, tmp_path: Path, entry: str, line: str) -> None:
    (tmp_path / "link").symlink_to(trapped.path)
    given = entry.format(root=trapped.path, link=tmp_path / "link")
    done = trapped.run(sys.executable, "-P", "-m", *line.split(), env={"PYTHONPATH": f"{CHECKOUT}:{given}"})
    assert not (trapped.path / "imported").exists(), done.err
    assert done.code in {0, 1}, done.err


def test_not_by_what_the_current_folder_brings_either(trapped: Repo) -> None:
    done = trapped.run(sys.executable, "-m", "datakit", "explain")
    assert done.code == 0, done.err
    assert not (trapped.path / "imported").exists()


def test_not_by_the_hook_that_git_starts(trapped: Repo) -> None:
    """The shell takes the entries away before Python starts, which would run even a `sitecustomize.py`."""
    trapped.write({"sitecustomize.py": CANARY, "typing.py": CANARY})
    script = (Path(CHECKOUT) / "templates/common/hook.sh").read_text()
    (trapped.path / ".git/hook.sh").write_text(script)
    python = trapped.path / ".git/python"  # stands for a Python that has datakit installed
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{CHECKOUT}${{PYTHONPATH:+:$PYTHONPATH}}" exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    trapped.git("config", "datakit.python", str(python))
    for entry in (".", "src:", str(trapped.path), f"/nowhere:{trapped.path}/src"):
        done = trapped.run("sh", ".git/hook.sh", env={"PYTHONPATH": entry})
        assert done.code == 1, done.err
        assert "DK104" in done.err
        assert not (trapped.path / "imported").exists()


def test_entries_elsewhere_stay(tmp_path: Path) -> None:
    repo = tmp_path / "repo"
    (repo / ".git").mkdir(parents=True)
    (repo / "src").mkdir()
    entries = [str(repo), str(repo / "src"), str(tmp_path), f"{repo}-more", "", ".", "/usr/lib", CHECKOUT]
    kept = [str(tmp_path), f"{repo}-more", "/usr/lib", CHECKOUT]
    assert searchpath.foreign(entries, str(repo / "src")) == kept


def test_what_was_installed_into_the_work_tree_stays(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    installed, brought = str(tmp_path / ".venv/lib/site-packages"), str(tmp_path / "src")
    assert searchpath.foreign([installed, brought], str(tmp_path), suspects=["src", brought]) == [installed]


def test_datakit_itself_stays_where_it_is_developed() -> None:
    assert searchpath.foreign([CHECKOUT], CHECKOUT) == [CHECKOUT]


def test_processes_inherit_what_is_left(tmp_path: Path) -> None:
    environ = {"PYTHONPATH": f".:{CHECKOUT}:{tmp_path}", "HOME": "/x"}
    assert searchpath.inherited(environ, str(tmp_path)) == {"PYTHONPATH": CHECKOUT, "HOME": "/x"}
    assert searchpath.inherited({"PYTHONPATH": "."}, str(tmp_path)) == {}
    shown = "import os, datakit.searchpath as s\ns.isolate()\nprint(os.environ['PYTHONPATH'])"
    done = Repo(tmp_path).run(sys.executable, "-P", "-c", shown, env=environ)
    assert done.out.strip() == CHECKOUT


def test_a_folder_that_is_gone_is_no_failure(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = f"import os, shutil, datakit.searchpath as s\nshutil.rmtree({str(gone)!r})\ns.isolate()\nprint('went on')"
    done = subprocess.run(
        [sys.executable, "-P", "-c", script], cwd=gone, capture_output=True, text=True, env=os.environ, check=True
    )
    assert done.stdout == "went on\n"
