"""What the verbs return: plain records that `report` turns into text and Python callers use as they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:  # the formats and their readers are loaded by those who read, not by those who ask for help
    from datakit.formats.card import Card
    from datakit.formats.contract import Contract
    from datakit.formats.finding import Finding
    from datakit.formats.manifest import Data, Manifest
    from datakit.formats.profile import Profile
    from datakit.formats.receipt import Receipt, Result
    from datakit.formats.tags import Level

Condition = Literal[
    "clean",  # recorded, documented, validated, committed
    "draft",  # committed, but something deserves a look: the contract is still a draft
    "ready",  # staged and good: commit it
    "unstaged",  # good, but Git has not been told of all of it
    "incomplete",  # the gate would block it: documentation or validation is missing
    "changed",  # the data is not what is recorded
    "behind",  # the data is that of another record: Git moved the records and left the data
    "diverged",  # the data was changed, and its record too: by Git, or by two branches
    "partial",  # some files of a folder were pulled, and the others never were
    "absent",  # the data is not in the working tree
    "broken",  # the records contradict one another or cannot be read
    "unpushed",  # good so far, but a remote lacks some of its bytes
    "unrecorded",  # data in a data folder that nothing tracks
]


Ask = Callable[[str, str], str | None]  # (what is missing, the question) to an answer; None where there is none
Form = Literal["files", "table"]  # what data is recorded as, whatever its name promises
DataFate = Literal["removed", "kept", "absent"]  # what became of data in the working tree
Action = Literal["recorded", "updated", "unchanged"]
SplitAction = Literal["made", "extended", "restored", "unchanged"]  # restored: a lost or broken file, no row
Health = Literal["ok", "warn", "fail"]  # as it should be; works, but deserves a look; does not work
FaultKind = Literal[
    "data", "cache", "remote", "receipt", "split"
]  # in the working tree, in DVC's cache, on a remote, in the room


class Summary(NamedTuple):
    """One line of the list of datasets; a fact is None where the record that holds it is missing or broken."""

    name: str
    path: str | None  # of the data
    tier: str | None  # raw, external, processed, interim; None outside the data folders
    format: str | None
    size: int | None  # bytes
    files: int | None
    rows: int | None
    md5: str | None
    changed: str | None  # when the data last changed, UTC
    valid: bool | None  # what the receipt says of this data; None where no receipt does


class Shown(NamedTuple):
    """The records of one dataset; one that is missing is None."""

    name: str
    commit: str | None  # None: the working tree
    versions: tuple[str, ...]  # registered versions, oldest first
    manifest: Manifest
    card: Card | None
    contract: Contract | None
    receipt: Receipt | None
    profile: Profile | None


class State(NamedTuple):
    """What must be done next about one dataset."""

    name: str  # empty for data that nothing tracks
    path: str  # of the data
    condition: Condition
    detail: str  # one clause
    command: str  # that brings it on; empty where there is nothing to do


class Entry(NamedTuple):
    """One state of a dataset's data in history; facts are None where the commit removed the record."""

    commit: str  # full id of the commit that brought it
    at: str  # when it was committed, ISO 8601 with its zone
    by: str
    note: str
    md5: str | None
    size: int | None  # bytes
    rows: int | None
    versions: tuple[str, ...]  # registered for this state, oldest first


class Validation(NamedTuple):
    """What a contract found in one dataset."""

    name: str
    path: str
    rows: int | None  # None: files, not a table
    results: tuple[Result, ...]
    written: tuple[str, ...]  # files that changed; empty where nothing did

    @property
    def passed(self) -> bool:
        """Say whether no check failed."""
        return all(result.outcome != "failed" for result in self.results)


class Splitted(NamedTuple):
    """What `split` did with one split of a dataset."""

    name: str
    split: str
    path: str  # of its record
    action: SplitAction
    rows: int  # of the data; of a folder: files
    parts: Mapping[str, int]  # rows by part, in the order of the recipe
    excluded: Mapping[str, int]  # rows in no part, by reason
    leaks: Mapping[str, int]  # rows that two parts share, by kind: of those that are only reported
    places: Mapping[str, str]  # where the first of these rows are, by kind; of what was assigned just now
    strata: int  # that were too small for all parts and were taken together
    new: int | None  # rows that an extension assigned; None where nothing was extended
    gone: int | None  # keys that the data no longer has
    kept: int  # files at another path that kept their part
    strayed: int  # files that lie, byte for byte the same, in another part than before
    moved: int | None  # rows in another part than before, of a split made anew; None where that is not known
    unit: str  # what is counted: row, or file of a folder
    written: tuple[str, ...]  # files that changed, relative to the repository, sorted
    staged: bool  # whether Git was told of them
    findings: tuple[Finding, ...]  # what the gate would still say of the dataset


