"""DK603: secrets in what is committed; none is ever shown, and nothing that only looks like one blocks."""

from __future__ import annotations

from typing import Any

import pytest

from datakit.formats.finding import Finding
from datakit.formats.pointer import Out, render
from tests.support.cards import GOOD
from tests.support.rooms import CARD, drafted, repository, room
from tests.support.trees import judged

EMPTY: dict[str, Any] = {"datakit.yaml": b"policy: 1\n"}
SIGNED = "https://b.s3.amazonaws.com/k?X-Amz-Signature=c0ffee11c0ffee22"
VOID = "make the old one void where it was given out, since history may keep it"


def found(files: dict[str, Any], before: dict[str, Any] = EMPTY) -> list[Finding]:
    """Return the DK603 of a change."""
    return [finding for finding in judged(before, files) if finding.code == "DK603"]


def test_dk603_a_password_in_the_settings_of_dvc() -> None:
    config = "['remote \"storage\"']\n    url = ssh://jane@h/srv\n    password = plainword\n    keyfile = ~/.ssh/id\n"
    assert found({**EMPTY, ".dvc/config": config}) == [
        Finding(
            ".dvc/config",
            "DK603",
            "`password` of remote `storage` is a secret, and everybody who can read the repository can use it",
            f"dvc remote modify --local storage password NEW, then dvc remote modify --unset storage password; {VOID}",
            line=3,
        )
    ]


def test_dk603_a_setting_is_said_once_and_an_address_with_a_password_too() -> None:
    config = "[core]\n  token = hunter22\n['remote \"a b\"']\n  url = https://jane:hunter2@h/x\n  sas_token = sv=2&sig=c0ffee11c0ffee\n"
    assert [(f.line, f.message.partition(",")[0], f.hint.partition(",")[0]) for f in found({**EMPTY, ".dvc/config": config})] == [
        (2, "`token` is a secret", "dvc remote modify --local REMOTE token NEW"),
        (4, "it holds what looks like a password in a URL", "take it out of .dvc/config"),
        (5, "`sas_token` of remote `a b` is a secret", "dvc remote modify --local 'a b' sas_token NEW"),
    ]  # fmt: skip


def test_dk603_the_settings_of_one_machine() -> None:
    for text in ("['remote \"s\"']\npassword = x1y2\n", f"['remote \"s\"']\nurl = {SIGNED}\n"):
        (finding,) = found({**EMPTY, ".dvc/config.local": text})
        assert finding.hint == f"git rm --cached -- .dvc/config.local, and {VOID}"


def test_dk603_every_file_that_people_or_datakit_write() -> None:
    full = repository(room())
    for path, text in (
        ("catalog/reviews/README.md", CARD + f"\nSee {SIGNED}\n"),
        ("catalog/reviews/contract.odcs.yaml", drafted("reviews").decode() + f"servers:\n- server: {SIGNED}\n"),
        ("catalog/reviews/manifest.json", full["catalog/reviews/manifest.json"].decode() + f"// {SIGNED}\n"),
        ("catalog/reviews/splits/default.yaml", f"# {SIGNED}\n"),
        ("catalog/gone/tombstone.json", f'{{"reason": "{SIGNED}"}}'),
        ("data/raw/reviews.csv.dvc", f"deps:\n- path: {SIGNED}\nouts:\n- path: x\n"),
        ("dvc.yaml", f"stages:\n  get:\n    cmd: curl '{SIGNED}'\n"),
        ("sub/dvc.lock", f"stages:\n  get:\n    cmd: curl '{SIGNED}'\n"),
        ("datakit.yaml", f"policy: 1\n# {SIGNED}\n"),
    ):
        (finding,) = found({**full, path: text}, full)
        assert (finding.path, finding.level) == (path, "error")
        assert finding.line == text[: text.index(SIGNED)].count("\n") + 1
        assert finding.message == (
            "it holds what looks like a signed AWS query, and everybody who can read the repository can use it"
        )
        assert finding.hint == f"take it out of {path}, and {VOID}"


def test_dk603_what_dvc_import_url_writes() -> None:
    text = "deps:\n- path: http://alice:s3cret@127.0.0.1/f?token=c0ffee11\nouts:\n- path: f\n"
    assert [f.line for f in found({**EMPTY, "data/raw/f.dvc": text})] == [2]


def test_dk603_nothing_of_a_secret_is_shown() -> None:
    text = f"{SIGNED}\npostgresql://jane:hunter2@db/x\nAKIACANARYQ7Q7Q7Q7Q7\npassword: c0ffee-c0ffee\n"
    shown = repr(found({**EMPTY, "catalog/x/README.md": text, ".dvc/config": text}))
    assert "looks like an AWS access key" in shown
    assert not any(word in shown for word in ("c0ffee", "hunter", "CANARY", "AKIA"))


def test_dk603_only_what_changed_is_read_and_only_records() -> None:
    old = {**EMPTY, "catalog/x/README.md": SIGNED}
    assert found({**old, "src/a.py": f"KEY = '{SIGNED}'"}, old) == []
    assert found(EMPTY, old) == []
    assert found({**old, "catalog/x/README.md": f"{SIGNED} again"}, old) != []
    assert found({**EMPTY, "catalog/x/README.md": "x" * 1_000_000 + SIGNED}) == []


@pytest.mark.parametrize(
    "files", [repository(room()), repository(room(card=GOOD)), {**EMPTY, ".dvc/config": ("160000", b"")}]
)
def test_dk603_what_must_pass(files: dict[str, Any]) -> None:
    assert found(files) == []


def test_dk603_a_pointer_and_a_link() -> None:
    assert found({**EMPTY, "a.dvc": render(Out("a", "0" * 32, 1, None, "md5", "a"))}) == []
    assert found({**EMPTY, ".dvc/config": ("120000", b"../../etc/passwd")}) == []


def test_dk603_can_be_switched_off() -> None:
    off = {**EMPTY, "datakit.yaml": b"severity: {DK603: warn}\n"}
    assert [f.level for f in found({**off, "catalog/x/README.md": SIGNED}, off)] == ["warn"]
