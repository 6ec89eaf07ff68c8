"""Credentials that must not be committed, each made up, and the look-alikes of real cards that must pass."""

from __future__ import annotations

import base64
import hashlib
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.formats import dvc_settings, secrets
from datakit.formats.secrets import Leak
from tests.formats.test_url import FORMS as ADDRESSES
from tests.formats.test_url import INNOCENT, TEXTS
from tests.support.rooms import room

# As they stand in the files that are committed; no credential here was ever valid.
FORMS = [
    ('  "uri": "https://jane:CANARY-9@example.org/a.csv",', "password in a URL"),
    ('  "uri": "https://b.s3.amazonaws.com/k?X-Amz-Algorithm=A&X-Amz-Signature=c0ffee11c0ffee22",', "signed AWS query"),
    ("url: https://b.s3.amazonaws.com/k?X-Amz-Credential=AKQ7%2F20240101%2Fus-east-1", "signed AWS query"),
    ("url: https://storage.googleapis.com/b/k?X-Goog-Signature=c0ffee11c0ffee22", "signed Google query"),
    ("url: https://acc.blob.core.windows.net/c/b?sv=2022&sp=r&sig=c0ffee11c0ffee22%3D", "Azure shared access signature"),
    ("- path: https://example.org/a?token=c0ffee11c0ffee22", "secret in a query"),
    ("- path: https://example.org/a?access_token=CANARYcanaryCANARY", "secret in a query"),
    ("- path: https://example.org/a?x=1&api_key=CANARYcanaryCANARY", "secret in a query"),
    ("- path: https://example.org/a?key=AbCdEf123456", "secret in a query"),
    ("- path: https://example.org/a?x=1;password=correct9horse", "secret in a query"),
    ("- path: ftp://jane:s3cr3t@example.org/a", "password in a URL"),
    ("- path: http://alice:s3cret@127.0.0.1:8000/f?x=1", "password in a URL"),
    ("server: postgresql://jane:hunter2@db.example.org/x", "password in a URL"),
    ("server: mongodb+srv://jane:hunter2@cluster0.example.net", "password in a URL"),
    ("server: jdbc:sqlserver://db;user=sa;password=Hunter-22", "secret in a query"),
    ("url = s3://AKQKEY:s3cr3t+key@bucket/a", "password in a URL"),
    ("git clone https://c0ffee11c0ffee22c0ffee33@git.example.org/o/r", "token in a URL"),
    ("password: hunter2-hunter2", "password"),
    ('  "secret_key": "c0ffee11c0ffee22",', "password"),
    ("connection_string: Endpoint=sb://x.example.net/;Key=c0ffee", "password"),
    ("connection_string: DefaultEndpointsProtocol=https;AccountKey=" + "Q0FOQVJZ" * 4 + "==", "password"),
    ("AccountName=x;AccountKey=" + "Q0FOQVJZ" * 4 + "==", "Azure account key"),
    ("sas_token = sv=2022-11-02&ss=b&sig=c0ffee11c0ffee", "password"),
    ("aws_secret_access_key = CANARYCANARY/CANARYCANARYCANARY+CANARY12", "AWS secret key"),
    ("access_key_id: AKIACANARYQ7Q7Q7Q7Q7", "AWS access key"),
    ("AKIAIOSFODNN7EXAMPLE", "AWS access key"),
    ("use ghp_CANARYCANARYCANARYCANARYCANARYCANARY", "GitHub token"),
    ("use github_pat_11CANARY0CANARYCANARY_CANARYCANARY", "GitHub token"),
    ("use glpat-CANARYCANARYCANARY12", "GitLab token"),
    ("xoxb-123456789012-CANARYCANARY", "Slack token"),
    ("see https://hooks.slack.com/services/T0CANARY1/B0CANARY2/CANARYCANARY", "Slack webhook"),
    ("key AIzaCANARYCANARYCANARYCANARYCANARYCANAR", "Google API key"),
    ("login with hf_CANARYCANARYCANARYCANARYCANARYCA", "Hugging Face token"),
    ("sk-proj-CANARYCANARYCANARYCANARYCANARYCANARY", "OpenAI key"),
    ("dapi0123456789abcdef0123456789abcdef", "Databricks token"),
    ("see eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJDQU5BUlkifQ.c2lnbmF0dXJlQ0FOQVJZ here", "JSON web token"),
    ("curl -H 'Authorization: Bearer c0ffee11c0ffee22'", "HTTP credentials"),
    ("-----BEGIN RSA PRIVATE KEY-----", "private key"),
    ("bot 123456789:AAcanary_CANARYcanary_CANARYcanary12", "Telegram token"),
    ("pypi-AgEIcHlwaS5vcmcCANARYCANARYCANARY", "PyPI token"),
]  # fmt: skip

