"""The first task of every playbook: a variable that nothing reads or that cannot be used is refused by its name."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from ansible_collections.streamops.flink.plugins.action import flink_variables
from ansible_collections.streamops.flink.plugins.action.flink_variables import (
    COLLECTION,
    ActionModule,
    declared,
    unit_reader,
    value_problem,
)

BOOLEANS = {"true": True, "False": False, "no": False, "off": False, "0": False, "yes": True, "on": True, "1": True}


@pytest.fixture
def act(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the task of a playbook with extra variables, and with what the inventory says of each host."""

    def run(playbook: str, inventory: Mapping[str, Mapping[str, Any]] | None = None, /, **extra: Any) -> dict[str, Any]:
        hosts = inventory or {"jm1": {}}
        monkeypatch.setattr(flink_variables, "load_extra_vars", lambda _loader: extra)
        task = SimpleNamespace(args={"playbook": playbook}, async_val=0, check_mode=False)
        parts: dict[str, Any] = dict.fromkeys(("play_context", "loader", "shared_loader_obj"))
        parts["connection"] = SimpleNamespace(_shell=SimpleNamespace(tmpdir=None), has_pipelining=True)
        action = ActionModule(task=task, templar=SimpleNamespace(template=lambda value: value), **parts)
        first = next(iter(hosts.values()))
        hostvars = {host: {**given, **extra} for host, given in hosts.items()}
        return dict(action.run(None, {**first, **extra, "groups": {"flink": list(hosts)}, "hostvars": hostvars}))

    return run


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("flink_scale_remov", "flink_scale_remove"),
        ("flink_versoin", "flink_version"),
        ("taskmanager_slot", "taskmanager_slots"),
        # The name that a role or a playbook would give it without the prefix of all extra variables.
        ("drill_faults", "flink_drill_faults"),
        ("status_strict", "flink_status_strict"),
    ],
)
def test_an_extra_variable_that_nothing_reads_is_refused_with_the_nearest_name(
    act: Any, name: str, nearest: str
) -> None:
    done = act("status", **{name: "tm3"})
    assert done["failed"]
    assert done["msg"] == f"{name} is not a variable of this collection: did you mean {nearest}?"


def test_an_extra_variable_like_no_other_is_refused_too(act: Any) -> None:
    said = act("status", flink_qqqqqqqqqqqqqqqqqqqqqqqq=1)["msg"]
    assert said.endswith("is not a variable of this collection: remove it, or rename it when it is yours")


@pytest.mark.parametrize("name", ["site_name", "ansible_user", "__flink_private", "job", "flinkish"])
def test_other_extra_variables_are_not_looked_at(act: Any, name: str) -> None:
    assert "failed" not in act("status", **{name: 1})


def test_a_variable_of_the_inventory_that_nothing_reads_is_refused_with_its_host(act: Any) -> None:
    said = act("status", {"jm1": {}, "tm1": {"flink_jbos": []}, "tm2": {"flink_jbos": []}})["msg"]
    assert (
        said
        == "flink_jbos (inventory, host tm1 and 1 more) is not a variable of this collection: did you mean flink_jobs?"
    )
    said = act("status", {"tm1": {"taskmanager_slot": 2}})["msg"]
    assert said.endswith("(inventory, host tm1) is not a variable of this collection: did you mean taskmanager_slots?")


