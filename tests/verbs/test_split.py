"""`split`: who is in which part, by a recipe that people own; nothing moves that was assigned."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import datakit
from datakit.errors import (
    DatakitError,
    EnvironmentProblem,
    IntegrityError,
    InvalidData,
    InvalidRecord,
    NotFound,
    UsageError,
)
from datakit.formats import pointer
from datakit.formats.pointer import Out
from tests.support.datasets import CARD, everything, md5
from tests.support.repo import Repo, copied
from tests.support.splits import members

PATH = "data/raw/birds.csv"
SPLITS = "catalog/birds/splits"
RECORD, RECIPE, MEMBERSHIP = f"{SPLITS}/default.json", f"{SPLITS}/default.yaml", f"{SPLITS}/default.parquet"
POINTER = f"{MEMBERSHIP}.dvc"
INTO = "train=0.8,test=0.2"
LINES = [f"{at},s{at % 17},{'mf'[at % 3 == 0]},{at * 1.37:.3f}" for at in range(1, 101)]
MORE = [f"{at},s{at % 17},{'mf'[at % 3 == 0]},{at * 1.37:.3f}" for at in range(101, 131)]


def table(*lines: str) -> str:
    """Return the bytes of a table."""
    return "\n".join(["id,site,sex,mass", *lines]) + "\n"


def told(error: pytest.ExceptionInfo[DatakitError]) -> str:
    """Return message and hint."""
    return f"{error.value.message} | {error.value.hint}"


def record(repo: Repo) -> dict[str, Any]:
    """Return the record of the default split."""
    found: dict[str, Any] = json.loads(repo.read(RECORD))
    return found


def parts(repo: Repo) -> dict[str, str]:
    """Return the part of each key."""
    return members(repo.path / MEMBERSHIP)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder for what is copied."""
    return tmp_path_factory.mktemp("shelf")


@pytest.fixture
def birds(shelf: Path, blank_project: Path, tmp_path: Path) -> Repo:
    """A project with `birds`, a hundred rows, committed; its contract is agreed to."""
    if not (shelf / "birds").exists():
        made = copied(blank_project, shelf / "birds")
        made.write({PATH: table(*LINES)})
        datakit.add(PATH, fields=CARD, root=made.path)
        contract = "catalog/birds/contract.odcs.yaml"
        made.write({contract: made.read(contract).replace("status: draft", "status: active")})
        made.commit("birds")
    return copied(shelf / "birds", tmp_path / "birds")


@pytest.fixture
def halved(shelf: Path, birds: Repo, tmp_path: Path) -> Repo:
    """The same with a split, committed."""
    if not (shelf / "halved").exists():
        made = copied(birds.path, shelf / "halved")
        datakit.split("birds", into=INTO, root=made.path)
        made.commit("split")
    return copied(shelf / "halved", tmp_path / "halved")


