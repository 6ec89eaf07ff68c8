"""Where the demo plays: a folder and an environment of its own, commands that are shown, and claims that are proved."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

LINES = 14  # of a command's output that are shown
WIDTH = 120
WRAP = textwrap.TextWrapper(
    WIDTH, initial_indent="    ", subsequent_indent="        ", break_long_words=False, break_on_hyphens=False
)


class Proof(NamedTuple):
    """A claim, and whether it held."""

    claim: str
    held: bool


class Result(NamedTuple):
    """What a command printed and how it ended."""

    code: int
    text: str


class Stage(NamedTuple):
    """Where the demo plays, and what was proved so far."""

    folder: Path
    environ: dict[str, str]
    proofs: list[Proof]


def play(scenes: Iterable[Callable[[Stage], None]]) -> int:
    """Play every scene in a temporary folder; 0 if each proof held."""
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="datakit-demo-"))
    try:
        stage = Stage(folder / "penguins", environment(folder), [])
        stage.folder.mkdir()
        for number, scene in enumerate(scenes, 1):
            print(f"\n{'=' * WIDTH}\n{number}. {scene.__doc__}\n{'=' * WIDTH}")
            scene(stage)
            if not all(proof.held for proof in stage.proofs):
                break  # what follows stands on it
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return verdict(stage.proofs, time.monotonic() - began)


def verdict(proofs: list[Proof], seconds: float) -> int:
    """Count the proofs, and return 0 if each held."""
    failed = [f"  {number}. {proof.claim}" for number, proof in enumerate(proofs, 1) if not proof.held]
    print(f"\n{len(proofs) - len(failed)} of {len(proofs)} proofs held, in {seconds:.0f} s")
    if failed:
        print("\n".join(["not proved:", *failed]))
    return int(bool(failed))


def environment(folder: Path) -> dict[str, str]:
    """Make an environment that reads and writes nothing of the user's: own home, own Git and DVC configuration."""
    home = folder / "home"
    home.mkdir()
    config = home / ".gitconfig"
    config.write_text("[user]\n\tname = Jane Doe\n\temail = jane@example.org\n[init]\n\tdefaultBranch = main\n")
    kept = ("PYTHONPATH", "TMPDIR", "LD_LIBRARY_PATH", "SSL_CERT_FILE")
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "HOME": str(home),
        "GIT_CONFIG_GLOBAL": str(config),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "DVC_GLOBAL_CONFIG_DIR": str(home / "dvc-global"),
        "DVC_SYSTEM_CONFIG_DIR": str(home / "dvc-system"),
        "DVC_SITE_CACHE_DIR": str(home / "dvc-site-cache"),
        "DVC_NO_ANALYTICS": "1",
        "COLUMNS": str(WIDTH),
        "LC_ALL": "C.UTF-8",
    }


def say(text: str) -> None:
    """Narrate."""
    print(f"\n# {text}")


def run(stage: Stage, *command: str, folder: Path | None = None, lines: int = LINES) -> Result:
    """Run a command, show it and the first lines of what it prints, and return both."""
    print(f"$ {' '.join(quoted(word) for word in command)}")
    done = subprocess.run(
        command,
        cwd=folder or stage.folder,
        env=stage.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        check=False,
    )
    shown = done.stdout.splitlines()
    for line in shown[:lines]:
        print("\n".join(WRAP.wrap(line)))
    if len(shown) > lines:
        print(f"    … {len(shown) - lines} more lines")
    return Result(done.returncode, done.stdout)


def quoted(word: str) -> str:
    """Write a word as one would type it, shortened where it is long."""
    short = word if len(word) < 60 else f"{word[:57]}…"
    return short if short and not set(short) & set(" <>;*$'\"…") else '"' + short.replace('"', '\\"') + '"'


def prove(stage: Stage, claim: str, *, holds: bool) -> None:
    """Note a claim and whether it held."""
    stage.proofs.append(Proof(claim, holds))
    print(f"PROOF {len(stage.proofs)}: {claim}" if holds else f"NOT PROVED {len(stage.proofs)}: {claim}")


def head(stage: Stage) -> str:
    """Return the commit that the branch is on; empty before the first."""
    done = subprocess.run(
        ["git", "rev-parse", "-q", "--verify", "HEAD"],
        cwd=stage.folder,
        env=stage.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip()


def sha256(path: Path) -> str:
    """Return the hash of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def edit(stage: Stage, path: str, changes: dict[str, str]) -> None:
    """Replace texts of a file, each exactly once, as one would in an editor."""
    full = stage.folder / path
    text = full.read_text(encoding="utf-8")
    for old, new in changes.items():
        if text.count(old) != 1:
            raise SystemExit(f"`{old}` is {text.count(old)} times in {path}, expected once")
        print(f"  {path}: {old!r} becomes {new!r}")
        text = text.replace(old, new)
    full.write_text(text, encoding="utf-8")


def blocked(stage: Stage, claim: str, message: str, codes: tuple[str, ...]) -> Result:
    """Commit, and prove that the hook refuses it for the reasons that are expected."""
    before = head(stage)
    done = run(stage, "git", "commit", "-m", message, lines=24)
    prove(
        stage,
        f"{claim}: `git commit` ends with {done.code} and HEAD has not moved",
        holds=done.code != 0 and head(stage) == before,
    )
    prove(stage, f"each reason is named: {', '.join(codes)}", holds=all(code in done.text for code in codes))
    return done


def passes(stage: Stage, claim: str, message: str) -> None:
    """Commit, and prove that the hook lets it through and leaves nothing behind."""
    before = head(stage)
    done = run(stage, "git", "commit", "-m", message)
    prove(stage, f"{claim}: the commit is made", holds=done.code == 0 and head(stage) not in {"", before})
    left = run(stage, "git", "status", "--short")
    state = run(stage, "datakit", "status")
    prove(
        stage,
        "Git has nothing left to commit and datakit finds nothing to do",
        holds=not left.text and "1 clean" in state.text,
    )
