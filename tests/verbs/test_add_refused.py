"""`add` on bad input: what it says, its exit code, and that nothing at all has changed."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import datakit
from datakit.errors import DatakitError, NotAProject, UsageError
from tests.support.datasets import BIRDS, CARD, MORE_BIRDS, everything
from tests.support.repo import Repo
from tests.support.unprivileged import readable_folder, unprivileged

PATH = "data/raw/birds.csv"


def refused(repo: Repo, *words: str, **options: object) -> DatakitError:
    """Return the error of an `add` that has to fail and has to change nothing."""
    before = everything(repo)
    with pytest.raises(DatakitError) as caught:
        datakit.add(*words, root=repo.path, **options)  # type: ignore[arg-type]  # options of many kinds
    assert everything(repo) == before
    assert list((repo.path / ".datakit").glob("journal/*")) == []
    assert list((repo.path / ".datakit").glob("tmp/*")) == []
    return caught.value


def told(error: DatakitError) -> tuple[int, str, str | None]:
    """Return what a user sees of an error."""
    return error.exit_code, error.message, error.hint


class TestPlace:
    def test_no_project(self, tmp_path: Path) -> None:
        with pytest.raises(NotAProject) as caught:
            datakit.add("x", root=tmp_path)
        assert told(caught.value) == (
            3,
            f"there is no datakit project in `{tmp_path}` or above it",
            "run `datakit init` in your repository",
        )

    def test_a_repository_without_datakit(self, repo: Repo) -> None:
        assert told(refused(repo, "x")) == (
            3,
            f"the repository `{repo.path}` has no datakit.yaml",
            "run `datakit init` there",
        )

    @pytest.mark.parametrize(
        ("gone", "message"),
        [
            (".git", "has datakit.yaml but is not the top of a Git repository"),
            (".dvc", "has datakit.yaml but no .dvc folder"),
        ],
    )
    def test_a_project_without_git_or_dvc(self, project: Repo, gone: str, message: str) -> None:
        shutil.rmtree(project.path / gone)
        with pytest.raises(NotAProject) as caught:
            datakit.add("x", root=project.path)
        assert told(caught.value) == (3, f"`{project.path}` {message}", f"run `datakit init {project.path}`")

    def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(NotAProject, match="there is no datakit project in"):
            datakit.add("x", root=tmp_path / "gone")


class TestWords:
    def test_an_unknown_dataset_is_offered_the_nearest(self, project: Repo) -> None:
        project.write({PATH: BIRDS})
        datakit.add(PATH, root=project.path)
        assert told(refused(project, "brids")) == (
            2,
            "there is no file, folder or dataset `brids`",
            "did you mean `birds`?",
        )

    def test_a_missing_path(self, project: Repo) -> None:
        assert told(refused(project, "data/raw/gone.csv")) == (
            2,
            "there is no file, folder or dataset `data/raw/gone.csv`",
            None,
        )

    @pytest.mark.parametrize("word", ["../x.csv", "/etc/hostname", "data/../../x.csv", ""])
    def test_a_path_outside(self, project: Repo, word: str) -> None:
        code, message, hint = told(refused(project, word))
        if word:
            assert (code, message) == (2, f"`{word}` is not inside the repository")
            assert hint == "copy it in, for instance to `data/raw/`, or fetch it with `datakit add file://PATH`"
        else:
            assert (code, message) == (2, "`` is the repository itself")

    def test_the_repository_itself(self, project: Repo) -> None:
        assert told(refused(project, ".")) == (
            2,
            "`.` is the repository itself",
            "name a file or folder in it, such as `data/raw`",
        )

    def test_a_dataset_that_is_also_a_path(self, project: Repo) -> None:
        project.write({PATH: BIRDS, "birds": "x"})
        datakit.add(PATH, root=project.path)
        assert told(refused(project, "birds")) == (
            2,
            "`birds` is a dataset and also a path",
            f"write `./birds` for the path, or `{PATH}`",
        )

    def test_a_pointer_of_several_outs(self, project: Repo) -> None:
        project.write({"data/raw/a": "a", "data/raw/b": "b"})
        zero = "0" * 32
        project.write({"data/raw/all.dvc": f"outs:\n- md5: '{zero}'\n  path: a\n- md5: '{zero}'\n  path: b\n"})
        assert told(refused(project, "data/raw/all.dvc")) == (
            2,
            "`data/raw/all.dvc` tracks 2 outs",
            "name the data, not the pointer",
        )

    def test_to_without_a_url(self, project: Repo) -> None:
        assert told(refused(project, "x", to="data/raw/")) == (
            2,
            "`--to` says where a URL's data goes",
            "leave it out for data that lies in the repository",
        )


class TestFiles:
    @pytest.mark.parametrize(
        ("make", "code", "message"),
        [
            (
                lambda p: p.symlink_to("/etc/hostname"),
                1,
                "`{}` is a link that leads out of what is recorded, to `/etc/hostname`",
            ),
            (lambda p: p.symlink_to("gone"), 1, "`{}` is a link to something that does not exist"),
            (lambda p: p.symlink_to("birds.csv"), 1, "`{}` is a link that leads in a circle"),
            (lambda p: p.mkdir(), 1, "`{}` holds no file"),
        ],
    )
    def test_that_are_none(self, project: Repo, make: Callable[[Path], None], code: int, message: str) -> None:
        make(project.path / PATH)
        found = told(refused(project, PATH))
        assert found[:2] == (code, message.format(project.path / PATH))

    def test_a_fifo_is_not_waited_for(self, project: Repo) -> None:
        os.mkfifo(project.path / PATH)
        with pytest.raises(DatakitError) as caught:
            datakit.add(PATH, root=project.path)
        assert told(caught.value) == (
            1,
            f"`{project.path / PATH}` is a FIFO; only files and folders are recorded",
            None,
        )

    @pytest.mark.parametrize(
        ("name", "content", "message"),
        [
            ("a.csv", b"", "data/raw/a.csv: the file is empty"),
            ("a.csv", b"<!DOCTYPE html><html>", "data/raw/a.csv: this is an HTML page, not a table"),
            (
                "a.csv",
                b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
                "data/raw/a.csv: this is a Git LFS pointer, not the data",
            ),
            ("a.csv", b"a,b\n<<<<<<< HEAD\n1,2\n=======\n1,3\n>>>>>>> x\n", "conflict"),
            ("a.jsonl", b'{"a": 1}\n{"a"', "data/raw/a.jsonl:2"),
            ("a.parquet", b"PAR1", "data/raw/a.parquet: a Parquet file that ends too early"),
            ("a.csv.gz", b"a,b\n1,2\n", "gzip"),
        ],
    )
    def test_that_are_not_what_they_claim(self, project: Repo, name: str, content: bytes, message: str) -> None:
        project.write({f"data/raw/{name}": content})
        error = refused(project, f"data/raw/{name}")
        assert error.exit_code == 1
        assert message in error.message

    def test_an_empty_file_that_claims_nothing_is_recorded(self, project: Repo) -> None:
        project.write({"data/raw/empty.bin": b""})
        assert datakit.add("data/raw/empty.bin", root=project.path)[0].data.size == 0
        assert "up to date" in project.dvc("status")

    def test_inside_of_private_folders(self, project: Repo) -> None:
        project.write({".dvc/tmp/x": "x", ".git/x": "x", ".datakit/x": "x"})
        for word in (".dvc/tmp/x", ".git/x", ".datakit/x"):
            assert refused(project, word).message == (
                f"`{word}` cannot be recorded: `{word.split('/')[0]}` is private to Git, DVC or datakit"
            )

    @pytest.mark.parametrize("word", ["{}.parquet", "{}.parquet.dvc", "catalog", "catalog/birds/new.csv"])
    def test_in_the_catalogue(self, split_origin: Repo, word: str) -> None:
        membership = "catalog/birds/splits/default"
        split_origin.write({"catalog/birds/new.csv": BIRDS})
        before = everything(split_origin)
        path = word.format(membership)
        assert told(refused(split_origin, path)) == (
            2,
            f"`{path.removesuffix('.dvc')}` is in the catalogue, where no data lies",
            "put data of your own into `data/raw/`; records and splits are written by datakit itself",
        )
        assert everything(split_origin) == before

    def test_in_the_catalogue_from_a_url(self, project: Repo) -> None:
        with pytest.raises(UsageError, match=r"`catalog/x\.csv` is in the catalogue, where no data lies"):
            datakit.add("https://example.org/x.csv", to="catalog/x.csv", root=project.path)

    def test_of_git(self, project: Repo) -> None:
        project.write({"models/a.bin": "a", "models/b.bin": "b"})
        project.commit("by mistake")
        assert told(refused(project, "models")) == (
            3,
            "`models/a.bin` and 1 more are tracked by Git, not DVC",
            "git rm -r --cached -- models, then datakit add models",
        )

    def test_that_another_pointer_tracks(self, project: Repo) -> None:
        project.write({"data/raw/imgs/1.png": "1", "data/raw/imgs/deep/2.png": "2"})
        datakit.add("data/raw/imgs", root=project.path)
        for word in ("data/raw/imgs/1.png", "data/raw/imgs/deep", "data/raw", "data"):
            assert told(refused(project, word)) == (
                3,
                f"`{word}` overlaps with `data/raw/imgs`, which `data/raw/imgs.dvc` tracks",
                "record that instead: `datakit add data/raw/imgs`",
            )

    def test_that_a_pointer_of_another_name_tracks(self, project: Repo) -> None:
        project.write({"data/raw/imgs/1.png": "1"})
        project.write({"data/raw/all.dvc": f"outs:\n- md5: {'a' * 32}.dir\n  path: imgs\n"})
        assert refused(project, "data/raw/imgs/1.png").message == (
            "`data/raw/imgs/1.png` overlaps with `data/raw/imgs`, which `data/raw/all.dvc` tracks"
        )

    @pytest.mark.parametrize(
        ("rule", "record"),
        [
            ("*.dvc\n", f"{PATH}.dvc"),
            ("*.json\n", "catalog/birds/manifest.json"),
            ("catalog/\n", "catalog/birds/manifest.json"),
            ("receipt.json\n", "catalog/birds/receipt.json"),
            ("dvc.yaml\n", "dvc.yaml"),
        ],
    )
    def test_whose_records_are_hidden_from_git(self, project: Repo, rule: str, record: str) -> None:
        project.write({PATH: BIRDS, ".gitignore": f"# mine\n{rule}"})
        if rule == "*.dvc\n":  # the allow-list of data/ would show it again
            (project.path / "data/.gitignore").unlink()
        code, message, hint = told(refused(project, PATH))
        assert (code, message) == (3, f"`{record}` is hidden from Git by the rule `{rule.strip()}` in .gitignore:2")
        assert hint == "`datakit init` says which line to write instead"

    def test_records_that_git_has_may_match_a_rule(self, project: Repo) -> None:
        project.write({PATH: BIRDS})
        datakit.add(PATH, root=project.path)
        project.write({".gitignore": "*.json\ndvc.yaml\n", PATH: MORE_BIRDS})
        assert datakit.add(PATH, root=project.path)[0].action == "updated"


BROKEN = [
    ("outs: [\n", r":2: not YAML: "),
    ("a: 1\na: 2\n", r":2: key `a` is there twice"),
    ("a: &x 1\nb: *x\n", r":1: anchor `&x` is not allowed"),
    ("a: !!python/object:os.system x\n", r":1: tag `.*` is not allowed"),
    ("a: \x00\n", r":1: control character U\+0000"),
    ("\xff", r""),
]


class TestBrokenYaml:
    @pytest.mark.parametrize(("text", "problem"), BROKEN)
    @pytest.mark.parametrize(
        "path", [f"{PATH}.dvc", "catalog/birds/contract.odcs.yaml", "dvc.yaml", "dvc.lock", "datakit.yaml"]
    )
    def test_is_refused_with_file_and_line(self, project: Repo, path: str, text: str, problem: str) -> None:
        project.write({PATH: BIRDS})
        project.write({path: text.encode("latin-1")})
        if path.endswith(".dvc") and "birds.csv" not in text:
            project.write({path: text.encode("latin-1")})
        error = refused(project, PATH)
        assert error.exit_code == 1
        assert re.match(re.escape(path) + problem, error.message), error.message

    def test_of_a_card_is_a_finding(self, project: Repo) -> None:
        project.write({PATH: BIRDS, "catalog/birds/README.md": "---\na: 1\na: 2\n---\n"})
        (done,) = datakit.add(PATH, root=project.path)
        first = done.findings[0]
        assert (first.code, first.path, first.line) == ("DK104", "catalog/birds/README.md", 3)

    def test_every_problem_of_a_contract_is_named(self, project: Repo) -> None:
        contract = "apiVersion: v3.1.0\nkind: Contract\nid: birds\nstatus: active\nschema: 3\n"
        project.write({PATH: BIRDS, "catalog/birds/contract.odcs.yaml": contract})
        error = refused(project, PATH)
        assert told(error) == (
            1,
            "catalog/birds/contract.odcs.yaml:2: `kind` is `Contract`, expected DataContract",
            "edit line 2 of catalog/birds/contract.odcs.yaml",
        )
        assert error.details == ("line 1: `version` is missing", "line 5: `schema` is `3`, expected a list")

    def test_the_one_problem_of_a_contract_is_the_message(self, project: Repo) -> None:
        contract = "apiVersion: v3.1.0\nkind: DataContract\nid: birds\nstatus: active\nschema: [{name: birds}]\n"
        project.write({PATH: BIRDS, "catalog/birds/contract.odcs.yaml": contract})
        assert told(refused(project, PATH))[:2] == (
            1,
            "catalog/birds/contract.odcs.yaml:1: `version` is missing, expected a text",
        )


class TestPermissions:
    """Root may do everything, so these run as nobody."""

    def _try(self, project: Repo, make: Callable[[Path], None]) -> str:
        with readable_folder() as folder:
            target = folder / "repo"
            shutil.copytree(project.path, target, symlinks=True)
            twin = Repo(target)
            before = everything(twin)
            for path in (target, *target.rglob("*")):
                os.lchown(path, 65534, 65534)
            make(target)

            def work() -> str:
                for name in os.environ:
                    if name.endswith(("_CONFIG_DIR", "_CACHE_DIR", "HOME")):
                        os.environ[name] = str(folder)
                os.environ["GIT_CONFIG_GLOBAL"] = os.devnull
                try:
                    datakit.add(PATH, root=target)
                except DatakitError as error:
                    return f"{error.exit_code} {error.message}".replace(str(target), "REPO")
                return "it worked"

            said = unprivileged(work)
            for path in (target, *target.rglob("*")):
                os.lchown(path, os.geteuid(), os.getegid())
            assert everything(twin) == before
            return said

    def test_unreadable_data(self, project: Repo) -> None:
        project.write({PATH: BIRDS})
        said = self._try(project, lambda top: (top / PATH).chmod(0))
        assert said == f"3 cannot read `REPO/{PATH}`: permission denied"

    @pytest.mark.parametrize(
        ("folder", "message"),
        [
            ("data/raw", f"cannot write `{PATH}.dvc`: the folder `REPO/data/raw` is not writable"),
            (".", "cannot write `dvc.yaml`: the folder `REPO` is not writable"),
            (".git", "cannot write `REPO/.git/index`: the folder `REPO/.git` is not writable"),
        ],
    )
    def test_a_folder_that_is_read_only(self, project: Repo, folder: str, message: str) -> None:
        project.write({PATH: BIRDS})
        datakit.validate(root=project.path)
        said = self._try(project, lambda top: (top / folder).chmod(0o555))
        assert said == f"3 {message}"


def test_an_index_that_git_holds(project: Repo) -> None:
    project.write({PATH: BIRDS, ".git/index.lock": ""})
    assert told(refused(project, PATH)) == (
        3,
        "another Git command is changing the index",
        f"wait until it is done; if none runs, rm {project.path}/.git/index.lock",
    )


def test_the_options_of_a_refused_add_are_not_lost(project: Repo) -> None:
    """Whatever stopped it, the same command works once that is mended."""
    project.write({PATH: BIRDS, ".gitignore": "*.json\n"})
    refused(project, PATH, fields=CARD)
    project.write({".gitignore": ""})
    assert [item.code for item in datakit.add(PATH, fields=CARD, root=project.path)[0].findings] == ["DK305"]