class Added(NamedTuple):
    """What `add` did with one dataset."""

    name: str
    path: str  # of the data
    action: Action
    data: Data
    validation: Validation | None  # None: validation was left out
    written: tuple[str, ...]  # files that changed, relative to the repository, sorted
    staged: bool  # whether Git was told of them
    notes: tuple[str, ...]  # what was decided without asking, such as how missing values are written
    findings: tuple[Finding, ...]  # what the gate would still say


class Moved(NamedTuple):
    """What `mv` did with one dataset."""

    name: str  # as it is called now
    path: str  # where its data lies now
    old_name: str
    old_path: str
    written: tuple[str, ...]  # files that changed, relative to the repository, sorted; empty where nothing was to do
    staged: bool  # whether Git was told of them
    notes: tuple[str, ...]  # what keeps the old name, and what is to be edited by hand


class Removed(NamedTuple):
    """What `rm` did with one dataset."""

    name: str
    path: str  # of the data
    data: DataFate  # what became of it in the working tree
    tombstone: str  # path of the record that says so
    written: tuple[str, ...]  # files that changed or went, sorted; empty where nothing was to do
    staged: bool  # whether Git was told of them
    notes: tuple[str, ...]  # how to get it back, and what else names it


class Pushed(NamedTuple):
    """What a remote has of one dataset, each object asked for by itself."""

    name: str
    path: str  # of the data
    md5: str
    remote: str
    url: str  # of the remote, without anything secret
    uploaded: int  # objects that were sent
    present: int  # objects that were there already
    repaired: int  # of those sent: members of a folder whose listing was there, which DVC would never send again
    size: int  # bytes that were sent


class Difference(NamedTuple):
    """One thing in which two versions of a dataset differ."""

    level: Level  # the step of the version that it asks for
    what: str  # one clause: what, from, to


class Released(NamedTuple):
    """A version that was registered, or would be."""

    name: str
    version: str
    former: str | None  # the version that it was compared with; None: the first one
    commit: str  # full id
    tag: str
    registered: bool  # False: this was a dry run
    level: Level | None  # the step that the differences ask for; None where nothing could be compared
    differences: tuple[Difference, ...]  # from the former version, the weightiest first
    notes: str  # the message of the tag
    remotes: tuple[str, ...]  # of DVC, that have every byte: each one was asked or sent to
    sent: tuple[Pushed, ...]  # what was sent to them
    published: str | None  # the remote of Git that has commits and tag; None: not pushed


class Pulled(NamedTuple):
    """One version of a dataset that lies at a place."""

    name: str
    commit: str | None  # None: what the working tree records
    path: str  # where it lies: relative to the repository, absolute outside of it
    md5: str
    files: int  # that lie there now
    written: int  # of those, files that were not right before
    removed: int  # files that were no part of it
    fetched: int  # objects that came from the remote
    size: int  # bytes of all files
    part: str | None = None  # of a split: `PART` of the default one, else `SPLIT/PART`; None for all of it
    rows: int | None = None  # of the part; of a folder: files
    memberships: int = 0  # of splits, that were put at their places because the data was
    of: int | None = None  # files of the whole dataset, where patterns chose some of them


class Fault(NamedTuple):
    """Something that is not what is recorded."""

    kind: FaultKind
    path: str  # the file or object
    problem: str  # one clause
    expected: str
    found: str
    command: str  # that mends it


class Mended(NamedTuple):
    """Something that was not what is recorded, and is again."""

    fault: Fault  # as it was found
    source: str  # where the right bytes came from
    kept: str  # where the wrong ones are kept, relative to the repository; empty where there were none


class Verified(NamedTuple):
    """What came of comparing one version of a dataset with its records."""

    name: str
    commit: str | None  # None: the working tree
    path: str  # of the data
    files: int  # that were hashed in the working tree
    objects: int  # that were hashed in the cache
    checks: int  # of the contract that were computed again
    faults: tuple[Fault, ...]
    splits: int = 0  # whose rows were looked up again
    remote: int = 0  # objects that were compared on a remote
    vouched: int = 0  # of those: a server's ETag is their md5, so they were not read
    mended: tuple[Mended, ...] = ()  # what `--repair` put right, and is no fault any more

    @property
    def intact(self) -> bool:
        """Say whether all bytes are those that are recorded; a receipt or split that is wrong is no byte of the data."""
        return all(fault.kind in {"receipt", "split"} for fault in self.faults)


class Diagnosis(NamedTuple):
    """What `doctor` found about one part of the installation."""

    title: str
    condition: Health
    detail: str  # one clause
    command: str = ""  # that mends it; empty where there is nothing to mend
