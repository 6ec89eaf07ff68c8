"""From the cache to a place: hashed on its way, never through a link, never over bytes that are recorded nowhere."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import pytest

from datakit.errors import DatakitError, EnvironmentProblem, IntegrityError, InvalidData, InvalidRecord
from datakit.formats import listing
from datakit.formats.listing import Entry
from datakit.progress import Silent
from datakit.store import hashing
from datakit.store.cache import Cache
from datakit.store.checkout import Existing, Goal, checkout, relink
from datakit.store.hashing import Stamp
from tests.support.datasets import md5

FILES = {"a": b"first", "b/c": b"second", "b/d": b""}


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    """A cache with a file and what the folders of these tests hold."""
    made = Cache(tmp_path / "cache")
    for data in (*FILES.values(), b"other", b"more"):
        (tmp_path / "source").write_bytes(data)
        made.put(tmp_path / "source")
    made.sync()
    return made


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The folder that everything must lie in."""
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


def file(data: bytes, *, executable: bool = False) -> Goal:
    """Return a goal that is one file."""
    found = hashing.hash_bytes(data)
    return Goal(found.md5, found.sha256, frozenset({""}) if executable else None)


def folder(cache: Cache, files: dict[str, bytes]) -> Goal:
    """Store a listing and return the goal that is the folder."""
    name = cache.put_listing([Entry(path, md5(data)) for path, data in files.items()])
    found = {path: hashing.hash_bytes(data) for path, data in files.items()}
    return Goal(name, listing.sha256((path, each.size, each.sha256) for path, each in found.items()))


def tree(place: Path) -> dict[str, bytes]:
    """Return every file below a folder."""
    return {path.relative_to(place).as_posix(): path.read_bytes() for path in place.rglob("*") if path.is_file()}


class TestFile:
    def test_new_then_again(self, cache: Cache, root: Path) -> None:
        done = checkout(cache, root, root / "deep/er/x.csv", file(b"first"))
        assert (done.written, done.removed, done.files) == (("x.csv",), 0, 1)
        before = Stamp.of((root / "deep/er/x.csv").stat())
        assert checkout(cache, root, root / "deep/er/x.csv", file(b"first")).written == ()
        assert Stamp.of((root / "deep/er/x.csv").stat()) == before
        assert tree(root) == {"deep/er/x.csv": b"first"}
        assert (root / "deep/er/x.csv").stat().st_mode & 0o777 == 0o666 & ~_umask()

    def test_executable(self, cache: Cache, root: Path) -> None:
        (root / "kept").write_bytes(b"first")
        for name in ("new", "kept"):
            checkout(cache, root, root / name, file(b"first", executable=True))
            assert (root / name).stat().st_mode & 0o100

    @pytest.mark.parametrize("link", ["symlink_to", "hardlink_to"])
    def test_executable_never_changes_the_object(self, cache: Cache, root: Path, link: str) -> None:
        getattr(root / "x", link)(cache.object_path(md5(b"first")))
        assert checkout(cache, root, root / "x", file(b"first", executable=True)).written == ("x",)
        assert ((root / "x").read_bytes(), (root / "x").is_symlink()) == (b"first", False)
        assert (root / "x").stat().st_mode & 0o100
        assert cache.object_path(md5(b"first")).stat().st_mode & 0o777 == 0o444

    def test_the_object_stays_its_own(self, cache: Cache, root: Path) -> None:
        checkout(cache, root, root / "x", file(b"first"))
        (root / "x").write_bytes(b"spoilt")
        assert cache.verify_object(md5(b"first"))

    @pytest.mark.parametrize(
        ("there", "existing", "message"),
        [
            (b"other", "refuse", "`{}` is in the way"),
            (b"nowhere", "refuse", "`{}` is in the way"),
            (b"nowhere", "recorded", "`{}` is recorded nowhere and would be lost"),
        ],
    )
    def test_what_is_there_stays(
        self, cache: Cache, root: Path, there: bytes, existing: Existing, message: str
    ) -> None:
        (root / "x").write_bytes(there)
        with pytest.raises(EnvironmentProblem) as caught:
            checkout(cache, root, root / "x", file(b"first"), existing=existing)
        assert caught.value.message == message.format(root / "x")
        assert caught.value.hint is not None
        assert "--force" in caught.value.hint
        assert (root / "x").read_bytes() == there

    @pytest.mark.parametrize(("there", "existing"), [(b"other", "recorded"), (b"nowhere", "replace")])
    def test_what_may_give_way(self, cache: Cache, root: Path, there: bytes, existing: Existing) -> None:
        (root / "x").write_bytes(there)
        assert checkout(cache, root, root / "x", file(b"first"), existing=existing).written == ("x",)
        assert tree(root) == {"x": b"first"}

    def test_a_folder_in_its_place(self, cache: Cache, root: Path) -> None:
        (root / "x").mkdir()
        with pytest.raises(EnvironmentProblem, match="` is in the way: it is a folder"):
            checkout(cache, root, root / "x", file(b"first"), existing="replace")


