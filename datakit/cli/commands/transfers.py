"""Commands that move bytes or hash them again."""

from __future__ import annotations

from typing import Annotated

import typer

from datakit.cli import output
from datakit.cli.commands.options import Json, References
from datakit.cli.progress import Bar
from datakit.report import plain, transfers


def push(
    references: References = None,
    remote: Annotated[str | None, typer.Option(metavar="NAME", help="A remote of DVC; its default one else.")] = None,
    prove: Annotated[
        bool,
        typer.Option("--prove", help="Send nothing: ask for every object by name and size, fail where one is missing."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Send the recorded bytes to a remote of DVC and prove that they are there.

    What is there already is known by its name and size; `pull` hashes every byte that it fetches.
    """
    from datakit.verbs.push import push as verb

    done = verb(*(references or ()), remote=remote, prove=prove, progress=Bar())
    output.say(plain.as_json(done) if as_json else transfers.pushed(done, output.style()))


def pull(
    references: References = None,
    split: Annotated[
        str | None, typer.Option(metavar="PART", help="One part of a split only: `PART`, or `SPLIT/PART`.")
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="PATTERN", help="Of a folder only the files that match, as in a .gitignore; repeatable."),
    ] = None,
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

    done = verb(
        *(references or ()),
        split=split,
        only=only or (),
        to=to,
        force=force,
        remote=remote,
        offline=offline,
        progress=Bar(),
    )
    output.say(plain.as_json(done) if as_json else transfers.pulled(done, output.style()))


def verify(
    references: References = None,
    cache: Annotated[bool, typer.Option("--cache", help="Hash the objects in DVC's cache, too.")] = False,
    remote: Annotated[
        bool, typer.Option("--remote", help="Read every object on DVC's default remote and hash it, too; none is kept.")
    ] = False,
    on: Annotated[str | None, typer.Option("--on", metavar="NAME", help="The same on this remote of DVC.")] = None,
    repair: Annotated[
        bool,
        typer.Option(
            "--repair",
            help="Replace what is missing or wrong in cache, working tree and remote from any good copy; "
            "what is replaced is kept, and a file that may have been edited stays as it is.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Hash the bytes again and compute the receipts again; say what differs from the records."""
    from datakit.verbs.verify import verify as verb

    found = verb(*(references or ()), cache=cache, remote=on or remote, repair=repair, progress=Bar())
    output.say(plain.as_json(found) if as_json else transfers.verified(found, output.style()))
    raise typer.Exit(output.verdict(found))
