"""Commands that write records: of a project, of data, of what was found in it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from datakit.cli import ask, output
from datakit.cli.commands.options import Json, Names
from datakit.cli.progress import Bar
from datakit.report import added, plain, steps


class Template(StrEnum):
    """What kind of data a new project holds."""

    tabular = "tabular"
    files = "files"


def init(
    directory: Annotated[str, typer.Argument(metavar="[DIR]", help="The top of the repository, new or old.")] = ".",
    template: Annotated[Template, typer.Option(help="Tables, or folders of files such as images.")] = Template.tabular,
    remote: Annotated[str | None, typer.Option(metavar="URL", help="DVC's default remote.")] = None,
    hooks: Annotated[bool, typer.Option("--hooks/--no-hooks", help="Install the Git hooks.")] = True,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, do nothing.")] = False,
) -> None:
    """Make a folder a datakit project; nothing that is there is overwritten."""
    from datakit.verbs.init import init as verb

    plan = verb(directory, template=template.value, remote=remote, hooks=hooks, dry_run=dry_run)
    output.say(steps.text([step[:3] for step in plan.steps], output.style(), dry_run=dry_run))
    raise typer.Exit(bool(plan.problems))


def add(
    data: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PATH|URL|NAME]...", help="What to record; by default every dataset that changed."),
    ] = None,
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="The dataset's name; by default after the file.")
    ] = None,
    to: Annotated[str | None, typer.Option(metavar="PATH", help="Where a URL's data goes.")] = None,
    note: Annotated[str | None, typer.Option("-m", "--message", metavar="WHY", help="Why the data changed.")] = None,
    fields: Annotated[
        list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="A field or section of the card.")
    ] = None,
    parents: Annotated[
        list[str] | None, typer.Option("--from", metavar="NAME", help="A dataset that this one was made of.")
    ] = None,
    command: Annotated[str, typer.Option(metavar="TEXT", help="The command that made it.")] = "",
    code: Annotated[list[str] | None, typer.Option(metavar="PATH", help="A file of code that took part.")] = None,
    validate: Annotated[
        bool, typer.Option("--validate/--no-validate", help="Hold the data against its contract.")
    ] = True,
    private: Annotated[
        bool, typer.Option("--allow-private", help="Allow URLs of this machine and private networks.")
    ] = False,
    questions: Annotated[
        bool, typer.Option("--input/--no-input", help="Ask for what is missing, on a terminal.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Record data: its bytes, its origin, its reason, and whether it keeps its contract."""
    from datakit.verbs.add import add as verb

    done = verb(
        *(data or ()),
        name=name,
        to=to,
        note=note,
        fields=output.pairs(fields),
        parents=parents or (),
        command=command,
        code=code or (),
        validate=validate,
        private=private,
        ask=ask.asker(wanted=questions),
        progress=Bar(),
    )
    output.say(plain.as_json(done) if as_json else added.text(done, output.style()))
    raise typer.Exit(any(item.validation is not None and not item.validation.passed for item in done))


def validate(names: Names = None, as_json: Json = False) -> None:
    """Hold the recorded data against its contract and write the receipt."""
    from datakit.verbs.validate import validate as verb

    done = verb(*(names or ()), progress=Bar())
    output.say(plain.as_json(done) if as_json else added.validations(done, output.style()))
    raise typer.Exit(not all(item.passed for item in done))
