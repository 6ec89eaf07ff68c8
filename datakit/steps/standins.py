"""Files that only stand for data: what another tool left in its place is never recorded as the data itself."""

from __future__ import annotations

from itertools import islice

from datakit.errors import InvalidData
from datakit.formats import magic
from datakit.formats.finding import command
from datakit.formats.listing import shown
from datakit.store.scan import Scan

_SIZES = range(60, 400)  # bytes of a pointer of Git LFS or git-annex
_LOOKS = 2000  # files; a folder of labels has a hundred thousand of such a size


def refuse(found: Scan, path: str) -> None:
    """Refuse a file, or a folder with a file, that is a pointer of Git LFS or git-annex as a whole.

    Where `git lfs pull` was forgotten, a folder holds nothing else: so of more files than can be looked at in no time a part
    is, spread evenly.

    Args:
        found: What is recorded.
        path: The file or folder, relative to the repository.

    Raises:
        InvalidData: There is such a file; the hint brings its data.
    """
    small = [number for number, size in enumerate(found.files.sizes) if size in _SIZES]
    for number in islice(small, 0, None, len(small) // _LOOKS + 1):
        file = found.files[number]
        with found.path(file).open("rb") as stream:
            tool = magic.stand_in(stream.read(_SIZES.stop))
        if tool is not None:
            name = f"{path}/{file.relpath}" if found.is_folder else path
            mend = {"Git LFS": "git lfs pull", "git-annex": command("git annex get --", name)}[tool]
            raise InvalidData(f"{shown(name)}: this is a {tool} pointer, not the data", hint=mend)
