"""`--remote`: what DVC would write, no secret, and a remote that is there stays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from datakit.errors import UsageError
from datakit.verbs.init import init
from datakit.verbs.scaffold import remote
from datakit.verbs.scaffold.plan import Plan
from tests.support.repo import Repo

MakeRepo = Callable[[str], Repo]


def outcome(made: Plan) -> tuple[str, str]:
    """Return action and detail of the remote's step."""
    return next((step.action, step.detail) for step in made.steps if step.path == ".dvc/config")


@pytest.mark.parametrize("url", ["s3://bucket/folder", "ssh://jane@example.org/data", "../storage", "/srv/storage"])
def test_the_configuration_is_what_dvc_writes(
    new_repo: MakeRepo, url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A relative path counts from the current folder, as with `dvc remote add`."""
    ours, theirs = new_repo("ours"), new_repo("theirs")
    monkeypatch.chdir(ours.path)
    made = init(ours.path, remote=url, hooks=False)
    assert outcome(made)[0] == "configured"
    theirs.dvc("remote", "add", "--default", "storage", url, "--quiet")
    assert ours.read(".dvc/config") == theirs.read(".dvc/config")
    assert "M  .dvc/config" in ours.status()
    again = init(ours.path, remote=url, hooks=False)
    assert again.changes == ()
    assert outcome(again)[0] == "kept"


@pytest.mark.parametrize(
    ("url", "option", "secret"),
    [
        ("https://jane:s3cretpw@example.org/data", "password", "s3cretpw"),
        ("s3://AKIAIOSFODNN7EXAMPLE:verysecret@bucket/x", "secret_access_key", "verysecret"),
        ("azure://box/x?sig=abcdefgh12345678", "account_key", "abcdefgh12345678"),
        ("ssh://jane:s3cretpw@example.org/data", "password", "s3cretpw"),
        ("https://ghp_abcdefghijklmnopqrstuvwxyz0123456789@example.org/x", "password", "ghp_abcdefghij"),
    ],
)
def test_secrets_are_refused_with_the_command_that_keeps_them_local(
    tmp_path: Path, url: str, option: str, secret: str
) -> None:
    """Neither message nor hint repeats the secret, and nothing is written."""
    with pytest.raises(
        UsageError, match="was given with a user, password or signature; it would be committed"
    ) as error:
        init(tmp_path / "new", remote=url)
    assert error.value.hint == (
        f"give it without and run `dvc remote modify --local storage {option} VALUE`, which Git never sees"
    )
    assert secret not in error.value.message
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("url", ["", "  ", "s3://a\nb"])
def test_what_is_no_url_is_refused(tmp_path: Path, url: str) -> None:
    """Empty text and control characters."""
    with pytest.raises(UsageError, match="the remote's URL is empty or holds control characters"):
        init(tmp_path / "new", remote=url)


def test_another_default_remote_is_kept_and_reported(repo: Repo) -> None:
    """Its secret, where somebody committed one, is not shown."""
    repo.dvc("remote", "add", "--default", "mine", "https://jane:s3cretpw@example.org/data", "--quiet")
    before = repo.read(".dvc/config")
    made = init(repo.path, remote="s3://bucket/x", hooks=False)
    assert outcome(made) == (
        "kept",
        (
            "the default remote is `mine` (https://example.org/data), not changed; to change it: "
            "`dvc remote add --default NAME s3://bucket/x`"
        ),
    )
    assert repo.read(".dvc/config") == before


def test_a_remote_of_our_name_that_is_no_default_is_a_problem(repo: Repo) -> None:
    """It is somebody else's choice."""
    repo.dvc("remote", "add", "storage", "s3://other/x", "--quiet")
    before = repo.read(".dvc/config")
    made = init(repo.path, remote="s3://bucket/x", hooks=False)
    assert outcome(made) == (
        "problem",
        "a remote `storage` leads to s3://other/x; choose with `dvc remote default storage`, or add another",
    )
    assert repo.read(".dvc/config") == before


def test_a_url_with_credentials_is_refused_before_anything_is_written() -> None:
    with pytest.raises(UsageError) as caught:
        remote.checked("https://jane:secret@store.example.org/data")
    assert "` was given with a user, password or signature; it would be committed" in caught.value.message
    assert "secret" not in f"{caught.value.message}{caught.value.hint}"
