"""DK105: paths that only some file systems tell apart."""

from __future__ import annotations

import pytest

from datakit.formats import artifacts
from tests.support.rooms import repository, room
from tests.support.trees import judged

ONE = repository(room())
SUMMARY = "it says that `more` is `{}` and `reviews` is `{}`, which is one file on macOS and Windows"


def beside(path: str, other: str = "data/raw/reviews.csv") -> list[tuple[str, str, str, str]]:
    """Return what is said of a second dataset at a path beside one at another."""
    before = {**ONE, "dvc.yaml": artifacts.put(ONE["dvc.yaml"], "reviews", other)}
    after = {**before, **room("more"), "dvc.yaml": artifacts.put(before["dvc.yaml"], "more", path)}
    found = judged(before, after)
    return [(f.path, f.code, f.message, f.hint) for f in found if "one file" in f.message]


@pytest.mark.parametrize(
    ("path", "other"),
    [
        ("data/raw/Reviews.csv", "data/raw/reviews.csv"),
        ("data/raw/ü.csv", "data/raw/u\u0308.csv"),
        ("data/RAW/ß.csv", "data/raw/ss.csv"),
    ],
)
def test_one_file_on_half_of_all_machines(path: str, other: str) -> None:
    mend = f"datakit mv more {path.rpartition('/')[0]}/more.csv"
    assert beside(path, other) == [("dvc.yaml", "DK105", SUMMARY.format(path, other), mend)]


def test_other_files() -> None:
    assert beside("data/raw/more.csv") == []
    assert beside("data/external/reviews.csv") == []


def test_those_that_were_there_before_stop_no_change_of_something_else() -> None:
    listed = artifacts.put(ONE["dvc.yaml"], "more", "data/raw/REVIEWS.csv")
    before = {**ONE, **room("more"), "dvc.yaml": listed}
    after = {**before, **room(data="v2", before="v1", note="March reviews appended")}
    assert [f for f in judged(before, after) if "one file" in f.message] == []
    assert [f.dataset for f in judged(before, after, whole=True) if "one file" in f.message] == ["more", "reviews"]