class TestMade:
    def test_what_is_written_and_said(self, birds: Repo) -> None:
        done = datakit.split("birds", into=INTO, root=birds.path)
        assert (done.name, done.split, done.path, done.action, done.staged) == (
            "birds",
            "default",
            RECORD,
            "made",
            True,
        )
        assert done.written == (f"{SPLITS}/.gitignore", RECORD, POINTER, RECIPE)
        assert (done.rows, sum(done.parts.values()), done.excluded, done.leaks) == (100, 100, {}, {})
        assert (done.new, done.gone, done.strata, done.findings) == (None, None, 0, ())
        assert birds.read(RECIPE) == 'recipe: 1\ninto:\n  train: 0.8\n  test: 0.2\nkey: ["id"]\nnulls: refuse\n'
        found = parts(birds)
        assert sorted(found, key=int) == [str(at) for at in range(1, 101)]
        assert {part: list(found.values()).count(part) for part in done.parts} == done.parts
        data = (birds.path / MEMBERSHIP).read_bytes()
        assert record(birds)["membership"] == md5(data)
        assert birds.read(POINTER) == pointer.render(Out("default.parquet", md5(data), len(data), None, "md5")).decode()
        assert birds.status() == [f"A  {path}" for path in done.written]
        assert datakit.check(staged=True, root=birds.path) == ()

    def test_twice_is_once(self, halved: Repo) -> None:
        before = everything(halved)
        for options in ({}, {"into": INTO}, {"into": {"train": 0.8, "test": "0.20"}}, {"extend": True}):
            done = datakit.split("birds", root=halved.path, **options)
            assert (done.action, done.written, done.rows) == ("unchanged", (), 100)
            assert everything(halved) == before
        assert datakit.split("birds", anew=True, root=halved.path).written == ()
        assert everything(halved) == before

    def test_the_recorded_bytes_are_split_whatever_lies_there(self, birds: Repo) -> None:
        birds.write({PATH: "broken,beyond\nrecognition\n"})
        assert datakit.split("birds", into=INTO, root=birds.path).rows == 100
        (birds.path / PATH).unlink()
        assert datakit.split("birds", "b", into=INTO, salt="b", root=birds.path).rows == 100

    def test_every_option(self, birds: Repo) -> None:
        options: dict[str, Any] = {"key": ["id"], "group": ["site"], "stratify": "sex", "salt": "s", "nulls": "exclude"}
        datakit.split("birds", "cv", into=INTO, root=birds.path, **options)
        assert birds.read(f"{SPLITS}/cv.yaml") == (
            'recipe: 1\ninto:\n  train: 0.8\n  test: 0.2\nkey: ["id"]\ngroup: ["site"]\nstratify: "sex"\nsalt: "s"\nnulls: exclude\n'
        )
        found = members(birds.path / f"{SPLITS}/cv.parquet")
        together: dict[str, str] = {}
        for line in LINES:
            key, site = line.split(",")[:2]
            assert together.setdefault(site, found[key]) == found[key]

    def test_by_time(self, birds: Repo) -> None:
        datakit.split("birds", into="old=0.5,new=0.5", time="mass", root=birds.path)
        found = parts(birds)
        assert [found[str(at)] for at in range(1, 101)] == ["old"] * 50 + ["new"] * 50

    def test_files(self, project: Repo) -> None:
        project.write({f"data/raw/photos/{at % 7}/{at}.jpg": f"photo {at}" for at in range(60)})
        datakit.add("data/raw/photos", fields=CARD, root=project.path)
        done = datakit.split("photos", into=INTO, root=project.path)
        assert done.rows == 60
        assert 'key: ["file"]' in project.read("catalog/photos/splits/default.yaml")
        by_folder = datakit.split("photos", "folders", into=INTO, key=["folder"], salt="1", root=project.path)
        assert (by_folder.rows, sum(by_folder.parts.values())) == (60, 60)
        assert set(members(project.path / "catalog/photos/splits/folders.parquet")) == set("0123456")
        assert datakit.verify("photos", root=project.path)[0].splits == 2

    def test_without_staging(self, birds: Repo) -> None:
        birds.write({"datakit.yaml": "policy: 1\ngit: {autostage: false}\n"})
        done = datakit.split("birds", into=INTO, root=birds.path)
        assert not done.staged
        assert f"?? {RECORD}" in birds.status()

    def test_an_ignore_file_that_is_there_keeps_its_lines(self, birds: Repo) -> None:
        birds.write({f"{SPLITS}/.gitignore": "*.tmp"})
        datakit.split("birds", into=INTO, root=birds.path)
        assert birds.read(f"{SPLITS}/.gitignore") == "*.tmp\n/*.parquet\n"


class TestRecipe:
    def test_an_edited_recipe_makes_the_split_anew(self, halved: Repo) -> None:
        halved.write({RECIPE: "# as agreed\n" + halved.read(RECIPE).replace("0.8", "0.6").replace("0.2", "0.4")})
        assert [(f.code, f.hint) for f in datakit.check(root=halved.path)] == [("DK401", "datakit split birds")]
        done = datakit.split("birds", root=halved.path)
        assert (done.action, done.findings) == ("made", ())
        assert done.written == (RECORD, POINTER)
        assert 45 < done.parts["train"] < 75
        assert f"M  {RECIPE}" in halved.status()
        assert halved.read(RECIPE).startswith("# as agreed\n")

    def test_a_recipe_of_people_is_enough(self, birds: Repo) -> None:
        birds.write({f"{SPLITS}/mine.yaml": "into: {a: 0.5, b: 0.5}\nkey: [id]  # ring\n"})
        assert datakit.split("birds", "mine", root=birds.path).written == (
            f"{SPLITS}/.gitignore",
            f"{SPLITS}/mine.json",
            f"{SPLITS}/mine.parquet.dvc",
        )

    def test_a_recipe_that_is_there_is_not_overwritten(self, halved: Repo) -> None:
        before = everything(halved)
        with pytest.raises(UsageError) as error:
            datakit.split("birds", into="train=0.7,test=0.3", group=["site"], root=halved.path)
        assert told(error) == (
            f"{RECIPE} is there and says otherwise: `into` train=0.8,test=0.2 -> train=0.7,test=0.3; `group` none -> site | "
            "edit it, then `datakit split birds`; or make another split with `--split NAME`"
        )
        assert everything(halved) == before

    def test_extension_by_another_recipe(self, halved: Repo) -> None:
        halved.write({RECIPE: halved.read(RECIPE) + "group: [site]\n"})
        before = everything(halved)
        with pytest.raises(UsageError, match="changed, so it cannot be extended: `group` none -> site"):
            datakit.split("birds", extend=True, root=halved.path)
        assert everything(halved) == before


