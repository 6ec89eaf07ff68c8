"""The first card and contract: what they say, what they ask, and that they are left alone afterwards."""

from __future__ import annotations

import pytest

import datakit
from datakit.errors import NotFound
from datakit.formats import card, contract
from tests.support.datasets import BIRDS, CARD
from tests.support.repo import Repo

PATH = "data/raw/palmer-penguins_raw.csv"
ROOM = "catalog/palmer-penguins_raw"


def test_of_a_table(project: Repo) -> None:
    project.write({PATH: BIRDS})
    datakit.add(PATH, root=project.path)
    found = card.read(project.read(f"{ROOM}/README.md").encode(), "x")
    assert found.fields["pretty_name"] == "Palmer penguins raw"
    assert found.fields["size_categories"] == ["n<1K"]
    agreed = contract.read(project.read(f"{ROOM}/contract.odcs.yaml").encode(), "x")
    assert agreed.status == "draft"
    assert agreed.reader == contract.Reader("csv", missing=("NA",))
    assert [(column.name, column.type) for column in agreed.columns] == [
        ("id", "integer"),
        ("sex", "string"),
        ("mass", "number"),
    ]


def test_of_files(project: Repo) -> None:
    project.write({"data/raw/imgs/1": "1"})
    datakit.add("data/raw/imgs", root=project.path)
    found = card.read(project.read("catalog/imgs/README.md").encode(), "x")
    assert "size_categories" not in found.fields
    agreed = contract.read(project.read("catalog/imgs/contract.odcs.yaml").encode(), "x")
    assert (agreed.reader, agreed.columns, agreed.checks) == (None, (), ())


def test_what_people_wrote_before_is_left_alone(project: Repo) -> None:
    agreed = (
        "apiVersion: v3.1.0\nkind: DataContract\nid: x\nversion: 1.0.0\nstatus: active # mine\nschema:\n- name: x\n"
        "  properties:\n  - {name: id, logicalType: integer}\n  - {name: sex}\n  - {name: mass}\n"
    )
    project.write({PATH: BIRDS, f"{ROOM}/contract.odcs.yaml": agreed, f"{ROOM}/README.md": "# Mine\r\n"})
    datakit.add(PATH, root=project.path)
    assert project.read(f"{ROOM}/contract.odcs.yaml") == agreed
    assert project.read(f"{ROOM}/README.md") == "# Mine\r\n"


def test_questions_follow_policy_and_what_is_known(project: Repo) -> None:
    project.write(
        {
            "datakit.yaml": "card: {required: [license, summary, limitations]}\ndefaults: {license: CC0-1.0}\n",
            PATH: BIRDS,
        }
    )
    asked: list[str] = []
    datakit.add(PATH, fields={}, ask=lambda what, _: asked.append(what), root=project.path)
    assert asked == ["summary"]
    datakit.add(PATH, fields=CARD, ask=lambda what, _: asked.append(what), root=project.path)
    assert asked == ["summary"]  # the card is there now


def test_a_misspelt_field_is_refused_and_a_section_of_ones_own_is_not(project: Repo) -> None:
    project.write({PATH: BIRDS})
    with pytest.raises(NotFound, match="there is no field of a card `licence`") as caught:
        datakit.add(PATH, fields={"licence": "CC0-1.0"}, root=project.path)
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("did you mean `license`")
    assert not (project.path / ROOM).exists()
    datakit.add(PATH, fields={"cost_centre": "4711"}, root=project.path)
    assert "## Cost centre\n\n4711\n" in project.read(f"{ROOM}/README.md")
