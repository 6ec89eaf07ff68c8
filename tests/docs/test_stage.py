"""The demo succeeds only where each proof held, and nothing of the user's is in its environment."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from examples.stage import Proof, Stage, environment, quoted, run, verdict


class TestVerdict:
    def test_every_proof_held(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert verdict([Proof("one", True), Proof("two", True)], 1.4) == 0
        assert capsys.readouterr().out == "\n2 of 2 proofs held, in 1 s\n"

    def test_one_did_not_hold(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert verdict([Proof("one", True), Proof("two", False)], 3) == 1
        assert capsys.readouterr().out == "\n1 of 2 proofs held, in 3 s\nnot proved:\n  2. two\n"


def test_environment_has_a_home_and_an_author_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GIT_DIR", "DVC_CACHE", "AWS_SECRET_ACCESS_KEY", "PRE_COMMIT_HOME"):
        monkeypatch.setenv(name, "the user's")

    found = environment(tmp_path)

    assert "the user's" not in found.values()
    assert found["HOME"] == str(tmp_path / "home")
    stage = Stage(tmp_path, found, [])
    assert run(stage, "git", "config", "--global", "user.name").text == "Jane Doe\n"


def test_long_output_is_shortened(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = run(Stage(tmp_path, dict(os.environ), []), "seq", "5", lines=2)

    assert (done.code, done.text) == (0, "1\n2\n3\n4\n5\n")
    assert capsys.readouterr().out == "$ seq 5\n    1\n    2\n    … 3 more lines\n"


@pytest.mark.parametrize(
    ("word", "shown"), [("add", "add"), ("a b", '"a b"'), ("", '""'), ("x" * 80, '"' + "x" * 57 + '…"')]
)
def test_words_are_shown_as_one_types_them(word: str, shown: str) -> None:
    assert quoted(word) == shown
