"""Credentials in text: what forms they have, where they stand, and which look-alikes are none.

`secrets` and `is_credential` doubt every look-alike, since what is cut from an address may be cut in vain. `leaks` is for the
gate, where a false alarm stops a commit: there a placeholder, a user name or a document's key is no finding.
Source of the forms: the published token formats of AWS, Azure, Google, GitHub, GitLab, Slack, Hugging Face, Stripe, npm,
PyPI, OpenAI and Databricks; RFC 3986 for URLs; RFC 7519 for JSON web tokens; dvc `config_schema.py` for DVC's settings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from datakit.formats import dvc_settings

_SHORTEST = 12  # characters of the shortest credential form

_WORDS = (
    "password", "passwd", "pwd", "passphrase", "secret", "api_key", "apikey", "auth_token", "authtoken", "access_token",
    "accesstoken", "session_token", "sas_token", "account_key", "connection_string", "private_key",
)  # fmt: skip

# Patterns are texts, each compiled when one of its words is first met: to compile all takes longer than a commit.
# What it is; words of which one, in lower case, is in every text that has it; the pattern, whose group 1 where it is there is
# the secret part, else all of it.
_FORMS = (
    ("private key", ("private key",), r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----"),
    (
        "AWS access key",
        ("akia", "asia", "abia", "acca"),
        r"(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Za-z0-9])",
    ),
    (
        "AWS secret key",
        ("secret",),
        r"(?i:aws_?secret_?(?:access_?)?key)[\"']?\s*[=:]\s*[\"']?([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+])",
    ),
    ("signed AWS query", ("x-amz-",), r"(?i:X-Amz-(?:Signature|Credential|Security-Token))=([A-Za-z0-9%/+_.-]{8,})"),
    ("signed Google query", ("x-goog-",), r"(?i:X-Goog-(?:Signature|Credential))=([A-Za-z0-9%/+_.@-]{8,})"),
    ("GitHub token", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"(?<![A-Za-z0-9])gh[pousr]_[A-Za-z0-9]{20,}"),
    ("GitHub token", ("github_pat_",), r"(?<![A-Za-z0-9])github_pat_[A-Za-z0-9_]{20,}"),
    (
        "GitLab token",
        ("glpat-", "gldt-", "glptt-", "glrt-", "glcbt-", "glsoat-"),
        r"(?<![A-Za-z0-9])gl(?:pat|dt|ptt|rt|cbt|soat)-[A-Za-z0-9_-]{18,}",
    ),
    ("Slack token", ("xox",), r"(?<![A-Za-z0-9])xox[abeoprs]-[A-Za-z0-9-]{10,}"),
    ("Slack token", ("xapp-",), r"(?<![A-Za-z0-9])xapp-\d-[A-Za-z0-9-]{10,}"),
    ("Slack webhook", ("hooks.slack.com/",), r"hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9/]{12,})"),
    ("Discord webhook", ("/api/webhooks/",), r"discord(?:app)?\.com/api/webhooks/(\d+/[\w-]{20,})"),
    ("Telegram token", ("bot", ":aa"), r"(?<![A-Za-z0-9])(?:bot)?(\d{8,10}:[A-Za-z0-9_-]{30,})"),
    ("Google API key", ("aiza",), r"(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])"),
    ("Google OAuth token", ("ya29.",), r"(?<![A-Za-z0-9])ya29\.[A-Za-z0-9_-]{20,}"),
    ("Google OAuth secret", ("gocspx-",), r"(?<![A-Za-z0-9])GOCSPX-[A-Za-z0-9_-]{20,}"),
    ("Hugging Face token", ("hf_",), r"(?<![A-Za-z0-9])hf_[A-Za-z0-9]{30,}"),
    ("Stripe key", ("k_live_", "k_test_"), r"(?<![A-Za-z0-9])[rs]k_(?:live|test)_[A-Za-z0-9]{16,}"),
    ("OpenAI key", ("sk-",), r"(?<![A-Za-z0-9])sk-(?:proj-|svcacct-|ant-)?[A-Za-z0-9_-]{32,}"),
    ("npm token", ("npm_",), r"(?<![A-Za-z0-9])npm_[A-Za-z0-9]{30,}"),
    ("PyPI token", ("pypi-",), r"(?<![A-Za-z0-9])pypi-[A-Za-z0-9_-]{30,}"),
    ("SendGrid key", ("sg.",), r"(?<![A-Za-z0-9])SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
    ("Databricks token", ("dapi",), r"(?<![A-Za-z0-9])dapi[0-9a-f]{32}(?![0-9a-f])"),
    ("DigitalOcean token", ("_v1_",), r"(?<![A-Za-z0-9])do[opr]_v1_[0-9a-f]{40,}"),
    ("JSON web token", ("eyj",), r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),
    (
        "Azure account key",
        ("accountkey", "sharedaccesskey"),
        r"(?i:AccountKey|SharedAccessKey)\s*=\s*([A-Za-z0-9+/%]{20,}={0,2})",
    ),
    ("Azure shared access signature", ("sharedaccesssignature",), r"(?i:SharedAccessSignature)\s*=\s*(\S{12,})"),
    ("Azure shared access signature", ("sig=",), r"[?&;\s](?i:sig)=([A-Za-z0-9%/+_=-]{12,})"),
    (
        "password in a URL",
        ("://",),
        r"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{0,20}://[^\s/:@?#'\"<>]{0,200}:([^\s/@?#'\"<>]{1,500})@",
    ),
    ("token in a URL", ("://",), r"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{0,20}://([A-Za-z0-9_.%~+-]{20,500})@"),
    (
        "HTTP credentials",
        ("authorization",),
        r"(?i:authorization)[\"']?\s*[:=]\s*[\"']?(?i:basic|bearer|token)\s+([A-Za-z0-9+/=._~-]{8,})",
    ),
    ("HTTP credentials", ("bearer",), r"(?<![A-Za-z])[Bb]earer\s+([A-Za-z0-9+/=._~-]{20,})"),
    (
        "secret in a query",
        ("token=", "key=", "secret=", "password=", "passwd=", "pwd=", "signature=", "auth="),
        (
            r"[?&;](?i:access_?token|auth_?token|id_?token|refresh_?token|token|api_?key|apikey|key|client_secret|secret|"
            r"password|passwd|pwd|signature|auth)=([^\s&#*'\"<>]{4,})"
        ),
    ),
    (
        "password",
        _WORDS,
        (
            r"(?<![A-Za-z0-9])(?i:password|passwd|pwd|passphrase|secret_?key|client_secret|api_?key|auth_?token|access_?token|"
            r"session_token|sas_token|account_key|connection_string|private_key)"
            r"[\"']?\s*[=:]\s*[\"']?(?=[^\s\"']{0,100}[0-9!$%^&+/=])([^\s\"'*<>{}\[\]()]{8,})"
        ),
    ),
)

_EVERY = tuple(dict.fromkeys(word for _, words, _ in _FORMS for word in words))

# Settings of DVC that are secrets themselves; what only names a file or asks at the terminal is none.
_SETTINGS = frozenset((
    "password", "passphrase", "token", "access_key_id", "secret_access_key", "session_token", "sse_customer_key",
    "connection_string", "sas_token", "account_key", "client_secret", "oss_key_id", "oss_key_secret", "gdrive_client_secret",
))  # fmt: skip
# Of these a long name before the `@` is a user or a container, and no token.
_NAMED = frozenset(("abfs", "abfss", "git+ssh", "hdfs", "scp", "sftp", "ssh", "wasb", "wasbs", "webhdfs"))
_LOOSE = frozenset(("HTTP credentials", "password", "password in a URL", "secret in a query", "token in a URL"))
_PLACEHOLDER = (
    r"(?i)<.*|\{.*|\$[{(].*|\$[a-z_][a-z0-9_]*|%[a-z_][a-z0-9_]*%|%\(.*|%s|[x*._~-]+|\W+|.*(?:change[-_]?me|place[-_]?holder|redacted|replace[-_]?me).*|"
    r"(?:the[-_]|my[-_]|your[-_]?|insert[-_]|some[-_])?(?:user(?:name)?[-_]?|access[-_]?|api[-_]?|auth[-_]?|client[-_]?|secret[-_]?)?"
    r"(?:pass(?:word|wd|phrase)?|pwd|pw|secret|token|key|credentials?|signature|string|value|example|none|null|todo|here)"
    r"(?:[-_]?(?:here|goes[-_]here|value|example))?|your[-_].*"
)
_DOCUMENT = r"(?i)https?://(?:docs|spreadsheets)\.google\.com/\S{0,300}"  # where `key=` names a document
_OPAQUE = r"(?=.*[0-9]).{8,}|(?=.*[a-z])(?=.*[A-Z]).{10,}|.{16,}"


class Leak(NamedTuple):
    """One credential in a file: what it is and where; never the credential."""

    line: int  # counted from 1
    what: str  # `AWS access key`; in DVC's settings the name of the setting
    remote: str = ""  # of DVC, whose setting it is


def secrets(text: str) -> list[str]:
    """Find credentials in a text.

    Args:
        text: Any text: a card, a command, a configuration file.

    Returns:
        One masked description for each, such as ``AWS access key `AKIA…` ``, in the order of the text, without repeats.

    >>> secrets("aws_access_key_id = AKIAIOSFODNN7EXAMPLE"), secrets("the key of the table")
    (['AWS access key `AKIA…`'], [])
    """
    found = [f"{what} `{_masked(match)}`" for what, match in _apart(_matches(text))]
    return list(dict.fromkeys(found))


def is_credential(text: str) -> bool:
    """Say whether a credential form stands in a short text.

    Args:
        text: A part of an address.

    >>> is_credential("AKIAIOSFODNN7EXAMPLE"), is_credential("year=2024")
    (True, False)
    """
    return len(text) >= _SHORTEST and any(True for _ in _matches(text))


def leaks(text: str) -> list[Leak]:
    r"""Find credentials in a file that is about to be committed; what only looks like one is left out.

    Args:
        text: The file.

    Returns:
        Each kind once a line, in the order of the text.

    >>> leaks("# Card\nhttps://example.org/a?X-Amz-Signature=0123456789abcdef")
    [Leak(line=2, what='signed AWS query', remote='')]
    >>> leaks("postgresql://user:password@host/db or https://example.org/a?token=YOUR_TOKEN")
    []
    """
    guilty = ((what, match) for what, match in _matches(text) if not _is_innocent(text, what, match))
    return list(dict.fromkeys(Leak(text.count("\n", 0, match.start()) + 1, what) for what, match in _apart(guilty)))


def settings(text: str) -> list[Leak]:
    r"""Find secrets among DVC's settings, by the names that DVC gives them.

    Args:
        text: A `.dvc/config`.

    Returns:
        The settings; credentials elsewhere in the file, as in a URL, are for `leaks`.

    >>> settings("['remote \"storage\"']\n    url = ssh://jane@example.org/data\n    password = CANARY\n")
    [Leak(line=3, what='password', remote='storage')]
    """
    return [
        Leak(each.line, each.key.lower(), each.name)
        for each in dvc_settings.settings(text)
        if each.key.lower() in _SETTINGS and each.value and not re.fullmatch(_PLACEHOLDER, each.value)
    ]


def _matches(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    """Yield every place where a form matches, form by form."""
    has = text.lower().__contains__
    if any(map(has, _EVERY)):  # most records have none of them
        for what, words, pattern in _FORMS:
            if any(map(has, words)):
                yield from ((what, match) for match in _compiled(pattern).finditer(text))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compile a form: `re` itself forgets patterns when it has had many."""
    return re.compile(pattern)


