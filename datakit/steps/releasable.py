"""What keeps a dataset in HEAD from being registered as a version; each reason is an error of its own."""

from __future__ import annotations

import shlex

from datakit.errors import EnvironmentProblem, InvalidRecord, NotFound, UsageError
from datakit.formats import artifacts, policy
from datakit.formats.room import of as room_of
from datakit.gate import commit
from datakit.gate.dataset import Dataset, part
from datakit.repo.project import Project
from datakit.repo.tree import Commit, Index, Tree
from datakit.steps import catalog
from datakit.store import dvc_config


def at_head(where: Project) -> tuple[Project, Commit]:
    """Return the project under the policy of HEAD, and HEAD.

    Args:
        where: The project as it lies.

    Raises:
        UsageError: There is no commit yet.
        EnvironmentProblem: The clone is shallow, so that nobody can say which versions there are.
        InvalidRecord: HEAD has no policy, or a broken one.
    """
    git = where.git
    head = git.resolve("HEAD")
    if head is None:
        raise UsageError("nothing is committed yet, so there is nothing to register", hint="git commit")
    if git.run("rev-parse", "--is-shallow-repository").strip() == b"true":
        raise EnvironmentProblem(
            "this clone is shallow: versions that were registered before may be missing in it",
            hint="git fetch --unshallow --tags, or `fetch-depth: 0` where CI checks out",
        )
    tree = Commit(git, where.objects, head)
    data = tree.read(policy.FILE)
    if data is None:
        raise InvalidRecord(policy.FILE, "is not in HEAD", hint=f"git add {policy.FILE}, then commit it")
    return where._replace(policy=policy.read(data)), tree


def sound(where: Project, head: Commit, name: str) -> Dataset:
    """Return a dataset of HEAD that may be registered.

    Args:
        where: The project under the policy of HEAD.
        head: HEAD.
        name: The dataset.

    Raises:
        NotFound: There is no such dataset.
        UsageError: It was removed, or what is recorded here is not what HEAD has.
        InvalidRecord: A rule speaks against it, or its contract is still a draft.
    """
    known = catalog.names(head, where.policy)
    if name not in known and name in catalog.names(where.tree, where.policy):
        raise UsageError(f"`{name}` is not in HEAD: a version is what a commit has", hint="commit it")
    catalog.find(where, head, [name])
    dataset = Dataset(head, where.policy, name)
    if changed := _dirty(where, head, dataset):
        raise UsageError(
            f"`{name}` is not as HEAD has it: {changed[0]}" + (f" and {len(changed) - 1} more" if changed[1:] else ""),
            hint=f"{shlex.join(['git', 'add', *changed])}, then commit: a version is what a commit has",
            details=changed if len(changed) > 1 else (),
        )
    if dataset.manifest.missing:
        raise NotFound("manifest", dataset.room.manifest, (), hint=f"datakit add PATH --name {name}, then commit it")
    found = [item for item in commit.judged(where.git, where.objects, head.oid) if item.dataset == name]
    # A version is for others, so no baseline covers it; and that it promises less, its number says.
    errors = [item for item in found if item.level in {"error", "known"} and item.code != "DK308"]
    if errors:
        first = errors[0]
        raise InvalidRecord(
            first.path,
            f"{first.code} {first.message}",
            line=first.line,
            hint=f"{first.hint}; then commit it",
            details=[f"{item.place}: {item.code} {item.message}" for item in errors] if len(errors) > 1 else (),
        )
    contract = dataset.contract.value
    if contract is not None and contract.status == "draft":
        raise InvalidRecord(
            dataset.room.contract,
            "the contract is still a draft, so nobody has said yet that it is right",
            hint=f"read {dataset.room.contract}, set `status: active`, then commit it",
        )
    return dataset


def required(where: Project) -> tuple[str, ...]:
    """Return the remotes that must have every byte, as DVC calls them.

    Args:
        where: The project under the policy of HEAD.

    Raises:
        InvalidRecord: The policy names one that DVC does not know.
    """
    if not where.policy.remotes:
        return ()
    known = dvc_config.read(where.root).remotes
    for name in where.policy.remotes:
        if name.lower() not in known:
            raise InvalidRecord(
                policy.FILE,
                f"`remotes.require` names `{name}`, which is none of DVC's remotes: {', '.join(known) or 'there are none'}",
                hint=f"dvc remote add {shlex.quote(name)} URL, or correct {policy.FILE}",
            )
    return tuple(dict.fromkeys(name.lower() for name in where.policy.remotes))


def _dirty(where: Project, head: Commit, dataset: Dataset) -> list[str]:
    """Return the files of a dataset that index or work tree have otherwise; of shared files only its own part counts."""
    manifest = dataset.manifest.value
    changed = {change.path for change in (*where.git.changes(head.oid), *where.git.pending(head.oid))}
    found = {path for path in changed if room_of(path, where.policy.catalog) == dataset.name}
    trees: tuple[Tree, ...] = (Index(where.git, where.objects), where.tree)
    others = [Dataset(tree, where.policy, dataset.name) for tree in trees]
    if manifest is not None and manifest.pointer in changed:
        shared = not manifest.pointer.endswith(".dvc")
        if not shared or any(other.pointer.value != dataset.pointer.value for other in others):
            found.add(manifest.pointer)
    if artifacts.FILE in changed and any(
        _artifact(tree, dataset.name) != _artifact(head, dataset.name) for tree in trees
    ):
        found.add(artifacts.FILE)
    return sorted(found)


def _artifact(tree: Tree, name: str) -> str | None:
    """Return the path of a dataset's artifact; None where there is none, or dvc.yaml cannot be read."""
    return (part(tree, artifacts.FILE, artifacts.read).value or {}).get(name)
