"""The module that writes the configuration directory of a daemon."""

from __future__ import annotations

import stat
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._config.memory import readable
from ansible_collections.streamops.flink.plugins.modules import flink_config

Run = Callable[..., dict[str, Any]]

SHIPPED = "--add-exports=java.base/sun.net.util=ALL-UNNAMED --add-opens=java.base/java.lang=ALL-UNNAMED"
REFUSAL = """\
INFO  [] - Loading configuration property: security.ssl.rest.key-password, ******
Exception in thread "main" org.apache.flink.configuration.IllegalConfigurationException: TaskManager memory \
configuration failed: Sum of configured JVM Metaspace (256.000mb (268435456 bytes)) and JVM Overhead (192.000mb \
(201326592 bytes)) exceed configured Total Process Memory (300.000mb (314572800 bytes)).
\tat org.apache.flink.runtime.util.bash.BashJavaUtils.main(BashJavaUtils.java:56)
Caused by: org.apache.flink.configuration.IllegalConfigurationException: Sum of configured JVM Metaspace (256.000mb \
(268435456 bytes)) and JVM Overhead (192.000mb (201326592 bytes)) exceed configured Total Process Memory (300.000mb \
(314572800 bytes)).
\t... 3 more
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A distribution as far as this module looks at it."""
    home = tmp_path / "flink-1.20.5"
    for directory in ("bin", "conf", "lib"):
        (home / directory).mkdir(parents=True)
    (home / "lib/flink-dist-1.20.5.jar").touch()
    (home / "bin/bash-java-utils.jar").touch()
    (home / "conf/config.yaml").write_text(f"env:\n  java:\n    opts:\n      all: {SHIPPED}\n", encoding="utf-8")
    (home / "conf/log4j-console.properties").write_text("monitorInterval=30\n", encoding="utf-8")
    (home / "conf/logback-console.xml").write_text("<configuration/>\n", encoding="utf-8")
    (home / "conf/workers").write_text("localhost\n", encoding="utf-8")
    return home


@pytest.fixture
def java(tmp_path: Path) -> Callable[[str, int], Path]:
    """A Java that notes how it was called and answers as it is configured."""

    def make(answer: str = "BASH_JAVA_UTILS_EXEC_RESULT:-Xmx1\n", code: int = 0) -> Path:
        home = tmp_path / "java"
        (home / "bin").mkdir(parents=True, exist_ok=True)
        (home / "answer").write_text(answer, encoding="utf-8")
        program = home / "bin/java"
        program.write_text(
            f'#!/bin/sh\necho "$@" >> {home}/calls\nfor last; do :; done\ncat "$last/config.yaml" > {home}/seen\n'
            f"cat {home}/answer\nexit {code}\n",
            encoding="utf-8",
        )
        program.chmod(0o755)
        return home

    return make


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr(flink_config.AnsibleModule, "warn", lambda _module, text: found.append(text))
    return found


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    return tmp_path / "nodes/tm1/taskmanager/conf"


@pytest.fixture
def write(run_module: Run, home: Path, conf: Path) -> Run:
    def call(**options: Any) -> dict[str, Any]:
        given = {"path": str(conf), "flink_home": str(home), "config": {"rest.port": 8081}, **options}
        return run_module(flink_config.main, **given)

    return call


def options_of(conf: Path) -> dict[str, Any]:
    return yaml.safe_load((conf / "config.yaml").read_text(encoding="utf-8"))


def test_one_call_makes_directories_and_writes_every_file(write: Run, conf: Path) -> None:
    log = conf.parent / "log"
    result = write(
        config={"rest": {"port": 8081}, "execution.checkpointing.interval": "30 s"},
        files={"zoo.cfg": "tickTime=2000\n"},
        directories={str(log): "0700"},
    )
    assert result["changed"] is True
    assert result["changed_files"] == ["config.yaml", "log4j-console.properties", "logback-console.xml", "zoo.cfg"]
    assert result["created_directories"] == [str(conf), str(log)]
    assert result["version"] == "1.20.5"
    assert options_of(conf) == {
        "env.java.opts.all": SHIPPED,
        "execution.checkpointing.interval": "30 s",
        "rest.port": 8081,
    }
    assert (conf / "zoo.cfg").read_text(encoding="utf-8") == "tickTime=2000\n"
    assert not (conf / "workers").exists()
    modes = {path: oct(stat.S_IMODE(path.stat().st_mode)) for path in (conf, log, conf / "config.yaml")}
    assert modes == {conf: "0o750", log: "0o700", conf / "config.yaml": "0o640"}


