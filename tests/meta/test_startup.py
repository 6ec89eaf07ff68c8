"""What is loaded for help and for the commands that people run all day: nothing that takes longer than the command."""

from __future__ import annotations

import subprocess
import sys

import pytest

import datakit
from tests.support.datasets import BIRDS, CARD
from tests.support.repo import Repo

HEAVY = {
    "pandas",
    "duckdb",
    "dvc",
    "fsspec",
    "git",
    "jsonschema",
    "pyarrow",
    "ruamel",
    "numpy",
    "s3fs",
    "license_expression",
}
LOADED = "import sys\nprint('LOADED', *sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)\n"


def loaded(script: str, folder: str = ".") -> set[str]:
    """Return the top-level modules that a script leaves loaded."""
    done = subprocess.run(
        [sys.executable, "-c", f"{script}\n{LOADED}"], cwd=folder, capture_output=True, text=True, check=True
    )
    return set(done.stderr.rsplit("LOADED ", 1)[1].split())


def test_importing_the_package_loads_nothing_of_others() -> None:
    added = loaded("import datakit") - loaded("")
    assert {name for name in added if name not in sys.stdlib_module_names} == {"datakit"}


def test_the_public_names_are_all_there() -> None:
    assert {name for name in datakit.__all__ if not callable(getattr(datakit, name))} == set()
    assert set(dir(datakit)) >= {*datakit.__all__, "__version__"}
    with pytest.raises(AttributeError, match="module `datakit` has no attribute `nonsense`"):
        _ = datakit.nonsense


@pytest.mark.parametrize(
    "line", ["--help", "add --help", "status", "list", "show birds", "check", "check --staged", "explain DK101"]
)
def test_looking_loads_nothing_heavy(line: str, project: Repo) -> None:
    project.write({"data/raw/birds.csv": BIRDS})
    datakit.add("data/raw/birds.csv", fields=CARD, root=project.path)
    project.commit("birds")
    script = f"from datakit.cli.app import run\nassert run({line.split()!r}) == 0"
    found = loaded(script, str(project.path))
    assert (
        found & (HEAVY - ({"license_expression"} if line.split(maxsplit=1)[0] in {"status", "check"} else set()))
        == set()
    )
