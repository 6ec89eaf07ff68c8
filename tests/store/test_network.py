"""Hosts: nothing on this machine or in private networks is reached, however it is written."""

from __future__ import annotations

import ipaddress
import socket
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.errors import EnvironmentProblem, UsageError
from datakit.store import network
from datakit.store.fetch import fetch
from tests.support.web import SECRET, Handler, refused


class TestPrivateHosts:
    def test_this_machine_is_refused_by_default(self, web: str, tmp_path: Path) -> None:
        Handler.seen.clear()
        error = refused(tmp_path, EnvironmentProblem, lambda: fetch(f"{web}/a.csv", tmp_path))
        assert error.message == f"cannot fetch `{web}/a.csv`: its host has the address 127.0.0.1, which is not public"
        assert error.hint == "datakit add --allow-private URL, if you trust that host"
        assert Handler.seen == []

    @pytest.mark.parametrize(
        ("path", "address"),
        [
            ("/metadata", "169.254.169.254"), ("/other-private", "10.1.2.3"), ("/mapped", "::ffff:169.254.169.254"),
            ("/zero", "0.0.0.0"), ("/six", "fd00:ec2::254"),  # noqa: S104 - refused, not bound
        ],
    )  # fmt: skip
    def test_redirect_to_a_private_host(self, web: str, tmp_path: Path, path: str, address: str) -> None:
        error = refused(tmp_path, EnvironmentProblem, lambda: fetch(web + path, tmp_path, allow_private=True))
        found = error.message.partition("its host has the address ")[2].partition(",")[0]
        assert found.replace("a9fe:a9fe", "169.254.169.254") == address

    def test_redirect_to_a_decimal_address(self, web: str, tmp_path: Path) -> None:
        error = refused(tmp_path, UsageError, lambda: fetch(f"{web}/decimal", tmp_path, allow_private=True))
        assert error.message == f"`{web}/decimal` is not a URL that can be fetched"

    @pytest.mark.parametrize(
        "host",
        [
            "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0.0.0.0", "0", "localhost", "localhost.", "[::1]", "[::]",  # noqa: S104 - refused, not bound
            "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254",
            "100.64.0.1", "224.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.2.1", "240.0.0.1", "[fe80::1]", "[fc00::1]", "[ff02::1]",
            "[fec0::1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "127.0.0.1.", "user@127.0.0.1", "example.org@127.0.0.1",
            "１２７.0.0.1", "127。0。0。1", "ⓛocalhost",
        ],
    )  # fmt: skip
    def test_no_form_gets_through(self, web: str, tmp_path: Path, host: str) -> None:
        Handler.seen.clear()
        port = web.rpartition(":")[2]
        with pytest.raises((EnvironmentProblem, UsageError)) as caught:
            fetch(f"http://{host}:{port}/a.csv", tmp_path)
        assert Handler.seen == []
        assert (
            "not public" in caught.value.message
            or "unknown" in caught.value.message
            or "not a URL" in caught.value.message
        )

    def test_name_that_first_answers_with_a_public_address(
        self, web: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real, answers = socket.getaddrinfo, ["93.184.216.34", "127.0.0.1"]

        def rebinding(host: Any, *args: Any, **kwargs: Any) -> Any:
            if host != "rebind.example":
                return real(host, *args, **kwargs)
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
            return real(answer, *args, **kwargs)

        monkeypatch.setattr(socket, "getaddrinfo", rebinding)
        assert network.addresses("rebind.example", "x") == {"93.184.216.34"}
        Handler.seen.clear()
        port = web.rpartition(":")[2]
        for allow, queue in ((True, ["93.184.216.34", "127.0.0.1"]), (False, ["127.0.0.1"])):
            answers[:] = queue
            work = partial(fetch, f"http://rebind.example:{port}/a.csv", tmp_path, allow_private=allow)
            assert "127.0.0.1, which is not public" in refused(tmp_path, EnvironmentProblem, work).message
        assert Handler.seen == []

    def test_proxy_of_the_environment_is_not_asked(
        self, web: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("http_proxy", web)
        monkeypatch.setenv("HTTP_PROXY", web)
        Handler.seen.clear()
        refused(tmp_path, EnvironmentProblem, lambda: fetch("http://10.255.255.1/a.csv", tmp_path))
        assert Handler.seen == []

    def test_other_protocols_too(self, tmp_path: Path) -> None:
        error = refused(tmp_path, EnvironmentProblem, lambda: fetch(f"ftp://u:{SECRET}@127.0.0.1:1/a.csv", tmp_path))
        assert (
            error.message
            == "cannot fetch `ftp://127.0.0.1:1/a.csv`: its host has the address 127.0.0.1, which is not public"
        )

    @pytest.mark.parametrize("allow", [True, False])
    def test_unknown_host(self, tmp_path: Path, allow: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        def unknown(*args: object, **kwargs: object) -> None:
            raise socket.gaierror(socket.EAI_NONAME, "no")

        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        url = "https://no-such-host.invalid/a.csv"
        error = refused(tmp_path, EnvironmentProblem, lambda: fetch(url, tmp_path, allow_private=allow))
        assert error.message == f"cannot fetch `{url}`: its host is unknown"


class TestIsPublic:
    @settings(max_examples=60, deadline=None)
    @given(st.ip_addresses(v=4))
    def test_wrapping_an_address_does_not_make_it_public(self, address: ipaddress.IPv4Address) -> None:
        number = int(address)
        wrapped = [
            f"::ffff:{address}", f"64:ff9b::{number >> 16:x}:{number & 0xFFFF:x}", f"2002:{number >> 16:x}:{number & 0xFFFF:x}::",
        ]  # fmt: skip
        assert network.is_public(str(address)) or not any(network.is_public(each) for each in wrapped)

    @pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8"])
    def test_public(self, address: str) -> None:
        assert network.is_public(address)

    @pytest.mark.parametrize("address", ["", "localhost", "8.8.8", "fe80::1%eth0", "0.0.0.0", "::"])  # noqa: S104 - looked at, not bound
    def test_not_public(self, address: str) -> None:
        assert not network.is_public(address)
