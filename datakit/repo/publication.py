"""Registering a version in this clone, and telling the repository that others pull from.

A tag is made by `git tag`, which writes the reference only where none of that name exists: of two processes that register
one version, one wins. The user's settings of name, address and signature hold.
"""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from datakit.errors import EnvironmentProblem, IntegrityError, UsageError
from datakit.formats import tags
from datakit.formats import url as urls
from datakit.formats.listing import shown
from datakit.formats.tags import Tag
from datakit.repo.git import Git
from datakit.repo.references import Registered

PROVED = "DATAKIT_PROVED"  # tells the hook of a push which bytes were sent, each object asked for, just before it
SECONDS = 60.0  # that a repository may take to list its tags
_HEADS = "refs/heads/"
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s'\"]+")


class Destination(NamedTuple):
    """Where the commits of this branch and the tags go."""

    remote: str  # a remote of Git
    branch: str  # the branch here
    target: str  # full name of the branch there

    @property
    def label(self) -> str:
        """The remote, fit for a message: it may be an address instead of a name."""
        return shown(_redacted(self.remote))


def register(git: Git, tag: Tag, commit: str, message: bytes) -> str:
    """Make an annotated tag.

    Args:
        git: The repository.
        tag: The version.
        commit: Full id.
        message: Kept as it is.

    Returns:
        The id of the tag.

    Raises:
        UsageError: There is such a tag already.
        EnvironmentProblem: Git refuses: it does not know who the user is, or cannot sign.
    """
    done = git.try_run("tag", "--annotate", "--cleanup=verbatim", "--file=-", str(tag), commit, stdin=message)
    if done.returncode == 0:
        return git.run("rev-parse", "--verify", f"refs/tags/{tag}").decode().strip()
    if exists(git, tag):
        raise taken(tag)
    said = _said(done.stderr)
    unknown = any("identity unknown" in line or "ident name" in line or "auto-detect email" in line for line in said)
    raise EnvironmentProblem(
        f"Git could not make the tag `{tag}`: {said[-1]}",
        hint='git config user.name "…"; git config user.email "…"' if unknown else None,
        details=said if len(said) > 1 else (),
    )


def exists(git: Git, tag: Tag) -> bool:
    """Say whether there is a tag of that name, of whatever kind."""
    return git.try_run("rev-parse", "--verify", "--quiet", f"refs/tags/{tag}").returncode == 0


def taken(tag: Tag) -> UsageError:
    """Make the error of a tag that exists already.

    Args:
        tag: The version.
    """
    return UsageError(
        f"the tag `{tag}` exists already; nothing was registered",
        hint=f"git show {tag} tells whose it is; a lightweight tag registers nothing and can be deleted",
    )


def take_back(git: Git, tag: Tag, oid: str) -> None:
    """Remove a tag, unless it is another one by now.

    Args:
        git: The repository.
        tag: The version.
        oid: The id that it must have.
    """
    git.try_run("update-ref", "-d", f"refs/tags/{tag}", oid)


def destination(git: Git) -> Destination:
    """Find out where the current branch is pushed to: as Git's settings say, else to the branch of its name on `origin`.

    Raises:
        UsageError: HEAD is on no branch.
        EnvironmentProblem: Git has no remote, or none of several is meant.
    """
    head = git.try_run("symbolic-ref", "--quiet", "HEAD")
    full = os.fsdecode(head.stdout.rstrip(b"\n"))
    if head.returncode or not full.startswith(_HEADS):
        raise UsageError(
            "HEAD is on no branch, so there is none to push", hint="git switch BRANCH, or leave `--push` out"
        )
    branch = full.removeprefix(_HEADS)
    upstream = git.setting(f"branch.{branch}.remote")
    known = git.run("remote").decode(errors="replace").splitlines()
    asked = (git.setting(f"branch.{branch}.pushRemote"), git.setting("remote.pushDefault"), upstream)
    chosen = next((name for name in asked if name not in {None, "."}), None)
    if chosen is None:
        chosen = known[0] if len(known) == 1 else "origin" if "origin" in known else None
    if chosen is None:
        raise EnvironmentProblem(
            "Git has no remote here"
            if not known
            else f"none of Git's remotes is the one to push to: {', '.join(known)}",
            hint="git remote add origin URL, or leave `--push` out"
            if not known
            else f"git push -u {known[0]} {branch}",
        )
    # A branch that was started from another one has that as its upstream; like Git, its commits are not pushed there unasked.
    merge = git.setting(f"branch.{branch}.merge")
    asked_for = git.setting("push.default") in {"upstream", "tracking"} and chosen == upstream
    return Destination(chosen, branch, merge if merge is not None and asked_for else full)


