"""`datakit init`: make a folder a project, or put what is missing into a repository that is there, and overwrite nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from datakit.formats import policy, precommit
from datakit.formats.room import Room
from datakit.repo import project
from datakit.store import files
from datakit.verbs.scaffold import hooks as hook_steps
from datakit.verbs.scaffold import pointers, templates
from datakit.verbs.scaffold import remote as remote_step
from datakit.verbs.scaffold.ignored import IGNORE, Hiding, blinding, hiding
from datakit.verbs.scaffold.plan import Folder, MakeDvc, MakeGit, Plan, Step, Write, apply
from datakit.verbs.scaffold.survey import Site, survey

WORKFLOW = ".github/workflows/datakit.yml"
ATTRIBUTES = ".gitattributes"
_DVC = (".dvc/config", ".dvc/.gitignore", ".dvcignore")
_PROBE = "datakit-probe"  # a dataset's name for asking what Git would ignore


def init(
    root: Path | str = ".",
    *,
    template: str = "tabular",
    remote: str | None = None,
    hooks: bool = True,
    dry_run: bool = False,
) -> Plan:
    """Make a folder a datakit project: Git, DVC, policy, data folders, hooks and CI, as far as they are missing.

    Args:
        root: The folder; made where it does not exist. It must be the top of its repository.
        template: `tabular` for tables, `files` for folders of images, audio and the like.
        remote: URL or path of DVC's default remote, without secrets.
        hooks: Install the hooks that judge commits, merges and pushes, and say what a checkout leaves behind.
        dry_run: Return the plan and change nothing.

    Returns:
        What was done, or would be. Its `problems` have to be mended by hand.

    Raises:
        UsageError: The folder cannot be a project, the template is unknown, or the URL holds a secret.
        EnvironmentProblem: The system, Git, DVC or pre-commit refuses.
        InvalidRecord: A file that decides what to do is broken.
    """
    wanted = plan(project.absolute(root), template=template, remote=remote, hooks=hooks)
    if not dry_run:
        apply(wanted)
    return wanted


def plan(root: Path, *, template: str = "tabular", remote: str | None = None, hooks: bool = True) -> Plan:
    """Compute what `init` would do; nothing is changed.

    Args:
        root: The folder, absolute.
        template: The kind of project.
        remote: URL or path of DVC's default remote.
        hooks: Whether hooks are installed.

    Raises:
        UsageError: The folder cannot be a project, the template is unknown, or the URL holds a secret.
        EnvironmentProblem: The folder cannot be read or written, or Git refuses it.
        InvalidRecord: A file that decides what to do is broken.
    """
    kind = templates.known(template)
    url = None if remote is None else remote_step.checked(remote)
    try:
        return _plan(root, kind, url, hooks=hooks)
    except OSError as error:
        raise files.problem(error, "look at", Path(error.filename or root)) from error


def _plan(root: Path, kind: str, url: str | None, *, hooks: bool) -> Plan:
    """Put the steps together."""
    with survey(root) as site:
        return arrange(site, kind, url, hooks=hooks)


def arrange(site: Site, kind: str, url: str | None, *, hooks: bool) -> Plan:
    """Put the steps together for a folder that was looked at.

    Args:
        site: The folder.
        kind: The kind of project.
        url: The default remote, checked; None for none.
        hooks: Whether hooks are installed.

    Raises:
        InvalidRecord: A file that decides what to do is broken.
    """
    steps = [*_foundations(site), *_files(site, kind)]
    last = list(hook_steps.steps(site)) if hooks else []
    steps += [step for step in last if step.path == precommit.FILE]
    steps += [_kept_or_created(site, WORKFLOW, templates.render("workflow.yml"))]
    steps += [] if _has_readme(site) else [_kept_or_created(site, "README.md", _readme(site, kind))]
    steps += [step for step in last if step.path != precommit.FILE]
    steps += [] if url is None else [remote_step.step(site, url)]
    hidden = _hiding(site, steps)
    steps += [Step("problem", rule.file, _words(rule, "Git")) for rule in hidden]
    steps += [Step("problem", rule.file, _words(rule, "DVC")) for rule in _blinding(site)]
    steps += pointers.steps(site)
    ignored = {path for rule in hidden for path in rule.hides}
    return Plan(site.root, tuple(steps), tuple(_staged(site, steps, ignored)))


def _foundations(site: Site) -> Iterator[Step]:
    """Plan Git and DVC."""
    yield Step("kept", ".git") if site.is_git else Step("created", ".git", "branch `main`", MakeGit())
    yield Step("kept", ".dvc") if site.is_dvc else Step("created", ".dvc", "what `dvc init` makes", MakeDvc())


def _files(site: Site, kind: str) -> Iterator[Step]:
    """Plan the policy, the data folders and what tells Git how to treat them."""
    catalog, data = site.policy.catalog, site.policy.data
    yield _kept_or_created(
        site, policy.FILE, templates.render("datakit.yaml", kind, tiers=_tiers(data), catalog=catalog)
    )
    yield from (_folder(site, folder) for folder in data.values())
    for shelf in site.shelves:
        readme = templates.render(
            "data-README.md", kind, catalog=catalog, example=_example(site), tiers=_meanings(data)
        )
        yield _kept_or_created(site, f"{shelf}/README.md", readme)
        yield _shelf_ignore(site, shelf)
    yield _attributes(site)
    yield _kept_or_created(site, f"{project.STATE}/{IGNORE}", templates.render("state.gitignore"))


def _kept_or_created(site: Site, path: str, data: bytes, detail: str = "") -> Step:
    """Plan a file that is written only where there is none, nothing is in the way and no dataset would change."""
    owner = site.owner(path)
    if owner is not None:
        return Step("kept", path, f"not written: `{owner}` is data that {site.tracked[owner]} tracks")
    blocked = _in_the_way(site, path)
    if blocked is not None:
        return blocked
    if os.path.lexists(site.root / path):
        return Step("kept", path)
    return Step("created", path, detail, Write(data))


def _in_the_way(site: Site, path: str) -> Step | None:
    """Return the problem of a path that no file can have: a link or a file stands where a folder is needed."""
    folder = ""
    for part in path.split("/")[:-1]:
        folder = f"{folder}/{part}" if folder else part
        full = site.root / folder
        if full.is_symlink() or (full.exists() and not full.is_dir()):
            what = "a symbolic link, and Git keeps nothing behind one" if full.is_symlink() else "a file"
            other = "" if folder == project.STATE else f", or name other folders in {policy.FILE}"
            words = f"is {what}: `{path}` was not written; move it{other}"
            return Step("problem", folder, words)
    return None


def _folder(site: Site, folder: str) -> Step:
    """Plan a data folder on the disk; Git keeps no trace of it."""
    owner = site.owner(folder)
    if owner is not None:
        return Step("kept", folder, f"`{owner}` is tracked by {site.tracked[owner]} and stays as it is")
    blocked = _in_the_way(site, f"{folder}/x")
    if blocked is not None:
        return blocked
    return Step("kept", folder) if (site.root / folder).is_dir() else Step("created", folder, "", Folder())


def _shelf_ignore(site: Site, shelf: str) -> Step:
    """Plan the allow-list of a folder of data folders, unless Git has files there that it would hide."""
    path = f"{shelf}/{IGNORE}"
    step = _kept_or_created(site, path, templates.render("data.gitignore"), "Git sees the pointers, never the bytes")
    if step.effect is None:
        return step
    allowed = (".dvc", f"/{IGNORE}", "/README.md")
    others = [name for name in site.git.listed("--cached", paths=[f"{shelf}/"]) if not name.endswith(allowed)]
    if others:
        return Step(
            "kept", path, f"not written: Git has `{others[0]}` there, and the list would hide new files like it"
        )
    return step


def _attributes(site: Site) -> Step:
    """Plan the line ends of what is hashed; lines of others stay, ours come last and so count."""
    before = site.read(ATTRIBUTES)
    lines = templates.render("gitattributes", catalog=_pattern(site.policy.catalog)).decode().splitlines()
    text = (before or b"").decode("utf-8", errors="surrogateescape")
    there = {" ".join(line.split()) for line in text.splitlines()}
    missing = [line for line in lines if line not in there]
    if not [line for line in missing if not line.startswith("#")]:
        return Step("kept", ATTRIBUTES)
    ending = "\r\n" if "\r\n" in text else "\n"
    gap = "" if not text or text.endswith("\n") else ending
    after = text + gap + "".join(f"{line}{ending}" for line in missing)
    data = after.encode("utf-8", errors="surrogateescape")
    return Step("merged" if before else "created", ATTRIBUTES, "records keep LF line ends", Write(data, before))


def _pattern(folder: str) -> str:
    r"""Write a folder as a pattern of `.gitattributes`: what would need quotes there is matched by `?`.

    >>> _pattern("my catalog")
    'my?catalog'
    """
    return re.sub(r"[^\w./-]", "?", folder)


def _tiers(data: Mapping[str, str]) -> str:
    """Write the data folders as YAML."""
    return "".join(f"\n  {tier}: {folder}" for tier, folder in data.items())


_TIERS = {
    "raw": "as it came, never edited by hand",
    "external": "from third parties, as it came",
    "processed": "what models and reports are made from",
    "interim": "steps in between; recorded, but not held to the rules",
}


def _meanings(data: Mapping[str, str]) -> str:
    """Write what the data folders are for as a Markdown list."""
    return "\n".join(f"- `{folder}/`: {_TIERS[tier]}" for tier, folder in data.items())


def _example(site: Site) -> str:
    """Return the folder that examples put new data into."""
    return site.policy.data.get("raw") or next(iter(site.policy.data.values()))


def _has_readme(site: Site) -> bool:
    """Say whether the project introduces itself already, in whatever format."""
    return site.root.is_dir() and any(name.lower().split(".")[0] == "readme" for name in os.listdir(site.root))


def _readme(site: Site, kind: str) -> bytes:
    """Write the project's README."""
    data = (*site.shelves, _example(site))[0]
    return templates.render(
        "README.md", kind, title=site.root.name, data=data, catalog=site.policy.catalog, example=_example(site)
    )


