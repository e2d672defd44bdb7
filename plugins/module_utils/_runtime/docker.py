# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Daemons as containers: what a container is made of, whether it has to change, and what stands in the way.

Everything here is a pure function on what Docker and the inventory contain; community.docker does the work.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from .._base.addresses import host_port
from .._base.errors import FlinkError
from .._base.processes import MARK_DIRECTORY, MARK_SERVICE
from .._base.units import size, size_text
from .._config.inventory import Node

LABEL_CLUSTER = "streamops.flink.cluster"
LABEL_SERVICE = "streamops.flink.service"
LABEL_DEFINITION = "streamops.flink.definition"
COMPOSE = "com.docker.compose."
# With it, Compose takes a container for one that it has made just so, and would not look any further.
COMPOSE_HASH = f"{COMPOSE}config-hash"
OLDEST = (20, 10)


# --- Ports -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Published:
    """A port of a container that its host forwards, in Compose's notation address:host:container."""

    address: str
    host: int
    container: int

    @property
    def text(self) -> str:
        where = host_port(self.address, self.host) if self.address else str(self.host)
        return f"{where}:{self.container}"


_PUBLISHED = re.compile(r"(?:(?P<address>[0-9.]+|\[[0-9A-Fa-f:.]+\]):)?(?P<host>\d{1,5}):(?P<container>\d{1,5})")


def published(text: Any) -> Published:
    found = _PUBLISHED.fullmatch(str(text).strip())
    if found is None or not all(1 <= int(found[name]) <= 65535 for name in ("host", "container")):
        raise FlinkError(
            f"{text!r} in flink_published_ports is not a valid port to publish: write it like 8082:8081 or"
            " 127.0.0.1:8082:8081, the port of the host first"
        )
    return Published(found["address"] or "", int(found["host"]), int(found["container"]))


# --- A container ---------------------------------------------------------------------------------------------------


class Container(TypedDict):
    """A container by the names of the options of community.docker.docker_container, and a digest over all of it."""

    options: dict[str, Any]
    digest: str


def container(service: Mapping[str, Any]) -> Container:
    """What the container of one service is made of.

    :arg service: the variables of the role service, without their prefix, and those of the cluster that it needs.
    """
    directory = str(service["directory"])
    mapping = {f"{directory}/log": _log_dir(service), str(service["flink_home"]): str(service["image_home"])}
    environment = {
        name: _mapped(str(value), mapping)
        for name, value in {**service["environment"], **service["secrets"]}.items()
        # Empty ones would hide those of the image, its JAVA_HOME for instance.
        if str(value)
    }
    for name, value in environment.items():
        _check_variable(name, value)
    environment |= {MARK_SERVICE: str(service["id"]), MARK_DIRECTORY: directory}
    command = [_mapped(str(word), mapping) for word in service["command"]]
    options: dict[str, Any] = {
        "image": service["image"],
        "entrypoint": command[:1],
        "command": command[1:],
        "env": environment,
        "user": service["user"],
        "working_dir": directory,
        "hostname": service["hostname"],
        "networks": [
            {"name": service["network"], "ipv4_address": service["address"], "aliases": [service["hostname"]]}
        ],
        "published_ports": _ports(service),
        "volumes": _volumes(service),
        "healthcheck": _health(service["ports"]),
        "restart_policy": service["restart_policy"],
        "stop_timeout": int(service["stop_timeout"]),
        # It forwards signals and reaps what ended.
        "init": True,
        "cap_drop": ["ALL"],
        "security_opts": ["no-new-privileges"],
        "log_driver": "json-file",
        "log_options": {
            "max-size": str(service["log_max_bytes"]),
            "max-file": str(int(service["log_backups"]) + 1),
        },
        **_limits(service["limits"]),
    }
    described = {**options, "digest": service["digest"], "image_id": service["image_id"]}
    digest = hashlib.sha256(json.dumps(described, sort_keys=True, default=str).encode()).hexdigest()
    options["labels"] = {
        LABEL_CLUSTER: str(service["cluster"]),
        LABEL_SERVICE: str(service["id"]),
        LABEL_DEFINITION: digest,
    }
    return {"options": options, "digest": digest}


def _check_variable(name: str, value: str) -> None:
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) is None:
        raise FlinkError(f"cannot set the environment variable {name!r}: use letters, digits and underscores")
    if re.search("[\0\ud800-\udfff]", value):
        raise FlinkError(
            f"cannot set the environment variable {name}: its value holds a character that no environment can hold;"
            " leave it out"
        )


