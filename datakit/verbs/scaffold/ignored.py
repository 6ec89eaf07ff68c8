"""Ignore rules that would hide pointers or rooms from Git, and the line that mends each: tried, not guessed."""

from __future__ import annotations

import re
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


class _Trial:
    """The ignore files of a project in a scratch repository, where an edit costs nothing."""

    def __init__(self, site: Site, planned: Mapping[str, bytes], paths: Mapping[str, str], temp: Path) -> None:
        self._tree, self._tops, self._shelves = temp / "tree", paths, site.shelves
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
        """Return the first edit that shows all the paths again, in words."""
        inside = not Path(file).is_absolute()
        edited = file if inside else IGNORE
        target = self._tree / edited
        before = target.read_bytes() if target.is_file() else None
        lines = (before or b"").decode(errors="surrogateescape").splitlines()
        at = line if inside else len(lines)
        try:
            for words, replaced, added in self._edits(edited, pattern if inside else "", hidden):
                kept = lines[: at - 1] if replaced else lines[:at]
                text = "".join(f"{each}\n" for each in [*kept, *added, *lines[at:]])
                target.write_bytes(text.encode(errors="surrogateescape"))
                if not self.hidden(hidden):
                    return words if inside else words.replace("below it", f"to `{IGNORE}`")
        finally:
            if before is None:
                target.unlink(missing_ok=True)
            else:
                target.write_bytes(before)
        return ""

    def _edits(self, file: str, pattern: str, hidden: Sequence[str]) -> Iterator[tuple[str, bool, tuple[str, ...]]]:
        """Propose edits, the smallest first: words, whether the line is replaced, the new lines."""
        tops = sorted({self._tops[path] for path in hidden})
        home = file.removesuffix(IGNORE)
        if [pattern.strip("/")] == tops and pattern.startswith("/") and not home:
            new = f"/{tops[0]}/*"
            yield f"change it to `{new}`", True, (new,)
        shown = tuple(f"!/{top.removeprefix(home)}{'' if top in hidden else '/'}" for top in tops)
        proposals = [shown]
        if any(home.startswith(f"{shelf}/") for shelf in self._shelves):
            proposals.append(ALLOWED)
        proposals.append(
            tuple(f"{each}**/{suffix}" for each in shown if each.endswith("/") for suffix in ("", "*.dvc"))
        )
        proposals.append(tuple(f"{each}**" for each in shown if each.endswith("/")))
        proposals.append((*shown, *proposals[-1]))
        for added in proposals:
            if added:
                yield f"add {' and '.join(f'`{each}`' for each in added)} below it", False, added


def _above(path: str) -> Iterator[str]:
    """Return the folders above a path, each with a slash at its end; the top is empty."""
    parts = path.split("/")[:-1]
    return ("".join(f"{part}/" for part in parts[:count]) for count in range(len(parts) + 1))
