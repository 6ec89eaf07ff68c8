"""The journal: several files change as one, whatever kills the command, and nobody else's change is lost."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import stat
from pathlib import Path

import pytest

from datakit.errors import EnvironmentProblem, InvalidRecord
from datakit.store import journal
from datakit.store.journal import Recovered
from tests.support import faults

BEFORE = {"a.dvc": b"old pointer", "catalog/a/manifest.json": b"old", "gone": b"bye", "same": b"same", "other": b"mine"}
AFTER = {
    "a.dvc": b"new pointer",
    "catalog/a/manifest.json": b"new",
    "catalog/b/new": b"x" * 5000,
    "same": b"same",
    "other": b"mine",
}


def made(root: Path) -> Path:
    """Write the files as they are before."""
    for name, data in BEFORE.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


def state(root: Path) -> Path:
    """Name the private folder."""
    return root / ".datakit"


def change(root: Path) -> None:
    """Do what a command does: recover, then change several files as one."""
    journal.recover(state(root), root)
    with journal.transaction(state(root), root) as t:
        t.write(root / "a.dvc", AFTER["a.dvc"])
        t.write(root / "catalog/a/manifest.json", AFTER["catalog/a/manifest.json"])
        t.write(root / "catalog/b/new", AFTER["catalog/b/new"])
        t.write(root / "same", b"same")
        t.remove(root / "gone")


def content(root: Path) -> dict[str, bytes]:
    """Read every file but the private ones."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".datakit" not in path.relative_to(root).parts
    }


class TestTransaction:
    def test_changes_all(self, tmp_path: Path) -> None:
        change(made(tmp_path))
        assert content(tmp_path) == AFTER
        assert journal.pending(state(tmp_path)) == ()
        assert list((state(tmp_path) / "journal").iterdir()) == []

    def test_says_what_is_a_change(self, tmp_path: Path) -> None:
        made(tmp_path)
        with journal.transaction(state(tmp_path), tmp_path) as t:
            assert t.write(tmp_path / "a.dvc", b"new") is True
            assert t.write(tmp_path / "same", b"same") is False
            assert t.remove(tmp_path / "gone") is True
            assert t.remove(tmp_path / "never") is False

    def test_second_time_touches_nothing(self, tmp_path: Path) -> None:
        change(made(tmp_path))
        before = {name: (tmp_path / name).stat() for name in AFTER}
        change(tmp_path)
        assert {name: (tmp_path / name).stat() for name in AFTER} == before

    def test_last_plan_for_a_path_counts(self, tmp_path: Path) -> None:
        made(tmp_path)
        with journal.transaction(state(tmp_path), tmp_path) as t:
            t.write(tmp_path / "a.dvc", b"1")
            t.remove(tmp_path / "other")
            t.write(tmp_path / "a.dvc", b"2")
            t.write(tmp_path / "other", b"mine")
        assert (tmp_path / "a.dvc").read_bytes() == b"2"
        assert (tmp_path / "other").read_bytes() == b"mine"

    def test_published_in_the_order_of_writing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        made(tmp_path)
        order: list[str] = []
        replace = os.replace
        monkeypatch.setattr(os, "replace", lambda a, b: (order.append(Path(b).name), replace(a, b))[1])
        change(tmp_path)
        assert [name for name in order if name in {"a.dvc", "manifest.json", "new"}] == [
            "a.dvc",
            "manifest.json",
            "new",
        ]

    def test_failure_in_the_block_changes_nothing(self, tmp_path: Path) -> None:
        made(tmp_path)
        with pytest.raises(EnvironmentProblem), journal.transaction(state(tmp_path), tmp_path) as t:
            t.write(tmp_path / "a.dvc", b"new") and t.write(tmp_path / "catalog", b"a folder is in the way")
        assert content(tmp_path) == BEFORE
        assert list((state(tmp_path) / "journal").iterdir()) == []

    def test_keeps_modes_and_obeys_the_umask(self, tmp_path: Path) -> None:
        made(tmp_path)
        (tmp_path / "a.dvc").chmod(0o600)
        change(tmp_path)
        assert stat.S_IMODE((tmp_path / "a.dvc").stat().st_mode) == 0o600
        umask = os.umask(0)
        os.umask(umask)
        assert stat.S_IMODE((tmp_path / "catalog/b/new").stat().st_mode) == 0o666 & ~umask

    def test_somebody_else_was_quicker(self, tmp_path: Path) -> None:
        made(tmp_path)

        def meddled() -> None:
            with journal.transaction(state(tmp_path), tmp_path) as t:
                t.write(tmp_path / "a.dvc", b"new")
                t.write(tmp_path / "other", b"new")
                (tmp_path / "a.dvc").write_bytes(b"by hand")

        with pytest.raises(EnvironmentProblem, match=r"^`a\.dvc` changed while datakit was writing; left alone$"):
            meddled()
        assert content(tmp_path) == {**BEFORE, "a.dvc": b"by hand"}

    def test_private_folder_is_ignored_by_git(self, tmp_path: Path) -> None:
        change(made(tmp_path))
        assert (state(tmp_path) / ".gitignore").read_bytes() == b"*\n"

    def test_across_file_systems(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        made(tmp_path)
        replace = os.replace

        def refuse(source: str | Path, target: str | Path) -> None:
            if (
                Path(source).parent.parent.name == "journal"
                and Path(target).name != "intent.json"
                and Path(source).name.isdigit()
            ):
                raise OSError(errno.EXDEV, "no")
            replace(source, target)

        monkeypatch.setattr(os, "replace", refuse)
        change(tmp_path)
        assert content(tmp_path) == AFTER


class TestRefusals:
    @pytest.mark.parametrize("path", ["../out", "a/../../out", "/etc/datakit-test"])
    def test_outside(self, tmp_path: Path, path: str) -> None:
        root = tmp_path / "root"
        root.mkdir()
        with pytest.raises(InvalidRecord, match="leads out of"), journal.transaction(state(root), root) as t:
            t.write(root / path, b"x")
        assert [path.name for path in tmp_path.iterdir()] == ["root"]

    def test_into_git(self, tmp_path: Path) -> None:
        with (
            pytest.raises(InvalidRecord, match=r"leads into a `\.git` folder$"),
            journal.transaction(state(tmp_path), tmp_path) as t,
        ):
            t.write(tmp_path / ".git/hooks/pre-commit", b"x")

    def test_through_a_link(self, tmp_path: Path) -> None:
        (tmp_path / "real").mkdir()
        (tmp_path / "link").symlink_to("real")
        with (
            pytest.raises(EnvironmentProblem, match="is a symbolic link"),
            journal.transaction(state(tmp_path), tmp_path) as t,
        ):
            t.write(tmp_path / "link/a", b"x")
        assert list((tmp_path / "real").iterdir()) == []

    def test_onto_a_link(self, tmp_path: Path) -> None:
        (tmp_path / "real").write_bytes(b"safe")
        (tmp_path / "link").symlink_to("real")
        with pytest.raises(EnvironmentProblem, match=r"^cannot change `.*/link`: it is a symbolic link$"), journal.transaction(state(tmp_path), tmp_path) as t:  # fmt: skip
            t.write(tmp_path / "link", b"x")
        assert (tmp_path / "real").read_bytes() == b"safe"

    def test_private_folder_that_is_a_link(self, tmp_path: Path) -> None:
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / ".datakit").symlink_to("elsewhere")
        with (
            pytest.raises(EnvironmentProblem, match="is a symbolic link"),
            journal.transaction(state(tmp_path), tmp_path),
        ):
            pass
        assert list((tmp_path / "elsewhere").iterdir()) == []


