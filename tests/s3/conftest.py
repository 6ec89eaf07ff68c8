"""A real S3 server, and the reason where there is none; these tests run by `make test-s3` and not with the others."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import ceph

HERE = Path(__file__).parent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what needs the server where it is not installed, and where nobody asked for it."""
    reason = ceph.lacking()
    if reason is None and "ceph" not in str(config.option.markexpr):
        reason = "has a server of its own: `make test-s3`"
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.ceph)
            if reason is not None:
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """A server; its folder has a short path, since those of sockets may not be long."""
    folder = Path(tempfile.mkdtemp(prefix="datakit-ceph-"))
    try:
        with ceph.server(folder) as found:
            yield found
    finally:
        shutil.rmtree(folder)
