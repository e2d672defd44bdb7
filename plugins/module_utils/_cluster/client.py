# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One Flink cluster: its ZooKeeper, the REST API of its leader, and the records that this collection keeps."""

from __future__ import annotations

from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from .._base.errors import FlinkError
from .._base.units import seconds
from .._base.wait import Deadline, Progress, parallel, wait_for
from .four_letter import Tls
from .kazoo_client import Node
from .leader import (
    COMPONENTS,
    Contender,
    Leader,
    contenders_of,
    find_leader,
    latch_order,
)
from .quorum import ZooKeeperSettings, clean_path, parse_quorum
from .records import Record, Records
from .zookeeper import ZooKeeper

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .rest import Rest, RestSettings

__all__ = [
    "Cluster",
    "Contender",
    "JobManager",
    "Leader",
    "Leadership",
    "Record",
    "Records",
    "Settings",
    "config_of",
]

# What a JobManager asks ZooKeeper for when nothing is configured, and what is added for the election and the start.
DEFAULT_SESSION_TIMEOUT = 60.0
FAILOVER_MARGIN = 30.0
SESSION_TIMEOUT_KEY = "high-availability.zookeeper.client.session-timeout"


class JobManager(NamedTuple):
    """A JobManager of the inventory."""

    name: str
    url: str


