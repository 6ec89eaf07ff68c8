"""Which datasets a tree has, and what can still be known of one whose manifest is broken."""

from __future__ import annotations

import pytest

import datakit
from datakit.errors import InvalidRecord, NotFound
from datakit.gate.dataset import Dataset
from datakit.repo import project as projects
from datakit.steps import catalog
from tests.support.datasets import BIRDS, MORE_BIRDS, md5
from tests.support.repo import Repo

PATH = "data/raw/birds.csv"
MANIFEST = "catalog/birds/manifest.json"


def test_names_are_the_folders_that_could_be_datasets(project: Repo) -> None:
    project.write({"catalog/b/x": "", "catalog/a/deep/x": "", "catalog/README.md": "", "catalog/No!/x": ""})
    where = projects.find(project.path)
    assert catalog.names(where.tree, where.policy) == ("a", "b")


def test_an_unknown_name(project: Repo) -> None:
    with pytest.raises(NotFound) as caught:
        catalog.known((), ["birds"])
    assert (caught.value.message, caught.value.hint) == (
        "there is no dataset `birds`",
        "record one with `datakit add PATH`",
    )
    catalog.known(["birds"], ["birds"])


def test_what_git_remembers_of_a_broken_manifest(project: Repo) -> None:
    project.write({PATH: BIRDS})
    datakit.add(PATH, root=project.path)
    project.commit("one")
    project.write({PATH: MORE_BIRDS})
    datakit.add("birds", note="more", root=project.path)
    where = projects.find(project.path)
    with where.objects:

        def found(content: bytes) -> str | None:
            assert catalog.recorded(where, where.tree, "nothing") is None
            known = catalog.recorded(where, where.tree, "birds", md5(content))
            return known.data.md5 if known else None

        assert found(BIRDS.encode()) == md5(MORE_BIRDS)  # a manifest that can be read is what counts
        project.write({MANIFEST: "{"})
        assert found(BIRDS.encode()) == md5(BIRDS)  # of HEAD
        assert found(MORE_BIRDS.encode()) == md5(MORE_BIRDS)  # of the index
        assert found(b"other") == md5(MORE_BIRDS)  # the newest
        project.git("rm", "-q", "-f", "--cached", MANIFEST)
        where.objects.close()  # a running `git cat-file` knows the index of the moment when it was asked first
        project.write({MANIFEST: "{"})
        assert found(MORE_BIRDS.encode()) == md5(BIRDS)
        part = Dataset(where.tree, where.policy, "birds").manifest
        with pytest.raises(InvalidRecord) as caught:
            catalog.whole(part, "birds")
        assert caught.value.hint == "datakit add birds"
