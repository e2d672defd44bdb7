"""One list of what is a secret, asked by everything that shows something."""

from __future__ import annotations

import html
import json
import re
import shlex
import urllib.parse
import xml.sax.saxutils
from collections.abc import Callable

import pytest
import yaml
from ansible_collections.streamops.flink.plugins.module_utils._base.public import public
from ansible_collections.streamops.flink.plugins.module_utils._base.secrets import (
    MASK,
    hide,
    is_secret,
    is_worth_hiding,
    masked_arguments,
    masked_assignments,
    masked_definition,
    masked_file,
    masked_options,
    masked_sql,
    secret_values,
    written_forms,
)
from ansible_collections.streamops.flink.plugins.module_utils._config.properties import property_value
from ansible_collections.streamops.flink.plugins.module_utils._config.start_scripts import quoted
from ansible_collections.streamops.flink.plugins.module_utils._config.yaml import yaml_scalar
from ansible_collections.streamops.flink.plugins.module_utils._runtime import systemd as _systemd

SECRET = """
    API_KEY AWS_SECRET_ACCESS_KEY DB_PASSWORD access.key api-key apiKey auth-params basic-auth client-secret credential
    credentials db.passwd db.password db_pwd fs.azure.account.key.store.blob.core.windows.net fs.s3a.access.key
    fs.s3a.secret.key github_token high-availability.zookeeper.client.authorization http-headers
    metrics.reporter.dghttp.apikey pass-phrase passphrase private-key privateKey private_key pwd rest.api-key
    s3.access-key s3.secret-key sasl.jaas.config security.oauth.token security.ssl.internal.key-password
    security.ssl.rest.keystore-password service-key signing-key
"""
SHOWN = """
    OLDPWD fs.s3a.aws.credentials.provider key.fields key.format monkey.business primary-key
    security.delegation.tokens.enabled security.delegation.tokens.renewal.retry.backoff
    security.kerberos.fetch.delegation-token security.ssl.internal.keystore state.checkpoints.dir
    table.exec.mini-batch.size taskmanager.numberOfTaskSlots web.upload.dir
"""


@pytest.mark.parametrize("key", SECRET.split())
def test_the_name_of_a_secret(key: str) -> None:
    assert is_secret(key)
    assert masked_options({key: "hunter2"}) == {key: MASK}
    assert "hunter2" not in masked_assignments(f"java -D{key}=hunter2 -jar x")
    assert "hunter2" not in masked_assignments(f"{key}: hunter2")
    assert "hunter2" not in masked_sql(f"CREATE TABLE t (a INT) WITH ('{key}' = 'hunter2')")
    assert "hunter2" not in " ".join(masked_arguments((f"--{key}", "hunter2", f"--{key}=hunter2")))
    assert public({"a": {key: "hunter2"}, "b": "x hunter2 y"}) == {"a": {key: MASK}, "b": f"x {MASK} y"}


@pytest.mark.parametrize("key", SHOWN.split())
def test_a_name_that_is_shown(key: str) -> None:
    assert not is_secret(key)
    assert masked_assignments(f"-D{key}=hunter2") == f"-D{key}=hunter2"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("plain", MASK),
        ("'a b'", f"'{MASK}'"),
        ('"a b"', f'"{MASK}"'),
        (r'"a \" b"', f'"{MASK}"'),
        ('"semi;colon"', f'"{MASK}"'),
        ("'quote \" inside'", f"'{MASK}'"),
        ('"it\'s"', f'"{MASK}"'),
    ],
)
def test_a_value_in_quotation_marks_goes_whole(value: str, shown: str) -> None:
    assert masked_assignments(f"X=1 DB_PASSWORD={value} Y=2") == f"X=1 DB_PASSWORD={shown} Y=2"


def test_a_name_that_the_user_calls_a_secret() -> None:
    assert masked_assignments('A="x" B="hunter2"', ["B"]) == f'A="x" B="{MASK}"'


@pytest.mark.parametrize(("value", "hidden"), [("abc", False), ("true", False), ("None", False), ("hunter2", True)])
def test_values_that_would_black_out_half_of_a_text_stay(value: str, hidden: bool) -> None:
    assert is_worth_hiding(value) is hidden


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("security.ssl.rest.key-password: hunter2", "security.ssl.rest.key-password: ********"),
        ("ssl.keyStore.password=hunter2", "ssl.keyStore.password=********"),
        ('    password="hunter2";', "    password=********"),
        ("env.java.opts.all: -Da=b -Djavax.net.ssl.keyStorePassword=hunter2 -Dc=d", None),
        ("high-availability.zookeeper.client.authorization.digest: flink:hunter2", None),
        ("rest.port: 8081", "rest.port: 8081"),
        ("security.delegation.tokens.enabled: false", "security.delegation.tokens.enabled: false"),
    ],
)
def test_secrets_are_masked_in_what_is_shown(line: str, shown: str | None) -> None:
    shown_file = masked_file(f"a: 1\n{line}\nb: 2\n")
    assert "hunter2" not in shown_file
    assert shown_file.startswith("a: 1\n")
    assert shown_file.endswith("\nb: 2\n")
    assert shown is None or shown in shown_file


