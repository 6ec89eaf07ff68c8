"""`add`: what it records about where data came from: card fields, parents, commands and code."""

from __future__ import annotations

import pytest

import datakit
from datakit.errors import EnvironmentProblem, InvalidRecord, NotFound, UsageError
from tests.support.datasets import BIRDS, CARD, MORE_BIRDS, everything, md5, record
from tests.support.repo import Repo

PATH = "data/raw/birds.csv"


@pytest.fixture
def birds(project: Repo) -> Repo:
    """A project with `birds` recorded, not committed."""
    project.write({PATH: BIRDS})
    datakit.add(PATH, root=project.path)
    return project


class TestFields:
    def test_complete_the_card(self, project: Repo) -> None:
        project.write({PATH: BIRDS})
        (done,) = datakit.add(PATH, fields=CARD, root=project.path)
        assert [item.code for item in done.findings] == ["DK305"]
        card = project.read("catalog/birds/README.md")
        assert "license: CC0-1.0\n" in card
        assert "## Summary\n" in card
        assert "\nOne row is one bird; for tests.\n" in card

    def test_of_a_card_that_is_there_change_nothing_else(self, birds: Repo) -> None:
        path = "catalog/birds/README.md"
        birds.write(
            {path: "---\nlicense: mit # ours\nmine: [1]\n---\n\n# Birds\n\nProse.\n\n## Summary\n\nOld.\n\n## Other\n"}
        )
        (done,) = datakit.add("birds", fields={"license": "CC0-1.0", "summary": "One row, one bird."}, root=birds.path)
        assert done.written == (path,)
        assert birds.read(path) == (
            "---\nlicense: CC0-1.0 # ours\nmine: [1]\n---\n\n# Birds\n\nProse.\n\n## Summary\n\nOne row, one bird.\n\n## Other\n"
        )

    def test_defaults_of_the_policy_need_not_be_repeated(self, project: Repo) -> None:
        project.write({"datakit.yaml": "defaults: {owner: Team Bird <birds@company.org>}\n", PATH: BIRDS})
        (done,) = datakit.add(PATH, fields={k: v for k, v in CARD.items() if k != "owner"}, root=project.path)
        assert [item.code for item in done.findings] == ["DK305"]

    @pytest.mark.parametrize(
        ("field", "value", "message"),
        [
            ("a b", "x", "`a b` is no field of a card"),
            ("license", " ", "`--set license=` says nothing"),
            (
                "license",
                "cc by 4.0",
                "`license` is `cc by 4.0`, which is no licence that is known: did you mean `CC-BY-4.0`?",
            ),
            (
                "owner",
                "me",
                "`owner` is `me`, which nobody could find: expected the name or address of a person or team",
            ),
            ("personal_data", "no", "`personal_data` is `no`, expected one of none, pseudonymous, identifying"),
            ("summary", "x", "`summary` has 1 word, expected a sentence: what one row or file is"),
            ("summary", "## Heading of its own", "the text of `summary` would change the structure of the card"),
        ],
    )
    def test_that_no_card_can_have_are_refused(self, birds: Repo, field: str, value: str, message: str) -> None:
        before = everything(birds)
        with pytest.raises(UsageError) as caught:
            datakit.add("birds", fields={field: value}, root=birds.path)
        assert caught.value.message == message
        assert everything(birds) == before

    def test_a_licence_that_needs_more_may_have_it_in_the_card_already(self, birds: Repo) -> None:
        (done,) = datakit.add("birds", fields={"license": "unknown"}, root=birds.path)
        assert [item.message for item in done.findings if "license" in item.message] == [
            "`license: unknown` needs `license_details` beside it: whom you asked for the terms, and what came of it"
        ]
        answer = {"license_details": "asked the author in May, no answer"}
        (done,) = datakit.add("birds", fields=answer, root=birds.path)
        assert [item.message for item in done.findings if "license" in item.message] == []

    def test_of_a_broken_card_are_refused(self, birds: Repo) -> None:
        birds.write({"catalog/birds/README.md": "---\nlicense: mit\nlicense: mit\n---\n"})
        before = everything(birds)
        with pytest.raises(InvalidRecord) as caught:
            datakit.add("birds", fields={"license": "CC0-1.0"}, root=birds.path)
        assert caught.value.message == "catalog/birds/README.md:3: key `license` is there twice"
        assert everything(birds) == before


