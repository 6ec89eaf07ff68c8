"""Pointers and YAML that two readers would understand differently, and names that a shell or a terminal would."""

from __future__ import annotations

from collections.abc import Callable

from tests.scenarios.modes import FEW, ONCE, STAGED
from tests.scenarios.prepared import CONTRACT, MANIFEST, OTHER, POINTER, edit, put, put_raw, take
from tests.scenarios.table import Attempt, Stage, Table
from tests.support.repo import Repo

TABLE = Table()
MD5 = "dc7b7862fc1b2b06302174033e711723"  # of the twelve birds
LAUGHS = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n"


def pointer(**fields: str) -> Stage:
    """Return what writes a pointer with other fields."""

    def stage(repo: Repo) -> None:
        known = {"md5": MD5, "size": "114", "hash": "md5", "path": "birds.csv", "meta": "{datakit: birds}"} | fields
        lines = "".join(f"  {key}: {value}\n" for key, value in known.items() if key not in {"top", "more"})
        text = f"outs:\n-{lines[1:]}{known.get('more', '')}{known.get('top', '')}"
        assert text != repo.read(POINTER)
        put(repo, POINTER, text)

    return stage


for name, codes, fields in (
    ("all digits", ("DK104",), {"md5": "0" * 32}),
    ("too short", ("DK104",), {"md5": MD5[:-1]}),
    ("upper case", ("DK104",), {"md5": MD5.upper()}),
    ("wrong size", ("DK102",), {"size": "115"}),
    ("negative size", ("DK104",), {"size": "-1"}),
    ("two outs", ("DK101",), {"more": f"- md5: {MD5}\n  path: more.csv\n"}),
    ("parent", ("DK103",), {"path": "../birds.csv"}),
    ("outside", ("DK104",), {"path": "../../../birds.csv"}),
    ("into git", ("DK104",), {"path": "../../.git/hooks/pre-commit"}),
    ("absolute", ("DK104",), {"path": "/etc/passwd"}),
    ("wdir", ("DK103",), {"top": "wdir: ../external\n"}),
    ("no cache", ("DK102",), {"more": "  cache: false\n"}),
):
    TABLE.blocked(30, *codes, modes=ONCE, name=f"a pointer with {name}")(pointer(**fields))


@TABLE.blocked(30, "DK102")
def a_pointer_with_another_hash(repo: Repo) -> None:
    pointer(md5="e1" * 16)(repo)


@TABLE.blocked(32, "DK104", modes=FEW)
def an_empty_pointer(repo: Repo) -> None:
    put(repo, POINTER, "")


@TABLE.blocked(32, "DK104", modes=ONCE)
def an_empty_manifest(repo: Repo) -> None:
    put(repo, MANIFEST, "")


def rewritten(path: str, change: Callable[[str], str]) -> Stage:
    """Return what writes a file anew, its bytes as they are."""

    def stage(repo: Repo) -> None:
        before = repo.read(path)
        after = change(before)
        assert after != before
        put_raw(repo, path, after.encode())

    return stage


for name, path, change in (
    ("a key twice", POINTER, lambda text: text.replace("  size:", "  size: 1\n  size:")),
    ("an alias bomb", POINTER, lambda text: text + LAUGHS),
    ("a tag", POINTER, lambda text: text + "desc: !!python/object/apply:os.system [id]\n"),
    ("a tab", POINTER, lambda text: text.replace("  size", "\tsize")),
    ("a key twice in the contract", CONTRACT, lambda text: text.replace("status:", "status: draft\nstatus:")),
    ("an alias bomb in the contract", CONTRACT, lambda text: text + LAUGHS),
    ("a tag in the contract", CONTRACT, lambda text: text.replace("status: active", "status: !!python/name:os.system")),
    ("a key twice in dvc yaml", "dvc.yaml", lambda text: text + "artifacts: {}\n"),
    ("a tag in the policy", "datakit.yaml", lambda text: text + "remotes: !!python/name:os.system\n"),
    ("two documents", POINTER, lambda text: f"{text}---\n{text}"),
):  # fmt: skip
    TABLE.blocked(33, "DK104", modes=ONCE, name=name)(rewritten(path, change))


for row, name, path, change in (
    (33, "crlf in a pointer", POINTER, lambda text: text.replace("\n", "\r\n")),
    (33, "a mark before a pointer", POINTER, lambda text: f"\ufeff{text}"),
    (33, "crlf in the contract", CONTRACT, lambda text: text.replace("\n", "\r\n")),
    (33, "a mark before the contract", CONTRACT, lambda text: f"\ufeff{text}"),
    (33, "crlf in the policy", "datakit.yaml", lambda text: text.replace("\n", "\r\n")),
    (34, "crlf in a manifest", MANIFEST, lambda text: text.replace("\n", "\r\n")),
):
    TABLE.allowed(row, modes=STAGED if row == 34 else ONCE, name=name)(rewritten(path, change))


@TABLE.allowed(50)
def a_file_whose_name_has_letters_and_blanks(repo: Repo) -> None:
    take(repo, "named")


def called(name: str) -> Stage:
    """Return what makes a dataset of a name."""

    def stage(repo: Repo) -> None:
        edit(repo, f"{OTHER}.dvc", "datakit: bees", f"datakit: {name}")

    return stage


for name, text in (
    ("newline", '"be\\nes"'),
    ("escape", '"\\e[31mbees"'),
    ("dash", "-bees"),
    ("parent", "../bees"),
    ("blank", '"be es"'),
):
    TABLE.blocked(50, "DK104", modes=ONCE, name=f"a dataset whose name has a {name}")(called(text))


@TABLE.blocked(50, "DK101")
def a_pointer_whose_name_has_a_newline_and_a_dash(repo: Repo) -> None:
    put(repo, "data/raw/-a\nb.csv.dvc", f'outs:\n- md5: {MD5}\n  size: 1\n  hash: md5\n  path: "-a\\nb.csv"\n')


@TABLE.scenarios
def test_pointers(attempt: Attempt) -> None:
    attempt.judged()
