"""What DVC's own compiled schema accepts we accept, and what it refuses we refuse, over generated documents."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
import voluptuous
from dvc.schema import COMPILED_LOCKFILE_SCHEMA, COMPILED_SINGLE_STAGE_SCHEMA
from dvc.utils.serialize import dumps_yaml, loads_yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.errors import InvalidRecord
from datakit.formats import pointer

MD5 = "d41d8cd98f00b204e9800998ecf8427e"

# What DVC's own schema says, over documents that differ from a good one in one or two keys. Texts are quoted, as DVC
# itself would quote them; that a hash is 32 digits and a path is there is DVC's business only later, so it is given.

TEXT, NUMBER, FLAG, NOTHING, LIST, MAP = "text", 3, True, None, ["a"], {"a": "b"}
ANYTHING = st.sampled_from([TEXT, NUMBER, FLAG, NOTHING, LIST, MAP, [], {}, -1, 1.5, [MAP], [1]])
ROOT_KEYS = [
    "md5",
    "wdir",
    "deps",
    "outs",
    "locked",
    "frozen",
    "meta",
    "always_changed",
    "desc",
    "cmd",
    "params",
    "stages",
    "x",
]
OUT_KEYS = [
    "md5", "size", "nfiles", "isexec", "version_id", "hash", "cloud", "files", "cache", "persist", "remote", "push", "fs_config",
    "desc", "type", "labels", "meta", "etag", "checksum", "metric", "plot", "repo", "x",
]  # fmt: skip
DEP_KEYS = [*OUT_KEYS, "db", "path"]
CLOUD = st.fixed_dictionaries(
    {}, optional={"s3": st.dictionaries(st.sampled_from(["size", "etag", "x"]), ANYTHING, max_size=1), "az": ANYTHING}
)
REPO = st.dictionaries(st.sampled_from(["url", "rev", "rev_lock", "config", "remote", "x"]), ANYTHING, max_size=3)
DB = st.dictionaries(st.sampled_from(["query", "connection", "file_format", "table", "x"]), ANYTHING, max_size=2)
FILES = st.lists(
    st.dictionaries(st.sampled_from(["relpath", "md5", "size", "isexec", "cloud", "x"]), ANYTHING, max_size=3),
    max_size=2,
)


def entry(keys: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Return dependencies or outs with any of these keys."""
    inner = st.sampled_from(keys).flatmap(
        lambda key: st.tuples(
            st.just(key), {"cloud": CLOUD, "repo": REPO, "db": DB, "files": FILES}.get(key, ANYTHING) | ANYTHING
        )
    )
    return st.lists(inner, max_size=2).map(lambda pairs: {**dict(pairs), "path": "p"})


documents = st.fixed_dictionaries(
    {"outs": st.lists(entry(OUT_KEYS), min_size=1, max_size=1)},
    optional={
        "deps": st.lists(entry(DEP_KEYS), max_size=1),
        "extra": st.lists(st.tuples(st.sampled_from(ROOT_KEYS), ANYTHING), max_size=1),
    },
).map(lambda d: {**{k: v for k, v in d.items() if k != "extra"}, **dict(d.get("extra", []))})


def accepts(call: Callable[[], object]) -> bool:
    """Say whether a reader takes a document."""
    try:
        call()
    except (InvalidRecord, voluptuous.Invalid):
        return False
    return True


def stricter(document: dict[str, Any]) -> bool:
    """Say whether a value is one that DVC's schema lets through and that we refuse on purpose.

    A hash that is none, a negative size, another kind of hash than md5, a dataset's name that is no text: DVC would stumble later or
    silently compute with them.
    """
    outs = document.get("outs")
    items = [item for item in outs if isinstance(item, dict)] if isinstance(outs, list) else []
    deps = document.get("deps")
    everything = items + ([item for item in deps if isinstance(item, dict)] if isinstance(deps, list) else [])
    return any(
        item.get("hash", "md5") != "md5"
        or item.get("md5") in (TEXT, NUMBER, FLAG, -1)
        or any(item.get(key) is FLAG or item.get(key) == -1 for key in ("size", "nfiles"))
        or "path" not in item
        for item in everything
    )


@settings(max_examples=300, deadline=None)
@given(documents)
def test_what_dvcs_schema_refuses_we_refuse(document: dict[str, Any]) -> None:
    written = dumps_yaml(json.loads(json.dumps(document)))  # no two places share a value: it would be written once
    theirs = accepts(lambda: COMPILED_SINGLE_STAGE_SCHEMA(loads_yaml(written)))
    ours = accepts(lambda: pointer.read(written.encode(), "x.dvc"))
    if not stricter(document):
        assert ours == theirs, written
    else:
        assert not (ours and not theirs), written


@pytest.mark.parametrize(
    ("place", "key"), [*itertools.product(["outs"], OUT_KEYS), *itertools.product(["deps"], DEP_KEYS)]
)
def test_every_key_that_dvc_allows_is_allowed(place: str, key: str) -> None:
    good = {
        "md5": MD5, "size": 1, "nfiles": 1, "isexec": True, "version_id": "v", "hash": "md5", "cloud": {"s3": {"etag": "abc"}}, "files": [{"relpath": "a", "md5": MD5}],
        "cache": False, "persist": True, "remote": "r", "push": False, "fs_config": {"a": 1}, "desc": "d", "type": "t", "labels": ["l"], "meta": {"datakit": "a"},
        "etag": "abc", "checksum": "abc", "repo": {"url": "u"}, "db": {"query": "q"}, "path": "p",
    }.get(key, "x")  # fmt: skip
    document = {"outs": [{"path": "p"}], place: [{"path": "p", key: good}]}
    theirs = accepts(lambda: COMPILED_SINGLE_STAGE_SCHEMA(document))
    ours = accepts(lambda: pointer.read(dumps_yaml(document).encode(), "x.dvc"))
    assert ours == theirs


LOCK_KEYS = [*OUT_KEYS, "dataset", "path"]
stages = st.fixed_dictionaries(
    {},
    optional={
        "outs": st.lists(entry(LOCK_KEYS), max_size=1),
        "deps": st.lists(entry(LOCK_KEYS), max_size=1),
        "params": ANYTHING,
        "cmd": st.just("c") | ANYTHING,
        "x": ANYTHING,
    },
)
locks = st.fixed_dictionaries(
    {},
    optional={
        "stages": st.dictionaries(st.just("a"), stages, max_size=1) | ANYTHING,
        "datasets": ANYTHING,
        "schema": st.just("2.0") | st.just("2.0") | ANYTHING,
        "x": ANYTHING,
    },
)


@settings(max_examples=200, deadline=None)
@given(locks)
def test_what_dvcs_schema_refuses_in_a_lock_we_refuse(document: dict[str, Any]) -> None:
    written = dumps_yaml(json.loads(json.dumps(document)))  # no two places share a value: it would be written once
    theirs = accepts(lambda: COMPILED_LOCKFILE_SCHEMA(loads_yaml(written)))
    ours = accepts(lambda: pointer.read_lock(written.encode(), "dvc.lock"))
    held = document.get("stages")
    inside = [stage for stage in held.values() if isinstance(stage, dict)] if isinstance(held, dict) else []
    if not any(stricter(stage) for stage in inside):
        assert ours == theirs, written
    else:
        assert not (ours and not theirs), written
