"""Errors: exit codes that scripts rely on, and what is offered for a name that does not exist."""

from __future__ import annotations

import pytest

from datakit import errors
from datakit.errors import DatakitError, InvalidRecord, NotFound


def test_exit_codes() -> None:
    assert {name: getattr(errors, name).exit_code for name in errors.__all__} == {
        "DatakitError": 3, "EnvironmentProblem": 3, "IntegrityError": 4, "InvalidData": 1, "InvalidRecord": 1, "LockTimeout": 5,
        "NotAProject": 3, "NotFound": 2, "PartlyDone": 3, "UsageError": 2,
    }  # fmt: skip
    assert all(issubclass(getattr(errors, name), DatakitError) for name in errors.__all__)


def test_message_and_hint() -> None:
    error = DatakitError("what is wrong", hint="what to do")
    assert (str(error), error.message, error.hint) == ("what is wrong", "what is wrong", "what to do")
    assert DatakitError("x").hint is None


def test_a_broken_record_names_its_line() -> None:
    error = InvalidRecord("a.dvc", "is empty", line=3, hint="h")
    assert (error.message, error.path, error.problem, error.line, error.hint) == (
        "a.dvc:3: is empty",
        "a.dvc",
        "is empty",
        3,
        "h",
    )
    assert InvalidRecord("a.dvc", "is empty").message == "a.dvc: is empty"


@pytest.mark.parametrize(
    ("name", "known", "hint"),
    [
        ("reveiws", ["reviews", "zoo"], "did you mean `reviews`?"),
        ("xyz", ["b", "a"], "those that exist: `a`, `b`"),
        ("xyz", [f"quite-other-{i}" for i in range(17)], None),
        ("xyz", [], None),
    ],
)
def test_the_nearest_names_are_offered(name: str, known: list[str], hint: str | None) -> None:
    error = NotFound("dataset", name, known)
    assert (error.message, error.hint, error.known) == (f"there is no dataset `{name}`", hint, sorted(known))
    assert NotFound("dataset", name, known, hint="look").hint == "look"
