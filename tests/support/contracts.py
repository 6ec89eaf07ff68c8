"""Contracts made of the lines of their parts."""

from __future__ import annotations

import pytest

from datakit.errors import InvalidRecord
from datakit.formats.contract import Check, Contract, read

HEAD = "apiVersion: {api}\nkind: DataContract\nid: birds-1\nname: birds\nversion: 1.2.0\nstatus: active\n"


def contract(properties: str = "", table: str = "", top: str = "", api: str = "v3.1.0") -> Contract:
    """Read a contract made of the lines of its parts; properties stand in flow style from line 10 on."""
    body = HEAD.format(api=api) + "schema:\n- name: birds\n  properties:\n"
    body += "".join(f"  - {line}\n" for line in properties.splitlines())
    body += "".join(f"  {line}\n" for line in table.splitlines())
    return read((body + top).encode(), "c.yaml")


def only(properties: str, **parts: str) -> Check:
    """Return the one check that is not a type."""
    (check,) = [check for check in contract(properties, **parts).checks if check.kind != "type"]
    return check


def refused(properties: str = "", **parts: str) -> str:
    """Return the message of the error."""
    with pytest.raises(InvalidRecord) as caught:
        contract(properties, **parts)
    return caught.value.message
