"""What servers say: recorded answers of clouds that no test can reach, and headers that prove nothing."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime

import pytest

from datakit.store import proofs

MD5 = hashlib.md5(b"x", usedforsecurity=False)
B64 = base64.b64encode(MD5.digest()).decode()
SHA = base64.b64encode(hashlib.sha256(b"x").digest()).decode()


class TestHttp:
    @pytest.mark.parametrize(
        ("headers", "expected"),
        [
            ({}, {}),
            ({"etag": f'"{MD5.hexdigest()}"'}, {}),
            ({"CONTENT-MD5": B64}, {"md5": MD5.hexdigest()}),
            ({"content-md5": B64 + "x"}, {}),
            ({"content-md5": SHA}, {}),
            ({"Digest": f"SHA-256={SHA}"}, {"sha256": hashlib.sha256(b"x").hexdigest()}),
            ({"Content-Digest": f"sha-256=:{SHA}:, sha-512=:AAAA:"}, {"sha256": hashlib.sha256(b"x").hexdigest()}),
            ({"x-amz-checksum-sha256": SHA}, {"sha256": hashlib.sha256(b"x").hexdigest()}),
            ({"x-amz-checksum-sha256": SHA, "x-amz-checksum-type": "COMPOSITE"}, {}),
            ({"x-amz-checksum-sha256": SHA + "-3"}, {}),
        ],
    )
    def test_expected(self, headers: dict[str, str], expected: dict[str, str]) -> None:
        assert proofs.of_http(headers).expected == expected

    def test_hostile_values_are_dropped(self) -> None:
        assert proofs.of_http({"ETag": "a\x1b[31m", "Last-Modified": "x" * 10_000}).proofs == {}


class TestS3:
    @pytest.mark.parametrize(
        ("extra", "proved"),
        [
            ({}, True),
            ({"ServerSideEncryption": "AES256"}, True),
            ({"ServerSideEncryption": "aws:kms"}, False),
            ({"SSECustomerAlgorithm": "AES256"}, False),
            ({"ETag": f'"{MD5.hexdigest()}-4"'}, False),
        ],
    )
    def test_etag_is_an_md5_only_where_s3_says_so(self, extra: dict[str, object], proved: bool) -> None:
        stated = proofs.of_s3({"ETag": f'"{MD5.hexdigest()}"', **extra})
        assert stated.expected == ({"md5": MD5.hexdigest()} if proved else {})

    def test_facts(self) -> None:
        head = {"ETag": '"e"', "VersionId": "v1", "LastModified": datetime(2026, 1, 2, tzinfo=UTC)}
        assert proofs.of_s3(head).proofs == {
            "etag": '"e"',
            "last_modified": "2026-01-02T00:00:00+00:00",
            "version_id": "v1",
        }
        assert proofs.of_s3({"VersionId": "null"}).proofs == {}


class TestOtherClouds:
    def test_google(self) -> None:
        stated = proofs.of_info(
            {"etag": "CJ", "generation": "1700", "md5Hash": B64, "crc32c": "AAAAAA==", "updated": "2026", "size": 1}
        )
        assert stated.expected == {"md5": MD5.hexdigest()}
        assert stated.proofs == {
            "etag": "CJ",
            "generation": "1700",
            "content_md5": B64,
            "crc32c": "AAAAAA==",
            "last_modified": "2026",
        }

    @pytest.mark.parametrize(
        "info", [{"content_settings": {"content_md5": bytearray(MD5.digest())}}, {"content_md5": MD5.digest()}]
    )
    def test_azure(self, info: dict[str, object]) -> None:
        assert proofs.of_info({"etag": "0x8D", **info}).expected == {"md5": MD5.hexdigest()}

    def test_hugging_face(self) -> None:
        stated = proofs.of_info({"blob_id": "b1", "lfs": {"sha256": "0" * 64, "size": 1}})
        assert (stated.proofs, stated.expected) == ({"blob_id": "b1"}, {"sha256": "0" * 64})

    def test_nothing(self) -> None:
        assert proofs.of_info({"name": "a", "size": 1, "type": "file", "md5Hash": None}) == proofs.Stated({}, {})
