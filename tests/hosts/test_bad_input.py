"""What is wrong with a host is one sentence, and no other host is left half done; all others are unit tests."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import hosts
from real_cluster import PlaybookRun, run_playbook

BED = "molecule"
NODES = ["node1", "node2", "node3"]
Site = Callable[..., PlaybookRun]


def on(host: str, *command: str) -> str:
    return hosts.docker("exec", hosts.container(BED, host), *command).stdout


@pytest.fixture(scope="module")
def site(bed: str, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Runs site.yml on three machines with several daemons each."""
    inventory = tmp_path_factory.mktemp("inventory") / "hosts.yml"
    content = hosts.inventory(bed, hosts.hosts_of(bed))
    content["flink"] = {
        "children": {
            "zookeeper": {"hosts": {name: {"zookeeper_myid": number} for number, name in enumerate(NODES, 1)}},
            "jobmanagers": {"hosts": {"node1": {}, "node2": {}}},
            "taskmanagers": {"hosts": {name: {} for name in NODES}},
        },
        "vars": {
            "flink_runtime": "systemd",
            "flink_cluster_name": "bad",
            "flink_storage_dir": f"{hosts.SHARED}/bad",
            "flink_storage_shared": True,
            # What they need is a matter of other tests.
            "jobmanager_memory_process_size": "768m",
            "taskmanager_memory_process_size": "768m",
        },
    }
    hosts.write_inventory(inventory, content)

    def play(*arguments: str, **extra: Any) -> PlaybookRun:
        return run_playbook("site.yml", inventory, *arguments, **extra)

    return play


def said(run: PlaybookRun) -> str:
    """What a playbook printed, without the line breaks of its layout."""
    return re.sub(r"\s+", " ", run.text)


def untouched() -> bool:
    """Whether no running host has anything of the collection."""
    look = "ls -A /var/lib/streamops-flink /etc/systemd/system 2>/dev/null; getent passwd flink; ls -A /srv/flink"
    return all("flink" not in on(host, "sh", "-c", look).replace("/var/lib/streamops-flink:", "") for host in running())


def running() -> list[str]:
    listed = hosts.docker("ps", "--quiet", "--no-trunc", "--format", "{{.Names}}").stdout.split()
    return [host for host in NODES if hosts.container(BED, host) in listed]


def test_a_healthy_bed_passes_and_check_mode_is_truthful_on_empty_hosts(site: Site) -> None:
    run = site("--check")
    assert run.code == 0, run.text
    assert run.changed > 0
    assert "Nothing was changed in check mode. No JobManager of the cluster bad runs yet" in said(run)
    assert untouched()


def test_a_host_that_is_down_stops_the_run_before_anything_is_changed(site: Site) -> None:
    hosts.docker("stop", hosts.container(BED, "node3"))
    try:
        run = site()
        assert run.code != 0
        assert re.search(r"node3 cannot be reached \(.+\): start it, fix its connection, or take it out of", said(run))
        assert "stand in the way of cluster bad, nothing has been changed" in said(run)
        assert (run.changed, untouched()) == (0, True)
    finally:
        hosts.up(BED, NODES)


def test_an_account_without_sudo_is_told(site: Site) -> None:
    on("node2", "mv", "/etc/sudoers.d/deploy", "/var/tmp/")
    try:
        run = site()
        assert run.code != 0
        assert re.search(r"cannot become root on node2 \(.+\): let deploy use sudo there", said(run))
        assert (run.changed, untouched()) == (0, True)
    finally:
        on("node2", "mv", "/var/tmp/deploy", "/etc/sudoers.d/")


def test_a_directory_that_is_not_shared_is_told(site: Site) -> None:
    on("node2", "umount", hosts.SHARED)
    try:
        run = site()
        assert run.code != 0
        assert re.search(r"/srv/flink/bad on \S+ is not the same as on the other machines", said(run))
        assert (run.changed, untouched()) == (0, True)
    finally:
        hosts.docker("restart", hosts.container(BED, "node2"))
        hosts.up(BED, NODES)


def test_a_machine_that_others_cannot_reach_is_told(site: Site) -> None:
    # Silence, not a refusal: that is what a firewall between two networks does.
    rule = ["INPUT", "--protocol", "tcp", "--dport", "2181", "--jump", "DROP"]
    on("node1", "iptables", "--insert", *rule)
    try:
        run = site()
        assert run.code != 0
        assert re.search(r"got no answer from \S+:2181 within 10 s: open the way between the two machines", said(run))
        assert (run.changed, untouched()) == (0, True)
    finally:
        on("node1", "iptables", "--delete", *rule)


def test_a_full_disk_is_told_before_the_installation_and_while_it_runs(site: Site, tmp_path: Path) -> None:
    on("node1", "mkdir", "/var/lib/streamops-flink")
    on("node1", "mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", "/var/lib/streamops-flink")
    try:
        before = site()
        assert before.code != 0
        assert "/var/lib/streamops-flink on 172." in said(before)
        assert "20 MiB of free disk, less than 1.0 GiB: make room, or choose another directory" in said(before)
        assert before.changed == 0

        # The runtime that the controller brings is larger than that.
        during = site("--limit", "node1", preflight_disk_free="1m", flink_java_packages={})
        assert during.code != 0
        assert "No space left on device" in during.text
        assert "Traceback" not in during.text
    finally:
        on("node1", "umount", "/var/lib/streamops-flink")
        on("node1", "rmdir", "/var/lib/streamops-flink")


def test_once_the_causes_are_gone_nothing_stands_in_the_way(site: Site) -> None:
    run = site("--tags", "always")
    assert run.code == 0, run.text
