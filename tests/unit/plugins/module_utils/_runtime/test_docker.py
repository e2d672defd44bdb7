"""Daemons as containers, without a Docker Engine."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._config.inventory import Node, nodes
from ansible_collections.streamops.flink.plugins.module_utils._runtime import docker as _docker

SERVICE: dict[str, Any] = {
    "cluster": "pipeline",
    "id": "pipeline/jm1/jobmanager",
    "image": "flink:1.20.5",
    "image_id": "sha256:1",
    "flink_home": "/srv/base/flink-1.20.5",
    "image_home": "/opt/flink",
    "command": ["/srv/base/flink-1.20.5/bin/jobmanager.sh", "start-foreground"],
    "environment": {
        "FLINK_CONF_DIR": "/srv/base/nodes/jm1/jobmanager/conf",
        "FLINK_LOG_DIR": "/srv/base/nodes/jm1/jobmanager/log",
        "JAVA_HOME": "",
    },
    "secrets": {"TOKEN": "s3cret"},
    "directory": "/srv/base/nodes/jm1/jobmanager",
    "digest": "sha256:conf",
    "user": "1000:1000",
    "hostname": "jm1",
    "network": "flink-network",
    "address": "10.81.81.21",
    "ports": {"rest": 8081, "rpc": 6123},
    "published": ["127.0.0.1:8082:8081", "2181:2181"],
    "readable": ["/srv/base/overlays"],
    "volumes": {"flink-ha": "/opt/flink/ha", "elsewhere": "/data"},
    "writable": ["/opt/flink"],
    "own_volumes": {"jm-data": "/srv/base/nodes/jm1/jobmanager/data", "zookeeper-data": "/srv/base/nodes/zk1/data"},
    "logs_volume": "flink-logs",
    "restart_policy": "unless-stopped",
    "stop_timeout": 30,
    "limits": {"memory": "2g", "cpus": 1.5, "open_files": 65536, "processes": 4096},
    "log_max_bytes": 1024,
    "log_backups": 3,
}
HOSTS: dict[str, dict[str, Any]] = {
    "zk1": {"flink_host_address": "10.81.81.11", "zookeeper_myid": 1},
    "jm1": {"flink_host_address": "10.81.81.21"},
    "jm2": {"flink_host_address": "10.81.81.22"},
}
GROUPS = {"zookeeper": ["zk1"], "jobmanagers": ["jm1", "jm2"]}
SUBNET = "10.81.81.0/24"


def cluster(**changed: dict[str, Any]) -> list[Node]:
    local = {"ansible_connection": "local", "flink_runtime": "docker"}
    hosts = {name: {**local, **own, **changed.get(name, {})} for name, own in HOSTS.items()}
    return nodes(GROUPS, hosts, {"base_dir": "/srv/base"})


def settings(**changed: dict[str, Any]) -> dict[str, _docker.ContainerSettings]:
    found: dict[str, _docker.ContainerSettings] = {}
    for name in HOSTS:
        own: Any = {"container": f"flink-{name}", "published": [], "limits": {}, "memory": "1600m"}
        found[name] = {**own, **changed.get(name, {})}
    return found


def problems(containers: Any = (), subnet: str = SUBNET, **changed: dict[str, Any]) -> list[str]:
    return _docker.node_problems(cluster(), settings(**changed), containers, subnet)


# --- A container ---------------------------------------------------------------------------------------------------


def test_paths_of_the_host_become_those_of_the_container() -> None:
    options = _docker.container(SERVICE)["options"]
    assert options["entrypoint"] == ["/opt/flink/bin/jobmanager.sh"]
    assert options["command"] == ["start-foreground"]
    assert options["env"]["FLINK_CONF_DIR"] == "/srv/base/nodes/jm1/jobmanager/conf"
    assert options["env"]["FLINK_LOG_DIR"] == "/opt/flink/logs/jm1/jobmanager"
    assert options["env"]["TOKEN"] == "s3cret"
    # An empty one would hide that of the image.
    assert "JAVA_HOME" not in options["env"]


@pytest.mark.parametrize(
    "value", ["a;b", "$HOME", "`id`", "'a' \"b\"", "a\\b", "100%", "a\nb\tc", "größe 😀", "a=b", " a "]
)
def test_a_container_gets_every_value_as_it_was_given(value: str) -> None:
    told = {**SERVICE, "environment": {"X": value}, "secrets": {"Y": value}, "command": ["/x", value]}
    options = _docker.container(told)["options"]
    assert (options["env"]["X"], options["env"]["Y"], options["command"]) == (value, value, [value])


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"A=B": "x"}, "cannot set the environment variable 'A=B': use letters"),
        ({"A-B": "x"}, "cannot set the environment variable 'A-B': use letters"),
        ({"A": "geheim\0"}, "cannot set the environment variable A: its value holds a character"),
        ({"A": "geheim\ud800"}, "cannot set the environment variable A: its value holds a character"),
    ],
)
def test_what_no_environment_can_hold_is_refused(environment: dict[str, str], sentence: str) -> None:
    with pytest.raises(FlinkError) as error:
        _docker.container({**SERVICE, "environment": {}, "secrets": environment})
    assert str(error.value).startswith(sentence)
    assert "geheim" not in str(error.value)


def test_the_configuration_is_mounted_for_reading_only() -> None:
    volumes = _docker.container(SERVICE)["options"]["volumes"]
    assert volumes == [
        "/srv/base/nodes/jm1/jobmanager:/srv/base/nodes/jm1/jobmanager",
        "/srv/base/nodes/jm1/jobmanager/conf:/srv/base/nodes/jm1/jobmanager/conf:ro",
        "/srv/base/overlays:/srv/base/overlays:ro",
        "flink-ha:/opt/flink/ha",
        "flink-logs:/opt/flink/logs",
        "jm-data:/srv/base/nodes/jm1/jobmanager/data",
    ]


def test_a_service_publishes_only_the_ports_that_it_opens() -> None:
    options = _docker.container(SERVICE)["options"]
    assert options["published_ports"] == ["127.0.0.1:8082:8081"]
    assert options["networks"][0]["ipv4_address"] == "10.81.81.21"


@pytest.mark.parametrize("text", ["8082:8081", "127.0.0.1:8082:8081", "[::1]:8082:8081", "[fd00::1]:8082:8081"])
def test_a_published_port_goes_there_and_back(text: str) -> None:
    port = _docker.published(text)
    assert (port.host, port.container, port.text) == (8082, 8081, text)


def test_limits_are_those_of_docker() -> None:
    options = _docker.container(SERVICE)["options"]
    assert options["memory"] == str(2 << 30)
    assert (options["cpus"], options["pids_limit"], options["ulimits"]) == (1.5, 4096, ["nofile:65536:65536"])
    assert options["log_options"] == {"max-size": "1024", "max-file": "4"}
    assert "memory" not in _docker.container({**SERVICE, "limits": {}})["options"]


@pytest.mark.parametrize(
    ("ports", "said"),
    [({"rest": 8081}, "/dev/tcp/127.0.0.1/8081"), ({"client": 2181}, "printf ruok >&3 && grep -q imok"), ({}, "NONE")],
)
def test_health_is_asked_where_the_daemon_serves(ports: dict[str, int], said: str) -> None:
    assert said in " ".join(_docker.container({**SERVICE, "ports": ports})["options"]["healthcheck"]["test"])


@pytest.mark.parametrize(
    "changed",
    [{"digest": "sha256:other"}, {"image_id": "sha256:2"}, {"limits": {}}, {"secrets": {"TOKEN": "new"}}],
    ids=lambda changed: next(iter(changed)),
)
def test_whatever_differs_makes_another_digest(changed: dict[str, Any]) -> None:
    one = _docker.container(SERVICE)
    assert one["digest"] == _docker.container(dict(SERVICE))["digest"]
    assert one["digest"] != _docker.container({**SERVICE, **changed})["digest"]
    assert one["options"]["labels"][_docker.LABEL_DEFINITION] == one["digest"]


# --- What has to happen -------------------------------------------------------------------------------------------


def there(*, running: bool = True, restarting: bool = False, **labels: str) -> dict[str, Any]:
    return {"State": {"Running": running, "Restarting": restarting}, "Config": {"Labels": labels or None}}


WANTED = _docker.container(SERVICE)
SAME = there() | {"Config": {"Labels": WANTED["options"]["labels"]}}
OTHER = {"Config": {"Labels": {**WANTED["options"]["labels"], _docker.LABEL_DEFINITION: "old"}}}


@pytest.mark.parametrize(
    ("found", "state", "restart", "action", "needed"),
    [
        (None, "started", False, "create", False),
        (None, "stopped", False, "none", False),
        (None, "absent", True, "none", False),
        (SAME, "started", True, "none", False),
        (SAME, "restarted", True, "restart", False),
        (SAME, "stopped", True, "stop", False),
        (SAME, "absent", True, "remove", False),
        (there(running=False) | {"Config": SAME["Config"]}, "started", False, "start", False),
        (there() | OTHER, "started", False, "none", True),
        (there() | OTHER, "started", True, "create", False),
        (there() | OTHER, "restarted", False, "create", False),
        (there(running=False) | OTHER, "started", False, "create", False),
        (there(restarting=True) | OTHER, "started", False, "create", False),
        (there(), "started", False, "create", False),
    ],
)
def test_a_container_is_compared_with_its_description(
    found: Any, state: str, restart: bool, action: str, needed: bool
) -> None:
    step = _docker.step(state, WANTED, restart, found)
    assert (step["action"], step["restart_needed"]) == (action, needed)


def test_a_container_without_a_description_runs_as_it_did() -> None:
    assert _docker.step("restarted", None, True, there() | OTHER)["action"] == "restart"
    assert _docker.step("started", None, True, there(running=False) | OTHER)["action"] == "start"
    with pytest.raises(FlinkError, match="never made: run site"):
        _docker.step("started", None, True, None)


def test_labels_of_compose_go_over_but_for_its_digest() -> None:
    labels = {"com.docker.compose.service": "zookeeper", "com.docker.compose.config-hash": "1", "mine": "2"}
    assert _docker.step("started", WANTED, False, there(**labels)) == {
        "action": "create",
        "restart_needed": False,
        "labels": {"com.docker.compose.service": "zookeeper"},
    }


# --- What stands in the way ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"failed": True, "msg": "Error connecting: FileNotFoundError(2, 'No such file')"}, "no Docker Engine answers"),
        ({"failed": True, "msg": "('Connection aborted.', PermissionError(13, 'Permission denied'))"}, "group docker"),
        ({"failed": True, "msg": "couldn't resolve module/action 'community.docker.x'"}, "collection install"),
        ({"failed": True, "msg": "Weird.\nmore"}, "cannot be asked (Weird)"),
        ({"failed": True}, "no reason is given"),
        ({"host_info": {"ServerVersion": "19.03.15"}}, "Docker Engine 19.03.15 on host1 is too old: install 20.10"),
    ],
)
def test_what_is_wrong_with_the_engine_is_one_sentence(answer: dict[str, Any], said: str) -> None:
    (problem,) = _docker.engine_problems(answer, "host1")
    assert said in problem
    assert "\n" not in problem


@pytest.mark.parametrize("version", ["20.10.24+dfsg1", "28.2.2", ""])
def test_a_new_engine_is_no_problem(version: str) -> None:
    assert _docker.engine_problems({"host_info": {"ServerVersion": version}}, "host1") == []


def test_a_good_inventory_has_no_problems() -> None:
    assert (
        problems(jm1={"published": ["8081:8081"]}, jm2={"published": ["8082:8081"], "limits": {"memory": "2g"}}) == []
    )


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"jm1": {"published": ["8081"]}}, "jm1: '8081' in flink_published_ports is not a valid port to publish"),
        ({"jm1": {"published": ["99999:8081"]}}, "is not a valid port to publish"),
        ({"jm1": {"published": ["8081:8080"]}}, "nothing in its container listens on 8080: name one of 8081, 6123"),
        (
            {"jm1": {"published": ["80:8081"]}, "jm2": {"published": ["80:8081"]}},
            "jm1 and jm2 publish the same port 80",
        ),
        ({"jm1": {"container": "flünk jm1"}}, "jm1 has flink_container 'flünk jm1', which Docker does not take"),
        ({"jm1": {"container": "-jm1"}}, "jm1 has flink_container '-jm1'"),
        ({"jm1": {"container": "flink-jm2"}}, "jm1 and jm2 have the same flink_container flink-jm2"),
        ({"jm1": {"limits": {"memory": "1g"}}}, "service_limits.memory 1.0 GiB, less than the 1.6 GiB"),
        ({"jm1": {"limits": {"memory": "much"}}}, "service_limits.memory: 'much' is not a valid size"),
    ],
)
def test_what_is_wrong_with_a_node_is_one_sentence(changed: dict[str, Any], said: str) -> None:
    (problem,) = problems(**changed)
    assert said in problem


def test_a_port_of_another_container_is_reported_and_ours_is_not() -> None:
    taken = [{"Names": ["/web"], "Ports": [{"PublicPort": 8081}, {"PrivatePort": 1}]}]
    (problem,) = problems(taken, jm1={"published": ["8081:8081"]})
    assert "port 8081, published by jm1, is in use by the container web" in problem
    ours = [{"Names": ["/flink-jm2"], "Ports": [{"PublicPort": 8081}]}]
    assert problems(ours, jm1={"published": ["8081:8081"]}) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"jm1": {"flink_host_address": "jm1"}}, "jm1 has flink_host_address jm1, which is not an address of its own"),
        ({"jm1": {"flink_host_address": "10.81.81.1"}}, "but not 10.81.81.1"),
        ({"jm1": {"flink_host_address": "10.81.81.22"}}, "jm1 and jm2 have the same flink_host_address"),
        ({"jm1": {"flink_machine": "other"}}, "the nodes are on localhost, other: use one machine"),
    ],
)
def test_addresses_and_machines_are_checked(changed: dict[str, Any], said: str) -> None:
    (problem,) = _docker.node_problems(cluster(**changed), settings(), (), SUBNET)
    assert said in problem


def test_a_range_of_addresses_that_is_none_is_told() -> None:
    assert "is not a valid range of addresses" in problems(subnet="many")[0]


def test_two_daemons_of_one_node_are_told() -> None:
    several = nodes(
        {"jobmanagers": ["jm1"], "sql_gateways": ["jm1"]}, {"jm1": HOSTS["jm1"]}, {"flink_runtime": "docker"}
    )
    (problem,) = _docker.node_problems(several, settings(), (), SUBNET)
    assert "jm1 has several daemons (jobmanager, sql_gateway), but a container runs one" in problem


def test_prometheus_runs_outside_of_containers_and_beside_any_daemon() -> None:
    groups = {"jobmanagers": ["jm1"], "monitoring": ["jm1"]}
    assert (
        _docker.node_problems(nodes(groups, {"jm1": HOSTS["jm1"]}, {"flink_runtime": "docker"}), settings(), (), SUBNET)
        == []
    )


def test_only_published_ports_that_no_container_holds_are_looked_for_on_the_machine() -> None:
    taken = [{"Names": ["/flink-jm1"], "Ports": [{"PublicPort": 8081}]}]
    given = settings(jm1={"published": ["8081:8081"]}, jm2={"published": ["127.0.0.1:8082:8081", "bad"]})
    found = {one["name"]: one["ports"] for one in _docker.host_ports(cluster(), given, taken)}
    assert found == {"zk1": {}, "jm1": {}, "jm2": {"flink_published_ports 127.0.0.1:8082:8081": 8082}}


# --- An image ------------------------------------------------------------------------------------------------------

GOOD = 'flink=/opt/flink/lib/flink-dist-1.20.5.jar\njava=openjdk version "17.0.9" 2023-10-17\nbash=/usr/bin/bash\n'


@pytest.mark.parametrize(
    ("output", "said"),
    [
        (GOOD, []),
        (GOOD.replace("1.20.5", "1.19.1"), ["has Flink 1.19.1, but flink_version is 1.20.5"]),
        (GOOD.replace("dist-1.20.5", "dist*"), ["has no Flink in /opt/flink"]),
        (GOOD.replace('openjdk version "17.0.9" 2023-10-17', "sh: 1: java: not found"), ["has no Java"]),
        (GOOD.replace("/usr/bin/bash", ""), ["has no bash"]),
        ("", ["no program runs in the image"]),
    ],
)
def test_what_an_image_lacks_is_told(output: str, said: list[str]) -> None:
    found = _docker.image_problems("img", {"container": {"Output": output}}, "/opt/flink", "1.20.5")
    assert len(found) == len(said)
    assert all(text in problem for text, problem in zip(said, found, strict=True))


def test_an_image_that_runs_nothing_is_told_with_dockers_words() -> None:
    answer = {"failed": True, "msg": 'Error starting container: exec: "sh": not found'}
    (problem,) = _docker.image_problems("img", answer, "/opt/flink", "1.20.5")
    assert 'exec: "sh": not found' in problem


def test_images_are_known_by_all_their_names() -> None:
    images = [{"Id": "1", "RepoTags": ["one:latest", "one:2"], "RepoDigests": None}, {"Id": "3", "RepoTags": None}]
    assert _docker.image_ids(images) == {"one:latest": "1", "one": "1", "one:2": "1"}
