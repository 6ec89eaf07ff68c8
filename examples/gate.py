"""From an empty folder to an honest commit: what is not recorded, documented and validated is refused."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from examples.stage import Stage, blocked, edit, passes, prove, run, say, sha256

SOURCE = Path(__file__).parent / "penguins" / "penguins_raw.csv"
DATA = "data/raw/penguins_raw.csv"
ROOM = "catalog/penguins"

CARD = (
    "license=CC0-1.0",
    "owner=Jane Doe <jane@example.org>",
    "personal_data=none",
    "summary=One row is one adult penguin seen at its nest: species, island, size, sex and blood isotopes of 344 birds.",
    "collection=Palmer Station LTER, Antarctica, 2007 to 2009: adults at nests with one egg were caught, measured, let go.",
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
        f"`datakit add` ends with {done.code} and names the check and the line",
        holds=done.code == 1 and "Island.invalid_values" in done.text and "line 4" in done.text,
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
