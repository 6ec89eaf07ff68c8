"""The policy: its defaults, each key, and what is refused."""

from __future__ import annotations

import pytest

from datakit.errors import InvalidRecord
from datakit.formats import policy
from datakit.formats.policy import Policy

FULL = b"""\
policy: 1
data: {raw: d/raw, external: d/ext/, processed: d/out, interim: d/tmp}
catalog: rooms/
card:
  required: [license, owner]
  columns_documented: 0.8
  columns_classified: 0.5
defaults: {owner: Data Team <data@example.org>, language: no}
git: {max_size: 2.5 MB, max_data: 20 KB, max_table: 300 KB, allow: [x/**, "*.npy"], autostage: false}
severity: {DK201: warn, DK305: error, DK105: off}
remotes: {require: [storage, backup]}
"""


def problem(data: bytes) -> tuple[str, int | None]:
    """Return what is wrong with a policy, and the line."""
    with pytest.raises(InvalidRecord) as caught:
        policy.read(data)
    assert caught.value.path == "datakit.yaml"
    return caught.value.problem, caught.value.line


def test_every_key() -> None:
    assert policy.read(FULL) == Policy(
        data={"raw": "d/raw", "external": "d/ext", "processed": "d/out", "interim": "d/tmp"},
        catalog="rooms",
        required=("license", "owner"),
        columns_documented=0.8,
        columns_classified=0.5,
        defaults={"owner": "Data Team <data@example.org>", "language": "no"},
        max_size=2_500_000,
        max_data=20_000,
        max_table=300_000,
        allow=("x/**", "*.npy"),
        autostage=False,
        severity={"DK201": "warn", "DK305": "error", "DK105": "off"},
        remotes=("storage", "backup"),
    )


def test_the_defaults() -> None:
    assert policy.read(b"policy: 1\n") == policy.read(b"{}") == Policy()
    assert policy.read(b"card: {required: []}\n").required == ()
    assert policy.read(b"card: {}\n").required == Policy().required


@pytest.mark.parametrize(
    ("size", "bytes_"),
    [
        ("10 KB", 10_000),
        ("10kB", 10_000),
        ("10000", 10_000),
        ("10000 B", 10_000),
        ("1 MB", 10**6),
        ("1.5 GB", 1_500_000_000),
    ],
)
def test_sizes(size: str, bytes_: int) -> None:
    assert policy.read(f"git: {{max_size: {size}}}\n".encode()).max_size == bytes_


@pytest.mark.parametrize(
    ("text", "said", "line"),
    [
        ("polcy: 1", "`polcy`: unknown key, expected one of card, catalog, data, defaults, git, policy, remotes, severity", None),
        ("card: {need: []}", "`card.need`: unknown key, expected one of columns_classified, columns_documented, required", None),
        ("card: {columns_documented: 80}", "`card.columns_documented`: expected a share from 0 to 1, such as 0.8, found '80'", 1),
        ("card: {columns_documented: -0.1}", "`card.columns_documented`: expected a share from 0 to 1, such as 0.8, found '-0.1'", 1),
        ("card: {columns_documented: nan}", "`card.columns_documented`: expected a share from 0 to 1, such as 0.8, found 'nan'", 1),
        ("card: {columns_documented: all}", "`card.columns_documented`: expected a number, found 'all'", 1),
        ("git: {size: 1}", "`git.size`: unknown key, expected one of allow, autostage, max_data, max_size, max_table", None),
        ("data: {models: m}", "`data.models`: unknown key, expected one of external, interim, processed, raw", None),
        ("remotes: {push: upload}", "`remotes.push`: unknown key, expected one of pre_push, require", None),
        ("remotes: {pre_push: send}", "`remotes.pre_push`: expected prove, upload or off, found 'send'", 1),
        ("remotes: {require: storage}", "`remotes.require`: expected a list of texts, found 'storage'", 1),
        ("policy: 2", "is a policy of schema 2, this datakit reads up to 1", None),
        ("policy: 2\nlater: 1", "is a policy of schema 2, this datakit reads up to 1", None),
        ("policy: new", "`policy`: expected a whole number, not negative, found 'new'", 1),
        ("- a", "expected a mapping, found a list", None),
        ("# nothing", "expected a mapping, found ''", None),
        ("data: {raw: d, processed: d/x}", "`data.processed`: expected a folder outside `d`, which is the folder of `raw`, found 'd/x'", 1),
        ("data: {raw: d, processed: d}", "`data.raw`: expected a folder outside `d`, which is the folder of `processed`, found 'd'", 1),
        ("data: {raw: }", "`data.raw`: expected a folder inside the repository, with `/` between its parts, found nothing", None),
        ("git: {max_size: 9 KB}", "`git.max_size`: expected at least 10 KB, so that the hook can let small changes of code through unread, found '9 KB'", 1),
        ("git: {max_data: 9 KB}", "`git.max_data`: expected at least 10 KB, so that the hook can let small changes of code through unread, found '9 KB'", 1),
        ("git: {max_table: big}", "`git.max_table`: expected a size such as `500 KB` or `1 MB`, found 'big'", 1),
        ("git: {allow: docs}", "`git.allow`: expected a list of texts, found 'docs'", 1),
        ("git: {max_size: big}", "`git.max_size`: expected a size such as `500 KB` or `1 MB`, found 'big'", 1),
        ("git: {max_size: -1 MB}", "`git.max_size`: expected a size such as `500 KB` or `1 MB`, found '-1 MB'", 1),
        ("git: {max_size: 1 MiB}", "`git.max_size`: expected a size such as `500 KB` or `1 MB`, found '1 MiB'", 1),
        ("git: {autostage: 1}", "`git.autostage`: expected true or false, found '1'", 1),
        ("card: {required: license}", "`card.required`: expected a list of texts, found 'license'", 1),
        ("defaults: {owner: [a]}", "`defaults.owner`: expected a text, found a list", None),
        ("severity: {DK201: never}", "`severity.DK201`: expected error, warn or off, found 'never'", 1),
        ("severity: {card: off}", "`severity.card`: expected a rule's code such as `DK201` as the key, found 'off'", 1),
        ("catalog: x\ncatalog: y", "key `catalog` is there twice", 2),
    ],
)  # fmt: skip
def test_what_is_refused(text: str, said: str, line: int | None) -> None:
    assert problem(f"{text}\n".encode()) == (said, line)


