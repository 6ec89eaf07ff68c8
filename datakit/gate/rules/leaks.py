"""DK603: no record, pointer or setting that is about to be committed holds a secret."""

from __future__ import annotations

from collections.abc import Iterator

from datakit.formats import pointer, secrets
from datakit.formats import policy as policies
from datakit.formats.finding import Finding, command
from datakit.formats.secrets import Leak
from datakit.gate.change import Case, is_pointer
from datakit.gate.dataset import content

LARGEST = 1_000_000  # bytes of a file that is read; a record of people's hand is a few kilobytes
# Of a receipt every word is the contract's or datakit's own.
_WRITTEN = frozenset({"manifest.json", "profile.json", "contract.odcs.yaml", "README.md", "tombstone.json"})
_CONFIG = ".dvc/config"
_LOCAL = ".dvc/config.local"
_VOID = "make the old one void where it was given out, since history may keep it"


def leaking(case: Case) -> Iterator[Finding]:
    """DK603: no changed record, pointer or setting of DVC holds a credential; none is ever shown."""
    for change in case.changes:
        path = change.path
        if change.removed or not _is_read(path, case.policy.catalog) or (case.tree.size(path) or 0) > LARGEST:
            continue
        data = content(case.tree, path)
        if pointer.is_usual(data):
            continue
        text = data.decode(errors="replace")
        said = set()
        if path in {_CONFIG, _LOCAL}:
            for leak in secrets.settings(text):
                said.add(leak.line)
                yield _setting(path, leak)
        for leak in secrets.leaks(text):
            if leak.line not in said:
                said.add(leak.line)
                yield _finding(path, leak)


def _is_read(path: str, catalog: str) -> bool:
    """Say whether a file is one that datakit or DVC writes, or that people write for them."""
    if is_pointer(path) or path in {_CONFIG, _LOCAL, policies.FILE} or path.rpartition("/")[2] == "dvc.yaml":
        return True
    if not path.startswith(f"{catalog}/"):
        return False
    return path.rpartition("/")[2] in _WRITTEN or ("/splits/" in path and path.endswith((".yaml", ".json")))


def _setting(path: str, leak: Leak) -> Finding:
    """Make the finding of a setting of DVC that is a secret itself."""
    whose = f" of remote `{leak.remote}`" if leak.remote else ""
    message = f"`{leak.what}`{whose} is a secret, and everybody who can read the repository can use it"
    if path == _LOCAL:
        return _local(path, message, leak.line)
    remote = leak.remote or "REMOTE"
    modify = command(f"{command('dvc remote modify --local', remote)} {leak.what} NEW")
    unset = command(f"{command('dvc remote modify --unset', remote)} {leak.what}")
    return Finding(path, "DK603", message, f"{modify}, then {unset}; {_VOID}", line=leak.line)


def _finding(path: str, leak: Leak) -> Finding:
    """Make the finding of a credential that stands in a text."""
    article = "an" if leak.what[0] in "AEHIOU" and not leak.what.startswith(("HT", "Hu")) else "a"
    message = f"it holds what looks like {article} {leak.what}, and everybody who can read the repository can use it"
    if path == _LOCAL:
        return _local(path, message, leak.line)
    mend = f"take it out of {path}"
    if path == _CONFIG:
        mend += ", give it to DVC with `dvc remote modify --local`"
    return Finding(path, "DK603", message, f"{mend}, and {_VOID}", line=leak.line)


def _local(path: str, message: str, line: int) -> Finding:
    """Make the finding of a file that is only for this machine."""
    return Finding(path, "DK603", message, f"{command('git rm --cached --', path)}, and {_VOID}", line=line)
