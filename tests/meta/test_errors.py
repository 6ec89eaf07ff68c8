"""Every text that datakit raises is asserted by some test."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHORTEST = 12  # characters; less than that says nothing about which error it is


def raised() -> Iterator[tuple[str, str]]:
    """Return place and longest constant part of the message at each place that makes an error of ours."""
    names = {
        node.name
        for node in ast.walk(ast.parse((ROOT / "datakit/errors.py").read_text()))
        if isinstance(node, ast.ClassDef)
    }
    for path in sorted((ROOT / "datakit").rglob("*.py")):
        if path.name == "errors.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names and node.args:
                at = 1 if node.func.id == "InvalidRecord" else 0
                part = longest(node.args[at]) if len(node.args) > at else ""
                if len(part) >= SHORTEST:
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", part


def longest(message: ast.expr) -> str:
    """Return the longest constant part of a message."""
    parts = [node.value for node in ast.walk(message) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return max(parts, key=len, default="").strip()


def test_every_message_is_asserted() -> None:
    # Patterns escape what texts do not, and long messages are broken over lines.
    texts = [
        "".join(
            node.value if isinstance(node.value, str) else node.value.decode(errors="replace")
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
        )
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        if path != Path(__file__)
    ]
    known = re.sub(r"\\([^\w\s])", r"\1", "\n".join(texts)) + "\n".join(texts)
    missing = [f"{where}: {part}" for where, part in raised() if part not in known]
    assert missing == [], "\n".join(["no test asserts:", *missing])


def test_the_check_sees_errors() -> None:
    found = dict(raised())
    assert len(found) > 50
    assert any(part.startswith("was changed by hand or staged in part") for part in found.values())
