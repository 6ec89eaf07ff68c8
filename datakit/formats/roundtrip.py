"""Edits of YAML that people also write: comments, order and quoting stay; DVC's own writer is used with its settings.

Source of the settings: `dvc.utils.serialize._yaml`, so that what is written is byte for byte what DVC writes.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from datakit.errors import InvalidRecord

if TYPE_CHECKING:
    from ruamel.yaml import YAML


def load(data: bytes, where: str) -> Any:  # ruamel's tree of mappings, lists and annotated scalars
    """Read YAML so that it can be written back with its comments; an empty document is an empty mapping.

    Raises:
        InvalidRecord: It is not YAML.
    """
    from ruamel.yaml.error import YAMLError

    try:
        tree = _yaml().load(data.decode("utf-8"))
    except (YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "is not UTF-8"
        raise InvalidRecord(where, f"is not YAML: {problem}", line=mark.line + 1 if mark else None) from error
    return _yaml().map() if tree is None else tree


def dump(tree: object) -> bytes:
    r"""Write a tree in block style, as DVC does.

    >>> dump({"outs": [{"md5": "00", "path": "no"}]})
    b"outs:\n- md5: '00'\n  path: no\n"
    """
    stream = io.StringIO()
    _yaml().dump(tree, stream)
    return stream.getvalue().encode()


def text(value: str) -> str:
    """Return a text that is written in quotes where it could be read as anything else.

    In flow style a plain scalar may not begin with `?` for every reader, though the writer leaves it plain.
    """
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    from datakit.formats import emit

    return value if emit.scalar(value) == value else DoubleQuotedScalarString(value)


def _yaml() -> YAML:
    """Make a reader and writer with DVC's settings."""
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.default_flow_style = False
    return yaml