class TestFolder:
    def test_new_empty_and_again(self, cache: Cache, root: Path) -> None:
        goal = folder(cache, FILES)
        (root / "empty").mkdir()
        for name in ("new", "empty"):
            done = checkout(cache, root, root / name, goal)
            assert (sorted(done.written), done.files) == (sorted(FILES), 3)
            assert tree(root / name) == FILES
            assert checkout(cache, root, root / name, goal) == ((), 0, 3)
        assert sorted(os.listdir(root)) == ["empty", "new"]

    def test_only_what_differs_is_written(self, cache: Cache, root: Path) -> None:
        checkout(cache, root, root / "x", folder(cache, FILES))
        before = Stamp.of((root / "x/a").stat())
        done = checkout(
            cache, root, root / "x", folder(cache, {"a": b"first", "b/c": b"more", "e/f": b""}), existing="recorded"
        )
        assert (sorted(done.written), done.removed, done.files) == (["b/c", "e/f"], 1, 3)
        assert tree(root / "x") == {"a": b"first", "b/c": b"more", "e/f": b""}
        assert Stamp.of((root / "x/a").stat()) == before

    def test_a_folder_that_is_empty_then_goes(self, cache: Cache, root: Path) -> None:
        checkout(cache, root, root / "x", folder(cache, FILES))
        checkout(cache, root, root / "x", folder(cache, {"b": b"more"}), existing="recorded")
        assert tree(root / "x") == {"b": b"more"}

    @pytest.mark.parametrize("names", ["all", frozenset({"a"}), frozenset()])
    @pytest.mark.parametrize("there", ["nothing", "all", "some", "links"])
    def test_which_may_be_run(
        self, cache: Cache, root: Path, names: Literal["all"] | frozenset[str], there: str
    ) -> None:
        goal = folder(cache, FILES)
        if there != "nothing":
            checkout(cache, root, root / "x", goal)
        for name, data in FILES.items():
            if there == "links":
                (root / "x" / name).unlink()
                (root / "x" / name).hardlink_to(cache.object_path(md5(data)))
            elif there == "all" or (there == "some" and name != "a"):
                (root / "x" / name).chmod(0o755)
        checkout(cache, root, root / "x", goal._replace(executable=names))
        expected = {name for name in FILES if names == "all" or name in names}
        assert {name for name in FILES if (root / "x" / name).stat().st_mode & 0o100} == expected
        assert {cache.object_path(md5(data)).stat().st_mode & 0o777 for data in FILES.values()} == {0o444}
        assert tree(root / "x") == FILES

    def test_what_is_not_said_stays_as_it_is(self, cache: Cache, root: Path) -> None:
        goal = folder(cache, FILES)
        checkout(cache, root, root / "x", goal._replace(executable=frozenset({"a"})))
        assert checkout(cache, root, root / "x", goal).written == ()
        assert (root / "x/a").stat().st_mode & 0o100

    def test_files_that_are_recorded_nowhere(self, cache: Cache, root: Path) -> None:
        checkout(cache, root, root / "x", folder(cache, FILES))
        (root / "x/new").write_bytes(b"nowhere")
        (root / "x/a").write_bytes(b"nowhere either")
        for existing in ("refuse", "recorded"):
            with pytest.raises(EnvironmentProblem, match=r"`.*/x/(a|new)` and 1 more are"):
                checkout(cache, root, root / "x", folder(cache, FILES), existing=existing)  # type: ignore[arg-type]
        assert (root / "x/new").read_bytes() == b"nowhere"
        checkout(cache, root, root / "x", folder(cache, FILES), existing="replace")
        assert tree(root / "x") == FILES

    def test_a_file_in_its_place(self, cache: Cache, root: Path) -> None:
        (root / "x").write_bytes(b"other")
        with pytest.raises(EnvironmentProblem, match="` is in the way: it is no folder"):
            checkout(cache, root, root / "x", folder(cache, FILES), existing="replace")

    @pytest.mark.parametrize("existing", ["recorded", "refuse"])
    def test_corrupt_in_the_cache_leaves_nothing(self, cache: Cache, root: Path, existing: Existing) -> None:
        bad = cache.object_path(md5(b"second"))
        bad.chmod(0o644)
        bad.write_bytes(b"sekond")
        bad.chmod(0o444)
        with pytest.raises(IntegrityError) as caught:
            checkout(cache, root, root / "x", folder(cache, FILES), existing=existing)
        name = md5(b"second")
        assert caught.value.message == (
            f"object `{name}` in the cache is corrupt: expected md5 {name}, found {md5(b'sekond')}"
        )
        assert caught.value.hint == f"rm -f {bad}, then run the command again"
        assert os.listdir(root) == []

    def test_missing_in_the_cache_leaves_nothing(self, cache: Cache, root: Path) -> None:
        cache.object_path(md5(b"second")).unlink()
        with pytest.raises(IntegrityError, match=f"object `{md5(b'second')}` is not in the cache"):
            checkout(cache, root, root / "x", folder(cache, FILES))
        assert os.listdir(root) == []

    def test_another_identity(self, cache: Cache, root: Path) -> None:
        forged = folder(cache, FILES)._replace(sha256="0" * 64)
        with pytest.raises(IntegrityError, match="and not the recorded sha256 0000"):
            checkout(cache, root, root / "x", forged)
        with pytest.raises(IntegrityError, match="have the recorded md5"):
            checkout(cache, root, root / "y", file(b"first")._replace(sha256="0" * 64))
        assert os.listdir(root) == []

    def test_what_a_killed_one_left_goes(self, cache: Cache, root: Path) -> None:
        (root / ".datakit-0123456789abc-0").mkdir()
        (root / ".datakit-0123456789abc-0/a").write_bytes(b"fir")
        checkout(cache, root, root / "x", folder(cache, FILES))
        assert os.listdir(root) == ["x"]

    @pytest.mark.parametrize("beside", [{}, {"a": b"first"}])
    def test_what_dvcignore_hides_is_not_lost(self, cache: Cache, root: Path, beside: dict[str, bytes]) -> None:
        (root / ".dvcignore").write_text("d\n")
        (root / "x/b").mkdir(parents=True)
        for name, data in {**beside, "b/d": b"nowhere"}.items():
            (root / "x" / name).write_bytes(data)
        with pytest.raises(EnvironmentProblem, match=r"`.*/x/b/d` is recorded nowhere and would be lost"):
            checkout(cache, root, root / "x", folder(cache, FILES), existing="recorded")
        assert tree(root / "x") == {**beside, "b/d": b"nowhere"}
        checkout(cache, root, root / "x", folder(cache, FILES), existing="replace")
        assert tree(root / "x") == FILES
        assert checkout(cache, root, root / "x", folder(cache, FILES)).written == ()

    def test_a_hidden_folder_in_the_place_of_a_file(self, cache: Cache, root: Path) -> None:
        (root / "x/a").mkdir(parents=True)
        with pytest.raises(EnvironmentProblem, match=r"`.*/x/a` is in the way: it is a folder"):
            checkout(cache, root, root / "x", folder(cache, FILES), existing="replace")

    def test_empty_folders_are_nothing(self, cache: Cache, root: Path) -> None:
        (root / "x/b/deep").mkdir(parents=True)
        assert sorted(checkout(cache, root, root / "x", folder(cache, FILES)).written) == sorted(FILES)
        assert tree(root / "x") == FILES

    def test_what_is_corrupt_in_the_cache_is_not_recorded(self, cache: Cache, root: Path) -> None:
        (root / "x").write_bytes(b"other")
        bad = cache.object_path(md5(b"other"))
        bad.chmod(0o644)
        bad.write_bytes(b"OTHER")
        bad.chmod(0o444)
        with pytest.raises(EnvironmentProblem, match="is recorded nowhere and would be lost"):
            checkout(cache, root, root / "x", file(b"first"), existing="recorded")
        assert (root / "x").read_bytes() == b"other"

    @pytest.mark.parametrize("existing", ["recorded", "replace"])
    def test_one_that_fails_removes_nothing(self, cache: Cache, root: Path, existing: Existing) -> None:
        (root / "x").mkdir()
        (root / "x/old").write_bytes(b"other")
        goal = folder(cache, FILES)
        cache.object_path(md5(b"second")).unlink()
        with pytest.raises(IntegrityError, match="is not in the cache"):
            checkout(cache, root, root / "x", goal, existing=existing)
        assert (root / "x/old").read_bytes() == b"other"

    def test_what_is_in_the_way_goes_first(self, cache: Cache, root: Path) -> None:
        checkout(cache, root, root / "x", folder(cache, {"a/b": b"other", "b": b"more", "z": b""}))
        done = checkout(cache, root, root / "x", folder(cache, FILES), existing="recorded")
        assert (tree(root / "x"), done.removed) == (FILES, 3)

    def test_over_replaces_its_own(self, cache: Cache, root: Path) -> None:
        (root / "x").mkdir()
        (root / "x/a").write_bytes(b"old")
        checkout(cache, root, root / "x", folder(cache, FILES), existing="over")
        assert tree(root / "x") == FILES

    @pytest.mark.parametrize("mine", ["b", "a/mine", "mine"])
    def test_over_removes_nothing(self, cache: Cache, root: Path, mine: str) -> None:
        (root / "x" / mine).parent.mkdir(parents=True)
        (root / "x" / mine).write_bytes(b"nowhere")
        with pytest.raises(EnvironmentProblem) as caught:
            checkout(cache, root, root / "x", folder(cache, FILES), existing="over")
        assert caught.value.message == f"`{root / 'x' / mine}` is no part of what shall lie there"
        assert caught.value.hint == "take it away, or choose an empty or new place"
        assert tree(root / "x") == {mine: b"nowhere"}

    @pytest.mark.parametrize("late", ["a", "b/d", "old"])
    def test_what_changes_meanwhile_stays(self, cache: Cache, root: Path, late: str) -> None:
        (root / "x/b").mkdir(parents=True)
        for name in ("a", "old"):
            (root / "x" / name).write_bytes(b"other")

        class Late(Silent):
            def advance(self, amount: int) -> None:  # noqa: ARG002 - the protocol names it
                (root / "x" / late).write_bytes(b"in the meantime")

        with pytest.raises(InvalidData, match=rf"`.*/x/{late}` changed while it was looked at"):
            checkout(cache, root, root / "x", folder(cache, FILES), existing="replace", progress=Late())
        assert (root / "x" / late).read_bytes() == b"in the meantime"

    def test_hard_links_to_one_object_give_way(self, cache: Cache, root: Path) -> None:
        (root / "x").mkdir()
        for name in ("a", "old", "older"):
            (root / "x" / name).hardlink_to(cache.object_path(md5(b"other")))
        checkout(cache, root, root / "x", folder(cache, FILES), existing="recorded")
        assert tree(root / "x") == FILES

    def test_built_in_another_folder(self, cache: Cache, root: Path, tmp_path: Path) -> None:
        (tmp_path / "staging").mkdir()
        checkout(cache, root, root / "x", folder(cache, FILES), staging=tmp_path / "staging")
        assert (tree(root / "x"), os.listdir(tmp_path / "staging")) == (FILES, [])


