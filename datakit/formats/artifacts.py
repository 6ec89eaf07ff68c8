"""The `artifacts:` of dvc.yaml: one line a dataset, sorted, so that two branches that add datasets merge."""

from __future__ import annotations

import re

from datakit.errors import InvalidRecord
from datakit.formats import roundtrip, yaml
from datakit.formats.fields import Fields

FILE = "dvc.yaml"
_SECTION = re.compile(rb"^artifacts:[ ]*\n(?:(?: .*)?\n)*", re.MULTILINE)
_OURS = re.compile(rb"^  ([a-z0-9_-]+): \{path: ([A-Za-z0-9_./-]+), type: dataset\}$", re.MULTILINE)
_LINE = re.compile(r"  (?P<name>[A-Za-z0-9][A-Za-z0-9_/-]*): .*")


def read(data: bytes, where: str = FILE) -> dict[str, str]:
    r"""Return the path of each artifact by name.

    Args:
        data: The file dvc.yaml; empty is none.
        where: Its path for messages.

    Raises:
        InvalidRecord: Not YAML, or an artifact without a path.

    >>> read(b"artifacts:\n  reviews: {path: data/raw/reviews.csv, type: dataset}\n")
    {'reviews': 'data/raw/reviews.csv'}
    """
    tree = yaml.load(data, where, limit=64 * 1024 * 1024)
    if tree == "":  # nothing, or comments only
        return {}
    artifacts = Fields(tree, where).within("artifacts")
    return {str(name): artifacts.within(name).text("path") for name in artifacts.mapping}


def lines(data: bytes) -> dict[str, str]:
    r"""Return the artifacts that stand on lines as `put` writes them, without reading the rest of the file.

    >>> lines(b"artifacts:\n  reviews: {path: data/raw/reviews.csv, type: dataset}\n")
    {'reviews': 'data/raw/reviews.csv'}
    """
    section = _SECTION.search(data)
    return {name.decode(): path.decode() for name, path in _OURS.findall(section[0])} if section else {}


def put(data: bytes, name: str, path: str, where: str = FILE) -> bytes:
    r"""Write one artifact; every other byte of the file stays.

    Args:
        data: The file dvc.yaml as it is; empty where there is none.
        name: The dataset.
        path: Its data, relative to the repository.
        where: The file's path for messages.

    Returns:
        The new file; `data` itself where the artifact is there already.

    >>> put(b"artifacts:\n  zoo: {path: z, type: dataset}\n", "ants", "a.csv").decode().splitlines()[1]
    '  ants: {path: a.csv, type: dataset}'
    """
    known = read(data, where)
    if known.get(name) == path:
        return data
    lines = data.decode("utf-8").splitlines(keepends=True)
    if name not in known:
        from datakit.formats import emit

        edited = _insert(lines, name, f"  {name}: {{path: {emit.scalar(path)}, type: dataset}}").encode()
        try:
            if read(edited, where) == {**known, name: path}:
                return edited
        except InvalidRecord:
            pass  # an unusual layout: the round trip below can do it
    return _edit(data, name, path, where)


def rename(data: bytes, old: str, new: str, where: str = FILE) -> bytes:
    r"""Give an artifact another name; what people added to it stays.

    Args:
        data: The file dvc.yaml.
        old: The name that it has; nothing happens where there is none.
        new: The name that it gets, which must be free.
        where: The file's path for messages.

    >>> rename(b"artifacts:\n  ants: {path: a, type: dataset}\n  bees: {path: b, type: dataset}\n", "ants", "zoo")
    b'artifacts:\n  bees: {path: b, type: dataset}\n  zoo: {path: a, type: dataset}\n'
    """
    known = read(data, where)
    if old not in known:
        return data
    if lines(data).get(old) == known[old]:
        return put(remove(data, old, where), new, known[old], where)
    tree = roundtrip.load(data, where)
    artifacts = tree["artifacts"]
    artifacts.insert(list(artifacts).index(old), new, artifacts.pop(old))
    return roundtrip.dump(tree)


def remove(data: bytes, name: str, where: str = FILE) -> bytes:
    """Take one artifact out; the key `artifacts` goes with the last one, since DVC takes no empty one."""
    known = read(data, where)
    if name not in known:
        return data
    if len(known) > 1 and name in lines(data):
        cut = re.sub(rb"(?m)^  %b: \{path: [A-Za-z0-9_./-]+, type: dataset\}\r?\n?" % name.encode(), b"", data, count=1)
        if read(cut, where) == {other: path for other, path in known.items() if other != name}:
            return cut
    tree = roundtrip.load(data, where)
    del tree["artifacts"][name]
    if not tree["artifacts"]:
        del tree["artifacts"]
    return roundtrip.dump(tree) if tree else b""


def _insert(lines: list[str], name: str, line: str) -> str:
    """Put the line where the names stay sorted, or a new `artifacts:` at the end; a comment stays with what follows it."""
    end = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    if lines and not lines[-1].endswith("\n"):
        lines = [*lines[:-1], lines[-1] + end]
    start = next((i for i, text in enumerate(lines) if text.rstrip() == "artifacts:"), None)
    if start is None:
        return "".join([*lines, f"artifacts:{end}", line + end])
    at = start + 1
    for i in range(start + 1, len(lines)):
        found = _LINE.match(lines[i])
        if found and found["name"] > name:
            break
        if lines[i].strip() and not lines[i].startswith(" "):
            break
        if lines[i].strip() and not lines[i].lstrip().startswith("#"):
            at = i + 1
    return "".join([*lines[:at], line + end, *lines[at:]])


def _edit(data: bytes, name: str, path: str, where: str) -> bytes:
    """Write the artifact by a round trip, which keeps comments but may change the layout."""
    tree = roundtrip.load(data, where)
    artifacts = tree.setdefault("artifacts", {})
    if artifacts is None:
        artifacts = tree["artifacts"] = {}
    if name in artifacts:
        artifacts[name]["path"] = roundtrip.text(path)
    else:
        artifacts[name] = {"path": roundtrip.text(path), "type": "dataset"}
    return roundtrip.dump(tree)
