"""The remotes of DVC: the one importer of DVC's file systems.

Settings, credentials and classes are DVC's own (`dvc.config`, `dvc.fs.get_cloud_fs`), so every store that DVC knows works.
The layout is that of DVC's `data_cloud.py`: `<url>/files/md5/<2>/<30>[.dir]`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from datakit.errors import DatakitError, EnvironmentProblem, NotFound, UsageError
from datakit.formats import url as urls
from datakit.formats.listing import shown
from datakit.store import dvc_config, network

CONNECT = 10  # seconds that a server may take to accept a connection, where DVC's configuration says nothing
READ = 60  # seconds between two bytes
_JOBS = 16  # transfers at a time, where DVC's configuration says nothing


class Remote(NamedTuple):
    """An opened remote."""

    name: str
    url: str  # without anything secret
    root: str  # where the objects lie, as the file system names it
    fs: Any  # DVC's file system; None for a folder on this machine
    jobs: int
    patience: float = network.TRIES * (CONNECT + READ)  # seconds that one object may take, beside what its bytes take

    def path(self, name: str) -> str:
        """Tell where an object lies."""
        return f"{self.root}/{name[:2]}/{name[2:]}"

    def place(self, name: str) -> str:
        """Tell people where an object lies, without anything secret.

        >>> Remote("storage", "s3://bucket/data/", "bucket/data/files/md5", None, 1).place("0" * 32)
        's3://bucket/data/files/md5/00/000000000000000000000000000000'
        """
        return shown(f"{self.url.rstrip('/')}/files/md5/{name[:2]}/{name[2:]}")


def open_remote(root: Path, name: str | None = None) -> Remote:
    """Open a remote as DVC's configuration describes it; nothing is asked of it yet.

    Args:
        root: The folder that holds `.dvc`, absolute.
        name: The remote; DVC's default one by default.

    Returns:
        The remote.

    Raises:
        NotFound: There is no remote of that name.
        EnvironmentProblem: There is no default remote, or its settings or the software for it are missing.
        InvalidRecord: DVC's configuration is broken.
    """
    settings = dvc_config.read(root)
    chosen = choose(settings, name)
    url = settings.remotes[chosen]
    if "://" not in url:
        return Remote(chosen, url, f"{url}/files/md5", None, _JOBS)
    try:
        safe = str(urls.redact(url))
    except UsageError as error:
        raise EnvironmentProblem(
            f"the URL of remote `{chosen}` cannot be used: {error.message}", hint=f"dvc remote modify {chosen} url URL"
        ) from error
    fs, path, patience = _file_system(root, chosen, url.partition("://")[0])
    return Remote(chosen, safe, f"{path.rstrip('/')}/files/md5", fs, int(fs.config.get("jobs") or _JOBS), patience)


def choose(settings: dvc_config.DvcConfig, name: str | None = None) -> str:
    """Return the name of the remote that is meant.

    Args:
        settings: DVC's.
        name: As it was given; DVC's default one by default.

    Raises:
        NotFound: There is no remote of that name.
        EnvironmentProblem: There is no default remote.
    """
    if name is not None:
        if name.lower() not in settings.remotes:
            raise NotFound("remote", name, settings.remotes)
        return name.lower()
    if settings.remote is None and not settings.remotes:
        raise EnvironmentProblem("DVC has no remote here", hint="dvc remote add --default storage URL")
    known = ", ".join(sorted(settings.remotes))
    if settings.remote is None:
        raise EnvironmentProblem(
            f"none of DVC's remotes is the default one: {known}",
            hint="dvc remote default NAME, or `--remote NAME` for once",
        )
    if settings.remote not in settings.remotes:
        raise EnvironmentProblem(
            f"DVC's default remote `{shown(settings.remote)}` is not configured; those that are: {known or 'none'}",
            hint=f"dvc remote add {shown(settings.remote)} URL, or `dvc remote default NAME`",
        )
    return settings.remote


def _file_system(root: Path, name: str, kind: str) -> tuple[Any, str, float]:
    """Let DVC make its file system for a remote; say how long it may take, too."""
    from dvc.config import Config
    from dvc.exceptions import DvcException
    from dvc.fs import get_cloud_fs
    from dvc_objects.fs.errors import ConfigError, RemoteMissingDepsError

    try:
        made, options, path = get_cloud_fs(Config(dvc_dir=os.fspath(root / ".dvc")), name=name)
        _refuse_versions(name, options)
        _refuse_commands(root, name, options)
        if made.protocol in {"s3", "http", "https"}:
            options = {"connect_timeout": CONNECT, "read_timeout": READ, **options}
        fs = made(**options)
        _tune(fs)
        _ = fs.fs  # made now, so that what is missing shows here
    except (ImportError, RemoteMissingDepsError) as error:
        raise EnvironmentProblem(
            f"DVC lacks the software for remote `{name}`", hint=f"pip install 'dvc[{kind}]'"
        ) from error
    except (DvcException, ConfigError, ValueError) as error:
        raise EnvironmentProblem(
            f"DVC cannot use its settings of remote `{name}`: {reason(error)}", hint=f"dvc remote modify {name} …"
        ) from error
    except (DatakitError, AssertionError, AttributeError, NameError, TypeError):
        raise  # said already, or a bug
    except Exception as error:  # each store's library has exceptions of its own, without a common base
        raise EnvironmentProblem(
            f"the settings of remote `{name}` cannot be used: {reason(error)}", hint=f"dvc remote modify {name} …"
        ) from error
    waits = (options.get(key) or usual for key, usual in (("connect_timeout", CONNECT), ("read_timeout", READ)))
    return fs, path, network.TRIES * sum(map(float, waits))


def _tune(fs: Any) -> None:
    """Give a file system as many connections as there are jobs, and a gate on where a web server leads."""
    if fs.protocol == "s3":
        settings = fs.fs_args.setdefault("config_kwargs", {})
        settings["max_pool_connections"] = int(fs.config.get("jobs") or _JOBS)
    elif fs.protocol in {"http", "https"}:
        settings = fs.fs_args.setdefault("client_kwargs", {})
        settings["trace_configs"] = [network.redirects()]


def _refuse_versions(name: str, options: Mapping[str, Any]) -> None:
    """Refuse a remote whose objects lie in another way.

    Raises:
        EnvironmentProblem: It is one.
    """
    if options.get("version_aware") or options.get("worktree"):
        raise EnvironmentProblem(
            f"remote `{name}` keeps versions of a cloud bucket (`version_aware`), which only DVC can push and pull",
            hint="dvc push, or a remote without `version_aware`",
        )


def _refuse_commands(root: Path, name: str, options: Mapping[str, Any]) -> None:
    """Refuse settings of Amazon's in a file of the repository that name a program which gives credentials.

    DVC's configuration comes with a clone, can name such a file, and the library would run the program.

    Raises:
        EnvironmentProblem: There is such a file.
    """
    top = f"{os.path.abspath(root)}{os.sep}"
    for key in ("configpath", "credentialpath"):
        path = os.path.abspath(os.path.expanduser(str(options.get(key) or "")))
        if path.startswith(top) and os.path.isfile(path) and b"credential_process" in Path(path).read_bytes().lower():
            raise EnvironmentProblem(
                f"`{key}` of remote `{name}` leads to a file of this repository that runs a program for credentials: "
                f"{shown(os.path.relpath(path, root))}",
                hint="move the file out of the repository, or give the credentials with `dvc remote modify --local`",
            )


def reason(error: Exception) -> str:
    """Return the first line of what a library says, unless it could hold a secret."""
    line = (str(error).splitlines() or [""])[0].strip().rstrip(".")[:200]
    unsafe = not line or "@" in line or "?" in line or urls.secrets(line)
    return type(error).__name__ if unsafe else line
