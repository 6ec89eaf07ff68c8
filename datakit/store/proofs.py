"""What a server says about the bytes it sends: facts to keep, and hashes that what arrives must have.

An ETag proves nothing by itself. Only S3 makes it the md5 of the object, and only for one that was uploaded in one part and
is not encrypted with a key of its own; a `-N` at its end tells of several parts.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

_HEX_MD5 = re.compile(r"[0-9a-f]{32}")
_DIGEST = re.compile(r"([A-Za-z0-9-]+)\s*=\s*:?([A-Za-z0-9+/=]+):?")
_ALGORITHMS = {"md5": ("md5", 16), "sha-256": ("sha256", 32), "sha256": ("sha256", 32)}
_MAX_LENGTH = 512  # characters of one fact


class Stated(NamedTuple):
    """What the server says."""

    proofs: dict[str, str]  # facts to keep: etag, last_modified, version_id, content_md5, …
    expected: dict[str, str]  # md5 and sha256 in hexadecimal, where the server vouches for them


def of_http(headers: Mapping[str, str]) -> Stated:
    """Read the headers of an HTTP response.

    Args:
        headers: Names in any case.

    >>> of_http({"ETag": '"5e1"', "Content-MD5": "1B2M2Y8AsgTpgAmY7PhCfg=="}).expected
    {'md5': 'd41d8cd98f00b204e9800998ecf8427e'}
    """
    given = {name.lower(): value for name, value in headers.items()}
    proofs = _present(
        {
            "etag": given.get("etag"),
            "last_modified": given.get("last-modified"),
            "version_id": given.get("x-amz-version-id"),
            "generation": given.get("x-goog-generation"),
            "content_md5": given.get("content-md5"),
            "digest": given.get("repr-digest") or given.get("content-digest") or given.get("digest"),
            "goog_hash": given.get("x-goog-hash"),
            "checksum_sha256": given.get("x-amz-checksum-sha256"),
        }
    )
    expected: dict[str, str] = {}
    for name in ("digest", "content-digest", "repr-digest", "x-goog-hash"):
        for algorithm, value in _DIGEST.findall(given.get(name, "")):
            _expect(expected, algorithm.lower(), value)
    _expect(expected, "md5", given.get("content-md5"))
    if given.get("x-amz-checksum-type", "FULL_OBJECT") == "FULL_OBJECT":
        _expect(expected, "sha256", given.get("x-amz-checksum-sha256"))
    return Stated(proofs, expected)


def of_s3(head: Mapping[str, object]) -> Stated:
    """Read what S3 answers to a `HeadObject` with checksums asked for.

    Args:
        head: The answer.

    >>> of_s3({"ETag": '"d41d8cd98f00b204e9800998ecf8427e-2"'}).expected
    {}
    """
    etag = str(head.get("ETag") or "")
    version = head.get("VersionId")
    proofs = _present(
        {
            "etag": etag,
            "last_modified": head.get("LastModified"),
            "version_id": None if version == "null" else version,
            "checksum_sha256": head.get("ChecksumSHA256"),
            "checksum_type": head.get("ChecksumType"),
        }
    )
    expected: dict[str, str] = {}
    if head.get("ChecksumType", "FULL_OBJECT") == "FULL_OBJECT":
        _expect(expected, "sha256", head.get("ChecksumSHA256"))
    if not has_own_etag(head) and _HEX_MD5.fullmatch(etag.strip('"')):
        expected["md5"] = etag.strip('"')
    return Stated(proofs, expected)


def has_own_etag(head: Mapping[str, object]) -> bool:
    """Tell whether an object of S3 is encrypted in a way that makes its ETag something else than an md5.

    Args:
        head: What S3 answers about it.

    >>> [has_own_etag({"ServerSideEncryption": kind}) for kind in ("AES256", "aws:kms")]
    [False, True]
    """
    return head.get("ServerSideEncryption") not in {None, "AES256"} or "SSECustomerAlgorithm" in head


def of_info(info: Mapping[str, object]) -> Stated:
    """Read what a file system of fsspec knows about a file: gcsfs, adlfs and others.

    Args:
        info: The file system's `info`.

    >>> of_info({"md5Hash": "1B2M2Y8AsgTpgAmY7PhCfg==", "generation": 7}).proofs
    {'generation': '7', 'content_md5': '1B2M2Y8AsgTpgAmY7PhCfg=='}
    """
    settings = info.get("content_settings")
    md5 = info.get("md5Hash") or info.get("content_md5")
    if md5 is None and isinstance(settings, Mapping):
        md5 = settings.get("content_md5")
    if isinstance(md5, bytes | bytearray):
        md5 = base64.b64encode(md5).decode()
    proofs = _present(
        {
            "etag": info.get("etag") or info.get("ETag"),
            "last_modified": info.get("last_modified") or info.get("LastModified") or info.get("updated"),
            "version_id": info.get("version_id") or info.get("VersionId"),
            "generation": info.get("generation"),
            "content_md5": md5,
            "crc32c": info.get("crc32c"),
            "sha": info.get("sha"),
            "blob_id": info.get("blob_id"),
        }
    )
    expected: dict[str, str] = {}
    _expect(expected, "md5", md5)
    large = info.get("lfs")
    if isinstance(large, Mapping) and isinstance(large.get("sha256"), str):
        expected["sha256"] = str(large["sha256"])
    return Stated(proofs, expected)


def _expect(expected: dict[str, str], algorithm: str, value: object) -> None:
    """Take a base64 hash that has the right length for its algorithm; anything else proves nothing."""
    name, length = _ALGORITHMS.get(algorithm, ("", 0))
    if not name or not isinstance(value, str):
        return
    try:
        raw = base64.b64decode(value.strip(), validate=True)
    except (binascii.Error, ValueError):
        return
    if len(raw) == length:
        expected[name] = raw.hex()


def _present(facts: Mapping[str, object]) -> dict[str, str]:
    """Keep the facts that are there, as text that may stand in a record."""
    found = {}
    for name, value in facts.items():
        text = value.isoformat() if isinstance(value, datetime) else "" if value is None else str(value)
        if text and text.isprintable() and len(text) <= _MAX_LENGTH:
            found[name] = text
    return found