def _log_dir(service: Mapping[str, Any]) -> str:
    _cluster, _slash, name = str(service["id"]).partition("/")
    return f"{service['image_home']}/logs/{name}"


def _mapped(text: str, mapping: Mapping[str, str]) -> str:
    """A path of the host as the container knows it; any other text as it is."""
    for outside, inside in mapping.items():
        if text == outside or text.startswith(f"{outside}/"):
            return inside + text[len(outside) :]
    return text


def _ports(service: Mapping[str, Any]) -> list[str]:
    """Those of the node's published ports that this service opens."""
    own = {str(port) for port in service["ports"].values()}
    return [one.text for one in map(published, service["published"]) if str(one.container) in own]


def _volumes(service: Mapping[str, Any]) -> list[str]:
    directory = str(service["directory"])
    mounts = [f"{directory}:{directory}", f"{directory}/conf:{directory}/conf:ro"]
    mounts += [f"{path}:{path}:ro" for path in service["readable"]]
    writable = [str(path).rstrip("/") for path in service["writable"]]
    volumes = {
        name: path
        for name, path in service["volumes"].items()
        if any(str(path) == one or str(path).startswith(f"{one}/") for one in writable)
    }
    volumes[service["logs_volume"]] = f"{service['image_home']}/logs"
    volumes |= {name: path for name, path in service["own_volumes"].items() if str(path).startswith(f"{directory}/")}
    return mounts + [f"{name}:{path}" for name, path in volumes.items()]


def _health(ports: Mapping[str, Any]) -> dict[str, Any]:
    """Whether the daemon serves: ZooKeeper is asked, the others have to accept a connection."""
    name, port = next(iter(ports.items()), ("", 0))
    talk = f"exec 3<>/dev/tcp/127.0.0.1/{port}"
    if name == "client":
        talk += " && printf ruok >&3 && grep -q imok <&3"
    return {
        "test": ["CMD", "bash", "-c", talk] if port else ["NONE"],
        "interval": "10s",
        "timeout": "5s",
        "start_period": "60s",
        "retries": 3,
    }


def _limits(limits: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if limits.get("memory"):
        found["memory"] = str(size(limits["memory"], "service_limits.memory"))
    if limits.get("cpus"):
        found["cpus"] = float(limits["cpus"])
    if limits.get("processes"):
        found["pids_limit"] = int(limits["processes"])
    if limits.get("open_files"):
        found["ulimits"] = [f"nofile:{int(limits['open_files'])}:{int(limits['open_files'])}"]
    return found


# --- What has to happen -------------------------------------------------------------------------------------------


class Step(TypedDict):
    """What is to be done with a container: none, create, start, restart, stop or remove."""

    action: str
    restart_needed: bool
    # Labels of Compose that go over to the new container.
    labels: dict[str, str]


def step(state: str, wanted: Container | None, restart: bool, found: Mapping[str, Any] | None) -> Step:
    """Compare a container with its description.

    :arg wanted: None for a container that is to run as it did.
    :arg found: what Docker says of the container of that name; None when there is none.
    """
    labels = dict((found or {}).get("Config", {}).get("Labels") or {})
    status = (found or {}).get("State") or {}
    # One that ends again and again does not run.
    running = bool(status.get("Running")) and not status.get("Restarting")
    kept = {name: value for name, value in labels.items() if name.startswith(COMPOSE) and name != COMPOSE_HASH}
    return {**_action(state, wanted, restart, bool(found), running, labels), "labels": kept}


def _action(
    state: str, wanted: Container | None, restart: bool, exists: bool, running: bool, labels: Mapping[str, str]
) -> Step:
    def step(action: str, needed: bool = False) -> Step:
        return {"action": action, "restart_needed": needed, "labels": {}}

    if state == "absent":
        return step("remove" if exists else "none")
    if state == "stopped":
        return step("stop" if running else "none")
    if not exists and wanted is None:
        raise FlinkError("cannot start a container that was never made: run site.yml, which describes it")
    if not exists:
        return step("create")
    if wanted is not None and labels.get(LABEL_DEFINITION) != wanted["digest"]:
        # A container of this name from elsewhere is replaced: it is not in our network.
        waits = LABEL_SERVICE in labels and running and not restart and state == "started"
        return step("none" if waits else "create", waits)
    if not running:
        return step("start")
    return step("restart" if state == "restarted" else "none")


# --- What stands in the way ---------------------------------------------------------------------------------------


def engine_problems(answer: Mapping[str, Any], machine: str) -> list[str]:
    """What is wrong with the Docker Engine of a machine.

    :arg answer: the result of community.docker.docker_host_info.
    """
    if answer.get("failed"):
        return [_no_engine(str(answer.get("msg") or answer.get("module_stderr") or ""), machine)]
    version = str((answer.get("host_info") or {}).get("ServerVersion") or "")
    numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:2])
    if numbers and numbers < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        return [f"Docker Engine {version} on {machine} is too old: install {oldest} or a newer one"]
    return []


