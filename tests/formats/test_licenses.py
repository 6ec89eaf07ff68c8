"""Licences: what is accepted, what is refused with which mend, and that it agrees with license-expression."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.formats import spdx
from datakit.formats.licenses import HUGGING_FACE, problem

# The list of https://huggingface.co/docs/hub/repositories-licenses, as the hub spells it.
HUB = (
    "apache-2.0", "mit", "openrail", "bigscience-openrail-m", "creativeml-openrail-m", "bigscience-bloom-rail-1.0",
    "bigcode-openrail-m", "afl-3.0", "artistic-2.0", "bsl-1.0", "bsd", "bsd-2-clause", "bsd-3-clause",
    "bsd-3-clause-clear", "c-uda", "cc", "cc0-1.0", "cc-by-2.0", "cc-by-2.5", "cc-by-3.0", "cc-by-4.0",
    "cc-by-sa-3.0", "cc-by-sa-4.0", "cc-by-nc-2.0", "cc-by-nc-3.0", "cc-by-nc-4.0", "cc-by-nd-4.0",
    "cc-by-nc-nd-3.0", "cc-by-nc-nd-4.0", "cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0",
    "cdla-sharing-1.0", "cdla-permissive-1.0", "cdla-permissive-2.0", "wtfpl", "ecl-2.0", "epl-1.0", "epl-2.0",
    "etalab-2.0", "eupl-1.1", "agpl-3.0", "gfdl", "gpl", "gpl-2.0", "gpl-3.0", "lgpl", "lgpl-2.1", "lgpl-3.0",
    "isc", "lppl-1.3c", "ms-pl", "mpl-2.0", "odc-by", "odbl", "openrail++", "osl-3.0", "postgresql", "ofl-1.1",
    "ncsa", "unlicense", "zlib", "pddl", "lgpl-lr", "deepfloyd-if-license", "llama2", "llama3", "llama3.1",
    "llama3.2", "llama3.3", "llama4", "gemma", "unknown",
)  # fmt: skip

SPDX = st.sampled_from(sorted(spdx.LICENSES))
EXCEPTION = st.sampled_from(sorted(spdx.EXCEPTIONS))


def expressions() -> st.SearchStrategy[str]:
    """Draw expressions, most of them well formed."""
    leaf = SPDX | SPDX.map(str.lower) | st.builds("{} WITH {}".format, SPDX, EXCEPTION)
    odd = st.sampled_from(["Nope-1.0", "AND", "MIT WITH MIT", "", "MIT MIT", "Classpath-exception-2.0"])
    word = st.sampled_from([" AND ", " OR ", " and ", " Or "])
    return st.recursive(
        leaf | leaf | leaf | odd,
        lambda inner: st.builds("{}{}{}".format, inner, word, inner) | inner.map("({})".format),
        max_leaves=6,
    )


def accepted(expression: str) -> bool:
    """Ask license-expression."""
    import license_expression

    try:
        parsed = license_expression.get_spdx_licensing().parse(expression, validate=True, strict=True)
    except Exception:  # noqa: BLE001  # it raises IndexError and AssertionError too
        return False
    return parsed is not None


class TestProblem:
    @pytest.mark.parametrize("identifier", HUB)
    def test_every_id_of_hugging_face_is_fine(self, identifier: str) -> None:
        assert problem(identifier) is None

    def test_the_table_holds_only_what_spdx_does_not(self) -> None:
        known = {key.lower() for key in spdx.LICENSES}
        assert HUGGING_FACE & known == set()
        assert set(HUB) - known <= HUGGING_FACE

    @pytest.mark.parametrize(
        "text",
        [
            "MIT", "mit", "CC-BY-4.0", " CC-BY-4.0 ", "GPL-2.0+", "Apache-2.0+", "MIT OR Apache-2.0", "MIT and (ISC or Zlib)",
            "GPL-2.0-only WITH Classpath-exception-2.0", "LicenseRef-Internal", "LicenseRef-acme.data-1",
            "DocumentRef-terms:LicenseRef-acme", "CC-BY-4.0 AND LicenseRef-Internal", "((MIT))", "(MIT)AND(ISC)",
        ],
    )  # fmt: skip
    def test_spdx_expressions_and_references_are_fine(self, text: str) -> None:
        assert problem(text) is None

    @pytest.mark.parametrize(
        ("text", "mend"),
        [
            ("CC-BY-4", "did you mean `CC-BY-4.0`?"), ("cc by 4.0", "did you mean `CC-BY-4.0`?"), ("CC0", "did you mean `CC0-1.0`?"),
            ("CC BY-NC 4.0", "did you mean `CC-BY-NC-4.0`?"), ("apache 2", "did you mean `Apache-2.0`?"),
            ("Apache License 2.0", "did you mean `Apache-2.0`?"), ("GPLv3", "did you mean `GPL-3.0`?"),
            ("the MIT license", "did you mean `MIT`?"), ("BSD 3 Clause", "did you mean `BSD-3-Clause`?"),
            ("creative commons attribution 4.0", "did you mean `CC-BY-4.0`?"), ("MIT OR Apche-2.0", "did you mean `Apache-2.0`"),
            ("proprietary", "write `LicenseRef-NAME` for terms of your own, or `other` with `license_name` and `license_link`"),
            ("NONE", "write `LicenseRef-NAME`"), ("12", "write `LicenseRef-NAME`"),
            ("MIT AND", "it ends too early"), ("(MIT", "a `)` is missing"), ("(", "it ends too early"),
            ("AND MIT", "`AND` where a licence has to stand"), ("MIT OR )", "`)` where a licence has to stand"),
            ("MIT )", "`)` where AND or OR has to stand"), ("MIT (ISC)", "`(` where AND or OR has to stand"),
            ("(MIT) WITH Classpath-exception-2.0", "`WITH` where AND or OR has to stand"),
            ("MIT WITH", "nothing after `WITH` where an exception has to stand"),
            ("MIT WITH ISC", "`ISC` after `WITH` where an exception has to stand"),
            ("MIT, Apache-2.0", "join licences with AND or OR"), ("mit/isc", "join licences with AND or OR"),
            ("", "which says nothing: write an SPDX id such as `CC-BY-4.0`"),
            ("other AND MIT", "no licence that is known"), ("MIT" * 400, "1200 characters, expected at most 1000"),
        ],
    )  # fmt: skip
    def test_the_rest_is_refused_with_its_mend(self, text: str, mend: str) -> None:
        found = problem(text)
        assert found is not None
        assert mend in found
        assert found.startswith("`license` ")

    def test_other_needs_name_and_link(self) -> None:
        assert problem("other", name="Terms of ACME", link="https://acme.org/terms") is None
        assert problem("other") == "`license: other` needs `license_name` and `license_link` beside it"
        assert problem("other", name=" ", link="LICENSE") == "`license: other` needs `license_name` beside it"

    @settings(max_examples=60, deadline=None)
    @given(expressions())
    def test_agrees_with_license_expression(self, expression: str) -> None:
        assert (problem(expression) is None) == accepted(expression)

    @settings(max_examples=60, deadline=None)
    @given(st.text(max_size=40) | st.text("()ANDORWITHmit+-. ", max_size=30))
    def test_any_text_is_judged(self, text: str) -> None:
        found = problem(text)
        assert found is None or "\n" not in found

    def test_a_later_version_is_fine_although_license_expression_knows_only_some(self) -> None:
        assert problem("Apache-2.0+") is None  # SPDX 2.3 annex D allows `+` behind every id
        assert not accepted("Apache-2.0+")
