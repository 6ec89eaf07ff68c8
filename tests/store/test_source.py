"""Names and errors of a source: no secret and no path of a server comes through."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.errors import EnvironmentProblem, UsageError
from datakit.formats import listing
from datakit.store.fetch import fetch
from datakit.store.source import describe, file_name, said_plainly
from tests.support import faults, unprivileged
from tests.support.web import SECRET


class TestDescribe:
    @pytest.mark.parametrize(
        "url",
        [
            f"https://jane:{SECRET}@example.org/a", f"https://example.org/a?token={SECRET}", f"s3://{SECRET}:{SECRET}@b/k",
            f"https://example.org/a#{SECRET}{SECRET}", f"https://{SECRET}@[::1/", f"x\n{SECRET}",
        ],
    )  # fmt: skip
    def test_description_has_no_secret(self, url: str) -> None:
        assert SECRET not in describe(url)

    def test_says_scheme_host_and_path(self) -> None:
        assert describe("https://example.org:8443/a b.csv?x=1#y") == "https://example.org:8443/a b.csv"
        assert describe("https://[::1/") == "this URL"


class TestFileName:
    @pytest.mark.parametrize(
        ("path", "name"),
        [
            ("a/b.csv", "b.csv"), ("a/b.csv/", "b.csv"), ("%61.csv", "a.csv"), ("a/%2e%2e", "data"), ("a/..%2fb", "data"), ("a/.git", "data"),
            ("a/nul.csv", "data"), ("a/x%0ay", "data"), ("a/%e2%80%ae", "data"), ("", "data"), ("///", "data"), ("a/" + "x" * 300, "data"),
        ],
    )  # fmt: skip
    def test_names(self, path: str, name: str) -> None:
        assert file_name(path) == name

    @settings(max_examples=60, deadline=None)
    @given(st.text(max_size=12))
    def test_any_text_gives_a_safe_name(self, path: str) -> None:
        name = file_name(path)
        assert listing.path_problem(name) is None
        assert "/" not in name


class TestSaidPlainly:
    @pytest.mark.parametrize(
        ("error", "message"),
        [
            (FileNotFoundError(SECRET), "cannot fetch `x`: it does not exist"), (PermissionError(SECRET), "cannot fetch `x`: access is denied"),
            (TimeoutError(SECRET), "cannot fetch `x`: no answer in time"), (OSError(104, SECRET), "cannot fetch `x`: Connection reset by peer"),
            (OSError(SECRET), "cannot fetch `x`: OSError"), (OSError(99999, SECRET), "cannot fetch `x`: OSError"), (KeyError(SECRET), "cannot fetch `x`: KeyError"),
        ],
    )  # fmt: skip
    def test_each_failure_in_words_and_without_its_text(self, error: Exception, message: str) -> None:
        with pytest.raises(EnvironmentProblem, match=f"^{re.escape(message)}$") as caught, said_plainly("x"):
            raise error
        assert caught.value.__suppress_context__
        assert SECRET not in str(caught.value.hint)

    def test_our_own_errors_stay(self) -> None:
        with pytest.raises(UsageError, match=r"^ours$"), said_plainly("x"):
            raise UsageError("ours")

    def test_a_file_that_may_not_be_read(self) -> None:
        with unprivileged.readable_folder() as folder:
            (folder / "a.csv").write_bytes(b"x")
            (folder / "a.csv").chmod(0)
            (folder / "in").mkdir()
            unprivileged.owned_by_nobody(folder / "in")
            url = f"file://{folder}/a.csv"
            done = faults.unprivileged(lambda: fetch(url, folder / "in"))
            assert done.text.strip() == f"EnvironmentProblem: cannot fetch `{url}`: access is denied"