def _no_engine(message: str, machine: str) -> str:
    if re.search(r"PermissionError|Permission denied", message):
        return (
            f"this account may not use the Docker Engine of {machine}: add it to the group docker and log in again, or"
            " set flink_become: true"
        )
    if re.search(r"FileNotFoundError|No such file|ConnectionRefused|refused", message):
        return (
            f"no Docker Engine answers on {machine}, but flink_runtime is docker: install and start one, or use another"
            " flink_runtime"
        )
    if re.search(r"resolve module|couldn't resolve|collection", message):
        return (
            "the collection community.docker is missing on the controller, but flink_runtime is docker: run"
            " ansible-galaxy collection install community.docker"
        )
    lines = [line.strip(" .") for line in message.splitlines() if line.strip(" .")]
    why = lines[0] if lines else "no reason is given"
    return f"the Docker Engine of {machine} cannot be asked ({why}): see whether docker info works there"


def holders(containers: Iterable[Mapping[str, Any]]) -> dict[int, str]:
    """Which container publishes a port of the host."""
    found: dict[int, str] = {}
    for one in containers:
        name = str((one.get("Names") or [one.get("Id", "?")])[0]).lstrip("/")
        for port in one.get("Ports") or ():
            if port.get("PublicPort"):
                found[int(port["PublicPort"])] = name
    return found


class ContainerSettings(TypedDict):
    """What the inventory says of one node."""

    container: str
    published: list[Any]
    limits: Mapping[str, Any]
    memory: str


def node_problems(
    nodes: Sequence[Node],
    settings: Mapping[str, ContainerSettings],
    containers: Iterable[Mapping[str, Any]],
    subnet: str,
) -> list[str]:
    """What is wrong with the nodes as containers of one machine."""
    return [
        *_machine_problems(nodes),
        *_address_problems(nodes, subnet),
        *_name_problems(nodes, settings),
        *_published_problems(nodes, settings, holders(containers)),
        *_limit_problems(nodes, settings),
    ]


def _machine_problems(nodes: Sequence[Node]) -> Iterator[str]:
    machines = list(dict.fromkeys(node["machine"] for node in nodes))
    if len(machines) > 1:
        yield (
            f"flink_runtime docker puts all containers into one network of one Docker Engine, but the nodes are on"
            f" {', '.join(machines)}: use one machine, or flink_runtime systemd"
        )
    for node in nodes:
        # Prometheus looks at containers from outside.
        contained = [daemon for daemon in node["daemons"] if daemon != "prometheus"]
        if len(contained) > 1:
            yield (
                f"{node['name']} has several daemons ({', '.join(contained)}), but a container runs one: give"
                " each a host of its own in the inventory"
            )


def _address_problems(nodes: Sequence[Node], subnet: str) -> Iterator[str]:
    try:
        network = ipaddress.ip_network(subnet)
    except ValueError:
        yield f"flink_docker_subnet {subnet!r} is not a valid range of addresses: write it like 10.81.81.0/24"
        return
    first = network[1]
    users: dict[str, str] = {}
    for node in nodes:
        name, text = node["name"], node["address"]
        try:
            inside = ipaddress.ip_address(text) in network and ipaddress.ip_address(text) != first
        except ValueError:
            inside = False
        if not inside:
            yield (
                f"{name} has flink_host_address {text}, which is not an address of its own in flink_docker_subnet"
                f" {subnet}: give it one, but not {first}, which is that of the machine"
            )
        elif text in users:
            yield f"{users[text]} and {name} have the same flink_host_address {text}: give each container its own"
        users.setdefault(text, name)


_CONTAINER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]+")


