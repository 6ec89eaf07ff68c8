"""The generated table is what its generator writes today."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import license_expression

from datakit.formats import spdx

GENERATOR = Path(__file__).resolve().parents[2] / "docs" / "generate_spdx.py"


class TestTable:
    def test_equals_the_index_of_license_expression(self) -> None:
        licenses, exceptions = set(), set()
        for entry in license_expression.get_license_index():
            for key in (entry.get("spdx_license_key"), *(entry.get("other_spdx_license_keys") or ())):
                if key and " " not in key and not key.startswith("LicenseRef-"):
                    (exceptions if entry["is_exception"] else licenses).add(key)
        assert licenses == spdx.LICENSES
        assert exceptions == spdx.EXCEPTIONS

    def test_the_file_is_what_the_generator_writes(self) -> None:
        spec = importlib.util.spec_from_file_location("generate_spdx", GENERATOR)
        assert spec is not None
        assert spec.loader is not None
        generator = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(generator)
        assert generator.TARGET.read_text(encoding="utf-8") == generator.source()
