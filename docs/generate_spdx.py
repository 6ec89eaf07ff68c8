"""Write `datakit/formats/spdx.py`, the SPDX ids that the hook knows, from the index inside `license-expression`.

Run `python docs/generate_spdx.py` after an upgrade of license-expression; `tests/formats/test_spdx.py` says when it is due.
"""

from __future__ import annotations

import textwrap
from pathlib import Path

TARGET = Path(__file__).resolve().parents[1] / "datakit" / "formats" / "spdx.py"

_HEAD = '''"""The ids of the SPDX licence list; written by `docs/generate_spdx.py` from license-expression's index, not by hand.

Only ids, which are facts of the SPDX licence list (https://spdx.org/licenses): a commit is judged without the 40 ms that
the import of license-expression costs.
"""

# ruff: noqa: SIM905  # one string is read in a tenth of the time and a third of the lines of a thousand
'''


def ids() -> tuple[list[str], list[str]]:
    """Return the SPDX ids of licences and of exceptions, sorted."""
    import license_expression

    licenses: set[str] = set()
    exceptions: set[str] = set()
    for entry in license_expression.get_license_index():
        keys = {entry.get("spdx_license_key"), *(entry.get("other_spdx_license_keys") or ())}
        named = {key for key in keys if key and " " not in key and not key.startswith("LicenseRef-")}
        (exceptions if entry["is_exception"] else licenses).update(named)
    return sorted(licenses, key=str.lower), sorted(exceptions, key=str.lower)


def source() -> str:
    """Return the text of the module."""
    parts = [_HEAD]
    for name, keys in zip(("LICENSES", "EXCEPTIONS"), ids(), strict=True):
        lines = textwrap.fill(
            " ".join(keys), 116, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False
        )
        parts.append(f'\n{name} = frozenset(\n    """\n{lines}\n    """.split()\n)\n')
    return "".join(parts)


if __name__ == "__main__":
    TARGET.write_text(source(), encoding="utf-8")
    print(f"wrote {TARGET.name}")