def half_done(root: Path) -> None:
    """Leave a journal whose first file is published and the others are not."""
    made(root)
    names = faults.steps(lambda: change(root))
    made(root)
    shutil.rmtree(root / "catalog/b")
    shutil.rmtree(state(root))
    # The decision is the replace of intent.json; the next one publishes the first file.
    replaces = [number for number, name in enumerate(names, start=1) if name == "replace"]
    assert faults.run(lambda: change(root), faults.Fault(replaces[-3], "after")).code == faults.KILLED


class TestRecover:
    def test_nothing_to_do(self, tmp_path: Path) -> None:
        assert journal.recover(state(tmp_path), tmp_path) == Recovered((), ())

    def test_rolls_forward(self, tmp_path: Path) -> None:
        half_done(tmp_path)
        assert content(tmp_path) != AFTER
        assert len(journal.pending(state(tmp_path))) == 1
        found = journal.recover(state(tmp_path), tmp_path)
        assert found == Recovered(("catalog/a/manifest.json", "catalog/b/new", "gone"), ())
        assert content(tmp_path) == AFTER
        assert journal.recover(state(tmp_path), tmp_path) == Recovered((), ())

    def test_leaves_alone_what_somebody_changed(self, tmp_path: Path) -> None:
        half_done(tmp_path)
        (tmp_path / "catalog/a/manifest.json").write_bytes(b"by hand")
        (tmp_path / "gone").write_bytes(b"still needed")
        found = journal.recover(state(tmp_path), tmp_path)
        assert found == Recovered(("catalog/b/new",), ("catalog/a/manifest.json", "gone"))
        assert (tmp_path / "catalog/a/manifest.json").read_bytes() == b"by hand"
        assert (tmp_path / "gone").read_bytes() == b"still needed"
        assert journal.pending(state(tmp_path)) == ()

    def test_leaves_alone_what_became_a_link_or_folder(self, tmp_path: Path) -> None:
        half_done(tmp_path)
        (tmp_path / "gone").unlink()
        (tmp_path / "gone").mkdir()
        (tmp_path / "catalog/a/manifest.json").unlink()
        (tmp_path / "catalog/a/manifest.json").symlink_to("/etc/hostname")
        assert journal.recover(state(tmp_path), tmp_path).left_alone == ("catalog/a/manifest.json", "gone")

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "[]",
            "{}",
            '{"journal": 1}',
            '{"journal": 1, "steps": [{}]}',
            '{"journal": 1, "steps": 7}',
            "[" * 100_000,
        ],
        ids=repr,
    )
    def test_broken_journal_is_named(self, tmp_path: Path, text: str) -> None:
        folder = state(tmp_path) / "journal" / "x"
        folder.mkdir(parents=True)
        (folder / "intent.json").write_text(text)
        with pytest.raises(InvalidRecord, match=r"/journal/x/intent\.json: not a journal$") as caught:
            journal.recover(state(tmp_path), tmp_path)
        assert caught.value.hint == f"rm -r {folder}"

    def test_journal_of_another_version(self, tmp_path: Path) -> None:
        folder = state(tmp_path) / "journal" / "x"
        folder.mkdir(parents=True)
        (folder / "intent.json").write_text('{"journal": 2, "steps": []}')
        with pytest.raises(InvalidRecord, match=r"a journal of another version$"):
            journal.recover(state(tmp_path), tmp_path)

    @pytest.mark.parametrize(
        ("path", "staged"),
        [
            ("../out", "1"),
            ("/etc/x", "1"),
            (".git/hooks/x", "1"),
            ("a/../../out", "1"),
            ("a", "../../../secret"),
            ("a", "/etc/hostname"),
            ("", "1"),
        ],
    )
    def test_hostile_journal_writes_nothing(self, tmp_path: Path, path: str, staged: str) -> None:
        root = tmp_path / "root"
        folder = state(root) / "journal" / "x"
        folder.mkdir(parents=True)
        (folder / "1").write_bytes(b"evil")
        (tmp_path / "secret").write_bytes(b"evil")
        step = {"path": path, "before": None, "after": hashlib.sha256(b"evil").hexdigest(), "staged": staged}
        (folder / "intent.json").write_text(json.dumps({"journal": 1, "steps": [step]}))
        with pytest.raises(InvalidRecord):
            journal.recover(state(root), root)
        assert content(root) == {}
        assert sorted(path.name for path in tmp_path.iterdir()) == ["root", "secret"]

    def test_staged_bytes_that_rotted_are_not_published(self, tmp_path: Path) -> None:
        half_done(tmp_path)
        (folder,) = journal.pending(state(tmp_path))
        staged = max(path for path in folder.iterdir() if path.name.isdigit())
        staged.write_bytes(b"rot")
        with pytest.raises(EnvironmentProblem) as caught:
            journal.recover(state(tmp_path), tmp_path)
        assert caught.value.message == f"`{staged}` is not what the journal says"
        assert caught.value.hint == f"rm -r {folder}"
        assert b"rot" not in content(tmp_path).values()


