# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The faults of a drill: what each does, what it hits, when it may be injected, and how long recovery may take."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from .._base.errors import FlinkError
from .._base.units import seconds
from .._config.inventory import Node, with_daemon

RUNTIMES = ("process", "systemd", "docker")
# A partition needs nodes with a network of their own, and an administrator on them.
NETWORKED = ("systemd", "docker")
SERVICES = {"jobmanager": "JobManager", "taskmanager": "TaskManager", "zookeeper": "ZooKeeper"}


@dataclass(frozen=True)
class Fault:
    """One entry of the catalogue.

    hits names the victims: leader | standby | worker | follower | zookeeper_leader | zookeepers | jobmanagers.
    until says when a fault that lasts is removed: recovered | held (a number of seconds) | failed_checkpoint;
    empty for one that is over at once.
    new_leader and restarts say what the cluster is expected to do: elect another leader, restart the jobs (None: it
    may).
    """

    name: str
    title: str
    hits: str
    action: str
    until: str = ""
    new_leader: bool = False
    restarts: bool | None = False
    runtimes: Sequence[str] = RUNTIMES

    @property
    def service(self) -> str:
        if self.hits in ("leader", "standby", "jobmanagers"):
            return "jobmanager"
        return "taskmanager" if self.hits == "worker" else "zookeeper"


CATALOGUE: dict[str, Fault] = {
    fault.name: fault
    for fault in (
        Fault("leader_terminate", "Stop the leading JobManager", "leader", "terminate", "", True, True),
        Fault("leader_kill", "Kill the leading JobManager", "leader", "kill", "", True, True),
        Fault("leader_freeze", "Freeze the leading JobManager", "leader", "freeze", "recovered", True, True),
        Fault("standby_kill", "Kill a standby JobManager", "standby", "kill"),
        Fault("taskmanager_kill", "Kill a TaskManager that works", "worker", "kill", "", False, True),
        Fault("taskmanager_freeze", "Freeze a TaskManager that works", "worker", "freeze", "recovered", False, True),
        Fault("zookeeper_kill_follower", "Kill a ZooKeeper server that follows", "follower", "kill"),
        Fault("zookeeper_kill_leader", "Kill the leading ZooKeeper server", "zookeeper_leader", "kill"),
        Fault("zookeeper_outage", "Stop all ZooKeeper servers for a while", "zookeepers", "stop", "held"),
        Fault(
            "zookeeper_loss",
            "Stop all ZooKeeper servers for longer than a session",
            "zookeepers",
            "stop",
            "held",
            True,
            True,
        ),
        Fault(
            "partition_leader",
            "Cut the leading JobManager off from ZooKeeper",
            "leader",
            "partition",
            "recovered",
            True,
            True,
            NETWORKED,
        ),
        Fault(
            "partition_taskmanager",
            "Cut a TaskManager off from the JobManagers",
            "worker",
            "partition",
            "recovered",
            False,
            True,
            NETWORKED,
        ),
        Fault("disk_full", "Leave no room for checkpoints", "leader", "disk_full", "failed_checkpoint", False, None),
        Fault("all_jobmanagers_kill", "Kill all JobManagers at once", "jobmanagers", "kill", "", True, True),
    )
}
# Names that stand for several faults.
FAMILIES = {
    "zookeeper_kill": ("zookeeper_kill_follower", "zookeeper_kill_leader"),
    "partition": ("partition_leader", "partition_taskmanager"),
}
# Faults that are drawn at random come at any moment between two checkpoints, not always at the same one.
DRAW_PAUSE = 5.0
SIGNALS = {"terminate": "SIGTERM", "kill": "SIGKILL", "freeze": "SIGSTOP"}


def asked(names: Sequence[str]) -> list[str]:
    """The faults that a list of names selects, in its order, each once."""
    found: dict[str, None] = {}
    for name in names:
        if name == "all":
            found |= dict.fromkeys(CATALOGUE)
        elif name in FAMILIES:
            found |= dict.fromkeys(FAMILIES[name])
        elif name in CATALOGUE:
            found[name] = None
        else:
            raise FlinkError(
                f"there is no fault {name!r}, so nothing was injected: use all, or some of"
                f" {', '.join([*CATALOGUE, *FAMILIES])}"
            )
    if not found:
        raise FlinkError(f"no fault was named, so nothing was injected: use all, or some of {', '.join(CATALOGUE)}")
    return list(found)