class TestExtended:
    """The data was recorded anew while the split stayed behind."""

    @pytest.fixture
    def behind(self, birds: Repo) -> Repo:
        """A stratified split of the first hundred rows; thirty more are recorded."""
        datakit.split("birds", into="train=0.5,test=0.5", stratify="sex", root=birds.path)
        birds.commit("split")
        old = {path: birds.read(path) for path in (RECORD, POINTER)}
        birds.write({PATH: table(*LINES, *MORE)})
        datakit.add("birds", note="more", root=birds.path)
        birds.write(old)
        birds.dvc("checkout", "--force", "--quiet", POINTER)
        return birds

    @pytest.mark.parametrize("options", [{}, {"extend": True}, {"into": "train=0.5,test=0.5", "stratify": "sex"}])
    def test_no_row_moves(self, behind: Repo, options: Mapping[str, Any]) -> None:
        behind.commit("behind")
        assert [f.hint for f in datakit.check(root=behind.path)] == ["datakit split birds --extend"]
        before = parts(behind)
        done = datakit.split("birds", root=behind.path, **options)
        assert (done.action, done.rows, done.new, done.gone, done.written) == (
            "extended",
            130,
            30,
            0,
            (RECORD, POINTER),
        )
        after = parts(behind)
        assert {key: after[key] for key in before} == before
        assert len(after) == 130
        assert datakit.check(root=behind.path) == ()

    def test_anew_moves_rows(self, behind: Repo) -> None:
        behind.commit("behind")
        before = parts(behind)
        done = datakit.split("birds", anew=True, root=behind.path)
        assert (done.action, done.new) == ("made", None)
        assert done.parts == {"train": 65, "test": 65}
        after = parts(behind)
        assert {key: after[key] for key in before} != before

    def test_what_git_remembers_of_these_data_comes_back(self, behind: Repo) -> None:
        # What `add` had staged is of these very data.
        done = datakit.split("birds", root=behind.path)
        assert (done.action, done.written) == ("restored", (RECORD, POINTER))
        assert datakit.check(root=behind.path) == ()


