"""What Git can be told to run: by its configuration, by attributes, by remotes, by repositories inside of others.

Configuration is no part of a clone, but of a folder that was unpacked or shared. Reading never runs any of it. Where
`datakit add` stages files, Git runs the user's own filters and hooks, as for every `git add` of theirs: the attacks for
which that is so say `adding=False`.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.support.clones import TABLE
from tests.support.hostile import WRITING, Attack, Reader, Victim, add, read

MANIFEST = "catalog/birds/manifest.json"
ASKING = (
    ("status",), ("show", "birds@v1.0.0"), ("log", "birds"), ("check", "--staged"), ("check", "--at", "HEAD"),
    ("release", "birds", "--dry-run"),
)  # fmt: skip
OPEN = {"GIT_ALLOW_PROTOCOL": "ext:file:git:ssh"}
PTY = "import pty, sys; pty.spawn(sys.argv[1:])"
HOOKS = (
    "pre-commit", "prepare-commit-msg", "commit-msg", "post-checkout", "post-index-change", "reference-transaction",
    "fsmonitor-watchman", "query-watchman", "pre-auto-gc", "post-rewrite", "pre-push", "pre-merge-commit",
)  # fmt: skip


def setting(section: str, key: str, value: str = "{script}") -> Attack:
    """Return the attack of one setting that names a program; what a careless reader does comes with `_replace`."""

    def prepare(victim: Victim) -> None:
        victim.config(f"[{section}]\n\t{key} = {value.format(script=victim.script())}")

    return Attack(f"{section.partition(' ')[0]}.{key}", prepare)


def remote(name: str, *lines: str, protocol: bool = False) -> Attack:
    """Return the attack of a remote that runs something when it is asked."""

    def prepare(victim: Victim) -> None:
        script = victim.script()
        text = "\n".join(lines).format(script=script)
        victim.config(text + ("\n[protocol]\n\tallow = always" if protocol else ""))

    return Attack(name, prepare, lambda victim: victim.careless("git", "fetch", "--quiet", "origin", **OPEN))


def lazy(name: str, *lines: str) -> Attack:
    """Return the attack of a partial clone that lacks a manifest, so that reading it would ask the remote."""

    def prepare(victim: Victim) -> None:
        oid = victim.git("rev-parse", f"HEAD:{MANIFEST}")
        place = victim.path / ".git/objects" / oid[:2] / oid[2:]
        place.unlink()
        text = "\n".join(lines).format(script=victim.script())
        victim.config(
            f'[core]\n\trepositoryformatversion = 1\n[extensions]\n\tpartialClone = origin\n[remote "origin"]\n'
            f"\tpromisor = true\n\tpartialclonefilter = blob:none\n{text}\n[protocol]\n\tallow = always"
        )

    return Attack(
        name, prepare, lambda victim: victim.careless("git", "show", f"HEAD:{MANIFEST}", **OPEN), adding=False
    )


def filtered(name: str, key: str, attributes: str = ".gitattributes", required: str = "false") -> Attack:
    """Return the attack of a filter over every file."""

    def prepare(victim: Victim) -> None:
        place = victim.path / attributes
        place.parent.mkdir(exist_ok=True)
        with place.open("a") as stream:
            stream.write("* filter=evil\n")
        victim.config(f'[filter "evil"]\n\t{key} = {victim.script()}\n\trequired = {required}')

    def careless(victim: Victim) -> None:
        (victim.path / "notes.md").write_text("third\n")
        victim.careless("git", "add", "notes.md")
        victim.careless("git", "checkout", "HEAD", "--", "notes.md")

    return Attack(name, prepare, careless, adding=False)


def differ(victim: Victim) -> None:
    """Have a program compare Markdown, and one make text of it."""
    victim.write({".gitattributes": "*.md diff=evil\n"})
    victim.config(f'[diff "evil"]\n\tcommand = {victim.script()}')


def textconv(victim: Victim) -> None:
    """Have a program make text of Markdown."""
    victim.write({".gitattributes": "*.md diff=evil\n"})
    victim.config(f'[diff "evil"]\n\ttextconv = {victim.script()}')


def merge_driver(victim: Victim) -> None:
    """Have a program merge Markdown, with a merge to make."""
    victim.git("reset", "--quiet", "--hard")
    for branch, text in (("side", "left\n"), ("main", "right\n")):
        victim.git("checkout", "--quiet", "-B", branch, "HEAD" if branch == "side" else "side~1")
        victim.write({"notes.md": text, ".git/info/attributes": "*.md merge=evil\n"})
        victim.commit(branch)
    victim.config(f'[merge "evil"]\n\tdriver = {victim.script()}')


def merge(victim: Victim) -> None:
    """Merge the other branch."""
    victim.git("reset", "--quiet", "--hard")
    victim.careless("git", "merge", "side")


def attributes_file(victim: Victim) -> None:
    """Keep the attributes in a file that the configuration names."""
    victim.write({"evil.attributes": "* filter=evil\n"})
    victim.config(f'[core]\n\tattributesFile = evil.attributes\n[filter "evil"]\n\tclean = {victim.script()}')


def included(section: str) -> Attack:
    """Return the attack of a configuration in the work tree that Git's own includes."""

    def prepare(victim: Victim) -> None:
        victim.write({"evil.config": f"[core]\n\tfsmonitor = {victim.script()}\n"})
        victim.config(f"[{section}]\n\tpath = ../evil.config")

    return Attack(section.partition(" ")[0], prepare, status)


