"""A real S3 server on this machine: Ceph's gateway over one monitor and one store in memory, all on loopback.

Debian's `ceph-mon`, `ceph-osd` and `radosgw` are needed. No part asks the others for keys: nobody else reaches them.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from tests.support.s3 import KEY, SECRET

NEEDED = ("ceph", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin")
PACKAGES = ("ceph-mon", "ceph-osd", "radosgw")  # of Debian
OTHER_KEY, OTHER_SECRET = "canary-other-id", "canary-other-secret"  # of a user who owns nothing
SECONDS = 90  # that the server may take to be up; 12 are usual
# `osd objectstore = memstore`: nothing touches the disk. `ms mon client mode`: the gateway's own default asks for keys.
_SETTINGS = """[global]
fsid = {fsid}
mon host = [v2:127.0.0.1:{mon},v1:127.0.0.1:{mon_old}]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = none
auth service required = none
auth client required = none
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd crush chooseleaf type = 0
mon allow pool size one = true
mon warn on pool no redundancy = false
run dir = {folder}
admin socket =
log file =
mon cluster log file = {folder}/cluster.log
crash dir = {folder}
[mon.a]
mon data = {folder}/mon
[osd.0]
osd data = {folder}/osd
osd objectstore = memstore
memstore device bytes = 4294967296
[client.rgw]
ms mon client mode = crc
rgw data = {folder}/rgw
rgw frontends = beast endpoint=127.0.0.1:{port}
"""


def lacking() -> str | None:
    """Say why there can be no server here; nothing where there can be one."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    return f"needs Debian's packages {', '.join(PACKAGES)}: no {', '.join(missing)} here" if missing else None


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Run a server, and end it and its parts afterwards.

    Args:
        folder: Of its own; settings, logs and sockets go there.

    Yields:
        Its address; the users of `KEY` and `OTHER_KEY` exist.
    """
    for name in ("mon", "osd", "rgw"):
        (folder / name).mkdir(parents=True)
    fsid, disk = str(uuid.uuid4()), str(uuid.uuid4())
    mon, mon_old, port = _free_ports(3)
    settings = folder / "ceph.conf"
    settings.write_text(_SETTINGS.format(fsid=fsid, folder=folder, mon=mon, mon_old=mon_old, port=port))
    own = ("-c", str(settings))
    monitors = str(folder / "monitors")
    place = f"[v2:127.0.0.1:{mon},v1:127.0.0.1:{mon_old}]"
    with ExitStack() as running:
        _run(folder, "monmaptool", "--create", "--fsid", fsid, "--addv", "a", place, monitors)
        _run(folder, "ceph-mon", *own, "-i", "a", "--mkfs", "--monmap", monitors)
        running.enter_context(_daemon(folder, "ceph-mon", *own, "-i", "a"))
        _run(folder, "ceph", *own, "osd", "new", disk, "0")
        _run(folder, "ceph-osd", *own, "-i", "0", "--mkfs", "--osd-uuid", disk)
        running.enter_context(_daemon(folder, "ceph-osd", *own, "-i", "0"))
        running.enter_context(_daemon(folder, "radosgw", *own, "-n", "client.rgw"))
        for key, secret in ((KEY, SECRET), (OTHER_KEY, OTHER_SECRET)):
            _run(folder, "radosgw-admin", *own, "-n", "client.rgw", "user", "create", "--uid", key,
                 "--display-name", key, "--access-key", key, "--secret-key", secret)  # fmt: skip
        address = f"http://127.0.0.1:{port}"
        _wait(folder, address)
        yield address


def _free_ports(number: int) -> list[int]:
    """Find ports that nobody listens on."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(number)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _run(folder: Path, *words: str) -> None:
    """Run one command, which has to succeed."""
    done = subprocess.run(
        words, cwd=folder, capture_output=True, timeout=SECONDS, check=False, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, f"{' '.join(words)} -> {done.returncode}\n{done.stderr.decode()[-2000:]}"


@contextmanager
def _daemon(folder: Path, *words: str) -> Iterator[None]:
    """Run a part of the server in the foreground of a process of its own, and end it."""
    with open(folder / f"{words[0]}.log", "wb") as log:
        child = subprocess.Popen(
            [*words, "-f"], cwd=folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env={**os.environ}
        )
    try:
        yield
    finally:
        child.terminate()
        try:
            child.wait(5)
        except subprocess.TimeoutExpired:  # it waits for parts that have gone
            child.kill()
            child.wait()


def _wait(folder: Path, address: str) -> None:
    """Wait until the server answers."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        with suppress(OSError), urllib.request.urlopen(address, timeout=5) as answer:
            assert answer.status == 200
            return
        time.sleep(0.1)
    raise AssertionError(f"no answer from {address}:\n{(folder / 'radosgw.log').read_text()[-2000:]}")
