"""DK101 to DK105: pointer, manifest and artifact say the same."""

from __future__ import annotations

from typing import Any

import pytest

from datakit.formats import artifacts, manifest, pointer, record
from datakit.formats.finding import Finding
from datakit.formats.pointer import Out
from tests.support.rooms import md5, repository, room, without
from tests.support.trees import judged

EMPTY: dict[str, Any] = {"datakit.yaml": b"policy: 1\n"}
ONE = repository(room())
POINTER = "data/raw/reviews.csv.dvc"
MANIFEST = "catalog/reviews/manifest.json"
AGAIN = "datakit add reviews"
ADD = 'datakit add reviews -m "why the data changed"'


def only(found: tuple[Finding, ...]) -> Finding:
    """Return the only finding."""
    assert len(found) == 1, found
    return found[0]


def renamed(files: dict[str, Any], **fields: Any) -> bytes:
    """Return the manifest with other fields, well formed."""
    return manifest.dump(manifest.read(files[MANIFEST], MANIFEST)._replace(**fields))


def test_a_complete_dataset_has_no_findings() -> None:
    assert judged({}, ONE) == ()
    assert judged(EMPTY, ONE) == ()
    assert judged(ONE, ONE) == ()
    assert judged(ONE, ONE, whole=True) == ()
    assert judged({}, ONE, whole=True) == ()


def test_a_new_version_with_its_reason_has_no_findings() -> None:
    assert judged(ONE, repository(room(data="v2", before="v1", note="March reviews appended"))) == ()


# Scenario 3: a pointer without a record.


def test_dk101_a_pointer_in_a_data_folder_needs_a_record() -> None:
    for name in (None, "reviews"):
        data = pointer.render(Out("reviews.csv", md5("v1"), 10, None, "md5", name))
        assert judged(EMPTY, {**EMPTY, POINTER: data}) == (
            Finding(
                POINTER,
                "DK101",
                "`data/raw/reviews.csv` is tracked by DVC and has no record",
                "datakit add data/raw/reviews.csv",
                name or "",
                data="" if name else md5("v1"),  # what datakit recorded once is no data of old
            ),
        )


def test_dk101_interim_data_is_recorded_too() -> None:
    data = pointer.render(Out("x.csv", md5("v1"), 10, None, "md5"))
    assert only(judged(EMPTY, {**EMPTY, "data/interim/x.csv.dvc": data})).code == "DK101"


def test_dk101_outside_the_data_folders_only_what_carries_a_name() -> None:
    plain = pointer.render(Out("model.bin", md5("v1"), 10, None, "md5"))
    assert judged(EMPTY, {**EMPTY, "models/model.bin.dvc": plain}) == ()
    named = pointer.render(Out("model.bin", md5("v1"), 10, None, "md5", "model"))
    assert only(judged(EMPTY, {**EMPTY, "models/model.bin.dvc": named})).message == (
        "`models/model.bin` is tracked by DVC and has no record"
    )


def test_dk101_a_copied_pointer_cannot_own_the_same_name() -> None:
    copied = {**ONE, "data/raw/copy.csv.dvc": pointer.render(Out("copy.csv", md5("v1"), 10, None, "md5", "reviews"))}
    assert judged(ONE, copied) == (
        Finding(
            "data/raw/copy.csv.dvc",
            "DK101",
            "`data/raw/copy.csv` calls itself `reviews`, which is recorded as `data/raw/reviews.csv`",
            "datakit add --name copy data/raw/copy.csv",
            "reviews",
        ),
    )


def test_dk101_an_extra_out_is_not_overlooked() -> None:
    extra = ONE[POINTER] + b"- md5: d41d8cd98f00b204e9800998ecf8427e\n  size: 0\n  hash: md5\n  path: more.csv\n"
    assert (
        only(judged(ONE, {**ONE, POINTER: extra})).message == "`data/raw/more.csv` is tracked by DVC and has no record"
    )


