"""Flink from an archive, made of the real parts and served over http; ZooKeeper and jars next to it."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import throwaway_keys as keys
from file_server import serving
from real_cluster import REPO, FlinkCluster, is_free, smaller

pytestmark = pytest.mark.real
GOES_BESIDE_OTHERS = True

VERSION = "1.20.5"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "streamops-flink"


def module(name: str, **arguments: Any) -> dict[str, Any]:
    """One module of the collection, as Ansible starts it."""
    done = subprocess.run(
        [sys.executable, str(REPO / "plugins" / "modules" / f"{name}.py")],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": arguments}),
        env={**os.environ, "PYTHONPATH": str(REPO / ".venv" / "collections"), "NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert "Traceback" not in done.stdout + done.stderr, done.stdout + done.stderr
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A mirror of Apache's releases with a signed archive: the options that lead to it."""
    top = tmp_path_factory.mktemp("mirror")
    path = top / "flink" / f"flink-{VERSION}" / f"flink-{VERSION}-bin-scala_2.12.tgz"
    made = module("flink_distribution", version=VERSION, cache_dir=str(CACHE), archive_to=str(path))["archive"]
    with keys.made(tmp_path_factory.mktemp("gpg"), "Release Manager <rm@example.org>") as signer, serving(top) as url:
        signer.sign(path)
        keyring = signer.export(top / "KEYS")
        yield {"archive": path, "mirror": url, "archive_checksum": made["checksum"], "archive_keyring": str(keyring)}
    path.unlink()


def install(served: dict[str, Any], directory: Path, **changed: Any) -> dict[str, Any]:
    given = {name: value for name, value in served.items() if name != "archive"}
    place = {"dest": str(directory / f"flink-{VERSION}"), "cache_dir": str(directory / "cache")}
    return module("flink_distribution", **{"version": VERSION, "source": "archive", **place, **given, **changed})


def left(directory: Path) -> list[str]:
    """What an installation that was refused has left, apart from its locks."""
    return [
        path.name
        for path in directory.rglob("*")
        if path.is_file() and path.suffix != ".lock" and path.parent.name != ".locks"
    ]


def test_flink_comes_from_a_signed_archive_and_runs(mirror: dict[str, Any], tmp_path: Path) -> None:
    link = tmp_path / "current"
    assert install(mirror, tmp_path, link=str(link))["changed"] is True
    told = subprocess.run([link / "bin" / "flink", "--version"], check=True, capture_output=True, text=True)
    assert f"Version: {VERSION}" in told.stdout
    assert install(mirror, tmp_path, link=str(link))["changed"] is False


def test_an_archive_with_an_unknown_signer_is_refused(mirror: dict[str, Any], tmp_path: Path) -> None:
    with keys.made(tmp_path / "gpg", "Other <x@example.org>") as other:
        keyring = other.export(tmp_path / "OTHER")
    refused = install(mirror, tmp_path / "host", archive_keyring=str(keyring))
    assert "is not in the keyring" in refused["msg"]
    assert not (tmp_path / "host" / f"flink-{VERSION}").exists()
    unsigned = install(mirror, tmp_path / "host", archive_signature=f"{mirror['mirror']}/nowhere.asc")
    assert "HTTP 404" in unsigned["msg"]
    assert not (tmp_path / "host" / f"flink-{VERSION}").exists()


