"""What the baseline covers, what it never covers, and that a change is judged by the baseline before it, too."""

from __future__ import annotations

from typing import Any

import pytest

from datakit.formats import baseline, pointer
from datakit.formats.finding import Finding
from datakit.formats.pointer import Out
from datakit.gate.judge import blocking, standing
from tests.support.rooms import drafted, md5, repository, room, without
from tests.support.trees import DictTree, changes, judged

EMPTY: dict[str, Any] = {"datakit.yaml": b"policy: 1\n"}


def plain(*names: str, data: str = "v1", folder: str = "data/raw") -> dict[str, bytes]:
    """Return pointers as plain DVC writes them."""
    return {f"{folder}/{name}.dvc": pointer.render(Out(name, md5(data), 10, None, "md5")) for name in names}


def accepted(files: dict[str, Any]) -> dict[str, Any]:
    """Return the files with the baseline that `check --baseline write` would put beside them."""
    tree = DictTree(files)
    entries = standing(tree, tree, ())
    assert entries
    return {**files, baseline.FILE: baseline.dump(entries)}


OLD = {**plain("a.csv", "b.csv"), **EMPTY}
ADOPTED = accepted(OLD)
CARDLESS = accepted(without(repository(room()), "README.md"))


def told(old: dict[str, Any], new: dict[str, Any], *, whole: bool = False) -> list[tuple[str, str, str]]:
    """Return path, code and level of the findings on a step."""
    return [(f.path, f.code, f.level) for f in judged(old, new, whole=whole)]


def test_what_was_there_is_known_and_what_is_new_is_not() -> None:
    assert told(ADOPTED, ADOPTED) == []
    assert told(ADOPTED, ADOPTED, whole=True) == [
        ("data/raw/a.csv.dvc", "DK101", "known"),
        ("data/raw/b.csv.dvc", "DK101", "known"),
    ]
    assert not blocking(judged(ADOPTED, ADOPTED, whole=True))
    changed = {**ADOPTED, **plain("b.csv", data="v2"), **plain("c.csv")}
    assert told(ADOPTED, changed) == [
        ("data/raw/b.csv.dvc", "DK101", "error"),
        ("data/raw/c.csv.dvc", "DK101", "error"),
    ]


def test_what_was_mended_since_is_not_covered_once_more() -> None:
    card = repository(room())["catalog/reviews/README.md"]
    mended = {**CARDLESS, "catalog/reviews/README.md": card}
    again = {path: data for path, data in mended.items() if path != "catalog/reviews/README.md"}
    assert told(CARDLESS, mended) == []
    assert ("catalog/reviews/README.md", "DK201", "error") in told(mended, again)
    assert {level for _, _, level in told(CARDLESS, CARDLESS, whole=True)} == {"known"}


def test_a_name_that_no_record_holds_cannot_wait() -> None:
    odd = {"data/raw/\udcff.csv.dvc": pointer.render(Out("x", md5("v1"), 10, None, "md5")), **EMPTY}
    tree = DictTree(odd)
    assert standing(tree, tree, ()) == frozenset()


def test_an_out_of_a_shared_lock_is_known_by_its_own_data() -> None:
    lock = (
        "schema: '2.0'\nstages:\n  one:\n    cmd: x\n    outs:\n"
        "    - path: data/raw/x\n      md5: {}\n      size: 1\n    - path: data/raw/y\n      md5: {}\n      size: 1\n"
    )
    before = accepted({**EMPTY, "dvc.lock": lock.format(md5("x1"), md5("y1")).encode()})
    after = {**before, "dvc.lock": lock.format(md5("x1"), md5("y2")).encode()}
    (finding,) = judged(before, after)
    assert finding.message == "`data/raw/y` is tracked by DVC and has no record"
    assert [f.level for f in judged(before, after, whole=True)] == ["known", "error"]


