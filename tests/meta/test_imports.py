"""What the hook loads: the standard library, PyYAML and the rooms of datakit that it needs, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.repo import Repo
from tests.support.rooms import repository, room

ROOMS = ("errors", "progress", "searchpath", "formats", "repo", "gate", "report", "hooks")
RUN = "from datakit.hooks.main import main\nassert main(['pre-commit']) == 0\n"
DUMP = "import sys\nprint(*sorted(sys.modules), sep='\\n')\n"


def loaded(script: str, cwd: Path) -> set[str]:
    """Return the modules that a script loads, less those of an interpreter that does nothing."""
    found = []
    for text in ("", script):
        done = subprocess.run([sys.executable, "-P", "-c", text + DUMP], cwd=cwd, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        found.append(set(done.stdout.decode().split()))
    return found[1] - found[0]


def foreign(names: set[str], *allowed: str) -> set[str]:
    """Return what is neither of the standard library nor allowed."""
    ours = {f"datakit.{room}" for room in ROOMS} | {"datakit"}
    return {
        name
        for name in names
        if name.partition(".")[0] not in {*sys.stdlib_module_names, *allowed}
        and ".".join(name.split(".")[:2]) not in ours
    }


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """A repository with a dataset and a file of code."""
    made = Repo(tmp_path / "repo")
    made.git("init", "--quiet")
    made.write(repository(room()) | {"a.py": "1\n"})
    made.commit()
    return made


def test_importing_the_hook_loads_no_yaml(tmp_path: Path) -> None:
    names = loaded("import datakit.hooks.main\n", tmp_path)
    assert foreign(names) == set()
    assert not {name for name in names if name.startswith(("datakit.formats", "datakit.gate", "datakit.report"))}
    assert not {"difflib", "json", "hashlib", "inspect", "tempfile", "logging", "unicodedata"} & names


def test_a_change_of_code_loads_no_yaml(repo: Repo) -> None:
    repo.write({"a.py": "2\n"})
    repo.git("add", "--all")
    names = loaded(RUN, repo.path)
    assert foreign(names) == set()
    assert not {name for name in names if name.startswith(("datakit.formats", "datakit.gate", "datakit.report"))}


def test_a_staged_dataset_loads_yaml_and_nothing_else(repo: Repo) -> None:
    repo.write(repository(room(data="v2", before="v1", note="more")))
    repo.git("add", "--all")
    names = loaded(RUN, repo.path)
    compiled = {name for name in names if "cython" in name}  # what PyYAML's own C module brings
    assert foreign(names - compiled, "yaml", "_yaml") == set()
    assert "yaml" in names
    assert not {name for name in names if name.startswith(("datakit.verbs", "datakit.steps"))}


PUSH = """\
import io, subprocess, sys
from datakit.hooks.main import main
tip = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, check=True).stdout.decode().strip()
line = f"refs/heads/main {tip} refs/heads/main {'0' * 40}\\n"
sys.stdin = io.TextIOWrapper(io.BytesIO(line.encode()))
assert main(["pre-push", "origin", "url"]) == 0
"""
ARRIVAL = """\
import contextlib, io
from datakit.hooks.main import main
with contextlib.redirect_stdout(io.StringIO()):
    assert main(["post-checkout", "0" * 40, "HEAD", "1"]) == 0
"""


@pytest.mark.parametrize("script", [PUSH, ARRIVAL], ids=["pre-push", "post-checkout"])
def test_the_other_doors_load_no_more(repo: Repo, script: str) -> None:
    names = loaded(script, repo.path)
    compiled = {name for name in names if "cython" in name}
    assert foreign(names - compiled, "yaml", "_yaml") == set()
    assert "yaml" in names
    assert not {
        name for name in names if name.startswith(("datakit.verbs", "datakit.steps", "datakit.store", "datakit.cli"))
    }


def test_importing_datakit_loads_nothing(tmp_path: Path) -> None:
    names = loaded("import datakit\n", tmp_path)
    assert {name for name in names if name.startswith("datakit")} == {"datakit"}
    assert foreign(names) == set()
