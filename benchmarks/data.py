"""Recording, looking at and getting back many small files, and one big one, beside `cp`, `md5sum`, Git and DVC."""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.clock import Cost, Limit, best, command, peak, scratch, table


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
    for path in (".dvc/cache", ".dvc/tmp", ".datakit/stat", "catalog", "dvc.yaml"):
        target = root / path
        shutil.rmtree(target) if target.is_dir() else target.unlink(missing_ok=True)
    for pointer in root.glob("data/raw/*.dvc"):
        pointer.unlink()


def many(folder: Path, number: int, python: str, env: dict[str, str], rounds: int) -> dict[str, Cost]:
    """Measure a folder of many small files: adding it, adding five more, looking at it, getting it back."""
    root, dvc = folder / "many", folder / "dvc"

    def run(*words: str) -> Callable[[], object]:
        return command(python, "-m", "datakit", *words, cwd=root, codes=(0, 1), **env)

    def by_dvc(*words: str) -> Callable[[], object]:
        return command(python, "-m", "dvc", *words, cwd=dvc, **env)

    project(root, run)
    data, copies = root / "data" / "raw" / "images", iter(range(1000))
    small_files(data, number)

    def first() -> object:
        forget(root)
        return run("add", "data/raw/images", "--no-input")()

    def copy(*sources: Path) -> None:
        for source in sources:
            command("cp", "-r", str(source), str(folder / f"copy{next(copies)}"), cwd=root)()

    def five_more() -> object:
        for _ in range(5):
            (data / "000" / f"new{next(copies)}.bin").write_bytes(os.urandom(4096))
        return run("add", "data/raw/images", "-m", "five more", "--no-input")()

    costs = best({"cp -r": lambda: copy(data), "datakit add": first}, rounds)
    costs |= best({"datakit add, 5 new files": five_more}, rounds)
    clear(folder)
    tracked = folder / "tracked"
    shutil.copytree(data, tracked)
    for words in (
        ("init", "-q"),
        ("add", "."),
        ("-c", "user.name=b", "-c", "user.email=b@c.d", "commit", "-qm", "all"),
    ):
        command("git", *words, cwd=tracked)()
    looks = {"git status": command("git", "status", "--short", cwd=tracked), "datakit status": run("status")}
    costs |= best(looks, rounds)
    dvc.mkdir()
    command("git", "init", "-q", cwd=dvc)()
    by_dvc("init", "-q")()
    shutil.copytree(data, dvc / "images")
    costs |= best({"dvc add": by_dvc("add", "-q", "images")}, 1)
    costs |= best({"dvc status": by_dvc("status", "-q")}, 1)
    return costs | transfers(folder, root, dvc, run, by_dvc, copy, rounds)


def transfers(
    folder: Path,
    root: Path,
    dvc: Path,
    run: Callable[..., Callable[[], object]],
    by_dvc: Callable[..., Callable[[], object]],
    copy: Callable[..., None],
    rounds: int,
) -> dict[str, Cost]:
    """Measure how the same bytes go to a remote on the same file system and come back."""
    remote = folder / "remote"
    remote.mkdir()
    for place in (root, dvc):
        command(sys.executable, "-m", "dvc", "remote", "add", "-q", "-d", "store", str(remote), cwd=place)()

    def pull() -> object:
        gone(root, "data/raw/images")
        return run("pull", "images")()

    def dvc_pull() -> object:
        gone(dvc, "images")
        return by_dvc("pull", "-q")()

    costs = best({"datakit push": run("push", "images")}, 1)
    by_dvc("push", "-q")()
    costs |= best({"cp -r, twice": lambda: copy(remote, dvc / "images"), "datakit pull": pull}, rounds)
    clear(folder)
    return costs | best({"dvc pull": dvc_pull}, 1)


def gone(place: Path, data: str) -> None:
    """Remove the data, the cache and what is remembered of both."""
    for path in (".dvc/cache", ".dvc/tmp", ".datakit/stat", data):
        shutil.rmtree(place / path, ignore_errors=True)


def clear(folder: Path) -> None:
    """Remove the copies."""
    for place in folder.glob("copy*"):
        shutil.rmtree(place)


MANY = {
    "datakit add": (Limit("cp -r", 3), Limit("dvc add", 0.1)),
    "datakit add, 5 new files": (Limit("datakit add", 0.35),),
    "datakit status": (Limit("git status", 4), Limit("dvc status", 0.1)),
    "datakit pull": (Limit("cp -r, twice", 2.5), Limit("dvc pull", 0.1)),
}


def big(folder: Path, size: int, python: str, env: dict[str, str], rounds: int) -> dict[str, Cost]:
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
    return best({"md5sum + cp": peer, "datakit add": first}, rounds)


def memory(number: int, python: str, env: dict[str, str]) -> bool:
    """Measure what `add` holds in memory for some files and for four times as many; say what a million would need."""
    held = []
    for count in (number, 4 * number):
        with scratch() as folder:
            root = folder / "many"
            project(root, lambda *words: command(python, "-m", "datakit", *words, cwd=folder, **env))
            small_files(root / "data" / "raw" / "images", count)
            held.append(peak(python, "-m", "datakit", "add", "data/raw/images", "--no-input", cwd=root, **env))
    each = (held[1] - held[0]) / (3 * number)
    million = held[0] + each * (1_000_000 - number)
    print(
        f"\nmemory of `datakit add`: {held[0] / 1e6:.0f} MB for {number:,} files, {held[1] / 1e6:.0f} MB for {4 * number:,}"
    )
    print(
        f"  {each:.0f} bytes a file, {million / 1e6:.0f} MB for a million, limit 1000: {'held' if million <= 1e9 else 'MISSED'}"
    )
    MEMORY.extend((number, held[0], 4 * number, held[1], each, million))
    return million <= 1e9


MEMORY: list[float] = []  # what was measured last: files and bytes twice, bytes a file, bytes for a million


def main() -> int:
    """Measure and print; exit 1 where a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=50_000)
    parser.add_argument("--size", type=int, default=2**31, help="of the big file, bytes")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-disk", action="store_true", help="leave the disk out, which is printed and never judged")
    asked = parser.parse_args()
    env = {"PYTHONPATH": str(Path(__file__).parents[1]), "DVC_NO_ANALYTICS": "1", "PYTHONDONTWRITEBYTECODE": ""}
    disk: dict[str, Cost] = {}
    with scratch() as folder:
        costs = many(folder, asked.files, sys.executable, env, asked.rounds)
    if not asked.no_disk:
        with scratch(disk=True) as folder:
            disk = many(folder, asked.files, sys.executable, env, 1)
    held = table(f"{asked.files:,} files of 4 KB", costs, MANY, disk).held
    with scratch() as folder:
        costs = big(folder, asked.size, sys.executable, env, asked.rounds)
    held &= table(f"one file of {asked.size / 1e9:.1f} GB", costs, {"datakit add": (Limit("md5sum + cp", 1.1),)}).held
    return int(not (memory(asked.files, sys.executable, env) and held))


if __name__ == "__main__":
    raise SystemExit(main())
