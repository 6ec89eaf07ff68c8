"""The stages of a `dvc.yaml`, as far as they say which data is theirs to make."""

from __future__ import annotations

from collections.abc import Iterator

from datakit.formats import pointer, yaml
from datakit.formats.fields import Fields
from datakit.formats.pointer import Out
from datakit.formats.yaml import Map, Node, Seq

LIMIT = 64 * 1024 * 1024  # bytes, as for artifacts
_KINDS = ("outs", "metrics", "plots")


def outputs(data: bytes, where: str) -> dict[str, str]:
    r"""Return the stage that makes each output, by the output's path relative to the repository.

    Outputs whose path is a template, and those of `foreach` and `matrix`, are known once DVC ran them: dvc.lock has them.

    Args:
        data: The file.
        where: Its path.

    Raises:
        InvalidRecord: Not YAML, or not a mapping where one is needed.

    >>> outputs(b"stages:\n  clean:\n    outs:\n    - a.csv\n    - b.csv: {cache: false}\n", "sub/dvc.yaml")
    {'sub/a.csv': 'clean', 'sub/b.csv': 'clean'}
    """
    if not data.strip():
        return {}
    stages = Fields(yaml.load(data, where, limit=LIMIT), where).within("stages").mapping
    found = {}
    for name, stage in stages.items():
        for path in _paths(stage):
            target = pointer.target(where, Out(path), _wdir(stage))
            if target is not None:
                found[target] = str(name)
    return found


def folders(data: bytes, where: str) -> dict[str, str]:
    r"""Return the folder that each stage runs in, relative to the file's own, where it is another; dvc.lock does not say.

    Args:
        data: The file.
        where: Its path.

    Raises:
        InvalidRecord: As for `outputs`.

    >>> folders(b"stages:\n  clean:\n    wdir: data\n  split:\n    foreach: [a]\n    do: {wdir: ../x}\n", "dvc.yaml")
    {'clean': 'data', 'split': '../x'}
    """
    if b"wdir" not in data:
        return {}
    stages = Fields(yaml.load(data, where, limit=LIMIT), where).within("stages").mapping
    found = {}
    for name, stage in stages.items():
        inner = stage.get("do", stage) if isinstance(stage, Map) else stage
        folder = _wdir(inner)
        if folder != "." and "${" not in folder:
            found[str(name)] = folder
    return found


def _paths(stage: Node) -> Iterator[str]:
    """Return the paths that one stage writes."""
    for kind in _KINDS:
        listed = stage.get(kind) if isinstance(stage, Map) else None
        for item in listed if isinstance(listed, Seq) else ():
            for path in item if isinstance(item, Map) else [str(item)]:
                if "${" not in path:
                    yield str(path)


def _wdir(stage: Node) -> str:
    """Return the folder that a stage runs in."""
    found = stage.get("wdir") if isinstance(stage, Map) else None
    return str(found) if found else "."
