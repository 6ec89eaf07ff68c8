"""Templates: found in a checkout and in an installed wheel, and what is filled in is what the formats read."""

from __future__ import annotations

import re
import sys
import zipfile
from pathlib import Path

import pytest

from datakit.errors import EnvironmentProblem
from datakit.verbs.scaffold import templates
from tests.support.repo import Repo

ROOT = templates.folder().parent
FIND = "from datakit.verbs.scaffold import templates; print(templates.folder()); print(templates.read('hook.sh'))"


def test_a_checkout_has_them_beside_the_package() -> None:
    """Every kind has the same files."""
    assert (templates.folder() / "common" / "gitattributes").is_file()
    names = [sorted(path.name for path in (templates.folder() / kind).iterdir()) for kind in templates.KINDS]
    assert names[0] == names[1] == ["README.md", "data-README.md", "datakit.yaml"]


@pytest.mark.skipif(not (ROOT / "pyproject.toml").is_file(), reason="a wheel is built from a checkout")
def test_a_wheel_has_them_inside_the_package(tmp_path: Path) -> None:
    """The wheel is built and unpacked as pip does, and its copy is found from outside the checkout."""
    pytest.importorskip("hatchling")
    build = f"from hatchling.build import build_wheel; print(build_wheel({str(tmp_path)!r}))"
    source = tmp_path / "source"
    source.mkdir()
    for name in ("datakit", "templates", "pyproject.toml"):  # only what the build takes; the project's state stays out
        (source / name).symlink_to(ROOT / name)
    metadata = (ROOT / "pyproject.toml").read_text()
    (source / "pyproject.toml").unlink()
    (source / "pyproject.toml").write_text(metadata)
    (source / "README.md").write_text("datakit\n")
    (source / "LICENSE").write_text("Apache-2.0\n")
    done = Repo(source).run(sys.executable, "-c", build)
    assert done.code == 0, done.err
    with zipfile.ZipFile(tmp_path / done.out.split()[-1]) as wheel:
        wheel.extractall(tmp_path / "site")
    found = Repo(tmp_path / "elsewhere").run(sys.executable, "-c", FIND, env={"PYTHONPATH": str(tmp_path / "site")})
    assert found.out.splitlines()[0] == str(tmp_path / "site" / "datakit" / "templates")
    assert templates.read("hook.sh").strip() in found.out


def test_an_installation_without_them_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A half-copied package is named with the command that mends it."""
    monkeypatch.setattr(templates, "_PACKAGE", tmp_path / "datakit")
    with pytest.raises(EnvironmentProblem, match="datakit's templates are missing: neither ") as error:
        templates.folder()
    assert error.value.hint == "pip install --force-reinstall dvc-datakit"


def test_the_hook_can_stand_in_single_quotes() -> None:
    """It is committed inside `sh -c '…'`, where people can read it, and starts the door with `-P`."""
    text = templates.read("hook.sh")
    assert "'" not in text
    assert len(re.findall(r'"\$python" -P -m datakit\.hooks pre-commit', text)) == 1


def test_no_template_holds_anything_of_a_machine() -> None:
    """What is committed works for everybody."""
    for path in templates.folder().rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert str(Path.home()) not in text
            assert "\r" not in text
            assert text.endswith("\n")


def test_an_installation_without_templates_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(templates, "_PACKAGE", tmp_path / "datakit")
    with pytest.raises(EnvironmentProblem, match="datakit's templates are missing: neither `"):
        templates.folder()