@pytest.mark.parametrize("how", ["tampered", "truncated"])
def test_a_damaged_archive_is_refused_and_leaves_nothing(mirror: dict[str, Any], tmp_path: Path, how: str) -> None:
    damaged = tmp_path / "mirror" / mirror["archive"].relative_to(mirror["archive"].parents[2])
    damaged.parent.mkdir(parents=True)
    content = bytearray(mirror["archive"].read_bytes())
    if how == "tampered":
        content[len(content) // 2] ^= 1
    else:
        del content[len(content) // 2 :]
    damaged.write_bytes(content)
    with serving(tmp_path / "mirror") as url:
        refused = install(mirror, tmp_path / "host", mirror=url)
    assert "expected sha512:" in refused["msg"]
    assert "\n" not in refused["msg"]
    assert left(tmp_path / "host") == []
    damaged.unlink()


def free_port(start: int) -> int:
    return next(port for port in range(start, start + 40) if is_free(port))


def checksum(path: Path) -> str:
    return f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


@pytest.fixture(scope="module")
def maintained(
    new_cluster: Callable[..., FlinkCluster], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FlinkCluster]:
    """A small cluster on a ZooKeeper of its own, with a further jar and a plugin: one that Flink has elsewhere."""
    home = tmp_path_factory.mktemp("flink") / f"flink-{VERSION}"
    module("flink_distribution", version=VERSION, dest=str(home), cache_dir=str(CACHE))
    plugin = home / "plugins" / "metrics-slf4j" / f"flink-metrics-slf4j-{VERSION}.jar"
    jar = {"artifact": str(plugin), "checksum": checksum(plugin)}
    further = {"flink_libraries": [jar], "flink_plugins": {"mine": [jar]}}
    cluster = smaller(new_cluster(zookeeper_source="maven", demo_enabled=False, flink_jobs=[], **further))
    inventory = cluster.inventory / "hosts.yml"
    hosts = yaml.safe_load(inventory.read_text())
    port = free_port(max(cluster.ports()) + 1)
    hosts["flink"]["children"]["zookeeper"]["hosts"]["zk1"]["zookeeper_metrics_port"] = port
    cluster.hosts["zookeeper"]["zk1"]["zookeeper_metrics_port"] = port
    inventory.write_text(yaml.safe_dump(hosts, sort_keys=False))
    try:
        run = cluster.playbook("site.yml")
        assert run.code == 0, run.trouble
        yield cluster
    finally:
        gone = cluster.playbook("reset.yml", flink_reset_confirm=cluster.variables["flink_cluster_name"])
        assert gone.code == 0, gone.trouble


def test_flink_runs_on_a_maintained_zookeeper(maintained: FlinkCluster) -> None:
    # What the role did with flink_distribution and product zookeeper.
    server = maintained.module("zookeeper_info")["servers"][0]
    assert server["version"].startswith("3.9.6")
    with urllib.request.urlopen(
        f"http://127.0.0.1:{maintained.hosts['zookeeper']['zk1']['zookeeper_metrics_port']}/metrics", timeout=10
    ) as answer:
        assert b"\nznode_count" in answer.read()
    log = (maintained.base_dir / "nodes/zk1/zookeeper/log/zookeeper.log").read_text()
    assert "Purge task completed" in log
    assert "Started AdminServer" not in log


def test_every_daemon_of_flink_has_the_further_jars(maintained: FlinkCluster) -> None:
    (overlay,) = (maintained.base_dir / "overlays").glob("flink-*")
    name = f"flink-metrics-slf4j-{VERSION}.jar"
    assert (overlay / "lib" / name).is_file()
    assert (overlay / "plugins" / "mine" / name).is_file()
    assert not (maintained.base_dir / f"flink-{VERSION}" / "lib" / name).exists()
    for node, daemon in (("jm1", "jobmanager"), ("tm1", "taskmanager"), ("jm1", "sql_gateway")):
        said = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in maintained.pids(node, daemon)]
        assert any(f"{overlay}/lib/{name}".encode() in one for one in said), daemon


def test_a_second_run_changes_nothing(maintained: FlinkCluster) -> None:
    run = maintained.playbook("site.yml")
    assert (run.code, run.changed) == (0, 0), run.text


def test_an_ensemble_that_exists_is_used_and_not_touched(
    maintained: FlinkCluster, new_cluster: Callable[..., FlinkCluster]
) -> None:
    guest = new_cluster(
        zookeeper_source="existing", flink_zookeeper_quorum=maintained.quorum, demo_enabled=False, flink_jobs=[]
    )
    inventory = guest.inventory / "hosts.yml"
    hosts = yaml.safe_load(inventory.read_text())
    del hosts["flink"]["children"]["zookeeper"]
    inventory.write_text(yaml.safe_dump(hosts, sort_keys=False))
    run = guest.playbook("site.yml", "--check")
    assert run.code == 0, run.text
    away = guest.playbook("site.yml", "--check", "--tags", "always", flink_zookeeper_quorum="127.0.0.1:1")
    assert away.code != 0
    assert "127.0.0.1:1" in away.text


def test_what_cannot_work_is_told_before_anything_is_changed(new_cluster: Callable[..., FlinkCluster]) -> None:
    jars = [{"artifact": f"org.example:kafka:{version}", "checksum": f"sha256:{'0' * 64}"} for version in ("1", "2")]
    cluster = new_cluster(flink_libraries=[*jars, {"artifact": "org.example:jdbc:1"}])
    run = cluster.playbook("site.yml")
    assert run.code != 0
    text = " ".join(run.text.split())
    assert "kafka is given in two versions, 1 and 2" in text
    assert "org.example:jdbc:1 has no checksum" in text
    assert not cluster.base_dir.exists()