class TestLost:
    def test_each_file_alone(self, halved: Repo) -> None:
        whole = everything(halved)
        for path in (RECORD, POINTER, MEMBERSHIP, f"{SPLITS}/.gitignore"):
            (halved.path / path).unlink()
            done = datakit.split("birds", root=halved.path)
            assert done.written == (() if path == MEMBERSHIP else (path,))
            assert done.action == ("unchanged" if path == MEMBERSHIP else "restored")
            assert halved.read(RECORD) == whole[RECORD][1].decode()  # type: ignore[index]  # time and content
            assert (halved.path / MEMBERSHIP).read_bytes() == whole[MEMBERSHIP][1]  # type: ignore[index]  # as above
            assert halved.status() == []

    def test_a_record_that_was_edited(self, halved: Repo) -> None:
        good = halved.read(RECORD)
        halved.write({RECORD: good.replace('"rows": ', '"rows": 1')})
        assert [(f.code, f.hint) for f in datakit.check(root=halved.path)] == [("DK104", "datakit split birds")]
        assert datakit.split("birds", root=halved.path).written == (RECORD,)
        assert halved.read(RECORD) == good

    def test_a_record_that_git_does_not_have_either(self, birds: Repo) -> None:
        birds.write({RECIPE: "into: {a: 0.5, b: 0.5}\nkey: [id]\n", RECORD: "{}\n"})
        with pytest.raises(InvalidRecord) as error:
            datakit.split("birds", root=birds.path)
        assert told(error) == (
            f"{RECORD}: has no digest as its last line: it was not written by datakit, or was cut | "
            "datakit split birds --anew, which may move rows"
        )
        assert datakit.split("birds", anew=True, root=birds.path).action == "made"

    def test_a_copied_record_is_no_record(self, halved: Repo) -> None:
        for suffix in ("yaml", "json"):
            halved.write({f"{SPLITS}/cv.{suffix}": halved.read(f"{SPLITS}/default.{suffix}")})
        assert datakit.split("birds", "cv", root=halved.path).action == "made"
        assert json.loads(halved.read(f"{SPLITS}/cv.json"))["name"] == "cv"

    def test_a_membership_that_is_nowhere_is_made_again_where_the_recipe_gives_it(self, halved: Repo) -> None:
        membership = record(halved)["membership"]
        whole = (halved.path / MEMBERSHIP).read_bytes()
        for path in (halved.path / MEMBERSHIP, halved.path / f".dvc/cache/files/md5/{membership[:2]}/{membership[2:]}"):
            path.unlink()
        done = datakit.split("birds", root=halved.path)
        assert (done.action, done.written, halved.status()) == ("unchanged", (), [])
        assert (halved.path / MEMBERSHIP).read_bytes() == whole

    def test_a_membership_that_is_nowhere_after_an_extension(self, birds: Repo) -> None:
        datakit.split("birds", into="train=0.5,test=0.5", stratify="sex", root=birds.path)
        birds.write({PATH: table(*LINES, *MORE)})
        datakit.add("birds", note="more", root=birds.path)
        membership = record(birds)["membership"]
        for path in (birds.path / MEMBERSHIP, birds.path / f".dvc/cache/files/md5/{membership[:2]}/{membership[2:]}"):
            path.unlink()
        before = everything(birds)
        with pytest.raises(EnvironmentProblem, match=r"no remote|there is no"):
            datakit.split("birds", root=birds.path)
        assert everything(birds) == before

    def test_a_membership_of_people_is_not_lost(self, halved: Repo) -> None:
        (halved.path / MEMBERSHIP).unlink()
        halved.write({MEMBERSHIP: "mine"})
        before = everything(halved)
        with pytest.raises(EnvironmentProblem) as error:
            datakit.split("birds", root=halved.path)
        assert told(error) == f"`{MEMBERSHIP}` is recorded nowhere and would be lost | move it away, or rm {MEMBERSHIP}"
        assert everything(halved) == before

    def test_what_people_wrote_into_the_pointer_stays(self, halved: Repo) -> None:
        halved.write({POINTER: "# who is where\n" + halved.read(POINTER) + "  desc: keys\n"})
        halved.write({RECIPE: halved.read(RECIPE).replace("0.8", "0.6").replace("0.2", "0.4")})
        datakit.split("birds", root=halved.path)
        assert halved.read(POINTER).startswith("# who is where\n")
        assert "desc: keys" in halved.read(POINTER)
        assert record(halved)["membership"] in halved.read(POINTER)
        halved.write({POINTER: "outs: broken"})
        assert datakit.split("birds", root=halved.path).written == (POINTER,)


