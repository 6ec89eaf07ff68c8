"""Which remote is meant, what DVC's configuration says of it, and what is missing."""

from __future__ import annotations

import pytest

from datakit.errors import DatakitError, EnvironmentProblem, NotFound
from datakit.store import remotes
from tests.support.repo import Repo


def refused(repo: Repo, name: str | None = None) -> DatakitError:
    """Return the error of opening a remote."""
    with pytest.raises(DatakitError) as caught:
        remotes.open_remote(repo.path, name)
    return caught.value


class TestChoice:
    def test_the_default_one_and_a_named_one(self, repo: Repo) -> None:
        repo.dvc("remote", "add", "--default", "Storage", "../storage")
        repo.dvc("remote", "add", "--local", "other", "/elsewhere")
        default, named = remotes.open_remote(repo.path), remotes.open_remote(repo.path, "other")
        assert (default.name, default.url) == ("storage", str(repo.path.parent / "storage"))
        assert default.path("0123456789abcdef0123456789abcdef.dir") == (
            f"{repo.path.parent}/storage/files/md5/01/23456789abcdef0123456789abcdef.dir"
        )
        assert (named.name, named.root, named.fs) == ("other", "/elsewhere/files/md5", None)

    def test_local_settings_win(self, repo: Repo) -> None:
        repo.dvc("remote", "add", "--default", "storage", "/committed")
        repo.dvc("remote", "modify", "--local", "storage", "url", "/mine")
        assert remotes.open_remote(repo.path).url == "/mine"

    def test_a_remote_that_builds_on_another(self, repo: Repo) -> None:
        repo.dvc("remote", "add", "server", "s3://bucket/top")
        repo.dvc("remote", "add", "--default", "data", "remote://server/data")
        assert remotes.open_remote(repo.path).root == "bucket/top/data/files/md5"


class TestRefused:
    def test_no_remote(self, repo: Repo) -> None:
        error = refused(repo)
        assert isinstance(error, EnvironmentProblem)
        assert (error.message, error.hint) == (
            "DVC has no remote here",
            "dvc remote add --default storage URL",
        )

    def test_no_default(self, repo: Repo) -> None:
        repo.dvc("remote", "add", "b", "/b")
        repo.dvc("remote", "add", "a", "/a")
        assert refused(repo).message == "none of DVC's remotes is the default one: a, b"

    def test_a_default_that_is_not_configured(self, repo: Repo) -> None:
        repo.write({".dvc/config": "[core]\n    remote = gone\n"})
        error = refused(repo)
        assert error.message == "DVC's default remote `gone` is not configured; those that are: none"
        assert error.exit_code == 3

    def test_an_unknown_name(self, repo: Repo) -> None:
        repo.dvc("remote", "add", "--default", "storage", "/x")
        error = refused(repo, "strage")
        assert isinstance(error, NotFound)
        assert (error.message, error.hint) == ("there is no remote `strage`", "did you mean `storage`?")

    def test_versions_of_a_bucket(self, repo: Repo) -> None:
        repo.dvc("remote", "add", "--default", "s", "s3://bucket")
        repo.dvc("remote", "modify", "s", "version_aware", "true")
        assert refused(repo).message == (
            "remote `s` keeps versions of a cloud bucket (`version_aware`), which only DVC can push and pull"
        )

    def test_a_profile_that_there_is_not(self, repo: Repo) -> None:
        repo.dvc("remote", "add", "--default", "s", "s3://bucket")
        repo.dvc("remote", "modify", "s", "profile", "gone")
        assert refused(repo).message == (
            "the settings of remote `s` cannot be used: The config profile (gone) could not be found"
        )

    def test_software_that_is_missing(self, repo: Repo) -> None:
        repo.dvc("remote", "add", "--default", "s", "gs://bucket")
        error = refused(repo)
        assert (error.message, error.hint) == ("DVC lacks the software for remote `s`", "pip install 'dvc[gs]'")

    @pytest.mark.parametrize("setting", ["nonsense = 1", "read_timeout = soon"])
    def test_settings_that_dvc_refuses(self, repo: Repo, setting: str) -> None:
        repo.write({".dvc/config": f"[core]\n    remote = s\n['remote \"s\"']\n    url = s3://b\n    {setting}\n"})
        error = refused(repo)
        assert error.message.startswith("DVC cannot use its settings of remote `s`: ")
        assert "\n" not in error.message

    def test_an_address_that_hides_something(self, repo: Repo) -> None:
        repo.write({".dvc/config": "[core]\n    remote = s\n['remote \"s\"']\n    url = s3://b/\u202eexe\n"})
        assert refused(repo).message.startswith(
            "the URL of remote `s` cannot be used: the URL has the character U+202E"
        )


def test_no_secret_is_kept_or_shown(repo: Repo) -> None:
    repo.dvc("remote", "add", "--default", "s", "https://ann:canary@example.org/data?X-Amz-Signature=canary")
    opened = remotes.open_remote(repo.path)
    assert opened.url == "https://example.org/data"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Connection refused.\nmore", "Connection refused"),
        ("GET https://ann:canary@example.org failed", "OSError"),
        ("no https://example.org/?sig=canary", "OSError"),
        ("", "OSError"),
    ],
)
def test_the_reason_of_a_library_holds_no_secret(text: str, expected: str) -> None:
    assert remotes.reason(OSError(text)) == expected
