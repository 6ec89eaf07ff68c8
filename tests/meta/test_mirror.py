"""Every module has its tests where one looks for them, and every test file its module."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
OWN_TOPICS = {"conformance", "docs", "faults", "meta", "support"}


def modules() -> set[str]:
    """Return the modules of the package that hold code."""
    found = {path.relative_to(ROOT / "datakit").with_suffix("").as_posix() for path in (ROOT / "datakit").rglob("*.py")}
    return {name for name in found if name.rsplit("/", 1)[-1] not in {"__init__", "__main__"}}


def covered() -> set[str]:
    """Return the test files, as the module that each is about."""
    found = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        place = path.relative_to(ROOT / "tests")
        if place.parts[0] not in OWN_TOPICS:
            found.add((place.parent / place.stem.removeprefix("test_")).as_posix())
    return found


def about(test: str, known: set[str]) -> bool:
    """Say whether a test is about a module: its own name, or its name and a topic."""
    return any(test == name or test.startswith(f"{name}_") for name in known)


def test_every_module_has_tests() -> None:
    have = covered()
    missing = sorted(
        name for name in modules() if not any(test == name or test.startswith(f"{name}_") for test in have)
    )
    # The trees have one suite for all three.
    assert [name for name in missing if name != "repo/tree"] == []


def test_every_test_has_its_module() -> None:
    packages = {
        path.relative_to(ROOT / "datakit").as_posix() for path in (ROOT / "datakit").rglob("*") if path.is_dir()
    }
    assert sorted(test for test in covered() if not about(test, modules() | packages)) == []