def test_a_second_run_changes_nothing(write: Run) -> None:
    first = write(files={"zoo.cfg": "x=1\n"})
    second = write(files={"zoo.cfg": "x=1\n"})
    assert (first["changed"], first["pending"]) == (True, True)
    assert (second["changed"], second["pending"]) == (False, False)
    assert second["changed_files"] == []
    assert second["config_digest"] == first["config_digest"]
    assert second["diff"] == []


def test_check_mode_predicts_and_touches_nothing(write: Run, conf: Path) -> None:
    predicted = write(check=True, diff=True, directories={str(conf.parent / "log"): "0750"})
    assert not conf.exists()
    done = write(directories={str(conf.parent / "log"): "0750"})
    for key in (
        *("changed", "pending", "changed_files", "created_directories", "missing_files"),
        *("config_digest", "ha_fingerprint", "diff"),
    ):
        assert predicted[key] == done[key]


def test_check_mode_works_before_flink_is_installed(write: Run, tmp_path: Path) -> None:
    absent = str(tmp_path / "nowhere")
    result = write(check=True, flink_home=absent, version="1.20.5", validate_memory="taskmanager")
    assert result["changed_files"] == ["config.yaml"]
    assert result["memory_checked"] is False
    assert "install it first" in write(flink_home=absent, version="1.20.5")["msg"]


def test_a_left_over_flink_conf_is_removed(write: Run, conf: Path) -> None:
    write()
    (conf / "flink-conf.yaml").write_text("rest.port: 1\n", encoding="utf-8")
    assert write(check=True)["changed_files"] == ["flink-conf.yaml"]
    assert (conf / "flink-conf.yaml").exists()
    assert write()["changed_files"] == ["flink-conf.yaml"]
    assert not (conf / "flink-conf.yaml").exists()