def drawn(names: Sequence[str], count: int, seed: int) -> list[tuple[str, float]]:
    """Random faults, each with the seconds that pass before it; the same seed gives the same ones everywhere."""
    if not names:
        raise FlinkError("no fault can be drawn: this cluster can do none of those that were asked for")
    # Of all that a generator gives, only this is promised to be the same in every Python.
    draw = random.Random(seed).random
    return [(names[int(draw() * len(names))], round(draw() * DRAW_PAUSE, 2)) for _number in range(count)]


# -- how long it may take --------------------------------------------------------------------------------------------

# Parts of a recovery that no option names, for a machine that is busy.
FENCED_LEADER = 3.0  # a process is proved dead, its latch released, the standby elected
DEPOSED_LEADER = 10.0  # ZooKeeper serves again, a leader without a latch is seen twice and killed, the next is elected
# A leader that is asked to end gives its leadership back within a second, or waits for something that does not come:
# then Flink halts it after five, and it is fenced.
SHUTDOWN_LEADER = 5.0 + FENCED_LEADER
ELECTION = 3.0  # from the end of a session to the new leader
RECOVER = 8.0  # read the HA store, take the TaskManagers over, deploy, restore
START = 30.0  # a supervisor starts a JobManager again, and it contends
NOTICE = 3.0  # files of the source are looked for once a second, and rows come in portions
CHECKPOINT = 10.0  # to take one when it is requested


@dataclass(frozen=True)
class Timing:
    """The settings that decide how long a failure lasts, in seconds; Flink's own where nothing is configured."""

    session: float = 40.0
    tick: float = 2.0
    heartbeat_interval: float = 10.0
    heartbeat_timeout: float = 50.0
    failures: int = 2
    backoff: float = 1.0
    registration: float = 30.0
    checkpoint_interval: float = 0.0
    fenced: bool = False

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def timing(config: Mapping[str, str], *, tick: float, fenced: bool) -> Timing:
    """Read what a JobManager says of its own configuration.

    :arg tick: ZooKeeper's tickTime in seconds: the servers grant sessions of 2 to 20 ticks.
    """

    def configured(key: str, default: float) -> float:
        found = seconds(config.get(key))
        return default if found is None else found

    strategy = config.get("restart-strategy.type", config.get("restart-strategy", "exponential-delay"))
    backoffs = {
        "exponential-delay": ("restart-strategy.exponential-delay.initial-backoff", 1.0),
        "fixed-delay": ("restart-strategy.fixed-delay.delay", 1.0),
        "failure-rate": ("restart-strategy.failure-rate.delay", 1.0),
    }
    backoff = backoffs.get(strategy.replace("exponentialdelay", "exponential-delay"), backoffs["exponential-delay"])
    failures = config.get("heartbeat.rpc-failure-threshold", "2")
    return Timing(
        session=min(max(configured("high-availability.zookeeper.client.session-timeout", 60.0), 2 * tick), 20 * tick),
        tick=tick,
        heartbeat_interval=configured("heartbeat.interval", 10.0),
        heartbeat_timeout=configured("heartbeat.timeout", 50.0),
        failures=int(failures) if failures.isdigit() else 2,
        backoff=configured(*backoff),
        registration=configured("cluster.registration.max-timeout", 30.0),
        checkpoint_interval=configured("execution.checkpointing.interval", 0.0),
        fenced=fenced,
    )