def test_dk101_a_room_that_is_deleted_leaves_its_pointer_alone() -> None:
    # Scenario 5, in full: the whole room goes and the pointer stays.
    left = without(ONE, "catalog/reviews/")
    assert judged(ONE, left) == (
        Finding(
            POINTER,
            "DK101",
            "`data/raw/reviews.csv` is tracked by DVC and has no record",
            "git restore --source=HEAD --staged --worktree -- catalog/reviews",
            "reviews",
        ),
    )


def test_dk101_a_room_of_which_only_the_card_is_left() -> None:
    left = {**without(ONE, "catalog/reviews/"), "catalog/reviews/README.md": ONE["catalog/reviews/README.md"]}
    assert {f.hint for f in judged(ONE, left)} == {f"git restore --source=HEAD --staged --worktree -- {MANIFEST}"}


# Scenarios 1, 2, 11, 14: one of the two moved on.


def test_dk102_the_pointer_is_updated_and_the_manifest_is_not() -> None:
    half = {**ONE, POINTER: room(data="v2")[POINTER]}
    assert judged(ONE, half) == (
        Finding(POINTER, "DK102", f"its md5 is {md5('v2')[:8]}…, the manifest says {md5('v1')[:8]}…", ADD, "reviews"),
    )


def test_dk102_the_manifest_is_updated_and_the_pointer_is_not() -> None:
    new = room(data="v2", before="v1", note="more")
    half = {**ONE, MANIFEST: new[MANIFEST], "catalog/reviews/receipt.json": new["catalog/reviews/receipt.json"]}
    assert only(judged(ONE, half)) == Finding(
        POINTER, "DK102", f"its md5 is {md5('v1')[:8]}…, the manifest says {md5('v2')[:8]}…", ADD, "reviews"
    )


def test_dk102_names_the_first_fact_that_differs() -> None:
    assert (
        only(judged(EMPTY, {**ONE, POINTER: room(size=11)[POINTER]})).message
        == "its size is `11`, the manifest says `10`"
    )
    nameless = pointer.render(Out("reviews.csv", md5("v1"), 10, None, "md5"))
    assert [f.message for f in judged(EMPTY, {**ONE, POINTER: nameless})] == [
        "`data/raw/reviews.csv` is tracked by DVC and has no record",
        "its name is not given, the manifest says `reviews`",
    ]
    folder = pointer.render(Out("reviews.csv", md5("v1") + ".dir", 10, 2, "md5", "reviews"))
    data = manifest.read(ONE[MANIFEST], "m").data._replace(md5=md5("v1") + ".dir")
    found = judged(EMPTY, {**ONE, POINTER: folder, MANIFEST: renamed(ONE, data=data)})
    assert found[-1].message == "its number of files is `2`, the manifest says `1`"


def test_dk102_a_room_cannot_speak_for_another_name() -> None:
    found = judged(EMPTY, {**ONE, MANIFEST: renamed(ONE, name="others")})
    assert (
        Finding(
            MANIFEST, "DK102", "it names `others`, its folder names `reviews`", "datakit mv others reviews", "reviews"
        )
        in found
    )


# Scenarios 4 and 6: a record without its data.


def test_dk103_the_pointer_is_deleted() -> None:
    assert judged(ONE, without(ONE, ".dvc")) == (
        Finding(
            MANIFEST,
            "DK103",
            f"`{POINTER}` is missing or has no out `data/raw/reviews.csv`",
            f"git restore --source=HEAD --staged --worktree -- {POINTER}",
            "reviews",
        ),
    )


def test_dk103_a_room_that_comes_without_its_pointer() -> None:
    assert only(judged(EMPTY, without(ONE, ".dvc"))).code == "DK103"


def test_dk103_the_pointer_became_a_link_or_another_repository() -> None:
    hint = f"git rm --cached -- {POINTER}, take it away, then datakit add {POINTER.removesuffix('.dvc')}"
    other = Finding(POINTER, "DK602", "it is another repository in place of a pointer of DVC", hint)
    lost, found = judged(ONE, {**ONE, POINTER: ("160000", b"")})
    assert (lost.code, found) == ("DK103", other)
    # Scenario 26: what a link leads to is no pointer.
    assert {f.code for f in judged(ONE, {**ONE, POINTER: ("120000", b"/etc/passwd")})} == {"DK104", "DK602"}


