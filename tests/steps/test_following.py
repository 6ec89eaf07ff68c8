"""What `add` does with splits: new rows join, old ones stay, and what cannot be extended stays as it was."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import datakit
from datakit.records import Added
from tests.support.datasets import CARD, md5, record
from tests.support.repo import Repo, copied
from tests.support.splits import members

PATH = "data/raw/birds.csv"
SPLITS = "catalog/birds/splits"
RECORD, RECIPE, MEMBERSHIP = f"{SPLITS}/default.json", f"{SPLITS}/default.yaml", f"{SPLITS}/default.parquet"
POINTER = f"{MEMBERSHIP}.dvc"
LINES = [f"{at},s{at % 17},{'mf'[at % 3 == 0]},{at * 1.37:.3f}" for at in range(1, 61)]
MORE = [f"{at},s{at % 17},{'mf'[at % 3 == 0]},{at * 1.37:.3f}" for at in range(61, 81)]


def table(*lines: str) -> str:
    """Return the bytes of a table."""
    return "\n".join(["id,site,sex,mass", *lines]) + "\n"


def parts(repo: Repo) -> dict[str, str]:
    """Return the part of each key."""
    return members(repo.path / MEMBERSHIP)


def added(repo: Repo, *lines: str, note: str | None = "more birds") -> Added:
    """Record other rows."""
    repo.write({PATH: table(*lines)})
    (done,) = datakit.add("birds", note=note, root=repo.path)
    return done


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder for what is copied."""
    return tmp_path_factory.mktemp("shelf")


@pytest.fixture
def birds(shelf: Path, blank_project: Path, tmp_path: Path) -> Repo:
    """A project with `birds` and a stratified split, committed; the contract is agreed to."""
    if not (shelf / "repo").exists():
        made = copied(blank_project, shelf / "repo")
        made.write({PATH: table(*LINES)})
        datakit.add(PATH, fields=CARD, root=made.path)
        contract = "catalog/birds/contract.odcs.yaml"
        text = made.read(contract).replace("status: draft", "status: active")
        made.write({contract: "".join(line for line in text.splitlines(True) if "maximum" not in line)})
        datakit.split("birds", into="train=0.5,test=0.5", stratify="sex", root=made.path)
        datakit.add("birds", root=made.path)
        made.commit("birds")
    return copied(shelf / "repo", tmp_path / "repo")


def test_new_rows_join_in_the_same_commit(birds: Repo) -> None:
    before = parts(birds)
    done = added(birds, *LINES, *MORE)
    assert done.findings == ()
    assert {RECORD, POINTER, "catalog/birds/manifest.json", f"{PATH}.dvc"} < set(done.written)
    assert done.notes == ("split `default` extended: new rows 20, gone 0; no other row moved",)
    after = parts(birds)
    assert {key: after[key] for key in before} == before
    assert len(after) == 80
    found = record(birds, "birds", "splits/default")
    assert found["data"]["md5"] == md5(table(*LINES, *MORE))
    assert f"M  {POINTER}" in birds.status()
    assert MEMBERSHIP not in done.written
    assert "up to date" in birds.dvc("status")
    assert added(birds, *LINES, *MORE).action == "unchanged"


def test_rows_that_go_and_come_back(birds: Repo) -> None:
    files = {path: (birds.path / path).read_bytes() for path in (RECORD, POINTER, MEMBERSHIP)}
    assert added(birds, *LINES[:30]).notes == ("split `default` extended: new rows 0, gone 30; no other row moved",)
    assert len(parts(birds)) == 30
    done = added(birds, *LINES, note=None)
    assert done.notes == ("split `default` is what it was for these data",)
    assert {path: (birds.path / path).read_bytes() for path in files} == files
    assert [line for line in birds.status() if "splits" in line] == []


def test_an_unchanged_membership_is_not_written(birds: Repo) -> None:
    pointer, membership = birds.read(POINTER), (birds.path / MEMBERSHIP).stat().st_mtime_ns
    done = added(birds, *LINES[:-1], LINES[-1].replace("s", "S"))
    assert RECORD in done.written
    assert POINTER not in done.written
    assert (birds.read(POINTER), (birds.path / MEMBERSHIP).stat().st_mtime_ns) == (pointer, membership)