def test_the_account_of_the_daemon_owns_its_directories_and_not_its_configuration(
    write: Run, conf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owners: dict[str, Any] = {}

    def remember(_module: AnsibleModule, wanted: dict[str, Any], _changed: bool, *_more: Any) -> bool:
        owners[wanted["path"]] = wanted["owner"]
        return False

    monkeypatch.setattr(AnsibleModule, "set_fs_attributes_if_different", remember)
    log = conf.parent / "log"
    write(owner="root", group="root", directories_owner="flink", directories={str(log): "0750"})

    assert owners[str(conf)] == owners[str(conf / "config.yaml")] == "root"
    assert owners[str(log)] == "flink"

    write(owner="root", directories_owner="flink", directories={str(conf): "0750"})
    assert (owners[str(conf)], owners[str(conf / "config.yaml")]) == ("flink", "root")


def test_a_wrong_mode_is_put_right_without_a_new_digest(write: Run, conf: Path) -> None:
    digest = write()["config_digest"]
    (conf / "config.yaml").chmod(0o666)
    result = write()
    assert (result["changed"], result["changed_files"], result["config_digest"]) == (True, [], digest)
    assert stat.S_IMODE((conf / "config.yaml").stat().st_mode) == 0o640


def test_the_digest_changes_with_every_file(write: Run, home: Path) -> None:
    digests = [
        write()["config_digest"],
        write(config={"rest.port": 8082})["config_digest"],
        write(files={"zoo.cfg": "x=1\n"})["config_digest"],
        write(files={"log4j-console.properties": "# mine\n"})["config_digest"],
    ]
    (home / "conf/log4j-console.properties").write_text("# of a new release\n", encoding="utf-8")
    assert len({*digests, write()["config_digest"]}) == 5


def test_copies_of_the_distribution_do_not_fill_the_diff(write: Run, home: Path) -> None:
    shown = {Path(one["after_header"]).name: one["after"] for one in write(diff=True)["diff"]}
    assert shown["log4j-console.properties"] == f"(as in {home}/conf)\n"


def test_own_logging_files_replace_those_of_the_distribution(write: Run, conf: Path) -> None:
    write(files={"log4j-console.properties": "# mine\n"})
    assert (conf / "log4j-console.properties").read_text(encoding="utf-8") == "# mine\n"


def test_the_users_java_options_follow_the_shipped_ones(write: Run, conf: Path) -> None:
    write(config={"env.java.opts.all": "-Dx=1"}, java_home="/opt/java")
    assert options_of(conf) == {"env.java.home": "/opt/java", "env.java.opts.all": f"{SHIPPED} -Dx=1"}


def test_null_leaves_an_option_out(write: Run, conf: Path) -> None:
    write(config={"rest.port": 8081, "rest.address": None})
    assert "rest.address" not in options_of(conf)


# --- Memory ----------------------------------------------------------------------------------------------------------


def test_flink_is_asked_only_when_the_options_change(write: Run, java: Callable[..., Path]) -> None:
    home = java()
    options = {"validate_memory": "taskmanager", "java_home": str(home)}
    assert write(**options)["memory_checked"] is True
    assert write(**options)["memory_checked"] is False
    assert write(**options, files={"zoo.cfg": "x=1\n"})["memory_checked"] is False
    [call] = (home / "calls").read_text(encoding="utf-8").splitlines()
    assert "BashJavaUtils GET_TM_RESOURCE_PARAMS --configDir" in call
    assert "flink-dist-1.20.5.jar" in call


def test_flink_reads_the_new_options_while_the_old_file_still_stands(
    write: Run, java: Callable[..., Path], conf: Path
) -> None:
    write(config={"rest.port": 1})
    home = java()
    write(check=True, validate_memory="jobmanager", java_home=str(home), config={"rest.port": 2})
    assert yaml.safe_load((home / "seen").read_text(encoding="utf-8"))["rest.port"] == 2
    assert options_of(conf)["rest.port"] == 1


def test_memory_that_does_not_add_up_is_refused_and_nothing_changes(
    write: Run, java: Callable[..., Path], conf: Path
) -> None:
    write(config={"rest.port": 1})
    home = java(REFUSAL, 1)
    result = write(
        validate_memory="taskmanager",
        java_home=str(home),
        config={"taskmanager.memory.process.size": "300m"},
        directories={str(conf.parent / "log"): "0750"},
    )
    assert result["failed"] is True
    assert result["msg"] == (
        f"cannot use the options for {conf}: Flink refuses the memory of the taskmanager: Sum of configured JVM "
        "Metaspace (256 mb) and JVM Overhead (192 mb) exceed configured Total Process Memory (300 mb); raise "
        "taskmanager.memory.process.size or give a part less"
    )
    assert options_of(conf)["rest.port"] == 1
    assert not (conf.parent / "log").exists()


def test_what_flink_only_warns_of_is_a_warning(
    write: Run, java: Callable[..., Path], conf: Path, warnings: list[str]
) -> None:
    warning = (
        "WARN  [] - The configured or derived JVM heap memory size (24.000mb (25165824 bytes)) is less than its "
        "recommended minimum value (128.000mb (134217728 bytes))\n"
    )
    write(validate_memory="jobmanager", java_home=str(java(warning)))
    [found] = warnings
    assert found.startswith(f"{conf}: The configured or derived JVM heap memory size (24 mb) is less than its ")
    assert found.endswith("recommended minimum value (128 mb)")


def test_no_java_is_told_before_anything_changes(write: Run, conf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(flink_config.AnsibleModule, "get_bin_path", lambda *_arguments, **_named: None)
    assert "no Java was found on this host; set java_home" in write(validate_memory="jobmanager")["msg"]
    assert not conf.exists()


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("exceed (1.500gb (1610612736 bytes)).", "exceed (1.5 gb)"),
        ("Task Off-Heap Memory (0 bytes)", "Task Off-Heap Memory (0 bytes)"),
        (
            "Total Flink Memory size (Key: 'taskmanager.memory.flink.size' , default: null (fallback keys: [])), or",
            "Total Flink Memory size (taskmanager.memory.flink.size), or",
        ),
    ],
)
def test_flinks_reasons_are_made_readable(raw: str, text: str) -> None:
    assert readable(raw) == text


