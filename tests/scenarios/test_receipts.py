"""Receipts that are not of this data and this contract, and contracts that change beside the data or without it.

A receipt that was forged with its digest contradicts no record; that only computing again finds it is held by
tests/hostile/test_receipts.py.
"""

from __future__ import annotations

from tests.scenarios.modes import FEW, ONCE
from tests.scenarios.prepared import CONTRACT, MINIMUM, PROFILE, RECEIPT, edit, forge, put, take
from tests.scenarios.table import Attempt, Table
from tests.support.repo import Repo

TABLE = Table()
RAISED = MINIMUM.replace("0", "5")


@TABLE.blocked(0, "DK301", modes=ONCE)
def a_receipt_that_is_deleted(repo: Repo) -> None:
    repo.git("rm", "--quiet", RECEIPT)


@TABLE.blocked(0, "DK301", modes=ONCE)
def statistics_that_are_deleted(repo: Repo) -> None:
    repo.git("rm", "--quiet", PROFILE)


@TABLE.blocked(0, "DK304", modes=ONCE)
def a_contract_that_is_deleted(repo: Repo) -> None:
    repo.git("rm", "--quiet", CONTRACT)


@TABLE.blocked(36, "DK104")
def a_verdict_that_is_edited(repo: Repo) -> None:
    take(repo, "tightened")
    edit(repo, RECEIPT, '"verdict": "failed"', '"verdict": "passed"')


@TABLE.blocked(36, "DK104", modes=ONCE)
def a_verdict_that_its_own_checks_belie(repo: Repo) -> None:
    take(repo, "tightened")
    forge(repo, RECEIPT, lambda fields: fields.update(verdict="passed"))


@TABLE.blocked(37, "DK302")
def the_receipt_of_another_dataset(repo: Repo) -> None:
    put(repo, RECEIPT, repo.read("catalog/bees/receipt.json"))


@TABLE.blocked(37, "DK302", modes=ONCE)
def the_receipt_of_another_dataset_under_this_name(repo: Repo) -> None:
    put(repo, RECEIPT, repo.read("catalog/bees/receipt.json"))
    forge(repo, RECEIPT, lambda fields: fields.update(name="birds"))


@TABLE.blocked(38, "DK302")
def an_old_receipt_on_new_data(repo: Repo) -> None:
    take(repo, "grown")
    repo.git("restore", "--source=HEAD", "--staged", "--worktree", "--", RECEIPT)


@TABLE.blocked(39, "DK302", modes=FEW)
def a_receipt_by_a_weaker_contract(repo: Repo) -> None:
    take(repo, "weaker", RECEIPT)


@TABLE.blocked(40, "DK308")
def a_contract_that_is_bent_for_the_data(repo: Repo) -> None:
    take(repo, "bent")


@TABLE.blocked(41, "DK302", modes=ONCE)
def a_contract_that_is_weakened_and_not_held_against_the_data(repo: Repo) -> None:
    take(repo, "weaker", CONTRACT)


@TABLE.allowed(41)
def a_contract_that_is_weakened_alone(repo: Repo) -> None:
    take(repo, "weaker")


@TABLE.blocked(42, "DK303", modes=FEW)
def a_contract_that_the_data_does_not_keep(repo: Repo) -> None:
    take(repo, "tightened")


@TABLE.blocked(42, "DK302", modes=ONCE)
def a_contract_that_is_tightened_and_not_held_against_the_data(repo: Repo) -> None:
    edit(repo, CONTRACT, MINIMUM, RAISED)


@TABLE.allowed(0, modes=ONCE)
def a_comment_in_a_contract(repo: Repo) -> None:
    edit(repo, CONTRACT, "kind: DataContract", "kind: DataContract # agreed in May")


@TABLE.scenarios
def test_receipts(attempt: Attempt) -> None:
    attempt.judged()
