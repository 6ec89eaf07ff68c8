"""Write docs/cli.md, and the table of commands in README.md, from the command line's own declarations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from datakit.cli.app import app
from docs.transcripts import TOP

PAGE = TOP / "docs" / "cli.md"
README = TOP / "README.md"
EXIT_CODES = {
    0: "clean: done, and nothing is wrong",
    1: "findings: a rule or a check of a contract speaks against it, or a record or the data is broken",
    2: "usage: an unknown option, dataset, version or rule, or a reason that is missing",
    3: "could not: no project here, Git or DVC refuses, the disk or the network fails, an object is not in the clone",
    4: "integrity: bytes differ from the hash that names them, or are nowhere to be found",
    5: "lock timeout: another process holds the repository",
    70: "a bug in datakit, with a traceback to report",
    130: "interrupted",
}
INTRODUCTION = """\
# Command line

<!-- Written by `make docs` from datakit/cli; change it there. -->

What a command was asked for goes to standard output, errors and progress to standard error. `--json` writes the records
that the Python functions return. Colours are left out where the output is no terminal or `NO_COLOR` is set; `FORCE_COLOR`
asks for them.
"""
HOOK = """\
## datakit-hook

What Git calls; `datakit init` installs it, and nobody has to call it. `datakit-hook pre-commit` and `pre-merge-commit` judge
what is staged against HEAD, as `datakit check --staged` does. `datakit-hook pre-push` judges every ref and every version tag
that is pushed, and has `datakit push --prove` ask the remote for every byte that their records name. `datakit-hook
post-checkout` and `post-merge` say which data did not follow the records, with the command that brings it. Exit code 0 lets
Git go on, 1 stops it, 3 says that it could not be judged.
"""


def commands() -> dict[str, Any]:
    """Return every command by its name, in the order of the help."""
    return dict(get_command(app).commands)  # type: ignore[attr-defined]  # Typer's group, which it does not export


def page() -> str:
    """Return the whole page."""
    parts = [INTRODUCTION, "## datakit\n", *_parameters(get_command(app).params)]
    for name, command in commands().items():
        parts += [f"\n## datakit {name}\n", f"{command.help.partition(chr(10))[0]}\n"]
        parts += [f"```\n{_usage(name, command)}\n```\n", *_parameters(command.params)]
    codes = [f"| {code} | {meaning} |" for code, meaning in EXIT_CODES.items()]
    parts += ["", HOOK, "## Exit codes\n", "| code | meaning |", "|---|---|", *codes]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(parts)).rstrip("\n") + "\n"


def readme(text: str) -> str:
    """Return the README with its table of commands as it is now."""
    rows = [
        f"| [`datakit {name}`](docs/cli.md#datakit-{name}) | {command.help.partition(chr(10))[0].rstrip('.')} |"
        for name, command in commands().items()
    ]
    table = "\n".join(["| command | |", "|---|---|", *rows])
    return re.sub(r"(?s)(<!-- commands -->\n).*?(<!-- end -->)", lambda found: f"{found[1]}{table}\n{found[2]}", text)


def _usage(name: str, command: Any) -> str:
    """Return how a command is called, arguments after options as in its help."""
    words = [
        parameter.metavar if parameter.metavar.startswith("[") or parameter.required else f"[{parameter.metavar}]"
        for parameter in command.params
        if parameter.param_type_name == "argument"
    ]
    return " ".join(["datakit", name, "[OPTIONS]", *words])


def _parameters(parameters: list[Any]) -> Iterator[str]:
    """Write the arguments and options of a command as a table."""
    yield "| | |"
    yield "|---|---|"
    for parameter in parameters:
        yield f"| {_spelling(parameter)} | {parameter.help}{_default(parameter)} |"
    yield "| `--help` | Show the help and exit. |"


def _spelling(parameter: Any) -> str:
    """Return how a parameter is written."""
    if parameter.param_type_name == "argument":
        return f"`{parameter.metavar}`".replace("|", "\\|")
    choices = getattr(parameter.type, "choices", None)
    value = "" if parameter.is_flag else f" {parameter.metavar or '|'.join(choices or ['TEXT'])}"
    spellings = ", ".join(f"`{option}{value}`" for option in parameter.opts).replace("|", "\\|")
    against = "".join(f", `{option}`" for option in parameter.secondary_opts)
    return f"{spellings}{against}{', repeatable' if parameter.multiple else ''}"


def _default(parameter: Any) -> str:
    """Say what holds where an option is left out, if that is not plain."""
    default = getattr(parameter.default, "value", parameter.default)
    if parameter.param_type_name == "argument" or default in {None, "", False, "."}:
        return ""
    return f" Default: `{parameter.opts[0] if default is True else default}`."


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    README.write_text(readme(README.read_text(encoding="utf-8")), encoding="utf-8")
    print("wrote docs/cli.md and the commands in README.md")
