"""Which hosts may be reached: none on this machine or in private networks, unless the user named it.

The gate sits where a socket is made, so it sees the address that is really connected to: after DNS, which may answer
differently each time, after every redirect, and however the host was written.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from typing import Any

from datakit.errors import EnvironmentProblem
from datakit.formats.listing import shown

CONNECT_SECONDS = 10
READ_SECONDS = 60
TRIES = 1.5  # whole tries, of connecting and of waiting for a byte, after which something is given up
SLOWEST = 16 * 1024  # bytes a second at which something big is still worth waiting for
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Refused(OSError):
    """A connection to an address that is not public."""


def is_public(address: str) -> bool:
    """Tell whether an address belongs to the public Internet, also where it wraps another.

    Args:
        address: An IPv4 or IPv6 address, with or without a zone.

    >>> [is_public(text) for text in ("8.8.8.8", "127.0.0.1", "::ffff:10.0.0.1", "169.254.169.254", "100.64.0.1")]
    [True, False, False, False, False]
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return all(
        each.is_global
        and not (each.is_multicast or each.is_reserved or each.is_unspecified or each.is_loopback or each.is_link_local)
        and not (isinstance(each, ipaddress.IPv6Address) and each.is_site_local)
        for each in _unwrapped(found)
    )


def addresses(host: str, name: str) -> frozenset[str]:
    """Look a host up.

    Args:
        host: Its name or address.
        name: What to call the source in an error.

    Raises:
        EnvironmentProblem: There is no such host.
    """
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise unknown_host(name) from error
    return frozenset(str(entry[4][0]) for entry in found)


def check_host(host: str, name: str) -> None:
    """Refuse a host of which any address is not public.

    Args:
        host: Its name or address.
        name: What to call the source in an error.

    Raises:
        EnvironmentProblem: It is not public, or unknown.
    """
    for address in sorted(addresses(host, name)):
        if not is_public(address):
            raise private_host(name, address)


def session(allowed: frozenset[str]) -> Any:
    """Return what makes an HTTP session that connects to public addresses only.

    Args:
        allowed: Addresses that are allowed though they are not public.

    Returns:
        A coroutine function, as fsspec's `get_client`.
    """
    import aiohttp

    def guarded(info: Any) -> socket.socket:
        family, kind, protocol, _, address = info
        if address[0] not in allowed and not is_public(address[0]):
            raise Refused(str(address[0]))
        return socket.socket(family=family, type=kind, proto=protocol)

    async def make(**options: Any) -> aiohttp.ClientSession:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=READ_SECONDS)
        # A proxy from the environment would connect in our place, past the gate: `trust_env` stays off.
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(socket_factory=guarded, happy_eyeballs_delay=None),
            timeout=timeout,
            auto_decompress=False,
            read_bufsize=1024 * 1024,
            trust_env=False,
            **options,
        )

    return make


def redirects() -> Any:
    """Return what tells an HTTP session where a server may lead: to itself, and to public hosts.

    Returns:
        One of aiohttp's `trace_configs`; a session that has it raises `Refused`.
    """
    import aiohttp
    import yarl

    async def check(_session: Any, _context: Any, asked: Any) -> None:
        location = asked.response.headers.get("Location") or asked.response.headers.get("URI") or ""
        target = asked.url.join(yarl.URL(location))
        if target.host is None or target.host == asked.url.host:
            return  # no host to connect to: the client refuses the scheme by itself
        found = await asyncio.get_running_loop().getaddrinfo(target.host, None, type=socket.SOCK_STREAM)
        private = sorted(str(entry[4][0]) for entry in found if not is_public(str(entry[4][0])))
        if private:
            raise Refused(f"redirects to {shown(private[0])}, which is not public")

    tracing = aiohttp.TraceConfig()
    tracing.on_request_redirect.append(check)
    return tracing


def private_host(name: str, address: str) -> EnvironmentProblem:
    """Say that an address is not public.

    Args:
        name: What was to be fetched.
        address: Where it would have come from.
    """
    return EnvironmentProblem(
        f"cannot fetch `{name}`: its host has the address {shown(address)}, which is not public",
        hint="datakit add --allow-private URL, if you trust that host",
    )


def unknown_host(name: str) -> EnvironmentProblem:
    """Say that a host has no address.

    Args:
        name: What was to be fetched.
    """
    return EnvironmentProblem(
        f"cannot fetch `{name}`: its host is unknown", hint="check the spelling and the connection"
    )


def _unwrapped(address: Address) -> list[Address]:
    """List an address and those that are wrapped in it."""
    found: list[Address] = [address]
    if isinstance(address, ipaddress.IPv6Address):
        inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if address in _NAT64:
            inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address.ipv4_mapped is not None:
            return [address.ipv4_mapped]  # the wrapping itself is never global
        found += [each for each in inner if each is not None]
    return found
