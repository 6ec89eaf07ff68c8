"""DVC's remotes: configured as they should be, with the software for them, and answering. Nothing is written to any."""

from __future__ import annotations

import importlib.util
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from datakit.errors import DatakitError, EnvironmentProblem, UsageError
from datakit.formats import url as urls
from datakit.formats.finding import command
from datakit.records import Diagnosis
from datakit.store import dvc_config, remote_objects, remotes
from datakit.store.remotes import Remote

PATIENCE = 10.0  # seconds for all remotes together
# Scheme of a URL to the package that has DVC's file system for it, and the extra of DVC that brings it.
SOFTWARE = {
    "s3": ("dvc_s3", "s3"), "gs": ("dvc_gs", "gs"), "azure": ("dvc_azure", "azure"), "gdrive": ("dvc_gdrive", "gdrive"),
    "oss": ("dvc_oss", "oss"), "ssh": ("dvc_ssh", "ssh"), "hdfs": ("dvc_hdfs", "hdfs"), "http": ("dvc_http", ""),
    "https": ("dvc_http", ""), "webhdfs": ("dvc_webhdfs", "webhdfs"), "webdav": ("dvc_webdav", "webdav"),
    "webdavs": ("dvc_webdav", "webdav"),
}  # fmt: skip
_NOWHERE = "0" * 32  # an object that no remote has


def reachable(root: Path, recorded: str | None, *, offline: bool) -> Iterator[Diagnosis]:
    """Look at the default remote and at each one that is configured.

    Args:
        root: The folder that holds `.dvc`.
        recorded: An object that the remote may have; those who may only read what is there are told of by it.
        offline: Ask none.

    Raises:
        InvalidRecord: DVC's configuration is broken.
    """
    settings = dvc_config.read(root)
    try:
        default = remotes.choose(settings)
    except EnvironmentProblem as error:
        default = None
        yield Diagnosis(
            "default remote", "warn" if settings.remote is None else "fail", error.message, error.hint or ""
        )
    asked: dict[str, _Question] = {}
    for name, url in sorted(settings.remotes.items()):
        broken = _broken(name, url)
        if broken is not None or offline:
            yield broken or Diagnosis(_title(name, default), "ok", f"{urls.redact(url)}, not asked")
        else:
            asked[name] = _Question(root, name, recorded)
    for question in asked.values():
        question.start()
    left = PATIENCE
    for name, question in asked.items():
        left = question.wait(left)
        yield question.answer._replace(title=_title(name, default))


def _title(name: str, default: str | None) -> str:
    """Name a remote."""
    return f"remote {name}" + (" (default)" if name == default else "")


def _broken(name: str, url: str) -> Diagnosis | None:
    """Say what is wrong with a remote that need not be asked for that."""
    try:
        urls.redact(url)
    except UsageError as error:
        return Diagnosis(f"remote {name}", "fail", error.message, command("dvc remote modify", name) + " url URL")
    scheme, sign, _ = url.partition("://")
    if not sign or scheme == "remote":
        return None
    if scheme not in SOFTWARE:
        detail = f"DVC knows no addresses that begin with `{scheme}://`"
        return Diagnosis(f"remote {name}", "fail", detail, command("dvc remote modify", name) + " url URL")
    package, extra = SOFTWARE[scheme]
    if importlib.util.find_spec(package) is None:
        mend = f"pip install 'dvc[{extra}]'" if extra else "pip install dvc"
        return Diagnosis(f"remote {name}", "fail", f"DVC lacks the software for `{scheme}://`", mend)
    return None


class _Question:
    """One remote that is asked in a thread of its own: what a store's library does has no end that we could set."""

    def __init__(self, root: Path, name: str, recorded: str | None) -> None:
        self._root, self._name, self._recorded = root, name, recorded
        self._thread = threading.Thread(target=self._ask, daemon=True, name=f"datakit-doctor-{name}")
        self.answer = Diagnosis(
            name, "fail", f"no answer within {PATIENCE:g} s", "check the network and the address: dvc remote list"
        )

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def wait(self, seconds: float) -> float:
        """Wait for the answer, and return how much of the time is left."""
        begun = time.monotonic()
        self._thread.join(max(seconds, 0.0))
        return seconds - (time.monotonic() - begun)

    def _ask(self) -> None:
        """Ask, and keep what came of it."""
        try:
            remote = remotes.open_remote(self._root, self._name)
            self.answer = _local(remote) if remote.fs is None else _server(remote, self._recorded or _NOWHERE)
        except DatakitError as error:
            self.answer = Diagnosis(self._name, "fail", error.message, error.hint or "")


def _local(remote: Remote) -> Diagnosis:
    """Look at a folder of this machine."""
    folder = Path(remote.url)
    if not folder.exists():
        detail = f"{remote.url} does not exist; the first push makes it"
        return Diagnosis("", "warn", detail, command("mkdir -p", remote.url))
    if not folder.is_dir():
        return Diagnosis("", "fail", f"{remote.url} is a file", command("dvc remote modify", remote.name) + " url URL")
    if not os.access(folder, os.R_OK | os.X_OK):
        return Diagnosis("", "fail", f"{remote.url} cannot be read by this user", command("ls -ld", remote.url))
    writing = "" if os.access(folder, os.W_OK) else "; this user may read it only"
    return Diagnosis("", "ok", f"{remote.url} is there{writing}")


def _server(remote: Remote, name: str) -> Diagnosis:
    """Ask a server for one object, whether or not it has it."""
    if remote_objects.size(remote, name) is None and not remote_objects.place_exists(remote):
        raise remote_objects.no_place(remote)
    return Diagnosis("", "ok", f"{remote.url} answers and can be read; writing was not tried")
