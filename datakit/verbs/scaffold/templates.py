"""The files that `init` writes, kept as data: `templates/common` for every project, `templates/KIND` for one kind."""

from __future__ import annotations

from pathlib import Path
from string import Template

from datakit.errors import EnvironmentProblem, UsageError

KINDS = ("tabular", "files")

_PACKAGE = Path(__file__).parents[2]


def folder() -> Path:
    """Return the folder of the templates: inside the installed package, or beside it in a checkout.

    Raises:
        EnvironmentProblem: The installation is incomplete.
    """
    for place in (_PACKAGE / "templates", _PACKAGE.parent / "templates"):
        if (place / "common" / "hook.sh").is_file():
            return place
    raise EnvironmentProblem(
        f"datakit's templates are missing: neither `{_PACKAGE / 'templates'}` nor a checkout has them",
        hint="pip install --force-reinstall dvc-datakit",
    )


def read(name: str, kind: str = "common") -> str:
    """Return a template as it is.

    Args:
        name: Its file name.
        kind: `common`, or one of `KINDS`.
    """
    return (folder() / kind / name).read_text(encoding="utf-8")


def render(name: str, kind: str = "common", **facts: str) -> bytes:
    """Fill a template.

    Args:
        name: Its file name.
        kind: `common`, or one of `KINDS`.
        facts: A value for each `${name}` in it.

    Returns:
        The file to write, UTF-8 with LF.
    """
    return Template(read(name, kind)).substitute(facts).encode()


def known(kind: str) -> str:
    """Return the kind of a project, or refuse it.

    Raises:
        UsageError: There is no such kind.
    """
    if kind not in KINDS:
        raise UsageError(
            f"there is no template `{kind}`, expected {' or '.join(f'`{each}`' for each in KINDS)}",
            hint="`tabular` for tables, `files` for folders of images, audio and the like",
        )
    return kind
