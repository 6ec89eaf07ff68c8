"""DVC's settings: the same answers as DVC itself, file and line of what is broken, a remote written as DVC writes it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from datakit.errors import InvalidRecord, UsageError
from datakit.formats.listing import shown
from datakit.store import dvc_config
from datakit.store.hashing import Stamp
from tests.support import faults
from tests.support.repo import Repo
from tests.support.unprivileged import enterable


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with an empty `.dvc/config`."""
    path = tmp_path / "root"
    (path / ".dvc").mkdir(parents=True)
    (path / ".dvc" / "config").touch()
    return path


def config(root: Path, text: str, name: str = "config") -> None:
    """Write one of the repository's configuration files."""
    (root / ".dvc" / name).write_text(text)


def personal(level: str, text: str) -> Path:
    """Write the system's or the user's configuration file."""
    folder = Path(os.environ[f"DVC_{level}_CONFIG_DIR"])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config").write_text(text)
    return folder


class TestRead:
    def test_defaults(self, root: Path) -> None:
        found = dvc_config.read(root)
        assert found == dvc_config.DvcConfig(
            root / ".dvc" / "cache", site_cache_dir=Path(os.environ["DVC_SITE_CACHE_DIR"])
        )
        assert found.cache_types == ("reflink", "copy")

    def test_no_file_at_all(self, tmp_path: Path) -> None:
        assert dvc_config.read(tmp_path).cache_dir == tmp_path / ".dvc" / "cache"

    def test_everything(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("DVC_SITE_CACHE_DIR")
        config(
            root,
            "[core]\nremote = Store\nautostage = True\nno_scm = true\nhardlink_lock = true\nsite_cache_dir = /var/x\n"
            "[cache]\ndir = ../../big\ntype = hardlink, symlink\nshared = Group\n"
            "['remote \"store\"']\nurl = s3://bucket/path\n['remote \"near\"']\n    url = ../../near\n",
        )
        assert dvc_config.read(root) == dvc_config.DvcConfig(
            cache_dir=root.parent / "big",
            cache_types=("hardlink", "symlink"),
            cache_shared=True,
            remote="store",
            remotes={"store": "s3://bucket/path", "near": str(root.parent / "near")},
            autostage=True,
            no_scm=True,
            hardlink_lock=True,
            site_cache_dir=Path("/var/x"),
        )

    def test_later_files_win(self, root: Path) -> None:
        levels = [
            lambda text: personal("SYSTEM", text),
            lambda text: personal("GLOBAL", text),
            lambda text: config(root, text),
            lambda text: config(root, text, "config.local"),
        ]
        for number, write in enumerate(levels):
            write(f"[core]\nremote = r{number}\n['remote \"r{number}\"']\nurl = s3://b{number}\n")
            found = dvc_config.read(root)
            assert found.remote == f"r{number}"
            assert found.remotes == {f"r{count}": f"s3://b{count}" for count in range(number + 1)}

    def test_paths_count_from_their_own_file(self, root: Path) -> None:
        folder = personal("GLOBAL", "[cache]\ndir = shared\n")
        assert dvc_config.read(root).cache_dir == folder / "shared"
        config(root, "[cache]\ndir = ~/cache\n")
        assert dvc_config.read(root).cache_dir == Path.home() / "cache"

    def test_locations_without_the_environment(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("DVC_SYSTEM_CONFIG_DIR")
        monkeypatch.delenv("DVC_GLOBAL_CONFIG_DIR")
        from dvc.dirs import global_config_dir, system_config_dir

        system, user, *_ = dvc_config.locations(root)
        assert (str(system.parent), str(user.parent)) == (system_config_dir(), global_config_dir())

    @pytest.mark.skipif(os.getuid() != 0, reason="only root can become nobody")
    def test_folder_that_this_user_may_not_enter(self, root: Path, tmp_path: Path) -> None:
        enterable(tmp_path)
        config(root, "[core]\nautostage = true\n")
        personal("SYSTEM", "[core]\nremote = a\n").chmod(0)

        def look() -> None:
            found = dvc_config.read(root)
            assert (found.autostage, found.remote) == (True, None)

        assert dvc_config.read(root).remote == "a"
        assert faults.unprivileged(look).code == 0

    def test_old_name_of_the_cache(self, root: Path) -> None:
        config(root, "[cache]\nlocal = Mine\n['remote \"mine\"']\nurl = ../../mine\n")
        assert dvc_config.read(root).cache_dir == root.parent / "mine"

    @pytest.mark.parametrize(
        "text",
        [
            "", "[cache]\n    type = reflink,copy\n", "[cache]\n    type = symlink\n    shared = group\n", "[core]\n    autostage = TRUE\n",
            "[CORE]\n    Remote = A\n['remote \"A\"']\n    url = /abs/olute\n", "# comment\n[core] # here\n    remote = x\n['remote \"x\"']\n url = 'ssh://h/p'\n",
            "[cache]\n    dir = \"/with space/x\"\n", "['remote \"a\"']\n    url = ../rel\n    verify = true\n['remote \"b\"']\n    url = gs://x/y\n",
        ],
    )  # fmt: skip
    def test_same_answers_as_dvc(self, new_repo: Callable[[], Repo], text: str) -> None:
        from dvc.config import Config

        repo = new_repo()
        config(repo.path, text)
        ours, theirs = dvc_config.read(repo.path), Config(str(repo.path / ".dvc"))
        assert str(ours.cache_dir) == theirs["cache"].get("dir", str(repo.path / ".dvc/cache"))
        assert list(ours.cache_types) == theirs["cache"].get("type", ["reflink", "copy"])
        assert ours.cache_shared == (theirs["cache"].get("shared") == "group")
        assert ours.remote == theirs["core"].get("remote")
        assert ours.autostage == theirs["core"].get("autostage", False)
        assert ours.remotes == {name: remote["url"] for name, remote in theirs["remote"].items()}


class TestBroken:
    @pytest.mark.parametrize(
        ("text", "line", "problem"),
        [
            ("[core]\nremote = a\nnonsense\n", 3, "not a configuration of DVC"),
            ("[core\n", 1, "not a configuration of DVC"),
            ("[core]\nremote = a\nremote = b\n", 3, "not a configuration of DVC"),
            ("[core]\n\nautostage = maybe\n", 3, "`autostage = maybe`: expected true or false"),
            ("[cache]\ntype = hard\n", 2, "`type = hard`: expected some of reflink, hardlink, symlink, copy"),
            ("[cache]\nshared = all\n", 2, "`shared = all`: expected group"),
            ("[cache]\ndir = s3://b\n", 2, "`dir = s3://b`: expected a folder on this machine"),
            ("[cache]\nlocal = no\n", 2, "`local = no`: expected the name of a remote"),
        ],
    )
    def test_file_and_line_are_named(self, root: Path, text: str, line: int, problem: str) -> None:
        config(root, text)
        with pytest.raises(InvalidRecord, match=f"^{re.escape(f'{root}/.dvc/config:{line}: {problem}')}$"):
            dvc_config.read(root)

    def test_not_utf8(self, root: Path) -> None:
        (root / ".dvc/config.local").write_bytes(b"[core]\n\xff")
        with pytest.raises(InvalidRecord, match=r"/\.dvc/config\.local: byte 7 is not UTF-8$"):
            dvc_config.read(root)

    def test_nothing_is_interpolated(self, root: Path) -> None:
        config(root, "['remote \"a\"']\nurl = s3://b/%(x)s/$HOME\n")
        assert dvc_config.read(root).remotes == {"a": "s3://b/%(x)s/$HOME"}


class TestSetDefaultRemote:
    @pytest.mark.parametrize(
        "text",
        [
            "",
            "[cache]\n    shared = group\n",
            "[core]\n    analytics = false\n    remote = a\n['remote \"a\"']\n    url = s3://x/y\n",
            "['remote \"a\"']\n    url = s3://x/y\n",
        ],
    )
    @pytest.mark.parametrize("url", ["s3://bucket/path", "../there", "/abs/olute"])
    def test_as_dvc_writes_it(self, new_repo: Callable[[], Repo], text: str, url: str) -> None:
        repo = new_repo()
        config(repo.path, text)
        assert dvc_config.set_default_remote(repo.path, "storage", url) is True
        ours = repo.read(".dvc/config")
        config(repo.path, text)
        repo.dvc("remote", "add", "--quiet", "--default", "storage", url)
        assert ours == repo.read(".dvc/config")

    def test_second_time_touches_nothing(self, root: Path) -> None:
        dvc_config.set_default_remote(root, "storage", "../x")
        before = Stamp.of((root / ".dvc/config").stat())
        assert dvc_config.set_default_remote(root, "storage", "../x") is False
        assert Stamp.of((root / ".dvc/config").stat()) == before

    def test_comments_stay(self, root: Path) -> None:
        config(root, "# ours\n[cache]\n    # why\n    shared = group\n")
        dvc_config.set_default_remote(root, "storage", "s3://b")
        text = (root / ".dvc/config").read_text()
        assert text.startswith("# ours\n[cache]\n    # why\n    shared = group\n")
        assert dvc_config.read(root).remotes == {"storage": "s3://b"}

    def test_taken_name(self, root: Path) -> None:
        dvc_config.set_default_remote(root, "storage", "s3://user:secret@b")
        with pytest.raises(UsageError, match=r"^remote `storage` leads somewhere else already$") as caught:
            dvc_config.set_default_remote(root, "storage", "s3://other")
        assert "secret" not in caught.value.message + str(caught.value.hint)

    @pytest.mark.parametrize("name", ["", "A", "a b", 'a"', "a\n", "-a", "a]"])
    def test_name_that_cannot_stand_there(self, root: Path, name: str) -> None:
        with pytest.raises(UsageError) as caught:
            dvc_config.set_default_remote(root, name, "s3://b")
        assert caught.value.message == (
            f"`{shown(name)}` cannot name a remote: lower-case letters, digits, `.`, `_` and `-` can"
        )

    @pytest.mark.parametrize("url", ["", " s3://b", "s3://b\n[core]", "s3://b\x00"])
    def test_url_that_cannot_stand_there(self, root: Path, url: str) -> None:
        with pytest.raises(UsageError, match=r"^the URL of remote `a` is empty, padded or holds control characters$"):
            dvc_config.set_default_remote(root, "a", url)

    @pytest.mark.parametrize("url", ["s3://b/a,b", "s3://b/#x", "s3://b/'q'", 's3://b/"q"', "with space", "s3://b/%20"])
    def test_odd_url_is_read_back(self, root: Path, url: str) -> None:
        dvc_config.set_default_remote(root, "a", url)
        assert dvc_config.read(root).remotes == {"a": url if "://" in url[:6] else str(root / url)}
