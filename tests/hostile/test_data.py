"""What data can hold and be called: objects that unpickle into commands, names that a shell or SQL would act on, bombs."""

from __future__ import annotations

import gzip
import json
import pickle
import sys
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.hostile import Reader, Victim, add, read

RAW = "data/raw"


class Evil:
    """What runs a command when it is unpickled."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[object, tuple[str]]:
        import os

        return os.system, (self.command,)


@pytest.mark.parametrize("name", ["m.pkl", "m.npy", "m.joblib", "m.pt", "m.csv", "m.parquet", "m.jsonl", "m"])
def test_pickles(reading: Reader, victim: Victim, name: str) -> None:
    data = pickle.dumps(Evil(f"touch {victim.canary}"))
    victim.write({f"{RAW}/{name}": data, f"{RAW}/folder/{name}": data})
    add(
        reading,
        victim,
        [
            ("add", f"{RAW}/{name}", f"{RAW}/folder", "--as", "files", "--no-input"),
            ("add", f"{RAW}/{name}", "--no-input"),
        ],
    )
    read(reading, victim, [("load", "m"), ("verify",)])
    assert not victim.canary.exists()
    victim.run(sys.executable, "-c", f"import pickle; pickle.load(open('{RAW}/{name}', 'rb'))")
    assert victim.canary.exists()


COMMANDS = (
    "; touch canary;.csv", "$(touch canary).csv", "`touch canary`.csv", "| touch canary #.csv", "&& touch canary #.csv",
    "\ntouch canary\n.csv", "x\rx\n touch canary;.csv", "'; touch canary; '.csv", '"; touch canary; ".csv', "x&touch canary&.csv",
)  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_names_that_a_shell_would_run(reading: Reader, victim: Victim, name: str) -> None:
    canary = victim.path / "canary"
    victim.write({f"{RAW}/{name}": "a,b\n1,2\n", f"{RAW}/folder/{name}": "x"})
    add(
        reading,
        victim,
        [
            ("add", f"{RAW}/{name}", "--name", "one", "--no-input"),
            ("add", f"{RAW}/folder", "--no-input"),
            ("add", "--no-input"),
        ],
    )
    read(reading, victim, [("status",), ("check",), ("verify",)])
    assert not canary.exists()
    quoting = next((mark for mark in ("'", '"') if name.startswith(mark)), "")
    victim.run("sh", "-c", f"cd {RAW}; cat {quoting}{name}{quoting}")
    assert canary.exists() or (victim.path / RAW / "canary").exists()


GLOBS = ("*.csv", "a?.csv", "[ab].csv", "{a,b}.csv", "a=1.csv", "-a.csv", "--help.csv", "%s.csv", "a'b.csv", 'a"b.csv', "a\\b.csv", ":(top)a.csv", "!a.csv")  # fmt: skip


def test_names_that_mean_several_files_mean_one(reading: Reader, victim: Victim) -> None:
    """Each has two rows; a name that were a pattern would match the neighbours, which have one."""
    victim.write({f"{RAW}/g/{name}": "x\n9\n" for name in ("a.csv", "ab.csv", "b.csv")})
    names = {name: f"glob{number}" for number, name in enumerate(GLOBS)}
    victim.write({f"{RAW}/g/{name}": "x\n1\n2\n" for name in names})
    answers = add(
        reading, victim, [("add", f"{RAW}/g/{name}", "--name", called, "--no-input") for name, called in names.items()]
    )
    for answer, (name, called) in zip(answers.values(), names.items(), strict=True):
        room = victim.path / "catalog" / called
        if not room.exists():
            assert answer.code in {1, 2}, (name, answer)
            continue
        assert json.loads((room / "receipt.json").read_text())["rows"] == 2, name
    recorded = {name for name, called in names.items() if (victim.path / "catalog" / called).exists()}
    assert recorded >= {"*.csv", "a?.csv", "[ab].csv", "{a,b}.csv", "-a.csv", "a=1.csv", "a'b.csv"}


ODD = (
    "\x1b[2J.csv",
    "\u202evsc.exe",
    "a\x07.csv",
    "\x9b31m.csv",
    "\u2066a.csv",
    "a\u2028b.csv",
    "con.csv",
    "a .csv",
    "\udcff.csv",
    ".csv",
    "x" * 250 + ".csv",
)


def test_names_that_a_terminal_would_obey(reading: Reader, victim: Victim) -> None:
    for name in ODD:
        for folder in (RAW, f"{RAW}/odd"):
            place = victim.path / folder / name
            place.parent.mkdir(exist_ok=True)
            place.write_text("a\n1\n")
    commands = [("add", f"{RAW}/{name}", "--no-input") for name in ODD if name.isprintable() or "\udcff" not in name]
    add(reading, victim, [*commands, ("add", f"{RAW}/odd", "--no-input"), ("add", "--no-input")])
    read(reading, victim, [("status",), ("list",), ("check",), ("check", "--format", "github"), ("verify",)])


def varint(number: int) -> bytes:
    """Return a number as Thrift's compact protocol writes it."""
    number *= 2
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])


def test_bombs(reading: Reader, victim: Victim) -> None:
    """Small files that claim or become much: each is refused or recorded, in little time and little memory."""
    folder = victim.path / RAW
    with zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../../escaped", "x")
        archive.writestr("zeros", b"\0" * 50_000_000)
    with gzip.open(folder / "zeros.csv.gz", "wb", 9) as packed:
        packed.write(b"\0" * 100_000_000)
    with gzip.open(folder / "line.csv.gz", "wb", 9) as packed:
        packed.write(b"a,b\n" + b"1" * 100_000_000 + b",2\n")
    claiming(folder / "rows.parquet")
    victim.write({f"{RAW}/deep.jsonl": "[" * 500_000 + "\n", f"{RAW}/nested.json": '{"a":' * 100_000})
    victim.write(
        {
            f"{RAW}/wide.csv": ",".join(f"c{n}" for n in range(100)) + "\n",
            f"{RAW}/quote.csv": 'a,b\n"' + "x\n" * 500_000,
        }
    )
    victim.write(
        {f"{RAW}/number.csv": f"a\n{'9' * 1_000_000}\n", f"{RAW}/exponent.jsonl": '{"a": 1e999999999}\n{"a": 1}\n'}
    )
    names = (
        "bomb.zip",
        "zeros.csv.gz",
        "line.csv.gz",
        "rows.parquet",
        "deep.jsonl",
        "nested.json",
        "wide.csv",
        "quote.csv",
        "number.csv",
        "exponent.jsonl",
    )
    answers = add(reading, victim, [("add", f"{RAW}/{name}", "--no-input") for name in names])
    assert answers[f"add {RAW}/bomb.zip --no-input"].code in {0, 1}
    read(reading, victim, [("status",), ("verify",)])


def claiming(path: Path) -> None:
    """Write a Parquet file of a million nulls whose footer claims a hundred and thirty million rows."""
    rows = 1 << 20
    pq.write_table(pa.table({"a": pa.nulls(rows, pa.int64())}), path)
    data = path.read_bytes()
    size = int.from_bytes(data[-8:-4], "little")
    head, foot = data[: -8 - size], data[-8 - size :]
    assert foot.count(varint(rows)) >= 2
    path.write_bytes(head + foot.replace(varint(rows), b"\xfe\xff\xff\x7f"))
