"""Addresses and texts with made-up credentials: none of them comes through, and what is harmless stays."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.errors import UsageError
from datakit.formats.url import RedactedUrl, redact, secrets

# No credential here was ever valid; each secret part holds the word CANARY or is given beside the address.
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJDQU5BUlkifQ.c2lnbmF0dXJlQ0FOQVJZ"
KEY64 = "Q0FOQVJZ" * 10 + "CANARY=="
AKIA = "AKIA" + "CANARY" + "Q7" * 5
FORMS = [
    ("https://jane:CANARY@example.org/a.csv", "https://example.org/a.csv"),
    ("https://CANARYtoken@example.org/a.csv", "https://example.org/a.csv"),
    ("https://jane%40corp:p%40CANARY%3A%2F@example.org:8443/a", "https://example.org:8443/a"),
    ("https://x-access-token:ghp_CANARYCANARYCANARYCANARYCANARYCANARY@github.com/o/r.git", "https://github.com/o/r.git"),
    ("https://a:b@c:CANARY@example.org/", "https://example.org/"),
    ("HTTPS://jane:CANARY@EXAMPLE.org/a", "HTTPS://EXAMPLE.org/a"),
    ("//jane:CANARY@example.org/a", "//example.org/a"),
    ("ftp://jane:CANARY@example.org/a", "ftp://example.org/a"),
    ("https://jane:CANARY@[2001:db8::1]:8080/a", "https://[2001:db8::1]:8080/a"),
    ("s3://AKIACANARY:CANARYsecret@bucket/key.csv", "s3://bucket/key.csv"),
    ("s3://bucket/a/key.csv?versionId=3sL4kqtJlcpXroDTDmJ", "s3://bucket/a/key.csv?versionId=3sL4kqtJlcpXroDTDmJ"),
    ("https://b.s3.amazonaws.com/k?X-Amz-Algorithm=AWS4&X-Amz-Credential=AKIACANARY%2F2024&X-Amz-Signature=CANARY", "https://b.s3.amazonaws.com/k"),
    ("https://b.s3.amazonaws.com/k?AWSAccessKeyId=CANARY&Signature=CANARY&Expires=1&versionId=7", "https://b.s3.amazonaws.com/k?versionId=7"),
    ("https://storage.googleapis.com/b/k?X-Goog-Signature=CANARY&generation=12", "https://storage.googleapis.com/b/k?generation=12"),
    ("https://www.googleapis.com/storage/v1/b/x?alt=media&key=AIzaCANARY", "https://www.googleapis.com/storage/v1/b/x?alt=media"),
    ("gs://user:CANARY@bucket/key", "gs://bucket/key"),
    ("az://container/blob?sv=2022&se=2024&sr=b&sp=r&sig=CANARY%3D", "az://container/blob"),
    ("https://acc.blob.core.windows.net/c/b?sp=r&sig=CANARY&snapshot=2024-01-01", "https://acc.blob.core.windows.net/c/b?snapshot=2024-01-01"),
    ("abfs://raw@acc.dfs.core.windows.net/a.csv", "abfs://raw@acc.dfs.core.windows.net/a.csv"),
    ("abfss://raw:CANARY@acc.dfs.core.windows.net/a.csv", "abfss://acc.dfs.core.windows.net/a.csv"),
    ("wasbs://raw@acc.blob.core.windows.net/a?sig=CANARY", "wasbs://raw@acc.blob.core.windows.net/a"),
    ("ssh://jane:CANARY@example.org:22/data", "ssh://example.org:22/data"),
    ("sftp://jane@example.org/data", "sftp://example.org/data"),
    ("hdfs://jane:CANARY@namenode:8020/data", "hdfs://namenode:8020/data"),
    ("file:///srv/data/a.csv", "file:///srv/data/a.csv"),
    ("jane@example.org:/srv/data", "example.org:/srv/data"),
    ("jane:CANARY@example.org:data/a.csv", "example.org:data/a.csv"),
    ("git@github.com:team/data.git", "github.com:team/data.git"),
    ("https://example.org/a?token=CANARY", "https://example.org/a"),
    ("https://example.org/a?access_token=CANARY&page=2", "https://example.org/a?page=2"),
    ("https://example.org/a?api_key=CANARY;page=2", "https://example.org/a?page=2"),
    ("https://example.org/a?page=2&%74oken=CANARY", "https://example.org/a?page=2"),
    ("https://example.org/a?ref=https://jane:CANARY@example.org", "https://example.org/a"),
    ("https://example.org/a?ref=jane%3ACANARY%40example.org", "https://example.org/a"),
    (f"https://example.org/a?id={JWT}", "https://example.org/a"),
    ("https://example.org/a?CANARY", "https://example.org/a"),
    ("https://example.org/a?id=1%26token%3DCANARY", "https://example.org/a"),
    ("https://example.org/cb#access_token=CANARY&token_type=bearer", "https://example.org/cb"),
    (f"https://example.org/cb#{JWT}", "https://example.org/cb"),
    ("https://example.org/cb#id%3DCANARY", "https://example.org/cb"),
    ("https://example.org/doc#section-2", "https://example.org/doc#section-2"),
    (f"https://example.org/d/{JWT}/a.csv", "https://example.org/d/***/a.csv"),
    ("https://example.org/token/0123456789abcdefCANARY/a.csv", "https://example.org/token/***/a.csv"),
    ("https://example.org/api/secret/3f0c9d8e7b6a5948/a.csv", "https://example.org/api/secret/***/a.csv"),
    ("https://example.org/access_token=CANARY/a", "https://example.org/access_token=***/a"),
    ("https://example.org/a;jsessionid=CANARY", "https://example.org/a;jsessionid=***"),
    ("https://hooks.slack.com/services/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", "https://hooks.slack.com/services/***/***/***"),
    ("https://api.telegram.org/bot123456789:CANARYcanary_CANARYcanary_CANARY12/get", "https://api.telegram.org/***/get"),
    ("https://discord.com/api/webhooks/123456789012345678/CANARYcanaryCANARYcanaryCANARY12", "https://discord.com/api/webhooks/***/***"),
    (f"https://example.org/{AKIA}/a", "https://example.org/***/a"),
    ("https://example.org/x/jane:CANARY@host/a", "https://example.org/x/***@host/a"),
    ("zip://inner.csv::https://jane:CANARY@example.org/a.zip?sig=CANARY", "zip://inner.csv::https://example.org/a.zip"),
    ("simplecache::s3://key:CANARY@bucket/a", "simplecache::s3://bucket/a"),
    ("jdbc:postgresql://jane:CANARY@db.example.org/x?user=jane&password=CANARY", "jdbc:postgresql://db.example.org/x"),
    ("jdbc:sqlserver://db.example.org;user=sa;password=CANARY", "jdbc:sqlserver://db.example.org;user=sa;password=***"),
    ("mongodb://jane:CANARY@a.example.org:27017,b.example.org:27017/db", "mongodb://a.example.org:27017,b.example.org:27017/db"),
    (f"DefaultEndpointsProtocol=https;AccountName=x;AccountKey={KEY64};EndpointSuffix=core", "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=***;EndpointSuffix=core"),
    (f"AccountName=x;AccountKey=Q0FO/{KEY64}", "AccountName=x;AccountKey=***"),
    ("https://jane:CANARY\\@example.org/", "https://example.org/"),
    ("Server=db;User Id=sa;Password=CANARY", "Server=db;User Id=sa;Password=***"),
    ("git+https://oauth2:glpat-CANARYCANARYCANARY12@gitlab.com/a/b.git", "git+https://gitlab.com/a/b.git"),
]  # fmt: skip

HARMLESS = [
    "https://example.org/data/2024/reviews.csv",
    "https://example.org:8080/a%20b/c.csv?format=csv&page=2&per_page=100",
    "https://zenodo.org/record/3960218/files/penguins.csv?download=1",
    "https://raw.githubusercontent.com/o/r/3f0c9d8e7b6a59483f0c9d8e7b6a59483f0c9d8e/penguins.csv",
    "https://drive.google.com/uc?export=download&id=1aBcDeFgHiJkLmNoPqRsTuVwXyZ012345",
    "https://huggingface.co/datasets/o/d/resolve/main/a.parquet?download=true",
    "s3://bucket/year=2024/month=01/part-0000.parquet",
    "https://registry.example.org/@scope/package/data.tgz",
    "https://bücher.example.org/größe.csv",
    "https://example.org/keys/list.csv",
    "data/raw/reviews.csv",
    "/srv/data/reviews@v2.csv",
    "reviews@v1.2.0",
    "C:\\data\\reviews.csv",
    "",
]

# Texts with one credential each, and how it is named.
TEXTS = [
    (f"aws_access_key_id = {AKIA}", "AWS access key `AKIA…`"),
    ("key ASIAQ7Q7Q7Q7Q7Q7Q7Q7 of the session", "AWS access key `ASIA…`"),
    ("aws_secret_access_key = CANARYCANARY/CANARYCANARYCANARY+CANARY12", "AWS secret key `aws_secret_access_key =…`"),
    ("-----BEGIN RSA PRIVATE KEY-----\nMIIE", "private key `-----BEGIN RSA PRIVATE KEY-…`"),
    ("-----BEGIN OPENSSH PRIVATE KEY-----", "private key `-----BEGIN OPENSSH PRIVATE …`"),
    ("-----BEGIN PRIVATE KEY-----", "private key `-----BEGIN PRIVATE KEY-----…`"),
    ("-----BEGIN PGP PRIVATE KEY BLOCK-----", "private key `-----BEGIN PGP PRIVATE KEY …`"),
    ("token ghp_CANARYCANARYCANARYCANARYCANARYCANARY", "GitHub token `ghp_…`"),
    ("gho_CANARYCANARYCANARYCANARYCANARYCANARY", "GitHub token `gho_…`"),
    ("github_pat_11CANARY0CANARYCANARY_CANARYCANARY", "GitHub token `gith…`"),
    ("glpat-CANARYCANARYCANARY12", "GitLab token `glpa…`"),
    ("xoxb-123456789012-CANARYCANARY", "Slack token `xoxb…`"),
    ("xapp-1-A0CANARY-CANARYCANARY", "Slack token `xapp…`"),
    ("https://hooks.slack.com/services/T0CANARY1/B0CANARY2/CANARYCANARY", "Slack webhook `hooks.slack.com/services/…`"),
    ("https://discord.com/api/webhooks/123456789012345678/CANARYcanaryCANARYcanary", "Discord webhook `discord.com/api/webhooks/…`"),
    ("bot123456789:CANARYcanary_CANARYcanary_CANARY12", "Telegram token `bot…`"),
    ("AIzaCANARYCANARYCANARYCANARYCANARYCANAR", "Google API key `AIza…`"),
    ("ya29.CANARYCANARYCANARYCANARY", "Google OAuth token `ya29…`"),
    ("GOCSPX-CANARYCANARYCANARYCANARY", "Google OAuth secret `GOCS…`"),
    ("hf_CANARYCANARYCANARYCANARYCANARYCA", "Hugging Face token `hf_C…`"),
    ("sk_live_CANARYCANARYCANARY", "Stripe key `sk_l…`"),
    ("sk-proj-CANARYCANARYCANARYCANARYCANARYCANARY", "OpenAI key `sk-p…`"),
    ("npm_CANARYCANARYCANARYCANARYCANARYCANARY", "npm token `npm_…`"),
    ("pypi-AgEIcHlwaS5vcmcCANARYCANARYCANARY", "PyPI token `pypi…`"),
    ("SG.CANARYCANARYCANARY.CANARYCANARYCANARY", "SendGrid key `SG.C…`"),
    ("dapi0123456789abcdef0123456789abcdef", "Databricks token `dapi…`"),
    (f"see {JWT} here", "JSON web token `eyJh…`"),
    (f"AccountName=x;AccountKey={KEY64}", "Azure account key `AccountKey=…`"),
    ("SharedAccessSignature=sv=2022&sig=CANARYCANARY", "Azure shared access signature `SharedAccessSignature=…`"),
    ("https://a.blob.core.windows.net/c?sp=r&sig=CANARYCANARY%3D", "Azure shared access signature `&sig=…`"),
    ("https://b.s3.amazonaws.com/k?X-Amz-Signature=CANARYCANARY", "signed AWS query `X-Amz-Signature=…`"),
    ("https://storage.googleapis.com/k?X-Goog-Signature=CANARYCANARY", "signed Google query `X-Goog-Signature=…`"),
    ("curl https://jane:CANARY@example.org/a", "password in a URL `https://…`"),
    ("git clone https://CANARYCANARYCANARYCANARY@github.com/o/r", "token in a URL `https://…`"),
    ("postgresql://jane:CANARY1@db/x", "password in a URL `postgresql://…`"),
    ("curl -H 'Authorization: Bearer CANARYCANARY'", "HTTP credentials `Authorization: Bearer…`"),
    ("Authorization: Basic Q0FOQVJZOkNBTkFSWQ==", "HTTP credentials `Authorization: Basic…`"),
    ("https://example.org/a?api_key=CANARYCANARY", "secret in a query `?api_key=…`"),
    ("https://example.org/a?x=1&access_token=CANARYCANARY", "secret in a query `&access_token=…`"),
    ("password = CANARY-123", "password `password =…`"),
    ('"client_secret": "CANARYCANARY1"', "password `client_secret\": \"…`"),
]  # fmt: skip

INNOCENT = [
    "The primary key is the token id of the sentence.",
    "Tokens, keys and secrets are words of this corpus.",
    "password: <your password>",
    "password = ********",
    "set the password with `export PASSWORD=...`",
    "see https://example.org/a?page=2&format=csv for the key",
    "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "commit 3f0c9d8e7b6a59483f0c9d8e7b6a59483f0c9d8e of git@example.org:team/data.git",
    "mail to jane@example.org or visit https://example.org:8080/",
    "-----BEGIN PUBLIC KEY-----",
    "AKIA is how such keys begin",
    "sk-learn and sk-image; hf_hub; npm_config; xox",
    "The signature of the function takes a token and a key.",
]

PIECES = (
    "https", "s3", "abfs", "://", ":", "/", "//", "@", "?", "&", "#", "=", ";", "::", "jane", "CANARY", "example.org", "***", "%",
    "%40", "[::1]", "token", "secret=", "sig=", "page=2", "8080", ",", ".", "-", "a", "0123456789abcdef0123",
)  # fmt: skip


class TestRedact:
    @pytest.mark.parametrize(("url", "expected"), FORMS)
    def test_no_secret_comes_through(self, url: str, expected: str) -> None:
        found = redact(url)
        assert found == expected
        assert redact(str(found)) == found
        assert secrets(found) == []

    def test_the_canary_is_gone_from_every_form(self) -> None:
        assert [url for url, _ in FORMS if "CANARY" in redact(url)] == []

    @pytest.mark.parametrize("url", HARMLESS)
    def test_what_is_harmless_stays(self, url: str) -> None:
        assert redact(url) == url

    def test_is_a_type_of_its_own(self) -> None:
        found = redact("https://example.org/")
        assert isinstance(found, RedactedUrl)
        assert redact(found) is found

    @pytest.mark.parametrize(
        "url",
        ["https://a\r\nHost: b/", "https://a/\tb", "https://a/\x00", "https://a/\x1b[31m", "https://a/\x7f", "https://a/\x85",
         "https://a/\u202egpj.exe", "https://a/\u2066x", "https://a\u200b.org/", "https://a/\u2028", "\ufeffhttps://a/"],
    )  # fmt: skip
    def test_control_and_direction_characters_are_refused(self, url: str) -> None:
        with pytest.raises(UsageError, match=r"^the URL has the character U\+[0-9A-F]{4} at place \d+$"):
            redact(url)

    @pytest.mark.parametrize(
        "url",
        ["https://jane:CANARY%40example.org/a", "https://jane:CA/NARY@example.org/", "https://jane:CA#NARY@example.org/",
         "https://a b@c d/", "https://[::1/a", "https://host:CANARY/a"],
    )  # fmt: skip
    def test_a_host_that_cannot_be_told_from_a_password_is_refused_without_showing_it(self, url: str) -> None:
        with pytest.raises(UsageError, match=r"^the host of the URL cannot be told from its user and password$"):
            redact(url)

    def test_endless_urls_are_refused(self) -> None:
        with pytest.raises(UsageError, match=r"^the URL has 8193 characters, expected at most 8192$"):
            redact("a" * 8193)
        for unit in ("/", "@", ":", "a=", "%", "?", "&", "::", "-", "eyJ.", "token/"):
            try:
                redact("https://h/" + unit * (8000 // len(unit)))
            except UsageError:
                continue

    @pytest.mark.parametrize(
        "url",
        ["@ s3::page=2", ";%3DBearer %25:CANARY8080a@password=://page=2", "Bearer ?-::&", "token@ AccountKey=sig=,8080:,-%40"],
    )  # fmt: skip
    def test_what_is_left_after_a_cut_is_cut_again(self, url: str) -> None:
        assert redact(str(redact(url))) == redact(url)

    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(
            st.sampled_from(PIECES) | st.text(max_size=4),
            max_size=14,
        ).map("".join)
    )
    def test_redacting_again_changes_nothing(self, url: str) -> None:
        try:
            once = redact(url)
        except UsageError:
            return
        assert redact(str(once)) == once
        assert len(once) <= len(url) + 3 * url.count("/") + 3 * url.count("=") + 3


class TestSecrets:
    @pytest.mark.parametrize(("text", "description"), TEXTS)
    def test_every_form_is_found_and_masked(self, text: str, description: str) -> None:
        assert secrets(text) == [description]
        assert "CANARY" not in description.replace("hf_C…", "")

    @pytest.mark.parametrize("text", INNOCENT)
    def test_ordinary_text_is_left_alone(self, text: str) -> None:
        assert secrets(text) == []

    def test_all_are_named_in_their_order_once(self) -> None:
        text = "\n".join(text for text, _ in TEXTS) + "\n" + TEXTS[0][0]
        found = secrets(text)
        assert found[0] == "AWS access key `AKIA…`"
        assert len(found) == len(set(found)) >= 35
        assert not re.search("CANARYCANARY", "\n".join(found))

    def test_long_hostile_texts_take_no_time(self) -> None:
        for unit in (
            "eyJ",
            "a://",
            "://a:",
            "password=",
            "AKIA",
            "-----BEGIN A ",
            "sig=",
            "Bearer ",
            "x" * 50,
            "1:",
            "gh",
        ):
            secrets(unit * 20_000)