def test_dk103_the_manifest_is_deleted() -> None:
    assert judged(ONE, without(ONE, "manifest.json")) == (
        Finding(
            MANIFEST,
            "DK103",
            "the room has no manifest",
            f"git restore --source=HEAD --staged --worktree -- {MANIFEST}",
            "reviews",
        ),
    )
    assert only(judged(EMPTY, without(ONE, "manifest.json", ".dvc"))).hint == "datakit add PATH --name reviews"


# Scenarios 12, 30, 32, 33, 35: broken records.


def test_dk104_a_number_changed_by_hand() -> None:
    edited = ONE[MANIFEST].replace(b'"rows": 3', b'"rows": 4')
    assert judged(ONE, {**ONE, MANIFEST: edited}) == (
        Finding(
            MANIFEST, "DK104", "was changed by hand or staged in part: its digest does not match", AGAIN, "reviews"
        ),
    )


def test_dk104_a_pointer_in_conflict_is_its_dataset_s() -> None:
    ours, theirs = (room(data=data)[POINTER].splitlines(keepends=True) for data in ("v2", "v3"))
    marked = b"".join([ours[0], b"<<<<<<< HEAD\n", ours[1], b"=======\n", theirs[1], b">>>>>>> x\n", *ours[2:]])
    for files in ({**ONE, POINTER: marked}, {**ONE, POINTER: marked, MANIFEST: b"<<<<<<< HEAD\n" + ONE[MANIFEST]}):
        found = [f for f in judged(ONE, files) if f.path == POINTER]
        assert found == [Finding(POINTER, "DK104", record.MERGE, AGAIN, "reviews")]
    alone = only(judged(EMPTY, {**EMPTY, POINTER: marked}))
    assert (alone.dataset, alone.hint) == ("", f"git restore --source=HEAD --staged --worktree -- {POINTER}")


def test_dk104_half_of_a_manifest_staged() -> None:
    new = room(data="v2", before="v1", note="more")
    lines, old = new[MANIFEST].splitlines(keepends=True), ONE[MANIFEST].splitlines(keepends=True)
    half = b"".join(lines[:6] + old[6:])
    assert {f.code for f in judged(ONE, {**ONE, **new, MANIFEST: half})} == {"DK104"}


@pytest.mark.parametrize("path", [MANIFEST, "catalog/reviews/receipt.json", "catalog/reviews/profile.json"])
def test_dk104_every_record_is_read_when_it_changes(path: str) -> None:
    for data in (b"", ONE[path][:40], b"<<<<<<< HEAD\n" + ONE[path], ONE[path] + b" "):
        found = only(judged(ONE, {**ONE, path: data}))
        assert (found.path.partition(":")[0], found.code, found.dataset) == (path, "DK104", "reviews")


def test_dk104_line_ends_are_no_edit() -> None:
    # Scenario 34.
    for path in (
        MANIFEST,
        POINTER,
        "catalog/reviews/contract.odcs.yaml",
        "catalog/reviews/README.md",
        "catalog/reviews/receipt.json",
    ):
        assert judged(ONE, {**ONE, path: ONE[path].replace(b"\n", b"\r\n")}) == ()


def test_dk104_a_mode_alone_is_no_finding() -> None:
    # Scenario 29.
    assert judged(ONE, {**ONE, MANIFEST: ("100755", ONE[MANIFEST])}) == ()