# What real cards, contracts, manifests and pointers say.
LOOK_ALIKES = [
    *INNOCENT,
    "owner: Jane Doe <jane@company.org>, see https://company.org/team",
    "url = ssh://jane@storage.example.org/srv/data",
    "url = ssh://firstname.lastname-of-somebody@storage.example.org/srv/data",
    "url = abfss://a-container-with-a-long-name@account.dfs.core.windows.net/raw",
    "url = s3://bucket/prefix", "url = azure://container/prefix", "url = gdrive://1aBcDeFgHiJkLmNoPqRsTuVwXyZ012345/x",
    "md5: d41d8cd98f00b204e9800998ecf8427e.dir", "sha256: " + hashlib.sha256(b"x").hexdigest(), "rev_lock: " + hashlib.sha256(b"y").hexdigest()[:40],
    "etag: '\"5d41402abc4b2a76b9719d911017c592-12\"'", "id: 123e4567-e89b-12d3-a456-426614174000",
    "version_id: 3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY", "checksum: sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP==",
    "Connect with `postgresql://user:password@localhost/db`, or postgres://USER:PASS@HOST/DB.",
    "Connect with postgresql://jane:${DB_PASSWORD}@db/x or https://$USER:$TOKEN@host, or ftp://x:<password>@host.",
    "curl 'https://api.example.org/v1?api_key=YOUR_API_KEY&format=csv'", "curl 'https://api.example.org/v1?token=<token>'",
    "curl 'https://api.example.org/v1?access_token=$TOKEN'", "https://api.example.org/v1?key=country&order=asc;key=name",
    "https://spreadsheets.google.com/pub?key=p8SAIY47PgvikllDqnDVQ3w", "https://docs.google.com/spreadsheet/ccc?authkey=x&key=0AtX9aBcD12345678",
    "https://www.kaggle.com/datasets/a/b?select=tokens.csv", "https://doi.org/10.1234/zenodo.3960218", "https://arxiv.org/abs/1810.04805v2",
    "password: string", "password: <your password>", "password: [fill in: …]", "- name: password\n  description: Hash of the password, salted.",
    "pwd=/home/jane/data1", "password = os.environ['PW1']", "password: https://vault.example.org/secret/1", "api_key: ${API_KEY}",
    "The column `token` is a word; `secret` is 1 where the message was sealed.", "tokens: 13,423,190\nkeys: 12", "Authorization: Bearer <token>",
    "ask_password = true", "token=[CLS] and key=value pairs; a signature=short one", "mailto:jane@example.org?subject=key", "git@github.com:team/data.git",
    "![plot](data:image/png;base64," + base64.b64encode(bytes(range(256)) * 8).decode() + ")",
    "public: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0Yk3v jane@host", "-----BEGIN CERTIFICATE-----",
]  # fmt: skip


@pytest.mark.parametrize(("text", "what"), FORMS)
def test_every_form_is_found_on_its_line(text: str, what: str) -> None:
    assert secrets.leaks(f"# Card\n\n{text}\nmore\n") == [Leak(3, what)]


def test_there_are_as_many_as_promised() -> None:
    assert len(FORMS) >= 35
    assert len(LOOK_ALIKES) >= 25


@pytest.mark.parametrize("text", LOOK_ALIKES)
def test_look_alikes_pass(text: str) -> None:
    assert secrets.leaks(f"{text}\n") == []


@pytest.mark.parametrize(
    "address",
    [address for address, _ in ADDRESSES if "://" in address and ":CANARY@" in "".join(address.split("/")[2:3])],
)
def test_every_address_with_a_password_is_found(address: str) -> None:
    assert [leak.what for leak in secrets.leaks(f'"uri": "{address}"')][:1] == ["password in a URL"]


@pytest.mark.parametrize(("text", "description"), TEXTS)
def test_what_is_a_secret_in_a_command_is_one_in_a_record(text: str, description: str) -> None:
    assert [leak.what for leak in secrets.leaks(text)] == [description.partition(" `")[0]]


def test_what_add_writes_holds_none() -> None:
    assert [path for path, data in room().items() if secrets.leaks(data.decode())] == []


@given(st.binary(min_size=1, max_size=400))
def test_hashes_and_pictures_hold_none(data: bytes) -> None:
    encoded = base64.b64encode(data).decode()
    digests = "\n".join(
        f"{name}: {hashlib.new(name, data).hexdigest()}" for name in ("md5", "sha1", "sha256", "sha512")
    )
    text = f"{digests}\nid: {uuid.UUID(bytes=hashlib.sha256(data).digest()[:16])}\n![x](data:image/png;base64,{encoded})\nkey: {encoded}\n"
    assert secrets.leaks(text) == []