def test_short_words_are_no_secrets_to_be_blacked_out_everywhere() -> None:
    options = {"x.password": "long enough", "y.password": "true", "z.password": "abc", "rest.address": "plain text"}
    assert secret_values(options) == {"long enough"}


# --- Every form in which a secret is written -------------------------------------------------------------------------

SECRETS = [
    *(
        "hunter2",
        "it's secret",
        'say "hi" x',
        "back\\slash",
        "ends\\",
        "100%sure",
        "cash$money",
        "a`tick`b",
        "semi;colon",
    ),
    *(
        "hash #tag",
        "größe-漢😀",
        "a&b<c>d",
        "colon: x",
        "tab\\there",
        "both'and\"",
        "'quoted'",
        '"quoted"',
        "p@ss/w?rd+1",
    ),
]
FORMS: dict[str, Callable[[str], str]] = {
    "raw": str,
    "python": repr,
    "json": json.dumps,
    "json, not ascii": lambda value: json.dumps(value, ensure_ascii=False),
    "yaml of Flink": yaml_scalar,
    "yaml": lambda value: yaml.safe_dump({"x": value}, allow_unicode=True, width=1000),
    "sql": lambda value: "'" + value.replace("'", "''") + "'",
    "shell": shlex.quote,
    "shell, escaped": lambda value: "'" + value.replace("'", "'\\''") + "'",
    "java options": lambda value: quoted([f"-Dx={value}"]),
    "unit": _systemd.quoted,
    "command of a unit": lambda value: _systemd.quoted(value, command=True),
    "environment of a unit": lambda value: _systemd.shell_quoted(value, "X"),
    "properties": property_value,
    "url": urllib.parse.quote,
    "form": urllib.parse.quote_plus,
    "url, whole": lambda value: urllib.parse.quote(value, safe=""),
    "html": html.escape,
    "xml": xml.sax.saxutils.quoteattr,
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("secret", SECRETS)
def test_a_known_secret_is_hidden_in_every_form(secret: str, form: str) -> None:
    written = FORMS[form](secret)
    text = hide(f"before {written} after", [secret])
    assert text.startswith("before ")
    assert text.rstrip().endswith(" after")
    assert MASK in text
    left = text.removeprefix("before ").rstrip().removesuffix(" after").replace(MASK, "")
    # Only names and quotation marks are left.
    assert not set(re.sub(r"^(x: |-Dx=)", "", left)) & set(re.sub(r"[^\\w]", "", secret)), text


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_of_a_service_is_hidden_in_its_definition(secret: str) -> None:
    unit = f"[Service]\nEnvironment={_systemd.quoted(f'TOKEN={secret}')}\nUser=x\n"
    assert masked_definition(unit, {"TOKEN": secret}) == f'[Service]\nEnvironment="TOKEN={MASK}"\nUser=x\n'
    file = f"TOKEN={_systemd.shell_quoted(secret, 'TOKEN')}\nOTHER=1\n"
    assert masked_definition(file, {"TOKEN": secret}) == f'TOKEN="{MASK}"\nOTHER=1\n'


@pytest.mark.parametrize(
    "value",
    ["'it''s'", "'it'\"'\"'s'", "'it'\\''s'", '"ends\\"', '"a\\"b"', "'a\"b'", '"never closed'],
)
def test_a_value_that_is_not_known_goes_whole(value: str) -> None:
    shown = masked_assignments(f"X=1 DB_PASSWORD={value}")
    assert shown in (f"X=1 DB_PASSWORD='{MASK}'", f'X=1 DB_PASSWORD="{MASK}"')


def test_variables_are_shown_without_any_form_of_a_secret() -> None:
    shown = public({"x_password": "it's 100%", "url": "http://h/?p=it%27s+100%25", "sql": "SET 'x' = 'it''s 100%'"})
    assert shown == {"x_password": MASK, "url": f"http://h/?p={MASK}", "sql": f"SET 'x' = '{MASK}'"}


def test_short_words_are_hidden_in_no_form() -> None:
    assert written_forms("abc") == written_forms("true") == written_forms("") == set()