@pytest.mark.parametrize(
    ("data", "where", "message", "hint"),
    [
        (b"", POINTER, "is empty: DVC would take the data for untracked", f"restore it with `git checkout HEAD -- {POINTER}`"),
        (b"outs: [&a {path: x}, *a]\n", f"{POINTER}:1", "anchor `&a` is not allowed", "write the value out"),
        (b"outs:\n- path: a\n  path: b\n", f"{POINTER}:3", "key `path` is there twice", f"git restore --source=HEAD --staged --worktree -- {POINTER}"),
        (b"outs:\n- md5: ABC\n  path: reviews.csv\n", f"{POINTER}:2", "`outs[0].md5`: expected an md5 in lower-case hexadecimal, found 'ABC'", f"git restore --source=HEAD --staged --worktree -- {POINTER}"),
    ],
)  # fmt: skip
def test_dk104_a_broken_pointer(data: bytes, where: str, message: str, hint: str) -> None:
    found = judged(ONE, {**ONE, POINTER: data})
    assert (found[0].place, *found[0][1:4]) == (where, "DK104", message, hint)
    assert {f.code for f in found} == {"DK104"}


@pytest.mark.parametrize(
    "path", ["../../../etc/passwd", "/etc/passwd", "../../.git/hooks/x", "../../.dvc/config", "C:/x", "s3://bucket/x"]
)
def test_dk104_an_out_that_leads_outside(path: str) -> None:
    data = pointer.render(Out(path, md5("v1"), 10, None, "md5"))
    assert judged(EMPTY, {**EMPTY, "data/raw/x.dvc": data}) == (
        Finding(
            "data/raw/x.dvc",
            "DK104",
            f"its out `{path}` leads outside the repository or into Git's, DVC's or datakit's own folders",
            "write a relative path below the pointer",
            data=md5("v1"),
        ),
    )


def test_dk104_a_name_that_is_none() -> None:
    data = pointer.render(Out("x", md5("v1"), 10, None, "md5", "No Name"))
    assert judged(EMPTY, {**EMPTY, "data/raw/x.dvc": data}) == (
        Finding(
            "data/raw/x.dvc",
            "DK104",
            "`No Name` cannot name a dataset: a name is lower-case letters, digits, `-` and `_`, starting and ending with a letter or digit",
            "datakit add --name no-name data/raw/x",
        ),
    )


def test_dk104_a_card_and_a_contract_are_mended_by_hand() -> None:
    terms = "catalog/reviews/contract.odcs.yaml"
    for path, data, mend in (
        ("catalog/reviews/README.md", b"---\na: [\n---\n", "mend the file by hand"),
        (terms, b"a: [\n", f"edit line 2 of {terms}"),
    ):
        found = [f for f in judged(ONE, {**ONE, path: data}) if f.code == "DK104"]
        assert [(f.path.partition(":")[0], f.hint) for f in found] == [(path, mend)]


def test_dk104_a_manifest_of_a_forger_cannot_lead_elsewhere() -> None:
    for field, value in (("pointer", "../x.dvc"), ("pointer", "data/raw/reviews.csv.dvc\0x"), ("path", "/etc/passwd")):
        fields = {**record.load(ONE[MANIFEST], "m"), field: value}
        found = judged(ONE, {**ONE, MANIFEST: record.dump(fields)})
        assert [f.code for f in found] == ["DK104"]


# DK105: the artifact.


def test_dk105_there_is_no_artifact() -> None:
    assert judged(EMPTY, without(ONE, "dvc.yaml")) == (
        Finding(
            "dvc.yaml",
            "DK105",
            "it has no artifact `reviews`, the manifest says `data/raw/reviews.csv`",
            "datakit add reviews",
            "reviews",
        ),
    )


def test_dk105_the_artifact_has_another_path() -> None:
    wrong = artifacts.put(b"", "reviews", "data/raw/old.csv")
    assert judged(ONE, {**ONE, "dvc.yaml": wrong}) == (
        Finding(
            "dvc.yaml",
            "DK105",
            "it says that `reviews` is `data/raw/old.csv`, the manifest says `data/raw/reviews.csv`",
            AGAIN,
            "reviews",
        ),
    )


