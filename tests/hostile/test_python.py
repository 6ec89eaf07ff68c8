"""Python that lies in a repository under the name of what datakit imports: it is never the one that is imported.

`PYTHONPATH` may name the repository, since a shell of the project's sets it so. What Python itself imports before the
first line of datakit (`sitecustomize`, `runpy`, the package `datakit`) is then beyond datakit's reach; the hooks that
`init` installs and the script `datakit` are started with an absolute path and `-P`, so it takes a user's own setting.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.support.hostile import Victim, proper, seen
from tests.support.repo import Result

# What datakit and Python import, early or late; the standard library comes behind PYTHONPATH too.
MODULES = (
    "yaml.py", "json.py", "typer.py", "duckdb.py", "pyarrow.py", "pandas.py", "numpy.py", "git.py", "dvc.py", "configobj.py",
    "fsspec.py", "platformdirs.py", "ruamel.py", "jsonschema.py", "hashlib.py", "subprocess.py", "shlex.py", "dvc/__init__.py",
)  # fmt: skip
# What Python or a tool of the project looks for by name, without anybody importing it.
ENTRIES = (
    "sitecustomize.py", "usercustomize.py", "conftest.py", "setup.py", "datakit.py", "datakit/__init__.py",
    "datakit/__main__.py", "datakit/hooks/__main__.py", "datakit_plugin.py", "evil.pth", "runpy.py", "__main__.py",
    "catalog/birds/__init__.py", "catalog/birds/checks.py",
)  # fmt: skip
COMMANDS = (
    ("status",),
    ("log", "birds"),
    ("verify",),
    ("show", "birds"),
    ("check",),
    ("add", "birds", "-m", "more", "--no-input"),
)


def trap(victim: Victim, name: str) -> Path:
    """Write a module that leaves a canary of its own, and return that."""
    canary = victim.canary.with_name(f"canary-{name.replace('/', '-')}")
    code = f"import os; os.close(os.open({str(canary)!r}, os.O_CREAT | os.O_WRONLY))\n"
    victim.write({name: code})
    return canary


def run(victim: Victim, **env: str) -> dict[str, Result]:
    """Run commands and the hook, each as a process of its own."""
    before = {path: item for path, item in seen(victim).items() if path.startswith(str(victim.path.parent))}
    found = {
        " ".join(command): victim.run(sys.executable, "-P", "-m", "datakit", *command, env=env) for command in COMMANDS
    }
    found["hook"] = victim.run(sys.executable, "-P", "-m", "datakit.hooks", "pre-commit", env=env)
    proper(found)
    after = {path: item for path, item in seen(victim).items() if path.startswith(str(victim.path.parent))}
    assert before.keys() == after.keys()
    return found


def test_nothing_of_the_current_folder_is_imported(victim: Victim) -> None:
    canaries = {name: trap(victim, name) for name in (*MODULES, *ENTRIES)}
    found = run(victim)
    assert [name for name, canary in canaries.items() if canary.exists()] == []
    assert found["add birds -m more --no-input"].code == 0
    for name, canary in canaries.items():
        if name.endswith(".py") and "/" not in name:
            victim.run(sys.executable, str(victim.path / name))
            assert canary.exists(), name


@pytest.mark.parametrize("entry", [".", "", "{repo}", "./", "{repo}/.", "../repo"])
def test_nothing_is_imported_from_a_search_path_that_names_the_repository(victim: Victim, entry: str) -> None:
    canaries = {name: trap(victim, name) for name in MODULES if name not in {"subprocess.py"}}
    package = os.environ["PYTHONPATH"]
    where = f"{entry.format(repo=victim.path)}{os.pathsep}{package}"
    answer = victim.run(sys.executable, "-P", "-m", "datakit", "status", env={"PYTHONPATH": where})
    hook = victim.run(sys.executable, "-P", "-m", "datakit.hooks", "pre-commit", env={"PYTHONPATH": where})
    proper({"status": answer, "hook": hook})
    assert [name for name, canary in canaries.items() if canary.exists()] == []
    victim.run(sys.executable, "-P", "-c", "import yaml", env={"PYTHONPATH": where})
    assert canaries["yaml.py"].exists()