def _checked_url(name: str, url: str) -> str:
    """The address of a JobManager, which is taken apart in many places."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        sound = False
    if not sound:
        raise FlinkError(
            f"jobmanagers has the url {url!r} for {name}, which cannot be read: write it like http://jm1:8081 or"
            " http://[fd00::1]:8081"
        )
    return url


class Settings(NamedTuple):
    """The connection options of a module."""

    zookeeper: ZooKeeperSettings
    cluster_id: str
    zookeeper_root: str = "/flink"
    records_root: str = "/streamops"
    jobmanagers: tuple[JobManager, ...] = ()
    rest_options: Mapping[str, Any] = MappingProxyType({})
    failover_timeout: float | None = None

    def __repr__(self) -> str:
        return f"Settings(cluster_id={self.cluster_id!r}, zookeeper={self.zookeeper!r}, …)"

    @property
    def rest(self) -> RestSettings:
        """Made when it is needed: a module that only asks ZooKeeper does not load what speaks REST."""
        from .rest import RestSettings

        return RestSettings(**self.rest_options)

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Settings:
        """Check the options and keep them."""
        parse_quorum(options["zookeeper_quorum"])
        cluster_id = str(options["cluster_id"] or "").strip()
        if not cluster_id.strip("/"):
            raise FlinkError(f"cluster_id {cluster_id!r} is empty: give the cluster's high-availability.cluster-id")
        for option in ("request_timeout", "failover_timeout"):
            value = options.get(option)
            if value is not None and value <= 0:
                raise FlinkError(f"{option} must be more than 0 seconds, not {value}")
        if options.get("zookeeper_password") and not options.get("zookeeper_username"):
            raise FlinkError("zookeeper_password is given without zookeeper_username: give both")
        tls = options.get("zookeeper_tls")
        return cls(
            zookeeper=ZooKeeperSettings(
                quorum=options["zookeeper_quorum"],
                username=options.get("zookeeper_username"),
                password=options.get("zookeeper_password"),
                tls=Tls(**{key: value for key, value in tls.items() if value is not None}) if tls else None,
            ),
            cluster_id=cluster_id,
            zookeeper_root=options.get("zookeeper_root") or "/flink",
            records_root=options.get("records_root") or "/streamops",
            jobmanagers=tuple(
                JobManager(one["name"], _checked_url(one["name"], one["url"]))
                for one in options.get("jobmanagers") or []
            ),
            rest_options={
                "username": options.get("rest_username"),
                "password": options.get("rest_password"),
                "token": options.get("rest_token"),
                "ca_path": options.get("rest_ca_path"),
                "client_cert": options.get("rest_client_cert"),
                "client_key": options.get("rest_client_key"),
                "validate_certs": options.get("rest_validate_certs") is not False,
                "request_timeout": options.get("request_timeout") or 10.0,
            },
            failover_timeout=options.get("failover_timeout"),
        )


class Leadership(NamedTuple):
    """What one look at ZooKeeper says. error says why there is no leader to name."""

    leader: Leader | None
    contenders: tuple[Contender, ...]
    error: FlinkError | None = None


class Cluster:
    """The library's front door. Nothing is opened before it is needed; close it, or use it in a with statement."""

    def __init__(self, settings: Settings, progress: Progress | None = None) -> None:
        self.settings = settings
        self.progress = progress
        self.jobmanagers = settings.jobmanagers
        self.zk = ZooKeeper(settings.zookeeper, progress)
        self._rest: Rest | None = None
        self.records = Records(self.zk, clean_path(settings.records_root, settings.cluster_id))
        self._failover_timeout = settings.failover_timeout
        self._last_leader: str | None = None

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    @property
    def rest(self) -> Rest:
        """The REST API of the leader."""
        if self._rest is None:
            from .rest import Rest

            self._rest = Rest(
                self._leader_url,
                self.settings.rest,
                window=self.failover_timeout,
                fallbacks=[one.url for one in self.jobmanagers],
                progress=self.progress,
            )
            if self._last_leader is not None:
                self._rest.follow(self._last_leader)
        return self._rest

    def close(self) -> None:
        if self._rest is not None:
            self._rest.close()
        self.zk.close()

    def round_trips(self) -> dict[str, int]:
        """How often the network was asked, for the figures of a module."""
        return {"rest": self._rest.round_trips if self._rest else 0, "zookeeper": self.zk.round_trips}

    # -- where things are --------------------------------------------------------------------------------------------

    @property
    def root(self) -> str:
        """The node that holds everything of this cluster."""
        return clean_path(self.settings.zookeeper_root, self.settings.cluster_id)

    def path(self, *parts: str) -> str:
        """A path below the cluster's node."""
        return clean_path(self.root, *parts)

    def _info_path(self, component: str) -> str:
        return self.path("leader", component, "connection_info")

    @property
    def _names(self) -> list[tuple[str, str]]:
        return [(one.name, one.url) for one in self.jobmanagers]

    # -- who leads ---------------------------------------------------------------------------------------------------

    def leader(self, deadline: Deadline | None = None) -> Leader:
        """The leader now: one round trip. NotYet when there is none or two, ForeignLeader when it is unknown."""
        return self._remember(find_leader(self._read_components(deadline), self._names, self.path("leader")))

    def await_leader(self, deadline: Deadline | None = None) -> Leader:
        """The leader, waited for as long as a failover may take."""
        limit = deadline or Deadline(self.failover_timeout())
        return wait_for(lambda: self.leader(limit), limit, "the election of a leader", progress=self.progress)

    def leadership(self, deadline: Deadline | None = None) -> Leadership:
        """The leader and all contenders: two round trips. Never raises because there is no leader."""
        paths = [self._info_path(component) for component in COMPONENTS]
        nodes, (names,) = self.zk.read(paths, [self.path("leader", "latch")], deadline)
        order = latch_order(names)
        latches = self.zk.get_many([self.path("leader", "latch", name) for name in order], deadline) if order else []
        leader: Leader | None = None
        error: FlinkError | None = None
        try:
            leader = find_leader(dict(zip(COMPONENTS, nodes, strict=True)), self._names, self.path("leader"))
            self._remember(leader)
        except FlinkError as problem:
            error = problem
        return Leadership(leader, tuple(contenders_of([node for node in latches if node], leader)), error)

    def contenders(self, deadline: Deadline | None = None) -> list[Contender]:
        """Who leads and who waits to, in order."""
        return list(self.leadership(deadline).contenders)

    def _read_components(self, deadline: Deadline | None) -> dict[str, Node | None]:
        nodes = self.zk.get_many([self._info_path(component) for component in COMPONENTS], deadline)
        return dict(zip(COMPONENTS, nodes, strict=True))

    def _remember(self, leader: Leader) -> Leader:
        self._last_leader = leader.url
        if self._rest is not None:
            self._rest.follow(leader.url)
        return leader

    def _leader_url(self, deadline: Deadline) -> str:
        return self.leader(deadline).url

    # -- how long a failover may take --------------------------------------------------------------------------------

    def failover_timeout(self) -> float:
        """The option, or the JobManagers' ZooKeeper session time-out and 30 seconds."""
        if self._failover_timeout is None:
            self._failover_timeout = self._session_timeout() + FAILOVER_MARGIN
        return self._failover_timeout

    def _session_timeout(self) -> float:
        """Every JobManager returns its own configuration, also one that does not lead."""
        asked = [
            partial(self.rest.at(one.url).get, "/jobmanager/config", deadline=Deadline(2.0)) for one in self.jobmanagers
        ]
        answers = parallel(asked)
        for answer in answers:
            timeout = seconds(config_of(answer).get(SESSION_TIMEOUT_KEY))
            if timeout:
                return timeout
        return DEFAULT_SESSION_TIMEOUT


def config_of(answer: object) -> dict[str, str]:
    """The answer of /jobmanager/config as a dictionary; empty when it is none."""
    if not isinstance(answer, list):
        return {}
    return {str(one["key"]): str(one.get("value", "")) for one in answer if isinstance(one, dict) and "key" in one}