class TestHostile:
    @pytest.mark.parametrize(
        "name",
        ["../out", "/elsewhere/out", "a/../../out", ".git/hooks/x", "b/.GIT/x", ".dvc/config", ".datakit/x", "a\\b", "a//b",
         "C:/x", ".", "con", "git~1/x", "x/.g\u200cit/y", "a\0b"],
    )  # fmt: skip
    def test_names(self, cache: Cache, root: Path, name: str) -> None:
        cache.put_listing([Entry("a", md5(b"first")), Entry(name, md5(b"other"))])
        goal = Goal(listing.digest([Entry("a", md5(b"first")), Entry(name, md5(b"other"))]), "0" * 64)
        with pytest.raises(InvalidRecord, match="unsafe path"):
            checkout(cache, root, root / "x", goal, existing="replace")
        assert os.listdir(root) == []

    def test_a_link_above(self, cache: Cache, root: Path, tmp_path: Path) -> None:
        (tmp_path / "outside").mkdir()
        (root / "data").symlink_to(tmp_path / "outside")
        with pytest.raises(EnvironmentProblem, match="is a symbolic link"):
            checkout(cache, root, root / "data/x", file(b"first"), existing="replace")
        assert os.listdir(tmp_path / "outside") == []

    def test_a_link_inside(self, cache: Cache, root: Path, tmp_path: Path) -> None:
        (tmp_path / "outside").mkdir()
        (root / "x").mkdir()
        (root / "x/b").symlink_to(tmp_path / "outside")
        with pytest.raises(DatakitError, match="is a link that leads out of what is recorded"):
            checkout(cache, root, root / "x", folder(cache, FILES), existing="replace")
        assert os.listdir(tmp_path / "outside") == []

    def test_the_place_itself_is_a_link(self, cache: Cache, root: Path, tmp_path: Path) -> None:
        (tmp_path / "outside").mkdir()
        (root / "x").symlink_to(tmp_path / "outside")
        with pytest.raises(EnvironmentProblem, match="` is in the way: it is no folder"):
            checkout(cache, root, root / "x", folder(cache, FILES), existing="replace")

    def test_out_of_the_root(self, cache: Cache, root: Path) -> None:
        with pytest.raises(InvalidRecord, match="leads out of"):
            checkout(cache, root, root / "../x", file(b"first"))


@pytest.mark.parametrize("kind", ["symlink", "hardlink"])
def test_links_where_dvc_wants_links(tmp_path: Path, root: Path, kind: str) -> None:
    cache = Cache(tmp_path / "linked", [kind])
    for data in FILES.values():
        (tmp_path / "source").write_bytes(data)
        cache.put(tmp_path / "source")
    goal = folder(cache, FILES)
    cache.sync()
    relink(cache, root / "x", goal, checkout(cache, root, root / "x", goal))
    assert tree(root / "x") == FILES
    assert os.path.samefile(root / "x/a", cache.object_path(md5(b"first")))
    assert checkout(cache, root, root / "x", goal).written == ()


def _umask() -> int:
    """Return the umask, which cannot be read without being set."""
    found = os.umask(0)
    os.umask(found)
    return found