class TestParents:
    def test_are_recorded_by_their_hash(self, birds: Repo) -> None:
        birds.write({"data/processed/clean.csv": MORE_BIRDS, "clean.py": "print()\n"})
        datakit.add(
            "data/processed/clean.csv",
            parents=["birds"],
            command="python clean.py",
            code=["clean.py"],
            root=birds.path,
        )
        found = record(birds, "clean")
        assert found["derived_from"] == [{"name": "birds", "md5": md5(BIRDS)}]
        blob = birds.git("hash-object", "clean.py")
        assert found["produced_by"] == {
            "command": "python clean.py",
            "code": [{"path": "clean.py", "git_blob": blob}],
        }
        before = everything(birds)
        datakit.add("clean", root=birds.path)
        assert everything(birds) == before

    def test_of_other_bytes_are_forgotten(self, birds: Repo) -> None:
        birds.write({"data/processed/clean.csv": BIRDS})
        datakit.add("data/processed/clean.csv", parents=["birds"], command="python clean.py", root=birds.path)
        birds.write({"data/processed/clean.csv": MORE_BIRDS})
        datakit.add("clean", root=birds.path)
        found = record(birds, "clean")
        assert found["derived_from"] == [{"name": "clean", "md5": md5(BIRDS)}]
        assert "produced_by" not in found

    def test_that_are_unknown_are_refused(self, birds: Repo) -> None:
        birds.write({"data/processed/clean.csv": BIRDS})
        before = everything(birds)
        with pytest.raises(NotFound) as caught:
            datakit.add("data/processed/clean.csv", parents=["brids"], root=birds.path)
        assert (caught.value.message, caught.value.hint) == ("there is no dataset `brids`", "did you mean `birds`?")
        assert everything(birds) == before

    def test_whose_manifest_is_broken_are_refused(self, birds: Repo) -> None:
        birds.write({"catalog/birds/manifest.json": "{", "data/processed/clean.csv": BIRDS})
        with pytest.raises(InvalidRecord) as caught:
            datakit.add("data/processed/clean.csv", parents=["birds"], root=birds.path)
        assert caught.value.message.startswith("catalog/birds/manifest.json:1: is not JSON")
        assert caught.value.hint == "datakit add birds"


class TestCode:
    @pytest.mark.parametrize("path", ["gone.py", "../outside.py", "data"])
    def test_that_is_no_file_here_is_refused(self, birds: Repo, path: str) -> None:
        (birds.path.parent / "outside.py").write_text("pass\n")
        before = everything(birds)
        with pytest.raises(EnvironmentProblem) as caught:
            datakit.add("birds", code=[path], root=birds.path)
        assert caught.value.message == f"there is no file of code `{path}` in the repository"
        assert everything(birds) == before


class TestSecrets:
    @pytest.mark.parametrize(
        "options",
        [
            {"command": "curl https://jane:s3cr3tpass@host/x"},
            {"note": "key AKIAIOSFODNN7EXAMPLE"},
            {"fields": {"summary": "token ghp_0123456789abcdefghijABCDEFGHIJ012345"}},
        ],
    )
    def test_are_refused_before_anything_is_written(self, birds: Repo, options: dict[str, object]) -> None:
        before = everything(birds)
        with pytest.raises(UsageError, match=r"` holds a secret, which would be committed: .*…") as caught:
            datakit.add("birds", root=birds.path, **options)  # type: ignore[arg-type]  # one option each
        assert not any(secret in caught.value.message for secret in ("s3cr3tpass", "IOSFODNN7", "0123456789abcdef"))
        assert everything(birds) == before