def _name_problems(nodes: Sequence[Node], settings: Mapping[str, ContainerSettings]) -> Iterator[str]:
    users: dict[str, str] = {}
    for node in nodes:
        name = settings[node["name"]]["container"]
        if not _CONTAINER.fullmatch(name):
            yield (
                f"{node['name']} has flink_container {name!r}, which Docker does not take as a name: write it with"
                " letters without accents, digits, dots, hyphens and underscores"
            )
        if name in users:
            yield f"{users[name]} and {node['name']} have the same flink_container {name}: give each its own"
        users.setdefault(name, node["name"])


def _published_problems(
    nodes: Sequence[Node], settings: Mapping[str, ContainerSettings], held: Mapping[int, str]
) -> Iterator[str]:
    ours = {own["container"] for own in settings.values()}
    users: dict[int, str] = {}
    for node in nodes:
        name = node["name"]
        for text in settings[name]["published"]:
            try:
                port = published(text)
            except FlinkError as error:
                yield f"{name}: {error.message}"
                continue
            if port.container not in node["ports"].values():
                yield (
                    f"{name} publishes {port.text}, but nothing in its container listens on {port.container}: name one"
                    f" of {', '.join(str(one) for one in node['ports'].values())}"
                )
            if port.host in users:
                yield f"{users[port.host]} and {name} publish the same port {port.host}: give each its own"
            users.setdefault(port.host, name)
            if held.get(port.host, name) != name and held[port.host] not in ours:
                yield (
                    f"port {port.host}, published by {name}, is in use by the container {held[port.host]}: stop that"
                    " one, or publish another port"
                )


def _limit_problems(nodes: Sequence[Node], settings: Mapping[str, ContainerSettings]) -> Iterator[str]:
    for node in nodes:
        own = settings[node["name"]]
        try:
            limit = size(own["limits"].get("memory") or "0b", "service_limits.memory")
            needed = size(own["memory"] or "0b", "the memory of its daemon")
        except FlinkError as error:
            yield f"{node['name']}: {error.message}"
            continue
        if limit and needed > limit:
            yield (
                f"{node['name']} has service_limits.memory {size_text(limit)}, less than the {size_text(needed)} that"
                " its daemon is given, and would be killed: raise the limit, or lower the daemon's memory"
            )


def host_ports(
    nodes: Sequence[Node], settings: Mapping[str, ContainerSettings], containers: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The nodes with the ports that must be free on their machine: those that no container publishes."""
    held = holders(containers)
    found = []
    for node in nodes:
        ports: dict[str, int] = {}
        for text in settings[node["name"]]["published"]:
            try:
                port = published(text)
            except FlinkError:
                continue  # named among the problems
            if port.host not in held:
                ports[f"flink_published_ports {port.text}"] = port.host
        found.append({**node, "ports": ports})
    return found


# --- An image ------------------------------------------------------------------------------------------------------


def image_problems(image: str, answer: Mapping[str, Any], home: str, version: str) -> list[str]:
    """What an image lacks, from what the role service has printed in a container of it."""
    output = str((answer.get("container") or {}).get("Output") or "")
    fields = dict(line.partition("=")[::2] for line in output.splitlines() if "=" in line)
    if answer.get("failed") or "java" not in fields:
        why = " ".join(str(answer.get("msg") or "it printed nothing").split()).strip(" .")[:300]
        return [f"no program runs in the image {image} ({why}): name an image with a shell, Java and Flink"]
    problems = []
    jar = re.search(r"flink-dist(?:_[0-9.]+)?-([0-9][^/]*)\.jar$", fields.get("flink", ""))
    if jar is None:
        problems.append(
            f"the image {image} has no Flink in {home} (flink_image_home): name another flink_image, or let the role"
            " image build one with image_base"
        )
    elif jar[1] != version:
        problems.append(
            f"the image {image} has Flink {jar[1]}, but flink_version is {version}: name the image of that version"
        )
    if not re.search(r'version "?\d', fields["java"]):
        problems.append(f"the image {image} has no Java on its PATH or in JAVA_HOME: name an image with Java and Flink")
    if not fields.get("bash"):
        problems.append(f"the image {image} has no bash, which Flink's scripts are written in: name one that has it")
    return problems


def image_ids(images: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The identity of every image by each of its names, as people write them."""
    found: dict[str, str] = {}
    for one in images:
        for name in [*(one.get("RepoTags") or ()), *(one.get("RepoDigests") or ())]:
            found[str(name)] = str(one["Id"])
            found.setdefault(str(name).removesuffix(":latest"), str(one["Id"]))
    return found