class TestRefused:
    """Nothing is written, and the error says what to do."""

    @pytest.mark.parametrize(
        ("name", "options", "message"),
        [
            ("bird", {"into": INTO}, "there is no dataset `bird` | did you mean `birds`?"),
            ("birds@HEAD", {"into": INTO}, "there is no dataset `birds@HEAD` | did you mean `birds`?"),
            (
                "birds",
                {},
                f"split `default` of `birds` has no recipe, {RECIPE} | datakit split birds --into train=0.8,test=0.2",
            ),
            (
                "birds",
                {"extend": True},
                f"split `default` of `birds` has no recipe, {RECIPE} | datakit split birds --into train=0.8,test=0.2",
            ),
            (
                "birds",
                {"split": "dvc", "into": INTO},
                "`dvc` cannot name a split: DVC would take `splits/dvc.yaml` for a pipeline | `dvc-split` would do",
            ),
            (
                "birds",
                {"split": "Bad/Name", "into": INTO},
                (
                    "`Bad/Name` cannot name a split: a name is lower-case letters, digits, `-` and `_`, starting and "
                    "ending with a letter or digit | `bad-name` would do"
                ),
            ),
            (
                "birds",
                {"key": ["id"]},
                (
                    "`--key` is a part of a new recipe, which needs `--into` | "
                    "edit `key` in the recipe of the split, or add `--into train=0.8,test=0.2`"
                ),
            ),
            (
                "birds",
                {"into": INTO, "extend": True},
                "`--extend` leaves every row where it is, `--into` does not | leave one of them out",
            ),
            (
                "birds",
                {"anew": True, "extend": True},
                "`--extend` leaves every row where it is, `--anew` does not | leave one of them out",
            ),
            (
                "birds",
                {"into": "train=0.8,test=0.1"},
                "--into: `into`: the shares sum to 0.9, expected exactly 1 | for instance `--into train=0.8,test=0.2`",
            ),
            ("birds", {"into": "train"}, "--into: `train` has no share | write it as `--into train=0.8,test=0.2`"),
            (
                "birds",
                {"into": INTO, "time": "mass", "group": ["site"]},
                (
                    "--into: `time` orders the rows, which leaves nothing for `group` to decide | "
                    "for instance `--into train=0.8,test=0.2`"
                ),
            ),
            (
                "birds",
                {"into": INTO, "group": ["patient"]},
                f"{PATH}: the recipe's `group` names `patient`, which is no column | there are `id`, `site`, `sex`, `mass`",
            ),
            (
                "birds",
                {"into": INTO, "key": ["mass"]},
                (
                    f"{PATH}: `mass` is of type number and cannot be in `key`: its text differs between engines | "
                    "columns that would do: `id`"
                ),
            ),
            (
                "birds",
                {"into": INTO, "key": ["site"]},
                (
                    f"{PATH}: the key `site` is not unique: that of an earlier row comes again in rows 18, 19, 20, 21, 22, … "
                    "(83 in all) | name further columns in `key` that tell the rows apart, or remove the rows"
                ),
            ),
        ],
    )
    def test_bad_input(self, birds: Repo, name: str, options: dict[str, Any], message: str) -> None:
        before = everything(birds)
        with pytest.raises((UsageError, InvalidData)) as error:
            datakit.split(name, root=birds.path, **options)
        assert told(error) == message
        assert everything(birds) == before

    def test_no_such_split(self, halved: Repo) -> None:
        with pytest.raises(NotFound) as error:
            datakit.split("birds", "defaults", root=halved.path)
        assert told(error) == (
            "there is no split `defaults` | those that exist: `default`; "
            "make another with `datakit split birds --split defaults --into train=0.8,test=0.2`"
        )

    def test_never_made(self, birds: Repo) -> None:
        birds.write({RECIPE: "into: {a: 0.5, b: 0.5}\nkey: [id]\n"})
        with pytest.raises(UsageError) as error:
            datakit.split("birds", extend=True, root=birds.path)
        assert told(error) == "split `default` of `birds` was never made | datakit split birds"

    def test_a_broken_recipe(self, halved: Repo) -> None:
        halved.write({RECIPE: "into: {a: 0.5}\nkey: [id]\n"})
        for into in (None, INTO):
            with pytest.raises(InvalidRecord, match=f"{RECIPE}: `into`: the shares sum to 0.5, expected exactly 1"):
                datakit.split("birds", into=into, root=halved.path)

    def test_a_missing_key(self, project: Repo) -> None:
        project.write({PATH: table(*LINES[:60], ",s1,m,1.5")})
        datakit.add(PATH, fields=CARD, root=project.path)
        before = everything(project)
        with pytest.raises(InvalidData) as error:
            datakit.split("birds", into=INTO, key=["id"], root=project.path)
        assert told(error) == (
            f"{PATH}: the key `id` is missing in row 61 | fill them in, or write `nulls: exclude` into the recipe"
        )
        assert everything(project) == before
        done = datakit.split("birds", into=INTO, key=["id"], nulls="exclude", root=project.path)
        assert (done.rows, done.excluded) == (61, {"null key": 1})

    def test_nothing_says_what_identifies_a_row(self, project: Repo) -> None:
        lines = [f"{at},n{at},{at % 3}" for at in range(40)]
        project.write({PATH: "\n".join(["number,ring,x", *lines]) + "\n"})
        datakit.add(PATH, fields=CARD, root=project.path)
        contract = "catalog/birds/contract.odcs.yaml"
        kept = [line for line in project.read(contract).splitlines() if "primaryKey" not in line]
        project.write({contract: "\n".join(kept) + "\n"})
        with pytest.raises(UsageError) as error:
            datakit.split("birds", into=INTO, root=project.path)
        assert told(error) == (
            "nothing says what identifies a row of `birds`: its contract has no primary key | "
            "columns that would do: `--key number`, `--key ring`"
        )

    def test_a_file_that_is_no_table(self, project: Repo) -> None:
        project.write({"data/raw/a.txt": "text"})
        datakit.add("data/raw/a.txt", fields=CARD, root=project.path)
        with pytest.raises(UsageError, match="`a` is a file, not a table, and has no rows to be split"):
            datakit.split("a", into=INTO, root=project.path)

    def test_bytes_that_are_not_here(self, birds: Repo) -> None:
        found = md5(table(*LINES))
        (birds.path / f".dvc/cache/files/md5/{found[:2]}/{found[2:]}").unlink()
        (birds.path / PATH).unlink()
        with pytest.raises(IntegrityError):
            datakit.split("birds", into=INTO, root=birds.path)

    def test_a_rule_that_hides_the_pointer(self, birds: Repo) -> None:
        birds.write({".gitignore": "*.parquet*\n"})
        with pytest.raises(EnvironmentProblem) as error:
            datakit.split("birds", into=INTO, root=birds.path)
        assert error.value.message == f"`{POINTER}` is hidden from Git by the rule `*.parquet*` in .gitignore:1"
        assert not (birds.path / SPLITS).exists()


