"""Recording and looking at many small files and at one big one, beside `cp`, `md5sum`, Git and DVC."""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.clock import Limit, best, command, scratch, table


def small_files(folder: Path, number: int) -> None:
    """Write files of 4 KB with different content, a thousand in each folder."""
    dice = random.Random(1)  # noqa: S311 - content of test files
    for i in range(number):
        place = folder / f"{i // 1000:03}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{i:06}.bin").write_bytes(dice.randbytes(4096))


def project(root: Path, run: Callable[..., Callable[[], object]]) -> None:
    """Make a project without hooks."""
    root.mkdir()
    run("init", "--no-hooks", ".")()


def forget(root: Path) -> None:
    """Remove what was recorded, so that the next run is a first one."""
    for path in (".dvc/cache", ".datakit/stat.db", "catalog", "dvc.yaml"):
        target = root / path
        shutil.rmtree(target) if target.is_dir() else target.unlink(missing_ok=True)
    for pointer in root.glob("data/raw/*.dvc"):
        pointer.unlink()


def many(folder: Path, number: int, python: str, env: dict[str, str]) -> bool:
    """Measure a folder of many small files."""
    root = folder / "many"

    def run(*words: str) -> Callable[[], object]:
        return command(python, "-m", "datakit", *words, cwd=root, codes=(0, 1), **env)

    project(root, run)
    data = root / "data" / "raw" / "images"
    small_files(data, number)
    copies = iter(range(100))

    def first() -> object:
        forget(root)
        return run("add", "data/raw/images", "--no-input")()

    def copy() -> object:
        return command("cp", "-r", str(data), str(folder / f"copy{next(copies)}"), cwd=root)()

    costs = best({"cp -r": copy, "datakit add": first}, rounds=3)
    for place in folder.glob("copy*"):
        shutil.rmtree(place)

    def five_more() -> object:
        for _ in range(5):
            (data / "000" / f"new{next(copies)}.bin").write_bytes(os.urandom(4096))
        return run("add", "data/raw/images", "-m", "five more", "--no-input")()

    costs |= best({"datakit add, 5 new files": five_more, "datakit status": run("status")}, rounds=3)
    tracked = folder / "tracked"
    shutil.copytree(data, tracked)
    for words in (
        ("init", "-q"),
        ("add", "."),
        ("-c", "user.name=b", "-c", "user.email=b@c.d", "commit", "-qm", "all"),
    ):
        command("git", *words, cwd=tracked)()
    costs |= best({"git status": command("git", "status", "--short", cwd=tracked)}, rounds=3)
    dvc = folder / "dvc"
    dvc.mkdir()
    command("git", "init", "-q", cwd=dvc)()
    command(python, "-m", "dvc", "init", "-q", cwd=dvc)()
    shutil.copytree(data, dvc / "images")
    costs |= best({"dvc add": command(python, "-m", "dvc", "add", "-q", "images", cwd=dvc)}, rounds=1)
    costs |= best({"dvc status": command(python, "-m", "dvc", "status", "-q", cwd=dvc)}, rounds=1)
    limits = {
        "datakit add": Limit("cp -r", 3),
        "datakit add, 5 new files": Limit("datakit add", 0.35),
        "datakit status": Limit("git status", 4),
    }
    return table(f"{number} files of 4 KB", costs, limits)


def big(folder: Path, size: int, python: str, env: dict[str, str]) -> bool:
    """Measure one big file."""
    root = folder / "big"

    def run(*words: str) -> Callable[[], object]:
        return command(python, "-m", "datakit", *words, cwd=root, codes=(0, 1), **env)

    project(root, run)
    data = root / "data" / "raw" / "big.bin"
    with data.open("wb") as file:
        for _ in range(size // 2**20):
            file.write(os.urandom(2**20))

    def first() -> object:
        forget(root)
        return run("add", "data/raw/big.bin", "--no-input")()

    peer = command("sh", "-c", f'md5sum "{data}" && cp "{data}" "{folder}/copy"', cwd=root)
    costs = best({"md5sum + cp": peer, "datakit add": first}, rounds=3)
    return table(f"one file of {size / 1e9:.1f} GB", costs, {"datakit add": Limit("md5sum + cp", 1.1)})


def main() -> int:
    """Measure and print; exit 1 where a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=50_000)
    parser.add_argument("--size", type=int, default=2**31, help="of the big file, bytes")
    asked = parser.parse_args()
    env = {"PYTHONPATH": str(Path(__file__).parents[1]), "DVC_NO_ANALYTICS": "1"}
    with scratch() as folder:
        held = many(folder, asked.files, sys.executable, env)
    with scratch() as folder:
        held &= big(folder, asked.size, sys.executable, env)
    return int(not held)


if __name__ == "__main__":
    raise SystemExit(main())
