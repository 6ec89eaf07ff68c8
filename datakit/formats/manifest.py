"""The manifest: what the bytes of a dataset are, where they came from and why they changed.

Commits and versions are never stored in it, since they are not known before the commit: they are looked up.

| field | meaning | standard |
|---|---|---|
| `data.md5` | DVC's hash of the bytes, with `.dir` for a folder | DVC `outs[].md5` |
| `data.sha256` | identity of the bytes; of a folder as in `formats.listing.sha256` | Croissant `sha256` |
| `data.size`, `data.files` | bytes, number of files | Croissant `contentSize` |
| `data.format`, `rows`, `columns` | what it was read as, and its shape | Croissant `encodingFormat` |
| `data.executable` | which files of a folder may be run: `all`, `none`, or the md5 of a list that DVC keeps; not there where none may, or where nobody looked | DVC `outs[].isexec`, which it has for files only |
| `change` | the hash before, why, who, when (UTC) | PROV `wasRevisionOf`, `wasAttributedTo` |
| `sources[]` | where the bytes were retrieved and what the server proved | PROV `hadPrimarySource`; DPS `source` |
| `derived_from[]` | datasets that it was made of, by name and hash | PROV `wasDerivedFrom` |
| `produced_by` | the command, the stage, the code by Git blob | PROV `wasGeneratedBy` |
| `former` | the name before the last `datakit mv`: the history goes on there | |
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from datakit.errors import InvalidRecord, UsageError
from datakit.formats import listing, names, record
from datakit.formats.fields import Fields
from datakit.formats.url import RedactedUrl, redact

SCHEMA = 1


class Data(NamedTuple):
    """What the bytes are."""

    md5: str  # as in the pointer: 32 hexadecimal digits, `.dir` behind them for a folder
    sha256: str
    size: int  # bytes
    files: int
    format: str  # csv, tsv, jsonl, json, parquet; `files` for anything else
    rows: int | None = None  # None: not a table
    columns: int | None = None
    executable: str | None = None  # of a folder: `all`, `none` or the md5 of a list; None: not recorded


class Change(NamedTuple):
    """Why these bytes replaced the ones before."""

    before: str | None  # md5 of the bytes before; None for the first version
    note: str  # why, by the person; may be empty for the first version only
    by: str  # `Name <address>` as Git knows it
    at: str  # UTC, ISO 8601, seconds, `Z`


class Source(NamedTuple):
    """Where the bytes were retrieved, and what could be proved about them there."""

    uri: RedactedUrl
    retrieved: str  # UTC, ISO 8601, seconds, `Z`
    sha256: str  # of what arrived
    license: str = ""  # SPDX expression, where the source states one
    proofs: Mapping[str, str] = {}  # etag, last_modified, version_id, content_md5, final_url, … as the server gave them


class Parent(NamedTuple):
    """A dataset that this one was made of."""

    name: str
    md5: str


class Code(NamedTuple):
    """A file of code that took part, by what it held."""

    path: str
    git_blob: str  # Git's object id of its content: `git log --find-object` finds the commit


class Production(NamedTuple):
    """How the bytes were made."""

    command: str = ""
    stage: str = ""  # of dvc.yaml
    code: tuple[Code, ...] = ()
    params: Mapping[str, object] = {}


class Manifest(NamedTuple):
    """All that is recorded about one state of a dataset."""

    name: str
    path: str  # of the data, relative to the repository
    pointer: str  # the `.dvc` file, or the dvc.lock that names the data
    data: Data
    change: Change
    sources: tuple[Source, ...] = ()
    derived_from: tuple[Parent, ...] = ()
    produced_by: Production = Production()
    former: str | None = None  # the name that the dataset had before it was renamed
    datakit: str = ""  # the version that wrote it
    other: Mapping[str, object] = {}  # keys of a later version, kept as they are


_KNOWN = frozenset((
    "manifest",
    "name",
    "path",
    "data",
    "change",
    "sources",
    "derived_from",
    "produced_by",
    "pointer",
    "former",
    "datakit",
))  # fmt: skip


_UNSAFE = "[\x00-\x09\x0b-\x1f\ud800-\udfff]"  # a newline in a name is legal, if unwise


def read(data: bytes, where: str) -> Manifest:
    """Read a manifest.

    Args:
        data: The file.
        where: Its path for messages.

    Raises:
        InvalidRecord: It is not a manifest, is of a later schema, or was edited by hand.
    """
    fields = Fields(record.load(data, where), where)
    fields.schema("manifest", SCHEMA)
    name = fields.text("name")
    if wrong := names.problem(name):
        raise InvalidRecord(where, f"`name`: `{name}` cannot name a dataset: {wrong}")
    return Manifest(
        name=name,
        path=place(fields, "path"),
        pointer=place(fields, "pointer"),
        data=_data(fields.within("data")),
        change=_change(fields.within("change")),
        sources=tuple(_source(item) for item in fields.each("sources")),
        derived_from=tuple(
            Parent(item.text("name"), item.digest("md5", "md5")) for item in fields.each("derived_from")
        ),
        produced_by=_production(fields.within("produced_by")),
        former=_former(fields),
        datakit=fields.text("datakit", ""),
        other=fields.rest(_KNOWN),
    )


def dump(manifest: Manifest) -> bytes:
    """Write a manifest; what does not apply is left out."""
    made = manifest.produced_by
    produced = {
        "command": made.command,
        "stage": made.stage,
        "code": [code._asdict() for code in made.code],
        "params": dict(made.params),
    }
    change = {
        "from": manifest.change.before,
        "note": manifest.change.note,
        "by": manifest.change.by,
        "at": manifest.change.at,
    }
    fields: dict[str, object] = {
        "manifest": SCHEMA,
        "name": manifest.name,
        "path": manifest.path,
        "data": _present(manifest.data._asdict()),
        "change": _present(change),
        "sources": [
            _present({**item._asdict(), "proofs": dict(sorted(item.proofs.items()))}) for item in manifest.sources
        ],
        "derived_from": [parent._asdict() for parent in sorted(manifest.derived_from)],
        "produced_by": _present(produced),
        "pointer": manifest.pointer,
        **({"former": manifest.former} if manifest.former else {}),
        **dict(sorted(manifest.other.items())),
        "datakit": manifest.datakit,
    }
    return record.dump({key: value for key, value in fields.items() if value not in ({}, [])})


def place(fields: Fields, key: str) -> str:
    """Read a path; a record is no more trusted than a listing, and what is asked of Git must mean one file.

    Raises:
        InvalidRecord: It leads outside the repository, or some system cannot hold it or takes it for another.
    """
    path = fields.text(key)
    if re.search(_UNSAFE, path) or listing.path_problem(path) is not None:
        raise fields.wrong(key, "a normal path inside the repository, with `/` between its parts")
    return path


def _present(fields: Mapping[str, object]) -> dict[str, object]:
    """Leave out what does not apply: nothing, and empty texts, lists and mappings."""
    return {key: value for key, value in fields.items() if value is not None and value not in ("", [], {})}


def _former(fields: Fields) -> str | None:
    """Read the former name."""
    name = fields.optional("former")
    if name is not None and (wrong := names.problem(name)):
        raise InvalidRecord(fields.where, f"`former`: `{name}` cannot name a dataset: {wrong}")
    return name


def _uri(fields: Fields) -> RedactedUrl:
    """Read the address of a source, which was redacted before it was written."""
    uri = fields.text("uri")
    try:
        clean = redact(uri)
    except UsageError as error:
        raise InvalidRecord(fields.where, f"`{fields.path}.uri`: {error.message}", hint=error.hint) from error
    if clean != uri:
        raise InvalidRecord(fields.where, f"`{fields.path}.uri`: holds what may be a secret, expected `{clean}`")
    return clean


def _data(fields: Fields) -> Data:
    """Read `data`."""
    return Data(
        md5=fields.digest("md5", "md5"),
        sha256=fields.digest("sha256", "sha256"),
        size=fields.integer("size"),
        files=fields.integer("files"),
        format=fields.text("format"),
        rows=fields.whole("rows"),
        columns=fields.whole("columns"),
        executable=_executable(fields),
    )


def _executable(fields: Fields) -> str | None:
    """Read which files may be run."""
    found = fields.optional("executable")
    if found is not None and re.fullmatch("all|none|[0-9a-f]{32}", found) is None:
        raise fields.wrong("executable", "`all`, `none` or an md5 in lower-case hexadecimal")
    return found


def _change(fields: Fields) -> Change:
    """Read `change`."""
    before = fields.digest("from", "md5") if "from" in fields else None
    return Change(before, fields.text("note", ""), fields.text("by", ""), fields.text("at"))


def _source(fields: Fields) -> Source:
    """Read one of `sources`."""
    proofs = fields.within("proofs")
    return Source(
        uri=_uri(fields),
        retrieved=fields.text("retrieved"),
        sha256=fields.digest("sha256", "sha256"),
        license=fields.text("license", ""),
        proofs={key: proofs.text(key) for key in proofs.mapping},
    )


def _production(fields: Fields) -> Production:
    """Read `produced_by`."""
    if not fields.mapping:
        return Production()
    return Production(
        command=fields.text("command", ""),
        stage=fields.text("stage", ""),
        code=tuple(Code(item.text("path"), item.digest("git_blob", "git")) for item in fields.each("code")),
        params=dict(fields.within("params").mapping),
    )
