"""The contract of a dataset: an Open Data Contract Standard document, read into what it enforces.

Source of the format: Bitol's Open Data Contract Standard (ODCS) 3.0 to 3.2, https://bitol-io.github.io/open-data-contract-standard,
judged by its published JSON Schema. `record` holds what a contract says, `reading` makes it from bytes, `judging` holds bytes
against the schema, `drafting` writes a first contract, `comparing` says what of it is enforced and how two contracts differ.
"""

from datakit.formats.contract.comparing import Change, changes, enforced, fingerprint
from datakit.formats.contract.drafting import draft
from datakit.formats.contract.judging import problems
from datakit.formats.contract.reading import read
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

__all__ = [
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
    "problems",
    "read",
    "type_names",
]