def limits(fault: Fault, times: Timing, *, triggered: bool = True) -> dict[str, float]:
    """Seconds within which a fault has to be survived, by the name of the time.

    :arg triggered: checkpoints are triggered as soon as the job runs, not waited for.
    """
    found: dict[str, float] = {}
    if fault.new_leader:
        found["leader"] = _leader_limit(fault, times)
        found["running"] = found["leader"] + times.backoff + RECOVER
        if not times.fenced or fault.action in ("freeze", "partition"):
            # TaskManagers look for the new leader in steps that have become as long as this meanwhile.
            found["running"] += min(times.registration, 10.0)
    elif fault.restarts:
        detect = times.heartbeat_interval * (times.failures + 1)
        if fault.action in ("freeze", "partition"):
            detect = times.heartbeat_timeout + times.heartbeat_interval
        # A restart may meet the dead TaskManager once more before it is given up.
        found["running"] = detect + 2 * times.backoff + RECOVER
    else:
        # Nothing is to happen to the jobs at all; one that restarts for lack of checkpoints does so at once.
        found["running"] = 0.0 if fault.restarts is False else times.backoff + RECOVER
    found["row"] = found["running"] + NOTICE
    found["stalled"] = found["row"]
    if fault.until in ("held", "failed_checkpoint"):
        # Checkpoints fail as long as the fault lasts; when it ends is not a matter of the cluster.
        return found
    found["checkpoint"] = found["running"] + CHECKPOINT + (0.0 if triggered else times.checkpoint_interval)
    return found


def _leader_limit(fault: Fault, times: Timing) -> float:
    session = times.session + times.tick + ELECTION
    if fault.action in ("freeze", "partition"):
        # What may be alive is never fenced.
        return session
    if fault.hits == "zookeepers":
        # A leader without a latch is deposed, and the next one too where both have lost theirs: the first of them
        # has to be back for that. All times begin with the fault, which is held meanwhile.
        return hold_seconds(fault, times) + DEPOSED_LEADER + START
    if fault.hits == "jobmanagers":
        # A session that is not ended holds the next election up, however fast the processes come back.
        return START if times.fenced else max(START, session)
    if fault.action == "terminate":
        return SHUTDOWN_LEADER if times.fenced else session
    return FENCED_LEADER if times.fenced else session


def hold_seconds(fault: Fault, times: Timing) -> float:
    """How long all ZooKeeper servers are away: without an effect well within the JobManagers' session, or beyond it."""
    if fault.new_leader:
        # The clients give up by themselves after one session; the loss is noticed a little late.
        return round(times.session + times.tick + ELECTION, 1)
    return round(max(2.0, 0.4 * times.session), 1)


def deadline_seconds(fault: Fault, times: Timing, watched: float) -> float:
    """When the watch gives up: the slowest recovery that is still worth describing, and what comes after it."""
    slowest = max(limits(fault, times).values())
    return 2 * slowest + 2 * times.session + 2 * START + 2 * times.checkpoint_interval + watched + 60.0


# -- what it hits, and whether it may --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Target:
    """One daemon that is hit."""

    host: str
    service: str

    def as_dict(self) -> dict[str, Any]:
        return {"host": self.host, "service": self.service}


def impossible(fault: Fault, runtime: str, nodes: Sequence[Node], zookeeper_source: str) -> str:
    """Why this cluster, as it is described, can never do this fault; empty when it can."""
    if runtime not in fault.runtimes:
        return (
            f"the runtime {runtime} gives its nodes no network of their own that could be cut;"
            f" only {' and '.join(fault.runtimes)} do"
        )
    servers = with_daemon(nodes, "zookeeper")
    if fault.service == "zookeeper" and zookeeper_source == "existing":
        return "this ZooKeeper is not run by this collection (zookeeper_source is existing), and others may use it"
    if fault.name == "partition_leader" and not servers:
        return "the inventory does not say where the servers of ZooKeeper are"
    if fault.hits in ("follower", "zookeeper_leader") and (len(servers) - 1) * 2 <= len(servers):
        return f"the quorum would be lost: of {len(servers)} ZooKeeper server(s) none can be spared"
    if fault.service == "jobmanager" and len(with_daemon(nodes, "jobmanager")) < 2:
        return "there is one JobManager only, and none that could take over"
    if fault.service == "taskmanager" and len(with_daemon(nodes, "taskmanager")) < 2:
        return "there is one TaskManager only, and none that could take its tasks over"
    return ""


def used_slots(status: Mapping[str, Any]) -> dict[str, int]:
    """How many slots of each registered TaskManager are used."""
    return {str(one["name"]): one["slots"] - one["free"] for one in status["taskmanagers"] if one["registered"]}


