"""The commit hook in a repository of many datasets, beside bare Python with `git diff`, and beside DVC's own hook."""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
from pathlib import Path

from benchmarks.clock import Limit, best, command, scratch, table
from datakit.formats import manifest, pointer, receipt
from datakit.formats.contract import draft, fingerprint
from datakit.formats.contract import read as read_contract
from datakit.formats.manifest import Change, Data, Manifest
from datakit.formats.pointer import Out
from datakit.formats.receipt import Receipt
from datakit.gate.dataset import text_digest

CARD = """---
license: CC-BY-4.0
owner: Data Team <data@company.org>
personal_data: none
---

# A dataset

## Summary

Numbers that a program made up.

## Collection

Counted upwards from one.
"""


def dataset(root: Path, name: str, version: int) -> None:
    """Write the files of one dataset, as `add` would."""
    md5 = hashlib.md5(f"{name}{version}".encode(), usedforsecurity=False).hexdigest()
    sha256 = hashlib.sha256(f"{name}{version}".encode()).hexdigest()
    path = f"data/raw/{name}.bin"
    contract = draft(name, name, (), (), None)
    agreed = read_contract(contract, "contract")
    record = Manifest(
        name,
        path,
        f"{path}.dvc",
        Data(md5, sha256, 1000, 1, "files"),
        Change(None, f"version {version}", "", "2026-01-01T00:00:00Z"),
    )
    proof = Receipt(name, md5, sha256, text_digest(contract), fingerprint(agreed), None, ())
    room = root / "catalog" / name
    room.mkdir(parents=True, exist_ok=True)
    (room / "README.md").write_text(CARD)
    (room / "contract.odcs.yaml").write_bytes(contract)
    (room / "manifest.json").write_bytes(manifest.dump(record))
    (room / "receipt.json").write_bytes(receipt.dump(proof))
    out = Out(f"{name}.bin", md5, 1000, None, "md5", name)
    (root / f"{path}.dvc").write_bytes(pointer.render(out))


def repository(root: Path, number: int) -> None:
    """Make a repository with `number` committed datasets."""
    (root / "data" / "raw").mkdir(parents=True)
    (root / "datakit.yaml").write_text("policy: 1\n")
    (root / "code.py").write_text("print(1)\n")
    for i in range(number):
        dataset(root, f"set-{i:05}", 1)
    lines = "".join(f"  set-{i:05}: {{path: data/raw/set-{i:05}.bin, type: dataset}}\n" for i in range(number))
    (root / "dvc.yaml").write_text(f"artifacts:\n{lines}")
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "-c", "user.name=b", "-c", "user.email=b@c.d", "commit", "-qm", "all")


def git(root: Path, *words: str) -> None:
    """Run Git."""
    subprocess.run(["git", *words], cwd=root, check=True, capture_output=True)


def main() -> int:
    """Measure and print; exit 1 where a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datasets", type=int, default=10_000)
    number = parser.parse_args().datasets
    with scratch() as folder:
        root = folder / "repo"
        root.mkdir()
        repository(root, number)
        python, here = sys.executable, str(Path(__file__).parents[1])
        bare = command("sh", "-c", f'"{python}" -c pass && git diff --cached --raw -z --no-renames', cwd=root)
        hook = command(
            python, "-P", "-m", "datakit.hooks", "pre-commit", cwd=root, PYTHONPATH=here, PYTHONDONTWRITEBYTECODE=""
        )
        (root / "code.py").write_text("print(2)\n")
        git(root, "add", ".")
        works = {"bare python + git diff": bare, "hook": hook}
        held = table(
            f"code staged, {number} datasets", best(works), {"hook": (Limit("bare python + git diff", 4),)}
        ).held
        (root / "more.py").write_text("print(3)\n")
        git(root, "add", ".")
        held &= table("a new code file staged", best(works), {"hook": (Limit("bare python + git diff", 4),)}).held
        for i in range(50):
            dataset(root, f"set-{i:05}", 2)
        git(root, "add", ".")
        held &= table("50 datasets staged", best(works), {"hook": (Limit("bare python + git diff", 8),)}).held
        for i in range(number):
            dataset(root, f"set-{i:05}", 2)
        git(root, "add", ".")
        costs = best({"hook": hook}, rounds=1)
        table(f"{number} datasets staged, limit 5 s", costs, {})
        return int(not held or costs["hook"].wall > 5)


if __name__ == "__main__":
    raise SystemExit(main())