def _apart(matches: Iterator[tuple[str, re.Match[str]]]) -> Iterator[tuple[str, re.Match[str]]]:
    """Sort matches by place; the first form at a place names it, and others that match inside it say the same again."""
    end = -1
    for what, match in sorted(matches, key=lambda item: (item[1].span(), item[0])):
        if match.start() >= end:
            yield what, match
            end = match.end()


def _masked(match: re.Match[str]) -> str:
    """Show the first characters of a credential: its form, never its body."""
    if match.re.groups:
        head = match[0][: match.start(1) - match.start()]
        return (head[: head.index("://") + 3] if "://" in head else head.strip()[-40:]) + "…"
    return match[0][:27] + "…" if match[0].startswith("-----") else match[0][:4] + "…"


def _is_innocent(text: str, what: str, match: re.Match[str]) -> bool:
    """Say whether a match is a placeholder, a user name, an address or a document's key."""
    if what not in _LOOSE:
        return False
    value, head = match[1], match[0][: match.start(1) - match.start()].lower()
    if re.fullmatch(_PLACEHOLDER, value.rstrip(".,;:")):
        return True
    if what == "token in a URL":
        return head.removesuffix("://") in _NAMED
    if what == "password":
        is_path = "private_key" in head and re.fullmatch(r"[\w.-]+(?:/[\w.-]+)+", value) is not None
        is_address = re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*://[^;]*", value) is not None  # its own forms judge it
        return is_path or is_address or value.startswith(("/", "./", "../", "~/"))
    if what == "secret in a query" and head[1:] in {"auth=", "key=", "signature=", "token="}:
        before = text[max(0, match.start() - 350) : match.start() + 1].rpartition("\n")[2]  # an address is no longer
        document = head[1:] == "key=" and re.search(_DOCUMENT + r"\Z", before) is not None
        return document or not re.fullmatch(_OPAQUE, value)
    return False