def _hiding(site: Site, steps: list[Step]) -> list[Hiding]:
    """Find ignore rules that would hide pointers, rooms or what was just planned."""
    room = Room(site.policy.catalog, _PROBE)
    ours = [policy.FILE, "dvc.yaml", ".dvc/config", *(step.path for step in steps if _is_written(step))]
    paths = {path: path.partition("/")[0] for path in ours}
    paths |= {f"{room.folder}/{name}": room.catalog for name in ("splits/default.yaml", "splits/default.parquet.dvc")}
    paths |= dict.fromkeys((room.card, room.contract, room.manifest), room.catalog)
    for folder in site.policy.data.values():
        if site.owner(folder) is None:
            paths[f"{folder}/{_PROBE}.dvc"] = next((s for s in site.shelves if folder.startswith(f"{s}/")), folder)
    for shelf in site.shelves:
        paths |= {f"{shelf}/{name}": shelf for name in (IGNORE, "README.md")}
    planned = {step.path: step.data for step in steps if step.data is not None}
    return hiding(site, planned, paths)


def _is_written(step: Step) -> bool:
    """Say whether a step writes a file that is meant for Git."""
    return isinstance(step.effect, Write) and not step.path.startswith(f"{project.STATE}/")


def _blinding(site: Site) -> list[Hiding]:
    """Find ignore rules that would hide the data folders from DVC."""
    parts = [folder.split("/") for folder in site.policy.data.values()]
    return blinding(site, {"/".join(names[:i]) for names in parts for i in range(1, len(names) + 1)})


