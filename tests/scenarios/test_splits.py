"""Splits that are not of this data by this recipe, and parts that share rows.

Which row is in which part stands in the membership, which is data: that its rows are all there, once each and none
unknown is for `datakit verify` and `datakit split` to say. The door compares the records.
"""

from __future__ import annotations

from tests.scenarios.modes import FEW, ONCE
from tests.scenarios.prepared import MEMBERSHIP, RECIPE, SPLIT, edit, forge, put, take
from tests.scenarios.table import Attempt, Table
from tests.support.repo import Repo

TABLE = Table()
PARQUET = MEMBERSHIP.removesuffix(".dvc")


@TABLE.blocked(44, "DK402")
def a_membership_that_is_exchanged(repo: Repo) -> None:
    take(repo, "recut", MEMBERSHIP)


@TABLE.blocked(44, "DK104", modes=ONCE)
def a_row_that_is_moved_in_the_record(repo: Repo) -> None:
    edit(repo, SPLIT, '"rows": 8', '"rows": 7')


@TABLE.blocked(44, "DK402", modes=ONCE)
def a_membership_that_is_deleted(repo: Repo) -> None:
    repo.git("rm", "--quiet", MEMBERSHIP)


@TABLE.blocked(45, "DK403", modes=FEW)
def parts_that_share_rows(repo: Repo) -> None:
    forge(repo, SPLIT, lambda fields: fields.update(leaks={"duplicate": 2}))


@TABLE.blocked(45, "DK402", modes=ONCE)
def a_membership_in_git(repo: Repo) -> None:
    put(repo, PARQUET, b"PAR1")


@TABLE.blocked(46, "DK401")
def a_split_of_older_data(repo: Repo) -> None:
    take(repo, "grown")
    repo.git("restore", "--source=HEAD", "--staged", "--worktree", "--", SPLIT, MEMBERSHIP)


@TABLE.blocked(46, "DK401", modes=ONCE)
def a_split_of_newer_data(repo: Repo) -> None:
    take(repo, "grown", SPLIT, MEMBERSHIP)


@TABLE.blocked(46, "DK401", modes=ONCE)
def a_split_by_another_recipe(repo: Repo) -> None:
    edit(repo, RECIPE, "train: 0.7", "train: 0.6")
    edit(repo, RECIPE, "test: 0.3", "test: 0.4")


@TABLE.blocked(46, "DK401", modes=ONCE)
def a_recipe_that_is_deleted(repo: Repo) -> None:
    repo.git("rm", "--quiet", RECIPE)


@TABLE.blocked(46, "DK401", modes=ONCE)
def a_split_of_another_dataset(repo: Repo) -> None:
    for path in (RECIPE, SPLIT, MEMBERSHIP):
        put(repo, path.replace("birds", "bees"), repo.read(path))


@TABLE.allowed(0, modes=ONCE)
def a_split_that_is_made_anew(repo: Repo) -> None:
    take(repo, "recut")


@TABLE.scenarios
def test_splits(attempt: Attempt) -> None:
    attempt.judged()
