"""flink_preflight: what cannot work is refused by site.yml before anything is changed, all of it at once."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from real_cluster import FlinkCluster, PlaybookRun

GOES_BESIDE_OTHERS = True


@pytest.fixture
def planned(new_cluster: Callable[..., FlinkCluster]) -> Iterator[FlinkCluster]:
    cluster = new_cluster()
    yield cluster
    assert not cluster.base_dir.exists(), "preflight has changed something"


def refused(run: PlaybookRun) -> str:
    """What was said, on one line, after a run that must have failed without a change."""
    assert run.code != 0, run.text
    assert run.changed == 0, run.text
    assert "nothing has been changed" in run.text
    assert "Traceback" not in run.text
    return " ".join(run.text.split())


def edit(cluster: FlinkCluster, **groups: dict[str, dict[str, Any] | None]) -> None:
    """Give hosts of the inventory other variables, or (None) take them out."""
    path = cluster.inventory / "hosts.yml"
    inventory = yaml.safe_load(path.read_text())
    for group, changes in groups.items():
        hosts = inventory["flink"]["children"][group]["hosts"]
        for name, variables in changes.items():
            if variables is None:
                del hosts[name]
            else:
                hosts[name] = {**(hosts.get(name) or {}), **variables}
    path.write_text(yaml.safe_dump(inventory, sort_keys=False))


def zookeeper(myid: int, base: int) -> dict[str, int]:
    ports = ("zookeeper_client_port", "zookeeper_peer_port", "zookeeper_election_port")
    return {"zookeeper_myid": myid, **{name: base + number for number, name in enumerate(ports)}}


def test_every_mistake_of_an_inventory_is_told_at_once(planned: FlinkCluster) -> None:
    rest_port = planned.hosts["jobmanagers"]["jm1"]["jobmanager_rest_port"]
    edit(
        planned,
        zookeeper={"zk2": zookeeper(2, 19000)},
        jobmanagers={"jm2": None},
        taskmanagers={"tm2": {"taskmanager_resource_id": "tm1"}, "tm3": {"taskmanager_rpc_port": rest_port}},
    )

    said = refused(planned.playbook("site.yml", flink_cluster_id="/default", flink_version="1.2"))

    for part in (
        "the group zookeeper has 2 hosts (zk1 and zk2), an even number",
        "the group jobmanagers has one host only (jm1)",
        "tm1 and tm2 have the same taskmanager_resource_id tm1",
        f"port {rest_port} on localhost is given twice, as jobmanager_rest_port of jm1 and taskmanager_rpc_port of tm3",
        "flink_cluster_id is /default",
        "flink_version: ",
    ):
        assert part in said


def test_two_zookeeper_servers_with_one_number_are_refused(planned: FlinkCluster) -> None:
    edit(planned, zookeeper={"zk2": zookeeper(2, 19000), "zk3": zookeeper(1, 19010)})

    run = planned.playbook("site.yml")

    assert run.code != 0
    assert run.changed == 0, run.text
    assert "zk1 and zk3" in run.text
    assert "zookeeper_myid 1" in run.text


def test_a_port_in_use_says_by_what(planned: FlinkCluster) -> None:
    port = planned.hosts["jobmanagers"]["jm2"]["jobmanager_rest_port"]
    with socket.create_server(("127.0.0.1", port)):
        said = refused(planned.playbook("site.yml"))

    assert f"port {port} on localhost, jobmanager_rest_port of jm2, is in use by process {os.getpid()} (" in said


def test_too_little_memory_and_disk_say_how_much(planned: FlinkCluster) -> None:
    said = refused(planned.playbook("site.yml", taskmanager_memory_process_size="900g", preflight_disk_free="900000g"))

    assert "of memory for daemons that need 27" in said
    assert "taskmanager of tm1 900 GiB" in said
    assert f"{planned.base_dir} on localhost has " in said
    assert "less than 900000 GiB: make room, or choose another directory" in said


def test_check_mode_refuses_the_same(planned: FlinkCluster) -> None:
    said = refused(planned.playbook("site.yml", "--check", preflight_disk_free="900000g"))

    assert "less than 900000 GiB" in said


def test_storage_on_the_disk_of_each_machine_is_refused(planned: FlinkCluster) -> None:
    said = refused(planned.playbook("site.yml", flink_machine="{{ inventory_hostname }}", flink_storage_shared=False))

    assert "is on the disk of each machine, but the cluster has 6 machines" in said
    assert "gives 127.0.0.1 as its address, where other machines cannot reach it" in said


def test_storage_that_is_said_to_be_shared_and_is_not_is_found_out(planned: FlinkCluster) -> None:
    edit(
        planned, **{group: {name: {"flink_machine": name} for name in hosts} for group, hosts in planned.hosts.items()}
    )
    places = planned.base_dir.parent / "places"
    for group in planned.hosts.values():
        for name in group:
            (places / name).mkdir(parents=True, exist_ok=True)

    said = refused(planned.playbook("site.yml", flink_storage_dir=f"{places}/{{{{ inventory_hostname }}}}/storage"))

    assert f"{places}/jm2/storage on jm2 is not the same as on the other machines" in said
    assert f"{places}/zk1/storage on zk1 is not the same" not in said
    assert not [path for path in places.rglob("*") if path.is_file()]


@pytest.fixture
def blind(tmp_path: Path) -> str:
    """A Python that sees an empty directory where others see that of the pipelines, as on a machine of its own."""
    hidden = ["unshare", "--mount", "sh", "-c"]
    if subprocess.run([*hidden, f"mount -t tmpfs none {tmp_path}"], check=False, capture_output=True).returncode:
        pytest.skip("only who may mount can hide a directory from one machine")
    (tmp_path / "changes").mkdir()
    script = tmp_path.parent / f"{tmp_path.name}-python"
    mount = f"mount -t tmpfs none {tmp_path} && mkdir {tmp_path}/changes"
    script.write_text(f"""#!/bin/sh\nexec {" ".join(hidden)} '{mount} && exec {sys.executable} "$@"' python "$@"\n""")
    script.chmod(0o755)
    return str(script)


