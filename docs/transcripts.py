r"""Run the commands that a page shows and write what they print into the page.

A page holds blocks of kind `console`. A line `$ COMMAND` is run, lines `> …` continue it, and what follows up to the next
`$` is its output. A line that holds only `…` stands for lines left out: as many are kept before and after it as the page
has. All blocks of a page are one session: folder and exit code (`$?`) last from command to command.

Everything happens in a temporary folder with a home of its own. What differs from run to run (ids of commits, times, the
interpreter's path) is replaced, so that a page is the same on every machine.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

TOP = Path(__file__).resolve().parent.parent
PENGUINS = TOP / "examples" / "penguins" / "penguins_raw.csv"
PAGES = ("README.md", "docs/tutorial.md", "docs/adoption.md")
GAP = "…"

_DAY = "2026-01-31"
_TIME = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_COMMIT = re.compile(r"(?m)^(\[\S+ (?:\(root-commit\) )?)[0-9a-f]{7,40}\]")
_LOGGED = re.compile(r"(?m)^[0-9a-f]{10}(?=  \d{4}-)")
_VERSION = re.compile(r"(?m)^(\S+ at )[0-9a-f]{10}\b")
_LEFT = b"\0left behind: "


class Command(NamedTuple):
    """One command of a page, with the output that the page shows."""

    text: str
    output: tuple[str, ...]


class Session:
    """A shell in a sandbox, whose folder and exit code last from command to command.

    Args:
        base: An empty temporary folder; home and work folder are made in it.
        name: The work folder's name, which `init` takes for the project's title.
    """

    def __init__(self, base: Path, name: str = "penguins") -> None:
        self.base, self.home, self.folder, self.code = base, base / "home", base / "work" / name, 0
        for made in (self.home / "Downloads", self.folder, base / "bin"):
            made.mkdir(parents=True)
        (self.home / "Downloads" / PENGUINS.name).write_bytes(PENGUINS.read_bytes())
        config = "[user]\n\tname = Jane Doe\n\temail = jane@example.org\n[init]\n\tdefaultBranch = main\n"
        (self.home / ".gitconfig").write_text(config)
        shim = base / "bin" / "datakit"
        shim.write_text(f'#!/bin/sh\nPYTHONPATH="{TOP}" exec "{sys.executable}" -m datakit "$@"\n')
        shim.chmod(0o755)
        self.environ = {
            "PATH": os.pathsep.join([str(base / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]]),
            "PYTHONPATH": str(TOP),  # for the hooks, which start an interpreter of their own
            "HOME": str(self.home),
            "GIT_CONFIG_GLOBAL": str(self.home / ".gitconfig"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "DVC_GLOBAL_CONFIG_DIR": str(self.home / "dvc-global"),
            "DVC_SYSTEM_CONFIG_DIR": str(self.home / "dvc-system"),
            "DVC_SITE_CACHE_DIR": str(self.home / "dvc-site-cache"),
            "DVC_NO_ANALYTICS": "1",
            "NO_COLOR": "1",
            "COLUMNS": "120",
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
        }

    def run(self, command: str) -> str:
        """Run one command line and return what it prints, both streams in their order, the same on every machine."""
        script = f'(exit {self.code}); {command}\nx=$?; printf "\\0left behind: %s" "$PWD"; exit $x'
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        printed, _, folder = done.stdout.rpartition(_LEFT)
        self.code, self.folder = done.returncode, Path(folder.decode())
        if b"Traceback (most recent call last)" in printed:
            raise SystemExit(f"`{command}` crashed, which no page should show:\n{printed.decode()}")
        return self._same(printed.decode())

    def _same(self, text: str) -> str:
        """Replace what differs from run to run."""
        today = datetime.now(UTC).strftime("%Y-%m-%d")
        text = _TIME.sub(f"{_DAY}T12:00:00Z", text).replace(today, _DAY)
        text = _LOGGED.sub("1a2b3c4d5e", _COMMIT.sub(r"\g<1>1a2b3c4]", text))
        text = _VERSION.sub(r"\g<1>1a2b3c4d5e", text)
        text = text.replace(sys.executable, "~/.venv/bin/python").replace(str(self.home), "~")
        return text.replace(str(self.base / "work"), "~")


def commands(block: str) -> Iterator[Command]:
    r"""Split a block into commands with their outputs.

    >>> list(commands("$ echo a \\\n>   b\na b\n$ true\n"))
    [Command(text='echo a \\\n  b', output=('a b',)), Command(text='true', output=())]
    """
    text, output = None, []
    for line in block.splitlines():
        if line.startswith("$ "):
            if text is not None:
                yield Command(text, tuple(output))
            text, output = line[2:], []
        elif text is not None and line.startswith(">") and not output:
            text = f"{text}\n{line[2:]}"
        else:
            output.append(line)
    if text is not None:
        yield Command(text, tuple(output))


def shortened(actual: list[str], shown: tuple[str, ...]) -> list[str]:
    """Leave out of an output what the page leaves out.

    >>> shortened(["a", "b", "c", "d"], ("x", "…", "y"))
    ['a', '…', 'd']
    """
    if GAP not in shown:
        return actual
    before = shown.index(GAP)
    after = len(shown) - before - 1
    if len(actual) <= before + after:
        return actual
    return [*actual[:before], GAP, *actual[len(actual) - after :]]


def rendered(page: str, session: Session) -> str:
    """Return a page with the output of each command as it is now."""

    def block(found: re.Match[str]) -> str:
        lines = []
        for command in commands(found[1]):
            lines += [f"{'$' if i == 0 else '>'} {line}".rstrip() for i, line in enumerate(command.text.split("\n"))]
            actual = [line.rstrip() for line in session.run(command.text).splitlines()]
            lines += shortened(actual, command.output)
        return "```console\n" + "".join(f"{line}\n" for line in lines) + "```"

    return re.sub(r"(?ms)^```console\n(.*?)^```", block, page)


def someone_elses(session: Session) -> None:
    """Make the repositories that docs/adoption.md adopts: code at the root, data under DVC, hooks of their own."""
    session.run("cd .. && mkdir churn && cd churn && git init -q && dvc init -q && mkdir data models")
    files = {
        "train.py": "import pandas as pd\n\nframe = pd.read_csv('data/customers.csv')\n",
        "README.md": "# Churn\n\nWho leaves us, and why.\n",
        "data/customers.csv": "customer,since,plan,churned\n"
        + "".join(
            f"c{i:03},20{10 + i % 12}-0{1 + i % 9}-15,{('basic', 'plus')[i % 2]},{i % 3 // 2}\n" for i in range(200)
        ),
        "data/plans.json": '[\n  {"plan": "basic", "price": 9.5},\n  {"plan": "plus", "price": 19.0}\n]\n',
        "data/images/logo.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>\n",
        ".pre-commit-config.yaml": (
            "# What we agreed on in March.\n"
            "repos:\n"
            "  - repo: local\n"
            "    hooks:\n"
            "      - id: no-debugger  # twice in production, never again\n"
            "        name: no debugger left in the code\n"
            "        entry: breakpoint\\(\\)\n"
            "        language: pygrep\n"
            "        types: [python]\n"
        ),
    }
    _write(session.folder, files)
    session.run("dvc add -q data && git add -A && git commit -qm 'Churn, as it was' && pre-commit install")
    session.run("cd .. && mkdir forecast && cd forecast && git init -q && dvc init -q")
    sales = "day,shop,sold\n" + "".join(f"2025-03-{1 + i % 28:02},{i % 5},{i * 7 % 90}\n" for i in range(140))
    ignore = "# exclude data from source control by default\n/data/\n\n# DotEnv configuration\n.env\n"
    _write(
        session.folder, {".gitignore": ignore, "data/raw/sales.csv": sales, "forecast/dataset.py": "RAW = 'data/raw'\n"}
    )
    session.run("git add -A && git commit -qm 'From a template'")
    grown(session)
    session.run("cd ../churn")


def grown(session: Session) -> None:
    """Make a repository of twenty datasets that DVC alone has kept for years."""
    session.run("cd .. && mkdir sensors && cd sensors && git init -q && dvc init -q")
    days = [f"data/2024/{month:02}.csv" for month in range(1, 13)]
    tables = [*days, *(f"data/raw/site-{at}.csv" for at in range(1, 5)), "datasets/stations.csv"]
    files = {path: f"station,value\n{path[-6:-4]},1.5\n" for path in tables}
    files |= {f"data/photos/{name}.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>\n" for name in ("a", "b")}
    _write(session.folder, files | {"models/drift.bin": "weights\n", "train.py": "print('drift')\n"})
    session.run(f"dvc add -q {' '.join(tables)} data/photos models/drift.bin")
    stage = "dvc stage add -q -n mean -o data/processed/mean.csv 'mkdir -p data/processed; echo mean > data/processed/mean.csv'"
    session.run(f"{stage} && dvc repro -q && git add -A && git commit -qm 'Sensors, as they were'")


def _write(folder: Path, files: dict[str, str]) -> None:
    """Write files, making their folders."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def from_the_index(session: Session) -> None:
    """Let `pip install dvc-datakit` install a wheel of this checkout into a fresh environment, with no network."""
    wheels, fresh = session.base / "wheels", session.base / "fresh"
    for command in (
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(wheels)],
        [sys.executable, "-m", "virtualenv", "--quiet", "--no-download", str(fresh)],
    ):
        subprocess.run(command, cwd=TOP, check=True, capture_output=True)
    ours = next(fresh.glob("lib/python*/site-packages"))
    others = next(path for path in sys.path if path.endswith("site-packages"))
    (ours / "dependencies.pth").write_text(f"{others}\n")
    (session.base / "bin" / "datakit").unlink()
    del session.environ["PYTHONPATH"]
    session.environ |= {
        "PATH": os.pathsep.join([str(fresh / "bin"), session.environ["PATH"]]),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
        "PIP_NO_DEPS": "1",  # they are there through the .pth file
        "PIP_IGNORE_INSTALLED": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }


SETUPS: dict[str, Callable[[Session], None]] = {"README.md": from_the_index, "docs/adoption.md": someone_elses}


def regenerated(page: str) -> str:
    """Return the text of a page, its outputs as they are now.

    Args:
        page: Its path in the repository.
    """
    with tempfile.TemporaryDirectory(prefix="datakit-page-") as base:
        session = Session(Path(base).resolve())
        if page in SETUPS:
            SETUPS[page](session)
        return rendered((TOP / page).read_text(encoding="utf-8"), session)


def main(pages: list[str]) -> None:
    """Write pages anew."""
    for page in pages or PAGES:
        (TOP / page).write_text(regenerated(page), encoding="utf-8")
        print(f"wrote {page}")


if __name__ == "__main__":
    main(sys.argv[1:])
