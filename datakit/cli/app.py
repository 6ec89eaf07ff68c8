"""The command line. Each command parses, calls one verb and prints one report; errors are caught in one place."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, NoReturn

import typer

from datakit.cli import ask, output
from datakit.cli.progress import Bar
from datakit.errors import DatakitError
from datakit.report import added, datasets, entries, failure, findings, plain, rule, states, steps, transfers

INTERRUPTED = 130

app = typer.Typer(
    name="datakit",
    help="Keep every dataset of this repository recorded, documented, validated and reproducible.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # help in plain text: 200 ms less for each call
    pretty_exceptions_enable=False,
)


class Template(StrEnum):
    """What kind of data a new project holds."""

    tabular = "tabular"
    files = "files"


class Format(StrEnum):
    """How findings are written."""

    text = "text"
    json = "json"
    github = "github"


Names = Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Datasets; all by default.")]
References = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[NAME[@VERSION]]...", help="Datasets, each at a version where one is given; all by default."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Write the records as JSON.")]


@app.callback()
def settings(
    folder: Annotated[str, typer.Option("-C", metavar="DIR", help="Run as if started in DIR.")] = ".",
    version: Annotated[  # noqa: ARG001 - its callback prints it and ends
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=output.version)
    ] = False,
) -> None:
    """Keep every dataset of this repository recorded, documented, validated and reproducible."""
    output.enter(folder)


@app.command()
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


@app.command()
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


@app.command()
def status(names: Names = None, as_json: Json = False) -> None:
    """Say of each dataset what must be done next."""
    from datakit.verbs.status import status as verb

    found = verb(*(names or ()), progress=Bar())
    output.say(plain.as_json(found) if as_json else states.text(found, output.style()))


@app.command("list")
def list_(
    at: Annotated[str | None, typer.Option(metavar="REV", help="In a commit instead of the working tree.")] = None,
    as_json: Json = False,
) -> None:
    """List the datasets."""
    from datakit.verbs.datasets import datasets as verb

    found = verb(at=at)
    output.say(plain.as_json(found) if as_json else datasets.listing(found, output.style()))


@app.command()
def show(
    reference: Annotated[str, typer.Argument(metavar="NAME[@VERSION]", help="A dataset, at a version or revision.")],
    as_json: Json = False,
) -> None:
    """Show all that is recorded about a dataset."""
    from datakit.verbs.show import show as verb

    found = verb(reference)
    output.say(plain.as_json(found) if as_json else datasets.shown(found, output.style()))


@app.command()
def log(name: Annotated[str, typer.Argument(metavar="NAME", help="A dataset.")], as_json: Json = False) -> None:
    """Show the history of a dataset: what changed, why, and which versions are registered."""
    from datakit.verbs.log import log as verb

    found = verb(name)
    output.say(plain.as_json(found) if as_json else entries.text(found, output.style()))


@app.command()
def validate(names: Names = None, as_json: Json = False) -> None:
    """Hold the recorded data against its contract and write the receipt."""
    from datakit.verbs.validate import validate as verb

    done = verb(*(names or ()), progress=Bar())
    output.say(plain.as_json(done) if as_json else added.validations(done, output.style()))
    raise typer.Exit(not all(item.passed for item in done))


@app.command()
def check(
    names: Names = None,
    staged: Annotated[bool, typer.Option("--staged", help="What is staged, as the hook judges it.")] = False,
    at: Annotated[str | None, typer.Option(metavar="REV", help="A commit instead of the working tree.")] = None,
    select: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="Only these rules: DK201, or DK2 for all of them.")
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="How findings are written.")] = Format.text,
    as_json: Json = False,
) -> None:
    """Check that the records agree; reads Git only, never the data."""
    from datakit.verbs.check import check as verb

    found = verb(*(names or ()), staged=staged, at=at, select=select or ())
    writers = {
        Format.text: lambda: findings.text(found, output.style()),
        Format.json: lambda: plain.as_json(found),
        Format.github: lambda: findings.github(found),
    }
    output.say(writers[Format.json if as_json else form]())
    raise typer.Exit(any(item.level == "error" for item in found))


@app.command()
def push(
    names: Names = None,
    remote: Annotated[str | None, typer.Option(metavar="NAME", help="A remote of DVC; its default one else.")] = None,
    as_json: Json = False,
) -> None:
    """Send the recorded bytes to a remote of DVC and prove that they are there."""
    from datakit.verbs.push import push as verb

    done = verb(*(names or ()), remote=remote, progress=Bar())
    output.say(plain.as_json(done) if as_json else transfers.pushed(done, output.style()))


@app.command()
def pull(
    references: References = None,
    to: Annotated[str | None, typer.Option(metavar="PATH", help="The folder or file that gets the bytes.")] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace what lies there, even what is recorded nowhere.")
    ] = False,
    remote: Annotated[str | None, typer.Option(metavar="NAME", help="A remote of DVC; its default one else.")] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Ask no remote: what the cache has must do.")] = False,
    as_json: Json = False,
) -> None:
    """Put recorded bytes where they belong, or any version of them at a place of its own."""
    from datakit.verbs.pull import pull as verb

    done = verb(*(references or ()), to=to, force=force, remote=remote, offline=offline, progress=Bar())
    output.say(plain.as_json(done) if as_json else transfers.pulled(done, output.style()))


@app.command()
def verify(
    references: References = None,
    cache: Annotated[bool, typer.Option("--cache", help="Hash the objects in DVC's cache, too.")] = False,
    as_json: Json = False,
) -> None:
    """Hash the bytes again and compute the receipts again; say what differs from the records."""
    from datakit.verbs.verify import verify as verb

    found = verb(*(references or ()), cache=cache, progress=Bar())
    output.say(plain.as_json(found) if as_json else transfers.verified(found, output.style()))
    raise typer.Exit(output.verdict(found))


@app.command()
def explain(
    code: Annotated[str, typer.Argument(metavar="CODE", help="A rule's code, such as DK101.")], as_json: Json = False
) -> None:
    """Explain a rule of the gate."""
    from datakit.verbs.explain import explain as verb

    found = verb(code)
    output.say(plain.as_json(found) if as_json else rule.text(found, output.style()))


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and end the process.

    Exit codes: 0 clean, 1 findings, 2 usage, 3 could not, 4 integrity, 5 lock timeout, 70 a bug, 130 interrupted.
    """
    sys.exit(run(argv))


def run(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code; the one place where errors become text."""
    try:
        app(args=None if argv is None else list(argv), prog_name="datakit", standalone_mode=True)
    except DatakitError as error:
        sys.stderr.write(failure.text(error, output.style(sys.stderr)))
        return error.exit_code
    except KeyboardInterrupt:
        return _interrupted()
    except SystemExit as done:
        code = int(done.code) if isinstance(done.code, int) else int(bool(done.code))
        return _interrupted() if code == INTERRUPTED else code  # typer makes this of Ctrl-C inside of a command
    except Exception:  # noqa: BLE001 - the last resort: a traceback, and an exit code of its own for scripts
        import traceback

        traceback.print_exc()
        sys.stderr.write("this is a bug in datakit; please report it with the lines above\n")
        return 70
    return 0


def _interrupted() -> int:
    """Say that nothing is broken and return the exit code."""
    sys.stderr.write("\ninterrupted; the next command finishes or takes back what was begun\n")
    return INTERRUPTED
