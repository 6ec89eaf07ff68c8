"""Programs and packages: other versions of them, none of them, and others that take datakit's name."""

from __future__ import annotations

import shutil
import sys
import tomllib
from pathlib import Path

import pytest

from datakit.records import Diagnosis
from datakit.repo.git import FLOOR, Git
from datakit.verbs.diagnoses import installation as module
from datakit.verbs.diagnoses.installation import installation
from datakit.version import VERSION
from tests.support.health import only

TOP = Path(__file__).parents[3]


def found(folder: Path, title: str) -> Diagnosis:
    """Return the diagnosis of a title."""
    return only(installation(folder), title)


def distribution(folder: Path, name: str, version: str, *, record: str = "", scripts: str = "") -> None:
    """Write what an installer leaves beside a package."""
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "RECORD").write_text(record)
    (info / "entry_points.txt").write_text(f"[console_scripts]\n{scripts}")


def program(folder: Path, name: str, text: str) -> Path:
    """Write a program."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)
    return folder / name


def test_the_bounds_are_those_of_the_project() -> None:
    declared = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]
    lowest, beyond = (".".join(map(str, each)) for each in module.DVC)
    assert f"dvc[s3]>={lowest},<{beyond}" in declared["dependencies"]
    assert declared["requires-python"] == f">={'.'.join(map(str, module.PYTHON))}"
    assert declared["name"] == module.DISTRIBUTION


def test_the_versions_of_this_machine(tmp_path: Path) -> None:
    assert found(tmp_path, "python") == (
        "python",
        "ok",
        f"{'.'.join(map(str, sys.version_info[:3]))}, {sys.executable}",
        "",
    )
    assert found(tmp_path, "git").detail == ".".join(map(str, Git(tmp_path).version()))
    assert found(tmp_path, "dvc").condition == "ok"
    assert found(tmp_path, "datakit").detail.startswith(VERSION)


def test_an_older_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PYTHON", (9, 1))
    assert found(tmp_path, "python")[2:] == (
        f"{'.'.join(map(str, sys.version_info[:3]))}, expected 9.1 or later",
        "install Python 9.1 or later",
    )


def test_an_older_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "git", "#!/bin/sh\necho git version 2.29.3.windows.1\n")
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    assert found(tmp_path, "git") == ("git", "fail", "2.29.3, expected 2.30 or later", "install Git 2.30 or later")
    program(tmp_path, "git", "#!/bin/sh\necho git version 2.30\n")
    assert found(tmp_path, "git").condition == "ok"
    assert FLOOR == (2, 30)


@pytest.mark.parametrize(("version", "condition"), [("3.59.2", "fail"), ("3.60.0rc1", "ok"), ("4.0.0", "fail")])
def test_another_dvc(version: str, condition: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    distribution(tmp_path, "dvc", version)
    monkeypatch.syspath_prepend(tmp_path)
    assert found(tmp_path, "dvc").condition == condition
    if condition == "fail":
        assert found(tmp_path, "dvc")[2:] == (
            f"{version}, expected 3.60 or later and below 4",
            "pip install 'dvc[s3]>=3.60,<4'",
        )


def test_no_dvc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert found(tmp_path, "dvc")[1:3] == ("fail", "is not installed")


def test_another_datakit_than_the_one_that_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    distribution(
        tmp_path, "dvc-datakit", "9.9.9", record="datakit/__init__.py,,\n", scripts="datakit = datakit.__main__:main\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert found(tmp_path, "datakit")[1:] == (
        "warn",
        f"{VERSION} runs, from {TOP / 'datakit'}; 9.9.9 is what is installed",
        "pip install --force-reinstall --no-deps dvc-datakit",
    )
    assert not [item for item in installation(tmp_path) if item.title == "name clash"]


def test_a_distribution_that_owns_our_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    distribution(
        tmp_path,
        "datakit-core",
        "0.5.4",
        record="datakit/__init__.py,,\ndatakit/main.py,,\n",
        scripts="datakit = datakit.main:main\n",
    )
    distribution(tmp_path, "datakit-data", "0.3.1", record="datakit_data/__init__.py,,\n", scripts="datakit-x = a:b\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert found(tmp_path, "name clash")[1:] == (
        "fail",
        "`datakit-core` 0.5.4 is installed too and owns the package `datakit` and the command `datakit`",
        "pip uninstall --yes datakit-core && pip install --force-reinstall --no-deps dvc-datakit",
    )
    shutil.rmtree(tmp_path / "datakit_core-0.5.4.dist-info")
    assert not [item for item in installation(tmp_path) if item.title == "name clash"]


def test_a_command_of_another_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = program(tmp_path / "bin", "datakit", "#!/usr/bin/python3\nfrom datakit.main import main\nmain()\n")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    assert found(tmp_path, "command")[1:3] == (
        "fail",
        f"`datakit` on PATH is the program of another project: {script}",
    )


def test_our_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "from datakit.__main__ import main\nmain()\n"
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    script = program(tmp_path / "bin", "datakit", f"#!{sys.executable}\n{text}")
    assert found(tmp_path, "command") == ("command", "ok", str(script), "")
    program(tmp_path / "bin", "datakit", f"#!/opt/other/bin/python\n{text}")
    assert found(tmp_path, "command")[1:3] == ("ok", f"{script}, which belongs to another Python than this one")


def test_no_command_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "a b/python"))
    assert found(tmp_path, "command")[1:] == (
        "warn",
        "`datakit` is not on PATH: there is no such script for this Python",
        f"alias datakit=''\"'\"'{tmp_path}/a b/python'\"'\"' -P -m datakit'",
    )
    program(tmp_path / "a b", "datakit", "")
    advice = found(tmp_path, "command")
    assert advice[1:] == (
        "warn",
        f"`datakit` is not on PATH, it lies in {tmp_path}/a b",
        f"export PATH='{tmp_path}/a b':\"$PATH\"",
    )
