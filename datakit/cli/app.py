"""The command line: its commands in the order of the help, and the one place where errors become text."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup
from typer.main import get_command_from_info
from typer.models import CommandInfo

from datakit.cli import output
from datakit.cli.commands import reading, recording, transfers
from datakit.errors import DatakitError
from datakit.report import failure

INTERRUPTED = 130

COMMANDS: dict[str, Callable[..., None]] = {
    function.__name__.rstrip("_"): function  # `list` is also a type of Python's
    for function in (
        recording.init,
        recording.add,
        reading.status,
        reading.list_,
        reading.show,
        reading.log,
        recording.mv,
        recording.rm,
        recording.validate,
        recording.split,
        reading.check,
        recording.release,
        transfers.push,
        transfers.pull,
        transfers.verify,
        reading.explain,
        reading.doctor,
    )
}


class _Built(Mapping[str, Any]):
    """The commands as Typer makes them of functions, each one when it is asked for: all of them cost 25 ms."""

    def __getitem__(self, name: str) -> Any:
        info = CommandInfo(name=name, callback=COMMANDS[name])
        return get_command_from_info(info, pretty_exceptions_short=False, rich_markup_mode=None)

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class _Group(TyperGroup):
    """The command `datakit`."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{**settings, "commands": _Built()})


app = typer.Typer(
    name="datakit",
    cls=_Group,
    help="Keep every dataset of this repository recorded, documented, validated and reproducible.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # help in plain text: 200 ms less for each call
    pretty_exceptions_enable=False,
)


@app.callback()
def settings(
    folder: Annotated[str, typer.Option("-C", metavar="DIR", help="Run as if started in DIR.")] = ".",
    version: Annotated[  # noqa: ARG001 - its callback prints it and ends
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=output.version)
    ] = False,
) -> None:
    """Keep every dataset of this repository recorded, documented, validated and reproducible."""
    output.enter(folder)


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
