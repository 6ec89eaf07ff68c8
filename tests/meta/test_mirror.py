"""Every module has its tests where one looks for them, and every test file says first what it is about."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import datakit

ROOT = Path(__file__).parents[2]
# Modules without a test file of their own, and why.
EXCEPTED = (
    ("cli/commands/options", "declarations, which the tests of the commands use"),
    ("repo/tree", "its three trees have one suite, tests/conformance/test_tree.py"),
    ("repo/worktree", "one of the three trees"),
    ("version", "one constant, which the build reads"),
)
# Folders of tests that are about something else than one module, and what their files are named after.
SUITES = {
    "conformance": None,  # what several modules, or DVC and ours, have in common
    "docs": ("docs/*", "examples/*.py"),
    "faults": ("datakit/verbs/*.py", "datakit/store/*.py"),
    "hostile": None,  # what a repository, its data or a receipt does to whoever reads it, whichever module that is
    "life": None,  # everything that happens to a dataset, one after the other
    "meta": None,
    "s3": None,  # all that is different on a real server
    "scenarios": None,  # what people commit, whichever rule or door has to say no
}
EVERY_PAGE = "docs/pages"  # the one test of docs/ that is about all of it


def modules() -> set[str]:
    """Return the modules of the package that hold code."""
    found = {path.relative_to(ROOT / "datakit").with_suffix("").as_posix() for path in (ROOT / "datakit").rglob("*.py")}
    return {name for name in found if name.rsplit("/", 1)[-1] not in {"__init__", "__main__"}}


def covered() -> set[str]:
    """Return the test files, as the name of what each is about."""
    places = [path.relative_to(ROOT / "tests") for path in (ROOT / "tests").rglob("test_*.py")]
    return {(place.parent / place.stem.removeprefix("test_")).as_posix() for place in places}


def subject(test: str, known: Iterable[str]) -> str | None:
    """Return what a test is about: its own name, or the longest name that it starts with before a theme."""
    return max((name for name in known if test == name or test.startswith(f"{name}_")), key=len, default=None)


def test_every_module_has_tests() -> None:
    known = modules()
    missing = known - {subject(test, known) for test in covered()}
    assert sorted(missing) == sorted(name for name, _ in EXCEPTED)


def test_every_test_names_its_subject_first() -> None:
    known, lost = modules(), []
    for test in sorted(covered() - {EVERY_PAGE}):
        suite = test.partition("/")[0]
        patterns = SUITES.get(suite, ())
        named = [f"{suite}/{path.stem}" for pattern in patterns or () for path in ROOT.glob(pattern)]
        if patterns is not None and subject(test, named or known) is None:
            lost.append(test)
    assert lost == []


def test_the_longest_name_counts() -> None:
    known = {"store/dvc", "store/dvc_config"}
    assert subject("store/dvc_config_levels", known) == "store/dvc_config"
    assert subject("store/dvc", known) == subject("store/dvc_init", known) == "store/dvc"
    assert subject("store/dvcignore", known) is None


def test_directly_in_verbs_lie_verbs_only() -> None:
    """What a user can call is what the folder lists; `list` is called `datasets` in Python."""
    lying = {path.stem for path in (ROOT / "datakit/verbs").glob("*.py")} - {"__init__"}
    assert lying == set(datakit.__all__) - {"DatakitError"}
