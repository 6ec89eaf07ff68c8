"""From `NAME@VERSION` to a commit: annotated tags count, lightweight and deregistered ones do not."""

from __future__ import annotations

import pytest

from datakit.errors import NotFound
from datakit.formats import names
from datakit.repo import references
from datakit.repo.git import Git
from tests.support.repo import Repo


@pytest.fixture
def tagged(repo: Repo) -> tuple[Git, dict[str, str]]:
    """A repository with some versions, and the commit of each tag."""
    commits = {}
    for tag in ("birds@v1.0.0", "birds@v1.2.0", "birds@v1.10.0", "birds@v2.0.0-rc.1", "other@v9.0.0", "birds@v1.11.0"):
        commits[tag] = repo.commit(tag)
        repo.git("tag", "-a", tag, "-m", tag)
    repo.commit("later")
    repo.git("tag", "birds@v5.0.0")  # lightweight: GTO and DVC do not count it
    repo.git("tag", "-a", "birds@v1.11.0!", "-m", "deregistered")
    repo.git("tag", "-a", "birds@v01.0.0", "-m", "no version")
    repo.git("tag", "-a", "birds@stable", "-m", "no version")
    return Git(repo.path), commits


def test_versions(tagged: tuple[Git, dict[str, str]]) -> None:
    git, commits = tagged
    found = {f"birds@{version}": commit for version, commit in references.versions(git, "birds").items()}
    kept = ("birds@v1.0.0", "birds@v1.2.0", "birds@v1.10.0", "birds@v2.0.0-rc.1")
    assert found == {tag: commits[tag] for tag in kept}
    assert references.versions(git, "bird") == {}


def test_registered_are_all_annotated_tags_in_order(tagged: tuple[Git, dict[str, str]]) -> None:
    git, commits = tagged
    found = references.registered(git, "birds")
    versions = ["v1.0.0", "v1.2.0", "v1.10.0", "v1.11.0", "v1.11.0!", "v2.0.0-rc.1"]
    assert [str(item.tag) for item in found] == [f"birds@{version}" for version in versions]
    assert found[0].commit == commits["birds@v1.0.0"]
    assert git.run("cat-file", "-t", found[0].object) == b"tag\n"


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("birds@v1.0.0", "birds@v1.0.0"),
        ("birds@1.2.0", "birds@v1.2.0"),
        ("birds@latest", "birds@v1.10.0"),
        ("birds@^1.1", "birds@v1.10.0"),
        ("birds@~1.2", "birds@v1.2.0"),
        ("birds@v2.0.0-rc.1", "birds@v2.0.0-rc.1"),
        ("birds@other@v9.0.0", "other@v9.0.0"),
    ],
)
def test_a_reference(tagged: tuple[Git, dict[str, str]], text: str, tag: str) -> None:
    git, commits = tagged
    assert references.resolve(git, names.reference(text)) == commits[tag]


def test_any_revision(tagged: tuple[Git, dict[str, str]]) -> None:
    git, commits = tagged
    assert references.resolve(git, names.reference("birds@main~1")) == commits["birds@v1.11.0"]
    assert references.resolve(git, names.reference("birds@birds@v5.0.0")) == git.head()


def test_none_is_the_working_tree(tagged: tuple[Git, dict[str, str]]) -> None:
    assert references.resolve(tagged[0], names.reference("birds")) is None


@pytest.mark.parametrize(
    "version", ["v1.11.0", "v5.0.0", "^3", "nowhere", "--all", "HEAD:x", "-n1", "a b", "..", "HEAD^{tree}"]
)
def test_what_is_not_there(tagged: tuple[Git, dict[str, str]], version: str) -> None:
    with pytest.raises(NotFound) as caught:
        references.resolve(tagged[0], names.reference(f"birds@{version}"))
    assert caught.value.message == f"there is no version of `birds` `{version}`"
    assert caught.value.known == ["v1.0.0", "v1.10.0", "v1.2.0", "v2.0.0-rc.1"]


def test_a_name_is_no_pattern(repo: Repo) -> None:
    repo.git("tag", "-a", "a-b@v1.0.0", "-m", "x")
    assert references.versions(Git(repo.path), "a") == {}
