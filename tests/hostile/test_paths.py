"""Hostile names in every record that holds paths, through the verbs that write or read by them: nothing outside is touched."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ruamel.yaml import YAML

import datakit
from datakit.errors import DatakitError, InvalidRecord
from datakit.formats import manifest, split
from datakit.formats.manifest import Manifest
from tests.support.clones import FOLDER, TABLE
from tests.support.datasets import md5
from tests.support.parts import divided, record
from tests.support.paths import UNSAFE
from tests.support.repo import Repo, copied

# Ways to the sentinel, which lies beside the repository; `{top}` is the folder of both.
OUT = (
    "../sentinel", "../../sentinel", "../../../sentinel", "../../../../sentinel", "../../../../../sentinel", "m/../../../../../sentinel",
    "{top}/sentinel", "{top}//sentinel", "{top}/repo/../sentinel", "./../../../../sentinel", "..//..//..//../sentinel", "../../../../out/",
    "..%2f..%2f..%2f..%2fsentinel/../../../../../sentinel", "\u002e\u002e/\u002e\u002e/\u002e\u002e/\u002e\u002e/sentinel", "file://{top}/sentinel", "~/sentinel/../../../../../sentinel",
)  # fmt: skip
FORMS = (*UNSAFE, *OUT)
MANIFEST = "catalog/{}/manifest.json"


@pytest.fixture(scope="module")
def base(blank_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table and a folder, both with splits and a remote, recorded and committed; copied, never used."""
    top = tmp_path_factory.mktemp("paths")
    divided(copied(blank_project, top / "repo"))
    return top


@pytest.fixture
def own(base: Path, tmp_path: Path) -> Repo:
    """A copy of it, with a sentinel beside it."""
    shutil.copytree(base, tmp_path / "top", symlinks=True)
    (tmp_path / "top/sentinel").write_text("sentinel")
    return Repo(tmp_path / "top/repo")


@pytest.fixture
def repo(base: Path) -> Iterator[Repo]:
    """The one itself, with a sentinel beside it; its records are put back afterwards."""
    (base / "sentinel").write_text("sentinel")
    made = Repo(base / "repo")
    records = list((made.path / "data/raw").glob("*.dvc"))
    records += [path for path in (made.path / "catalog").rglob("*") if path.suffix in {".json", ".dvc", ".parquet"}]
    before = {path: path.read_bytes() for path in (*records, made.path / TABLE)}
    yield made
    for path, data in before.items():
        if not path.exists() or path.read_bytes() != data:
            path.unlink(missing_ok=True)
            path.write_bytes(data)
    made.git("read-tree", "HEAD")


_opened: list[str] | None = None


def _note(event: str, arguments: tuple[object, ...]) -> None:
    """Note what is opened, while somebody asks for it."""
    if event == "open" and _opened is not None and isinstance(arguments[0], str | bytes):
        _opened.append(os.path.realpath(os.fsdecode(arguments[0])))


sys.addaudithook(_note)


def around(repo: Repo) -> dict[str, object]:
    """Return mode, size and time of all that no name may lead to: beside the repository, and Git's and DVC's own files."""
    found: dict[str, object] = {}
    for top in (repo.path.parent, repo.path / ".git", repo.path / ".dvc"):
        for folder, folders, names in os.walk(top):
            if top == repo.path.parent:
                folders[:] = [name for name in folders if Path(folder, name) != repo.path]
            folders[:] = [name for name in folders if name not in {"cache", "tmp", "objects"}]
            for name in (*names, *folders):
                full = Path(folder, name)
                seen = full.lstat()
                found[str(full)] = (
                    seen.st_mode,
                    None if full.is_dir() or name == "index" else (seen.st_size, seen.st_mtime_ns),
                )
    return found


@contextmanager
def untouched(repo: Repo) -> Iterator[None]:
    """Hold that nothing around is written, nor the sentinel or a file of the system read."""
    global _opened
    before, _opened = around(repo), []
    try:
        yield
    finally:
        read, _opened = _opened, None
        assert around(repo) == before
        outside = {os.path.realpath(repo.path.parent / "sentinel"), "/etc/passwd"}
        assert outside.isdisjoint(read)


