"""Whether remotes have every byte of datasets: data and memberships of splits, each object asked for by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from datakit.gate.dataset import Dataset
from datakit.records import Condition, State
from datakit.steps import memberships, objects
from datakit.store import transfer
from datakit.store.cache import Cache
from datakit.store.remotes import Remote
from datakit.store.transfer import Object

_GOOD: tuple[Condition, ...] = ("clean", "draft", "ready")


class Wanted(NamedTuple):
    """The objects of one dataset."""

    objects: tuple[Object, ...]
    whole: bool = True  # False: the cache lacks the listing of the folder, so what is in it cannot be asked for


def wanted(cache: Cache, dataset: Dataset) -> Wanted:
    """List the objects of a dataset and of its splits.

    Args:
        cache: DVC's cache, which has the listing of a folder.
        dataset: The dataset, in its tree.

    Raises:
        InvalidRecord: The listing, or the pointer of a membership, is broken.
    """
    manifest, splits = dataset.manifest.value, memberships.pointed(dataset)
    if manifest is None or (manifest.data.md5.endswith(".dir") and not cache.has(manifest.data.md5)):
        return Wanted(splits, whole=False)
    return Wanted((*objects.of(cache, manifest), *splits))


def lacking(remote: Remote, asked: Mapping[str, Wanted]) -> dict[str, tuple[Object, ...]]:
    """Find out what a remote lacks of several datasets; all objects are asked for in one go.

    Args:
        remote: Where.
        asked: The objects by dataset.

    Returns:
        What is missing by dataset; nothing for one that is there whole.

    Raises:
        EnvironmentProblem: The remote does not answer, or refuses.
    """
    every: Sequence[Object] = [item for one in asked.values() for item in one.objects]
    gone = {(item.name, item.size) for item in transfer.missing(remote, every)}
    return {name: tuple(item for item in one.objects if (item.name, item.size) in gone) for name, one in asked.items()}


def held_against(remote: Remote, cache: Cache, states: Sequence[State], datasets: Mapping[str, Dataset]) -> list[State]:
    """Say of datasets that are good so far whether a remote has every byte.

    Args:
        remote: Where.
        cache: DVC's cache.
        states: What was found here.
        datasets: The datasets by name.

    Returns:
        The same states; `unpushed` in the place of a good one of which something is missing there.

    Raises:
        EnvironmentProblem: The remote does not answer, or refuses.
        InvalidRecord: A listing or pointer is broken.
    """
    good = [state.name for state in states if state.condition in _GOOD]
    asked = {name: wanted(cache, datasets[name]) for name in good}
    gone = lacking(remote, asked)

    def judged(state: State) -> State:
        if state.name not in asked:
            return state
        one, missing = asked[state.name], len(gone[state.name])
        if one.whole and not missing:
            return state
        detail = f"remote `{remote.name}` lacks {missing:,} of {len(one.objects):,} objects"
        if not one.whole:
            detail = (
                f"the cache lacks the listing of the folder, so remote `{remote.name}` cannot be asked for its files"
            )
        return State(state.name, state.path, "unpushed", detail, f"datakit push {state.name}")

    return [judged(state) for state in states]