def compare(git: Git, place: Destination, name: str, known: tuple[Registered, ...]) -> None:
    """Hold the versions that are registered here against those of the repository that is pushed to.

    Args:
        git: The repository.
        place: Where.
        name: The dataset.
        known: What is registered here.

    Raises:
        EnvironmentProblem: It does not answer, or has versions that are not here.
        IntegrityError: A version means something else there.
    """
    there = _listed(git, place, name)
    where = place.label
    for item in known:
        found = there.pop(str(item.tag), item.object)
        if found != item.object:
            raise IntegrityError(
                f"`{item.tag}` was moved: here it is tag {item.object[:10]}, on `{where}` it is {found[:10]}",
                hint=f"git fetch {where} '+refs/tags/{item.tag}:refs/tags/{item.tag}' where the other one is right; "
                "a version that people have is never moved",
            )
    if missing := [text for text in sorted(there) if (tag := tags.tag(text)) is not None and not exists(git, tag)]:
        raise EnvironmentProblem(
            f"`{where}` has versions that are not here: {', '.join(missing)}",
            hint=f"git fetch --tags {where}",
        )


def publish(git: Git, place: Destination, tag: Tag, proved: str = "") -> None:
    """Push the commits of the branch and then the tag: both or none, where the other side can do that.

    Args:
        git: The repository.
        place: Where to.
        tag: The version.
        proved: `NAME@COMMIT` whose bytes were sent just now; the hook need not have them proved again.

    Raises:
        EnvironmentProblem: Git, a hook or the other side refuses; what arrived nevertheless is said.
    """
    branch, version = f"{_HEADS}{place.branch}:{place.target}", f"refs/tags/{tag}:refs/tags/{tag}"
    told = {PROVED: proved} if proved else {}
    done = git.talk("push", "--atomic", "--porcelain", "--", place.remote, branch, version, told=told)
    arrived = ""
    if done.returncode and b"does not support --atomic" in done.stderr:
        done = git.talk("push", "--porcelain", "--", place.remote, branch, told=told)
        if done.returncode == 0:
            arrived = " and so did the commits"
            done = git.talk("push", "--porcelain", "--", place.remote, version, told=told)
    if done.returncode:
        refused = [line for line in _said(done.stdout) if line.startswith("!")]
        said = [line for line in _said(done.stderr) if line.startswith(("fatal:", "error:", "remote:"))]
        behind = any("fetch first" in line or "non-fast-forward" in line for line in refused)
        first = next(
            (line for line in refused if "atomic push failed" not in line), (refused or said or ["no message"])[0]
        )
        raise EnvironmentProblem(
            f"`git push` to `{place.label}` failed: {first.lstrip('! ')}; nothing is registered, the bytes arrived{arrived}",
            hint=f"git pull, then `datakit release {tag.name} --push` again"
            if behind
            else f"mend that, then `datakit release {tag.name} --push` again",
            details=_said(done.stderr),
        )


def holds(git: Git, place: Destination, tag: Tag, oid: str) -> bool:
    """Say whether the other side has this very tag, as far as it answers."""
    try:
        return _listed(git, place, tag.name).get(str(tag)) == oid
    except EnvironmentProblem:
        return False


def _listed(git: Git, place: Destination, name: str) -> dict[str, str]:
    """Return the tags of a dataset's versions on the other side, each with its id."""
    done = git.talk("ls-remote", "--tags", "--refs", "--", place.remote, f"refs/tags/{name}@v*", seconds=SECONDS)
    if done.returncode:
        raise EnvironmentProblem(
            f"`{place.label}` cannot be asked for its tags: {_said(done.stderr)[0]}",
            hint=f"git ls-remote {place.label}",
            details=_said(done.stderr),
        )
    rows = (line.split("\t") for line in done.stdout.decode(errors="replace").splitlines())
    return {ref.removeprefix("refs/tags/"): oid for oid, ref in rows}


def _said(output: bytes) -> list[str]:
    """Return what Git said, line by line, without anything secret; what a server says is shown, never obeyed."""
    lines = [" ".join(line.split()) for line in output.decode(errors="replace").splitlines()]
    return [shown(_redacted(line)) for line in lines if line] or ["no message"]


def _redacted(text: str) -> str:
    """Take the secrets out of the addresses in a text."""
    try:
        safe = _URL.sub(lambda found: str(urls.redact(found[0])), text)
    except UsageError:
        return "(an address that cannot be shown)"
    return "(a text that may hold a secret)" if urls.secrets(safe) else safe