def test_rows_that_tie_groups_are_in_no_part(birds: Repo) -> None:
    birds.write({PATH: table(*(f"{at},s{at},x{at},{at}.5" for at in range(40)))})
    datakit.add("birds", note="others", root=birds.path)
    datakit.split("birds", "tied", into="train=0.5,test=0.5", group=["site", "sex"], root=birds.path)
    birds.commit("apart")
    found = members(birds.path / f"{SPLITS}/tied.parquet")
    one, other = (next(key for key, part in found.items() if part == wanted) for wanted in ("train", "test"))
    lines = [f"{at},s{at},x{at},{at}.5" for at in range(40)]
    done = added(birds, *lines, f"99,s{one},x{other},1.25")
    assert "split `tied`: rows that tie groups of different parts are in no part: 1" in done.notes
    assert members(birds.path / f"{SPLITS}/tied.parquet") == {**found, "99": "excluded"}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("recipe", "the recipe of split `default` of `birds` changed, so it cannot be extended: `group` none -> site"),
        ("null", f"{PATH}: the key `id` is missing in row 61"),
        ("lost", "DVC has no remote here (dvc remote add --default storage URL)"),
        ("no recipe", f"split `default` of `birds` has no recipe, {RECIPE}"),
        ("broken recipe", f"{RECIPE}: `key`: expected a list of the columns that identify a row"),
    ],
)
def test_what_cannot_be_extended_stays_as_it_was(birds: Repo, change: str, why: str) -> None:
    text = table(*LINES, *MORE)
    if change == "recipe":
        birds.write({RECIPE: birds.read(RECIPE) + "group: [site]\n"})
    elif change == "key":
        text = text.replace("id,", "ring,")
    elif change == "null":
        text = table(*LINES, ",s1,m,1.5")
    elif change == "lost":
        shutil.rmtree(birds.path / ".dvc/cache")
        (birds.path / MEMBERSHIP).unlink()
    elif change == "no recipe":
        (birds.path / RECIPE).unlink()
    else:
        birds.write({RECIPE: "into: {a: 1}\n"})
    before = {path: birds.read(path) for path in (RECORD, POINTER)}
    birds.write({PATH: text})
    (done,) = datakit.add("birds", note="more", root=birds.path)
    assert done.action == "updated"
    assert {path: birds.read(path) for path in before} == before
    (note,) = [note for note in done.notes if note.startswith("split")]
    assert note.startswith(f"split `default` stays as it was: {why}"), note
    assert note.endswith("; then `datakit split birds --extend`")
    assert {f.code for f in done.findings} & {"DK401", "DK104"}


def test_a_key_column_that_was_renamed(birds: Repo) -> None:
    datakit.split("birds", "plain", into="train=0.5,test=0.5", root=birds.path)
    datakit.split("birds", "sites", into="train=0.5,test=0.5", group=["site"], root=birds.path)
    birds.commit("splits")
    before = {split: members(birds.path / f"{SPLITS}/{split}.parquet") for split in ("plain", "sites")}
    birds.write({PATH: table(*LINES, *MORE).replace("id,", "ring,", 1)})
    contract = "catalog/birds/contract.odcs.yaml"
    birds.write({contract: birds.read(contract).replace("name: id", "name: ring")})
    (done,) = datakit.add("birds", note="renamed", root=birds.path)
    again = f"name the new one in {SPLITS}/plain.yaml, then `datakit split birds --split plain`, which assigns anew"
    assert (
        f"split `plain` stays as it was: {PATH}: the recipe's `key` names `id`, which is no column "
        f"(there are `ring`, `site`, `sex`, `mass`; rename the column back, or {again})"
    ) in done.notes
    for split, was in before.items():
        recipe = f"{SPLITS}/{split}.yaml"
        birds.write({recipe: birds.read(recipe).replace('"id"', '"ring"')})
        made = datakit.split("birds", split, root=birds.path)
        now = members(birds.path / f"{SPLITS}/{split}.parquet")
        assert (made.action, made.moved, len(now)) == ("made", 0, 80)
        assert {key: now[key] for key in was} == was


