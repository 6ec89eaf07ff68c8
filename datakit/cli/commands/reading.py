"""Commands that read records and write nothing."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from datakit.cli import output
from datakit.cli.commands.options import Json, Names
from datakit.cli.progress import Bar
from datakit.report import datasets, diagnoses, entries, findings, plain, rule, states


class Format(StrEnum):
    """How findings are written."""

    text = "text"
    json = "json"
    github = "github"


class Baseline(StrEnum):
    """What is done with the baseline."""

    use = "use"
    write = "write"
    off = "off"


def status(
    names: Names = None,
    remote: Annotated[
        bool, typer.Option("--remote", help="Ask DVC's default remote whether it has every byte.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Say of each dataset what must be done next."""
    from datakit.verbs.status import status as verb

    found = verb(*(names or ()), remote=remote, progress=Bar())
    output.say(plain.as_json(found) if as_json else states.text(found, output.style()))


def list_(
    at: Annotated[str | None, typer.Option(metavar="REV", help="In a commit instead of the working tree.")] = None,
    as_json: Json = False,
) -> None:
    """List the datasets."""
    from datakit.verbs.datasets import datasets as verb

    found = verb(at=at)
    output.say(plain.as_json(found) if as_json else datasets.listing(found, output.style()))


def show(
    reference: Annotated[str, typer.Argument(metavar="NAME[@VERSION]", help="A dataset, at a version or revision.")],
    as_json: Json = False,
) -> None:
    """Show all that is recorded about a dataset."""
    from datakit.verbs.show import show as verb

    found = verb(reference)
    output.say(plain.as_json(found) if as_json else datasets.shown(found, output.style()))


def log(name: Annotated[str, typer.Argument(metavar="NAME", help="A dataset.")], as_json: Json = False) -> None:
    """Show the history of a dataset: what changed, why, and which versions are registered."""
    from datakit.verbs.log import log as verb

    found = verb(name)
    output.say(plain.as_json(found) if as_json else entries.text(found, output.style()))


def check(
    names: Names = None,
    staged: Annotated[bool, typer.Option("--staged", help="What is staged, as the hook judges it.")] = False,
    at: Annotated[str | None, typer.Option(metavar="REV", help="A commit instead of the working tree.")] = None,
    between: Annotated[
        str | None, typer.Option("--range", metavar="A..B", help="What the commits of B bring that A does not have.")
    ] = None,
    select: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="Only these rules: DK201, or DK2 for all of them.")
    ] = None,
    baseline: Annotated[
        Baseline,
        typer.Option(
            help="`write` datakit-baseline.json, which covers what is wrong now; `off`: show and count what it covers."
        ),
    ] = Baseline.use,
    written: Annotated[Format, typer.Option("--format", help="How findings are written.")] = Format.text,
    as_json: Json = False,
) -> None:
    """Check that the records agree; reads Git only, never the data."""
    from datakit.verbs.check import check as verb

    found = verb(
        *(names or ()),
        staged=staged,
        at=at,
        between=between,
        select=select or (),
        baseline=baseline.value,
    )
    writers = {
        Format.text: lambda: findings.text(found, output.style()),
        Format.json: lambda: plain.as_json(found),
        Format.github: lambda: findings.github(found),
    }
    output.say(writers[Format.json if as_json else written]())
    raise typer.Exit(any(item.level == "error" for item in found))


def explain(
    code: Annotated[
        str | None, typer.Argument(metavar="[CODE]", help="A rule's code, such as DK101; all rules by default.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Explain a rule of the gate, or list all of them."""
    from datakit.verbs.explain import explain as verb

    found = verb(code)
    output.say(plain.as_json(found) if as_json else rule.text(found, output.style()))


def doctor(
    offline: Annotated[bool, typer.Option("--offline", help="Ask no remote.")] = False, as_json: Json = False
) -> None:
    """Look at the installation: programs, hooks, remotes, cache, private state, repository."""
    from datakit.verbs.doctor import doctor as verb

    found = verb(offline=offline)
    output.say(plain.as_json(found) if as_json else diagnoses.text(found, output.style()))
    raise typer.Exit(any(item.condition == "fail" for item in found))
