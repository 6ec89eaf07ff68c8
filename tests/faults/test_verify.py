"""`verify --repair` killed, or refused by the system, at every step: no byte is lost, nothing is worse, a second run finishes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

import datakit
from datakit.repo.project import STATE
from tests.support import faults
from tests.support.clones import FOLDER, changed, files, published
from tests.support.datasets import md5
from tests.support.faults import FAILED, KILLED
from tests.support.repo import Repo
from tests.support.spoiled import rot, sent, spoil, stored

PLACES = ("repo/.dvc/cache", f"repo/{FOLDER}", f"repo/{STATE}", "storage")


@pytest.fixture
def broken(project: Repo) -> Repo:
    """A folder of which something is wrong everywhere, and no copy of anything is good in two of the places."""
    changed(published(project))
    project.write({f"{FOLDER}/m/4.png": "four", f"{FOLDER}/m/5.png": "five"})
    datakit.add(FOLDER, note="more", root=project.path)
    project.commit("third")
    datakit.push(root=project.path)
    spoil(stored(project, md5("two")), "2wo")  # the file is right
    stored(project, md5("three")).unlink()  # the file is missing: the remote is right
    (project.path / FOLDER / "m/3.png").unlink()
    (project.path / FOLDER / "m/4.png").unlink()  # the cache is right
    spoil(sent(project, md5("four")), "4our")
    sent(project, md5("five")).unlink()
    (project.path / FOLDER / "m/5.png").write_text("5ive")
    name = project.read(f"{FOLDER}.dvc").partition("md5: ")[2].split()[0]
    spoil(stored(project, name), "[]")
    for place in PLACES:
        shutil.copytree(project.path.parent / place, project.path.parent / "before" / place)
    return project


def repair(repo: Repo) -> None:
    """Repair everything that can be."""
    datakit.verify("photos", remote=True, repair=True, root=repo.path)


def again(repo: Repo) -> Iterator[None]:
    """Put everything back to what it was, each time."""
    top = repo.path.parent
    while True:
        for place in PLACES:
            shutil.rmtree(top / place)
            shutil.copytree(top / "before" / place, top / place)
        rot(repo, FOLDER, "m/5.png", "five", "5ive")  # nobody wrote to it: what is remembered of it is of this copy
        yield


def there(repo: Repo) -> dict[str, bytes]:
    """Return everything that a repair may change; the private state only as far as it is for people."""
    top = repo.path.parent
    private = tuple(f"{STATE}/{name}" for name in ("stat/", "workspace/", "tmp", ".gitignore"))
    found = {f"{place}/{name}": data for place in PLACES for name, data in files(top / place).items()}
    return {name: data for name, data in found.items() if not name.removeprefix("repo/").startswith(private)}


def sound(repo: Repo, before: dict[str, bytes]) -> None:
    """Hold the promises: no byte is lost, no name that had bytes is empty, no object that was right is wrong now."""
    now = there(repo)
    assert set(before.values()) <= set(now.values())
    assert set(before) <= set(now)
    for name, data in now.items():
        _, objects, short = name.partition("files/md5/")
        if objects and ".datakit-" not in name:
            assert md5(data) == short.replace("/", "")[:32] or before.get(name) == data, name
    for name, data in now.items():
        if f"{STATE}/quarantine/" in name and ".datakit-" not in name:
            assert md5(data) == name.rpartition(".")[2]


def leftovers(repo: Repo) -> list[str]:
    """List temporary files, wherever they are."""
    return [name for name in there(repo) if ".datakit-" in name]


@pytest.fixture
def made(broken: Repo) -> list[str]:
    """The steps of a repair."""
    fresh = again(broken)
    next(fresh)
    return faults.steps(lambda: repair(broken))


def test_killed_at_every_step(broken: Repo, made: list[str]) -> None:
    expected = there(broken)
    fresh, killed = again(broken), 0
    next(fresh)
    before = there(broken)
    for fault in faults.states(made):
        next(fresh)
        done = faults.run(lambda: repair(broken), fault)
        assert done.code == KILLED, (fault, done.text)
        sound(broken, before)
        repair(broken)
        assert there(broken) == expected, (fault, made[fault.step - 1])
        killed += 1
    assert killed > 70
    assert datakit.verify("photos", cache=True, remote=True, root=broken.path)[0].faults == ()


def test_an_error_at_every_step(broken: Repo, made: list[str]) -> None:
    expected = there(broken)
    fresh, refused = again(broken), 0
    next(fresh)
    before = there(broken)
    for fault in faults.refusals(made):
        next(fresh)
        done = faults.run(lambda: repair(broken), fault)
        assert done.code in {0, FAILED}
        if done.code == FAILED:
            assert done.text.startswith("EnvironmentProblem: "), (fault, made[fault.step - 1], done.text)
            assert "`" in done.text
            refused += 1
        elif made[fault.step - 1] not in faults.TAKING:  # it could do without that step
            assert there(broken) == expected, (fault, made[fault.step - 1])
        sound(broken, before)
        if made[fault.step - 1] not in faults.TAKING:
            assert leftovers(broken) == [], (fault, made[fault.step - 1])
        repair(broken)
        assert there(broken) == expected, (fault, made[fault.step - 1])
    assert refused > 100
