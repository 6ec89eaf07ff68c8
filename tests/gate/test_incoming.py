"""Commits that arrive together, judged from Git's objects."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from datakit.formats import tags
from datakit.formats.finding import Finding
from datakit.formats.tags import Tag
from datakit.gate import incoming
from datakit.repo import ranges
from datakit.repo.git import Git
from datakit.repo.objects import Objects
from datakit.repo.ranges import Range
from tests.support.repo import Repo
from tests.support.rooms import drafted, repository, room

POINTER = "data/raw/reviews.csv.dvc"
MORE = room(data="v2", before="v1", note="March reviews appended")
LOOSE = "data/raw/loose.csv"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """A repository with a complete dataset."""
    made = Repo(tmp_path / "repo")
    made.git("init", "--quiet")
    made.write(repository(room()) | {"a.py": "1"})
    made.commit("start")
    return made


def step(repo: Repo, files: Mapping[str, bytes | str], *gone: str) -> str:
    """Commit files past the hook, and take others away."""
    for path in gone:
        (repo.path / path).unlink()
    repo.write(files)
    return repo.commit()


def span(repo: Repo, left: str, right: str = "HEAD") -> Range:
    """Return the commits of one side that the other does not have."""
    return ranges.between(Git(repo.path), repo.git("rev-parse", left), repo.git("rev-parse", right))


def judged(repo: Repo, left: str = "HEAD~2") -> list[tuple[str, str]]:
    """Judge the last two commits."""
    git = Git(repo.path)
    with Objects(git) as objects:
        return [(item.path, item.code) for item in incoming.judged(git, objects, span(repo, left))]


def registered(repo: Repo, tag: str = "reviews@v1.0.0", *, annotated: bool = True) -> tuple[Finding, ...]:
    """Judge HEAD as a version."""
    git, found = Git(repo.path), tags.tag(tag)
    assert found is not None
    with Objects(git) as objects:
        return incoming.version(git, objects, found, span(repo, "HEAD~1"), annotated=annotated)


class TestRange:
    def test_what_a_later_commit_mends_is_no_finding(self, repo: Repo) -> None:
        step(repo, {POINTER: MORE[POINTER]})
        assert judged(repo, "HEAD~1") == [(POINTER, "DK102")]
        step(repo, MORE)
        assert judged(repo) == []

    def test_what_the_first_commit_breaks_and_the_second_leaves(self, repo: Repo) -> None:
        step(repo, {POINTER: MORE[POINTER]})
        step(repo, {"a.py": "2"})
        assert judged(repo, "HEAD~1") == []
        assert judged(repo) == [(POINTER, "DK102")]

    def test_data_that_is_taken_away_again_stays_in_history(self, repo: Repo) -> None:
        bad = step(repo, {LOOSE: "1", "big.bin": "x" * 1_000_001})
        step(repo, {}, LOOSE, "big.bin")
        git = Git(repo.path)
        with Objects(git) as objects:
            found = incoming.judged(git, objects, span(repo, "HEAD~2"))
        assert [(item.path, item.code, item.level) for item in found] == [
            ("big.bin", "DK601", "error"), (LOOSE, "DK601", "error"),
        ]  # fmt: skip
        start = repo.git("rev-parse", "HEAD~2")[:10]
        assert found[1].message == (
            f"in commit {bad[:10]} it lies in `data/raw/`, where DVC keeps the data; taken away later, it stays in history"
        )
        assert found[1].hint == f"git rebase --interactive {start}, and take it out of that commit"

    def test_data_that_an_evil_merge_brings(self, repo: Repo) -> None:
        repo.git("checkout", "--quiet", "-b", "side")
        step(repo, {"b.py": "1"})
        repo.git("checkout", "--quiet", "main")
        start = step(repo, {"c.py": "1"})
        repo.git("merge", "--quiet", "--no-commit", "side")
        step(repo, {LOOSE: "1"})
        step(repo, {}, LOOSE)
        assert judged(repo, start) == [(LOOSE, "DK601")]

    def test_data_that_was_there_before_is_nobodys_news(self, repo: Repo) -> None:
        step(repo, {LOOSE: "1"})
        step(repo, {"a.py": "2"})
        step(repo, {"a.py": "3"})
        assert judged(repo) == []

    def test_a_rule_that_was_off_already(self, repo: Repo) -> None:
        step(repo, {"datakit.yaml": "policy: 1\nseverity: {DK601: off}\n"})
        step(repo, {LOOSE: "1"})
        step(repo, {}, LOOSE)
        assert judged(repo) == []
        assert judged(repo, "HEAD~3") == [(LOOSE, "DK601")]  # switched off in the same range

    def test_a_policy_that_is_weakened_in_one_commit_and_used_in_the_next(self, repo: Repo) -> None:
        step(repo, {"datakit.yaml": "policy: 1\nseverity: {DK102: off}\n"})
        step(repo, {POINTER: MORE[POINTER]})
        assert judged(repo) == [("datakit.yaml", "DK701")]

    def test_a_repository_that_is_none_of_ours(self, repo: Repo) -> None:
        repo.git("checkout", "--quiet", "--orphan", "other")
        repo.git("rm", "-r", "--quiet", "--force", ".")
        step(repo, {LOOSE: "1"})
        step(repo, {}, LOOSE)
        step(repo, {"a": "1"})
        assert judged(repo) == []


class TestVersion:
    def test_dk702_a_good_version_registers(self, repo: Repo) -> None:
        step(repo, MORE)
        assert registered(repo) == ()
        (found,) = registered(repo, annotated=False)
        assert (found.path, found.code, found.level, found.dataset) == (
            "refs/tags/reviews@v1.0.0", "DK702", "error", "reviews",
        )  # fmt: skip
        assert found.message == "is a lightweight tag, which registers nothing: neither GTO nor DVC counts it"
        assert found.hint == "git tag --delete reviews@v1.0.0, then datakit release reviews"

    def test_dk702_a_model_of_gto_is_not_ours(self, repo: Repo) -> None:
        step(repo, {"a.py": "2"})
        assert registered(repo, "model@v1.0.0", annotated=False) == ()

    def test_what_was_wrong_before_counts(self, repo: Repo) -> None:
        step(repo, {}, "catalog/reviews/receipt.json")
        step(repo, {"a.py": "2"})
        assert [item.code for item in registered(repo)] == ["DK301"]
        assert registered(repo, "reviews@v1.0.0!") == ()  # it takes a version back

    def test_a_draft_blocks_a_version(self, repo: Repo) -> None:
        step(repo, room(terms=drafted("reviews", status="draft")))
        assert [(item.code, item.level) for item in registered(repo)] == [("DK305", "error")]

    @pytest.mark.parametrize(
        ("moved", "message", "mend"),
        [
            (
                True,
                "a released version is moved to another commit, and others may have it already",
                "datakit release a",
            ),
            (
                False,
                "a released version is deleted, and others may have it already",
                "git tag -a 'a@v1.0.0!' -m 'why' 'a@v1.0.0^{}', then push that",
            ),
        ],
    )
    def test_dk702_taken_away(self, moved: bool, message: str, mend: str) -> None:
        tag = tags.tag("a@v1.0.0")
        assert isinstance(tag, Tag)
        found = incoming.revoked(tag, moved=moved)
        assert (found.path, found.code, found.message, found.hint) == ("refs/tags/a@v1.0.0", "DK702", message, mend)


class TestBytes:
    def test_the_datasets_that_a_push_changes(self, repo: Repo) -> None:
        step(repo, repository(room(), room("ants")))
        step(repo, MORE)
        git = Git(repo.path)
        with Objects(git) as objects:
            assert incoming.changed(git, objects, span(repo, "HEAD~1")) == ("reviews",)
            assert incoming.changed(git, objects, span(repo, "HEAD~2")) == ("ants", "reviews")

    @pytest.mark.parametrize(
        ("before", "after", "expected"),
        [
            ("", "", "prove"),
            ("", "remotes: {pre_push: upload}", "upload"),
            ("", "remotes: {pre_push: off}", "prove"),
            ("remotes: {pre_push: off}", "remotes: {pre_push: off}", "off"),
            ("remotes: {pre_push: off}", "", "prove"),
        ],
    )
    def test_who_decides(self, repo: Repo, before: str, after: str, expected: str) -> None:
        for text in (before, after):
            step(repo, {"datakit.yaml": f"policy: 1\n{text}\n"})
        git = Git(repo.path)
        with Objects(git) as objects:
            assert incoming.agreed(git, objects, span(repo, "HEAD~1")).pre_push == expected


def test_dk603_a_secret_that_is_taken_out_again_stays_in_history(repo: Repo) -> None:
    bad = step(
        repo,
        {
            ".dvc/config": "['remote \"s\"']\n    password = plainword\n",
            "catalog/reviews/README.md": "AKIAQ7Q7Q7Q7Q7Q7Q7Q7",
        },
    )
    step(repo, repository(room()) | {".dvc/config": ""})
    git = Git(repo.path)
    with Objects(git) as objects:
        found = incoming.judged(git, objects, span(repo, "HEAD~2"))
    assert [(item.path, item.code, item.line) for item in found] == [
        (".dvc/config", "DK603", 2),
        ("catalog/reviews/README.md", "DK603", 1),
    ]
    assert found[0].message.startswith(f"in commit {bad[:10]} `password` of remote `s` is a secret")
    assert found[0].hint.endswith("and take it out of that commit; make the secret void where it was given out")