class TestKills:
    def test_every_step(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "fsync", lambda _: None)  # a kill loses nothing that was written
        count = 0
        first = made(tmp_path / "count")
        for count, fault in enumerate(faults.kills(lambda: change(first))):
            root = made(tmp_path / str(count))
            assert faults.run(lambda root=root: change(root), fault).code == faults.KILLED  # type: ignore[misc]
            self.check(root)
            change(root)
            assert content(root) == AFTER
            assert list((state(root) / "journal").iterdir()) == []
        assert count > 60

    @pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
    def test_every_refusal(self, tmp_path: Path, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "fsync", lambda _: None)
        first = made(tmp_path / "count")
        for step in range(1, len(faults.steps(lambda: change(first))) + 1):
            root = made(tmp_path / str(step))
            done = faults.run(lambda root=root: change(root), faults.Fault(step, code))  # type: ignore[misc]
            assert done.code == 0 or done.text.startswith("EnvironmentProblem: cannot "), done.text
            self.check(root)
            change(root)
            assert content(root) == AFTER

    @staticmethod
    def check(root: Path) -> None:
        """Each file is old or new, and after recovery all are."""
        found = content(root)
        for name, data in found.items():
            assert data in {BEFORE.get(name), AFTER.get(name)}, name
        assert found.keys() >= BEFORE.keys() - {"gone"}
        assert journal.recover(state(root), root).left_alone == ()
        assert content(root) in (BEFORE, AFTER)


def test_the_outlook_is_what_recovery_does(tmp_path: Path) -> None:
    half_done(tmp_path)
    before = content(tmp_path)
    told = journal.outlook(state(tmp_path), tmp_path)
    assert content(tmp_path) == before
    assert journal.recover(state(tmp_path), tmp_path) == told
    assert told.finished
    assert journal.outlook(state(tmp_path), tmp_path) == Recovered((), ())
