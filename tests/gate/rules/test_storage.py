"""DK501 and DK502: remotes that are named are there, and no pointer keeps its bytes from them."""

from __future__ import annotations

from typing import Any

import pytest

from datakit.formats.finding import Finding
from tests.support.rooms import repository, room
from tests.support.trees import judged

CONFIG = ".dvc/config"
STORAGE = "[core]\n    remote = storage\n['remote \"storage\"']\n    url = ../storage\n"
POINTER = "data/raw/reviews.csv.dvc"


def found(base: dict[str, Any], new: dict[str, Any]) -> list[Finding]:
    """Return what the rules of storage say."""
    return [finding for finding in judged(base, new) if finding.code.startswith("DK5")]


def project(config: str, policy: str = "policy: 1\n") -> dict[str, Any]:
    """Return a repository with one dataset and these settings."""
    return {**repository(room(), policy=policy), CONFIG: config.encode()}


@pytest.mark.parametrize(
    "config", [STORAGE, '[remote "storage"]\nurl = x\n', "['remote \"storage\"']  # ours\n    url = x\n"]
)
def test_dk501_a_required_remote_that_is_there(config: str) -> None:
    assert found({}, project(config, "remotes: {require: [storage]}\n")) == []


def test_dk501_a_required_remote_that_is_nowhere() -> None:
    new = project(STORAGE, "remotes: {require: [storage, backup]}\n")
    message = "`remotes.require` names `backup`, and `.dvc/config` has no such remote"
    expected = Finding("datakit.yaml", "DK501", message, "dvc remote add backup URL", level="warn")
    assert found(project(STORAGE), new) == [expected]
    assert found(new, {**new, "code.py": b"x"}) == []  # neither file changed


def test_dk501_a_default_remote_that_was_taken_away() -> None:
    (finding,) = found(project(STORAGE), project("[core]\n    remote = storage\n"))
    assert (finding.path, finding.message) == (
        CONFIG,
        "`core.remote` names `storage`, and `.dvc/config` has no such remote",
    )


def test_dk501_a_remote_of_another_section_is_no_default() -> None:
    assert found({}, project("['remote \"s3\"']\n    remote = storage\n    url = x\n")) == []


def test_dk501_a_project_without_settings_of_dvc() -> None:
    assert found({}, repository(room(), policy="remotes: {require: [storage]}\n")) == []


def test_dk502_a_pointer_that_is_never_sent() -> None:
    files = project(STORAGE)
    kept = {**files, POINTER: files[POINTER].replace(b"  hash: md5\n", b"  hash: md5\n  push: false\n")}
    assert kept[POINTER] != files[POINTER]
    message = "`push: false` keeps the bytes from every remote"
    expected = Finding(POINTER, "DK502", message, f"take `push: false` out of {POINTER}", "reviews", "warn")
    assert found(files, kept) == [expected]
    assert found(kept, {**kept, "catalog/reviews/notes.md": b"x"}) == []
    assert found(kept, files) == []