def test_none_is_ever_shown() -> None:
    text = "\n".join(text for text, _ in FORMS)
    shown = repr(secrets.leaks(text)) + repr(secrets.secrets(text))
    assert not any(word in shown for word in ("CANARY", "hunter", "c0ffee", "s3cr", "Q0FO"))


def test_a_word_of_each_form_is_in_all_that_it_matches() -> None:
    for text, _ in [*FORMS, *TEXTS]:
        for what, words, pattern in secrets._FORMS:
            if secrets._compiled(pattern).search(text):
                assert any(word in text.lower() for word in words), (what, text)


CONFIG = """\
[core]
    remote = storage
['remote "storage"']
    url = ssh://jane@storage.example.org/srv
    {} = {}
"""


@pytest.mark.parametrize(
    "name",
    ["password", "passphrase", "token", "access_key_id", "secret_access_key", "session_token", "sse_customer_key", "connection_string",
     "sas_token", "account_key", "client_secret", "oss_key_id", "oss_key_secret", "gdrive_client_secret", "PASSWORD"],
)  # fmt: skip
def test_settings_that_are_secrets(name: str) -> None:
    for value in ("plainword", "'c0ffee'", '"c0 ffee"', "c0=ffee=="):
        assert secrets.settings(CONFIG.format(name, value)) == [Leak(5, name.lower(), "storage")]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("password", ""), ("password", "<password>"), ("password", "********"), ("password", "${PASSWORD}"), ("ask_password", "true"), ("user", "jane"),
        ("keyfile", "~/.ssh/id_ed25519"), ("profile", "work"), ("credentialpath", "/etc/aws"), ("account_name", "x"), ("client_id", "1234-5678"),
        ("tenant_id", "1234"), ("gdrive_client_id", "x.apps.googleusercontent.com"), ("custom_auth_header", "X-Token"), ("#password", "hunter2"),
    ],
)  # fmt: skip
def test_settings_that_are_none(name: str, value: str) -> None:
    assert secrets.settings(CONFIG.format(name, value)) == []


def test_settings_of_no_remote_and_of_several() -> None:
    text = '[core]\npassword = x1\n[remote "a b"]\npassword = y1\n[\'db "d"\']\npassword = z1\n'
    assert secrets.settings(text) == [Leak(2, "password"), Leak(4, "password", "a b"), Leak(6, "password", "d")]


def test_long_hostile_texts_take_no_time() -> None:
    for unit in (
        "eyJ",
        "a://",
        "://a:",
        "password=",
        "AKIA",
        "?token=",
        "&key=x",
        "https://docs.google.com/?key=0Abcdefg1\n",
        "your-",
        "bearer ",
    ):
        secrets.leaks(unit * (100_000 // len(unit)))
        secrets.settings(f"password = {unit * (100_000 // len(unit))}")


@pytest.mark.parametrize(
    "text",
    [
        "--password=$S3_PASSWORD", "secret_key=$S3_SECRET_KEY", "postgresql://u:$PG1_PASS@h/db", "api_key=%API_KEY1%",
        "connection_string: postgresql://host/db1", "connection_string: s3://bucket/2024/x", "private_key: keys/id_ed25519",
    ],
)  # fmt: skip
def test_a_variable_an_address_or_a_file_is_no_secret(text: str) -> None:
    assert secrets.leaks(text) == []


def test_an_address_does_not_hide_the_password_in_it() -> None:
    assert [leak.what for leak in secrets.leaks("connection_string: postgresql://jane:s3cr3t-pw1@host/db")] == [
        "password in a URL"
    ]


def test_a_key_in_quotes_is_one() -> None:
    assert secrets.settings("['remote \"s\"']\n    'secret_access_key' = wJalrXUtnFEMI\n") == [
        Leak(2, "secret_access_key", "s")
    ]


@pytest.mark.parametrize(
    "line",
    ["[core]\nremote=" + " " * 100_000 + "'z'q", "[" + " " * 100_000 + "x", "[a]\npassword = a" + " " * 100_000 + "b", "-eyJ" * 25_000, "&key=aaaa" * 20_000],
    ids=["default", "section", "setting", "token", "query"],
)  # fmt: skip
def test_a_long_line_takes_no_longer_than_its_length(line: str) -> None:
    """Each of these took minutes, or hours, before a limit of the test suite ended it."""
    secrets.settings(line)
    secrets.leaks(line)
    dvc_settings.remotes(line)
