"""What licences ask of data that is made of other data: Creative Commons' own chart, other licences of data, expressions."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.formats import spdx
from datakit.formats.license_terms import conflict, fitting
from datakit.formats.licenses import HUGGING_FACE, problem
from tests.formats.test_licenses import expressions

# "If I derive or adapt material offered under a Creative Commons license, which CC license(s) can I use?", the green boxes
# of the chart in Creative Commons' FAQ: each row an original, each word a licence that the adapter may choose.
CHART = {
    "CC0-1.0": "CC0-1.0 CC-BY-4.0 CC-BY-NC-4.0 CC-BY-NC-ND-4.0 CC-BY-NC-SA-4.0 CC-BY-ND-4.0 CC-BY-SA-4.0",
    "CC-BY-4.0": "CC-BY-4.0 CC-BY-NC-4.0 CC-BY-NC-ND-4.0 CC-BY-NC-SA-4.0 CC-BY-ND-4.0 CC-BY-SA-4.0",
    "CC-BY-NC-4.0": "CC-BY-NC-4.0 CC-BY-NC-ND-4.0 CC-BY-NC-SA-4.0",
    "CC-BY-NC-ND-4.0": "",
    "CC-BY-NC-SA-4.0": "CC-BY-NC-SA-4.0",
    "CC-BY-ND-4.0": "",
    "CC-BY-SA-4.0": "CC-BY-SA-4.0",
}
ALIKE = "what is made of it has to stay under that licence"
NC = "it is not for commercial use"
BY = "whoever gets it has to be told of whom it is"
ND = "what is made of it may not be passed on at all"


class TestConflict:
    @pytest.mark.parametrize("parent", CHART)
    def test_the_chart_of_creative_commons(self, parent: str) -> None:
        assert [child for child in CHART if conflict(parent, child) is None] == [
            child for child in CHART if child in CHART[parent].split()
        ]

    @pytest.mark.parametrize(
        ("parent", "child", "asked"),
        [
            ("CC-BY-NC-4.0", "CC0-1.0", NC), ("CC-BY-SA-4.0", "CC-BY-4.0", ALIKE), ("CC-BY-4.0", "pddl", BY),
            ("CC-BY-ND-4.0", "CC-BY-ND-4.0", ND), ("cc-by-nc-2.0", "odc-by", NC), ("MIT", "Unlicense", BY), ("odc-by", "CC0-1.0", BY),
            ("CDLA-Permissive-2.0", "mit", None), ("etalab-2.0", "cc-by-nc-4.0", None), ("PDDL-1.0", "CC0-1.0", None),
            ("odbl", "ODbL-1.0", None), ("ODbL-1.0", "CC-BY-SA-4.0", ALIKE), ("CC-BY-SA-4.0", "ODbL-1.0", ALIKE),
            ("CDLA-Sharing-1.0", "CDLA-Sharing-1.0", None), ("CDLA-Sharing-1.0", "CDLA-Permissive-1.0", ALIKE),
            ("CC-BY-NC-SA-4.0", "CC-BY-SA-4.0", ALIKE), ("CC-BY-NC-SA-3.0", "CC-BY-NC-SA-4.0", None),
            ("GPL-3.0-only", "MIT", ALIKE), ("GPL-3.0-only", "CC-BY-SA-4.0", ALIKE), ("gfdl", "CC-BY-4.0", ALIKE),
        ],
    )  # fmt: skip
    def test_what_is_clear(self, parent: str, child: str, asked: str | None) -> None:
        assert conflict(parent, child) == asked

    @pytest.mark.parametrize(
        ("parent", "child", "fits"),
        [
            ("CC-BY-SA-3.0", "CC-BY-SA-4.0", True), ("CC-BY-SA-4.0", "CC-BY-SA-3.0", False), ("CC-BY-SA-2.0-UK", "CC-BY-SA-2.5", True),
            ("CC-BY-SA-3.0-DE", "CC-BY-SA-3.0", True), ("CC-BY-SA-1.0", "CC-BY-SA-4.0", False), ("CC-BY-SA-1.0", "CC-BY-SA-1.0", True),
            ("CC-BY-SA-4.0", "GPL-3.0-or-later", True), ("CC-BY-SA-4.0", "GPL-3.0+", True), ("CC-BY-SA-3.0", "GPL-3.0-only", False),
            ("CC-BY-SA-4.0", "GPL-2.0-only", False), ("CC-BY-SA-4.0", "LAL-1.3", True), ("LAL-1.3", "CC-BY-SA-4.0", True),
            ("LAL-1.3", "CC-BY-SA-3.0", False),
        ],
    )  # fmt: skip
    def test_share_alike_is_the_same_licence_a_later_version_or_one_declared_compatible(
        self, parent: str, child: str, *, fits: bool
    ) -> None:
        assert conflict(parent, child) == (None if fits else ALIKE)

    @pytest.mark.parametrize(
        "own",
        [
            "LicenseRef-Internal",
            "other",
            "unknown",
            "cc",
            "openrail",
            "llama3",
            "C-UDA-1.0",
            "EUPL-1.2",
            "no licence",
            "",
        ],
    )
    def test_what_nobody_can_know_is_not_judged(self, own: str) -> None:
        for known in ("CC0-1.0", "CC-BY-4.0", "CC-BY-NC-ND-4.0", "ODbL-1.0", "MIT"):
            assert (conflict(own, known), conflict(known, own)) == (None, None)

    def test_software_licences_among_themselves_are_not_judged(self) -> None:
        for parent, child in (
            ("GPL-2.0-only", "AGPL-3.0-only"),
            ("LGPL-2.1-only", "GPL-3.0-only"),
            ("GPL-3.0-only", "gpl"),
        ):
            assert conflict(parent, child) is None
        assert conflict("GPL-2.0-only WITH Classpath-exception-2.0", "MIT") is None  # an exception permits more
        assert conflict("GPL-2.0-only", "MIT") == ALIKE
        assert conflict("Apache-2.0 WITH LLVM-exception", "CC0-1.0") == BY

    @pytest.mark.parametrize(
        ("parent", "child", "asked"),
        [
            ("CC-BY-NC-4.0 OR MIT", "CC-BY-4.0", None), ("CC-BY-NC-4.0 OR CC-BY-SA-4.0", "CC-BY-4.0", NC),
            ("CC-BY-NC-4.0 AND MIT", "CC-BY-4.0", NC), ("MIT AND CC-BY-SA-4.0", "CC-BY-4.0", ALIKE),
            ("CC-BY-SA-4.0", "CC-BY-SA-4.0 OR CC0-1.0", ALIKE), ("CC-BY-SA-4.0", "CC-BY-4.0 AND CC-BY-SA-4.0", None),
            ("CC-BY-SA-4.0 OR ODbL-1.0", "CC-BY-SA-4.0 OR ODbL-1.0", None), ("CC-BY-SA-4.0 AND ODbL-1.0", "CC-BY-SA-4.0 AND ODbL-1.0", None),
            ("CC-BY-SA-4.0 AND ODbL-1.0", "CC-BY-SA-4.0 OR ODbL-1.0", ALIKE), ("MIT OR CC-BY-NC-4.0 AND ODbL-1.0", "CC-BY-4.0", None),
            ("(MIT OR CC-BY-NC-4.0) AND ODbL-1.0", "CC-BY-4.0", ALIKE), ("CC-BY-NC-4.0 OR LicenseRef-x", "CC-BY-4.0", None),
            ("CC-BY-NC-4.0 AND LicenseRef-x", "CC-BY-4.0", NC), ("CC-BY-NC-4.0", "CC-BY-4.0 AND LicenseRef-x", None),
            ("CC-BY-NC-4.0", "CC-BY-4.0 OR LicenseRef-x", NC),
        ],
    )  # fmt: skip
    def test_expressions(self, parent: str, child: str, asked: str | None) -> None:
        assert conflict(parent, child) == asked

    def test_a_licence_that_leaves_too_many_choices_or_is_nested_deeply_is_no_trap(self) -> None:
        pairs = " AND ".join(f"(LicenseRef-{i} OR LicenseRef-{i}x)" for i in range(20))
        assert conflict("CC-BY-NC-4.0", f"{pairs} AND CC0-1.0") is None
        assert conflict("CC-BY-NC-4.0", f"{'(' * 480}MIT{')' * 480}") == NC

    @settings(max_examples=80, deadline=None)
    @given(expressions(), expressions())
    def test_any_two_are_judged_and_nothing_conflicts_with_what_asks_nothing(self, parent: str, child: str) -> None:
        found = conflict(parent, child)
        assert found in {None, ALIKE, NC, BY, ND}
        assert found is None or problem(parent) is problem(child) is None
        assert conflict("CC0-1.0", child) is None
        assert conflict(f"({parent}) OR CC0-1.0", child) is None

    @settings(max_examples=60, deadline=None)
    @given(st.sampled_from(sorted(spdx.LICENSES | HUGGING_FACE)))
    def test_every_licence_that_permits_derived_data_fits_itself(self, own: str) -> None:
        assert conflict(own, own) == (ND if "-ND-" in own and own.startswith("CC-") else None)


class TestFitting:
    def test_a_parents_own_licence_that_keeps_the_terms_of_all(self) -> None:
        assert fitting(["CC0-1.0", "CC-BY-NC-4.0", "MIT"]) == "CC-BY-NC-4.0"
        assert fitting(["CC-BY-4.0", "CC-BY-SA-3.0", "CC-BY-SA-4.0"]) == "CC-BY-SA-4.0"

    def test_there_may_be_none(self) -> None:
        assert fitting(["CC-BY-SA-4.0", "ODbL-1.0"]) is None
        assert fitting(["CC-BY-NC-4.0", "CC-BY-SA-4.0"]) is None
        assert fitting(["CC-BY-ND-4.0"]) is None
        assert fitting(["no licence", "other"]) is None
        assert fitting([]) is None
