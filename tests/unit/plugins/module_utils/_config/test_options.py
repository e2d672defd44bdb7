"""Options checked against the catalogue."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base import secrets as _secrets
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._config import catalogue as _catalogue
from ansible_collections.streamops.flink.plugins.module_utils._config import options as _options
from ansible_collections.streamops.flink.plugins.module_utils._config.catalogue_data import VERSIONS
from ansible_collections.streamops.flink.plugins.module_utils._config.options import Problem
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from examples import examples

KEYS = sorted(_catalogue.catalogue_of("1.20.5").options)


def only(options: dict[Any, Any], version: str = "1.20.5") -> Problem:
    [problem] = _options.validate(options, version)
    return problem


# --- Types -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("taskmanager.jvm-exit-on-oom", True),
        ("taskmanager.jvm-exit-on-oom", "FALSE"),
        ("taskmanager.numberOfTaskSlots", 4),
        ("taskmanager.numberOfTaskSlots", "4"),
        ("blob.service.cleanup.interval", 2**40),
        ("restart-strategy.exponential-delay.jitter-factor", 0.1),
        ("restart-strategy.exponential-delay.jitter-factor", 1),
        ("restart-strategy.exponential-delay.jitter-factor", "1e-1"),
        ("execution.checkpointing.interval", "3 min"),
        ("execution.checkpointing.interval", 0),
        ("taskmanager.memory.process.size", "2 GB"),
        ("jobmanager.scheduler", "adaptive"),
        ("state.backend.type", "org.example.MyBackendFactory"),
        ("state.backend.type", "HashMap"),
        ("restart-strategy.type", "fixeddelay"),
        ("restart-strategy.type", "off"),
        ("blob.server.port", 6124),
        ("blob.server.port", "50100-50200"),
        ("classloader.parent-first-patterns.additional", ["org.x.", "org.y."]),
        ("classloader.parent-first-patterns.additional", "org.x.;org.y."),
        ("kubernetes.jobmanager.labels", "a:b,c:d"),
        ("pipeline.global-job-parameters.any.thing", "x"),
        ("metrics.reporter.prom.port", "9249-9260"),
        ("s3.endpoint", "http://minio:9000"),
        ("execution.checkpointing.interval", None),
    ],
)
def test_values_that_flink_accepts_are_no_problem(key: str, value: Any) -> None:
    assert _options.validate({key: value}, "1.20.5") == []


@pytest.mark.parametrize(
    ("key", "value", "wanted"),
    [
        ("web.submit.enable", "yes", "true or false, not 'yes'"),
        ("taskmanager.numberOfTaskSlots", "many", "a whole number such as 4, not 'many'"),
        ("taskmanager.numberOfTaskSlots", 2.5, "a whole number such as 4, not 2.5"),
        ("taskmanager.numberOfTaskSlots", True, "a whole number such as 4, not True"),
        ("taskmanager.numberOfTaskSlots", 2**31, "a whole number such as 4, not 2147483648"),
        ("restart-strategy.exponential-delay.jitter-factor", "some", "a number such as 0.5, not 'some'"),
        ("execution.checkpointing.interval", "soon", "a duration such as 30 s, 3 min or 500 ms, not 'soon'"),
        ("execution.checkpointing.interval", "PT30S", "a duration such as 30 s, 3 min or 500 ms, not 'PT30S'"),
        ("taskmanager.memory.process.size", "1.5g", "an amount of memory such as 1600m or 2 gb, not '1.5g'"),
        ("cluster.uncaught-exception-handling", "die", "one of LOG, FAIL, not 'die'"),
        (
            "restart-strategy.type",
            "exponental-delay",
            "one of none, fixed-delay, failure-rate, exponential-delay or a class, not 'exponental-delay'",
        ),
        ("io.tmp.dirs", ["/a", "/b"], "a text, not ['/a', '/b']"),
        ("rest.address", datetime.date(2026, 3, 1), "a text, not datetime.date(2026, 3, 1); put it in quotes"),
        ("classloader.parent-first-patterns.additional", [None], "a list, each element a text, not [None]"),
        (
            "high-availability.zookeeper.client.authorization",
            "digest:flink:password",
            "a map such as {key: value}, not the value given",
        ),
        ("security.ssl.rest.key-password", ["hunter2"], "a text, not the value given"),
    ],
)
def test_a_wrong_type_is_told_with_what_is_wanted(key: str, value: Any, wanted: str) -> None:
    problem = only({key: value})
    assert problem == Problem(key, "error", f"option {key} must be {wanted}")


def test_iso_durations_are_accepted_from_flink_2_on() -> None:
    assert _options.validate({"execution.checkpointing.interval": "PT30S"}, "2.2.1") == []


@pytest.mark.parametrize(
    ("key", "value", "unit"),
    [("execution.checkpointing.timeout", 30, "milliseconds"), ("taskmanager.memory.process.size", "1600", "bytes")],
)
def test_a_number_without_a_unit_is_a_warning_that_names_flinks_unit(key: str, value: Any, unit: str) -> None:
    problem = only({key: value})
    assert problem.severity == "warning"
    assert problem.message == f"option {key} has no unit, so Flink reads {value} {unit}; write the unit"


# --- Keys ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "near"),
    [
        ("execution.checkpointing.intervall", "execution.checkpointing.interval"),
        ("checkpointing.execution.interval", "execution.checkpointing.interval"),
        ("execution.checkpointing.min_pause", "execution.checkpointing.min-pause"),
        ("taskmanager.numberoftaskslots", "taskmanager.numberOfTaskSlots"),
        ("taskmanager.slots", "taskmanager.numberOfTaskSlots"),
        ("heartbeat.timout", "heartbeat.timeout"),
        ("rest_port", "rest.port"),
        ("env.java.opts.jobmanger", "env.java.opts.jobmanager"),
        ("high-availability.storageDirectory", "high-availability.storageDir"),
        ("table.exec.minibatch.enabled", "table.exec.mini-batch.enabled"),
    ],
)
def test_an_unknown_option_is_told_with_the_nearest_real_one(key: str, near: str) -> None:
    problem = only({key: 1})
    assert problem == Problem(key, "error", f"option {key} does not exist; did you mean {near}?", near)


@pytest.mark.parametrize(
    ("version", "key", "sentence"),
    [
        ("2.2.1", "jobmanager.heap.size", "was removed after Flink 1.20; use jobmanager.memory.process.size"),
        (
            "2.2.1",
            "cluster.evenly-spread-out-slots",
            "was removed after Flink 1.20; use taskmanager.load-balance.mode (its value SLOTS does the same)",
        ),
        ("2.3.0", "high-availability.job.delay", "was removed after Flink 1.20; leave it out (jobs are recovered"),
        ("2.2.1", "table.exec.topn-cache-size", "is called table.exec.rank.topn-cache-size in Flink 2.2; use that"),
        ("1.19.3", "execution.checkpointing.dir", "is called state.checkpoints.dir in Flink 1.19; use that"),
        ("2.2.1", "application-result-store.storage-path", "came with Flink 2.3, 2.2 lacks it; leave it out"),
        ("1.20.5", "taskmanager.memory.fraction", "was removed long ago; use taskmanager.memory.managed.fraction"),
        ("1.20.5", "$internal.pipeline.job-id", "belongs to Flink itself; leave it out"),
    ],
)
def test_a_removed_or_renamed_option_is_told_with_what_took_its_place(version: str, key: str, sentence: str) -> None:
    problem = only({key: "x"}, version)
    assert problem.severity == "error"
    assert problem.message.startswith(f"option {key} {sentence}")


@pytest.mark.parametrize(
    ("version", "key", "name"),
    [
        ("1.20.5", "state.checkpoints.dir", "execution.checkpointing.dir"),
        ("2.2.1", "state.backend", "state.backend.type"),
        ("1.20.5", "jobmanager.heap.size", "jobmanager.memory.process.size"),
        ("1.20.5", "state.backend.local-recovery", "execution.checkpointing.local-backup.enabled and execution.state-"),
    ],
)
def test_an_old_name_that_flink_still_accepts_is_a_warning(version: str, key: str, name: str) -> None:
    [problem] = _options.validate({key: "false" if "local" in key else "1g"}, version)[:1]
    assert problem.severity == "warning"
    minor = version.rpartition(".")[0]
    assert problem.message.startswith(f"option {key} is deprecated in Flink {minor}: write {name}")


def test_an_old_name_has_the_type_of_the_new_one() -> None:
    problems = _options.validate({"state.checkpoints.num-retained": "many"}, "2.2.1")
    assert [problem.severity for problem in problems] == ["warning", "error"]


def test_an_old_option_of_its_own_has_the_type_of_the_one_that_it_is_written_as() -> None:
    problems = _options.validate({"akka.client.timeout": "soon"}, "1.20.5")
    assert [problem.severity for problem in problems] == ["warning", "error"]


def test_a_slip_in_the_options_of_a_plugin_is_a_warning() -> None:
    problem = only({"metrics.reporter.prom.factroy.class": "x"})
    assert (problem.severity, problem.suggestion) == ("warning", "metrics.reporter.prom.factory.class")


def test_prefixes_of_the_users_own_plugins_are_accepted() -> None:
    assert only({"openlineage.transport.url": "x"}).severity == "error"
    assert _options.validate({"openlineage.transport.url": "x"}, "1.20.5", ["openlineage."]) == []


def test_check_refuses_all_errors_in_one_sentence_and_returns_warnings() -> None:
    with pytest.raises(FlinkError) as caught:
        _options.check({"rest.prt": 1, "web.submit.enable": "yes", "state.backend": "rocksdb"}, "1.20.5")
    assert str(caught.value) == (
        "cannot use flink_config with Flink 1.20.5: option rest.prt does not exist; did you mean rest.port?; "
        "option web.submit.enable must be true or false, not 'yes'"
    )
    assert [problem["option"] for problem in caught.value.details["problems"]] == ["rest.prt", "web.submit.enable"]
    assert _options.check({"state.backend": "rocksdb"}, "1.20.5", "jobmanager_config") == [
        "jobmanager_config: option state.backend is deprecated in Flink 1.20: write state.backend.type instead"
    ]


# --- One name for each option ----------------------------------------------------------------------------------------


def test_old_names_are_written_as_todays() -> None:
    found = _options.canonical({"state.checkpoints.num-retained": 5, "rest.port": 1}, "1.20.5")
    assert found.options == {"execution.checkpointing.num-retained": 5, "rest.port": 1}
    assert found.written["execution.checkpointing.num-retained"] == "state.checkpoints.num-retained"


def test_an_old_name_of_two_options_sets_both() -> None:
    found = _options.canonical({"state.backend.local-recovery": True}, "2.2.1")
    assert set(found.options) == {
        "execution.state-recovery.from-local",
        "execution.checkpointing.local-backup.enabled",
    }


def test_two_names_with_two_values_are_an_error_and_with_one_value_are_none() -> None:
    both = {"state.backend": "rocksdb", "state.backend.type": "rocksdb"}
    assert _options.canonical(both, "1.20.5").options == {"state.backend.type": "rocksdb"}
    with pytest.raises(FlinkError, match=r"are the same option \(state\.backend\.type\) with two values; keep one"):
        _options.canonical({**both, "state.backend": "hashmap"}, "1.20.5")


@pytest.mark.parametrize(
    ("key", "secret"),
    [
        ("security.ssl.rest.key-password", True),
        ("s3.secret-key", True),
        ("fs.azure.account.key.x.blob.core.windows.net", True),
        ("high-availability.zookeeper.client.authorization.digest", True),
        ("metrics.reporter.dd.apikey", True),
        ("security.delegation.tokens.enabled", False),
        ("security.kerberos.fetch.delegation-token", False),
        ("security.ssl.rest.authentication-enabled", False),
        ("table.secret-store.kind", False),
        ("rest.port", False),
    ],
)
def test_secrets_are_known_by_their_name(key: str, secret: bool) -> None:
    assert _secrets.is_secret(key) is secret


# --- Properties ------------------------------------------------------------------------------------------------------


@st.composite
def misspelt(draw: st.DrawFn) -> tuple[str, str]:
    """A real key with one letter lost, doubled, changed or swapped."""
    key = draw(st.sampled_from(KEYS))
    at = draw(st.integers(0, len(key) - 2))
    slip = draw(st.sampled_from(["lose", "double", "change", "swap"]))
    middle = {
        "lose": "",
        "double": key[at] * 2,
        "change": draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz_")),
        "swap": key[at + 1] + key[at],
    }[slip]
    return key, key[:at] + middle + key[at + (2 if slip == "swap" else 1) :]


@given(misspelt(), st.sampled_from(VERSIONS))
@settings(max_examples=examples(30), deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
def test_a_misspelt_key_always_names_one_that_exists(slip: tuple[str, str], version: str) -> None:
    known = _catalogue.catalogue_of(version)
    _key, wrong = slip
    assume(wrong.strip(" .") and known.get(wrong) is None and wrong not in known.aliases)
    assume(not _catalogue.presence(wrong) and known.map_of(wrong) is None and not _catalogue.is_free(wrong))
    problem = only({wrong: "x"}, version)
    assert problem.severity == "error"
    assert known.get(problem.suggestion) is not None


yaml_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.dates()
    | st.datetimes()
    | st.binary()
    | st.sampled_from(["9" * 5000, "²", "٣ s"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4) | st.integers(), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from([*KEYS[::9], "metrics.reporter.x.y", "no.such.key"]), yaml_values)
@settings(max_examples=examples(80), deadline=None)
def test_no_value_that_yaml_knows_breaks_the_check(key: str, value: Any) -> None:
    messages = []
    try:
        messages = [problem.message for problem in _options.validate({key: value}, "1.20.5")]
    except FlinkError as error:
        messages = [error.message.replace("cannot read the options: ", "option ")]
    assert all(message.startswith("option ") for message in messages)


@pytest.mark.parametrize("key", ["taskmanager.numberOfTaskSlots", "execution.checkpointing.interval", "rest.address"])
@pytest.mark.parametrize("value", [10**5000, -(10**5000)], ids=["plus", "minus"])
def test_numbers_that_python_cannot_print_are_refused_or_passed_on(key: str, value: int) -> None:
    assert all("very many digits" in problem.message for problem in _options.validate({key: value}, "1.20.5"))


@pytest.mark.parametrize("key", [key for key in KEYS if _secrets.is_secret(key)])
def test_secrets_never_stand_in_a_message(key: str) -> None:
    values: list[Any] = [["hunter-two"], {"hunter-two": ["hunter-two"]}, "hunter-two:x:y"]
    messages = [problem.message for value in values for problem in _options.validate({key: value}, "1.20.5")]
    assert not [message for message in messages if "hunter-two:" in message or "'hunter-two'" in message]
