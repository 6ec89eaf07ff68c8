"""Receipts that claim what the data does not bear out: which the door refuses, and which only computing again finds.

A receipt is a claim and its digest no proof: whoever edits it can compute the digest anew. So the door refuses what
contradicts itself, the data, the contract or the other records, and `datakit verify`, which CI runs, the rest. The
tables below say of each form which of the two finds it; where both do, both are held.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import datakit
from datakit.formats import record
from tests.support.clones import TABLE
from tests.support.datasets import BIRDS, CARD
from tests.support.repo import Repo, copied

RECEIPT = "catalog/birds/receipt.json"
CONTRACT = "catalog/birds/contract.odcs.yaml"
Fields = dict[str, Any]
WORSE = BIRDS.replace("3.5", "-3.5")  # breaks `mass.minimum`


class Forgery(NamedTuple):
    """One way to write a receipt that is not true."""

    name: str
    forge: Callable[[Repo], None]
    door: str  # the rule that refuses it; empty where only computing again finds it
    verify: str  # what `datakit verify` says of it; empty where no receipt is left that claims anything


@pytest.fixture(scope="module")
def shelf(blank_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two datasets whose data changed since the last commit and now breaks the contract, all of it staged."""
    made = copied(blank_project, tmp_path_factory.mktemp("shelf") / "repo")
    made.write({TABLE: BIRDS, "data/raw/finches.csv": BIRDS})
    datakit.add(TABLE, "data/raw/finches.csv", fields=CARD, root=made.path)
    made.commit("first")
    made.write({TABLE: WORSE})
    datakit.add(note="measured again", root=made.path)
    return made.path


@pytest.fixture
def repo(shelf: Path, tmp_path: Path) -> Repo:
    """A copy of it."""
    return copied(shelf, tmp_path / "repo")


def door(repo: Repo) -> tuple[int, str]:
    """Return the exit code of the hook and the rules that stopped it, or what else it says."""
    done = repo.run(sys.executable, "-P", "-m", "datakit.hooks", "pre-commit")
    assert "Traceback" not in done.err
    lines = [line for line in done.err.splitlines() if line.startswith(RECEIPT) and " warning: " not in line]
    return done.code, " ".join(line.split(": ", 1)[1][:5] for line in lines)


def found(repo: Repo) -> list[str]:
    """Return what `verify` says of the receipt."""
    (seen,) = datakit.verify("birds", root=repo.path)
    return [fault.problem for fault in seen.faults if fault.kind == "receipt"]


def text(change: Callable[[str], str]) -> Callable[[Repo], None]:
    """Forge by editing the file."""

    def forge(repo: Repo) -> None:
        before = repo.read(RECEIPT)
        after = change(before)
        assert after != before
        repo.write({RECEIPT: after})

    return forge


def data(change: Callable[[bytes], bytes]) -> Callable[[Repo], None]:
    """Forge by editing the bytes."""
    return lambda repo: repo.write({RECEIPT: change((repo.path / RECEIPT).read_bytes())})


def fields(change: Callable[[Fields], object]) -> Callable[[Repo], None]:
    """Forge by changing fields, with a digest that fits."""

    def forge(repo: Repo) -> None:
        known = record.load((repo.path / RECEIPT).read_bytes(), RECEIPT)
        changed = json.loads(json.dumps(known))
        change(changed)
        assert list(changed.items()) != list(known.items())
        repo.write({RECEIPT: record.dump(changed)})

    return forge


def passing(known: Fields) -> None:
    """Say that all is well."""
    known["checks"] = dict.fromkeys(known["checks"], "passed")
    known["verdict"] = "passed"


def also(change: Callable[[Fields], object]) -> Callable[[Repo], None]:
    """Forge by saying that all is well, and by one thing more."""

    def both(known: Fields) -> None:
        passing(known)
        change(known)

    return fields(both)


def renamed(known: Fields, old: str, new: str) -> None:
    """Give a check another id, in its place."""
    known["checks"] = {new if key == old else key: value for key, value in known["checks"].items()}


def put(known: Fields, key: str, value: object, part: str | None = None) -> None:
    """Set a field."""
    (known if part is None else known[part])[key] = value


