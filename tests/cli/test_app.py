"""The command line: exit codes, JSON, what goes to which stream, and that it is nothing but a thin shell around the verbs."""

from __future__ import annotations

import ast
import inspect
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import pytest
import typer

import datakit
from datakit.cli import app as module
from datakit.cli.app import COMMANDS, app, run
from datakit.errors import IntegrityError, LockTimeout
from datakit.verbs.add import add as add_verb
from tests.support.datasets import BIRDS, CARD, MORE_BIRDS, everything, record
from tests.support.repo import Repo

PATH = "data/raw/birds.csv"
SET = [word for field, value in CARD.items() for word in ("--set", f"{field}={value}")]


@pytest.fixture
def here(project: Repo, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """A project that is the current folder, with data that nothing tracks."""
    monkeypatch.chdir(project.path)
    project.write({PATH: BIRDS})
    return project


@pytest.fixture
def birds(here: Repo) -> Repo:
    """The same with the data recorded, documented and committed."""
    datakit.add(PATH, fields=CARD)
    here.commit("birds")
    return here


class TestExitCodes:
    def test_0_clean_and_1_findings(self, here: Repo, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["add", PATH]) == 0  # the contract is kept; what is not documented yet is no failure of `add`
        assert run(["check"]) == 1
        assert run(["add", "birds", *SET]) == 0
        assert run(["check"]) == 0
        here.write({PATH: f"{BIRDS}-1,m,1\n"})
        assert run(["add", "birds"]) == 1
        assert run(["validate"]) == 1
        assert "breaks its contract" in capsys.readouterr().out

    @pytest.mark.parametrize(
        "line",
        [
            ["nonsense"],
            ["add", "--nonsense"],
            ["show"],
            ["show", "gone"],
            ["explain", "DK999"],
            ["check", "--at", "nowhere"],
            ["check", "--select", "XX"],
            ["add", PATH, "--set", "license"],
            ["add", "gone.csv"],
        ],
    )
    def test_2_usage(self, here: Repo, line: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        before = everything(here)
        assert run(line) == 2
        assert everything(here) == before
        out, err = capsys.readouterr()
        assert out == ""
        assert "rror: " in err
        assert "Traceback" not in err

    def test_3_could_not(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(tmp_path)
        for line in (["status"], ["add"], ["list"], ["check"], ["-C", "gone", "status"]):
            assert run(line) == 3
        assert capsys.readouterr().err.endswith("error: cannot enter `gone`: No such file or directory\n")

    def test_4_integrity(self, birds: Repo, capsys: pytest.CaptureFixture[str]) -> None:
        subprocess.run(["rm", "-r", ".dvc/cache"], check=True)
        birds.write({PATH: MORE_BIRDS})
        assert run(["validate"]) == 4
        assert capsys.readouterr().err.startswith("error: the recorded bytes of `birds` are not here: md5 ")
        assert IntegrityError.exit_code == 4

    def test_5_lock_timeout(
        self, birds: Repo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        from datakit.store import guard

        def held(folder: Path) -> None:
            raise LockTimeout(f"waited 60 s for `{folder}`", hint="wait")

        monkeypatch.setattr(guard, "lock", held)
        assert run(["add", "birds"]) == 5
        assert capsys.readouterr().err == f"error: waited 60 s for `{birds.path}/.dvc`\nhint: wait\n"

    @pytest.mark.usefixtures("here")
    def test_70_a_bug(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        from datakit.verbs import datasets

        monkeypatch.setattr(datasets, "datasets", lambda **_: 1 / 0)
        assert run(["list"]) == 70
        err = capsys.readouterr().err
        assert "ZeroDivisionError" in err
        assert err.endswith("this is a bug in datakit; please report it with the lines above\n")

    @pytest.mark.usefixtures("here")
    def test_130_interrupted(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        from datakit.verbs import datasets

        def interrupt(**_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(datasets, "datasets", interrupt)
        assert run(["list"]) == 130
        assert capsys.readouterr().err == "\ninterrupted; the next command finishes or takes back what was begun\n"

    def test_main_ends_the_process_with_it(self) -> None:
        with pytest.raises(SystemExit) as caught:
            module.main(["--version"])
        assert caught.value.code == 0


class TestStreams:
    def test_data_on_one_and_all_else_on_the_other(self, birds: Repo) -> None:
        for line, code in ((["list"], 0), (["show", "birds"], 0), (["show", "brids"], 2)):
            done = birds.run(sys.executable, "-P", "-m", "datakit", *line)
            assert done.code == code
            assert bool(done.out) == (code == 0)
            assert bool(done.err) == (code != 0)

    @pytest.mark.usefixtures("birds")
    def test_errors_are_two_lines(self, capsys: pytest.CaptureFixture[str]) -> None:
        run(["show", "brids"])
        assert capsys.readouterr().err == "error: there is no dataset `brids`\nhint: did you mean `birds`?\n"

    def test_every_problem_of_a_contract_has_its_line(self, birds: Repo, capsys: pytest.CaptureFixture[str]) -> None:
        birds.write(
            {"catalog/birds/contract.odcs.yaml": "apiVersion: v3.1.0\nkind: Contract\nid: birds\nstatus: draft\n"}
        )
        assert run(["add", "birds"]) == 1
        assert capsys.readouterr().err == (
            "error: catalog/birds/contract.odcs.yaml:2: `kind` is `Contract`, expected DataContract\n"
            "  line 1: `version` is missing\n"
            "hint: edit line 2 of catalog/birds/contract.odcs.yaml\n"
        )

    def test_names_cannot_move_the_cursor(self, here: Repo, capsys: pytest.CaptureFixture[str]) -> None:
        name = "data/raw/\x1b[31mred\u202egnp.csv"
        here.write({name: BIRDS})
        run(["status"])
        run(["add", name])
        run(["list"])
        run(["add", "\x1b]0;title\x07.csv"])
        out, err = capsys.readouterr()
        assert r"\x1b[31mred\u202egnp.csv" in out
        assert "\x1b" not in out + err
        assert "\u202e" not in out + err

    def test_a_reader_that_goes_away_is_no_error(self, birds: Repo) -> None:
        script = f"'{sys.executable}' -P -m datakit explain DK101 | true; echo ${{PIPESTATUS[0]}}"
        done = subprocess.run(["bash", "-c", script], cwd=birds.path, capture_output=True, text=True, check=True)
        assert done.stderr == ""
        assert done.stdout == "0\n"

    @pytest.mark.usefixtures("birds")
    @pytest.mark.parametrize(
        ("environment", "coloured"),
        [({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)],
    )
    def test_colour(
        self,
        environment: dict[str, str],
        coloured: bool,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.delenv("NO_COLOR")
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        run(["status"])
        run(["show", "gone"])
        out, err = capsys.readouterr()
        assert ("\x1b[" in out, "\x1b[" in err) == (coloured, coloured)


READING = {
    "status": (["status"], {"name", "path", "condition", "detail", "command"}),
    "list": (["list"], {"name", "path", "tier", "format", "size", "files", "rows", "md5", "changed", "valid"}),
    "show": (["show", "birds"], {"name", "commit", "versions", "manifest", "card", "contract", "receipt", "profile"}),
    "check": (["check"], {"path", "code", "message", "hint", "dataset", "level", "line", "data"}),
    "validate": (["validate"], {"name", "path", "rows", "results", "written"}),
    "explain": (["explain", "DK101"], {"code", "title", "reason", "fails", "passes", "mend", "level", "waits"}),
    "add": (
        ["add", "birds"],
        {"name", "path", "action", "data", "validation", "written", "staged", "notes", "findings"},
    ),
    "log": (["log", "birds"], {"commit", "at", "by", "note", "md5", "size", "rows", "versions"}),
}


class TestJson:
    @pytest.mark.usefixtures("birds")
    @pytest.mark.parametrize("command", READING)
    def test_has_the_fields_of_the_record(self, command: str, capsys: pytest.CaptureFixture[str]) -> None:
        line, fields = READING[command]
        assert run([*line, "--json"]) == 0
        out, err = capsys.readouterr()
        found = json.loads(out)
        first = found[0] if isinstance(found, list) else found
        assert set(first) == fields
        assert err == ""

    @pytest.mark.parametrize("line", [["status"], ["list"], ["check"], ["validate"], ["add"]])
    def test_of_nothing_is_an_empty_list(
        self, line: list[str], project: Repo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(project.path)
        assert run([*line, "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == []

    def test_every_command_that_returns_records_has_it(self) -> None:
        with_json = {command for command in COMMANDS if "as_json" in inspect.signature(COMMANDS[command]).parameters}
        assert with_json >= set(READING)
        assert set(COMMANDS) - with_json == {"init"}


class TestPlace:
    def test_dash_c_is_where_it_runs(self, birds: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        assert run(["-C", str(birds.path / "data/raw"), "add", "birds.csv"]) == 0
        assert Path.cwd() == birds.path / "data/raw"

    def test_a_path_that_looks_like_an_option(self, here: Repo) -> None:
        here.write({"data/raw/--json": "x", "-m": "y"})
        assert run(["add", "--", "data/raw/--json", "-m"]) == 0
        assert record(here, "json")["path"] == "data/raw/--json"


class TestThin:
    @pytest.mark.parametrize("command", COMMANDS)
    def test_a_command_only_parses_calls_and_prints(self, command: str) -> None:
        body = ast.parse(inspect.getsource(COMMANDS[command])).body[0]
        assert isinstance(body, ast.FunctionDef)
        odd = [
            type(node).__name__
            for node in ast.walk(body)
            if isinstance(node, (ast.If, ast.Try, ast.For, ast.While, ast.With))
        ]
        assert odd == []
        switches = [ast.unparse(node.test) for node in ast.walk(body) if isinstance(node, ast.IfExp)]
        assert set(switches) <= {"as_json"}
        assert len(body.body) <= 6

    # What the terminal calls otherwise than Python, and what only one of them has.
    SPELLED: ClassVar = {
        "as_json": None,
        "questions": "ask",
        "written": None,
        "names": "names",
        "directory": "root",
        "on": "remote",
    }
    PYTHON_ONLY: ClassVar = {"root", "progress", "ask"}

    @pytest.mark.parametrize("command", sorted(set(COMMANDS) & (set(datakit.__all__) | {"list"})))
    def test_its_parameters_are_those_of_the_verb(self, command: str) -> None:
        verb = getattr(datakit, "datasets" if command == "list" else command)
        typed = {self.SPELLED.get(name, name) for name in inspect.signature(COMMANDS[command]).parameters} - {None}
        known = set(inspect.signature(verb).parameters)
        assert typed - known == set()
        assert known - typed <= self.PYTHON_ONLY

    def test_the_verb_is_found(self) -> None:
        assert set(inspect.signature(add_verb).parameters) > {"note", "fields", "parents"}
        command: Any = typer.main.get_command(app)
        written = {
            parameter.name: {*parameter.opts, *parameter.secondary_opts} for parameter in command.commands["add"].params
        }
        assert written["note"] == {"-m", "--message"}
        assert (written["fields"], written["parents"]) == ({"--set"}, {"--from"})
        assert written["validate"] == {"--validate", "--no-validate"}
        assert written["questions"] == {"--input", "--no-input"}


def test_help_says_what_every_command_does(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    out = capsys.readouterr().out
    for command in COMMANDS:
        assert f"\n  {command} " in out
