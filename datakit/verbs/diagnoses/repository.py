"""The repository: what a project needs is there and visible, and the clone has what the records are compared with."""

from __future__ import annotations

from collections.abc import Iterator

from datakit.formats import tags
from datakit.formats.finding import command
from datakit.formats.policy import FILE
from datakit.formats.room import Room
from datakit.gate.change import is_pointer
from datakit.records import Diagnosis
from datakit.repo.git import Git
from datakit.repo.project import STATE
from datakit.steps import worktrees
from datakit.verbs import init
from datakit.verbs.scaffold import pointers
from datakit.verbs.scaffold.ignored import IGNORE
from datakit.verbs.scaffold.plan import Folder, Step
from datakit.verbs.scaffold.survey import Site

_PROBE = "datakit-probe"  # a dataset's name, for asking Git about its room


def project(site: Site) -> Iterator[Diagnosis]:
    """Look at the files of the project; `init` is asked what it would still write.

    Args:
        site: The project.
    """
    found = init.arrange(site, "tabular", None, hooks=False).steps
    missing = [step.path for step in found if _is_missing(step)]
    if missing:
        names = ", ".join(f"`{path}`" for path in missing)
        yield Diagnosis("project", "fail", f"not there: {names}", "datakit init")
    else:
        yield Diagnosis("project", "ok", str(site.root))
    yield _line_ends(site)
    for path, error in sorted(site.unreadable.items()):
        yield Diagnosis("pointer", "fail", f"`{path}` {pointers.reason(error)}", pointers.mend(path, error))
    for step in found:
        if step.action == "problem" and step.path not in {*site.unreadable, STATE}:  # those are told elsewhere
            title, mend = ("ignore rules", "edit") if " hides " in step.detail else ("project files", "ls -ld")
            yield Diagnosis(title, "fail", f"{step.path}: {step.detail}", command(mend, step.path))
    loose = pointers.uncovered(site)
    if loose:
        yield Diagnosis("coverage", "ok", pointers.said(loose))


def _is_missing(step: Step) -> bool:
    """Say whether a step of `init` writes what a project cannot do without."""
    if step.action != "created" or isinstance(step.effect, Folder):
        return False
    return step.path in {FILE, ".dvc"} or (step.path.endswith(f"/{IGNORE}") and not step.path.startswith(".datakit/"))


def _line_ends(site: Site) -> Diagnosis:
    """Ask Git what it would do to the line ends of records, which are hashed."""
    paths = (Room(site.policy.catalog, _PROBE).manifest, f"{_PROBE}.dvc")
    said = site.git.run("check-attr", "-z", "eol", "--", *paths).split(b"\0")
    if all(value == b"lf" for value in said[2::3]):
        return Diagnosis("line ends", "ok", "records keep LF")
    converts = (site.git.setting("core.autocrlf") or "false").lower() == "true"
    why = (
        "and `core.autocrlf` is on, so a checkout changes them"
        if converts
        else "a clone with `core.autocrlf` changes them"
    )
    detail = f"`.gitattributes` does not keep LF in records and pointers, {why}"
    return Diagnosis("line ends", "fail" if converts else "warn", detail, "datakit init")


def clone(site: Site) -> Iterator[Diagnosis]:
    """Look at the kind of clone, and at tags that register nothing.

    Args:
        site: The project.
    """
    found = [*_shallow(site.git), *_partial(site), *_sparse(site), *_linked(site)]
    yield from found or [Diagnosis("clone", "ok", "whole: all commits, all records, all paths")]
    yield _tags(site.git)


def _shallow(git: Git) -> Iterator[Diagnosis]:
    """Say that commits are missing."""
    if git.run("rev-parse", "--is-shallow-repository").strip() == b"true":
        detail = "shallow: `log`, versions and checks of older commits see only what was fetched"
        yield Diagnosis("clone", "warn", detail, "git fetch --unshallow --tags")


def _partial(site: Site) -> Iterator[Diagnosis]:
    """Say that objects are fetched when needed, and whether the records of HEAD are here; the hook fetches none."""
    done = site.git.try_run("config", "--name-only", "--get-regexp", r"^remote\..*\.(promisor|partialclonefilter)$")
    if done.returncode:
        return
    listed = site.git.run("ls-tree", "-r", "-z", "--full-tree", site.git.head()).split(b"\0")[:-1]
    rows = [line.partition(b"\t") for line in listed]
    wanted = [
        head.split()[2]
        for head, _, path in rows
        if path.startswith(f"{site.policy.catalog}/".encode()) or is_pointer(path.decode(errors="replace"))
    ]
    asked = site.git.try_run("cat-file", "--batch-check", stdin=b"".join(oid + b"\n" for oid in wanted))
    if asked.returncode or b" missing" in asked.stdout:  # Git ends at the first one that it would have to fetch
        remote = done.stdout.decode(errors="replace").split("\n")[0].split(".")[1]
        detail = "partial: records of HEAD are not in this clone, and the hook fetches nothing"
        yield Diagnosis("clone", "fail", detail, command("git fetch --refetch --no-filter", remote))
    else:
        yield Diagnosis("clone", "ok", "partial, with all records of HEAD")


def _sparse(site: Site) -> Iterator[Diagnosis]:
    """Say which records the work tree leaves out."""
    if (site.git.setting("core.sparseCheckout") or "false").lower() != "true":
        return
    listed = site.git.listed("-t", "--cached")
    left_out = [
        path[2:]
        for path in listed
        if path.startswith("S ") and (path[2:].startswith(f"{site.policy.catalog}/") or is_pointer(path[2:]))
    ]
    if left_out:
        folders = sorted({path.partition("/")[0] for path in left_out if "/" in path})
        detail = f"sparse: {len(left_out)} records and pointers such as `{left_out[0]}` are not checked out"
        yield Diagnosis("clone", "warn", detail, command("git sparse-checkout add", *folders))


def _linked(site: Site) -> Iterator[Diagnosis]:
    """Say what a linked work tree does not share with the main one."""
    found = worktrees.apart(site.root, site.git)
    if found is not None:
        detail = f"linked to `{found.main}`, with a cache and settings of its own: DVC shares neither"
        yield Diagnosis("work tree", "warn", detail, found.command)


def _tags(git: Git) -> Diagnosis:
    """Find lightweight tags that look like versions: neither GTO nor datakit counts them."""
    listed = git.run("for-each-ref", "--format=%(refname:strip=2)%00%(objecttype)", "refs/tags/")
    rows = (line.partition("\0") for line in listed.decode(errors="replace").splitlines())
    light = [name for name, _, kind in rows if kind != "tag" and tags.tag(name) is not None]
    if not light:
        return Diagnosis("tags", "ok", "every tag of a version is annotated")
    more = (
        f" and {len(light) - 1} more are lightweight tags, which register"
        if light[1:]
        else " is a lightweight tag, which registers"
    )
    mend = command("git tag --annotate --force --message", light[0], light[0], f"{light[0]}^{{commit}}")
    return Diagnosis("tags", "warn", f"`{light[0]}`{more} no version", mend)
