"""Is the installation right? Programs, hooks, remotes, what lies on the disk, the repository; nothing is changed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from datakit.errors import DatakitError, EnvironmentProblem
from datakit.formats.policy import FILE, Policy
from datakit.records import Diagnosis
from datakit.repo import project
from datakit.repo.git import Git
from datakit.repo.objects import Objects
from datakit.repo.project import Project
from datakit.steps import catalog
from datakit.store import files
from datakit.verbs.diagnoses import hooks, installation, remotes, repository, storage
from datakit.verbs.scaffold.survey import Site, survey


def doctor(*, offline: bool = False, root: Path | str | None = None) -> tuple[Diagnosis, ...]:
    """Look at everything that datakit stands on; works outside of a project and in a broken one, too.

    Nothing of the repository is run, nothing is written, and no secret is told.

    Args:
        offline: Ask no remote.
        root: A folder of the project; the current one by default.

    Returns:
        What was found, each with the command that mends it.
    """
    here = project.absolute(root or "")
    top = project.top(here)
    found = [*installation.installation(here)]
    if top is None:
        detail = f"`{here}` is in no repository, so only the installation was looked at"
        return (*found, Diagnosis("project", "warn", detail, "datakit init"))
    if not os.path.lexists(top / FILE):
        return (*found, Diagnosis("project", "warn", f"`{top}` has no {FILE}", "datakit init"))
    return (*found, *_project(top, offline=offline))


def _project(top: Path, *, offline: bool) -> Iterator[Diagnosis]:
    """Look at a project."""
    try:
        with survey(top) as site:
            yield from _site(site, offline=offline)
    except (DatakitError, OSError) as error:
        yield _failed("project", error)
        if _answers(top):
            yield from _site(Site(top, Git(top), True, True, Policy(), {}), offline=offline, whole=False)


def _answers(top: Path) -> bool:
    """Say whether Git itself was not the reason."""
    try:
        return Git(top).try_run("rev-parse", "--git-dir").returncode == 0
    except EnvironmentProblem:
        return False


def _site(site: Site, *, offline: bool, whole: bool = True) -> Iterator[Diagnosis]:
    """Look at a project; where its policy is broken, only at what does not depend on that."""
    if whole:
        yield from _guarded("project", repository.project(site))
        yield from _guarded("hooks", hooks.active(site))
    yield from _guarded("remotes", remotes.reachable(site.root, _recorded(site), offline=offline))
    yield from _guarded("cache", storage.cache(site.root))
    yield from _guarded("private state", storage.state(site.root, site.git))
    yield from _guarded("clone", repository.clone(site))


def _guarded(title: str, checks: Iterable[Diagnosis]) -> Iterator[Diagnosis]:
    """Pass on what checks find; what stops them is a finding, too."""
    try:
        yield from checks
    except (DatakitError, OSError) as error:
        yield _failed(title, error)


def _failed(title: str, error: DatakitError | OSError) -> Diagnosis:
    """Turn an error into a finding."""
    if isinstance(error, OSError):
        error = files.problem(error, "look at", Path(error.filename or "."))
    return Diagnosis(title, "fail", error.message, error.hint or "")


def _recorded(site: Site) -> str | None:
    """Return an object that is recorded, and so may be on a remote."""
    where = Project(site.root, site.policy, site.git, Objects(site.git), site.root)
    with where.objects:
        for name in catalog.names(where.tree, site.policy):
            try:
                found = catalog.recorded(where, where.tree, name)
            except DatakitError:
                continue
            if found is not None:
                return found.data.md5
    return None