def choose(fault: Fault, status: Mapping[str, Any], nodes: Sequence[Node]) -> list[Target]:
    """The daemons that the fault hits, from what the cluster says now.

    :raises FlinkError: there is no daemon that it could hit, or none that would be left.
    """
    if fault.service == "jobmanager":
        return _choose_jobmanager(fault, status)
    if fault.service == "taskmanager":
        return [_choose_worker(status, nodes)]
    serving = [one for one in status["zookeeper"] if one["mode"]]
    modes = {"follower": ("follower",), "zookeeper_leader": ("leader",)}.get(
        fault.hits, ("leader", "follower", "standalone")
    )
    found = [Target(one["name"], "zookeeper") for one in serving if one["mode"] in modes]
    if fault.hits != "zookeepers":
        found = found[:1]
        total = len(status["zookeeper"])
        if (len(serving) - 1) * 2 <= total:
            raise FlinkError(
                f"the quorum would be lost: {len(serving)} of {total} ZooKeeper servers serve, none can be spared"
            )
    if not found:
        raise FlinkError(f"no ZooKeeper server is a {' or a '.join(modes)} now")
    return found


def _choose_jobmanager(fault: Fault, status: Mapping[str, Any]) -> list[Target]:
    leader = [one["name"] for one in status["jobmanagers"] if one["role"] == "leader"]
    standbys = [one["name"] for one in status["jobmanagers"] if one["role"] == "standby"]
    if not leader or not standbys or status["contenders"] < 2:
        raise FlinkError("no standby JobManager waits to take over")
    names = {"leader": leader, "standby": standbys[:1], "jobmanagers": leader + standbys}[fault.hits]
    return [Target(name, "jobmanager") for name in names]


def _choose_worker(status: Mapping[str, Any], nodes: Sequence[Node]) -> Target:
    """The TaskManager that does most, when the others have room for its tasks."""
    used = used_slots(status)
    free = {str(one["name"]): int(one["free"]) for one in status["taskmanagers"] if one["registered"]}
    busy = sorted((name for name in used if used[name] > 0), key=lambda name: (-used[name], name))
    if not busy:
        raise FlinkError("no TaskManager has a task, so the loss of one would prove nothing")
    room = {name: sum(number for other, number in free.items() if other != name) for name in busy}
    fitting = [name for name in busy if room[name] >= used[name]]
    if not fitting:
        raise FlinkError(
            f"the other TaskManagers have {room[busy[0]]} free slot(s), and {busy[0]} uses {used[busy[0]]}:"
            " its tasks would find no place"
        )
    hosts = {str(node["resource_id"]): node["name"] for node in with_daemon(nodes, "taskmanager")}
    if fitting[0] not in hosts:
        raise FlinkError(f"the TaskManager {fitting[0]} is not one of the inventory's")
    return Target(hosts[fitting[0]], "taskmanager")


def cut(fault: Fault, target: Target, nodes: Sequence[Node]) -> list[dict[str, Any]]:
    """The connections that a partition cuts: peers with their ports, and ports of the victim itself."""
    if fault.action != "partition":
        return []
    if fault.hits == "leader":
        port = "zookeeper_client_port"
        return [
            {"address": node["address"], "ports": [node["ports"][port]], "own_ports": []}
            for node in with_daemon(nodes, "zookeeper")
        ]
    victim = next(node for node in nodes if node["name"] == target.host)
    # The JobManager calls back on the TaskManager's RPC port, so that has to be cut too.
    return [
        {
            "address": node["address"],
            "ports": [node["ports"]["jobmanager_rpc_port"], node["ports"]["jobmanager_blob_port"]],
            "own_ports": [victim["ports"]["taskmanager_rpc_port"]],
        }
        for node in with_daemon(nodes, "jobmanager")
    ]


def describe(fault: Fault, targets: Sequence[Mapping[str, Any]]) -> str:
    """What was done, in one line."""
    names = " and ".join(
        f"process {one['pid']} of {one['service']} on {one['host']}"
        if one.get("pid")
        else f"the {one['service']} of {one['host']}"
        for one in targets
    )
    if fault.action in SIGNALS:
        return f"{SIGNALS[fault.action]} to {names}"
    if fault.action == "stop":
        return f"stopped {names}"
    if fault.action == "partition":
        return f"dropped all packets between {names} and {'ZooKeeper' if fault.hits == 'leader' else 'the JobManagers'}"
    return f"no file may grow any more by {names}"
