"""A version that was registered, as text."""

from __future__ import annotations

from datakit.records import Difference, Pushed, Released
from datakit.report import released
from datakit.report.style import Style

DONE = Released(
    "birds", "v2.0.0", "v1.0.0", "a" * 40, "birds@v2.0.0", True, "major",
    (Difference("major", "column `\x1b[31m` is gone"), Difference("patch", "README.md changed")), "notes\n", (), (), None,
)  # fmt: skip


def test_what_was_measured_and_what_comes_next() -> None:
    assert released.text(DONE) == (
        "birds@v2.0.0 at aaaaaaaaaa: major since v1.0.0\n"
        "  major  column `\\x1b[31m` is gone\n"
        "  patch  README.md changed\n"
        "to publish it: datakit push birds && git push --follow-tags\n"
    )


def test_where_it_is_now() -> None:
    sent = Pushed("birds", "b.csv", "0" * 32, "storage", "s3://x", 0, 1, 0, 0)
    asked = DONE._replace(differences=(), remotes=("storage", "backup"), published="origin")
    assert released.text(asked).splitlines()[1:] == [
        "remote storage, backup has every byte",
        "pushed to origin: commits and tag",
    ]
    assert "nothing to send; remote storage has every byte\n" in released.text(asked._replace(sent=(sent,)))


def test_only_the_steps_are_coloured() -> None:
    said = released.text(DONE, Style(colour=True))
    assert "\x1b[1;31mmajor\x1b[0m  column" in said
    assert "column `\\x1b[31m` is gone\n" in said
