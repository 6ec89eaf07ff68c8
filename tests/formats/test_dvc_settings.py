"""What the gate reads of `.dvc/config` is what DVC reads of it."""

from __future__ import annotations

import pytest

from datakit.formats.dvc_settings import Remotes, remotes
from tests.support.repo import Repo


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Remotes(frozenset())),
        ("[core]\nremote=a\n", Remotes(frozenset(), "a")),
        ('[core]\n    remote = "a b"  # ours\n', Remotes(frozenset(), "a b")),
        ("['remote \"a\"']\nurl = x\n[core]\nautostage = true\n", Remotes(frozenset({"a"}))),
        ('[remote "a"]\n["remote \\"b\\""]\nremote = c\n', Remotes(frozenset({"a"}))),
        ("[cache]\nremote = a\n", Remotes(frozenset())),
        ("remote = a\n[core]\nremote =\n", Remotes(frozenset())),
        ("\0\ufffd[core\nremote = a\n", Remotes(frozenset())),
    ],
)
def test_sections_and_the_default(text: str, expected: Remotes) -> None:
    assert remotes(text) == expected


def test_what_dvc_writes(repo: Repo) -> None:
    repo.dvc("remote", "add", "--default", "my-storage", "s3://bucket/path")
    repo.dvc("remote", "add", "other one", "../storage")
    repo.dvc("remote", "modify", "my-storage", "profile", "ours")
    assert remotes(repo.read(".dvc/config")) == Remotes(frozenset({"my-storage", "other one"}), "my-storage")
