"""Names and errors of a source: no secret and no path of a server comes through."""

from __future__ import annotations

import pytest

from datakit.store.source import describe
from tests.support.web import SECRET


class TestDescribe:
    @pytest.mark.parametrize(
        "url",
        [
            f"https://jane:{SECRET}@example.org/a", f"https://example.org/a?token={SECRET}", f"s3://{SECRET}:{SECRET}@b/k",
            f"https://example.org/a#{SECRET}{SECRET}", f"https://{SECRET}@[::1/", f"x\n{SECRET}",
        ],
    )  # fmt: skip
    def test_description_has_no_secret(self, url: str) -> None:
        assert SECRET not in describe(url)