def aliases(victim: Victim) -> None:
    """Give every command another meaning."""
    names = ("diff-index", "diff-tree", "ls-files", "ls-tree", "cat-file", "rev-parse", "config", "add", "canary")
    victim.config("[alias]\n" + "\n".join(f"\t{name} = !{victim.script()}" for name in names))


def hooks(place: str, setting: str | None) -> Attack:
    """Return the attack of a folder with every hook."""

    def prepare(victim: Victim) -> None:
        folder = victim.path / place
        folder.mkdir(exist_ok=True)
        for name in HOOKS:
            shutil.copy(victim.script(), folder / name)
        if setting:
            victim.config(setting)

    return Attack(
        f"hooks in {place}", prepare, lambda victim: victim.careless("git", "checkout", "-b", "x"), adding=False
    )


def signed(victim: Victim) -> None:
    """Make a commit with a signature, which a program of the configuration shall verify."""
    head = victim.git("cat-file", "commit", "HEAD")
    headers, _, message = head.partition("\n\n")
    pgp = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n YQ==\n -----END PGP SIGNATURE-----"
    made = victim.run("git", "hash-object", "-t", "commit", "-w", "--stdin", stdin=f"{headers}\n{pgp}\n\n{message}\n")
    victim.git("update-ref", "refs/heads/main", made.out.strip())
    victim.git("tag", "--force", "--annotate", "birds@v1.0.0", "--message", "first")
    victim.config(f"[gpg]\n\tprogram = {victim.script()}\n[log]\n\tshowSignature = true")
    victim.config("[commit]\n\tgpgSign = true\n[tag]\n\tgpgSign = true")


def submodule(inner: str, outer: str) -> Attack:
    """Return the attack of a submodule."""

    def prepare(victim: Victim) -> None:
        other = Victim(victim.path.parent / "other", victim.canary)
        other.git("init", "--quiet")
        other.write({"a": "1"})
        other.commit()
        victim.git("submodule", "--quiet", "add", str(other.path), "sub")
        victim.commit("sub")
        for file, text in ((".git/modules/sub/config", inner), (".git/config", outer)):
            victim.config(text.format(script=victim.script()), file)
        (victim.path / "sub/a").write_text("2")
        if outer:
            other.write({"a": "3"})
            victim.git("-C", "sub", "fetch", "--quiet", str(other.path))
            victim.git("update-index", "--cacheinfo", f"160000,{other.commit()},sub")

    def careless(victim: Victim) -> None:
        victim.careless("git", "status")
        victim.careless("git", "submodule", "update", "--force")

    return Attack(f"submodule {'inside' if inner else 'update'}", prepare, careless)


def embedded(*, bare: bool) -> Attack:
    """Return the attack of a repository without `.git` in a folder, which a clone can have; the user stands in it."""

    def prepare(victim: Victim) -> None:
        folder = victim.path / "sub"
        victim.git("init", "--quiet", "--bare", str(folder))
        (folder / "hooks").mkdir(exist_ok=True)
        worktree = "" if bare else "\tbare = false\n\tworktree = .\n"
        with (folder / "config").open("a") as stream:
            stream.write(f"[core]\n{worktree}\tfsmonitor = {victim.script()}\n[alias]\n\tcanary = !{victim.script()}\n")
        for name in ("datakit.yaml", ".dvc/config"):
            (folder / name).parent.mkdir(exist_ok=True)
            if bare:
                shutil.copy(victim.path / name, folder / name)
        victim.folder = "sub"

    def careless(victim: Victim) -> None:
        victim.careless("git", "-C", "sub", "status")
        victim.careless("git", "-C", "sub", "canary")

    return Attack(f"embedded {'bare repository' if bare else 'repository'}", prepare, careless)


def elsewhere(victim: Victim) -> None:
    """Keep Git's folder beside the repository."""
    script = victim.script().replace("/repo/.git/", "/evil.git/")
    victim.config(f"[core]\n\tfsmonitor = {script}\n")
    (victim.path / ".git").rename(victim.path.parent / "evil.git")
    (victim.path / ".git").write_text("gitdir: ../evil.git\n")


def status(victim: Victim) -> None:
    """Look as everybody looks."""
    victim.careless("git", "status")


def credentials(victim: Victim) -> None:
    """Ask for a password."""
    victim.run("git", "credential", "fill", stdin="protocol=https\nhost=example.org\n\n")


