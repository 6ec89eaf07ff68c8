"""Ignore rules that would hide pointers or rooms from Git, and the line that mends each: tried, not guessed."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from datakit.repo.git import Git
from datakit.verbs.scaffold.survey import Site

IGNORE = ".gitignore"
ALLOWED = ("!*/", "!*.dvc", "!.gitignore", "!README.md")  # of the shelf's own list: what may be in Git there
_RULE = re.compile(r"(.*?):(\d+):(.*)", re.DOTALL)


class Hiding(NamedTuple):
    """An ignore rule that hides something of a project."""

    file: str  # relative to the project; absolute for a rule of the user's own
    line: int
    pattern: str
    hides: tuple[str, ...]  # paths that would not get into Git
    mend: str  # for people; empty where no single edit helps


def hiding(site: Site, planned: Mapping[str, bytes], paths: Mapping[str, str]) -> list[Hiding]:
    """Find the rules that hide paths, as things will be once the planned files are written.

    Args:
        site: The folder.
        planned: The files that will be written.
        paths: What must be visible to Git, each with the folder (or the file itself) that a mend would name.

    Returns:
        One entry a rule, in the order of the files.
    """
    with TemporaryDirectory(prefix="datakit-") as temp:
        trial = _Trial(site, planned, paths, Path(temp))
        rules: dict[tuple[str, int, str], list[str]] = {}
        for path, rule in sorted(trial.hidden(paths).items()):
            rules.setdefault(rule, []).append(path)
        return [
            Hiding(file, line, pattern, tuple(hidden), trial.mend(file, line, pattern, hidden))
            for (file, line, pattern), hidden in sorted(rules.items())
        ]


def blinding(site: Site, folders: Iterable[str]) -> list[Hiding]:
    """Find rules of the project that show everything to Git and hide whole folders from DVC.

    DVC asks whether `data/` itself is ignored, and takes `data/*` for a yes: `dvc status` then finds nothing tracked.

    Args:
        site: The folder.
        folders: The data folders and those above them.
    """
    watched = set(folders)
    found = []
    for home in sorted({folder for path in watched for folder in _above(f"{path}/")}):
        file = site.root / home / IGNORE
        if file.is_symlink() or not file.is_file():
            continue
        for line, raw in enumerate(file.read_bytes().splitlines(), 1):
            pattern = os.fsdecode(raw).rstrip()
            stem = pattern.removesuffix("**").removesuffix("*")
            if stem != pattern and stem.endswith("/") and not stem.startswith(("!", "#")):
                folder = f"{home}{stem.strip('/')}"
                if folder in watched:
                    found.append(Hiding(f"{home}{IGNORE}", line, pattern, (f"{folder}/",), f"change it to `{stem}?*`"))
    return found


class _Trial:
    """The ignore files of a project in a scratch repository, where an edit costs nothing."""

    def __init__(self, site: Site, planned: Mapping[str, bytes], paths: Mapping[str, str], temp: Path) -> None:
        self._tree, self._tops = temp / "tree", paths
        self._tree.mkdir()
        self._git = Git(self._tree)
        self._git.run("init", "--quiet", "--template=")
        self._exclude = self._tree / ".git" / "info" / "exclude"
        self._personal = site.git.path("info/exclude")
        self._exclude.parent.mkdir(exist_ok=True)
        if self._personal.is_file():
            self._exclude.write_bytes(self._personal.read_bytes())
        done = site.git.try_run("config", "--type=path", "--get", "core.excludesFile")
        if done.returncode == 0:
            self._git.set("core.excludesFile", done.stdout.decode(errors="surrogateescape").rstrip("\n"))
        for folder in sorted({folder for path in paths for folder in _above(path)}):
            name = f"{folder}{IGNORE}"
            source = site.root / name
            is_file = source.is_file() and not source.is_symlink()  # Git follows no link to an ignore file
            data = planned.get(name, source.read_bytes() if is_file else None)
            if data is not None:
                (self._tree / folder).mkdir(parents=True, exist_ok=True)
                (self._tree / name).write_bytes(data)

    def hidden(self, paths: Iterable[str]) -> dict[str, tuple[str, int, str]]:
        """Return the rule that hides each path that is hidden."""
        found: dict[str, tuple[str, int, str]] = {}
        for path, rule in self._git.ignored(paths).items():
            match = _RULE.fullmatch(rule)
            if match:
                file = str(self._personal) if match[1] == ".git/info/exclude" else match[1]
                found[path] = (file, int(match[2]), match[3])
        return found

    def mend(self, file: str, line: int, pattern: str, hidden: Sequence[str]) -> str:
        """Return the smallest edit found that shows all the paths again, in words; empty where none was found."""
        tops = sorted({self._tops[path] for path in hidden})
        inside = not Path(file).is_absolute()
        if file == IGNORE and pattern.startswith("/") and [pattern.strip("/")] == tops:
            new = f"/{tops[0]}/?*"  # DVC takes `/data/*` for the folder itself and sees nothing in it
            if self._shows(file, line, hidden, [new], replaces=True):
                return f"change it to `{new}`"
        edited, at = (file, line) if inside else (IGNORE, sys.maxsize)  # a rule of the project outranks the user's own
        added: list[str] = []
        for top in tops:
            mine = [path for path in hidden if self._tops[path] == top]
            home = edited.removesuffix(IGNORE)
            found = next((lines for lines in _reopening(top, home, mine) if self._shows(edited, at, mine, lines)), None)
            added += found or []
        if not self._shows(edited, at, hidden, added):
            return ""
        return f"add {' and '.join(f'`{each}`' for each in added)} {'below it' if inside else f'to `{IGNORE}`'}"

    def _shows(
        self, file: str, line: int, hidden: Sequence[str], added: Sequence[str], *, replaces: bool = False
    ) -> bool:
        """Try lines below (or in the place of) a line of a file, and say whether nothing is hidden any more."""
        target = self._tree / file
        before = target.read_bytes() if target.is_file() else None
        lines = (before or b"").splitlines()
        new = [*lines[: line - replaces], *map(os.fsencode, added), *lines[line:]]
        target.write_bytes(b"".join(each + b"\n" for each in new))
        try:
            return not self.hidden(hidden)
        finally:
            if before is None:
                target.unlink()
            else:
                target.write_bytes(before)


def _reopening(top: str, home: str, hidden: Sequence[str]) -> Iterator[list[str]]:
    """Propose lines that show a folder or file again, the fewest first.

    Args:
        top: The folder or file.
        home: The folder of the ignore file, with a slash at its end; patterns in it count from there.
        hidden: The paths that are hidden.
    """
    if top in hidden:
        yield [f"!/{top.removeprefix(home)}"]
        return
    if home.startswith(f"{top}/"):  # inside the data folders, or in a room
        yield ["!*.dvc"]
        yield list(ALLOWED)
        yield ["!**"]
        return
    name = top.removeprefix(home)
    folder = f"!/{name}/"
    yield [folder]
    yield [f"{folder}**/*.dvc"]
    yield [folder, f"{folder}**/", f"{folder}**/*.dvc"]
    yield [folder, f"{folder}**"]


def _above(path: str) -> Iterator[str]:
    """Return the folders above a path, each with a slash at its end; the top is empty."""
    parts = path.split("/")[:-1]
    return ("".join(f"{part}/" for part in parts[:count]) for count in range(len(parts) + 1))