def test_a_group_that_was_corrected_is_a_leak_that_the_gate_stops(birds: Repo) -> None:
    datakit.split("birds", "sites", into="train=0.5,test=0.5", group=["site"], root=birds.path)
    birds.commit("sites")
    found = members(birds.path / f"{SPLITS}/sites.parquet")
    one, other = (next(key for key, part in found.items() if part == wanted) for wanted in ("train", "test"))
    lines = list(LINES)
    lines[int(one) - 1] = lines[int(one) - 1].replace(f",s{int(one) % 17},", f",s{int(other) % 17},")
    done = added(birds, *lines)
    assert members(birds.path / f"{SPLITS}/sites.parquet") == found
    assert record(birds, "birds", "splits/sites")["leaks"]["group"] > 1
    assert [(f.path, f.code) for f in done.findings] == [(f"{SPLITS}/sites.json", "DK403")]
    (note,) = [note for note in done.notes if "share" in note]
    assert note.startswith("split `sites`: parts share what they must not: group in rows ")
    # The command that the finding names tells the rows, too, though the split is of these data already.
    assert str(done.findings[0].hint).startswith("`datakit split birds --split sites --extend` names the rows")
    with pytest.raises(datakit.DatakitError) as caught:
        datakit.split("birds", "sites", extend=True, root=birds.path)
    assert caught.value.message == note.replace("split `sites`", "split `sites` of `birds`")
    birds.write({f"{SPLITS}/sites.json": birds.git("show", f"HEAD:{SPLITS}/sites.json") + "\n"})
    birds.git("add", "-A")
    with pytest.raises(datakit.DatakitError, match="parts share what they must not: group in rows"):
        datakit.split("birds", "sites", extend=True, root=birds.path)


def test_add_without_a_name_mends_splits(birds: Repo) -> None:
    good = birds.read(RECORD)
    birds.write({RECORD: "<<<<<<< ours\n" + good})
    (done,) = datakit.add(root=birds.path)
    assert (done.written, birds.read(RECORD)) == ((RECORD,), good)
    assert datakit.add(root=birds.path) == ()


def test_a_sealed_part_keeps_its_rows(birds: Repo) -> None:
    from datakit.formats import split

    sealed = split.read(birds.read(RECORD).encode(), RECORD)._replace(sealed={"test": "published"})
    birds.write({RECORD: split.dump(sealed)})
    birds.commit("sealed")
    done = added(birds, *LINES, *MORE)
    assert "part `test` of split `default` of `birds` is sealed (published) and would change" in done.notes[0]
    assert [f.code for f in done.findings] == ["DK401"]


def test_a_folder(project: Repo) -> None:
    photos = {f"data/raw/photos/{at % 5}/{at}.jpg": f"photo {at}" for at in range(40)}
    project.write(photos)
    datakit.add("data/raw/photos", fields=CARD, root=project.path)
    datakit.split("photos", into="train=0.5,test=0.5", group=["folder"], root=project.path)
    project.commit("photos")
    place = project.path / "catalog/photos/splits/default.parquet"
    before = members(place)
    project.write({"data/raw/photos/3/x.jpg": "photo x"})
    datakit.add("photos", note="one more", root=project.path)
    assert members(place) == {**before, "3/x.jpg": before["3/3.jpg"]}


def photos(repo: Repo, **splits: tuple[str, str]) -> Path:
    """Record folders of photos with splits by these options, `key` or `group`; return the folder of the memberships."""
    repo.write({f"data/raw/photos/{'abc'[at % 3]}/{at:02}.jpg": f"photo {at}" for at in range(60)})
    datakit.add("data/raw/photos", fields=CARD, root=repo.path)
    for split, (option, column) in splits.items():
        key, group = ([column], []) if option == "key" else ([], [column])
        datakit.split("photos", split, into="train=0.5,test=0.5", salt="2", key=key, group=group, root=repo.path)
    repo.commit("photos")
    return repo.path / "catalog/photos/splits"


