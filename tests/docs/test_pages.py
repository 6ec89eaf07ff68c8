"""The pages that scripts write are what the scripts would write now; what a page shows is what happens."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs import generate_cli, generate_rules, picture, transcripts
from docs.transcripts import TOP, Session


@pytest.mark.parametrize("page", transcripts.PAGES)
def test_commands_print_what_the_page_shows(page: str) -> None:
    shown = (TOP / page).read_text(encoding="utf-8")

    assert transcripts.regenerated(page) == shown, "run `make docs`, and read what has changed"


def test_rules_page_is_the_table_of_rules() -> None:
    assert generate_rules.PAGE.read_text(encoding="utf-8") == generate_rules.page(), "run `make docs`"


def test_command_line_page_is_the_command_line() -> None:
    assert generate_cli.PAGE.read_text(encoding="utf-8") == generate_cli.page(), "run `make docs`"


def test_readme_lists_the_commands() -> None:
    text = generate_cli.README.read_text(encoding="utf-8")

    assert generate_cli.readme(text) == text, "run `make docs`"


def test_picture_is_what_a_terminal_shows() -> None:
    assert picture.PICTURE.read_text(encoding="utf-8") == picture.picture(), "run `make docs`, and look at the picture"


def test_picture_reaches_for_nothing_outside() -> None:
    drawn = picture.PICTURE.read_text(encoding="utf-8")

    assert "DK201" in drawn
    assert drawn.count("http") == 1  # the name of the SVG namespace
    assert "<script" not in drawn


class TestSession:
    def test_folder_and_exit_code_last(self, tmp_path: Path) -> None:
        session = Session(tmp_path, "place")

        session.run("mkdir in && cd in")

        assert session.run("pwd") == "~/place/in\n"
        session.run("exit 3")
        assert session.run("echo $?") == "3\n"

    def test_a_crash_never_reaches_a_page(self, tmp_path: Path) -> None:
        with pytest.raises(SystemExit, match="crashed, which no page should show"):
            Session(tmp_path).run("python3 -c 'raise OSError'")

    def test_what_differs_from_run_to_run_is_replaced(self, tmp_path: Path) -> None:
        session = Session(tmp_path)

        assert session.run("echo '[main 0123abc] x'; echo $HOME; date -u +%FT%TZ") == (
            "[main 1a2b3c4] x\n~\n2026-01-31T12:00:00Z\n"
        )

    def test_a_gap_keeps_as_many_lines_as_the_page_has(self, tmp_path: Path) -> None:
        page = "```console\n$ seq 5\n1\n…\n5\n$ seq 2\nwrong\n```"

        assert transcripts.rendered(page, Session(tmp_path)) == "```console\n$ seq 5\n1\n…\n5\n$ seq 2\n1\n2\n```"
