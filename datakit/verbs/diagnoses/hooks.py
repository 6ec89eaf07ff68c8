"""The hooks as Git would start them: there, ours, executable, with an interpreter that has datakit."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from datakit.formats import precommit
from datakit.formats.finding import command
from datakit.records import Diagnosis
from datakit.searchpath import inherited
from datakit.verbs.scaffold import hooks
from datakit.verbs.scaffold.plan import MARK, Step
from datakit.verbs.scaffold.survey import Site
from datakit.version import VERSION

_PATIENCE = 20  # seconds for an interpreter to start
_ASK = "import datakit.hooks.main, datakit.version\nprint(datakit.version.VERSION)"
_CI = (".gitlab-ci.yml", "azure-pipelines.yml", "bitbucket-pipelines.yml", ".circleci/config.yml", "Jenkinsfile")


def active(site: Site) -> Iterator[Diagnosis]:
    """Look at everything that must work before Git refuses a commit; `init` is asked what it would still do.

    Args:
        site: The project.

    Raises:
        InvalidRecord: The configuration of pre-commit is broken.
        EnvironmentProblem: Git refuses.
    """
    yield _interpreter(site)
    for step in hooks.steps(site):
        if step.path != hooks.KEY:
            found = _judged(site, step)
            # What only says something stops nothing where it is missing.
            tells = Path(step.path).name in hooks.ARRIVALS and found.condition == "fail"
            yield found._replace(condition="warn") if tells else found
    yield _continuous(site)


def _judged(site: Site, step: Step) -> Diagnosis:
    """Say of one hook, or of pre-commit's configuration, whether it is as `init` would leave it."""
    if step.path == precommit.FILE:
        return _configuration(site, step)
    name = Path(step.path).name
    if name not in hooks.DOORS:
        mend = f"{hooks.OWN_FOLDER} && datakit init" if "core.hooksPath" in step.detail else f"edit {step.path}"
        return Diagnosis("hooks", "fail", f"{step.path}: {step.detail}", mend)
    title, file = f"hook {name}", site.git.path("hooks") / name
    found = hooks.content(site.root / step.path)
    runs = step.action == "kept" or any(mark in (found or b"") for mark in (MARK, hooks.SHIM))
    if file.exists() and not os.access(file, os.X_OK) and (runs or "not executable" in step.detail):
        return Diagnosis(
            title, "fail", f"`{step.path}` is not executable, so Git skips it", command("chmod +x", step.path)
        )
    if step.action == "problem":
        return Diagnosis(title, "fail", f"`{step.path}` {step.detail}", f"edit {step.path}")
    if hooks.SHIM in (found or b"") and not _starts(found or b""):
        again = "datakit init" if step.action != "kept" else command("pre-commit install --hook-type", name)
        mend = again if hooks.pre_commit() else "pip install pre-commit && datakit init"
        lost = hooks.lost_python(found or b"")
        gone = f"starts pre-commit by `{lost}`, which is gone" if lost else "needs pre-commit, which is gone"
        return Diagnosis(title, "fail", f"`{step.path}` {gone}", mend)
    if step.action != "kept":
        return _missing(title, step, found)
    if not file.exists():
        return Diagnosis(title, "fail", f"`{file}`, which Git starts, is not there", "datakit init")
    how = "through pre-commit" if hooks.SHIM in (found or b"") else "by itself"
    return Diagnosis(title, "ok", f"`{step.path}` runs datakit {how}")


def _missing(title: str, step: Step, found: bytes | None) -> Diagnosis:
    """Say what stands in the place of a hook."""
    if found is not None and MARK in found and f"-m datakit.hooks {Path(step.path).name}".encode() in found:
        return Diagnosis(title, "warn", f"`{step.path}` is not what this version of datakit writes", "datakit init")
    what = "is not there" if found is None else "is empty" if not found.strip() else "does not run datakit"
    return Diagnosis(title, "fail", f"`{step.path}` {what}", "datakit init")


def _configuration(site: Site, step: Step) -> Diagnosis:
    """Say whether pre-commit is told to run datakit."""
    title, data = "pre-commit", site.read(precommit.FILE)
    if step.action == "kept":
        return Diagnosis(title, "ok", f"`{precommit.FILE}` runs datakit")
    if data is None:
        return Diagnosis(title, "fail", f"`{precommit.FILE}` is not there", "datakit init")
    if precommit.has_hook(data):
        detail = f"`{precommit.FILE}` does not install both hooks that datakit needs"
        return Diagnosis(title, "warn", detail, "datakit init")
    return Diagnosis(title, "fail", f"`{precommit.FILE}` has no hook of datakit", "datakit init")


def _starts(script: bytes) -> bool:
    """Say whether pre-commit's script finds it: by the Python that installed it; an editor need not have our PATH."""
    by_python = b"INSTALL_PYTHON=" in script
    return hooks.lost_python(script) is None if by_python else shutil.which("pre-commit") is not None


def _interpreter(site: Site) -> Diagnosis:
    """Start the Python that the hooks start, and let it load datakit."""
    title, stored = "hook interpreter", site.git.setting(hooks.KEY)
    mend = shlex.join(["git", "config", hooks.KEY, sys.executable])
    if stored is not None and _is_tracked(site, stored):
        return Diagnosis(title, "fail", f"`{stored}` is a file that Git tracks; it is not started", mend)
    usable = stored is not None and os.access(site.root / stored, os.X_OK)
    python = stored if stored is not None and usable else "python3"
    problem = _problem(site.root, python)
    if stored is None or not usable:
        what = f"`git config {hooks.KEY}` is not set" if stored is None else f"`{stored}` cannot be started"
        left = "and `python3` on PATH has no datakit" if problem else "so `python3` on PATH is taken"
        return Diagnosis(title, "fail" if problem else "warn", f"{what}, {left}", mend)
    if problem is None:
        return Diagnosis(title, "ok", f"{python} has datakit {VERSION}")
    return Diagnosis(title, "warn" if problem.startswith("has datakit") else "fail", f"`{python}` {problem}", mend)


def _is_tracked(site: Site, path: str) -> bool:
    """Say whether Git brought a file; what came with a repository is never started."""
    relative = os.path.relpath(site.root / path, site.root)
    return not relative.startswith(os.pardir) and bool(site.git.listed("--cached", paths=[relative]))


def _problem(root: Path, python: str) -> str | None:
    """Say why a Python does not run datakit's hook, or runs another version; None where it does."""
    try:
        done = subprocess.run(
            [python, "-P", "-c", _ASK],
            cwd=root,
            env=inherited(os.environ, os.fspath(root)),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_PATIENCE,
        )
    except (OSError, subprocess.TimeoutExpired):
        return "cannot be started"
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
        return f"cannot load datakit: {said[-1]}"
    found = done.stdout.decode(errors="replace").strip()
    return None if found == VERSION else f"has datakit {found}, this is {VERSION}"


def _continuous(site: Site) -> Diagnosis:
    """Look for a workflow that judges what is pushed: hooks can be skipped with one option."""
    folder = site.root / ".github" / "workflows"
    files = [*sorted(folder.glob("*.y*ml")), *(site.root / name for name in _CI)]
    for file in files:
        if file.is_file() and b"datakit check" in file.read_bytes():
            return Diagnosis("ci", "ok", f"`{file.relative_to(site.root)}` runs `datakit check`")
    workflow = ".github/workflows/datakit.yml"
    mend = f"edit {workflow}" if (site.root / workflow).exists() else "datakit init"
    return Diagnosis("ci", "warn", "no workflow runs `datakit check`, and a hook can be skipped with one option", mend)
