"""What Git must not have: data, links, other repositories, other tools' pointers and secrets; and names that collide."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.scenarios.modes import FEW, ONCE, STAGED, at_top
from tests.scenarios.prepared import CARD_FILE, CONTRACT, MANAGERS, MANIFEST, POINTER, forge, put
from tests.scenarios.table import Attempt, Stage, Table, errors
from tests.support.repo import Repo

TABLE = Table()
LFS = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 12345\n"
PARQUET = b"PAR1" + b"\0" * 40 + b"PAR1"
SECRET = "s3cretS3cret"


@TABLE.blocked(19, "DK601")
def a_large_file(repo: Repo) -> None:
    put(repo, "src/large.bin", b"\0" * 1_000_001)


@TABLE.blocked(19, "DK601", modes=ONCE)
def a_large_table(repo: Repo) -> None:
    put(repo, "notebooks/table.csv", "1,2,3\n" * 20_000)


@TABLE.blocked(20, "DK601")
def data_past_the_ignore_rules(repo: Repo) -> None:
    put(repo, "data/raw/birds.csv", "id\n1\n")


@TABLE.blocked(21, "DK601", modes=FEW)
def data_that_is_called_a_text(repo: Repo) -> None:
    put(repo, "src/notes.txt", PARQUET)


@TABLE.blocked(21, "DK601", modes=ONCE)
def an_archive_that_is_called_a_text(repo: Repo) -> None:
    put(repo, "src/notes.txt", b"PK\x03\x04" + b"\0" * 40)


@TABLE.blocked(22, "DK602", modes=FEW)
def a_pointer_of_git_lfs(repo: Repo) -> None:
    put(repo, "data/raw/photos.bin", LFS)


@TABLE.blocked(22, "DK602", modes=ONCE)
def a_pointer_of_git_lfs_in_place_of_a_pointer(repo: Repo) -> None:
    put(repo, POINTER, LFS)


@TABLE.blocked(25, "DK101", modes=ONCE)
def a_second_pointer_whose_letters_have_another_case(repo: Repo) -> None:
    put(repo, "data/raw/Birds.csv.dvc", repo.read(POINTER).replace("birds.csv", "Birds.csv"))


def link(path: str, target: str) -> Stage:
    """Return what puts a link in the place of a file or a folder."""

    def stage(repo: Repo) -> None:
        repo.git("rm", "--quiet", "-r", "--ignore-unmatch", path)
        place = repo.path / path
        if place.is_dir():
            place.rename(repo.path.parent / "away")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(target)
        repo.git("add", "--force", "--", path)

    return stage


TABLE.blocked(26, "DK602", name="a link in place of a pointer")(link(POINTER, "/etc/passwd"))
TABLE.blocked(26, "DK602", modes=ONCE, name="a link in place of a manifest")(link(MANIFEST, "../bees/manifest.json"))
TABLE.blocked(26, "DK602", modes=ONCE, name="a link in place of a card")(link(CARD_FILE, "/etc/passwd"))
TABLE.blocked(26, "DK602", modes=ONCE, name="a link in place of data")(link("data/raw/more.csv", "/etc/passwd"))
TABLE.blocked(27, "DK602", name="a link above pointers")(link("data/raw", "/srv"))
TABLE.blocked(27, "DK602", modes=ONCE, name="a link in place of a room")(link("catalog/birds", "bees"))


def repository(path: str) -> Stage:
    """Return what puts another repository in the place of a file or a folder."""

    def stage(repo: Repo) -> None:
        repo.git("rm", "--quiet", "-r", "--ignore-unmatch", "--cached", path)
        repo.git("update-index", "--add", "--cacheinfo", f"160000,{repo.git('rev-parse', 'HEAD')},{path}")

    return stage


TABLE.blocked(28, "DK602", modes=STAGED, name="a repository in place of a pointer")(repository(POINTER))
TABLE.blocked(28, "DK602", modes=ONCE, name="a repository in place of a room")(repository("catalog/birds"))
TABLE.blocked(28, "DK602", modes=ONCE, name="a repository in place of data")(repository("data/raw/more"))


@TABLE.allowed(29)
def a_manifest_that_may_be_run(repo: Repo) -> None:
    (repo.path / MANIFEST).chmod(0o755)
    repo.git("add", "--", MANIFEST)


def source(uri: str) -> Stage:
    """Return what writes an address into a manifest, its digest with it."""

    def stage(repo: Repo) -> None:
        forge(repo, MANIFEST, lambda fields: fields.update(sources=[{"kind": "url", "uri": uri}]))

    return stage


ADDRESSES = {
    "userinfo": f"https://ann:{SECRET}@example.org/birds.csv",
    "signed": f"https://example.org/birds.csv?X-Amz-Signature={SECRET}",
    "shared": f"https://x.blob.core.windows.net/birds.csv?sv=2020&sig={SECRET}",
    "token": f"https://example.org/birds.csv?token={SECRET}",
}
for kind, uri in ADDRESSES.items():
    TABLE.blocked(47, "DK104", modes=ONCE, name=f"a secret in an address: {kind}")(source(uri))


@TABLE.blocked(47, "DK603", modes=FEW)
def a_secret_in_a_card(repo: Repo) -> None:
    put(repo, CARD_FILE, f"{repo.read(CARD_FILE)}\nFrom {ADDRESSES['userinfo']} every month.\n")


@TABLE.blocked(47, "DK603", modes=ONCE)
def a_secret_in_a_pointer(repo: Repo) -> None:
    put(repo, POINTER, f"deps:\n- path: {ADDRESSES['userinfo']}\n{repo.read(POINTER)}")


@TABLE.blocked(47, "DK603", modes=ONCE)
def a_secret_in_a_contract(repo: Repo) -> None:
    put(repo, CONTRACT, f"{repo.read(CONTRACT)}# postgresql://ann:{SECRET}@db.example.org/birds\n")


@TABLE.blocked(48, "DK603")
def a_password_in_the_settings_of_dvc(repo: Repo) -> None:
    put(repo, ".dvc/config", f"['remote \"storage\"']\n    url = https://example.org/dvc\n    password = {SECRET}\n")


@TABLE.scenarios
def test_hygiene(attempt: Attempt) -> None:
    attempt.judged()


@pytest.mark.parametrize("manager", MANAGERS)
def test_row_51_a_name_that_is_no_utf_8(shelves: Callable[[str, bool], Path], tmp_path: Path, manager: str) -> None:
    desk = at_top(shelves(manager, False), tmp_path)
    Path(f"{desk.repo.path}/data/raw/\udcff.csv").write_text("1")
    desk.repo.git("add", "--force", "--all", "data")
    done = desk.commit()
    assert done.code == 1
    if manager == "native":
        assert "data/raw/\\udcff.csv: DK601" in done.err
        assert errors(done) == {"DK601"}
        assert "Traceback" not in done.err
    assert desk.repo.git("log", "-1", "--format=%s") != "x"