# --- Bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"config": {"rest.prt": 1}}, "option rest.prt does not exist; did you mean rest.port?"),
        ({"config": {"rest.port": "many"}}, "option rest.port must be a whole number such as 4, not 'many'"),
        ({"config": {"rest.port": 1, "rest": {"port": 2}}}, "option rest.port is given twice"),
        ({"secrets": {"rest.port": "8081"}}, "option rest.port is in config and in secrets; keep one"),
        ({"files": {"../x": "y"}}, "cannot write '../x' into the configuration directory"),
        ({"files": {"config.yaml": "y"}}, "cannot write 'config.yaml' into the configuration directory"),
        ({"files": {"zoo.cfg": {"a": 1}}}, "cannot write zoo.cfg: its content is dict, not text"),
        ({"version": "1.17.0"}, "the option catalogue holds"),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_is_written(
    write: Run, conf: Path, options: dict[str, Any], sentence: str
) -> None:
    result = write(**options)
    assert result["failed"] is True
    assert sentence in result["msg"]
    assert not conf.exists()


def test_options_of_own_plugins_need_their_prefix(write: Run, conf: Path) -> None:
    write(config={"openlineage.url": "x"}, extra_prefixes=["openlineage."])
    assert options_of(conf)["openlineage.url"] == "x"


def test_old_names_are_warned_of(write: Run, conf: Path, warnings: list[str]) -> None:
    write(config={"state.backend": "rocksdb"})
    [warning] = warnings
    assert warning == (
        f"the options for {conf}: option state.backend is deprecated in Flink 1.20: write state.backend.type instead"
    )


def test_a_file_in_the_place_of_a_directory_is_told(write: Run, conf: Path) -> None:
    conf.parent.mkdir(parents=True)
    conf.write_text("x", encoding="utf-8")
    assert "cannot" in write()["msg"]
    assert conf.read_text(encoding="utf-8") == "x"


def test_a_distribution_without_its_jar_is_told(write: Run, home: Path) -> None:
    (home / "lib/flink-dist-1.20.5.jar").unlink()
    assert f"there is no Flink in {home} (lib/flink-dist-*.jar); install it first" in write()["msg"]


# --- Secrets ---------------------------------------------------------------------------------------------------------


def test_secrets_reach_the_file_and_no_output(write: Run, conf: Path) -> None:
    key = "security.ssl.rest.key-password"
    first = write(diff=True, secrets={key: "hunter-one"}, secret_files={"jaas.conf": "hunter-jaas"})
    assert options_of(conf)[key] == "hunter-one"
    assert (conf / "jaas.conf").read_text(encoding="utf-8") == "hunter-jaas"
    second = write(diff=True, config={key: "hunter-two"}, secret_files={"jaas.conf": "hunter-jaas"})
    assert "hunter" not in str(first)
    assert "hunter" not in str(second)
    [difference] = second["diff"]
    assert f"{key}: ********\n" in difference["before"]
    assert f"{key}: ********" in difference["after"]


def test_a_change_of_a_secret_alone_is_seen_in_the_diff(write: Run) -> None:
    key = "security.ssl.rest.key-password"
    write(secrets={key: "hunter-one"})
    [difference] = write(diff=True, secrets={key: "hunter-two"})["diff"]
    assert f"{key}: ******** (another value)" in difference["after"]
    assert difference["before"] != difference["after"]