class TestLeaks:
    @pytest.fixture
    def twins(self, project: Repo) -> Repo:
        """Rows of which many are equal but for their key."""
        lines = [f"{at},s{at % 5},{'mf'[at % 5 == 0]},1.5" for at in range(1, 61)]
        project.write({PATH: table(*lines)})
        datakit.add(PATH, fields=CARD, root=project.path)
        project.commit("twins")
        return project

    def test_equal_rows_in_two_parts(self, twins: Repo) -> None:
        before = everything(twins)
        with pytest.raises(InvalidData) as error:
            datakit.split("birds", into=INTO, root=twins.path)
        assert told(error) == (
            "split `default` of `birds`: parts share what they must not: duplicate in rows 1, 2, 3, 4, 5, … (60 in all) | "
            "keep together what belongs together (`--group COL`, `group` in the recipe), remove the rows, or accept them "
            "with `severity: {DK403: warn}` in datakit.yaml"
        )
        assert everything(twins) == before
        cache = [path for path in (twins.path / ".dvc/cache").rglob("*") if path.is_file()]
        assert all(path.read_bytes()[:4] != b"PAR1" for path in cache)
        datakit.split("birds", into="train=0.5,test=0.5", group=["site"], root=twins.path)

    def test_the_policy_may_let_them_pass(self, twins: Repo) -> None:
        twins.write({"datakit.yaml": "policy: 1\nseverity: {DK403: warn}\n"})
        twins.commit("policy")
        done = datakit.split("birds", into=INTO, root=twins.path)
        assert done.leaks == {"duplicate": 60}
        assert [(f.code, f.level) for f in done.findings if f.code != "DK305"] == [("DK403", "warn")]

    def test_what_is_only_reported(self, birds: Repo) -> None:
        lines = [f"{at},s{at // 2 % 17},{'mf'[at % 2]},{at // 2}.5" for at in range(100)]
        birds.write({PATH: table(*lines)})
        datakit.add("birds", note="pairs", root=birds.path)
        done = datakit.split("birds", into="train=0.5,test=0.5", stratify="sex", root=birds.path)
        assert done.leaks["conflict"] > 0
        assert done.findings == ()


