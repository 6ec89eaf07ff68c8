"""DVC's default remote: no secret gets into a file that is committed, and a remote that is there stays."""

from __future__ import annotations

import os
import re
from pathlib import Path

from datakit.errors import UsageError
from datakit.formats.url import redact, secrets
from datakit.repo import project
from datakit.store import dvc_config
from datakit.verbs.scaffold.plan import Remote, Step
from datakit.verbs.scaffold.survey import Site

NAME = "storage"
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_USER = re.compile(r"((?:ssh|sftp|hdfs|webhdfs)://)[\w.-]+@")  # there a user's name is part of the address
_OPTIONS = {"s3": "secret_access_key", "azure": "account_key", "gs": "credentialpath"}  # of `dvc remote modify`


def checked(url: str) -> str:
    """Return the URL of a remote, or refuse one that holds a secret.

    Args:
        url: As the user wrote it. A relative path counts from the current folder and is returned absolute.

    Raises:
        UsageError: It is empty or holds a secret.

    >>> checked("s3://bucket/datasets")
    's3://bucket/datasets'
    """
    if not url.strip() or not url.isprintable():
        raise UsageError("the remote's URL is empty or holds control characters", hint="--remote s3://bucket/folder")
    scheme = _SCHEME.match(url)
    bare = _USER.sub(r"\1", url)
    if secrets(url) or (scheme and redact(bare) != bare):
        option = _OPTIONS.get(scheme[1].lower() if scheme else "", "password")
        raise UsageError(
            f"the URL `{redact(url)}` was given with a user, password or signature; it would be committed",
            hint=f"give it without and run `dvc remote modify --local {NAME} {option} VALUE`, which Git never sees",
        )
    return url if scheme or os.path.isabs(url) else f"{_RELATIVE}{project.absolute(url)}"


_RELATIVE = "relative:"  # marks a path that DVC shall keep relative to its own folder


def step(site: Site, url: str) -> Step:
    """Plan the default remote.

    Args:
        site: The project.
        url: What `checked` returned.
    """
    config = dvc_config.read(site.root)
    is_relative = url.startswith(_RELATIVE)
    place = os.path.normpath(url.removeprefix(_RELATIVE)) if is_relative or not _SCHEME.match(url) else url
    if config.remote is not None:
        there = config.remotes.get(config.remote, "")
        if there == place:
            return Step("kept", ".dvc/config", f"remote `{config.remote}`: {redact(there)}")
        words = f"the default remote is `{config.remote}` ({redact(there)}), not changed; to change it: "
        return Step("kept", ".dvc/config", f"{words}`dvc remote add --default NAME {redact(place)}`")
    there = config.remotes.get(NAME, place)
    if there != place:
        words = f"a remote `{NAME}` leads to {redact(there)}; choose with `dvc remote default {NAME}`, or add another"
        return Step("problem", ".dvc/config", words)
    written = Path(os.path.relpath(place, site.root)).as_posix() if is_relative else place
    return Step("configured", ".dvc/config", f"remote `{NAME}`: {redact(place)}", Remote(NAME, written))
