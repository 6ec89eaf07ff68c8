"""Addresses without their secrets: the one place that decides what of a URL may be stored or shown.

The rule is an allow-list: what is not known to be harmless goes. `redact` keeps scheme, host, path and a few query keys
such as `versionId`; `secrets` finds credentials in any text, so that the gate can refuse one that a person pasted.
Source of the credential forms: the published token formats of AWS, Azure, Google, GitHub, GitLab, Slack, Hugging Face,
Stripe, npm, PyPI, OpenAI and Databricks; RFC 3986 for URLs; RFC 7519 for JSON web tokens.
"""

from __future__ import annotations

import re
from functools import cache
from urllib.parse import unquote

from datakit.errors import UsageError

__all__ = ["RedactedUrl", "redact", "secrets"]

_MAX_LENGTH = 8192  # characters; no server takes a longer URL
_MAX_SEGMENT = 1024  # characters; no file system has a longer name, and the patterns are slow on one
_HIDDEN = "***"
_SHORTEST = 12  # characters of the shortest credential form

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

# Credential forms: what it is, and the pattern; group 1 where it is there is the secret part, else all of it.
_FORMS = (
    ("private key", r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----"),
    ("AWS access key", r"(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Za-z0-9])"),
    (
        "AWS secret key",
        r"(?i:aws_?secret_?(?:access_?)?key)[\"']?\s*[=:]\s*[\"']?([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+])",
    ),
    ("signed AWS query", r"(?i:X-Amz-(?:Signature|Credential|Security-Token))=([A-Za-z0-9%/+_.-]{8,})"),
    ("signed Google query", r"(?i:X-Goog-(?:Signature|Credential))=([A-Za-z0-9%/+_.@-]{8,})"),
    ("GitHub token", r"(?<![A-Za-z0-9])gh[pousr]_[A-Za-z0-9]{20,}"),
    ("GitHub token", r"(?<![A-Za-z0-9])github_pat_[A-Za-z0-9_]{20,}"),
    ("GitLab token", r"(?<![A-Za-z0-9])gl(?:pat|dt|ptt|rt|cbt|soat)-[A-Za-z0-9_-]{18,}"),
    ("Slack token", r"(?<![A-Za-z0-9])xox[abeoprs]-[A-Za-z0-9-]{10,}"),
    ("Slack token", r"(?<![A-Za-z0-9])xapp-\d-[A-Za-z0-9-]{10,}"),
    ("Slack webhook", r"hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9/]{12,})"),
    ("Discord webhook", r"discord(?:app)?\.com/api/webhooks/(\d+/[\w-]{20,})"),
    ("Telegram token", r"(?<![A-Za-z0-9])(?:bot)?(\d{8,10}:[A-Za-z0-9_-]{30,})"),
    ("Google API key", r"(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])"),
    ("Google OAuth token", r"(?<![A-Za-z0-9])ya29\.[A-Za-z0-9_-]{20,}"),
    ("Google OAuth secret", r"(?<![A-Za-z0-9])GOCSPX-[A-Za-z0-9_-]{20,}"),
    ("Hugging Face token", r"(?<![A-Za-z0-9])hf_[A-Za-z0-9]{30,}"),
    ("Stripe key", r"(?<![A-Za-z0-9])[rs]k_(?:live|test)_[A-Za-z0-9]{16,}"),
    ("OpenAI key", r"(?<![A-Za-z0-9])sk-(?:proj-|svcacct-|ant-)?[A-Za-z0-9_-]{32,}"),
    ("npm token", r"(?<![A-Za-z0-9])npm_[A-Za-z0-9]{30,}"),
    ("PyPI token", r"(?<![A-Za-z0-9])pypi-[A-Za-z0-9_-]{30,}"),
    ("SendGrid key", r"(?<![A-Za-z0-9])SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
    ("Databricks token", r"(?<![A-Za-z0-9])dapi[0-9a-f]{32}(?![0-9a-f])"),
    ("DigitalOcean token", r"(?<![A-Za-z0-9])do[opr]_v1_[0-9a-f]{40,}"),
    ("JSON web token", r"(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),
    ("Azure account key", r"(?i:AccountKey|SharedAccessKey)\s*=\s*([A-Za-z0-9+/%]{20,}={0,2})"),
    ("Azure shared access signature", r"(?i:SharedAccessSignature)\s*=\s*(\S{12,})"),
    ("Azure shared access signature", r"[?&;\s](?i:sig)=([A-Za-z0-9%/+_=-]{12,})"),
    (
        "password in a URL",
        r"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{0,20}://[^\s/:@?#'\"<>]{0,200}:([^\s/@?#'\"<>]{1,500})@",
    ),
    ("token in a URL", r"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{0,20}://([A-Za-z0-9_.%~+-]{20,500})@"),
    (
        "HTTP credentials",
        r"(?i:authorization)[\"']?\s*[:=]\s*[\"']?(?i:basic|bearer|token)\s+([A-Za-z0-9+/=._~-]{8,})",
    ),
    ("HTTP credentials", r"(?<![A-Za-z])[Bb]earer\s+([A-Za-z0-9+/=._~-]{20,})"),
    (
        "secret in a query",
        (
            r"[?&;](?i:access_?token|auth_?token|id_?token|refresh_?token|token|api_?key|apikey|key|client_secret|secret|"
            r"password|passwd|pwd|signature|auth)=([^\s&#*'\"<>]{4,})"
        ),
    ),
    (
        "password",
        (
            r"(?<![A-Za-z0-9])(?i:password|passwd|pwd|secret_?key|client_secret|api_?key|auth_?token|access_?token)"
            r"[\"']?\s*[=:]\s*[\"']?(?=[^\s\"']{0,100}[0-9!$%^&+/=])([^\s\"'*<>{}\[\]()]{8,})"
        ),
    ),
)


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


def secrets(text: str) -> list[str]:
    """Find credentials in a text.

    Args:
        text: Any text: a card, a command, a configuration file.

    Returns:
        One masked description for each, such as ``AWS access key `AKIA…` ``, in the order of the text, without repeats.

    >>> secrets("aws_access_key_id = AKIAIOSFODNN7EXAMPLE"), secrets("the key of the table")
    (['AWS access key `AKIA…`'], [])
    """
    found = sorted(
        (match.start(), match.end(), f"{what} `{_masked(match)}`")
        for what, pattern in _forms()
        for match in pattern.finditer(text)
    )
    lines: list[str] = []
    end = -1
    for start, stop, line in found:
        if start >= end:  # the first form at a place names it; others that match inside it say the same again
            lines.append(line)
            end = stop
    return list(dict.fromkeys(lines))


@cache
def _forms() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Compile the credential forms: when they are first needed, for it takes longer than all other work of a commit."""
    return tuple((what, re.compile(pattern)) for what, pattern in _FORMS)


def _masked(match: re.Match[str]) -> str:
    """Show the first characters of a credential: its form, never its body."""
    if match.re.groups:
        head = match[0][: match.start(1) - match.start()]
        return (head[: head.index("://") + 3] if "://" in head else head.strip()[-40:]) + "…"
    return match[0][:27] + "…" if match[0].startswith("-----") else match[0][:4] + "…"


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
    return f"#{fragment}" if fragment and re.fullmatch(_FRAGMENT, fragment) and not _is_credential(fragment) else ""


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
        is_secret = _is_credential(plain) or (doubtful and re.fullmatch(_OPAQUE, plain)) or (is_webhook and number > 1)
        hidden.append(_HIDDEN if is_secret else bare)
        doubtful = doubtful or re.fullmatch(_DOOR_WORD, plain) is not None
    return "/".join(hidden)


def _hide_value(pair: re.Match[str]) -> str:
    """Hide the value of `AccountKey=…`, `password=…` and the like; partitions such as `year=2024` stay."""
    if re.fullmatch(_DOOR_WORD, unquote(pair[1]).strip()) or _is_credential(unquote(pair[2])):
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
        and not _is_credential(plain)
    )


def _is_credential(text: str) -> bool:
    """Say whether a credential form stands in a short text."""
    return len(text) >= _SHORTEST and any(pattern.search(text) for _, pattern in _forms())
