"""One dataset's way from an empty folder to an honest commit, with real Git, DVC and hooks; every claim is proved.

Run it with `make demo`. It works in a temporary folder with a home of its own, so nothing of yours is read or changed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

SOURCE = Path(__file__).parent / "penguins" / "penguins_raw.csv"
DATA = "data/raw/penguins_raw.csv"
ROOM = "catalog/penguins"
LINES = 14  # of a command's output that are shown
WIDTH = 120
WRAP = textwrap.TextWrapper(
    WIDTH, initial_indent="    ", subsequent_indent="        ", break_long_words=False, break_on_hyphens=False
)

CARD = (
    "license=CC0-1.0",
    "owner=Jane Doe <jane@example.org>",
    "personal_data=none",
    "summary=One row is one adult penguin seen at its nest: species, island, size, sex and blood isotopes of 344 birds.",
    "collection=Palmer Station LTER, Antarctica, 2007 to 2009: adults at nests with one egg were caught, measured, let go.",
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


def main() -> int:
    """Play every scene; 0 if each proof held."""
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="datakit-demo-"))
    try:
        stage = Stage(folder / "penguins", environment(folder), [])
        stage.folder.mkdir()
        for number, scene in enumerate(SCENES, 1):
            print(f"\n{'=' * WIDTH}\n{number}. {scene.__doc__}\n{'=' * WIDTH}")
            scene(stage)
            if not all(proof.held for proof in stage.proofs):
                break  # what follows stands on it
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return verdict(stage.proofs, time.monotonic() - began)


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


def start(stage: Stage) -> None:
    """An empty folder becomes a project: Git, DVC, a policy, folders for data, and hooks that work."""
    done = run(stage, "datakit", "init", lines=20)
    hook = stage.folder / ".git/hooks/pre-commit"
    prove(stage, "`datakit init` succeeds and the hook is installed", holds=done.code == 0 and os.access(hook, os.X_OK))
    again = run(stage, "datakit", "init", lines=3)
    prove(stage, "run twice it changes nothing", holds=again.code == 0 and "created" not in again.text)


def record(stage: Stage) -> None:
    """A real table comes in: the Palmer penguins, 344 rows, with gaps, as they were published."""
    target = stage.folder / DATA
    shutil.copyfile(SOURCE, target)
    say(f"{SOURCE.name} now lies in data/raw/. It is recorded in one read: hashed, stored, profiled, validated.")
    done = run(stage, "datakit", "add", DATA, "--name", "penguins", lines=10)
    prove(
        stage,
        "344 rows are recorded, and not one byte of them changed",
        holds=done.code == 0 and "344 rows" in done.text and sha256(target) == sha256(SOURCE),
    )
    staged = run(stage, "git", "status", "--short", "catalog", "data", "dvc.yaml")
    prove(
        stage,
        "Git gets DVC's pointer and the records, not the data",
        holds=f"{DATA}.dvc" in staged.text and f"{DATA}\n" not in staged.text,
    )


def refuse_undocumented(stage: Stage) -> None:
    """The first commit is refused: nobody has said what this data is, whose it is, or what may be done with it."""
    done = blocked(
        stage,
        "data without documentation is not committed",
        "Add penguins",
        ("DK201", "license", "owner", "personal_data", "Summary", "Collection"),
    )
    prove(
        stage,
        "the refusal says how each is mended, and `datakit explain` says why the rule exists",
        holds="to mend:" in done.text and run(stage, "datakit", "explain", "DK201").code == 0,
    )


def document(stage: Stage) -> None:
    """People say what only people know: the card is filled in, the contract is read and agreed to."""
    sets = [word for field in CARD for word in ("--set", field)]
    done = run(stage, "datakit", "add", "penguins", *sets)
    prove(
        stage,
        "the card is complete; the contract is still a draft, which datakit says",
        holds=done.code == 0 and "DK201" not in done.text and "DK305" in done.text,
    )
    say(
        "datakit drafted the contract from the data. A person reads it, corrects what the data cannot know, and agrees:"
    )
    edit(stage, f"{ROOM}/contract.odcs.yaml", {"status: draft": "status: active"})
    run(stage, "git", "add", ROOM)
    passes(stage, "recorded, documented and validated", "Add penguins")


def refuse_changed(stage: Stage) -> None:
    """The data changes by hand: two birds are measured again. Plain DVC would let this through without a word."""
    edit(
        stage,
        DATA,
        {
            ",39.1,18.7,181,3750,MALE,": ",39.2,18.7,181,3750,MALE,",
            ",39.5,17.4,186,3800,FEMALE,": ",39.6,17.4,186,3800,FEMALE,",
        },
    )
    state = run(stage, "datakit", "status")
    prove(
        stage,
        "`datakit status` sees it and names the command that mends it",
        holds="changed" in state.text and 'datakit add penguins -m "' in state.text,
    )
    say("Somebody uses `dvc add` and `git add`, as they always did:")
    run(stage, "dvc", "add", "--quiet", DATA)
    run(stage, "git", "add", "--all")
    blocked(stage, "changed data whose record is of other bytes is not committed", "Update penguins", ("DK102",))
    done = run(stage, "datakit", "add", "penguins")
    prove(
        stage,
        f"a change needs its reason: without one `datakit add` ends with {done.code}",
        holds=done.code == 2 and "needs a reason" in done.text,
    )


def explain_change(stage: Stage) -> None:
    """The change gets its reason, is validated again, and passes."""
    done = run(
        stage, "datakit", "add", "penguins", "-m", "Culmen length of N1A1 and N1A2 read again from the field book"
    )
    prove(
        stage,
        "the change is recorded with its reason and still keeps the contract",
        holds=done.code == 0 and "keeps its contract" in done.text,
    )
    passes(stage, "a change that is explained and validated", "Correct two culmen lengths")
    shown = run(stage, "datakit", "show", "penguins", lines=16)
    prove(stage, "the reason stays with the data", holds="read again from the field book" in shown.text)


def refuse_broken(stage: Stage) -> None:
    """A row breaks the contract: an island that does not exist."""
    edit(stage, DATA, {'Anvers,Torgersen,"Adult, 1 Egg Stage",N2A1,': 'Anvers,Atlantis,"Adult, 1 Egg Stage",N2A1,'})
    done = run(stage, "datakit", "add", "penguins", "-m", "One more correction")
    prove(
        stage,
        f"`datakit add` ends with {done.code} and names the check and the row",
        holds=done.code == 1 and "Island.invalid_values" in done.text and "row 3" in done.text,
    )
    blocked(
        stage,
        "data that breaks its contract is not committed",
        "One more correction",
        ("DK303", "Island.invalid_values"),
    )
    say("The typing error is mended; the data is again what was committed:")
    edit(stage, DATA, {"Atlantis": "Torgersen"})
    mended = run(stage, "datakit", "add", "penguins")
    checked = run(stage, "datakit", "check")
    prove(
        stage,
        "the mended data keeps its contract and no rule has anything against it",
        holds=mended.code == 0 and "keeps its contract" in mended.text and checked.code == 0 and not checked.text,
    )


def share(stage: Stage) -> None:
    """Everything is plain DVC and Git: a colleague without datakit gets the same bytes."""
    remote, clone = stage.folder.parent / "remote", stage.folder.parent / "clone"
    clean = run(stage, "dvc", "status")
    prove(stage, "`dvc status` finds nothing to say", holds=clean.code == 0 and "up to date" in clean.text)
    run(stage, "dvc", "remote", "add", "--default", "storage", "../remote")
    run(stage, "git", "commit", "--all", "--quiet", "-m", "Name the remote")
    pushed = run(stage, "dvc", "push")
    prove(
        stage,
        "`dvc push` stores the data of this commit",
        holds=pushed.code == 0 and any(path.is_file() for path in remote.rglob("*")),
    )
    run(stage, "git", "clone", "--quiet", str(stage.folder), str(clone), folder=stage.folder.parent)
    pulled = run(stage, "dvc", "pull", folder=clone)
    same = (clone / DATA).is_file() and sha256(clone / DATA) == sha256(stage.folder / DATA)
    prove(stage, "`git clone` and `dvc pull` bring the very same bytes (sha256)", holds=pulled.code == 0 and same)


SCENES: tuple[Callable[[Stage], None], ...] = (
    start,
    record,
    refuse_undocumented,
    document,
    refuse_changed,
    explain_change,
    refuse_broken,
    share,
)


def verdict(proofs: list[Proof], seconds: float) -> int:
    """Count the proofs, and return 0 if each held."""
    failed = [f"  {number}. {proof.claim}" for number, proof in enumerate(proofs, 1) if not proof.held]
    print(f"\n{len(proofs) - len(failed)} of {len(proofs)} proofs held, in {seconds:.0f} s")
    if failed:
        print("\n".join(["not proved:", *failed]))
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
