"""What is handed to others holds no secret, whatever it was part of."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._operations.support import (
    clean,
    files_of,
    read,
    tail,
    values_of,
    write,
)

CANARY = "canary-4711"


@pytest.mark.parametrize(
    "text",
    [
        f"s3.secret-key: {CANARY}",
        f"  'rest.password' = {CANARY}",
        f'{{"zookeeper_password": "{CANARY}", "x": 1}}',
        f"INFO opened jdbc:postgresql://db/x?user=a&password={CANARY}&ssl=true",
        f"-Djavax.net.ssl.keyStorePassword={CANARY} -Xmx1g",
        f"WARN cannot reach http://admin:{CANARY}@proxy:8081/jobs",
        f"DEBUG header Authorization token={CANARY}",
        f"nothing says that {CANARY} is one",
    ],
)
def test_a_secret_is_hidden_wherever_it_is(text: str) -> None:
    told = clean(text, [CANARY] if text.startswith("nothing") else [])
    assert CANARY not in told
    assert "***" in told


def test_what_is_no_secret_stays() -> None:
    text = "rest.port: 8081\nINFO the job 8f3d was restored from file:/s/chk-1\nsecurity.ssl.enabled: true"
    assert clean(text, ["no", ""]) == text


def test_what_is_a_secret_in_a_configuration_is_hidden_in_the_logs_too(tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "config.yaml").write_text(f"s3.secret-key: '{CANARY}'\nrest.port: 8081\n")
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "jm.log.1").write_text(f"INFO the client said {CANARY} and rest.port 8081\n")
    (tmp_path / "data.bin").write_text(CANARY)
    found = files_of([str(tmp_path), str(tmp_path / "nowhere")], 1000, [])
    assert {Path(name).name for name in found} == {"config.yaml", "jm.log.1"}
    assert CANARY not in "".join(found.values())
    assert "8081" in "".join(found.values())


def test_of_a_long_log_the_end_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.write_text("".join(f"line {number}\n" for number in range(100)))
    told = tail(path, 30)
    assert told.endswith("line 98\nline 99\n")
    assert told.startswith("[the first 760 bytes are left out]\nline")
    assert tail(path, 5000) == path.read_text()


def test_only_values_of_secret_settings_count_and_short_words_do_not() -> None:
    assert values_of("a.password: hunter22\nb.secret-key = 'true'\nrest.port: 8081\nc.token: abc\n") == {"hunter22"}


def test_an_archive_is_its_owners_alone_and_comes_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "new" / "bundle.tar.gz"
    write(path, {"/a/b.txt": "é", "c.json": "{}"})
    assert path.stat().st_mode & 0o077 == 0
    assert read(path) == {"a/b.txt": "é", "c.json": "{}"}
    with pytest.raises(FlinkError, match="cannot be written"):
        write(tmp_path / "new" / "bundle.tar.gz" / "x", {})
    (tmp_path / "odd.tar.gz").write_text("no archive")
    with pytest.raises(FlinkError, match="cannot be read"):
        read(tmp_path / "odd.tar.gz")
