"""Records that no longer agree: pointer, manifest and artifact of a dataset, changed, added, removed and renamed in part."""

from __future__ import annotations

from tests.scenarios.modes import FEW, ONCE
from tests.scenarios.prepared import CARD_FILE, MANIFEST, OTHER, POINTER, THIRD, edit, forge, put, take
from tests.scenarios.table import Attempt, Table
from tests.support.repo import Repo

TABLE = Table()
ROOM = "catalog/newts"


@TABLE.blocked(1, "DK102")
def a_pointer_without_its_manifest(repo: Repo) -> None:
    take(repo, "grown", POINTER)


@TABLE.blocked(2, "DK102")
def a_manifest_without_its_pointer(repo: Repo) -> None:
    take(repo, "grown", "catalog")


@TABLE.blocked(3, "DK101")
def a_new_pointer_without_a_record(repo: Repo) -> None:
    take(repo, "newts", f"{THIRD}.dvc")


@TABLE.blocked(4, "DK103")
def a_new_record_without_a_pointer(repo: Repo) -> None:
    take(repo, "newts", ROOM, "dvc.yaml")


@TABLE.blocked(5, "DK103")
def a_manifest_that_is_deleted(repo: Repo) -> None:
    repo.git("rm", "--quiet", MANIFEST)


@TABLE.blocked(5, "DK101", modes=ONCE)
def a_room_that_is_deleted(repo: Repo) -> None:
    repo.git("rm", "--quiet", "-r", "catalog/bees")


@TABLE.blocked(6, "DK103")
def a_pointer_that_is_deleted(repo: Repo) -> None:
    repo.git("rm", "--quiet", POINTER)


@TABLE.blocked(7, "DK106")
def a_dataset_that_goes_without_a_word(repo: Repo) -> None:
    repo.git("rm", "--quiet", "-r", "catalog/bees", f"{OTHER}.dvc")


@TABLE.allowed(8)
def a_dataset_that_is_retired(repo: Repo) -> None:
    take(repo, "retired")


@TABLE.allowed(0)
def a_whole_change(repo: Repo) -> None:
    take(repo, "grown")


@TABLE.allowed(0, modes=ONCE)
def a_new_dataset(repo: Repo) -> None:
    take(repo, "newts")


@TABLE.blocked(23, "DK103")
def a_pointer_that_is_moved_out_of_the_data(repo: Repo) -> None:
    repo.write({"archive/.gitkeep": ""})
    repo.git("mv", POINTER, "archive/birds.csv.dvc")


@TABLE.blocked(23, "DK101", "DK102", modes=ONCE)
def a_room_that_is_renamed_alone(repo: Repo) -> None:
    repo.git("mv", "catalog/bees", "catalog/wasps")


@TABLE.allowed(24)
def a_dataset_that_is_moved(repo: Repo) -> None:
    take(repo, "moved")


@TABLE.allowed(24, modes=ONCE)
def a_dataset_that_is_renamed(repo: Repo) -> None:
    take(repo, "renamed")


@TABLE.blocked(25, "DK103")
def a_pointer_whose_letters_change_their_case(repo: Repo) -> None:
    repo.git("mv", POINTER, "data/raw/Birds.csv.dvc")


@TABLE.blocked(25, "DK105", modes=ONCE)
def a_dataset_whose_path_is_another_ones_but_for_case(repo: Repo) -> None:
    take(repo, "twin")


@TABLE.blocked(35, "DK104")
def a_row_count_that_is_edited(repo: Repo) -> None:
    edit(repo, MANIFEST, '"rows": 12', '"rows": 13')


@TABLE.blocked(35, "DK104", modes=ONCE)
def a_hash_that_is_edited(repo: Repo) -> None:
    edit(repo, MANIFEST, '"md5": "d', '"md5": "e')


@TABLE.blocked(35, "DK102", modes=ONCE)
def a_size_that_is_edited_with_its_digest(repo: Repo) -> None:
    forge(repo, MANIFEST, lambda fields: fields["data"].update(size=1))


@TABLE.blocked(0, "DK202", modes=ONCE)
def a_change_whose_reason_is_taken_out(repo: Repo) -> None:
    take(repo, "grown")
    forge(repo, MANIFEST, lambda fields: fields["change"].pop("note"))


@TABLE.blocked(0, "DK201", modes=ONCE)
def a_card_that_is_emptied(repo: Repo) -> None:
    put(repo, CARD_FILE, "---\n---\n")


@TABLE.blocked(49, "DK201", modes=FEW)
def a_card_that_does_not_say_whether_the_data_is_personal(repo: Repo) -> None:
    edit(repo, CARD_FILE, "personal_data: none\n", "")


@TABLE.blocked(49, "DK201", modes=ONCE)
def a_card_that_says_something_else_of_personal_data(repo: Repo) -> None:
    edit(repo, CARD_FILE, "personal_data: none\n", "personal_data: perhaps\n")


@TABLE.blocked(49, "DK206", modes=FEW)
def columns_of_which_nobody_said_who_may_see_them(repo: Repo) -> None:
    edit(repo, "datakit.yaml", "\ncard:\n", "\ncard:\n  columns_classified: 1\n")
    take(repo, "grown")


@TABLE.blocked(0, "DK105", modes=ONCE)
def an_artifact_that_is_taken_out(repo: Repo) -> None:
    edit(repo, "dvc.yaml", "  birds:", "  ducks:")


@TABLE.scenarios
def test_records(attempt: Attempt) -> None:
    attempt.judged()
