"""The store against real DVC: hashes, listings, cache, what is left out, what is initialised."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datakit.errors import InvalidData
from datakit.formats import listing
from datakit.formats.listing import Entry
from datakit.store import dvc_config
from datakit.store.cache import Cache
from datakit.store.hashing import spread
from datakit.store.scan import scan
from tests.support.repo import Repo, copied

component = st.one_of(
    st.sampled_from(
        ["a", "b", "a b", "a-", "a.csv", "ü", "日本", "new\nline", "tab\t", "-x", "'q\"", "😀", "#h", "%41", "{}", "*"]
    ),
    st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="/"), min_size=1, max_size=6),
).filter(lambda name: listing.path_problem(name) is None)
trees = st.dictionaries(
    st.lists(component, min_size=1, max_size=3).map("/".join), st.binary(max_size=40), min_size=1, max_size=6
)


def usable(tree: Mapping[str, bytes]) -> bool:
    """Tell whether a file system can hold a tree, and a listing too."""
    clash = any(a != b and b.startswith(a + "/") for a in tree for b in tree)
    return not clash and not listing.collisions(tree) and not any("\\" in name for name in tree)


def objects(cache: Path) -> dict[str, tuple[int, bytes]]:
    """Read the mode and the bytes of everything in a cache."""
    return {
        path.relative_to(cache).as_posix(): (
            stat.S_IMODE(path.stat().st_mode),
            path.read_bytes() if path.is_file() else b"",
        )
        for path in sorted(cache.rglob("*"))
    }


def record(root: Path, target: Path, cache: Cache) -> str:
    """Store a file or folder as `datakit add` does, and return its md5."""
    found = scan(root, target, cache=cache.path)
    digests = list(
        spread(lambda file: cache.put(found.path(file), stamp=file.stamp), [(f, f.stamp.size) for f in found.files])
    )
    if not found.is_folder:
        return digests[0].md5
    return cache.put_listing(
        [Entry(file.relpath, digest.md5) for file, digest in zip(found.files, digests, strict=True)]
    )


def pointer(path: Path) -> dict[str, object]:
    """Read the one out of a `.dvc` file."""
    out = yaml.load(path.read_bytes(), yaml.BaseLoader)["outs"][0]
    assert isinstance(out, dict)
    return out


def compare(repo: Repo, targets: list[str], shared: bool = False) -> None:
    """Record with datakit, then with DVC, and hold the two against each other."""
    ours = Cache(repo.path / "ours", shared=shared)
    md5s = {target: record(repo.path, repo.path / target, ours) for target in targets}
    ours.sync()
    sizes = {target: scan(repo.path, repo.path / target) for target in targets}
    repo.dvc("add", "--quiet", "--no-relink", *targets)
    for target in targets:
        out = pointer(repo.path / f"{target}.dvc")
        assert out["md5"] == md5s[target]
        assert out["size"] == str(sizes[target].size)
        assert out.get("nfiles", "1") == str(len(sizes[target].files))
    theirs = repo.path / ".dvc/cache"
    assert objects(ours.path) == objects(theirs)


class TestAdd:
    def test_file_and_folders(self, new_repo: Callable[[], Repo]) -> None:
        repo = new_repo()
        repo.write({
            "data/one.csv": b"a,b\r\n1,2\r\n", "data/empty": b"", "data/big": os.urandom(5_000_000),
            "f/ü/日本 語.png": b"1", "f/new\nline": b"2", "f/a b/c": b"3", "f/a-": b"3", "f/a/b/c/d": b"", "f/.hidden": b"4",
        })  # fmt: skip
        (repo.path / "f/link").symlink_to("a b/c")
        (repo.path / "f/nothing/here").mkdir(parents=True)
        (repo.path / "data/one.csv").chmod(0o755)
        compare(repo, ["data/one.csv", "data/empty", "data/big", "f"])

    @settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(trees.filter(usable), min_size=12, max_size=12))
    def test_any_trees(
        self, blank: Path, tmp_path_factory: pytest.TempPathFactory, many: list[dict[str, bytes]]
    ) -> None:
        repo = copied(blank, tmp_path_factory.mktemp("any") / "repo")
        repo.write({f"t{number}/{name}": data for number, tree in enumerate(many) for name, data in tree.items()})
        compare(repo, [f"t{number}" for number in range(len(many))])

    def test_shared_cache(self, new_repo: Callable[[], Repo]) -> None:
        repo = new_repo()
        repo.dvc("config", "cache.shared", "group")
        repo.write({"f/a": "1", "f/b/c": "2"})
        assert dvc_config.read(repo.path).cache_shared
        compare(repo, ["f"], shared=True)

    def test_dvcignore(self, new_repo: Callable[[], Repo]) -> None:
        repo = new_repo()
        patterns = [
            "*.tmp", "!keep.tmp", "logs/", "/d/x/anchored", "x/inner", "**/deep/**", "a?c", "[bc].txt", r"\!bang", r"\#hash",
            "trailing   ", "d/x/only/*", "!d/x/only/this", "# comment",
        ]  # fmt: skip
        files = [
            "a.tmp", "keep.tmp", "logs/f", "sub/logs", "anchored", "x/inner", "inner", "p/deep/q/f", "abc", "ac", "b.txt", "d.txt",
            "!bang", "#hash", "trailing", "only/this", "only/that", "s/keep.tmp/f", "own.log", "s/own.log", "local/f", "un.tmp",
        ]  # fmt: skip
        repo.write({".dvcignore": "\n".join(patterns), "d/.dvcignore": "*.log\n/x/local\n!un.tmp\n"})
        repo.write({f"d/x/{name}": name for name in files})
        repo.write({f"e/{name}": name for name in files})
        compare(repo, ["d/x", "e"])
        assert scan(repo.path, repo.path / "d/x").ignored > 5

    def test_ignore_file_inside_is_refused_by_both(self, new_repo: Callable[[], Repo]) -> None:
        repo = new_repo()
        repo.write({"f/.dvcignore": "x", "f/a": "1"})
        assert repo.try_dvc("add", "f").code != 0
        with pytest.raises(InvalidData, match="where DVC refuses it"):
            scan(repo.path, repo.path / "f")


class TestDvcWorksOnOurs:
    def test_checkout_from_our_cache(self, new_repo: Callable[[], Repo]) -> None:
        repo = new_repo()
        repo.write({"f/ü": "1", "f/s/b c": "2"})
        cache = Cache(repo.path / ".dvc/cache")
        md5 = record(repo.path, repo.path / "f", cache)
        cache.sync()
        text = f"outs:\n- md5: {md5}\n  size: 2\n  nfiles: 2\n  hash: md5\n  path: f\n"
        repo.write({"f.dvc": text})
        assert "up to date" in repo.dvc("status")
        for path in (repo.path / "f/ü", repo.path / "f/s/b c"):
            path.unlink()
        repo.dvc("checkout", "--force")
        assert (repo.read("f/ü"), repo.read("f/s/b c")) == ("1", "2")
        assert cache.read_listing(md5) == (Entry("s/b c", cache.verify_object("c81e728d9d4c2f636f067f89cc14862c").md5), Entry("ü", "c4ca4238a0b923820dcc509a6f75849b"))  # fmt: skip

    @pytest.mark.parametrize("kind", ["hardlink", "symlink"])
    def test_links_are_what_dvc_makes(self, new_repo: Callable[[], Repo], kind: str) -> None:
        repo = new_repo()
        repo.dvc("config", "cache.type", kind)
        repo.write({"ours/a": "1", "ours/empty": "", "theirs/a": "1", "theirs/empty": ""})
        repo.dvc("add", "--quiet", "theirs")
        config = dvc_config.read(repo.path)
        cache = Cache(config.cache_dir, config.cache_types)
        found = scan(repo.path, repo.path / "ours")
        for file in found.files:
            md5 = cache.put(found.path(file), stamp=file.stamp).md5
            cache.sync()
            cache.link(md5, found.path(file), file.stamp)
        for name in ("a", "empty"):
            ours, theirs = repo.path / "ours" / name, repo.path / "theirs" / name
            assert ours.read_bytes() == theirs.read_bytes()
            assert ours.is_symlink() == theirs.is_symlink() or name == "empty"
            if name == "a":
                assert os.path.samefile(ours, theirs)
        again = scan(repo.path, repo.path / "ours", cache=cache.path)
        assert [(file.relpath, file.stamp.size) for file in again.files] == [("a", 1), ("empty", 0)]