def reordered(known: Fields) -> None:
    """Turn the keys around."""
    turned = dict(reversed(list(known.items())))
    known.clear()
    known.update(turned)


def base(repo: Repo) -> None:
    """Put the receipt of the last commit back."""
    repo.write({RECEIPT: repo.git("show", f"HEAD:{RECEIPT}") + "\n"})


def base_for_this_data(repo: Repo) -> None:
    """Put the receipt of the last commit back and let it name the data of today."""
    now = record.load((repo.path / RECEIPT).read_bytes(), RECEIPT)
    base(repo)
    fields(lambda known: put(known, "data", now["data"]))(repo)


def neighbour(repo: Repo) -> None:
    """Take the receipt of another dataset."""
    shutil.copy(repo.path / "catalog/finches/receipt.json", repo.path / RECEIPT)


def neighbour_renamed(repo: Repo) -> None:
    """Take the receipt of another dataset and let it name this one."""
    neighbour(repo)
    fields(lambda known: put(known, "name", "birds"))(repo)


def linked(repo: Repo) -> None:
    """Put a link to a receipt that passed in its place."""
    base(repo)
    (repo.path / RECEIPT).rename(repo.path / "catalog/birds/passed.json")
    (repo.path / RECEIPT).symlink_to("passed.json")


def folder(repo: Repo) -> None:
    """Put a folder in its place."""
    (repo.path / RECEIPT).unlink()
    repo.write({f"{RECEIPT}/receipt.json": "{}"})


def weakened(repo: Repo) -> None:
    """Weaken the contract, and let the receipt name the hashes of the weak one without a new validation."""
    terms = repo.read(CONTRACT)
    repo.write({CONTRACT: terms.replace("minimum: 0", "minimum: 1")})
    fields(passing)(repo)


def old_hash(repo: Repo) -> None:
    """Weaken the contract, and let the receipt claim its bytes while it enforces the old one."""
    import hashlib

    weak = repo.read(CONTRACT).replace("minimum: 0", "minimum: -9")
    repo.write({CONTRACT: weak})
    also(lambda known: put(known, "sha256", hashlib.sha256(weak.encode()).hexdigest(), "contract"))(repo)


HAND = "was changed by hand or staged in part: its digest does not match"
CUT = "has no digest as its last line: it was not written by datakit, or was cut"
MASS = "`mass.minimum` is not what the data says"
MANY = "0" * 64