def test_a_directory_of_files_that_taskmanagers_do_not_share_is_refused(
    planned: FlinkCluster, blind: str, tmp_path: Path
) -> None:
    tables = [{"name": "t", "columns": {"x": "INT"}}]
    ends = {
        "source": {"kind": "files", "directory": f"{planned.base_dir.parent}/in"},
        "sink": {"kind": "csv", "directory": str(tmp_path / "changes")},
    }
    job = {"name": "files", "pipeline": {**ends, "tables": tables}}
    addressed = {"flink_host_address": socket.gethostname()}
    every = {
        group: {name: {**addressed, "flink_machine": "near"} for name in hosts}
        for group, hosts in planned.hosts.items()
    }
    every["taskmanagers"]["tm2"] |= {"flink_machine": "other", "ansible_python_interpreter": blind}
    edit(planned, **every)

    run = planned.playbook(
        "site.yml", "--tags", "always", flink_jobs=[job], flink_storage_shared=True, demo_enabled=False
    )

    assert run.code != 0, run.text
    assert run.changed == 0, run.text
    said = " ".join(run.text.split())
    assert f"{tmp_path}/changes on other is not the same as on the other machines" in said, run.trouble
    assert f"{planned.base_dir.parent}/in on other" not in said
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_directory_that_cannot_be_made_is_told(new_cluster: Callable[..., FlinkCluster]) -> None:
    cluster = new_cluster()
    cluster.base_dir.touch()

    said = refused(cluster.playbook("site.yml"))

    assert f"{cluster.base_dir} on localhost cannot be a directory, because {cluster.base_dir} is a file" in said


def test_a_base_directory_with_too_long_a_path_is_told(planned: FlinkCluster) -> None:
    said = refused(planned.playbook("site.yml", flink_base_dir=str(planned.base_dir / ("x" * 80))))

    assert "more than the 99 that work: choose a shorter flink_base_dir" in said
