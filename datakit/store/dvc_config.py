"""DVC's settings, read from its own files without loading DVC: system, global, repository and local, the later ones first.

Source of the format and the order: dvc `config.py` (`LEVELS`, `_parse_named`, `_lower_keys`, `_resolve`), `dirs.py`.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from datakit.errors import InvalidRecord, UsageError
from datakit.formats.listing import shown
from datakit.store import files

DEFAULT_TYPES = ("reflink", "copy")
LINK_TYPES = ("reflink", "hardlink", "symlink", "copy")
_NAMED = re.compile(r'\s*(?P<kind>remote|machine|db)\s*"(?P<name>.*)"\s*')
_SCHEME = re.compile(r"\w+://")
_REMOTE_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")


class DvcConfig(NamedTuple):
    """The settings of DVC that matter to datakit."""

    cache_dir: Path  # absolute
    cache_types: tuple[str, ...] = DEFAULT_TYPES
    cache_shared: bool = False
    remote: str | None = None  # the default remote's name
    remotes: Mapping[str, str] = {}  # name to URL; a local path is absolute
    autostage: bool = False
    no_scm: bool = False
    hardlink_lock: bool = False  # DVC locks in a way that `store.guard` does not know
    site_cache_dir: Path | None = None


class _Value(NamedTuple):
    """One setting and the file that it stands in."""

    text: str
    file: Path


def read(root: Path) -> DvcConfig:
    """Read DVC's settings for a repository.

    Args:
        root: The folder that holds `.dvc`, absolute.

    Returns:
        The settings, with DVC's own defaults.

    Raises:
        InvalidRecord: A file is broken or a setting has a value that DVC does not know; file and line are named.
        EnvironmentProblem: A file cannot be read.
    """
    merged: dict[tuple[str, ...], _Value] = {}
    for path in locations(root):
        merged |= _settings(path)
    return DvcConfig(
        cache_dir=_cache_dir(merged, root),
        cache_types=_types(merged),
        cache_shared=_choice(merged, ("cache", "shared"), {"group": True}, default=False),
        remote=merged[("core", "remote")].text.lower() if ("core", "remote") in merged else None,
        remotes={
            key[1]: _resolved(value) for key, value in merged.items() if key[0] == "remote" and key[2:] == ("url",)
        },
        autostage=_flag(merged, "autostage"),
        no_scm=_flag(merged, "no_scm"),
        hardlink_lock=_flag(merged, "hardlink_lock"),
        site_cache_dir=_site_cache_dir(merged),
    )


def locations(root: Path) -> tuple[Path, ...]:
    """List the files that DVC reads, the weakest first; they need not exist.

    Args:
        root: The folder that holds `.dvc`.
    """
    import platformdirs

    system = os.environ.get("DVC_SYSTEM_CONFIG_DIR") or platformdirs.site_config_dir("dvc", "iterative")
    personal = os.environ.get("DVC_GLOBAL_CONFIG_DIR") or platformdirs.user_config_dir("dvc", "iterative")
    return (Path(system, "config"), Path(personal, "config"), root / ".dvc" / "config", root / ".dvc" / "config.local")


def set_default_remote(root: Path, name: str, url: str) -> bool:
    """Write a default remote into `.dvc/config`, as `dvc remote add --default` does.

    Args:
        root: The folder that holds `.dvc`, absolute.
        name: The remote's name.
        url: Where it is, without any secret: the file is committed. A relative path counts from `root`.

    Returns:
        Whether anything was written.

    Raises:
        UsageError: The name or the URL cannot stand in the file, or the name is taken by another URL.
        InvalidRecord: The file is broken.
        EnvironmentProblem: The file cannot be written.
    """
    if not _REMOTE_NAME.fullmatch(name):
        raise UsageError(f"`{shown(name)}` cannot name a remote: lower-case letters, digits, `.`, `_` and `-` can")
    if not url or not url.isprintable() or url != url.strip():
        raise UsageError(f"the URL of remote `{name}` is empty, padded or holds control characters")
    path = root / ".dvc" / "config"
    written = url if _is_absolute(url) else Path(os.path.relpath(root / url, path.parent)).as_posix()
    parsed = _parse(path)
    section = next((key for key in parsed.sections if _section(key) == ("remote", name)), f'remote "{name}"')
    old = parsed.get(section, {}).get("url", written)
    if old != written:
        raise UsageError(
            f"remote `{name}` leads somewhere else already", hint=f"dvc remote modify {name} url URL, or another name"
        )
    parsed.setdefault("core", {})["remote"] = name
    parsed.setdefault(section, {})["url"] = written
    parsed.sections.sort(key=lambda key: len(_section(key)))  # DVC writes named sections last
    parsed.indent_type = parsed.indent_type or "    "  # an empty file has none
    lines = parsed.write()
    return files.write_atomic(path, "".join(line + "\n" for line in lines).encode(), root=root)


def _parse(path: Path) -> Any:  # ConfigObj publishes no types
    """Parse one file; a missing one is empty."""
    from configobj import ConfigObj, ConfigObjError

    where = shown(os.fspath(path))
    try:
        # As DVC looks: a file in a folder that this user may not enter does not exist.
        text = files.read(path).decode("utf-8") if os.path.exists(path) else ""
    except UnicodeDecodeError as error:
        raise InvalidRecord(where, f"byte {error.start:,} is not UTF-8") from error
    try:
        return ConfigObj(io.StringIO(text, newline=None), interpolation=False)
    except ConfigObjError as error:
        first = (getattr(error, "errors", None) or [error])[0]
        raise InvalidRecord(where, "not a configuration of DVC", line=first.line_number or None) from error


def _settings(path: Path) -> dict[tuple[str, ...], _Value]:
    """Read the settings of one file: names of sections and keys in lower case, as DVC reads them."""
    found: dict[tuple[str, ...], _Value] = {}
    parsed = _parse(path)
    for section in parsed.sections:
        for key, value in parsed[section].items():
            if isinstance(value, str | list):
                text = value if isinstance(value, str) else ",".join(value)
                found[*_section(section), key.lower()] = _Value(text, path)
    return found


def _section(name: str) -> tuple[str, ...]:
    """Split a section's name: `remote "storage"` is the remote `storage`."""
    named = _NAMED.fullmatch(name.lower())
    return (named["kind"], named["name"]) if named else (name.lower(),)