def test_a_pointer_that_dvc_has_no_hash_for_is_known_by_its_bytes() -> None:
    bare = {"data/raw/n.dvc": b"outs:\n- path: n\n  hash: md5\n"}
    before = accepted({**EMPTY, **bare})
    assert [f.level for f in judged(before, before, whole=True)] == ["known"]
    after = {**before, "data/raw/n.dvc": b"outs:\n- path: n\n  hash: md5\n  desc: other\n"}
    assert [f.level for f in judged(before, after)] == ["error"]


def test_a_broken_pointer_of_old_can_wait() -> None:
    before = accepted({**EMPTY, "data/raw/x.dvc": b"outs: 1\n"})
    assert told(before, before, whole=True) == [("data/raw/x.dvc", "DK104", "known")]
    assert [f.level for f in judged(before, {**before, "data/raw/x.dvc": b"outs: 2\n"})] == ["error"]


def test_a_card_can_wait_and_is_brought_in_order_field_by_field() -> None:
    assert [f.level for f in judged(CARDLESS, CARDLESS, whole=True)] == ["known"]
    newer = without(repository(room(data="v2", before="v1", note="more")), "README.md")
    after = {**newer, baseline.FILE: CARDLESS[baseline.FILE]}
    assert told(CARDLESS, after, whole=True) == [("catalog/reviews/README.md", "DK201", "known")]
    lacking = accepted(repository(room(card="# Reviews\n")))
    mended = {**lacking, "catalog/reviews/README.md": b"---\nlicense: CC0-1.0\n---\n# Reviews\n"}
    assert {f.level for f in judged(lacking, mended)} == {"known"}
    assert len(judged(lacking, mended)) == len(judged(lacking, lacking, whole=True)) - 1
    worse = {**mended, "catalog/reviews/README.md": b"---\nlicense: mine\n---\n# Reviews\n"}
    assert [f.level for f in judged(lacking, worse)].count("error") == 1


def test_a_check_that_fails_can_wait_until_its_data_changes() -> None:
    failing = accepted(repository(room(outcome="failed")))
    assert told(failing, failing, whole=True) == [("catalog/reviews/receipt.json", "DK303", "known")]
    newer = repository(room(data="v2", before="v1", note="more", outcome="failed"))
    assert told(failing, {**newer, baseline.FILE: failing[baseline.FILE]}) == [
        ("catalog/reviews/receipt.json", "DK303", "error")
    ]


def test_warnings_stay() -> None:
    drafts = repository(room(terms=drafted("reviews", status="draft")))
    assert standing(DictTree(drafts), DictTree(drafts), ()) == frozenset()
    strict = accepted({**drafts, "datakit.yaml": b"severity: {DK305: error}\n"})
    assert [f.level for f in judged(strict, strict, whole=True)] == ["known"]
    eased = {**strict, "datakit.yaml": b"policy: 1\n"}
    assert [f.level for f in judged(eased, eased, whole=True)] == ["warn"]
    beside = {**eased, **plain("new.csv")}  # so that the baseline is looked at
    assert [f.level for f in judged(eased, beside, whole=True)] == ["warn", "error"]


@pytest.mark.parametrize(
    ("code", "gone", "put"),
    [
        ("DK102", (), {"data/raw/reviews.csv.dvc": room(data="v2")["data/raw/reviews.csv.dvc"]}),
        ("DK103", ("reviews.csv.dvc",), {}),
        ("DK104", (), {"catalog/reviews/manifest.json": b"{"}),
        ("DK105", ("dvc.yaml",), {}),
        ("DK302", (), {"catalog/reviews/receipt.json": room(data="v2")["catalog/reviews/receipt.json"]}),
        ("DK104", (), {"datakit.yaml": b"severity: {DK999: off}\n"}),
        ("DK601", (), {"data/raw/x.csv": b"1"}),
    ],
)
def test_what_contradicts_itself_cannot_wait(code: str, gone: tuple[str, ...], put: dict[str, bytes]) -> None:
    files = {**without(repository(room()), *gone), **put}
    tree, base = DictTree(files), DictTree(EMPTY)
    assert code in {f.code for f in judged(EMPTY, files, whole=True)}
    assert code not in {entry.code for entry in standing(tree, base, changes(base, tree))}