def test_a_server_that_is_none_of_flinks_gets_its_files_only(run_module: Run, tmp_path: Path) -> None:
    path = tmp_path / "zookeeper/conf"
    given = {"path": str(path), "files": {"zoo.cfg": "tickTime=2000\n"}, "directories": {f"{path.parent}/log": "0750"}}
    first = run_module(flink_config.main, **given)
    assert (first["changed"], first["changed_files"], first["memory_checked"]) == (True, ["zoo.cfg"], False)
    assert [one.name for one in path.iterdir()] == ["zoo.cfg"]
    assert run_module(flink_config.main, **given)["changed"] is False
    other = run_module(flink_config.main, **given | {"files": {"zoo.cfg": "tickTime=1000\n"}})
    assert other["config_digest"] != first["config_digest"]
    refused = run_module(flink_config.main, **given, config={"rest.port": 8081})
    assert "without Flink: give flink_home too" in refused["msg"]


def test_files_that_something_else_brings_are_missing_until_they_are_there_with_their_content(
    run_module: Run, tmp_path: Path
) -> None:
    archive, wanted = tmp_path / "guardian.pyz", sha256(b"new").hexdigest()

    def look(check: bool = False) -> tuple[bool, list[str]]:
        given = {"path": str(tmp_path), "mode": "0600", "brought_files": {archive.name: wanted}}
        result = run_module(flink_config.main, check=check, **given, directories={str(tmp_path): "0750"})
        return result["changed"], result["missing_files"]

    look()
    assert look(check=True) == look() == (False, [archive.name])
    archive.write_bytes(b"old")
    archive.chmod(0o600)
    assert look() == (False, [archive.name])
    archive.write_bytes(b"new")
    assert look() == (False, [])
    archive.chmod(0o666)
    assert look() == (True, [])
    assert (archive.read_bytes(), stat.S_IMODE(archive.stat().st_mode)) == (b"new", 0o600)


# --- Flink's own classes -------------------------------------------------------------------------------------------

REFUSED = "ask-flink\trestart strategy\trefused\tBackoff multiplier must be greater than 1.\n"


def test_flinks_classes_are_asked_before_anything_is_written(write: Run, java: Callable[..., Path], conf: Path) -> None:
    program = java(REFUSED)
    result = write(java_home=str(program), validate_options=True, config={"restart-strategy.type": "exponential-delay"})
    assert result["failed"]
    assert result["msg"].startswith(f"cannot use the options for {conf}: Flink refuses the restart strategy: Backoff")
    assert result["refused"][0]["question"] == "restart strategy"
    assert not conf.exists()
    assert "restart-strategy.type: exponential-delay" in (program / "seen").read_text(encoding="utf-8")


def test_what_flink_says_is_returned_and_it_is_asked_only_of_what_changes(
    write: Run, java: Callable[..., Path], home: Path
) -> None:
    program = java("ask-flink\tjob\tfine\t\nask-flink\tstate backend\tunsure\tno class\n")
    first = write(java_home=str(program), validate_options=True)
    assert first["questions"] == {"job": "fine", "state backend": "unsure"}
    assert f":{home}/lib/* AskFlink " in (program / "calls").read_text(encoding="utf-8")
    (program / "calls").unlink()
    assert write(java_home=str(program), validate_options=True)["questions"] == {}
    assert not (program / "calls").exists()


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        ({"validate_options": False}, None),
        # A rehearsal has not laid out the jars next to the distribution.
        ({"validate_options": True, "lib_dir": "/not/there"}, None),
        # Here are no plugins: they are in an image.
        ({"validate_options": True, "validate_file_systems": False}, False),
        ({"validate_options": True, "plugins_dir": "/not/there"}, False),
        ({"validate_options": True}, True),
    ],
)
def test_what_is_not_on_the_host_is_not_asked_for(
    write: Run, java: Callable[..., Path], home: Path, options: dict[str, Any], asked: bool | None
) -> None:
    (home / "plugins").mkdir()
    program = java("ask-flink\tjob\tfine\t\n")
    result = write(java_home=str(program), config={"execution.checkpointing.dir": "s3://bucket/c"}, **options)
    calls = program / "calls"
    assert not result.get("failed")
    assert calls.exists() == (asked is not None)
    assert ("s3://bucket/c" in calls.read_text(encoding="utf-8") if calls.exists() else None) == asked