@pytest.mark.parametrize(
    "folder",
    [
        "/abs",
        "..",
        "a/../b",
        ".",
        "a//b",
        "~/x",
        "-x",
        "C:/x",
        "a\\\\b",
        ".git",
        "a/.git/b",
        ".dvc",
        ".datakit",
        "./a",
        "''",
    ],
)
def test_folders_lie_inside_the_repository(folder: str) -> None:
    for key in ("catalog: {}\n", "data: {{raw: {}}}\n"):
        written = folder if folder == "''" else f'"{folder}"'
        said, _ = problem(key.format(written).encode())
        assert "expected a folder inside the repository, with `/` between its parts, found" in said


def test_a_later_schema_says_what_to_do() -> None:
    with pytest.raises(InvalidRecord) as caught:
        policy.read(b"policy: 2\n")
    assert caught.value.hint == "upgrade with `pip install -U dvc-datakit`"


@pytest.mark.parametrize(
    ("path", "tier"),
    [
        ("data/raw/a.csv", "raw"), ("data/raw/deep/a.csv", "raw"), ("data/rawer/a.csv", None), ("data/raw", "raw"), ("a.csv", None),
        ("data/interim/x", "interim"), ("data/x", None), ("xdata/raw/a", None),
    ],
)  # fmt: skip
def test_the_tier_of_a_path(path: str, tier: str | None) -> None:
    assert Policy().tier(path) == tier


@pytest.mark.parametrize("catalog", ["data/raw/catalog", "data"])
def test_the_catalogue_lies_apart_from_the_data(catalog: str) -> None:
    with pytest.raises(InvalidRecord, match="`catalog`: expected a folder apart from the data folder `data/raw`"):
        policy.read(f"policy: 1\ncatalog: {catalog}\n".encode())


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("tests/**", ("tests/a", "tests/a/b.npy"), ("tests", "a/tests/b", "tests2/a")),
        ("**/tests/**", ("tests/a", "x/y/tests/a"), ("x/testsa/b",)),
        ("*.npy", ("a.npy",), ("x/a.npy", "a.npy.gz")),
        ("**/*.npy", ("a.npy", "x/y/a.npy"), ("a.npz",)),
        ("a/**/b/*.[ct]sv", ("a/b/x.csv", "a/x/y/b/x.tsv"), ("a/b/x.psv", "a/b/c/x.csv")),
        ("docs/fig?.png", ("docs/fig1.png",), ("docs/fig10.png", "docs/sub/fig1.png")),
        ("**", ("a", "a/b"), ()),
        ("", (), ("a",)),
    ],
)
def test_patterns(pattern: str, yes: tuple[str, ...], no: tuple[str, ...]) -> None:
    assert [path for path in (*yes, *no) if policy.matches(pattern, path)] == list(yes)


def test_hostile_patterns_take_no_time() -> None:
    for pattern in ("**/" * 500 + "x", "*a" * 500, "**/a/" * 500 + "b"):
        policy.matches(pattern, "a/" * 300 + "c")
        policy.matches(pattern, "a" * 4000)


def test_reading_takes_no_pattern_for_allowed_that_is_not_given() -> None:
    assert policy.read(b"git: {allow: []}\n").allow == ()
    assert policy.read(b"git: {}\n").allow == Policy().allow
