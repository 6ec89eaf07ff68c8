"""Addresses without their secrets: the one place that decides what of a URL may be stored or shown.

The rule is an allow-list: what is not known to be harmless goes. `redact` keeps scheme, host, path and a few query keys
such as `versionId`; `secrets`, of the module of that name, finds credentials in any text. Source: RFC 3986 for URLs.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from datakit.errors import UsageError
from datakit.formats.secrets import is_credential, secrets

__all__ = ["RedactedUrl", "redact", "secrets"]

_MAX_LENGTH = 8192  # characters; no server takes a longer URL
_MAX_SEGMENT = 1024  # characters; no file system has a longer name, and the patterns are slow on one
_HIDDEN = "***"

# Query keys that choose what is fetched, never who may fetch it.
_HARMLESS = frozenset((
    "alt", "branch", "commit", "dataset", "date", "day", "dl", "download", "end", "export", "ext", "file", "filename",
    "format", "from", "generation", "gid", "id", "ids", "lang", "language", "limit", "locale", "month", "name", "offset",
    "order", "output", "page", "per_page", "raw", "ref", "release", "rev", "revision", "sheet", "snapshot", "sort", "start",
    "subset", "table", "tag", "to", "type", "v", "ver", "version", "versionid", "year",
))  # fmt: skip
# In container@account of these the container is no user, but half of the address.
_CONTAINER_SCHEMES = frozenset(("abfs", "abfss", "wasb", "wasbs"))

# Patterns are texts: `re` compiles each when it is first used and keeps it, so that the import costs nothing.
# Controls, line separators, zero-width and direction marks: nothing of an address, everything of a forged one.
_UNSHOWABLE = "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff]"
_CHAIN = r"::(?=[A-Za-z][A-Za-z0-9+.-]*:)"  # fsspec: zip://inner.csv::https://host/outer.zip
_ADDRESS = r"((?:[A-Za-z][A-Za-z0-9+.-]*:)*)//([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#(.*))?"
_HOST = r"(?:\[[0-9A-Fa-f:.%\w]+\]|[^\s:@\[\]\\%<>\"^`{|}]*)(?::[0-9]*)?(?:,[^\s:@\\%]+(?::[0-9]*)?)*"
_CONTAINER = r"(?i)\$?[a-z0-9](?:[a-z0-9-]{0,62})"
_FRAGMENT = r"[A-Za-z0-9._~/-]{1,64}"
_DOOR_WORD = (
    r"(?i)(?:.*[-_.])?(?:access[-_]?key|access[-_]?token|account[-_]?key|api[-_]?key|auth|authorization|bearer|credentials?|"
    r"jwt|key|passwd|password|passphrase|private[-_]?key|pwd|sas|secret|secrets|session|shared[-_]?access[-_]?\w*|sig|"
    r"signature|signed|token|tokens|webhook|webhooks|x-amz-\w+|x-goog-\w+|j?sessionid)(?:[-_]?id)?"
)
_ASSIGNED = r"([^;=&?/\s]+)=([^;&/]*)"
_SETTING = r"([^;=&?/]+)=([^;&]*)"  # of a connection string, whose values may hold slashes
_OPAQUE = r"(?=.*[0-9])[A-Za-z0-9_.~+=%:-]{12,}|[A-Za-z0-9_~+=%:-]{20,}|[0-9A-Fa-f]{12,}"
_USER_IN_PATH = r"[^/:@\s]+:[^/@\s]+@"


class RedactedUrl(str):
    """A URL that went through `redact`: a type of its own, so that any other text does not pass for it."""

    __slots__ = ()


def redact(url: str) -> RedactedUrl:
    """Return an address without anything that opens a door.

    Userinfo goes, also of `user@host:path`; of the query only harmless keys stay; a fragment stays where it is a plain
    word. Path segments that are credentials, or follow a word such as `token` and look like one, become `***`, as do the
    values of connection strings. A container before the `@` of an abfs or wasb address is part of the address and stays.

    Args:
        url: Any address: https, s3, gs, az, abfs, ssh, hdfs, file, a chain of them, `user@host:path`, a path.

    Returns:
        The address that may be stored and shown. Redacting it again changes nothing.

    Raises:
        UsageError: It holds control or direction characters, is too long, or its host cannot be told from its userinfo.

    >>> redact("https://jane:s3cret@example.org/a.csv?versionId=3&X-Amz-Signature=ab12#page=2")
    'https://example.org/a.csv?versionId=3'
    >>> redact("abfs://raw@account.dfs.core.windows.net/a.csv"), redact("git@example.org:team/data.git")
    ('abfs://raw@account.dfs.core.windows.net/a.csv', 'example.org:team/data.git')
    """
    if isinstance(url, RedactedUrl):
        return url
    if len(url) > _MAX_LENGTH:
        raise UsageError(f"the URL has {len(url)} characters, expected at most {_MAX_LENGTH}")
    odd = re.search(_UNSHOWABLE, url)
    if odd:
        raise UsageError(
            f"the URL has the character U+{ord(odd[0]):04X} at place {odd.start() + 1}",
            hint="write it percent-encoded, or leave it out",
        )
    before, text = "", url
    while text != before:  # what is left after a cut may be an address of another form; each turn takes something away
        before, text = text, "::".join(_redact_one(part) for part in re.split(_CHAIN, text.strip()))
    return RedactedUrl(text)


def _redact_one(url: str) -> str:
    """Redact one address of a chain."""
    found = re.fullmatch(_ADDRESS, url)
    if found is None:
        return _redact_plain(url)
    scheme, address, path, query, fragment = found.groups()
    user, at, rest = address.rpartition("@")
    host, semicolon, settings = rest.partition(";")  # jdbc:sqlserver://host;user=…;password=…
    text = f"{scheme}//{_redact_host(scheme, user + at, host)}{_redact_path(semicolon + settings + path, host)}"
    return text + _redact_query(query) + _redact_fragment(fragment)


def _redact_plain(text: str) -> str:
    """Redact what is no URL: `user@host:path`, a connection string, a path."""
    text = re.sub(_SETTING, _hide_value, text)
    first, slash, rest = text.partition("/")
    user, at, host = first.rpartition("@")
    if at and (":" in user or ":" in host):
        text = host + slash + rest
    head, _, query = text.partition("?")
    head, _, fragment = head.partition("#")
    return _redact_path(head, "") + _redact_query(query) + _redact_fragment(fragment)


def _redact_query(query: str | None) -> str:
    """Keep the harmless keys of a query."""
    kept = "&".join(pair for pair in re.split("[&;]", query or "") if _is_harmless(pair))
    return f"?{kept}" if kept else ""


def _redact_fragment(fragment: str | None) -> str:
    """Keep a fragment that is a plain word."""
    return f"#{fragment}" if fragment and re.fullmatch(_FRAGMENT, fragment) and not is_credential(fragment) else ""


def _redact_host(scheme: str, userinfo: str, host: str) -> str:
    """Drop the userinfo."""
    if not re.fullmatch(_HOST, host):
        raise UsageError(
            "the host of the URL cannot be told from its user and password",
            hint="leave user and password out, or write `/`, `#`, `?` and `@` in them percent-encoded",
        )
    is_container = scheme.rstrip(":").rpartition(":")[2].lower() in _CONTAINER_SCHEMES
    return userinfo + host if is_container and re.fullmatch(_CONTAINER, userinfo.removesuffix("@")) else host


def _redact_path(path: str, host: str) -> str:
    """Hide the segments of a path that are credentials."""
    hidden = []
    is_webhook = host.lower().startswith("hooks.")
    doubtful = False  # after a secret word every opaque segment is taken for a secret
    for number, segment in enumerate(path.split("/")):
        if len(segment) > _MAX_SEGMENT:
            hidden.append(_HIDDEN)
            continue
        bare = re.sub(_USER_IN_PATH, _HIDDEN + "@", re.sub(_ASSIGNED, _hide_value, segment))
        plain = unquote(unquote(bare))
        is_secret = is_credential(plain) or (doubtful and re.fullmatch(_OPAQUE, plain)) or (is_webhook and number > 1)
        hidden.append(_HIDDEN if is_secret else bare)
        doubtful = doubtful or re.fullmatch(_DOOR_WORD, plain) is not None
    return "/".join(hidden)


def _hide_value(pair: re.Match[str]) -> str:
    """Hide the value of `AccountKey=…`, `password=…` and the like; partitions such as `year=2024` stay."""
    if re.fullmatch(_DOOR_WORD, unquote(pair[1]).strip()) or is_credential(unquote(pair[2])):
        return f"{pair[1]}={_HIDDEN}"
    return pair[0]


def _is_harmless(pair: str) -> bool:
    """Say whether `key=value` of a query may stay."""
    key, _, value = pair.partition("=")
    plain = unquote(unquote(value))
    return (
        unquote(key).lower() in _HARMLESS
        and len(value) <= 200
        and "@" not in plain
        and "://" not in plain
        and "=" not in plain
        and not is_credential(plain)
    )
