"""The life of a folder of images: split by file and by folder, two versions, and the first one back from a fresh clone."""

from __future__ import annotations

import struct
import zlib
from decimal import Decimal
from pathlib import Path

import pytest

import datakit
from datakit.errors import UsageError
from datakit.formats import listing
from datakit.formats.listing import Entry
from datakit.formats.recipe import Recipe
from tests.support.clones import files
from tests.support.datasets import CARD, md5, record
from tests.support.life import (
    artifact,
    begun,
    blocked,
    cloned,
    committed,
    intact,
    recorded,
    sha256,
    untouched,
    versions,
)
from tests.support.parts import assigned, fingerprint, objects
from tests.support.releases import agree
from tests.support.repo import Repo, copied
from tests.support.splits import expected

FOLDER = "data/raw/animals"
FIRST, SECOND = "animals@v1.0.0", "animals@v1.1.0"
CLASSES = ("cat", "dog", "fox", "owl", "pig", "yak")


def png(seed: int) -> bytes:
    """Return a grey picture of 8 by 8 pixels, as the PNG specification writes it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)  # width, height, bits; grey, deflate, filter 0, no interlace
    rows = b"".join(b"\0" + bytes((seed + 3 * x * y) % 256 for x in range(8)) for y in range(8))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


PHOTOS = {f"{kind}/{at}.png": png(20 * row + at) for row, kind in enumerate(CLASSES) for at in range(8)}
NEW = {"cat/8.png": png(130), "dog/8.png": png(131), "emu/0.png": png(132)}

# Which file is in which part, worked out here as the documentation says and not by datakit.
STRATIFIED = Recipe({"train": Decimal("0.75"), "test": Decimal("0.25")}, ("id",), stratify="label")
PART = expected([(name, None, None, name.split("/")[0], None) for name in PHOTOS], STRATIFIED)
TRAIN, TEST = ({name: PHOTOS[name] for name in PHOTOS if PART[name] == part} for part in ("train", "test"))
KNOWN = assigned("", CLASSES, 0.6, "train", "test")  # by class: those of `test` are never seen in training
UNSEEN = {name: data for name, data in PHOTOS.items() if KNOWN[name.split("/")[0]] == "test"}


def put(repo: Repo, photos: dict[str, bytes]) -> None:
    """Write photos into the folder."""
    repo.write({f"{FOLDER}/{name}": data for name, data in photos.items()})


def at_first(repo: Repo) -> None:
    """The folder is recorded, documented, agreed to and committed; DVC finds nothing to say."""
    committed(begun(repo, "../storage", "files"), "Begin")
    put(repo, PHOTOS)
    (done,) = datakit.add(FOLDER, fields=CARD, root=repo.path)
    assert (done.name, done.data.files, done.data.format, done.data.rows) == ("animals", 48, "files", None)
    agree(repo, "animals")
    committed(repo, "Add animals")
    assert "up to date" in repo.dvc("status")


def split(repo: Repo) -> None:
    """It is split by file, each class spread evenly, and by folder, so that whole classes are left for the test."""
    by_file = datakit.split("animals", into="train=0.75,test=0.25", stratify="folder", root=repo.path)
    assert by_file.parts == {"train": len(TRAIN), "test": len(TEST)} == {"train": 36, "test": 12}
    by_folder = datakit.split("animals", "unseen", into="train=0.6,test=0.4", key=["folder"], root=repo.path)
    assert by_folder.parts == {"train": 48 - len(UNSEEN), "test": len(UNSEEN)}
    assert 0 < len(UNSEEN) < 48
    committed(repo, "Split animals")
    assert datakit.split("animals", root=repo.path).action == "unchanged"
    for part, chosen in (("train", TRAIN), ("test", TEST)):
        assert recorded(repo, "animals").parts[part].fingerprint == fingerprint("", chosen)
    held_out = {name.split("/")[0] for name in UNSEEN}
    assert recorded(repo, "animals", split="unseen").parts["test"].fingerprint == fingerprint("", held_out)


def release_the_first(repo: Repo) -> None:
    """The bytes are pushed, and the first version is registered; the remote has each object, and no other."""
    (sent,) = datakit.push(root=repo.path)
    assert (sent.uploaded, sent.present) == (48 + 1 + 2, 0)  # files, their listing, two memberships
    done = datakit.release("animals", push=True, root=repo.path)
    assert (done.tag, done.sent[0].uploaded, done.published) == (FIRST, 0, "origin")
    assert "up to date" in repo.dvc("push")
    names = {recorded(repo, "animals", split=name).membership for name in ("default", "unseen")}
    whole = f"{md5(listing.dump(Entry(name, md5(data)) for name, data in PHOTOS.items()))}.dir"
    assert objects(repo.path.parent / "storage") == {*names, whole, *map(md5, PHOTOS.values())}


def refuse_pictures_in_git(repo: Repo) -> None:
    """Photos arrive; somebody records them with plain DVC and puts one into Git: both are named, nothing is committed."""
    put(repo, NEW)
    repo.dvc("add", "--quiet", FOLDER)
    repo.git("add", "--all")
    repo.git("add", "--force", f"{FOLDER}/cat/8.png")
    stale, inside = blocked(repo, "More animals")
    assert stale.startswith(f"{FOLDER}.dvc: DK102 its md5 is ")
    assert inside == f"{FOLDER}/cat/8.png: DK601 it lies in `data/raw/`, where DVC keeps the data"
    repo.git("rm", "--quiet", "--cached", f"{FOLDER}/cat/8.png")


def refuse_a_leak(repo: Repo) -> None:
    """One of the new photos is one of the test under another name: recorded with its reason, it is not committed."""
    seen = next(name for name in TEST if name.startswith("cat/"))
    put(repo, {"cat/20.png": PHOTOS[seen]})
    with pytest.raises(UsageError, match="the data of `animals` changed and needs a reason"):
        datakit.add("animals", root=repo.path)
    (done,) = datakit.add("animals", note="More animals, and an emu", root=repo.path)
    assert done.notes == (
        "split `default` extended: new files 4, gone 0; no other file moved",
        f"split `default`: parts share what they must not: duplicate in files `cat/20.png`, `{seen}`",
        "split `unseen` extended: new files 1, gone 0; no other file moved",
    )
    (leak,) = blocked(repo, "More animals")
    assert leak == (
        "catalog/animals/splits/default.json: DK403 files of split `default` that are equal, but for the key, to a file of "
        "another part: 2"
    )
    assert done.findings[0].hint.startswith(
        "`datakit split animals --extend` names the files: remove them, then `datakit add animals`; or "
    )
    (repo.path / FOLDER / "cat/20.png").unlink()


def release_the_second(repo: Repo) -> None:
    """Mended, it is committed with the reason that was given, and released; no file changed its part."""
    (done,) = datakit.add("animals", root=repo.path)
    assert (done.data.files, done.findings) == (51, ())
    committed(repo, "More animals")
    released = datakit.release("animals", push=True, root=repo.path)
    assert (released.tag, released.former, released.level) == (SECOND, "v1.0.0", "minor")
    for label, before in (("train", TRAIN), ("test", TEST), ("unseen/test", UNSEEN)):
        now = files(datakit.path(SECOND, split=label, root=repo.path))
        assert before.items() <= now.items()
        assert now.items() - before.items() <= NEW.items()
    assert [(entry.note, entry.versions) for entry in datakit.log("animals", root=repo.path)] == [
        ("More animals, and an emu", ("v1.1.0",)),
        ("", ("v1.0.0",)),
    ]


def get_the_first_back(clone: Repo, out: Path) -> None:
    """A fresh clone gets the first version's parts, and nothing but them; then the whole of it, byte for byte."""
    with untouched(clone):
        (part,) = datakit.pull(FIRST, split="train", to=out / "train", root=clone.path)
        assert files(out / "train") == TRAIN
        assert (part.files, part.rows, part.fetched) == (36, 36, 36 + 2)  # its files, the listing, the membership
        split_record = recorded(clone, "animals", FIRST)
        assert fingerprint("", files(out / "train")) == split_record.parts["train"].fingerprint
        listed = record(clone, "animals")["change"]["from"]
        assert objects(clone.path / ".dvc/cache") == {listed, split_record.membership, *map(md5, TRAIN.values())}
        assert files(datakit.path(FIRST, split="unseen/test", root=clone.path)) == UNSEEN
        datakit.pull(FIRST, to=out / "whole", root=clone.path)
        assert files(out / "whole") == PHOTOS
        of_all = b"".join(b"%s %d %s\0" % (sha256(d).encode(), len(d), n.encode()) for n, d in sorted(PHOTOS.items()))
        assert f"\nsha256: {sha256(of_all)}\n" in clone.git("cat-file", "tag", FIRST)
        assert intact(clone, FIRST) == [("animals", 2)]
        with pytest.raises(UsageError, match=r"`animals@v1\.0\.0` is files, not a table"):
            datakit.load(FIRST, split="train", root=clone.path)


def agree_with_others(clone: Repo, out: Path) -> None:
    """Plain DVC and GTO say the same in a clone that datakit has not touched."""
    clone.dvc("pull", "--quiet")
    assert files(clone.path / FOLDER) == PHOTOS | NEW
    assert "up to date" in clone.dvc("status")
    assert files(artifact(clone, "animals", "v1.0.0", out / "artifact")) == PHOTOS
    assert versions(clone, "animals") == ["v1.1.0", "v1.0.0"]
    assert intact(clone) == [("animals", 2)]
    assert [state.condition for state in datakit.status(remote=True, root=clone.path)] == ["clean"]


def test_the_life_of_a_folder_of_images(blank: Path, tmp_path: Path) -> None:
    repo = copied(blank, tmp_path / "repo")
    at_first(repo)
    split(repo)
    release_the_first(repo)
    refuse_pictures_in_git(repo)
    refuse_a_leak(repo)
    release_the_second(repo)
    get_the_first_back(cloned(repo), tmp_path / "out")
    agree_with_others(cloned(repo, "other"), tmp_path / "out")
    assert intact(repo) == [("animals", 2)]
