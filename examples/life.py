"""From a split to a model retrained on exactly the old data: releases, growth that moves no row, and a fresh clone."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

from examples.gate import DATA, ROOM
from examples.stage import Stage, blocked, passes, prove, run, say, sha256

TRAIN = Path(__file__).parent / "train.py"
FIRST, SECOND = "penguins@v1.0.0", "penguins@v1.1.0"
KEY = ("Species", "Sample Number")
CHINSTRAP = 'Chinstrap penguin (Pygoscelis antarctica),Anvers,Dream,"Adult, 1 Egg Stage"'
APPENDED = (
    f"PAL0910,69,{CHINSTRAP},N101A1,Yes,2009-11-21,50.1,18.1,196,3725,MALE,9.41131,-24.60012,NA\n"
    f"PAL0910,70,{CHINSTRAP},N101A2,Yes,2009-11-21,47.2,17.6,192,3500,FEMALE,9.37012,-24.58812,NA\n"
    f"PAL0910,71,{CHINSTRAP},N100A2,Yes,2009-11-22,50.4,18.7,199,3800,FEMALE,9.39110,-24.25133,NA\n"
)


def split(stage: Stage) -> None:
    """The table is split: train and test, every species in both, no bird in two parts."""
    words = ["--key", KEY[0], "--key", KEY[1], "--stratify", "Species", "--group", "Individual ID"]
    done = run(stage, "datakit", "split", "penguins", "--into", "train=0.8,test=0.2", *words)
    prove(stage, "the split is made and recorded", holds=done.code == 0)
    again = run(stage, "datakit", "split", "penguins", lines=4)
    left = run(stage, "git", "diff", "--name-only")
    prove(stage, "run twice it changes nothing", holds=again.code == 0 and not left.text)
    rows = {part: table(stage, stage.folder, "penguins", part) for part in ("train", "test")}
    species = {part: {row["Species"] for row in found} for part, found in rows.items()}
    birds = [{row["Individual ID"] for row in found} for found in rows.values()]
    prove(
        stage,
        f"{len(rows['train'])} + {len(rows['test'])} rows are all 344; each species is in both parts, no bird is",
        holds=len(rows["train"]) + len(rows["test"]) == 344
        and species["train"] == species["test"]
        and len(species["test"]) == 3
        and not birds[0] & birds[1],
    )
    passes(stage, "the split's recipe and record are committed", "Split penguins")


def release(stage: Stage) -> None:
    """The first version is released: bytes, commits and tag leave together, and GTO can read it."""
    origin = stage.folder.parent / "origin.git"
    run(stage, "git", "init", "--quiet", "--bare", str(origin), folder=stage.folder.parent)
    run(stage, "git", "remote", "add", "origin", str(origin))
    done = run(stage, "datakit", "release", "penguins", "-m", "As published, two bills read again", "--push", lines=24)
    prove(stage, f"{FIRST} is released", holds=done.code == 0 and tag(stage, FIRST) == "tag")
    shown = run(stage, "gto", "show", "penguins")
    prove(stage, "GTO shows the version", holds="v1.0.0" in shown.text)
    again = run(stage, "datakit", "release", "penguins")
    prove(stage, "the same state is not released twice", holds=again.code == 2)


def refuse_appended(stage: Stage) -> None:
    """Three birds are appended, one of them with a sex that does not exist."""
    with (stage.folder / DATA).open("a", encoding="utf-8") as file:
        file.write(APPENDED.replace(",FEMALE,9.37012", ",FEMAEL,9.37012"))
    say("Three rows are appended to the table; the second of them says FEMAEL.")
    done = run(stage, "datakit", "add", "penguins", "-m", "Three late birds appended")
    prove(
        stage, f"`datakit add` ends with {done.code} and names the check", holds=done.code == 1 and "Sex" in done.text
    )
    blocked(stage, "data that breaks its contract is not committed", "Append three birds", ("DK303", "Sex"))


def append(stage: Stage) -> None:
    """The row is mended; the new rows find their parts, no old row moves, and the second version is released."""
    path = stage.folder / DATA
    path.write_text(path.read_text(encoding="utf-8").replace("FEMAEL", "FEMALE"), encoding="utf-8")
    done = run(stage, "datakit", "add", "penguins", "-m", "Three late birds appended")
    prove(stage, "the mended data keeps its contract", holds=done.code == 0 and "keeps its contract" in done.text)
    passes(stage, "data and split are committed together", "Append three birds")
    moved = run(stage, "datakit", "release", "penguins", "--push", lines=24)
    prove(
        stage, f"{SECOND} is released: rows were added, so the minor number counts", holds=tag(stage, SECOND) == "tag"
    )
    if moved.code:
        return
    for part in ("train", "test"):
        old, new = (keys(table(stage, stage.folder, version, part)) for version in (FIRST, SECOND))
        prove(stage, f"no old row left `{part}`: {len(old)} before, {len(new)} now", holds=set(old) <= set(new))


def retrain(stage: Stage) -> None:
    """Somebody else, much later, with a fresh clone: the first version's rows come back exactly, and so does the model."""
    clone, old = colleague(stage), stage.folder.parent / "old"
    before = run(stage, "git", "rev-parse", "HEAD", folder=clone).text
    run(stage, "datakit", "pull", FIRST, "--split", "train", "--to", f"{old}/train.parquet", folder=clone)
    recorded = json.loads(run(stage, "git", "show", f"{FIRST}:{ROOM}/splits/default.json", folder=clone, lines=3).text)
    rows = table(stage, clone, FIRST, "train")
    prove(
        stage,
        f"the {len(rows)} rows are exactly those of the first version's part: the fingerprint of their keys is recorded",
        holds=fingerprint(rows) == recorded["parts"]["train"]["fingerprint"] and (old / "train.parquet").is_file(),
    )
    manifest = json.loads(run(stage, "git", "show", f"{FIRST}:{ROOM}/manifest.json", folder=clone, lines=3).text)
    run(stage, "datakit", "pull", FIRST, "--to", str(old / "penguins.csv"), folder=clone)
    prove(
        stage,
        "the whole file of the first version is there byte for byte (sha256)",
        holds=sha256(old / "penguins.csv") == manifest["data"]["sha256"],
    )
    same = run(stage, "git", "rev-parse", "HEAD", folder=clone).text == before
    left = run(stage, "git", "status", "--short", folder=clone).text
    prove(stage, "HEAD has not moved and nothing in the clone has changed", holds=same and not left)
    say("A model is trained on it, twice (examples/train.py prints rows and the hash of what was learned):")
    trained = [run(stage, "python", str(TRAIN), FIRST, "train", folder=clone) for _ in range(2)]
    home = run(stage, "python", str(TRAIN), FIRST, "train")
    hashes = {done.text for done in (*trained, home)}
    prove(
        stage,
        "trained twice here and once where the data came from: the same model",
        holds=len(hashes) == 1 and all(done.code == 0 for done in trained),
    )
    other = run(stage, "python", str(TRAIN), SECOND, "train", folder=clone)
    prove(stage, "and on the second version another one", holds=other.code == 0 and other.text not in hashes)