def _cache_dir(merged: Mapping[tuple[str, ...], _Value], root: Path) -> Path:
    """Find the cache; `cache.local`, DVC's old way, names a remote."""
    if ("cache", "local") in merged:
        named = merged["cache", "local"]
        url = merged.get(("remote", named.text.lower(), "url"))
        if url is None:
            raise _invalid(named, "local", "expected the name of a remote")
        return Path(_resolved(url))
    if ("cache", "dir") not in merged:
        return root / ".dvc" / "cache"
    resolved = _resolved(merged["cache", "dir"])
    if _SCHEME.match(resolved):
        raise _invalid(merged["cache", "dir"], "dir", "expected a folder on this machine")
    return Path(resolved)


def _types(merged: Mapping[tuple[str, ...], _Value]) -> tuple[str, ...]:
    """Read how files are connected with the cache."""
    if ("cache", "type") not in merged:
        return DEFAULT_TYPES
    value = merged["cache", "type"]
    types = tuple(part.strip() for part in value.text.split(","))
    if set(types) - set(LINK_TYPES):
        raise _invalid(value, "type", f"expected some of {', '.join(LINK_TYPES)}")
    return types


def _flag(merged: Mapping[tuple[str, ...], _Value], name: str) -> bool:
    """Read a yes-or-no setting of `core`."""
    return _choice(merged, ("core", name), {"true": True, "false": False}, default=False)


def _choice(
    merged: Mapping[tuple[str, ...], _Value], key: tuple[str, ...], known: Mapping[str, bool], *, default: bool
) -> bool:
    """Read a setting that has few values."""
    if key not in merged:
        return default
    value = merged[key]
    if value.text.lower() not in known:
        raise _invalid(value, key[-1], f"expected {' or '.join(known)}")
    return known[value.text.lower()]


def _site_cache_dir(merged: Mapping[tuple[str, ...], _Value]) -> Path | None:
    """Find where DVC keeps state outside of the repository, if that is said anywhere."""
    text = os.environ.get("DVC_SITE_CACHE_DIR")
    if not text and ("core", "site_cache_dir") in merged:
        text = merged["core", "site_cache_dir"].text
    return Path(text) if text else None


def _resolved(value: _Value) -> str:
    """Make a path absolute as DVC does: `~` first, then from the folder of the file that it stands in."""
    if _SCHEME.match(value.text):
        return value.text
    return os.path.abspath(os.path.join(value.file.parent, os.path.expanduser(value.text)))


def _is_absolute(url: str) -> bool:
    """Tell whether a remote's URL stays as it is wherever it is written."""
    return bool(_SCHEME.match(url)) or os.path.isabs(os.path.expanduser(url))


def _invalid(value: _Value, key: str, expected: str) -> InvalidRecord:
    """Say which setting of which file is wrong, and where it stands."""
    line = None
    pattern = re.compile(rf"\s*{re.escape(key)}\s*=", re.IGNORECASE)
    for number, text in enumerate(files.read(value.file).decode("utf-8").splitlines(), start=1):
        if pattern.match(text):
            line = number
    return InvalidRecord(shown(os.fspath(value.file)), f"`{key} = {shown(value.text)}`: {expected}", line=line)
