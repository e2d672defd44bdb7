"""One list of what is a secret, asked by everything that shows something."""

from __future__ import annotations

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.secrets import (
    MASK,
    is_secret,
    is_worth_hiding,
    masked_arguments,
    masked_assignments,
    masked_file,
    masked_options,
    masked_sql,
    public,
    secret_values,
)

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
