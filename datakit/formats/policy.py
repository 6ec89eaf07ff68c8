"""The policy of a project, `datakit.yaml`: where data lives and what is demanded of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

from datakit.formats import yaml
from datakit.formats.fields import Fields
from datakit.formats.finding import Level

FILE = "datakit.yaml"
SCHEMA = 1

# Folders of these tiers obey every rule; `interim` is only recorded.
STRICT_TIERS = ("raw", "external", "processed")
TIERS = (*STRICT_TIERS, "interim")

SMALLEST_LIMIT = 10_000  # bytes; no `max_size` may be smaller, since the hook lets smaller changes through unread

_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?(B|kB|KB|MB|GB)?")
_UNITS = {None: 1, "B": 1, "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9}
_CODE = re.compile(r"DK[1-9][0-9]{2}")
Proof: TypeAlias = Literal["prove", "upload", "off"]
_PROOFS: dict[str, Proof] = {"prove": "prove", "upload": "upload", "off": "off"}
_LEVELS: dict[str, Level] = {"error": "error", "warn": "warn", "off": "off"}


class Policy(NamedTuple):
    """What a project demands; the defaults are those of a project without the key."""

    data: Mapping[str, str] = {
        "raw": "data/raw",
        "external": "data/external",
        "processed": "data/processed",
        "interim": "data/interim",
    }
    catalog: str = "catalog"  # the folder of the rooms, without a slash at its end
    required: tuple[str, ...] = ("license", "owner", "personal_data", "summary", "collection")  # of the card
    columns_documented: float = 0.0  # least share of a contract's columns that say what they hold
    columns_classified: float = 0.0  # and of those that say who may see them
    defaults: Mapping[str, str] = {}  # card fields that a card need not repeat
    max_size: int = 10**6  # bytes; a larger file in Git is taken for data
    max_data: int = SMALLEST_LIMIT  # bytes; of a format that only data has, such as Parquet, a pickle or SQLite
    max_table: int = 10**5  # bytes; of a table that people also keep beside code: CSV, JSON lines, a workbook
    allow: tuple[str, ...] = ("**/tests/**", "**/test/**", "**/testdata/**", "**/fixtures/**", "docs/**")  # any format
    autostage: bool = True  # `add` stages what it wrote
    severity: Mapping[str, Level] = {}  # by rule code
    remotes: tuple[str, ...] = ()  # of DVC; each must have every byte before a version is registered
    pre_push: Proof = (
        "prove"  # what `git push` does about the bytes: ask the remotes for them, send them first, or nothing
    )

    def tier(self, path: str) -> str | None:
        """Return the tier of the folder that holds `path`, or None outside the data folders.

        >>> Policy().tier("data/raw/reviews.csv")
        'raw'
        """
        inside = [(folder, tier) for tier, folder in self.data.items() if path.startswith(folder)]
        below = [(len(folder), tier) for folder, tier in inside if path[len(folder) :][:1] in {"", "/"}]
        return max(below)[1] if below else None

    def allows(self, path: str) -> bool:
        """Say whether a path is one of `git.allow`, where a file may have any format.

        >>> [Policy().allows(path) for path in ("tests/a.parquet", "src/tests/deep/a.npy", "tests.parquet")]
        [True, True, False]
        """
        return any(matches(pattern, path) for pattern in self.allow)


def matches(pattern: str, path: str) -> bool:
    """Say whether a whole path is of a pattern: `*` and `?` stay within a folder, `**` is any number of folders.

    Args:
        pattern: Of a policy.
        path: With `/` between its parts.

    >>> [matches("a/**/*.csv", path) for path in ("a/x.csv", "a/b/c/x.csv", "b/a/x.csv")]
    [True, True, False]
    """
    from fnmatch import fnmatchcase

    asked, parts = pattern.split("/"), path.split("/")
    at = here = 0
    star, again = -1, 0  # where the last `**` stands, and what it has taken so far
    while here < len(parts):
        if at < len(asked) and asked[at] == "**":
            star, again, at = at, here, at + 1
        elif at < len(asked) and fnmatchcase(parts[here], asked[at]):
            at, here = at + 1, here + 1
        elif star >= 0:
            again += 1
            at, here = star + 1, again
        else:
            return False
    return at == len(asked)


def read(data: bytes, where: str = FILE) -> Policy:
    r"""Read a policy.

    Args:
        data: The file.
        where: Its path for messages.

    Raises:
        InvalidRecord: A key that is unknown or a value that is not of its kind.

    >>> read(b"policy: 1\ngit: {max_size: 2 MB}\n").max_size
    2000000
    """
    fields = Fields(yaml.load(data, where), where)
    fields.schema("policy", SCHEMA, default=SCHEMA)
    fields.only(("policy", "data", "catalog", "card", "defaults", "git", "severity", "remotes"))
    card, git, remotes = fields.within("card"), fields.within("git"), fields.within("remotes")
    card.only(("required", "columns_documented", "columns_classified"))
    git.only(("max_size", "max_data", "max_table", "allow", "autostage"))
    remotes.only(("require", "pre_push"))
    default = Policy()
    tiers, catalog = _tiers(fields.within("data")) or default.data, _folder(fields, "catalog", default.catalog)
    for folder in tiers.values():
        if f"{catalog}/".startswith(f"{folder}/") or f"{folder}/".startswith(f"{catalog}/"):
            raise fields.wrong("catalog", f"a folder apart from the data folder `{folder}`")
    defaults = fields.within("defaults")
    return Policy(
        data=tiers,
        catalog=catalog,
        required=card.texts("required") if "required" in card.mapping else default.required,
        columns_documented=_share(card, "columns_documented", default.columns_documented),
        columns_classified=_share(card, "columns_classified", default.columns_classified),
        defaults={key: defaults.text(key) for key in defaults.mapping},
        max_size=_size(git, "max_size", default.max_size),
        max_data=_size(git, "max_data", default.max_data),
        max_table=_size(git, "max_table", default.max_table),
        allow=git.texts("allow") if "allow" in git.mapping else default.allow,
        autostage=git.flag("autostage", default=default.autostage),
        severity=_severity(fields.within("severity")),
        remotes=remotes.texts("require"),
        pre_push=_proof(remotes),
    )


def _tiers(fields: Fields) -> dict[str, str]:
    """Read `data`: a folder for each tier, none inside another."""
    fields.only(TIERS)
    found = {tier: _folder(fields, tier, "") for tier in fields.mapping}
    for tier, folder in found.items():
        for other, outer in found.items():
            if tier != other and f"{folder}/".startswith(f"{outer}/"):
                raise fields.wrong(tier, f"a folder outside `{outer}`, which is the folder of `{other}`")
    return found


def _folder(fields: Fields, key: str, default: str) -> str:
    """Read a folder inside the repository."""
    folder = fields.text(key, default).rstrip("/")
    if (
        not folder
        or folder.startswith(("/", "~", "-"))
        or "\\" in folder
        or ":" in folder
        or {"", ".", "..", ".git", ".dvc", ".datakit"} & set(folder.split("/"))
    ):
        raise fields.wrong(key, "a folder inside the repository, with `/` between its parts")
    return folder


def _size(fields: Fields, key: str, default: int) -> int:
    """Read a size such as `1 MB`, decimal units."""
    if key not in fields:
        return default
    found = _SIZE.fullmatch(fields.text(key))
    if found is None:
        raise fields.wrong(key, "a size such as `500 KB` or `1 MB`")
    size = int(float(found[1]) * _UNITS[found[2]])
    if size < SMALLEST_LIMIT:
        raise fields.wrong(
            key, f"at least {SMALLEST_LIMIT // 1000} KB, so that the hook can let small changes of code through unread"
        )
    return size


def _share(fields: Fields, key: str, default: float) -> float:
    """Read a share, from 0 to 1."""
    found = fields.number(key)
    if found is not None and not 0 <= found <= 1:
        raise fields.wrong(key, "a share from 0 to 1, such as 0.8")
    return default if found is None else found


def _proof(fields: Fields) -> Proof:
    """Read what a push does about the bytes."""
    found = _PROOFS.get(fields.text("pre_push", Policy().pre_push))
    if found is None:
        raise fields.wrong("pre_push", "prove, upload or off")
    return found


def _severity(fields: Fields) -> dict[str, Level]:
    """Read `severity`: error, warn or off for a rule's code."""
    found: dict[str, Level] = {}
    for code in fields.mapping:
        level = _LEVELS.get(fields.text(code))
        if not _CODE.fullmatch(code):
            raise fields.wrong(code, "a rule's code such as `DK201` as the key")
        if level is None:
            raise fields.wrong(code, "error, warn or off")
        found[code] = level
    return found