def attempt(verb: Callable[..., object], *arguments: str, **options: object) -> DatakitError | None:
    """Run a verb, which may refuse and may not fail otherwise; return why it refused."""
    try:
        verb(*arguments, **options)
    except DatakitError as error:
        return error
    return None


def put(repo: Repo, data: bytes, suffix: str = "", *, remote: bool = False) -> str:
    """Put an object into the cache, or on the remote, under its name."""
    name = md5(data) + suffix
    objects = repo.path.parent / "storage/files/md5" if remote else repo.path / ".dvc/cache/files/md5"
    place = objects / name[:2] / name[2:]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    place.chmod(0o444)
    return name


def edit(repo: Repo, name: str, change: Callable[[Manifest], Manifest]) -> None:
    """Write a manifest as somebody does who can compute its digest, too."""
    path = repo.path / MANIFEST.format(name)
    path.write_bytes(manifest.dump(change(manifest.read(path.read_bytes(), path.name))))


def listed(repo: Repo, data: bytes, *, remote: bool = False) -> None:
    """Let the folder have this listing."""
    name = put(repo, data, ".dir", remote=remote)
    edit(repo, "photos", lambda known: known._replace(data=known.data._replace(md5=name)))
    path = repo.path / f"{FOLDER}.dvc"
    tree = YAML().load(path.read_text())
    tree["outs"][0]["md5"] = name
    with path.open("w") as file:
        YAML().dump(tree, file)


def form(repo: Repo, text: str) -> str:
    """Fill in where the sentinel lies."""
    return text.replace("{top}", str(repo.path.parent))


def shown(text: str) -> str:
    """Return a name for a test."""
    return text[:30].encode("unicode_escape").decode()


WRITABLE = [
    text for text in FORMS if text.isprintable() or text.encode(errors="ignore").decode() == text
]  # no half of a pair


def verbs(repo: Repo, text: str, last: Callable[..., object]) -> list[tuple[Callable[..., object], dict[str, object]]]:
    """Return what reads by a record: for what would lead to the sentinel every verb, else those that write."""
    found: list[tuple[Callable[..., object], dict[str, object]]] = [(datakit.pull, {"force": True})]
    more = [(datakit.pull, {"to": repo.path / "there"}), (last, {}), (datakit.verify, {})]
    return found + more if text in OUT else [*found, *more[:1]]


@pytest.mark.parametrize("text", FORMS, ids=shown)
def test_in_a_listing(repo: Repo, text: str) -> None:
    entry = {"md5": md5("one"), "relpath": form(repo, text)}
    listed(repo, json.dumps([entry]).encode(), remote=True)
    with untouched(repo):
        for verb, options in verbs(repo, text, datakit.path):
            assert isinstance(attempt(verb, "photos", root=repo.path, **options), InvalidRecord), verb
    assert not (repo.path / "there").exists()


PAIRS = (
    ("A", "a"), ("a/X", "A/x"), ("\u00e9", "e\u0301"), ("\u00df", "SS"), ("\u017f", "S"), ("a", "a/b"), ("a/b", "a"), ("\u0130", "i\u0307"),
    ("\ufb01", "FI"), ("a", "a"), ("K", "\u212a"),
)  # fmt: skip


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: shown("+".join(pair)))
def test_names_in_a_listing_that_fall_together(repo: Repo, pair: tuple[str, str]) -> None:
    listed(repo, json.dumps([{"md5": md5("one"), "relpath": name} for name in pair]).encode())
    with untouched(repo):
        for verb in (datakit.pull, datakit.path, datakit.verify):
            assert isinstance(attempt(verb, "photos", root=repo.path), InvalidRecord), verb


@pytest.mark.parametrize("text", WRITABLE, ids=shown)
def test_in_a_pointer(repo: Repo, text: str) -> None:
    path = repo.path / f"{TABLE}.dvc"
    path.write_text(path.read_text().replace("path: birds.csv", f"path: {json.dumps(form(repo, text))}"))
    before = (repo.path / TABLE).read_bytes()
    with untouched(repo):
        attempt(datakit.pull, "birds", force=True, root=repo.path)
        moved = attempt(datakit.mv, "birds", "data/raw/other.csv", root=repo.path)
    assert moved is not None
    assert (repo.path / TABLE).read_bytes() == before