def test_what_may_be_of_another_collection_is_a_warning(act: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    warned: list[str] = []
    monkeypatch.setattr(flink_variables, "Display", lambda: SimpleNamespace(warning=warned.append))
    assert "failed" not in act("status", {"jm1": {"java_home": "/usr/lib/jvm", "__flink_own": 1, "ansible_x": 1}})
    assert [text.split()[0] for text in warned] == ["java_home"]


def test_what_playbooks_of_the_same_run_have_set_is_not_of_the_inventory(act: Any) -> None:
    assert "failed" not in act("status", {"jm1": {"flink_site_found": {}, "__flink_playbook": {}}})


def test_the_playbooks_variables_are_returned_converted_and_with_defaults(act: Any) -> None:
    assert act("status") | {"flink_status_format": "table", "flink_status_strict": False} == act("status")
    done = act("health", flink_health_duration="8 s")
    assert (done["flink_health_duration"], done["flink_health_interval"]) == ("8 s", "5 s")
    assert act("scale", flink_scale_remove="tm3,tm4")["flink_scale_remove"] == ["tm3", "tm4"]
    assert act("status", {"jm1": {"flink_status_format": "json"}})["flink_status_format"] == "json"


@pytest.mark.parametrize(("text", "value"), BOOLEANS.items())
def test_a_boolean_that_comes_as_text_is_one(act: Any, text: str, value: bool) -> None:
    assert act("status", flink_status_strict=text)["flink_status_strict"] is value
    assert "failed" not in act("site", demo_enabled=text)


@pytest.mark.parametrize("unset", [None, ""])
def test_an_empty_variable_of_a_playbook_is_not_set(act: Any, unset: object) -> None:
    assert act("status", flink_status_format=unset)["flink_status_format"] == "table"
    said = act("scale", flink_scale_remove=unset)["msg"]
    assert said.startswith("flink_scale_remove is not set: write -e flink_scale_remove=... (")
    assert "flink_upgrade_version is not set" in act("upgrade", flink_upgrade_version=unset)["msg"]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("flink_status_strict", "maybe", "'maybe', which is not a valid boolean: write true or false"),
        ("demo_enabled", "y", "'y', which is not a valid boolean: write true or false"),
        ("demo_enabled", "", "'', which is not a valid boolean: write true or false"),
        (
            "demo_enabled",
            None,
            "null, which would replace its value in the inventory: leave it out, or write true or false",
        ),
        ("flink_status_format", "xml", "'xml', which is not one of its choices: write table, json, none"),
        ("flink_failover_profile", "quick", "'quick', which is not one of its choices: write fast, balanced, stock"),
        ("roll_batch", "two", "'two', which is not a valid integer: write a whole number"),
        ("flink_version", [1], "[1], which is not text: write text"),
        ("backup_s3_secret_key", ["hush"], "********, which is not text: write text"),
        ("backup_copy_hosts", "a", "not a list: write -e '{\"backup_copy_hosts\": [...]}'"),
        ("flink_config", "s3.secret-key=hush", "not a dictionary: write -e '{\"flink_config\": {...}}'"),
        (
            "flink_rolling_restart_daemons",
            "taskmanager,gateway",
            "not one of its choices: write zookeeper, jobmanager, taskmanager, history_server",
        ),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_with_what_to_write(
    act: Any, name: str, value: object, said: str
) -> None:
    assert act("status", **{name: value})["msg"] == f"{name} is {said}"


FITTING: dict[str, Any] = {
    **dict.fromkeys(("str", "path", "raw"), "x"),
    "int": 1,
    "float": 0.5,
    "list": [],
    "dict": {},
    "bool": True,
}


def test_every_variable_takes_a_value_of_its_type() -> None:
    known = declared(COLLECTION)
    refused = {
        name: problem
        for name, option in known.options.items()
        if not unit_reader(option)
        and (problem := value_problem(name, option.get("choices", [FITTING[option.get("type", "str")]])[0], known))
    }
    assert refused == {}


UNITS = [
    ("roll_timeout", 600, "roll_timeout: 600 has no unit: write 600 s or 600 ms, whichever is meant"),
    ("flink_checkpoint_timeout", "600", "flink_checkpoint_timeout: 600 has no unit: write 600 s or 600 ms, whichever"),
    ("zookeeper_tick_time", 2000, "zookeeper_tick_time: 2000 has no unit: write 2000 s or 2000 ms, whichever is meant"),
    ("demo_interval", 0.5, "demo_interval: 0.5 has no unit"),
    ("backup_max_age", "long", "backup_max_age: 'long' is not a valid duration"),
    ("zookeeper_heap", 256, "zookeeper_heap: 256 has no unit: write 256m or 256g, whichever is meant"),
    ("history_server_heap", "lots", "history_server_heap: 'lots' is not a valid size"),
    ("flink_watchdog_enabled", "maybe", "flink_watchdog_enabled is 'maybe', which is not a valid boolean"),
    ("backup_timer_enabled", None, "backup_timer_enabled is None, which is not a valid boolean"),
    ("jobmanager_metrics_port", float("inf"), "jobmanager_metrics_port is inf, which is not a valid integer"),
    ("jobmanager_metrics_port", True, "jobmanager_metrics_port is True, which is not a valid integer"),
    ("flink_savepoint_retention", {"a\nb": 1}, "'a\\nb' is not a key of flink_savepoint_retention: the keys are keep"),
]


@pytest.mark.parametrize(("name", "value", "said"), UNITS)
def test_a_setting_of_the_inventory_that_cannot_be_converted_is_refused_with_its_host(
    act: Any, name: str, value: object, said: str
) -> None:
    answer = act("status", {"jm1": {}, "jm2": {name: value}})["msg"]
    assert answer.startswith(said)
    assert answer.endswith(" (inventory, host jm2)")


@pytest.mark.parametrize(("name", "value", "said"), UNITS[:7])
def test_an_extra_variable_without_its_unit_is_refused(act: Any, name: str, value: object, said: str) -> None:
    assert act("status", **{name: value})["msg"].startswith(said)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("roll_timeout", "PT5M"),
        ("roll_timeout", "90 s"),
        ("roll_timeout", ""),
        ("roll_timeout", None),
        ("zookeeper_heap", "1gb"),
        ("history_server_heap", ""),
        ("demo_enabled", "no"),
        ("demo_enabled", "0"),
    ],
)
def test_a_setting_of_the_inventory_that_can_be_converted_is_taken(act: Any, name: str, value: object) -> None:
    assert "failed" not in act("status", {"jm1": {name: value}})


