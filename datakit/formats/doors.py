"""Whether the files of a repository make Git and CI ask datakit: pre-commit's configuration and GitHub's workflows.

Only what a file says with certainty counts: a hook that is there, asks datakit, and is skipped at no commit.
Sources: https://pre-commit.com/#config (`stages`, `default_stages`, `default_install_hook_types`, `always_run`) and
https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax (`on`, `jobs.<job_id>.if`, `steps[*].run`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from datakit.errors import InvalidRecord
from datakit.formats import yaml
from datakit.formats.precommit import FILE, IDS, TYPES
from datakit.formats.yaml import Map, Node, Seq, Text

WORKFLOWS = ".github/workflows"

# Patterns are texts: `re` compiles each when it is first used, so that the import costs the hook nothing.
_ASKS = r"datakit\.hooks|datakit-hook|datakit check"
_HOOK = rf"(?m)^[ \t]*-[ \t]+id:[ \t]*(?:{'|'.join(sorted(IDS))})[ \t]*(?:#.*)?$"
_OLD = {"commit": "pre-commit", "merge-commit": "pre-merge-commit"}  # what pre-commit 3.2 renamed
_EVENTS = frozenset({"push", "pull_request", "pull_request_target", "merge_group"})


def guarded(data: bytes) -> frozenset[str]:
    r"""Return the types of hooks, of those that judge commits, at which pre-commit always asks datakit.

    Args:
        data: pre-commit's configuration.

    >>> hook = b"repos: [{repo: local, hooks: [{id: datakit, entry: datakit-hook pre-commit, always_run: true}]}]\n"
    >>> sorted(guarded(hook)), sorted(guarded(hook + b"default_stages: [manual]\n"))
    (['pre-commit'], [])
    """
    try:
        tree = yaml.load(data, FILE)
    except InvalidRecord:  # pre-commit reads anchors, and we do not: then the name of the hook has to do
        return frozenset(TYPES if re.search(_HOOK, data.decode(errors="replace")) else ())
    if not isinstance(tree, Map):
        return frozenset()
    installed = _stages(tree.get("default_install_hook_types"), ("pre-commit",))
    usual = _stages(tree.get("default_stages"), TYPES)
    found: set[str] = set()
    for repo in _maps(tree.get("repos")):
        for hook in _maps(repo.get("hooks")):
            if _is_ours(repo, hook):
                found |= _stages(hook.get("stages"), usual)
    return frozenset(found & installed & set(TYPES))


def asks(data: bytes, where: str) -> bool:
    r"""Say whether a workflow judges what is pushed or proposed.

    Args:
        data: The workflow.
        where: Its path for messages.

    >>> asks(b"on: push\njobs: {a: {steps: [{run: datakit check --range A..B}]}}\n", "ci.yml")
    True
    """
    try:
        tree = yaml.load(data, where)
    except InvalidRecord:
        lines = data.decode(errors="replace").splitlines()
        return any(map(_asked, lines))
    if not isinstance(tree, Map):
        return False
    events = tree.get("on")
    named = {str(each) for each in (events if isinstance(events, Seq | Map) else [events])}
    jobs = tree.get("jobs")
    listed = [job for job in jobs.values() if isinstance(job, Map)] if isinstance(jobs, Map) else []
    steps = (step for job in listed if _runs(job) for step in _maps(job.get("steps")) if _runs(step))
    return bool(named & _EVENTS) and any(_asked(_text(step.get("run"))) for step in steps)


def _is_ours(repo: Map, hook: Map) -> bool:
    """Say whether a hook asks datakit at every commit; what a repository of hooks says itself is ours to say."""
    if _text(hook.get("id")) not in IDS:
        return False
    local = _text(repo.get("repo")) == "local"
    always = _text(hook.get("always_run", Text("false" if local else "true")))
    entry = _text(hook.get("entry", Text("" if local else "datakit-hook")))
    return always == "true" and _asked(entry)


def _runs(part: Map) -> bool:
    """Say whether a job or a step counts: it is not switched off, and its failure is one."""
    forgiven = part.get("continue-on-error")
    return _text(part.get("if")) not in {"false", "${{ false }}"} and (forgiven is None or _text(forgiven) == "false")


def _asked(command: str) -> bool:
    """Say whether a shell is told to ask datakit, comments aside."""
    return any(re.search(_ASKS, re.sub(r"(?:^|\s)#.*", "", line)) for line in command.splitlines())


def _text(node: Node | None) -> str:
    """Return a scalar; a list or mapping in its place says nothing."""
    return str(node) if isinstance(node, str) else ""


def _stages(node: Node | None, usual: object) -> set[str]:
    """Read a list of stages; what is not said is the usual."""
    listed = node if isinstance(node, Seq) and node else usual
    return {_OLD.get(str(each), str(each)) for each in listed} if isinstance(listed, list | tuple | set) else set()


def _maps(node: Node | None) -> Iterator[Map]:
    """Return the mappings of a list."""
    return (each for each in node if isinstance(each, Map)) if isinstance(node, Seq) else iter(())
