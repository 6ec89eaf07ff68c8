"""The pointers that a repository has already: those that nobody can read, and those that no rule holds."""

from __future__ import annotations

from collections.abc import Iterator

from datakit.errors import DatakitError, InvalidRecord
from datakit.formats.finding import command
from datakit.formats.policy import FILE
from datakit.verbs.scaffold.plan import Step
from datakit.verbs.scaffold.survey import Site


def steps(site: Site) -> Iterator[Step]:
    """Say of each pointer that cannot be read why, and once which data lies outside the data folders.

    Args:
        site: The project.
    """
    for path, error in sorted(site.unreadable.items()):
        yield Step("problem", path, f"{reason(error)}; {mend(path, error)}")
    loose = uncovered(site)
    if loose:
        yield Step("kept", next(iter(loose.values())), said(loose))


def reason(error: DatakitError) -> str:
    """Say why a pointer cannot be read."""
    return f"cannot be read: {error.problem if isinstance(error, InvalidRecord) else error.message}"


def mend(path: str, error: DatakitError) -> str:
    """Say what to do about a pointer that cannot be read.

    Args:
        path: The pointer.
        error: What is wrong with it.
    """
    return error.hint or f"mend it by hand, or run `{command('git checkout HEAD --', path)}`"


def uncovered(site: Site) -> dict[str, str]:
    """Return the data that DVC tracks outside the data folders without a name, with its pointers: models, mostly.

    Args:
        site: The project.
    """
    return {path: where for path, where in sorted(site.nameless.items()) if not _is_covered(site, path)}


def said(loose: dict[str, str]) -> str:
    """Say which data no rule holds, and how that could be changed.

    Args:
        loose: What `uncovered` found, not empty.
    """
    more = f" and {len(loose) - 3} more" if len(loose) > 3 else ""
    shown = ", ".join(f"`{path}`" for path in [*loose][:3])
    mend = command("datakit add", next(iter(loose)))
    return f"outside the data folders no rule holds {shown}{more}; `{mend}` or a line under `data:` in {FILE} covers it"


def _is_covered(site: Site, path: str) -> bool:
    """Say whether a path lies in a data folder or the catalogue, where splits have their memberships, or holds one."""
    folders = (*site.policy.data.values(), site.policy.catalog)
    return any(f"{path}/".startswith(f"{folder}/") or folder.startswith(f"{path}/") for folder in folders)