EDITED = (
    Forgery("verdict turned", text(lambda old: old.replace('"verdict": "failed"', '"verdict": "passed"')), "DK104", HAND),
    Forgery("check turned", text(lambda old: old.replace('"failed: ', '"passed: ')), "DK104", HAND),
    Forgery("md5 turned", text(lambda old: old.replace('"md5": "', '"md5": "0')), "DK104", HAND),
    Forgery("a check taken out", text(lambda old: "".join(line for line in old.splitlines(True) if "mass.minimum" not in line)), "DK104", HAND),
    Forgery("rows turned", text(lambda old: old.replace('"rows": 3', '"rows": 4')), "DK104", HAND),
    Forgery("digest turned", text(lambda old: old.replace('"digest": "', '"digest": "0')), "DK104", CUT),
    Forgery("digest taken out", text(lambda old: old.partition(',\n  "digest"')[0] + "\n}\n"), "DK104", CUT),
    Forgery("digest twice", text(lambda old: old.replace('"rows"', f'"digest": "{MANY}",\n  "rows"')), "DK104", "has the key `digest` twice"),
    Forgery("key twice", text(lambda old: old.replace('"verdict": "failed"', '"verdict": "failed",\n  "verdict": "passed"')), "DK104", "has the key `verdict` twice"),
    Forgery("garbage behind", text(lambda old: old + "{}"), "DK104", "is not JSON: Extra data"),
    Forgery("spaces behind", text(lambda old: old + "\n"), "DK104", CUT),
    Forgery("cut", text(lambda old: old[:200]), "DK104", "is not JSON: Expecting property name enclosed in double quotes"),
    Forgery("empty", text(lambda old: old[:0]), "DK104", "is empty"),
    Forgery("spaces inside", text(lambda old: old.replace('"rows": 3', '"rows":  3')), "DK104", HAND),
    Forgery("one line", text(lambda old: json.dumps(json.loads(old))), "DK104", CUT),
    Forgery("UTF-16", data(lambda old: old.decode().encode("utf-16")), "DK104", "is not UTF-8: byte 0"),
    Forgery("NUL bytes", data(lambda old: b"\0" * len(old)), "DK104", "is not JSON: Expecting value"),
    Forgery("marks of a merge", text(lambda old: old.replace('  "rows"', '<<<<<<< ours\n  "rows"')), "DK104", "holds the marks of an unresolved merge"),
)  # fmt: skip
CONTRADICTING = (
    Forgery("verdict against the checks", fields(lambda known: put(known, "verdict", "passed")), "DK104", "`verdict`: expected `failed`, as its checks say, found 'passed'"),
    Forgery("verdict of another kind", fields(lambda known: put(known, "verdict", True)), "DK104", "`verdict`: expected a text, found True"),
    Forgery("verdict missing", fields(lambda known: known.pop("verdict")), "DK104", "`verdict`: expected a text, found nothing"),
    Forgery("outcome unknown", fields(lambda known: put(known, "mass.minimum", "fine", "checks")), "DK104", "`checks.mass.minimum`: expected passed, failed, warned or skipped, and the reason behind a colon, found 'fine'"),
    Forgery("key of homoglyphs", also(lambda known: put(known, "vеrdict", "passed")), "DK104", "`vеrdict`: unknown key, expected one of checks, contract, data, datakit, name, receipt, rows, verdict"),
    Forgery("schema of the future", also(lambda known: put(known, "receipt", 99)), "DK104", "is a receipt of schema 99, this datakit reads up to 1"),
    Forgery("rows a fraction", also(lambda known: put(known, "rows", 3.0)), "DK104", "`rows`: expected a whole number, not negative, found 3.0"),
    Forgery("rows negative", also(lambda known: put(known, "rows", -3)), "DK104", "`rows`: expected a whole number, not negative, found -3"),
    Forgery("md5 of another form", also(lambda known: put(known, "md5", "EB" * 16, "data")), "DK104", f"`data.md5`: expected an md5 in lower-case hexadecimal, found '{'EB' * 16}'"),
    Forgery("sha256 missing", also(lambda known: known["data"].pop("sha256")), "DK104", "`data.sha256`: expected a text, found nothing"),
    Forgery("of another name", also(lambda known: put(known, "name", "finches")), "DK302", "is about another dataset"),
    Forgery("of another md5", also(lambda known: put(known, "md5", "0" * 32, "data")), "DK302", "is about other bytes"),
    Forgery("of another sha256", also(lambda known: put(known, "sha256", MANY, "data")), "DK302", "is about other bytes"),
    Forgery("of a neighbour", neighbour, "DK302", "is about another dataset"),
    Forgery("of a neighbour, renamed", neighbour_renamed, "DK302", "is about other bytes"),
    Forgery("of the last commit", base, "DK302", "is about other bytes"),
    Forgery("of a contract that is not this one", weakened, "DK302", "is about another contract"),
    Forgery("a link", linked, "DK602", "is not JSON: Expecting value"),
    Forgery("a folder", folder, "DK301", ""),
    Forgery("checks missing", also(lambda known: known.pop("checks")), "DK302", "`id.type` is not what the data says"),
    Forgery("checks empty", also(lambda known: put(known, "checks", {})), "DK302", "`id.type` is not what the data says"),
    Forgery("a check taken out", also(lambda known: known["checks"].pop("mass.minimum")), "DK302", MASS),
    Forgery("a check renamed", also(lambda known: renamed(known, "mass.minimum", "mass.minimun")), "DK302", MASS),
    Forgery("a check of homoglyphs", also(lambda known: renamed(known, "mass.minimum", "mаss.minimum")), "DK302", MASS),
    Forgery("a check too many", also(lambda known: put(known, "sex.unique", "passed", "checks")), "DK302", MASS),
    Forgery("claims the bytes of a contract, enforces another", old_hash, "DK302", "is about another contract"),
    Forgery("enforced hash of another contract", also(lambda known: put(known, "enforced", MANY, "contract")), "DK302", "is about another contract"),
)  # fmt: skip
COMPUTED = (
    Forgery("all passed", fields(passing), "", MASS),
    Forgery("passed with the reason of a failure", also(lambda known: put(known, "mass.minimum", "passed: 1 row below 0", "checks")), "", MASS),
    Forgery("skipped", also(lambda known: put(known, "mass.minimum", "skipped: no time", "checks")), "", MASS),
    Forgery("warned", also(lambda known: put(known, "mass.minimum", "warned: 1 row below 0", "checks")), "", MASS),
    Forgery("other rows", also(lambda known: put(known, "rows", 4)), "", "counts other rows"),
    Forgery("huge rows", also(lambda known: put(known, "rows", 10**18)), "", "counts other rows"),
    Forgery("no rows", also(lambda known: known.pop("rows")), "", "counts other rows"),
    Forgery("of the last commit, for this data", base_for_this_data, "", MASS),
    Forgery("other order of keys", also(reordered), "", MASS),
    Forgery("another version of datakit", also(lambda known: put(known, "datakit", "99.0")), "", MASS),
    Forgery("other bytes of the contract", also(lambda known: put(known, "sha256", MANY, "contract")), "", MASS),
)  # fmt: skip
FORGERIES = (*EDITED, *CONTRADICTING, *COMPUTED)