def test_dk105_a_decoy_elsewhere_in_dvc_yaml_is_no_artifact() -> None:
    decoy = b"vars:\n- x: 1\n  reviews: {path: data/raw/reviews.csv, type: dataset}\nartifacts:\n  reviews:\n    path: wrong\n"
    assert only(judged(ONE, {**ONE, "dvc.yaml": decoy})).message == (
        "it says that `reviews` is `wrong`, the manifest says `data/raw/reviews.csv`"
    )


def test_dk105_other_ways_to_write_it_are_as_good() -> None:
    for text in (
        "artifacts: {reviews: {path: data/raw/reviews.csv}}\n",
        "artifacts:\n  reviews:\n    path: data/raw/reviews.csv\n    type: dataset\n",
    ):
        assert judged(ONE, {**ONE, "dvc.yaml": text}) == ()


def test_dk105_a_broken_dvc_yaml_is_said_once() -> None:
    broken = {**ONE, "dvc.yaml": b"artifacts: [\n"}
    assert [(f.path.partition(":")[0], f.code) for f in judged(ONE, broken)] == [("dvc.yaml", "DK104")]


# Scenarios 23 and 24: a rename.


def test_a_rename_with_everything_is_allowed() -> None:
    assert judged(ONE, repository(room(folder="data/processed"))) == ()


def test_a_rename_of_the_pointer_alone_is_not() -> None:
    moved = {**without(ONE, ".dvc"), "old/reviews.csv.dvc": ONE[POINTER]}
    found = judged(ONE, moved)
    assert sorted(f.code for f in found) == ["DK101", "DK103"]
    assert {f.hint for f in found} == {"datakit mv reviews old/reviews.csv"}


def test_wdir_is_followed() -> None:
    elsewhere = {**without(ONE, ".csv.dvc"), "data/reviews.dvc": b"wdir: raw\n" + ONE[POINTER]}
    elsewhere[MANIFEST] = renamed(ONE, pointer="data/reviews.dvc")
    assert judged(EMPTY, elsewhere) == ()


# Severities, tiers, other datasets.


@pytest.mark.parametrize(
    ("code", "files"),
    [
        ("DK101", {POINTER: pointer.render(Out("reviews.csv", md5("v1"), 10, None, "md5"))}),
        ("DK102", {**room(), POINTER: room(data="v2")[POINTER], "dvc.yaml": ONE["dvc.yaml"]}),
        ("DK103", without(ONE, ".csv.dvc", "datakit.yaml")),
        ("DK104", {**ONE, MANIFEST: b"{}"}),
        ("DK105", without(ONE, "dvc.yaml", "datakit.yaml")),
    ],
)
def test_severities(code: str, files: dict[str, Any]) -> None:
    levels = []
    for level in ("error", "warn", "off"):
        policy = {"datakit.yaml": f"severity: {{{code}: {level}}}\n"}
        levels.append([f.level for f in judged({}, {**files, **policy}) if f.code == code])
    assert levels == [["error"], ["warn"], []]


def test_unrelated_datasets_are_left_alone() -> None:
    bad = without(room("bad"), "manifest.json")
    base = repository(room(), bad)
    assert judged(base, {**base, "src/clean.py": b"print()\n"}) == ()
    assert judged(base, {**base, **room(data="v2", before="v1", note="more")}) == ()
    assert {f.dataset for f in judged(base, base, whole=True)} == {"bad"}


# Data that a stage makes.

LOCK = b"""\
schema: '2.0'
stages:
  clean:
    cmd: python clean.py
    outs:
    - path: data/processed/clean.csv
      hash: md5
      md5: %s
      size: 10
  other:
    cmd: x
    outs:
    - path: data/processed/other.csv
      hash: md5
      md5: 900150983cd24fb0d6963f7d28e17f72
      size: 3
"""


