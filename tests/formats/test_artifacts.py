"""Artifacts in dvc.yaml: one line a dataset, every other byte as it was, DVC reads it, branches merge."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from dvc.schema import COMPILED_MULTI_STAGE_SCHEMA
from dvc.utils.serialize import loads_yaml
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from datakit.errors import InvalidRecord
from datakit.formats import artifacts, names
from tests.support.repo import Repo

name = st.from_regex(r"\A[a-z][a-z0-9_-]{0,5}[a-z0-9]\Z").filter(lambda text: names.problem(text) is None)
path = st.one_of(
    st.sampled_from([".5", ".inf", ".nan", "no", "Null", "-x", "a b", "a: b", "#x", "2024-01-01", "12:30", "'q'", "😀", "é", "a,b", "{a}", "1", "~", " a", "a "]),
    st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp", "Cf"), exclude_characters="\ufffe\uffff"), min_size=1, max_size=30),
)  # fmt: skip

LAYOUTS = {
    "empty": "",
    "comment only": "# the pipeline\n",
    "no artifacts": "stages:\n  a:\n    cmd: echo\n",
    "no newline at the end": "stages:\n  a:\n    cmd: echo",
    "lines": "artifacts:\n  bees: {path: data/b, type: dataset}\n  zoo: {path: data/z, type: dataset}\n",
    "unsorted": "artifacts:\n  zoo: {path: z, type: dataset}\n  ants: {path: a, type: dataset}\n",
    "block": "artifacts:\n  bees:\n    path: data/b\n    type: dataset\n    desc: |\n      of\n\n      bees\n  zoo:\n    path: z\n",
    "flow": "artifacts: {bees: {path: data/b}, zoo: {path: z}}\n",
    "flow over lines": "artifacts: {bees: {path: data/b},\n  zoo: {path: z}}\n",
    "empty flow": "artifacts: {}\n",
    "null": "artifacts:\n",
    "in the middle": "# head\nartifacts:\n  zoo: {path: z, type: dataset}\n\nstages:\n  a:\n    cmd: echo\n# tail\n",
    "comments": "artifacts:  # ours\n  # on bees\n  bees: {path: b, type: dataset}  # busy\n\n  # on the zoo\n  zoo: {path: z, type: dataset}\n  # the end\n",
    "comments inside": "artifacts:\n  # on bees\n  bees: {path: b, type: dataset}  # busy\n\n  # on the zoo\n  zoo: {path: z, type: dataset}\n  # the end\n",
    "four spaces": "artifacts:\n    bees: {path: b}\n    zoo: {path: z}\nstages: {}\n",
    "quoted key": "'artifacts':\n  'bees': {path: data/b}\n",
    "document marks": "---\nartifacts:\n  zoo: {path: z}\n...\n",
    "block scalar that looks like it": "stages:\n  a:\n    cmd: |\n      x\n      artifacts:\n        y: 1\n",
    "crlf": "# head\r\nartifacts:\r\n  zoo: {path: z, type: dataset}\r\nstages: {}\r\n",
    "byte order mark": "\ufeffartifacts:\n  zoo: {path: z, type: dataset}\n",
}


def everything(data: bytes) -> object:
    """Return what DVC's reader makes of the file, once its schema let it through."""
    tree = loads_yaml(data.decode("utf-8-sig")) or {}
    return COMPILED_MULTI_STAGE_SCHEMA(tree)


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(max_examples=12, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(name=name, path=path)
def test_one_artifact_is_added_and_all_else_is_equal(layout: str, name: str, path: str) -> None:
    before = LAYOUTS[layout].encode()
    after = artifacts.put(before, name, path)
    if artifacts.read(before).get(name) == path:
        assert after is before
        return
    was, found = everything(before.removeprefix(b"artifacts:\n") if layout == "null" else before), everything(after)
    assert isinstance(was, dict)
    old = was.get("artifacts") or {}
    entry = {**old[name], "path": path} if name in old else {"path": path, "type": "dataset"}
    assert found == {**was, "artifacts": {**old, name: entry}}
    assert artifacts.read(after) == {**artifacts.read(before), name: path}
    assert artifacts.put(after, name, path) is after
    assert artifacts.read(artifacts.put(after, name, "other")) == {**artifacts.read(before), name: "other"}
    if name not in old:
        gone = artifacts.remove(after, name)
        assert artifacts.read(gone) == artifacts.read(before)
        assert {k: v for k, v in dict(everything(gone)).items() if v} == {k: v for k, v in was.items() if v}  # type: ignore[call-overload]


@pytest.mark.parametrize(
    "layout",
    [
        "no artifacts",
        "lines",
        "unsorted",
        "in the middle",
        "comments inside",
        "block",
        "no newline at the end",
        "crlf",
        "comment only",
    ],
)
@pytest.mark.parametrize("added", ["ants", "cats", "zzz"])
def test_every_other_byte_stays(layout: str, added: str) -> None:
    before = LAYOUTS[layout].encode()
    if added in artifacts.read(before):
        return
    after = artifacts.put(before, added, "data/x")
    end = b"\r\n" if layout == "crlf" else b"\n"
    line = f"  {added}: {{path: data/x, type: dataset}}".encode()
    assert after.count(line + end) == 1
    rest = after.replace(line + end, b"", 1)
    base = before if before.endswith(b"\n") or not before else before + b"\n"
    assert rest in {base, base + b"artifacts:\n"}


def test_the_line_goes_where_the_names_stay_sorted() -> None:
    data = b""
    for added in ("m", "zoo", "ants", "bees", "b-1", "b_1"):
        data = artifacts.put(data, added + "x", f"data/{added}")
    listed = list(artifacts.read(data))
    assert listed == sorted(listed)
    assert data.decode().splitlines()[0] == "artifacts:"


def test_a_comment_stays_with_the_entry_below_it() -> None:
    after = artifacts.put(LAYOUTS["comments inside"].encode(), "cats", "c").decode()
    assert after.index("cats:") < after.index("# on the zoo") < after.index("zoo:")
    assert after.index("# busy") < after.index("cats:")


def test_dvc_reads_it_and_gives_the_path(repo: Repo) -> None:
    data = b"# head\nstages:\n  a:\n    cmd: echo\n"
    for added, place in (("reviews", "data/raw/a b.csv"), ("odd", "data/no"), ("num", "12:30"), ("uni", "data/é")):
        data = artifacts.put(data, added, place)
    repo.write({"dvc.yaml": data})
    from dvc.repo import Repo as DvcRepo

    with DvcRepo(str(repo.path)) as opened:
        found = opened.artifacts.read()["dvc.yaml"]
    assert {key: value.path for key, value in found.items()} == artifacts.read(data)
    repo.dvc("status")


def merged(tmp_path: Path, base: bytes, one: bytes, other: bytes) -> tuple[int, bytes]:
    """Return what `git merge-file` makes of two edits: the number of conflicts and the file."""
    files = [tmp_path / text for text in ("one", "base", "other")]
    for file, data in zip(files, (one, base, other), strict=True):
        file.write_bytes(data)
    done = subprocess.run(["git", "merge-file", "-p", *map(str, files)], capture_output=True, check=False)
    return done.returncode, done.stdout


def test_two_branches_that_add_datasets_merge(tmp_path: Path) -> None:
    base = artifacts.put(artifacts.put(artifacts.put(b"", "bees", "b"), "mice", "m"), "zoo", "z")
    one, other = artifacts.put(base, "cats", "c"), artifacts.put(base, "newts", "n")
    code, both = merged(tmp_path, base, one, other)
    assert code == 0
    assert artifacts.read(both) == {"bees": "b", "cats": "c", "mice": "m", "newts": "n", "zoo": "z"}
    assert both == artifacts.put(one, "newts", "n") == artifacts.put(other, "cats", "c")


def test_two_branches_that_add_the_same_dataset_merge(tmp_path: Path) -> None:
    base = artifacts.put(b"", "bees", "b")
    one = artifacts.put(base, "cats", "c")
    assert merged(tmp_path, base, one, one) == (0, one)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- a\n", "expected a mapping, found a list"),
        ("artifacts: [a]\n", "expected a mapping at `artifacts`, found a list"),
        ("artifacts: {a: b}\n", "expected a mapping at `artifacts.a`, found 'b'"),
        ("artifacts: {a: {type: x}}\n", "`artifacts.a.path`: expected a text, found nothing"),
        ("<<<<<<< HEAD\nartifacts:\n", "not YAML: expected '<document start>', but found '<block mapping start>'"),
    ],
)
def test_what_cannot_be_read_is_left_alone(text: str, problem: str) -> None:
    for call in (artifacts.read, lambda data: artifacts.put(data, "a", "b"), lambda data: artifacts.remove(data, "a")):
        with pytest.raises(InvalidRecord) as caught:
            call(text.encode())
        assert caught.value.path == "dvc.yaml"
        if not text.startswith("<"):
            assert caught.value.problem == problem


def test_removing() -> None:
    two = artifacts.put(artifacts.put(b"# head\nvars: []\n", "bees", "b"), "cats", "c")
    assert artifacts.remove(two, "dogs") is two
    one = artifacts.remove(two, "cats")
    assert one == b"# head\nvars: []\nartifacts:\n  bees: {path: b, type: dataset}\n"
    assert artifacts.remove(one, "bees") == b"# head\nvars: []\n"
    assert artifacts.remove(artifacts.put(b"", "bees", "b"), "bees") == b""
