"""The hook as Git runs it: real commits through a native hook script."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from datakit.formats import pointer
from datakit.formats.manifest import Parent
from tests.support.repo import Repo, Result
from tests.support.rooms import CARD, md5, profiled, repository, restated, room, without

PYTHON = sys.executable
POINTER = "data/raw/reviews.csv.dvc"
MANIFEST = "catalog/reviews/manifest.json"
BLOCKED = "commit blocked by datakit; `datakit explain CODE` says why a rule is there\n"


@pytest.fixture
def hooked(tmp_path: Path) -> Repo:
    """A repository with one complete dataset and both hooks."""
    repo = Repo(tmp_path / "repo")
    repo.git("init", "--quiet")
    repo.write(repository(room()) | {"src/clean.py": "print(1)\n", ".dvc/config": ""})
    repo.commit("start")
    for door in ("pre-commit", "pre-merge-commit"):
        script = repo.path / ".git/hooks" / door
        script.parent.mkdir(exist_ok=True)
        script.write_text(f'#!/bin/sh\nexec "{PYTHON}" -P -m datakit.hooks {door}\n')
        script.chmod(0o755)
    return repo


def commit(repo: Repo, *args: str, cwd: Path | None = None) -> Result:
    """Commit through the hook."""
    where = Repo(cwd) if cwd else repo
    return where.try_git("commit", "--quiet", "-m", "x", *args)


NEW = repository(room(data="v2", before="v1", note="March reviews appended"))
HALF = {POINTER: room(data="v2")[POINTER]}


def test_a_complete_change_is_committed(hooked: Repo) -> None:
    hooked.write(NEW)
    hooked.git("add", "--all")
    assert commit(hooked) == (0, "", "")


def test_half_a_change_is_blocked(hooked: Repo) -> None:
    head = hooked.git("rev-parse", "HEAD")
    hooked.write(HALF)
    hooked.git("add", "--all")
    done = commit(hooked)
    assert done.code == 1
    assert done.err == (
        f"{POINTER}: DK102 its md5 is 1b267619…, the manifest says 6654c734…\n\nto mend:\n"
        f'  datakit add reviews -m "why the data changed"\n1 error\n{BLOCKED}'
    )
    assert hooked.git("rev-parse", "HEAD") == head


def test_a_warning_is_said_and_lets_the_commit_through(hooked: Repo) -> None:
    hooked.write({"datakit.yaml": "policy: 1\nseverity: {DK102: warn}\n"})
    hooked.commit()
    hooked.write(HALF)
    hooked.git("add", "--all")
    done = commit(hooked)
    assert done.code == 0
    assert "DK102 warning: its md5 is" in done.err
    assert "blocked" not in done.err


def test_the_card_of_a_parent_is_looked_up_in_the_index(hooked: Repo) -> None:
    films = room("films", card=CARD.replace("CC-BY-4.0", "CC-BY-NC-4.0"))
    made = restated(
        repository(room(data="v2", before="v1", note="Films"), films), derived_from=(Parent("films", md5("v1")),)
    )
    hooked.write(made)
    hooked.git("add", "--all")
    hooked.write({"catalog/films/README.md": CARD})
    done = commit(hooked)
    assert done.code == 1
    assert (
        "catalog/reviews/README.md: DK204 `license` is `CC-BY-4.0`, and `films`, of which it is made, has `CC-BY-NC-4.0`: "
        "it is not for commercial use\n" in done.err
    )
    hooked.git("add", "--all")
    assert commit(hooked).code == 0


def test_a_card_that_was_left_behind_is_said_once_and_lets_the_commit_through(hooked: Repo) -> None:
    hooked.write(profiled(NEW, ("stars", "integer"), ("rating", "integer"), rows=9))
    hooked.git("add", "--all")
    done = commit(hooked)
    assert done.code == 0
    said = "column `rating` is new; 3 -> 9 rows"
    assert f"DK205 warning: the data changed and the card did not: {said}\n" in done.err
    hooked.write({"catalog/reviews/README.md": CARD.replace("film", "movie")})
    hooked.git("add", "--all")
    assert commit(hooked) == (0, "", "")


def test_the_index_is_judged_and_not_the_work_tree(hooked: Repo) -> None:
    # Scenarios 10 and 11.
    hooked.write(NEW)
    hooked.git("add", "--all")
    hooked.write({POINTER: b"broken"})
    assert commit(hooked).code == 0
    hooked.write(HALF | {MANIFEST: b"{}"})
    hooked.git("add", "--all")
    hooked.write(NEW)
    assert commit(hooked).code == 1


def test_a_changed_file_of_data_does_not_stop_a_commit_of_code(hooked: Repo) -> None:
    # Scenario 9.
    hooked.write({"data/raw/reviews.csv": "changed", ".gitignore": "*.csv\n", "src/clean.py": "print(2)\n"})
    assert commit(hooked, "-a").code == 0


def test_commit_a_is_judged_by_what_it_takes(hooked: Repo) -> None:
    # Scenario 13: git gives the hook an index of its own.
    hooked.write(HALF)
    hooked.git("add", "--all")
    hooked.write(NEW)
    assert commit(hooked, "-a").code == 0
    hooked.write({POINTER: room(data="v3")[POINTER]})
    assert commit(hooked).code == 1  # nothing is staged: Git itself refuses
    assert "DK102" in commit(hooked, "-a").err


def test_commit_of_paths_is_judged_by_what_it_takes(hooked: Repo) -> None:
    # Scenario 14.
    hooked.write(NEW)
    hooked.git("add", "--all")
    done = commit(hooked, "--", MANIFEST)
    assert (done.code, "DK102" in done.err) == (1, True)
    assert commit(hooked, "--", MANIFEST, POINTER, "catalog/reviews/receipt.json").code == 0
    hooked.write({"src/clean.py": "print(3)\n"} | HALF)
    assert commit(hooked, "--include", "src/clean.py").code == 0


def test_amend(hooked: Repo) -> None:
    # Scenarios 16 and 17.
    hooked.git("rm", "--quiet", "--cached", "catalog/reviews/receipt.json")
    done = commit(hooked, "--amend")
    assert (done.code, "DK301" in done.err) == (1, True)
    hooked.git("add", "--all")
    assert commit(hooked, "--amend").code == 0


def test_an_empty_commit(hooked: Repo) -> None:
    # Scenario 18.
    assert commit(hooked, "--allow-empty") == (0, "", "")


def test_from_a_subfolder_and_a_linked_worktree(hooked: Repo, tmp_path: Path) -> None:
    hooked.write(HALF)
    hooked.git("add", "--all")
    assert "DK102" in commit(hooked, cwd=hooked.path / "src").err
    hooked.git("reset", "--quiet", "--hard")
    hooked.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "linked"))
    linked = Repo(tmp_path / "linked")
    linked.write(HALF)
    linked.git("add", "--all")
    assert "DK102" in commit(linked).err
    assert "DK102" in commit(linked, cwd=linked.path / "src").err
    linked.write(NEW)
    linked.git("add", "--all")
    assert commit(linked).code == 0


def test_in_a_submodule(hooked: Repo, tmp_path: Path) -> None:
    above = Repo(tmp_path / "above")
    above.git("init", "--quiet")
    above.git("submodule", "add", "--quiet", str(hooked.path), "sub")
    above.commit()
    sub = Repo(above.path / "sub")
    hooks = Path(sub.git("rev-parse", "--git-path", "hooks"))
    script = sub.path / hooks / "pre-commit"
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text((hooked.path / ".git/hooks/pre-commit").read_text())
    script.chmod(0o755)
    sub.write(HALF)
    sub.git("add", "--all")
    assert "DK102" in commit(sub).err


def test_the_first_commit(tmp_path: Path, hooked: Repo) -> None:
    for files, code in ((repository(room()), 0), (without(repository(room()), "receipt"), 1)):
        fresh = Repo(tmp_path / f"fresh{code}")
        fresh.git("init", "--quiet")
        script = fresh.path / ".git/hooks/pre-commit"
        script.parent.mkdir(exist_ok=True)
        script.write_text((hooked.path / ".git/hooks/pre-commit").read_text())
        script.chmod(0o755)
        fresh.write(files)
        fresh.git("add", "--all")
        assert commit(fresh).code == code


def branched(repo: Repo, ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    """Commit two sides past the hook."""
    repo.git("checkout", "--quiet", "-b", "other")
    repo.write(theirs)
    repo.commit()
    repo.git("checkout", "--quiet", "main")
    repo.write(ours)
    repo.commit()


def test_a_merge_that_brings_bad_data_is_blocked(hooked: Repo) -> None:
    # Scenario 53.
    branched(hooked, {"src/clean.py": "print(2)\n"}, HALF)
    done = hooked.try_git("merge", "--quiet", "--no-edit", "other")
    assert done.code != 0
    assert "DK102" in done.err
    assert "merge blocked by datakit" in done.err


def test_a_merge_of_two_good_datasets_is_allowed(hooked: Repo) -> None:
    # Scenario 56.
    base = [room(), room("bees"), room("zoo")]
    hooked.write(repository(*base))
    hooked.commit()
    branched(hooked, repository(*base, room("ants")), repository(*base, room("newts")))
    done = hooked.try_git("merge", "--quiet", "--no-edit", "other")
    assert (done.code, done.err) == (0, "")


def test_data_in_git_is_blocked(hooked: Repo) -> None:
    # Scenarios 19 and 20.
    hooked.write({".gitignore": "*.csv\n", "data/raw/loose.csv": "1\n", "big.txt": "x" * 1_000_001})
    hooked.git("add", "--all")
    hooked.git("add", "--force", "data/raw/loose.csv")
    done = commit(hooked)
    assert done.code == 1
    assert "data/raw/loose.csv: DK601 it lies in `data/raw/`, where DVC keeps the data" in done.err
    assert "big.txt: DK601 it is 1,000,001 bytes, the policy allows 1,000,000 in Git" in done.err


def test_a_file_that_was_only_announced_blocks_nothing(hooked: Repo) -> None:
    hooked.write({"data/raw/loose.csv": "1\n", "src/clean.py": "print(2)\n"})
    hooked.git("add", "src/clean.py")
    hooked.git("add", "--intent-to-add", "--force", "data/raw/loose.csv")
    assert commit(hooked).code == 0


def test_a_repository_without_datakit_is_left_alone(hooked: Repo) -> None:
    hooked.git("rm", "--quiet", "-r", "--cached", "datakit.yaml", "catalog")
    hooked.commit("gone", "src")
    hooked.git("rm", "--quiet", "--cached", "datakit.yaml", "--ignore-unmatch")
    hooked.git("commit", "--quiet", "--no-verify", "--allow-empty", "-m", "x")
    hooked.write({"data/raw/x.csv": "1"})
    hooked.git("add", "data/raw/x.csv")
    assert commit(hooked).code == 0


def test_pathspec_settings_of_the_user_do_not_matter(hooked: Repo) -> None:
    hooked.write(HALF)
    hooked.git("add", "--all")
    for flag in ("--glob-pathspecs", "--icase-pathspecs", "--noglob-pathspecs", "--literal-pathspecs"):
        done = hooked.try_git(flag, "commit", "--quiet", "-m", "x")
        assert (done.code, "DK102" in done.err) == (1, True), flag


def test_a_module_of_the_repository_is_never_run(hooked: Repo) -> None:
    for name in ("yaml.py", "json.py", "datakit/__init__.py", "argparse.py"):
        hooked.write({name: "raise SystemExit('run')\n"})
    hooked.write(NEW)
    hooked.git("add", "--all")
    assert commit(hooked) == (0, "", "")


def test_names_cannot_move_the_cursor(hooked: Repo) -> None:
    hooked.write({"data/raw/\x1b[31m\nred.csv": "1"})
    hooked.git("add", "--all")
    done = commit(hooked)
    assert "data/raw/\\x1b[31m\\nred.csv: DK601" in done.err
    assert "\x1b" not in done.err


def test_names_that_are_no_utf_8_are_said(hooked: Repo) -> None:
    # Scenario 51.
    (hooked.path / "data/raw").mkdir(exist_ok=True)
    Path(f"{hooked.path}/data/raw/\udcff.csv").write_text("1")
    hooked.git("add", "--all")
    done = commit(hooked)
    assert done.code == 1
    assert "data/raw/\\udcff.csv: DK601" in done.err
    assert "Traceback" not in done.err


def test_the_hook_writes_nothing(hooked: Repo) -> None:
    hooked.write(HALF)
    hooked.git("add", "--all")
    before = hooked.snapshot(), (hooked.path / ".git/index").read_bytes()
    assert hooked.run(PYTHON, "-P", "-m", "datakit.hooks", "pre-commit").code == 1
    assert (hooked.snapshot(), (hooked.path / ".git/index").read_bytes()) == before


def test_an_object_that_is_not_here_is_never_a_pass(hooked: Repo, tmp_path: Path) -> None:
    hooked.git("config", "uploadpack.allowFilter", "true")
    hooked.git(
        "clone", "--quiet", "--filter=blob:none", "--no-checkout", f"file://{hooked.path}", str(tmp_path / "partial")
    )
    partial = Repo(tmp_path / "partial")
    partial.git("sparse-checkout", "set", "src")
    partial.git("checkout", "--quiet", "main")
    hooked.path.rename(tmp_path / "away")
    oid = partial.run("git", "hash-object", "-w", "--stdin", stdin=HALF[POINTER].decode()).out.strip()
    partial.git("update-index", "--cacheinfo", f"100644,{oid},{POINTER}")
    done = partial.run(PYTHON, "-P", "-m", "datakit.hooks", "pre-commit")
    assert done.code == 3
    assert "is not in this clone: Git knows it but does not have its content" in done.err


def test_usage(hooked: Repo) -> None:
    done = hooked.run(PYTHON, "-P", "-m", "datakit.hooks", "pre-rebase")
    assert done.code == 2
    assert "invalid choice: 'pre-rebase'" in done.err
    assert hooked.run(PYTHON, "-P", "-m", "datakit.hooks", "pre-commit", "src/clean.py", "--color=always").code == 0


def test_outside_a_repository(tmp_path: Path) -> None:
    done = Repo(tmp_path / "nowhere").run(PYTHON, "-P", "-m", "datakit.hooks", "pre-commit")
    assert done.code == 3
    assert done.err.startswith("error: `git ")


def test_a_bug_is_not_taken_for_a_finding(hooked: Repo) -> None:
    hooked.write(NEW)
    hooked.git("add", "--all")
    script = "import datakit.gate.judge as j, datakit.hooks.main as m\nj.judge = lambda *a, **k: 1 / 0\nraise SystemExit(m.main(['pre-commit']))\n"
    done = hooked.run(PYTHON, "-P", "-c", script)
    assert done.code == 70
    assert "ZeroDivisionError" in done.err


def loaded(repo: Repo) -> set[str]:
    """Return the modules that a run of the hook loads."""
    script = "import sys\nfrom datakit.hooks.main import main\ncode = main(['pre-commit'])\nprint(code, *sys.modules, sep='\\n')\n"
    done = subprocess.run([sys.executable, "-P", "-c", script], cwd=repo.path, capture_output=True, check=True)
    code, *names = done.stdout.decode().split()
    assert code == "0"
    return set(names)


@pytest.mark.parametrize(
    ("change", "policy", "gate"),
    [
        (lambda repo: repo.write({"src/clean.py": "print(2)\n"}), False, False),
        (lambda repo: (repo.path / "src/clean.py").unlink(), False, False),
        (Repo.status, False, False),
        (lambda repo: repo.write({"src/new.py": "print(2)\n"}), True, False),
        (lambda repo: repo.write({"src/clean.py": "#" * 10_001}), True, False),
        (lambda repo: repo.write(NEW), True, True),
        (lambda repo: repo.write({"datakit.yaml": "policy: 1\n# more\n"}), True, True),
    ],
)
def test_a_change_of_code_loads_next_to_nothing(
    hooked: Repo, change: Callable[[Repo], object], policy: bool, gate: bool
) -> None:
    change(hooked)
    hooked.git("add", "--all")
    names = loaded(hooked)
    assert ("yaml" in names) is policy
    assert ("datakit.gate.judge" in names) is gate


def test_a_pointer_in_a_folder_that_is_called_like_one(hooked: Repo) -> None:
    hooked.write({"models/odd.dvc/inner.txt": "1", "x.dvc": pointer.render(pointer.Out("x", "0" * 32, 1, None, "md5"))})
    hooked.git("add", "--all")
    assert commit(hooked).code == 0


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"notes.txt": b"PAR1" + bytes(50)}, "notes.txt: DK601 its name says text and its bytes say a Parquet file"),
        ({"a.bin": b"\x93NUMPY" + bytes(20_000)}, "a.bin: DK601 it is a NumPy array of 20,006 bytes, the policy allows 10,000"),
        ({".dvc/config": "['remote \"s\"']\n    password = plainword\n"}, ".dvc/config:2: DK603 `password` of remote `s` is a secret"),
        ({"catalog/reviews/README.md": "see https://jane:hunter2@h/x\n"}, "README.md:1: DK603 it holds what looks like a password in a URL"),
        ({".gitattributes": "data/** filter=lfs\n"}, ".gitattributes:1: DK602 `data/**` gives data and records to Git LFS"),
    ],
)  # fmt: skip
def test_hygiene(hooked: Repo, files: dict[str, str | bytes], said: str) -> None:
    # Scenarios 21, 47 and 48.
    hooked.write(files)
    hooked.git("add", "--all", "--force")
    done = commit(hooked)
    assert done.code == 1
    assert said in done.err
    assert "hunter2" not in done.err
    assert "plainword" not in done.err


def test_links_and_other_repositories(hooked: Repo) -> None:
    # Scenarios 26 to 28.
    (hooked.path / "data/raw/x.csv").symlink_to("/etc/passwd")
    (hooked.path / "catalog/bees").symlink_to("../elsewhere")
    hooked.git("add", "--all", "--force")
    hooked.git("update-index", "--add", "--cacheinfo", f"160000,{hooked.git('rev-parse', 'HEAD')},data/raw/inner")
    done = commit(hooked)
    assert done.code == 1
    assert "data/raw/x.csv: DK602 it is a link to `/etc/passwd`" in done.err
    assert "catalog/bees: DK602 it is a link to `../elsewhere`" in done.err
    assert "data/raw/inner: DK602 it is another repository" in done.err


def test_what_code_brings_is_let_through(hooked: Repo) -> None:
    png = b"\x89PNG\r\n\x1a\n" + bytes(300_000)
    hooked.write({
        "docs/figure.png": png, "src/logo.png": png, "tests/data/x.parquet": b"PAR1" + bytes(50_000), "src/codes.csv": "a,b\n" * 10,
        "assets/icons.zip": b"PK\x03\x04" + bytes(90_000), "src/new.py": "KEY = 'token=abc'\n", ".gitattributes": "*.png binary\n",
        ".dvc/config": "[core]\n    remote = s\n['remote \"s\"']\n    url = ssh://jane@h/srv\n", "uv.lock": "x" * 500_000,
    })  # fmt: skip
    hooked.git("add", "--all", "--force")
    assert commit(hooked) == (0, "", "")