def test_files_that_moved_keep_their_parts(project: Repo) -> None:
    place = photos(project, files=("key", "file"), group=("group", "folder"), folders=("key", "folder"))
    before = {split: members(place / f"{split}.parquet") for split in ("files", "group", "folders")}
    folder = project.path / "data/raw/photos"
    (folder / "a").rename(folder / "z")
    project.write({"data/raw/photos/z/new.jpg": "photo new"})
    (done,) = datakit.add("photos", note="a is z", root=project.path)
    assert done.notes == tuple(
        f"split `{split}` extended: new files 1, gone 0, moved 20, which kept their parts; no other file moved"
        for split in ("files", "folders", "group")
    )
    after = {split: members(place / f"{split}.parquet") for split in before}
    assert {f"z{key[1:]}" if key[0] == "a" else key: part for key, part in before["files"].items()}.items() <= after[
        "files"
    ].items()
    assert {part for key, part in after["group"].items() if key[0] == "z"} == {before["group"]["a/00.jpg"]}
    assert after["folders"]["z"] == before["folders"]["a"]
    project.commit("a is z")
    assert all(item.intact for item in datakit.verify("photos", root=project.path))


def test_files_that_go_to_a_folder_of_another_part_are_told_of(project: Repo) -> None:
    place = photos(project, group=("group", "folder"), folders=("key", "folder"))
    part = members(place / "folders.parquet")
    assert len(set(part.values())) == 2
    one, other = (next(key for key, was in part.items() if was == wanted) for wanted in ("train", "test"))
    folder = project.path / "data/raw/photos"
    for path in sorted((folder / one).iterdir())[:3]:
        path.rename(folder / other / path.name)
    (done,) = datakit.add("photos", note="moved", root=project.path)
    told = "files that lie, byte for byte the same, in another part than before: 3"
    assert [note for note in done.notes if "another part" in note] == [
        f"split `{split}`: {told}" for split in ("folders", "group")
    ]
    assert members(place / "folders.parquet") == part


def test_bytes_that_were_in_both_parts_say_nothing(project: Repo) -> None:
    project.write({"datakit.yaml": project.read("datakit.yaml") + "severity: {DK403: warn}\n"})
    project.write({f"data/raw/photos/{at:02}.jpg": f"photo {at // 30}" for at in range(60)})
    datakit.add("data/raw/photos", fields=CARD, root=project.path)
    datakit.split("photos", into="train=0.5,test=0.5", root=project.path)
    project.commit("photos")
    folder = project.path / "data/raw/photos"
    for path in folder.iterdir():
        path.rename(path.with_suffix(".png"))
    (done,) = datakit.add("photos", note="moved", root=project.path)
    assert "split `default` extended: new files 60, gone 60; no other file moved" in done.notes


def test_without_the_former_listing_nothing_is_guessed(project: Repo) -> None:
    photos(project, files=("key", "file"))
    for listing in (project.path / ".dvc/cache").rglob("*.dir"):
        listing.unlink()
    folder = project.path / "data/raw/photos"
    (folder / "a").rename(folder / "z")
    (done,) = datakit.add("photos", note="a is z", root=project.path)
    assert any(note.startswith("split `files` stays as it was: DVC has no remote here") for note in done.notes)


def test_a_broken_record_that_git_does_not_have(birds: Repo) -> None:
    datakit.split("birds", "new", into="train=0.5,test=0.5", root=birds.path)
    birds.git("rm", "--quiet", "--cached", f"{SPLITS}/new.json")
    birds.write({f"{SPLITS}/new.json": "{}\n"})
    (done,) = datakit.add("birds", root=birds.path)
    (note,) = done.notes
    assert note == (
        f"split `new` stays as it was: {SPLITS}/new.json: cannot be read, and Git has none that can "
        "(datakit split birds --split new --anew, which may move rows); then `datakit split birds --split new --extend`"
    )
    assert datakit.split("birds", "new", anew=True, root=birds.path).findings == ()
