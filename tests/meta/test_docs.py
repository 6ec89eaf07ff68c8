"""What is documented is what there is: commands, options, rules, Python names and exit codes, in both directions."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest

import datakit
from datakit import errors
from datakit.cli import app
from datakit.gate.rules import TABLE
from docs import generate_cli
from docs.transcripts import TOP

PAGES = sorted(path for path in [*TOP.glob("*.md"), *(TOP / "docs").glob("*.md"), *(TOP / "examples").rglob("*.md")])
COMMANDS = generate_cli.commands()


def text(page: str) -> str:
    """Read a page."""
    return (TOP / page).read_text(encoding="utf-8")


def section(page: str, title: str) -> str:
    """Return what a page says under a title of the second level."""
    found = re.search(rf"(?ms)^## {re.escape(title)}$(.*?)(?=^## |\Z)", text(page))
    assert found, f"{page} has no section `{title}`"
    return found[1]


class TestCommands:
    @pytest.mark.parametrize("name", COMMANDS)
    def test_every_command_has_a_section_and_a_line_in_the_readme(self, name: str) -> None:
        assert section("docs/cli.md", f"datakit {name}")
        assert f"`datakit {name}`" in text("README.md")

    @pytest.mark.parametrize("name", COMMANDS)
    def test_every_argument_and_option_says_what_it_is(self, name: str) -> None:
        described = section("docs/cli.md", f"datakit {name}")

        for parameter in COMMANDS[name].params:
            assert parameter.help, f"`{parameter.name}` of `{name}` has no help"
            assert parameter.help in described
            for option in (*parameter.opts, *parameter.secondary_opts):
                if option.startswith("-"):
                    assert re.search(rf"`{re.escape(option)}[ `]", described), f"{option} is not in docs/cli.md"

    def test_no_page_names_a_command_that_is_not_there(self) -> None:
        for page in PAGES:
            if page.name == "design.md":  # it names what is still to come
                continue
            shown = re.findall(r"(?m)(?:`|^\$ |&& )datakit ([a-z]+)", page.read_text(encoding="utf-8"))
            assert set(shown) <= set(COMMANDS), page

    def test_options_that_pages_use_exist(self) -> None:
        for page in ("README.md", "docs/tutorial.md", "docs/adoption.md"):
            for name, rest in re.findall(r"(?m)^\$ datakit ([a-z]+)((?:.*\\\n)*.*)$", text(page)):
                known = {option for parameter in COMMANDS[name].params for option in parameter.opts}
                outside = re.sub(r'"[^"]*"', "", rest.partition("|")[0])
                assert set(re.findall(r"(?<!\S)--?[a-z][a-z-]*", outside)) <= known, (page, rest)


class TestRules:
    @pytest.mark.parametrize("code", TABLE)
    def test_every_rule_has_a_section(self, code: str) -> None:
        assert f"\n### {code}\n" in text("docs/rules.md")

    def test_no_page_names_a_rule_that_is_not_there(self) -> None:
        for page in PAGES:
            if page.name != "design.md":
                assert set(re.findall(r"\bDK\d{3}\b", page.read_text(encoding="utf-8"))) <= set(TABLE), page

    @pytest.mark.parametrize("code", TABLE)
    def test_every_rule_is_made_by_the_gate(self, code: str) -> None:
        gate = "".join(path.read_text(encoding="utf-8") for path in (TOP / "datakit" / "gate").rglob("*.py"))

        assert gate.count(f'"{code}"') >= 2, f"{code} is in the table and no finding has it"


class TestPython:
    def test_every_public_name_has_a_section_and_no_other(self) -> None:
        titles = re.findall(r"(?m)^## datakit\.(\w+)$", text("docs/python.md"))

        assert sorted(titles) == sorted(datakit.__all__)

    @pytest.mark.parametrize("name", sorted(set(datakit.__all__) - {"DatakitError"}))
    def test_every_parameter_is_documented_on_the_page_and_in_the_docstring(self, name: str) -> None:
        function = getattr(datakit, name)
        described, docstring = section("docs/python.md", f"datakit.{name}"), inspect.getdoc(function) or ""

        for parameter in inspect.signature(function).parameters:
            assert re.search(rf"\b{parameter}\b", described), f"`{parameter}` of `{name}` is not in docs/python.md"
            assert re.search(rf"(?m)^    {parameter}: ", docstring), (
                f"`{parameter}` of `{name}` is not in its docstring"
            )

    def test_a_command_and_its_function_have_one_name(self) -> None:
        public = {"list" if name == "datasets" else name for name in datakit.__all__ if name != "DatakitError"}

        assert public - {"load", "path"} == set(COMMANDS)  # those two give Python what a shell has no use for


class TestExitCodes:
    def test_every_exit_code_of_an_error_is_on_the_page(self) -> None:
        used = {getattr(errors, name).exit_code for name in errors.__all__}

        assert used <= set(generate_cli.EXIT_CODES)

    def test_the_page_has_the_codes_that_the_boundaries_return(self) -> None:
        returned = {0, 1, app.INTERRUPTED} | {getattr(errors, name).exit_code for name in errors.__all__}
        for module in ("datakit/cli/app.py", "datakit/hooks/main.py"):
            for node in ast.walk(ast.parse(text(module))):
                if (
                    isinstance(node, ast.Return)
                    and isinstance(node.value, ast.Constant)
                    and type(node.value.value) is int
                ):
                    returned.add(node.value.value)

        assert set(generate_cli.EXIT_CODES) == returned

    def test_the_command_line_says_the_same(self) -> None:
        for code in generate_cli.EXIT_CODES:
            assert re.search(rf"\b{code} \w", app.main.__doc__ or ""), code


class TestLinks:
    @pytest.mark.parametrize("page", PAGES, ids=[path.relative_to(TOP).as_posix() for path in PAGES])
    def test_links_inside_the_repository_lead_somewhere(self, page: Path) -> None:
        prose = re.sub(r"(?s)```.*?```|`[^`\n]*`", "", page.read_text(encoding="utf-8"))
        for target, anchor in re.findall(r"\]\((?!https?:|mailto:)([^)#\s]*)(#[^)\s]+)?\)", prose):
            there = page if not target else (page.parent / target)
            assert there.exists(), f"{target} in {page.name}"
            if anchor:
                titles = re.findall(r"(?m)^#+ (.+)$", there.read_text(encoding="utf-8"))
                slugs = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
                assert anchor[1:] in slugs, f"{target}{anchor} in {page.name}"