def stage(data: str) -> dict[str, Any]:
    """Return a dataset whose pointer is dvc.lock."""
    files = without(room("clean", data=data, folder="data/processed", note="n", before="v0"), ".dvc")
    place = "catalog/clean/manifest.json"
    files[place] = manifest.dump(manifest.read(files[place], place)._replace(pointer="dvc.lock"))
    return {
        **EMPTY,
        **files,
        "dvc.lock": LOCK % md5(data).encode(),
        "dvc.yaml": artifacts.put(b"", "clean", "data/processed/clean.csv"),
    }


def test_an_output_of_a_stage_is_judged_by_its_artifact() -> None:
    # The other stage's output was there before; it is not this change's business.
    base = {**EMPTY, "dvc.lock": LOCK % md5("v0").encode()}
    assert judged(base, stage("v1")) == ()
    half = {**stage("v1"), "dvc.lock": LOCK % md5("v2").encode()}
    assert only(judged(stage("v1"), half)).code == "DK102"
    new = {**EMPTY, "dvc.lock": LOCK % md5("v1").encode()}
    assert sorted(f.message for f in judged(EMPTY, new)) == [
        "`data/processed/clean.csv` is tracked by DVC and has no record",
        "`data/processed/other.csv` is tracked by DVC and has no record",
    ]


def test_dk101_a_new_dataset_without_a_manifest_is_said_once() -> None:
    assert [f.code for f in judged(EMPTY, without(ONE, "manifest.json"))] == ["DK101"]


def test_dk105_a_dataset_is_gone_and_its_artifact_stays() -> None:
    gone = without(without(ONE, "catalog/reviews/"), POINTER)
    mend = 'datakit rm reviews --reason "why it is no longer needed"'
    assert judged(ONE, gone)[1:] == (
        Finding("dvc.yaml", "DK105", "its artifact `reviews` has no record any more", mend, "reviews"),
    )
    moved = {**gone, **room("others"), "data/raw/reviews.csv.dvc": b""}
    assert [f.hint for f in judged(ONE, without(moved, POINTER)) if f.message.startswith("its artifact")] == [
        "datakit mv reviews others"
    ]


def test_dk104_recipes_and_records_of_splits_are_read_when_they_change() -> None:
    recipe, record = "catalog/reviews/splits/default.yaml", "catalog/reviews/splits/default.json"
    found = judged(ONE, {**ONE, recipe: b"into: {a: 0.5}\nkey: [id]\n", record: b"{}\n"})
    assert [(f.path, f.code, f.message) for f in found] == [
        (record, "DK104", "has no digest as its last line: it was not written by datakit, or was cut"),
        (recipe, "DK104", "`into`: the shares sum to 0.5, expected exactly 1"),
    ]
    broken = {**ONE, recipe: b"into: {a: 0.5}\nkey: [id]\n"}
    assert judged(broken, {**broken, "code.py": b"1"}) == ()


def test_dk101_a_second_pointer_to_the_same_data() -> None:
    copy = pointer.render(Out("reviews.csv", md5("v2"), 10, None, "md5", "reviews"))
    found = judged(ONE, {**ONE, "data/raw/copy.dvc": copy})
    assert [(f.path, f.code, f.message, f.dataset) for f in found] == [
        (
            "data/raw/copy.dvc",
            "DK101",
            f"it tracks `data/raw/reviews.csv` once more: `reviews` is recorded with an out of `{POINTER}`",
            "reviews",
        )
    ]


def test_dk102_data_that_dvc_does_not_keep() -> None:
    left_out = ONE[POINTER].replace(b"  hash: md5\n", b"  hash: md5\n  cache: false\n")
    found = judged(ONE, {**ONE, POINTER: left_out})
    assert [(f.path, f.code, f.message) for f in found] == [
        (
            POINTER,
            "DK102",
            "`cache: false` keeps `data/raw/reviews.csv` out of DVC's cache, so that nobody could pull it",
        )
    ]


def test_dk102_a_hash_of_dvc_2() -> None:
    found = judged(ONE, {**ONE, POINTER: ONE[POINTER].replace(b"  hash: md5\n", b"")})
    assert [f.message for f in found] == ["its kind of hash is not given, the manifest says `md5`"]
