"""A process that runs many datakit commands in many repositories, as `python -P -m datakit` would run each of them.

Started as a script. Each line of its input is a request: a folder, an environment, commands. Each line of its output is
the answer: exit code, output and error text of every command, in their order.
"""

from __future__ import annotations

import io
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout

from datakit.searchpath import isolate

SECONDS = 30  # for one command; whatever takes longer ends the process


def main() -> None:
    """Answer until the input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a command starts cannot write into the answers
    for line in sys.stdin:
        request = json.loads(line)
        os.environ.clear()
        os.environ.update(request["environ"])
        os.chdir(request["folder"])
        isolate()
        answers.write(json.dumps([_run(list(command)) for command in request["commands"]]) + "\n")
        answers.flush()


def _run(argv: list[str]) -> tuple[int, str, str]:
    """Run one command."""
    out, err = io.StringIO(), io.StringIO()
    signal.alarm(SECONDS)
    with redirect_stdout(out), redirect_stderr(err):
        code = _python(argv) if argv[0] in {"load", "path"} else _command(argv)
    signal.alarm(0)
    return code, out.getvalue(), err.getvalue()


def _command(argv: list[str]) -> int:
    """Run a command of the command line."""
    from datakit.cli.app import run

    return run(argv)


def _python(argv: list[str]) -> int:
    """Call a function that has no command."""
    import datakit
    from datakit.errors import DatakitError

    verbs: dict[str, Callable[..., object]] = {"load": datakit.load, "path": datakit.path}
    try:
        print(verbs[argv[0]](*argv[1:]))
    except DatakitError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    except Exception:  # noqa: BLE001 - as the command line does
        traceback.print_exc()
        return 70
    return 0


if __name__ == "__main__":
    main()