def _words(rule: Hiding, whom: str) -> str:
    """Say what a rule hides from whom and how to mend it."""
    shown = ", ".join(f"`{path}`" for path in sorted({path.replace(_PROBE, "NAME") for path in rule.hides})[:3])
    more = ", …" if len(rule.hides) > 3 else ""
    mend = rule.mend or "narrow it, or give the folders other names in datakit.yaml"
    return f"line {rule.line}, `{rule.pattern}`, hides {shown}{more} from {whom}: {mend}"


def _staged(site: Site, steps: list[Step], ignored: set[str]) -> Iterator[str]:
    """Return the files that Git gets to know: new ones, merged ones that held nothing unstaged before, and our own.

    Our own by name are those of a run that was killed before it staged, or whose ignore rule was mended since: a commit
    without datakit.yaml would be judged by nobody.
    """
    own = [
        policy.FILE,
        WORKFLOW,
        *(f"{shelf}/{name}" for shelf in site.shelves for name in (IGNORE, "README.md")),
        *_DVC,
    ]
    yield from site.git.listed("--others", "--exclude-standard", paths=own) if site.is_git else ()
    for step in steps:
        if not _is_written(step) or step.path in ignored:
            continue
        if step.action == "created" or (
            site.git.listed("--cached", paths=[step.path]) and not site.git.listed("--modified", paths=[step.path])
        ):
            yield step.path
