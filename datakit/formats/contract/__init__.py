"""The contract of a dataset: an Open Data Contract Standard document, read into what it enforces.

Source of the format: Bitol's Open Data Contract Standard (ODCS) 3.0 to 3.2, https://bitol-io.github.io/open-data-contract-standard,
judged by its published JSON Schema. `record` holds what a contract says, `reading` makes it from bytes and refuses the `keys`
that are none, `judging` holds bytes against the schema, `drafting` writes a first contract, `comparing` says what of it is
enforced and how two contracts differ, `renaming` gives one another name.
"""

from datakit.formats.contract.comparing import Change, changes, enforced, fingerprint
from datakit.formats.contract.drafting import draft, reader_text
from datakit.formats.contract.judging import held, problems
from datakit.formats.contract.reading import READER, read
from datakit.formats.contract.record import (
    Check,
    Column,
    Contract,
    LogicalType,
    Reader,
    Scalar,
    Severity,
    Status,
    type_names,
)
from datakit.formats.contract.renaming import rename

__all__ = [
    "READER",
    "Change",
    "Check",
    "Column",
    "Contract",
    "LogicalType",
    "Reader",
    "Scalar",
    "Severity",
    "Status",
    "changes",
    "draft",
    "enforced",
    "fingerprint",
    "held",
    "problems",
    "read",
    "reader_text",
    "rename",
    "type_names",
]