def test_a_record_that_is_deleted_is_no_data_of_old() -> None:
    left = without(repository(room()), "catalog/")
    tree = DictTree(left)
    assert [f.code for f in judged(left, left, whole=True)] == ["DK101"]
    assert standing(tree, tree, ()) == frozenset()


# Judged from the base, too.


def test_the_first_baseline_comes_with_the_policy_or_after_it() -> None:
    assert told(plain("a.csv", "b.csv"), ADOPTED) == []
    assert told({}, ADOPTED) == told({}, ADOPTED, whole=True)  # the whole history goes to an empty remote
    assert {level for *_, level in told({}, ADOPTED)} == {"known"}
    assert told(OLD, ADOPTED) == []
    assert {level for *_, level in told(OLD, ADOPTED, whole=True)} == {"known"}


def test_dk701_a_baseline_that_covers_what_comes_with_it() -> None:
    new = plain("c.csv")
    for old in (OLD, ADOPTED):  # whether there was a baseline or not
        found = judged(old, accepted({**OLD, **new}))
        assert [(f.path, f.code, f.level) for f in found] == [
            ("data/raw/c.csv.dvc", "DK101", "known"),
            (baseline.FILE, "DK701", "error"),
        ]
        assert found[1] == Finding(
            baseline.FILE,
            "DK701",
            "the baseline before this change blocks data/raw/c.csv.dvc: DK101 `data/raw/c.csv` is tracked by DVC and has no record",
            "datakit add data/raw/c.csv",
        )


def test_dk701_later_data_of_a_known_dataset() -> None:
    found = judged(ADOPTED, accepted({**OLD, **plain("b.csv", data="v2")}))
    assert [f.code for f in found if f.level == "error"] == ["DK701"]


def test_a_baseline_may_grow_and_shrink_alone() -> None:
    strict = {"datakit.yaml": b"card: {required: [license, language]}\n"}
    tightened = {**repository(room()), **strict}
    assert told(tightened, accepted(tightened)) == []  # in a commit of its own
    assert told(repository(room()), accepted(tightened)) == []  # or with the policy that asks for more
    assert told(accepted({**OLD, **plain("c.csv")}), ADOPTED | plain("c.csv")) == []


def test_dk701_a_baseline_taken_away_and_data_with_it_is_judged_once() -> None:
    after = {**OLD, **plain("b.csv", data="v2")}
    assert told(ADOPTED, after) == [("data/raw/b.csv.dvc", "DK101", "error")]


def test_the_policy_before_judges_with_the_baseline_before() -> None:
    weaker = {**CARDLESS, "datakit.yaml": b"policy: 1\nseverity: {DK201: off}\n"}
    assert told(CARDLESS, weaker, whole=True) == []
    both = {**weaker, **without(room("bees"), "README.md")}
    del both[baseline.FILE]
    assert ("datakit.yaml", "DK701", "error") in told(CARDLESS, both)


def test_a_baseline_edited_by_hand_covers_nothing() -> None:
    edited = {**ADOPTED, baseline.FILE: ADOPTED[baseline.FILE].replace(b"b.csv", b"c.csv")}
    found = judged(ADOPTED, edited)
    assert found == (
        Finding(
            baseline.FILE,
            "DK104",
            "was changed by hand or staged in part: its digest does not match",
            "datakit check --baseline write",
        ),
    )
    assert [f.level for f in judged(edited, edited, whole=True)] == ["error"] * 3


def test_a_clean_tree_never_looks_for_one() -> None:
    tree, base = DictTree(repository(room())), DictTree(EMPTY)
    from datakit.gate.judge import judge

    assert judge(tree, base, changes(base, tree)) == ()
    assert baseline.FILE not in {*tree.asked, *base.asked}
    bad = DictTree({**OLD, "data/raw/x.dvc": b""})
    judge(bad, base, changes(base, bad))
    assert bad.asked.count(baseline.FILE) == 1