@pytest.mark.parametrize("text", WRITABLE, ids=shown)
def test_in_a_manifest(repo: Repo, text: str) -> None:
    edit(repo, "birds", lambda known: known._replace(path=form(repo, text)))
    with untouched(repo):
        for verb, options in verbs(repo, text, datakit.load):
            assert isinstance(attempt(verb, "birds", root=repo.path, **options), InvalidRecord), verb
    assert not (repo.path / "there").exists()


@pytest.mark.parametrize("text", OUT, ids=shown)
def test_in_a_manifest_for_the_pointer(repo: Repo, text: str) -> None:
    edit(repo, "birds", lambda known: known._replace(pointer=form(repo, text)))
    with untouched(repo):
        assert isinstance(attempt(datakit.pull, "birds", force=True, root=repo.path), InvalidRecord)


@pytest.mark.parametrize("text", WRITABLE, ids=shown)
def test_in_the_pointer_of_a_membership(repo: Repo, text: str) -> None:
    place = repo.path / "catalog/birds/splits/default.parquet"
    path = place.with_name("default.parquet.dvc")
    path.write_text(path.read_text().replace("path: default.parquet", f"path: {json.dumps(form(repo, text))}"))
    place.unlink()
    with untouched(repo):
        attempt(datakit.pull, "birds", force=True, root=repo.path)


def test_in_a_membership(repo: Repo) -> None:
    """All of them together: what is in it is compared with the listing, and is never a path."""
    sink = pa.BufferOutputStream()
    keys = sorted({form(repo, text) for text in WRITABLE} | {"m/2.png"})
    pq.write_table(pa.table({"key": keys, "part": ["train"] * len(keys)}), sink)
    name = put(repo, sink.getvalue().to_pybytes())
    path = repo.path / "catalog/photos/splits/halves.json"
    known = record(repo, "photos", "halves")
    path.write_bytes(split.dump(known._replace(membership=name)))
    with untouched(repo):
        for verb, options in (
            (datakit.pull, {"split": "train", "to": repo.path / "there"}),
            (datakit.path, {"split": "train"}),
        ):
            assert attempt(verb, "photos", root=repo.path, **options) is not None, verb
        (found,) = datakit.verify("photos", root=repo.path)
    assert "split" in {fault.kind for fault in found.faults}
    assert not (repo.path / "there").exists()


@pytest.mark.parametrize("text", OUT, ids=shown)
def test_in_the_list_of_files_that_may_be_run(repo: Repo, text: str) -> None:
    name = put(repo, json.dumps([form(repo, text)]).encode())
    edit(repo, "photos", lambda known: known._replace(data=known.data._replace(executable=name)))
    with untouched(repo):
        for verb, options in ((datakit.pull, {"force": True}), (datakit.verify, {})):
            assert isinstance(attempt(verb, "photos", root=repo.path, **options), InvalidRecord), verb


LINKED = ("data", "data/raw", FOLDER, f"{FOLDER}/m", "catalog", "catalog/photos", "catalog/photos/splits", ".datakit")


@pytest.mark.parametrize("folder", LINKED)
def test_a_folder_that_leads_out(own: Repo, folder: str) -> None:
    """What is in it is moved out, so that a careless writer would find all that it looks for."""
    place, outside = own.path / folder, own.path.parent / "outside"
    if folder == ".datakit":
        place.mkdir(exist_ok=True)
    place.rename(outside)
    place.symlink_to(outside)
    (own.path / FOLDER / "m/1.png").write_text("mine")
    with untouched(own):
        for verb, options in (
            (datakit.pull, {"force": True}),
            (datakit.pull, {}),
            (datakit.verify, {}),
            (datakit.path, {}),
            (datakit.split, {"split": "halves", "anew": True}),
        ):
            attempt(verb, "photos", root=own.path, **options)


def test_the_forms_are_enough() -> None:
    assert min(len(FORMS), len(WRITABLE)) >= 45
