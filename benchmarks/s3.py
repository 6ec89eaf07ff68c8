"""Sending many small files to S3 and getting them back, beside DVC and `aws s3 sync`, on a real server on this machine.

The server is Ceph's gateway where it is installed, else moto, and the title says which. `aws` (PyPI's awscli) needs another
botocore than DVC and so an environment of its own: it is looked for on PATH, or `--aws` tells where it is.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.clock import Cost, Limit, best, command, scratch, table
from benchmarks.data import gone, project, small_files
from tests.support import ceph, s3

BUCKET = "bench"
UP = ("datakit push", "dvc push", "aws s3 sync, up")
DOWN = ("datakit pull", "dvc pull", "aws s3 sync, down")


@contextmanager
def server(folder: Path) -> Iterator[tuple[str, str]]:
    """Run the best server that there is, with a bucket; give its name and address."""
    name, running = ("moto", s3.server()) if ceph.lacking() else ("Ceph", ceph.server(folder / "ceph"))
    with running as address:
        s3.client(address).create_bucket(Bucket=BUCKET)
        yield name, address


def remote(place: Path, address: str, prefix: str) -> None:
    """Give a repository a remote on the server, in the one way that takes no time."""
    (place / ".dvc/config").write_text(
        f"[core]\n    remote = store\n['remote \"store\"']\n    url = s3://{BUCKET}/{prefix}\n    endpointurl = {address}\n"
    )


def transfers(
    folder: Path, address: str, number: int, aws: str | None, rounds: int, env: dict[str, str]
) -> dict[str, Cost]:
    """Measure sending to a place where nothing is yet, and getting into an empty cache."""
    ours, dvc, data, places = folder / "ours", folder / "dvc", "data/raw/images", iter(range(10_000))

    def run(*words: str, cwd: Path = ours) -> Callable[[], object]:
        return command(sys.executable, "-m", *words, cwd=cwd, codes=(0, 1) if words[0] == "datakit" else (0,), **env)

    project(ours, lambda *words: run("datakit", *words))
    small_files(ours / data, number)
    run("datakit", "add", data, "--no-input")()
    dvc.mkdir()
    for words in (("git", "init", "-q"), (sys.executable, "-m", "dvc", "init", "-q")):
        command(*words, cwd=dvc, **env)()
    shutil.copytree(ours / data, dvc / "images")
    run("dvc", "add", "-q", "images", cwd=dvc)()

    def push(place: Path, *words: str) -> None:
        remote(place, address, f"{place.name}{next(places)}")
        run(*words, cwd=place)()

    def pull(place: Path, path: str, *words: str) -> None:
        gone(place, path)
        run(*words, cwd=place)()

    def sync(source: str, target: str) -> None:
        command(str(aws), "s3", "sync", "--quiet", "--endpoint-url", address, source, target, cwd=folder, **env)()

    up = (lambda: push(ours, "datakit", "push", "images"), lambda: push(dvc, "dvc", "push", "-q"),
          lambda: sync(f"{ours / data}/", f"s3://{BUCKET}/aws{next(places)}/"))  # fmt: skip
    down = (lambda: pull(ours, data, "datakit", "pull", "images"), lambda: pull(dvc, "images", "dvc", "pull", "-q"),
            lambda: sync(f"s3://{BUCKET}/back/", f"copy{next(places)}/"))  # fmt: skip
    measured = 3 if aws else 2
    costs = best(dict(list(zip(UP, up, strict=True))[:measured]), rounds)
    if aws:
        sync(f"{ours / data}/", f"s3://{BUCKET}/back/")
    return costs | best(dict(list(zip(DOWN, down, strict=True))[:measured]), rounds)


def main() -> int:
    """Measure and print; exit 1 where a peer is quicker."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--aws", default=shutil.which("aws"), help="the command of awscli")
    asked = parser.parse_args()
    keys = {"AWS_ACCESS_KEY_ID": s3.KEY, "AWS_SECRET_ACCESS_KEY": s3.SECRET, "AWS_DEFAULT_REGION": "us-east-1"}
    with scratch() as folder:
        env = {
            "PYTHONPATH": str(Path(__file__).parents[1]), "DVC_NO_ANALYTICS": "1", "AWS_EC2_METADATA_DISABLED": "true",
            "DVC_SITE_CACHE_DIR": str(folder / "site"), **keys,
        }  # fmt: skip
        with server(folder) as (name, address):
            costs = transfers(folder, address, asked.files, asked.aws, asked.rounds, env)
    limits = {
        ours: [Limit(peer, 1) for peer in (by_dvc, by_aws) if peer in costs] for ours, by_dvc, by_aws in (UP, DOWN)
    }
    if not asked.aws:
        print("\n`aws` is not on PATH: left out", file=sys.stderr)
    return int(not table(f"{asked.files:,} files of 4 KB on S3 ({name})", costs, limits).held)


if __name__ == "__main__":
    raise SystemExit(main())
