"""What files of a repository can hold to be run, read from outside, or never finished: records, contracts, cards, DVC's."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.clones import TABLE
from tests.support.hostile import Attack, Reader, Victim, add, read

ROOM = "catalog/birds"
CONTRACT, CARD = f"{ROOM}/contract.odcs.yaml", f"{ROOM}/README.md"
YAML_FILES = (
    "datakit.yaml", "dvc.yaml", "dvc.lock", f"{TABLE}.dvc", CONTRACT, CARD, f"{ROOM}/splits/default.yaml",
    f"{ROOM}/splits/default.parquet.dvc", ".pre-commit-config.yaml",
)  # fmt: skip
JSON_FILES = tuple(f"{ROOM}/{name}.json" for name in ("manifest", "receipt", "profile", "tombstone", "splits/default"))
SHORT = (("status",), ("check",), ("verify",))
JUDGING = (("add", "birds", "-m", "more were caught", "--no-input"),)
SECRET = "s3cr3t-canary"
PROPERTY = "  - name: sex\n    logicalType: string\n"
LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


def python(victim: Victim, code: str, text: str) -> None:
    """Do in Python what a careless reader does with a text."""
    victim.run(sys.executable, "-c", f"import sys; text = sys.stdin.read(); {code}", stdin=text)


def tagged(tag: str) -> Attack:
    """Return the attack of a YAML tag in every YAML file."""

    def text(victim: Victim) -> str:
        return f"x: {tag.format(command=f'touch {victim.canary}')}\n"

    def prepare(victim: Victim) -> None:
        victim.write({file: f"---\n{text(victim)}---\n" if file == CARD else text(victim) for file in YAML_FILES[1:]})

    return Attack(tag, prepare, lambda victim: python(victim, "import yaml; yaml.unsafe_load(text)", text(victim)))


def contracted(name: str, old: str, new: str, careless: Callable[[Victim], object]) -> Attack:
    """Return the attack of a piece of the contract, `{canary}` in it being the file to leave."""

    def prepare(victim: Victim) -> None:
        text = victim.read(CONTRACT)
        assert old in text
        victim.write({CONTRACT: text.replace(old, new.replace("{canary}", str(victim.canary)))})

    return Attack(name, prepare, careless)


def sql(victim: Victim, statement: str) -> None:
    """Run SQL as a careless reader does."""
    code = "import duckdb; duckdb.connect().execute(text)"
    python(victim, code, statement.replace("{canary}", str(victim.canary)))


def query(name: str, statement: str) -> Attack:
    """Return the attack of a quality check in SQL."""
    check = f"  quality:\n  - type: sql\n    query: {json.dumps(statement)}\n    mustBe: 0\n"
    return contracted(f"sql: {name}", "  quality:\n", check, lambda victim: sql(victim, statement))


def spliced(name: str, old: str, new: str, statement: str) -> Attack:
    """Return the attack of a text that would end the SQL that a careless reader puts it into."""
    return contracted(f"spliced: {name}", old, new, lambda victim: sql(victim, statement))


def evaluated(name: str, old: str, new: str) -> Attack:
    """Return the attack of a text that a careless reader evaluates."""

    def careless(victim: Victim) -> None:
        python(victim, "eval(text)", CODE.replace("{canary}", str(victim.canary)))

    return contracted(f"evaluated: {name}", old, new, careless)


def templated(file: str) -> Attack:
    """Return the attack of a template that a careless reader fills in."""
    template = "{{ cycler.__init__.__globals__.os.system('touch {canary}') }} ${os.system('touch {canary}')}"

    def prepare(victim: Victim) -> None:
        text = template.replace("{canary}", str(victim.canary))
        places = {CARD: ("One row is one bird; for tests.", text), CONTRACT: ("Birds\n", json.dumps(text) + "\n")}
        old, new = places[file]
        assert old in victim.read(file)
        victim.write({file: victim.read(file).replace(old, new)})

    def careless(victim: Victim) -> None:
        python(victim, "import jinja2; jinja2.Template(text).render()", victim.read(file))

    return Attack(f"template in {file}", prepare, careless)


def pipeline(victim: Victim) -> None:
    """Give the dataset a stage whose command, variables and parameters all run something."""
    command = f"touch {victim.canary}"
    code = f"import os\nos.system({command!r})\nx = 1\n"
    stage = (
        f"vars: [{{shell: '$({command})'}}]\nstages:\n  make:\n    cmd: {command}\n    always_changed: true\n"
        f"  again:\n    cmd: echo ${{shell}}\n    params: [params.py:]\n    outs: [made.csv]\n"
    )
    victim.write({"dvc.yaml": stage + victim.read("dvc.yaml"), "params.py": code, "params.yaml": f"y: $({command})\n"})


CODE = "__import__('os').system('touch {canary}')"
COPY = "COPY (SELECT 1) TO '{canary}'"
ATTACKS = (
    tagged('!!python/object/apply:os.system ["{command}"]'),
    tagged('!!python/object/new:os.system ["{command}"]'),
    tagged("!!python/object/apply:subprocess.run {{args: [['sh', '-c', '{command}']]}}"),
    query("COPY", COPY),
    query("ATTACH", "ATTACH '{canary}' AS x; CREATE TABLE x.t AS SELECT 1; CHECKPOINT x"),
    query("EXPORT", "CREATE TABLE t AS SELECT 1; EXPORT DATABASE '{canary}'"),
    query("INSTALL", "SET extension_directory='{canary}'; COPY (SELECT 1) TO '{canary}'; INSTALL httpfs; LOAD httpfs"),
    query("files and environment", f"{COPY}; SELECT * FROM read_csv('/etc/passwd') WHERE getenv('HOME') <> ''"),  # noqa: S608 - that is the attack
    spliced("name of a column", "  - name: mass\n", f"  - name: 'mass\" FROM t; {COPY.replace(chr(39), chr(39) * 2)}; --'\n", COPY),
    spliced("physical name", "  - name: mass\n", f"  - name: mass\n    physicalName: \"m\\\"); {COPY}; --\"\n", COPY),
    spliced("valid value", PROPERTY, f"{PROPERTY}    quality:\n    - metric: invalidValues\n      mustBe: 0\n      arguments: {{validValues: [\"'); {COPY}; --\"]}}\n", COPY),
    spliced("pattern", PROPERTY, f"{PROPERTY}    logicalTypeOptions: {{pattern: \"'); {COPY}; --\"}}\n", COPY),
    spliced("missing text", "missing: [NA]", f"missing: [\"NA'); {COPY}; --\"]", COPY),
    spliced("delimiter", 'delimiter: ","', f"delimiter: \"','); {COPY}; --\"", COPY),
    spliced("quote", 'quote: "\\""', f"quote: \"'); {COPY}; --\"", COPY),
    spliced("encoding", "encoding: utf-8", f"encoding: \"utf-8'); {COPY}; --\"", COPY),
    spliced("format", "format: csv", f"format: \"csv('x'); {COPY}; --\"", COPY),
    spliced("name of the table", "schema:\n- name: birds\n", f"schema:\n- name: \"birds; {COPY}; --\"\n", COPY),
    evaluated("custom check", "  quality:\n", f"  quality:\n  - type: custom\n    engine: python\n    implementation: \"{CODE}\"\n"),
    evaluated("name of a column", "  - name: mass\n", f"  - name: \"@{CODE}\"\n"),
    evaluated("minimum", "minimum: 0", f"minimum: \"{CODE}\""),
    evaluated("custom property", "customProperties:\n", f"customProperties:\n- property: datakit.plugin\n  value: \"{CODE}\"\n"),
    templated(CARD),
    templated(CONTRACT),
    Attack("dvc.yaml", pipeline, lambda victim: victim.try_dvc("repro", "make")),
)  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS, ids=[attack.name.replace("{command}", "") for attack in ATTACKS])
def test_nothing_runs(reading: Reader, victim: Victim, attack: Attack) -> None:
    attack.prepare(victim)
    read(reading, victim, SHORT)
    add(reading, victim, JUDGING)
    assert not victim.canary.exists()
    assert attack.careless is not None
    attack.careless(victim)
    assert victim.canary.exists()


BOMBS = {
    "billion laughs": LAUGHS,
    "itself": "a: &a [*a]\n",
    "merge key": "base: &b {x: 1}\na: {<<: *b}\n",
    "merge key without anchor": "a: {<<: {x: 1}}\n",
    "deep lists": "[" * 100_000,
    "deep mappings": "".join(f"{' ' * depth}a:\n" for depth in range(900)),
    "long number": f"policy: {'9' * 100_000}\n",
    "many keys": "".join(f"k{number}: 1\n" for number in range(10_000)),
    "too large": "#" * 2_000_000,
    "binary": "a: \x00\x01\n",
    "escapes": 'a: "\\e[2J\\u202e"\n"\\e]0;x\\a": 1\n',
    "documents": "a: 1\n---\na: 2\n",
    "nothing": "",
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=list(BOMBS))
def test_yaml_that_never_ends(reading: Reader, victim: Victim, bomb: str) -> None:
    before = {file: victim.read(file) for file in YAML_FILES if (victim.path / file).exists()}
    victim.write({file: f"---\n{bomb}\n---\n" if file == CARD else bomb for file in YAML_FILES[1:]})
    victim.git("add", CARD, CONTRACT)
    read(reading, victim, (("status",), ("check",), ("check", "--staged"), ("show", "birds")))
    for file, text in before.items():
        victim.write({file: text})
    victim.write({"datakit.yaml": bomb})
    read(reading, victim, (("list",), ("check",)))


JSON_BOMBS = {
    "deep lists": "[" * 200_000,
    "deep objects": '{"a":' * 200_000,
    "deep in a record": '{"manifest": 1, "name": ' + "[" * 5_000 + "]" * 5_000 + "}",
    "huge number": '{"manifest": 1, "receipt": ' + "9" * 10_000 + "}",
    "huge exponent": '{"receipt": 1e999, "rows": 1e400}',
    "not a number": '{"receipt": NaN, "rows": -Infinity}',
    "twice": '{"receipt": 1, "receipt": 2}',
    "half a character": '{"name": "\\ud800"}',
    "escapes": '{"\\u001b[2J": "\\u202e\\u0007"}',
    "a list": "[]",
    "a word": "null",
    "too large": '{"a": "' + "x" * 17_000_000 + '"}',
}


@pytest.mark.parametrize("bomb", JSON_BOMBS.values(), ids=list(JSON_BOMBS))
def test_json_that_never_ends(reading: Reader, victim: Victim, bomb: str) -> None:
    victim.write(dict.fromkeys(JSON_FILES, bomb))
    victim.git("add", *JSON_FILES)
    read(reading, victim, (("status",), ("check", "--staged"), ("verify",)))


def test_patterns_that_others_never_finish(reading: Reader, victim: Victim) -> None:
    """Doubling the text doubles the time and no more: a backtracking engine needs 2^n steps for the first of them."""
    long = "a" * 200_000 + "!"
    victim.write({TABLE: f"id,sex,mass\n1,{long},1\n"})
    text = victim.read(CONTRACT)
    for pattern in (
        "^(a+)+$",
        "^(a|aa)+$",
        "^(a*)*b$",
        "(x+x+)+y",
        "^(([a-z])+.)+[A-Z]([a-z])+$",
        "((a{1,30}){1,30}){1,30}",
    ):
        victim.write(
            {CONTRACT: text.replace(PROPERTY, f"{PROPERTY}    logicalTypeOptions: {{pattern: '{pattern}'}}\n")}
        )
        add(reading, victim, (("add", "birds", "-m", "long texts", "--no-input"),))
        assert json.loads(victim.read(f"{ROOM}/receipt.json"))["checks"]["sex.pattern"].startswith(
            ("failed", "skipped")
        )


def test_texts_that_a_terminal_would_obey(reading: Reader, victim: Victim) -> None:
    evil = "\x1b[2J\x1b]0;title\x07\u202egnp.exe\u2066\x9b31m"
    html = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    victim.write({TABLE: f"id,{evil}\n1,{evil}\n", CARD: victim.read(CARD).replace("One row", f"{html} {evil}")})
    victim.git("add", CARD)
    env = {"GIT_AUTHOR_NAME": evil, "GIT_COMMITTER_NAME": evil}
    victim.git("commit", "--quiet", "--no-verify", "-m", evil, env=env)
    victim.git("tag", "--annotate", "birds@v1.1.0", "--message", evil, env=env)
    read(reading, victim)
    add(
        reading,
        victim,
        (("add", "birds", "-m", f"why {evil}", "--no-input", "--set", f"summary={evil}"), ("validate",)),
    )
    add(
        reading,
        victim,
        (("add", "birds", "-m", "why", "--no-input", "--no-validate"), ("show", "birds"), ("log", "birds")),
    )


SETTINGS = {
    "ssh": '[core]\n    remote = evil\n[remote "evil"]\n    url = ssh://-oProxyCommand=touch {canary}/x\n',
    "ext": '[core]\n    remote = evil\n[remote "evil"]\n    url = ext::sh -c touch% {canary}\n',
    "chain": '[core]\n    remote = evil\n[remote "evil"]\n    url = simplecache::file://{canary}\n',
    "reference": '[core]\n    remote = evil\n[remote "evil"]\n    url = reference://{canary}\n',
    "credentials": '[core]\n    remote = evil\n[remote "evil"]\n    url = s3://bucket/x\n    credentialpath = evil\n    configpath = evil\n    profile = evil\n    endpointurl = http://127.0.0.1:9/\n',
    "machine": '[feature]\n    machine = true\n[machine "evil"]\n    cloud = aws\n    startup_script = evil.sh\n',
    "hydra": "[hydra]\n    enabled = true\n    plugins_path = .\n    config_module = evil\n",
    "parsing and plugins": "[parsing]\n    bool = store_true\n[plugins]\n    evil = evil.py\n[db \"evil\"]\n    url = sqlite:///{canary}\n",
    "locks": "[core]\n    hardlink_lock = true\n    autostage = true\n    check_update = true\n    analytics = true\n",
    "cache outside": "[cache]\n    dir = ../../beside/cache\n    type = symlink\n    shared = group\n",
    "state outside": "[core]\n    site_cache_dir = ../../beside/site\n[state]\n    dir = ../../beside/state\n[index]\n    dir = ../../beside/index\n",
    "no text": "\x00\xff[[[",
}  # fmt: skip


@pytest.mark.parametrize("text", SETTINGS.values(), ids=list(SETTINGS))
def test_settings_of_dvc(reading: Reader, victim: Victim, text: str) -> None:
    victim.write({".dvc/config": text.replace("{canary}", str(victim.canary)), "evil.py": "raise SystemExit(9)\n"})
    read(reading, victim, (*SHORT, ("status", "--remote"), ("pull", "--offline"), ("list",)))
    assert not victim.canary.exists()


@pytest.mark.parametrize("key", ["configpath", "credentialpath"])
def test_a_program_for_credentials(reading: Reader, victim: Victim, key: str) -> None:
    """Amazon's settings may name a program; DVC's settings, which a clone brings, may name a file with such settings."""
    kind = "profile evil" if key == "configpath" else "evil"
    victim.write({
        "evil.aws": f"[{kind}]\nregion = us-east-1\ncredential_process = touch {victim.canary}\n",
        ".dvc/config": f'[core]\n    remote = evil\n[remote "evil"]\n    url = s3://bucket/x\n    profile = evil\n'
        f"    endpointurl = http://127.0.0.1:9/\n    {key} = {victim.path}/evil.aws\n",
    })  # fmt: skip
    shutil.rmtree(victim.path / ".dvc/cache")
    (victim.path / TABLE).unlink()
    found = read(reading, victim, (("status", "--remote"), ("pull", "birds"), ("push",)))
    assert not victim.canary.exists()
    said = f"`{key}` of remote `evil` leads to a file of this repository that runs a program for credentials: evil.aws"
    assert {command: said in result.err for command, result in found.items() if command != "hook"} == (
        {"status --remote": True, "pull birds": True, "push": True}
    )
    variable = "AWS_CONFIG_FILE" if key == "configpath" else "AWS_SHARED_CREDENTIALS_FILE"
    code = "import botocore.session; botocore.session.Session(profile='evil').get_credentials()"
    victim.run(sys.executable, "-c", code, env={variable: "evil.aws"})
    assert victim.canary.exists()


LINKED = (
    "datakit.yaml", ".datakit", ".dvc", ".dvc/config", ".dvc/tmp", "catalog", "catalog/birds", "dvc.yaml",
    CARD, CONTRACT, f"{ROOM}/manifest.json", f"{ROOM}/receipt.json", f"{ROOM}/splits", "data", "data/raw", TABLE,
    f"{TABLE}.dvc", "data/.gitignore",
)  # fmt: skip


@pytest.mark.parametrize("path", LINKED)
def test_links_that_lead_outside(reading: Reader, victim: Victim, path: str) -> None:
    """Nothing is written behind a link, and nothing that is read behind one is shown."""
    there = victim.path.parent / "beside"
    (there / "folder").mkdir()
    (there / "file").write_text(f"{SECRET}: {SECRET}\n{SECRET},{SECRET}\n")
    place = victim.path / path
    target = there / ("folder" if place.is_dir() or "." not in Path(path).name.lstrip(".") else "file")
    if place.exists():
        place.rename(victim.path / "moved")
    if target.name == "folder":
        (target / "secret").write_text(SECRET)
    place.symlink_to(target)
    found = {
        **read(reading, victim, (("status",), ("show", "birds"), ("check",))),
        **add(reading, victim, (*JUDGING, ("validate",), ("pull", "--offline", "--force"))),
    }
    assert [command for command, result in found.items() if SECRET in result.out + result.err] == []