def test_a_host_may_say_on_which_machine_it_is(act: Any) -> None:
    assert "failed" not in act("status", {"jm1": {"flink_machine": "rack1"}})


class Hosts(dict[str, Any]):
    """Variables of hosts as Ansible has them: whatever is made of a role's variables cannot be read yet."""

    class Host(dict[str, Any]):
        def __getitem__(self, name: str) -> Any:
            return Templar(loader=DataLoader(), variables=self).template(self.get(name))

    def __getitem__(self, host: str) -> Any:
        return self.Host(self.raw_get(host))

    def raw_get(self, host: str) -> Any:
        return self.get(host)


ROLES_VARIABLE = trust_as_template("{{ variable_of_a_role }}")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"roll_timeout": ROLES_VARIABLE}, ""),
        ({"flink_jobs": ROLES_VARIABLE}, ""),
        ({"flink_jobs": [{"name": ROLES_VARIABLE, "sql": ROLES_VARIABLE}]}, ""),
        ({"flink_jobs": [{"name": "x", "sql": ROLES_VARIABLE, "paralellism": 3}]}, "did you mean parallelism?"),
        ({"flink_jobs": [ROLES_VARIABLE, {"name": "x", "drain": "maybe"}]}, "drain is 'maybe', which is not a valid"),
        ({"flink_libraries": [{"artifact": ROLES_VARIABLE, "sum": 1}]}, "sum is not a key of flink_libraries"),
        ({"flink_watchdog_alerts": {"receivers": ROLES_VARIABLE}}, ""),
    ],
)
def test_what_the_inventory_makes_of_a_roles_variables_is_not_read_yet(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, Any], said: str
) -> None:
    action = ActionModule.__new__(ActionModule)
    action._loader = DataLoader()
    known = flink_variables.declared(flink_variables.COLLECTION)
    variables = {"groups": {"flink": ["jm1"]}, "hostvars": Hosts(jm1=given)}
    found = flink_variables.setting_problems(action._settings(variables, {}, known), known)
    assert len(found) == bool(said)
    assert said in "".join(found)


def test_all_problems_are_told_together(act: Any) -> None:
    said = act("scale", {"jm1": {"flink_jbos": []}}, flink_versoin=1, roll_timeout="x")["msg"]
    assert len(said.split("; ")) == 4