def test_the_truth_is_refused_for_what_it_says(repo: Repo) -> None:
    assert door(repo) == (1, "DK303")
    assert found(repo) == []


@pytest.mark.parametrize("forgery", FORGERIES, ids=[forgery.name for forgery in FORGERIES])
def test_who_finds_it(repo: Repo, forgery: Forgery) -> None:
    forgery.forge(repo)
    repo.git("add", "--all")
    code, rules = door(repo)
    assert (code, rules[:5]) == ((1, forgery.door) if forgery.door else (0, ""))
    problems = found(repo)
    assert (forgery.verify in problems) if forgery.verify else problems == [], problems


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("CRLF", lambda old: old.replace(b"\n", b"\r\n")),
        ("byte order mark", lambda old: b"\xef\xbb\xbf" + old),
    ],
)
def test_what_only_looks_like_one(repo: Repo, name: str, change: Callable[[bytes], bytes]) -> None:
    """Line ends and a mark in front change no fact; what the receipt says is still refused."""
    data(change)(repo)
    repo.git("add", "--all")
    assert door(repo) == (1, "DK303"), name
    assert found(repo) == []


def test_staged_and_lying_differ(repo: Repo) -> None:
    """The door judges what is staged, whatever lies there: a true receipt on disk hides no forged one, and the reverse."""
    truth = repo.read(RECEIPT)
    EDITED[0].forge(repo)
    repo.git("add", RECEIPT)
    repo.write({RECEIPT: truth})
    assert door(repo) == (1, "DK104")
    repo.git("add", RECEIPT)
    EDITED[0].forge(repo)
    assert door(repo) == (1, "DK303")


def test_half_staged(repo: Repo) -> None:
    """`git add -p` of some lines: each line alone may be true, the file is not what datakit wrote."""
    old, new = repo.git("show", f"HEAD:{RECEIPT}").splitlines(), repo.read(RECEIPT).splitlines()
    assert len(old) == len(new)
    differing = [number for number, pair in enumerate(zip(old, new, strict=True)) if pair[0] != pair[1]]
    for number in differing:
        lines = [*old[:number], new[number], *old[number + 1 :]]
        made = repo.run("git", "hash-object", "-w", "--stdin", stdin="\n".join(lines) + "\n").out.strip()
        repo.git("update-index", "--cacheinfo", f"100644,{made},{RECEIPT}")
        assert door(repo) == (1, "DK104"), number


def test_a_receipt_that_is_not_staged(repo: Repo) -> None:
    repo.git("restore", "--staged", RECEIPT)
    assert door(repo) == (1, "DK302")


def test_an_executable_receipt_is_read_all_the_same(repo: Repo) -> None:
    repo.git("update-index", "--chmod=+x", RECEIPT)
    assert door(repo)[1] == "DK303"
