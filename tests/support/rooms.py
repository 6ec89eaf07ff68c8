"""Complete datasets as files, without their data: what `datakit add` and a diligent person leave in Git."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from datakit.formats import artifacts, contract, manifest, pointer, profile, receipt
from datakit.formats.contract import Check, Column, Reader
from datakit.formats.manifest import Change, Data, Manifest
from datakit.formats.pointer import Out
from datakit.formats.profile import ColumnProfile, Profile
from datakit.formats.receipt import Receipt, Result
from datakit.formats.room import Room

POLICY = "policy: 1\n"
CARD = """\
---
license: CC-BY-4.0
owner: Jane Doe <jane@company.org>
personal_data: none
---

# Reviews

## Summary

One row is one review of a film.

## Collection

Exported from the shop every month.
"""


STARS = Column("stars", "integer", "One to five.")


def md5(text: str) -> str:
    """Return a hash that stands for some bytes."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def sha256(text: str) -> str:
    """Return the identity that stands for the same bytes."""
    return hashlib.sha256(text.encode()).hexdigest()


def drafted(name: str, *, status: str = "active", minimum: int = 1, columns: Sequence[Column] = (STARS,)) -> bytes:
    """Return a contract with a check of its first column."""
    checks = [Check("stars.minimum", "minimum", columns[0].name, {"value": minimum})]
    return contract.draft(name, name, columns, checks, Reader("csv")).replace(
        b"status: draft", f"status: {status}".encode()
    )


def room(
    name: str = "reviews",
    *,
    data: str = "v1",
    folder: str = "data/raw",
    note: str = "",
    before: str | None = None,
    terms: bytes | None = None,
    outcome: str = "passed",
    card: str = CARD,
    size: int = 10,
) -> dict[str, bytes]:
    """Return the files of a dataset: room and pointer.

    Args:
        name: The dataset.
        data: Stands for its bytes.
        folder: Where the data lies.
        note: Why the data changed.
        before: Stands for the bytes before.
        terms: The contract.
        outcome: What the check of the least number found.
        card: The card.
        size: Bytes.
    """
    path = f"{folder}/{name}.csv"
    terms = drafted(name) if terms is None else terms
    place = Room("catalog", name)
    read = contract.read(terms, place.contract)
    reason = "" if outcome == "passed" else "2 rows below 1"
    made = Manifest(
        name, path, f"{path}.dvc", Data(md5(data), sha256(data), size, 1, "csv", 3, 1),
        Change(None if before is None else md5(before), note, "Jane Doe <jane@company.org>", "2026-11-22T10:00:03Z"),
        datakit="0.1.0",
    )  # fmt: skip
    results = tuple(
        Result(check.id, outcome, None, 3, reason)
        if check.id == "stars.minimum"
        else Result(check.id, "passed", None, 3)  # type: ignore[arg-type]  # a test may invent one
        for check in read.checks
    )
    found = Receipt(
        name, md5(data), sha256(data), hashlib.sha256(terms).hexdigest(), contract.fingerprint(read), 3,
        results, "0.1.0",
    )  # fmt: skip
    return {
        f"{path}.dvc": pointer.render(Out(f"{name}.csv", md5(data), size, None, "md5", name)),
        place.card: card.encode(),
        place.contract: terms,
        place.manifest: manifest.dump(made),
        place.receipt: receipt.dump(found),
        place.profile: profile.dump(
            name, Profile(3, (ColumnProfile("stars", "integer", 3, 0, 2, "1", "5", 3.0, 1.0),))
        ),
    }


def repository(*rooms: Mapping[str, bytes], policy: str = POLICY, **more: bytes) -> dict[str, Any]:
    """Return the files of a project with these datasets."""
    files: dict[str, Any] = {"datakit.yaml": policy.encode()}
    listed = b""
    for one in rooms:
        files |= one
        for path, data in one.items():
            if path.endswith("/manifest.json"):
                read = manifest.read(data, path)
                listed = artifacts.put(listed, read.name, read.path)
    return files | ({"dvc.yaml": listed} if listed else {}) | more


def without(files: Mapping[str, Any], *gone: str) -> dict[str, Any]:
    """Return the files less those whose path contains one of these."""
    return {path: data for path, data in files.items() if not any(part in path for part in gone)}


def restated(
    files: Mapping[str, Any], name: str = "reviews", *, data: Mapping[str, Any] = {}, **facts: Any
) -> dict[str, Any]:
    """Return files whose manifest of one dataset says something else: fields of `data`, and of the manifest."""
    path = Room("catalog", name).manifest
    known = manifest.read(files[path], path)
    return {**files, path: manifest.dump(known._replace(data=known.data._replace(**data), **facts))}


def profiled(
    files: Mapping[str, Any], *columns: tuple[str, str], rows: int = 3, name: str = "reviews"
) -> dict[str, Any]:
    """Return files whose profile of one dataset has other columns, by name and type, and that have so many rows."""
    found = Profile(rows, tuple(ColumnProfile(column, kind, rows, 0, 2) for column, kind in columns))
    shaped = restated(files, name, data={"rows": rows, "columns": len(columns)})
    return {**shaped, Room("catalog", name).profile: profile.dump(name, found)}
