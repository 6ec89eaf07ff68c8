"""Recording from the command line: questions on a terminal, and only there."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from datakit.cli.app import run
from tests.support.datasets import BIRDS, CARD, everything
from tests.support.releases import releasable
from tests.support.repo import Repo

PATH = "data/raw/birds.csv"


@pytest.fixture
def here(project: Repo) -> Repo:
    """A project with data that nothing tracks."""
    project.write({PATH: BIRDS})
    return project


def _talk(line: list[str], cwd: Path, answers: list[str]) -> str:
    """Run a command on a terminal, answer its questions and return what it showed."""
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "datakit", *line],
        cwd=cwd,
        stdin=child,
        stdout=child,
        stderr=child,
        close_fds=True,
        # A shell that runs the suite in the background leaves it deaf to interrupts, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - nothing else runs here
    )
    os.close(child)
    shown, waiting, deadline = "", list(answers), time.monotonic() + 60
    while time.monotonic() < deadline:
        if select.select([parent], [], [], 0.1)[0]:
            try:
                shown += os.read(parent, 4096).decode()
            except OSError:  # the other end is closed
                break
            if shown.endswith("> ") and waiting:
                answer = waiting.pop(0)
                if answer == "interrupt":
                    process.send_signal(signal.SIGINT)
                else:
                    os.write(parent, answer.encode())
        elif process.poll() is not None:
            break
    code = process.wait(timeout=60)
    os.close(parent)
    return f"{shown}\nexit {code}"


class TestQuestions:
    def test_are_asked_on_a_terminal(self, here: Repo) -> None:
        answers = [f"{CARD[key]}\n" for key in ("license", "owner", "personal_data", "summary")]
        shown = _talk(["add", PATH], here.path, [*answers, "\x04"])  # the end of input leaves the last one open
        assert shown.count("\n> ") == 5
        assert shown.endswith("exit 0")
        assert "DK201 section `Collection`" in shown
        assert "license: CC0-1.0" in here.read("catalog/birds/README.md")

    def test_can_be_left_out(self, here: Repo) -> None:
        shown = _talk(["add", PATH, "--no-input"], here.path, [])
        assert "\n> " not in shown
        assert shown.endswith("exit 0")

    def test_ctrl_c_is_130_and_leaves_nothing(self, here: Repo) -> None:
        before = everything(here)
        shown = _talk(["add", PATH], here.path, ["interrupt"])
        assert shown.endswith("exit 130")
        assert "interrupted; the next command finishes or takes back what was begun" in shown
        assert everything(here) == before

    def test_are_never_asked_of_a_script(self, here: Repo) -> None:
        done = here.run(sys.executable, "-P", "-m", "datakit", "add", PATH, stdin="CC0-1.0\n" * 9)
        assert done.code == 0
        assert "Under which licence" not in done.out + done.err


class TestRelease:
    def test_from_the_command_line(
        self, project: Repo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        releasable(project)
        monkeypatch.chdir(project.path)
        assert run(["release", "birds", "--bump", "huge"]) == 2
        assert run(["release", "birds", "-m", "For the paper", "--dry-run"]) == 0
        assert run(["release", "birds", "-m", "For the paper", "--push", "--json"]) == 0
        out, err = capsys.readouterr()
        assert "Invalid value for '--bump': 'huge' is not one of" in err
        assert "  | For the paper\nnothing was done" not in out
        assert "  | For the paper\n" in out
        found = json.loads(out[out.index("\n{") + 1 :])
        assert set(found) == {
            "name", "version", "former", "commit", "tag", "registered", "level", "differences", "notes", "remotes",
            "sent", "published",
        }  # fmt: skip
        assert (found["tag"], found["published"]) == ("birds@v1.0.0", "origin")
        assert run(["release", "birds"]) == 2
        assert run(["status", "birds", "--remote"]) == 0
        assert capsys.readouterr().out == "birds  clean\n1 clean\n"


def test_a_removal_without_a_reason_says_what_to_type(
    project: Repo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project.path)
    assert run(["rm", "birds"]) == 2
    assert capsys.readouterr().err == (
        'error: `birds` is not removed without a reason\nhint: datakit rm birds --reason "why it is no longer needed"\n'
    )