ATTACKS = (
    setting("core", "fsmonitor")._replace(careless=status),
    setting("core", "pager")._replace(careless=lambda victim: victim.run(sys.executable, "-c", PTY, "git", "log")),
    setting("pager", "log")._replace(careless=lambda victim: victim.run(sys.executable, "-c", PTY, "git", "log")),
    setting("core", "editor")._replace(careless=lambda victim: victim.careless("git", "commit", "--allow-empty")),
    setting("sequence", "editor")._replace(careless=lambda victim: victim.careless("git", "rebase", "-i", "--autostash", "HEAD~1")),
    setting("diff", "external")._replace(careless=lambda victim: victim.careless("git", "diff")),
    setting("core", "askPass")._replace(careless=credentials),
    setting("credential", "helper")._replace(careless=credentials),
    Attack("diff.evil.command", differ, lambda victim: victim.careless("git", "diff")),
    Attack("diff.evil.textconv", textconv, lambda victim: victim.careless("git", "diff")),
    filtered("filter clean", "clean"),
    filtered("filter clean, required", "clean", required="true"),
    filtered("filter smudge", "smudge"),
    filtered("filter process", "process"),
    filtered("filter process, required", "process", required="true"),
    filtered("filter by info/attributes", "clean", ".git/info/attributes"),
    filtered("filter by attributes of a room", "clean", "catalog/birds/.gitattributes")._replace(
        careless=lambda victim: victim.careless("git", "add", "catalog")
    ),
    Attack("core.attributesFile", attributes_file, lambda victim: victim.careless("git", "add", "notes.md"), adding=False),
    Attack("merge driver", merge_driver, merge),
    Attack("aliases", aliases, lambda victim: victim.careless("git", "canary")),
    included("include"),
    included('includeIf "gitdir:**"'),
    hooks("hooks", "[core]\n\thooksPath = hooks"),
    hooks(".git/hooks", None),
    Attack("gpg.program", signed, lambda victim: victim.careless("git", "log", "-1")),
    remote("remote ext::", '[remote "origin"]\n\turl = ext::{script}', protocol=True),
    remote("remote vcs", '[remote "origin"]\n\turl = {script}\n\tvcs = ext', protocol=True),
    remote("remote insteadOf", '[remote "origin"]\n\turl = https://example.org/x', '[url "ext::{script} "]\n\tinsteadOf = https://', protocol=True),
    remote("remote uploadpack", '[remote "origin"]\n\turl = file:///\n\tuploadpack = {script}'),
    remote("core.sshCommand", '[remote "origin"]\n\turl = ssh://example.org/x', "[core]\n\tsshCommand = {script}"),
    remote("core.gitProxy", '[remote "origin"]\n\turl = git://example.org/x', "[core]\n\tgitProxy = {script}"),
    lazy("lazy fetch through ext::", "\turl = ext::{script}"),
    lazy("lazy fetch through uploadpack", "\turl = file:///\n\tuploadpack = {script}"),
    lazy("lazy fetch through ssh", "\turl = ssh://example.org/x\n[core]\n\tsshCommand = {script}"),
    submodule("[core]\n\tfsmonitor = {script}", ""),
    submodule("", '[submodule "sub"]\n\tupdate = !{script}'),
    embedded(bare=True),
    embedded(bare=False),
    Attack(".git is a file", elsewhere, status, adding=False),  # its folder lies outside, and has the index
)  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS, ids=[attack.name for attack in ATTACKS])
def test_nothing_runs(reading: Reader, victim: Victim, attack: Attack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GIT_ALLOW_PROTOCOL")  # users have no such gate
    attack.prepare(victim)
    victim.canary.unlink(missing_ok=True)  # Git may run it while the trap is set
    read(reading, victim, ASKING)
    if attack.adding:
        add(reading, victim, WRITING[1:])
    assert not victim.canary.exists()
    assert attack.careless is not None
    attack.careless(victim)
    assert victim.canary.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_repository_of_somebody_else(reading: Reader, victim: Victim) -> None:
    victim.config(f"[core]\n\tfsmonitor = {victim.script()}")
    for folder, folders, names in os.walk(victim.path):
        for name in [".", *folders, *names]:
            os.lchown(Path(folder, name), 65534, 65534)
    found = read(
        reading, victim, [("status",), ("list",), ("log", "birds"), ("check",), ("verify",), ("pull", "--offline")]
    )
    assert {command: (result.code, "dubious ownership" in result.err) for command, result in found.items()} == (
        dict.fromkeys(found, (3, True))
    )
    assert not victim.canary.exists()
    trusting = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
    victim.careless("git", "status", **trusting)
    assert victim.canary.exists()


def test_a_work_tree_elsewhere(reading: Reader, victim: Victim) -> None:
    victim.config(f"[core]\n\tworktree = {victim.path.parent / 'beside'}")
    read(reading, victim)
    add(reading, victim)
    assert victim.read(TABLE)
