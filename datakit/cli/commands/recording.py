"""Commands that write records: of a project, of data, of what was found in it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from datakit.cli import ask, output
from datakit.cli.commands.options import Json, Names
from datakit.cli.progress import Bar
from datakit.records import Form
from datakit.report import added, moved, plain, released, splits, steps


class Nulls(StrEnum):
    """What becomes of rows whose key is missing."""

    refuse = "refuse"
    exclude = "exclude"


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


class Bump(StrEnum):
    """How far a version moves."""

    auto = "auto"
    major = "major"
    minor = "minor"
    patch = "patch"


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
    form: Annotated[
        Form | None,
        typer.Option("--as", help="A table, or files whose content is not read; as its name says by default."),
    ] = None,
    parents: Annotated[
        list[str] | None, typer.Option("--from", metavar="NAME", help="A dataset that this one was made of.")
    ] = None,
    command: Annotated[str, typer.Option(metavar="TEXT", help="The command that made it.")] = "",
    code: Annotated[list[str] | None, typer.Option(metavar="PATH", help="A file of code that took part.")] = None,
    validate: Annotated[
        bool, typer.Option("--validate/--no-validate", help="Hold the data against its contract.")
    ] = True,
    force: Annotated[
        bool, typer.Option("--force", help="Record data even where it undoes what Git brought meanwhile.")
    ] = False,
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
    from datakit.verbs.add import left_out

    done = output.batch(
        lambda: verb(
            *(data or ()),
            name=name,
            to=to,
            note=note,
            fields=output.pairs(fields),
            form=form,
            parents=parents or (),
            command=command,
            code=code or (),
            validate=validate,
            force=force,
            private=private,
            ask=ask.asker(wanted=questions),
            progress=Bar(),
        ),
        lambda done: plain.as_json(done) if as_json else added.text(done, output.style(), left_out(data, done)),
    )
    raise typer.Exit(any(item.validation is not None and not item.validation.passed for item in done))


def mv(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A dataset.")],
    to: Annotated[
        str,
        typer.Argument(
            metavar="NEW|PATH",
            help="Its new name; or where its data goes: with a `/`, with the suffix of the data, or an existing folder.",
        ),
    ],
    as_json: Json = False,
) -> None:
    """Rename a dataset, or move its data; everything that names it follows."""
    from datakit.verbs.mv import mv as verb

    done = verb(name, to)
    output.say(plain.as_json(done) if as_json else moved.text(done, output.style()))


def rm(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A dataset.")],
    reason: Annotated[
        str, typer.Option(metavar="TEXT", help="Why it is no longer needed; a tombstone keeps it.", show_default=False)
    ] = "",
    keep_data: Annotated[
        bool, typer.Option("--keep-data", help="Leave the data in the working tree, tracked by nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Remove a dataset and leave a tombstone; every committed version can still be had."""
    from datakit.verbs.rm import rm as verb

    done = verb(name, reason=reason, keep_data=keep_data, progress=Bar())
    output.say(plain.as_json(done) if as_json else moved.removed(done, output.style()))


def validate(names: Names = None, as_json: Json = False) -> None:
    """Hold the recorded data against its contract and write the receipt."""
    from datakit.verbs.validate import validate as verb

    done = verb(*(names or ()), progress=Bar())
    output.say(plain.as_json(done) if as_json else added.validations(done, output.style()))
    raise typer.Exit(not all(item.passed for item in done))


def split(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A dataset.")],
    split: Annotated[str, typer.Option("--split", metavar="SPLIT", help="Which of its splits.")] = "default",
    into: Annotated[
        str | None, typer.Option(metavar="PART=SHARE,…", help="Write a recipe of these parts: train=0.8,test=0.2.")
    ] = None,
    key: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COL",
            help="What identifies a row; by default the contract's primary key. Of a folder: file, the default, or folder.",
        ),
    ] = None,
    group: Annotated[
        list[str] | None, typer.Option(metavar="COL", help="Rows that agree in it stay together; of a folder: folder.")
    ] = None,
    stratify: Annotated[str | None, typer.Option(metavar="COL", help="Its values are spread evenly.")] = None,
    time: Annotated[str | None, typer.Option(metavar="COL", help="Earlier rows go to earlier parts.")] = None,
    salt: Annotated[str | None, typer.Option(metavar="TEXT", help="Makes a split independent of another one.")] = None,
    nulls: Annotated[
        Nulls | None, typer.Option(help="What becomes of rows whose key is missing; they are refused by default.")
    ] = None,
    extend: Annotated[
        bool, typer.Option("--extend", help="Only assign new rows; a changed recipe is refused.")
    ] = False,
    anew: Annotated[bool, typer.Option("--anew", help="Assign every row anew, which may move rows.")] = False,
    as_json: Json = False,
) -> None:
    """Assign the recorded rows to parts; rows that were assigned stay where they are unless the recipe changes."""
    from datakit.verbs.split import split as verb

    done = verb(
        name,
        split,
        into=into,
        key=key or (),
        group=group or (),
        stratify=stratify,
        time=time,
        salt=salt,
        nulls=nulls,
        extend=extend,
        anew=anew,
        progress=Bar(),
    )
    output.say(plain.as_json(done) if as_json else splits.text(done, output.style()))


def release(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A dataset.")],
    bump: Annotated[
        Bump, typer.Option(help="How far the version moves; auto: as far as what changed asks for.")
    ] = Bump.auto,
    note: Annotated[
        str | None, typer.Option("-m", "--message", metavar="TEXT", help="What the notes of the version begin with.")
    ] = None,
    push: Annotated[bool, typer.Option("--push", help="Send the bytes, then push commits and tag.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, do nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Register what is committed of a dataset as its next version, measured from the one before."""
    from datakit.verbs.release import release as verb

    done = verb(name, bump=bump.value, note=note, push=push, dry_run=dry_run, progress=Bar())
    output.say(plain.as_json(done) if as_json else released.text(done, output.style()))