class TestEmpty:
    @pytest.fixture
    def photos(self, project: Repo) -> Repo:
        """Three folders of photos."""
        project.write({f"data/raw/photos/{at % 3}/{at}.jpg": f"photo {at}" for at in range(30)})
        datakit.add("data/raw/photos", fields=CARD, root=project.path)
        return project

    def refused(self, repo: Repo, name: str, **options: Any) -> str:
        """Return what a split that leaves a part empty is told; nothing is written."""
        before = everything(repo)
        with pytest.raises(UsageError) as error:
            datakit.split(name, root=repo.path, **options)
        assert everything(repo) == before
        return told(error)

    @pytest.mark.parametrize("options", [{"group": ["folder"]}, {"key": ["folder"]}])
    def test_few_groups(self, photos: Repo, options: dict[str, Any]) -> None:
        assert self.refused(photos, "photos", into="train=0.99,test=0.01", **options) == (
            "part `test` of split `default` of `photos` is empty: 3 groups are too few for these shares | another "
            "`--salt TEXT` (`salt` in the recipe) deals them otherwise; or a group with more values; or a larger share for `test`"
        )

    def test_few_rows_and_several_groups(self, birds: Repo) -> None:
        assert self.refused(birds, "birds", into="train=0.99999,test=0.00001") == (
            "part `test` of split `default` of `birds` is empty: 100 rows are too few for these shares | another "
            "`--salt TEXT` (`salt` in the recipe) deals them otherwise; or `--stratify COL`, which gives exact shares; "
            "or a larger share for `test`"
        )
        several = self.refused(birds, "birds", into="train=0.9,test=0.1", group=["site", "sex"])
        assert several.startswith(
            "part `test` of split `default` of `birds` is empty: the groups are too few for these"
        )

    def test_an_edited_recipe(self, halved: Repo) -> None:
        halved.write({RECIPE: halved.read(RECIPE).replace("0.8", "0.99999").replace("0.2", "0.00001")})
        assert "part `test` of split `default` of `birds` is empty" in self.refused(halved, "birds")

    def test_an_extension_may_leave_one(self, halved: Repo) -> None:
        kept = [key for key, part in parts(halved).items() if part == "train"]
        halved.write({PATH: table(*(line for line in LINES if line.split(",")[0] in kept))})
        (done,) = datakit.add("birds", note="fewer", root=halved.path)
        assert "split `default`: part `test` is empty" in done.notes


class TestMoved:
    def test_how_many_rows_an_edited_recipe_moved(self, halved: Repo) -> None:
        before = parts(halved)
        halved.write({RECIPE: halved.read(RECIPE) + "salt: other\n"})
        done = datakit.split("birds", root=halved.path)
        after = parts(halved)
        assert done.moved == sum(before[key] != after[key] for key in before) > 0
        assert datakit.split("birds", root=halved.path).moved is None

    def test_a_membership_that_is_nowhere_or_of_another_key(self, halved: Repo) -> None:
        halved.write({RECIPE: halved.read(RECIPE).replace('["id"]', '["id", "site"]')})
        assert datakit.split("birds", root=halved.path).moved is None
        halved.git("reset", "--quiet", "--hard")
        for path in (halved.path / ".dvc/cache").rglob("*"):
            if path.is_file() and path.read_bytes()[:4] == b"PAR1":
                path.unlink()
        (halved.path / MEMBERSHIP).unlink()
        halved.write({RECIPE: halved.read(RECIPE) + "salt: other\n"})
        assert datakit.split("birds", root=halved.path).moved is None

    def test_a_split_is_removed_with_git(self, halved: Repo) -> None:
        halved.git("rm", "--quiet", RECIPE, RECORD, POINTER)
        assert datakit.check(root=halved.path) == datakit.check(staged=True, root=halved.path) == ()
        (halved.path / MEMBERSHIP).unlink()
        halved.commit("no split")
        assert datakit.check(root=halved.path) == ()
        assert [item.condition for item in datakit.status(root=halved.path)] == ["clean"]
        assert datakit.add("birds", root=halved.path)[0].notes == ()


class TestWithDvc:
    def test_dvc_sees_nothing_odd_and_moves_the_membership(self, halved: Repo) -> None:
        assert "up to date" in halved.dvc("status")
        ours = halved.read(POINTER)
        halved.dvc("add", "--quiet", MEMBERSHIP)
        assert halved.read(POINTER) == ours
        assert halved.status() == []
        remote = halved.path.parent / "remote"
        halved.dvc("remote", "add", "--default", "storage", str(remote))
        halved.dvc("push", "--quiet")
        whole = (halved.path / MEMBERSHIP).read_bytes()
        found = md5(whole)
        assert (remote / f"files/md5/{found[:2]}/{found[2:]}").exists()
        for path in (halved.path / MEMBERSHIP, halved.path / f".dvc/cache/files/md5/{found[:2]}/{found[2:]}"):
            path.unlink()
        halved.dvc("pull", "--quiet")
        assert (halved.path / MEMBERSHIP).read_bytes() == whole
        assert [line for line in halved.status() if "splits" in line] == []
        assert datakit.split("birds", root=halved.path).action == "unchanged"