def agree(stage: Stage) -> None:
    """Plain DVC and GTO say the same of all this, in a clone that datakit never touched."""
    clone = colleague(stage)
    pulled = run(stage, "dvc", "pull", folder=clone)
    clean = run(stage, "dvc", "status", folder=clone)
    prove(
        stage,
        "`dvc pull` brings data and split, `dvc status` is clean",
        holds=pulled.code == 0 and sha256(clone / DATA) == sha256(stage.folder / DATA) and "up to date" in clean.text,
    )
    got = stage.folder.parent / "got.csv"
    run(stage, "dvc", "artifacts", "get", ".", "penguins", "--rev", "v1.0.0", "-o", str(got), folder=clone)
    manifest = json.loads(run(stage, "git", "show", f"{FIRST}:{ROOM}/manifest.json", folder=clone, lines=3).text)
    prove(
        stage,
        "`dvc artifacts get` brings the first version byte for byte",
        holds=got.is_file() and sha256(got) == manifest["data"]["sha256"],
    )
    shown = run(stage, "gto", "show", "penguins", folder=clone)
    prove(stage, "`gto show` lists both versions", holds="v1.0.0" in shown.text and "v1.1.0" in shown.text)


def colleague(stage: Stage) -> Path:
    """Clone what was pushed into a fresh folder."""
    clone = stage.folder.parent / "colleague"
    shutil.rmtree(clone, ignore_errors=True)
    run(stage, "git", "clone", "--quiet", str(stage.folder.parent / "origin.git"), str(clone), folder=clone.parent)
    return clone


def table(stage: Stage, folder: Path, reference: str, part: str) -> list[dict[str, str]]:
    """Load one part in a process of its own, as a training script would, and return its rows."""
    code = f"import datakit; print(datakit.load({reference!r}, split={part!r}).astype(str).to_json(orient='records'))"
    rows: list[dict[str, str]] = json.loads(run(stage, "python", "-c", code, folder=folder, lines=0).text)
    return rows


def keys(rows: list[dict[str, str]]) -> list[str]:
    """Return the key of each row as docs/design.md defines it: its values, joined by U+001F."""
    return ["\x1f".join(row[column] for column in KEY) for row in rows]


def fingerprint(rows: list[dict[str, str]]) -> str:
    """Return the sha256 over the sorted hashes of the keys, computed here and not by datakit."""
    hashes = sorted(hashlib.sha256(f":{key}".encode()).hexdigest() for key in keys(rows))
    return hashlib.sha256("".join(f"{each}\n" for each in hashes).encode()).hexdigest()


def tag(stage: Stage, name: str) -> str:
    """Return what kind of object a tag is; `tag` for an annotated one."""
    return run(stage, "git", "cat-file", "-t", f"refs/tags/{name}", lines=1).text.strip()
