"""Flink and Java from the real packages, through Ansible, into the user's cache."""

from __future__ import annotations

import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.real
GOES_BESIDE_OTHERS = True

REPO = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "streamops-flink"
VERSIONS = ("1.20.5", "2.2.1")
# What the Apache archive of both versions holds and a cluster needs.
# fmt: off
SCRIPTS = (
    "config.sh", "config-parser-utils.sh", "bash-java-utils.sh", "flink", "flink-console.sh", "flink-daemon.sh",
    "historyserver.sh", "jobmanager.sh", "taskmanager.sh", "standalone-job.sh", "sql-client.sh", "sql-gateway.sh",
    "zookeeper.sh", "start-cluster.sh", "stop-cluster.sh", "start-zookeeper-quorum.sh", "stop-zookeeper-quorum.sh",
    "migrate-config-file.sh", "yarn-session.sh", "kubernetes-jobmanager.sh", "kubernetes-taskmanager.sh",
    "kubernetes-session.sh", "find-flink-home.sh", "pyflink-shell.sh",
)
JARS = (
    "lib/flink-cep", "lib/flink-connector-files", "lib/flink-csv", "lib/flink-dist", "lib/flink-json",
    "lib/flink-scala_2.12", "lib/flink-table-api-java-uber", "lib/flink-table-planner-loader",
    "lib/flink-table-runtime", "opt/flink-python", "opt/flink-sql-client", "plugins/metrics-jmx/flink-metrics-jmx",
    "plugins/metrics-prometheus/flink-metrics-prometheus",
)
# fmt: on
CONFIGURATION = ["config.yaml", "log4j-console.properties", "log4j.properties", "masters", "workers", "zoo.cfg"]


def ansible(module: str, environment: dict[str, str] | None = None, **arguments: Any) -> dict[str, Any]:
    """Run one module on this machine, as a playbook would."""
    command = [str(Path(sys.executable).with_name("ansible")), "localhost", "--connection=local"]
    command += ["--extra-vars", json.dumps({"ansible_python_interpreter": sys.executable})]
    command += ["--module-name", f"streamops.flink.{module}", "--args", json.dumps(arguments)]
    variables = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(REPO / ".venv" / "collections"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
        "ANSIBLE_LOCALHOST_WARNING": "0",
        **(environment or {}),
    }
    finished = subprocess.run(command, check=False, env=variables, capture_output=True, text=True, timeout=600)
    status, arrow, text = finished.stdout.partition("=> ")
    assert arrow, finished.stdout + finished.stderr
    return {"failed": "FAILED" in status, **json.loads(text)}


@pytest.fixture(scope="module", params=VERSIONS)
def flink(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    dest = tmp_path_factory.mktemp("flink") / f"flink-{request.param}"
    result = ansible("flink_distribution", version=request.param, dest=str(dest), cache_dir=str(CACHE))
    assert result["failed"] is False, result
    yield dest
    shutil.rmtree(dest)


def version_of(flink: Path) -> str:
    return flink.name.removeprefix("flink-")


def again(flink: Path, **arguments: Any) -> dict[str, Any]:
    wanted = {"version": version_of(flink), "dest": str(flink), "cache_dir": str(CACHE), **arguments}
    return ansible("flink_distribution", **wanted)


def shell(flink: Path, script: str, tmp_path: Path) -> str:
    """Run a script as if it lay in bin/; Flink's own scripts find their home through $0."""
    environment = {**os.environ, "FLINK_LOG_DIR": str(tmp_path), "FLINK_CONF_DIR": str(flink / "conf")}
    command = ["bash", "-c", script, str(flink / "bin" / "flink")]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


def test_it_has_the_layout_of_the_apache_archive(flink: Path) -> None:
    version = version_of(flink)
    expected = [f"bin/{name}" for name in SCRIPTS] + [f"{name}-{version}.jar" for name in JARS]
    expected += [f"conf/{name}" for name in CONFIGURATION]
    expected += ["bin/bash-java-utils.jar", "LICENSE", "NOTICE", "README.txt", "plugins/README.txt"]
    assert [name for name in expected if not (flink / name).is_file()] == []
    assert [name for name in SCRIPTS if not os.access(flink / "bin" / name, os.X_OK)] == []
    assert sorted(path.name for path in flink.iterdir() if path.is_dir()) == [
        "bin",
        "conf",
        "lib",
        "licenses",
        "log",
        "opt",
        "plugins",
    ]
    assert list((flink / "opt").glob("flink-sql-gateway-*.jar"))
    assert list((flink / "lib").glob("log4j-core-*.jar"))
    assert not (flink / "conf" / "flink-conf.yaml").exists()


def test_its_command_line_starts(flink: Path, tmp_path: Path) -> None:
    assert f"Version: {version_of(flink)}" in shell(flink, '"$0" --version', tmp_path)


def test_its_scripts_read_the_configuration(flink: Path, tmp_path: Path) -> None:
    script = 'source "$(dirname "$0")/config.sh" && parseJmArgsAndExportLogs && echo "$JVM_ARGS"'
    assert "-Xmx" in shell(flink, script, tmp_path)


def test_a_second_run_changes_nothing(flink: Path) -> None:
    result = again(flink)
    assert result["changed"] is False, result
    assert result["reasons"] == []


def test_a_damaged_file_is_found_and_repaired(flink: Path) -> None:
    jar = flink / "lib" / f"flink-csv-{version_of(flink)}.jar"
    content = jar.read_bytes()
    # A file of its own: the jar may be a link to the one in the cache, which other clusters run with.
    jar.unlink()
    jar.write_bytes(content + b"garbage")
    (flink / "bin" / "jobmanager.sh").unlink()
    result = again(flink)
    assert result["changed"] is True
    assert result["repaired"] == ["bin/jobmanager.sh", f"lib/{jar.name}"]
    assert jar.read_bytes() == content
    assert again(flink, verify=True)["changed"] is False


def test_a_connector_comes_from_the_maven_repository_and_goes_again(flink: Path) -> None:
    wanted = [{"artifact": "org.apache.flink:flink-metrics-core:1.20.3", "directory": "plugins/extra"}]
    first = again(flink, libraries=wanted)
    assert first["changed"] is True, first
    assert (flink / "plugins" / "extra" / "flink-metrics-core-1.20.3.jar").is_file()
    assert again(flink, libraries=wanted)["changed"] is False
    assert again(flink)["changed"] is True
    assert not (flink / "plugins" / "extra").exists()


def test_an_archive_made_of_it_leads_to_the_same_distribution(tmp_path: Path) -> None:
    version = VERSIONS[0]
    flink, path = tmp_path / "flink", tmp_path / f"flink-{version}.tar.gz"
    made = ansible("flink_distribution", version=version, dest=str(flink), cache_dir=str(CACHE), archive_to=str(path))[
        "archive"
    ]
    copy = tmp_path / "copy"
    result = ansible(
        "flink_distribution",
        version=version,
        dest=str(copy),
        cache_dir=str(tmp_path / "cache"),
        source="archive",
        archive=str(path),
        archive_checksum=made["checksum"],
    )
    assert result["changed"] is True, result
    command = ["diff", "--recursive", "--brief", str(flink), str(copy)]
    compared = subprocess.run(command, check=False, capture_output=True, text=True)
    differences = [line for line in compared.stdout.splitlines() if ".streamops-manifest.json" not in line]
    assert differences == []


# --- a package index that sends the wrong thing -----------------------------------------------------------------------


@pytest.fixture
def index() -> Iterator[tuple[dict[str, str], dict[str, Any]]]:
    """A package index in this process: the environment that points pip to it, and how it behaves."""
    file = "apache_flink_libraries-1.20.5.tar.gz"
    behaviour: dict[str, Any] = {"content": b"not what it should be" * 1000, "announced": None, "served": 0}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name is that of the base class
            is_page = not self.path.endswith(".tar.gz")
            body = f'<a href="/{file}">{file}</a>'.encode() if is_page else behaviour["content"]
            behaviour["served"] += not is_page
            self.send_response(200)
            self.send_header("Content-Type", "text/html" if is_page else "application/octet-stream")
            self.send_header("Content-Length", str(len(body) if is_page else behaviour["announced"] or len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return None

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        environment = {
            "PIP_INDEX_URL": f"http://127.0.0.1:{server.server_port}/simple",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_EXTRA_INDEX_URL": "",
            "PIP_FIND_LINKS": "",
            "NO_PROXY": "127.0.0.1",
        }
        try:
            yield environment, behaviour
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("truncated", [False, True])
def test_a_corrupted_download_is_refused_and_leaves_nothing(
    index: tuple[dict[str, str], dict[str, Any]], tmp_path: Path, truncated: bool
) -> None:
    environment, behaviour = index
    if truncated:
        behaviour["announced"] = 10 * len(behaviour["content"])
    result = ansible(
        "flink_distribution",
        environment,
        version="1.20.5",
        dest=str(tmp_path / "flink"),
        cache_dir=str(tmp_path / "cache"),
        sql_gateway=False,
    )
    assert result["failed"] is True, result
    assert "apache-flink-libraries==1.20.5" in result["msg"]
    assert "\n" not in result["msg"]
    if not truncated:
        assert "expected sha256:e6aee62e" in result["msg"]
        assert "found sha256:" in result["msg"]
    # It might have been the way: asked again, then given up.
    assert behaviour["served"] >= 3
    left = [path for path in (tmp_path / "cache").rglob("*") if path.is_file() and path.parent.name != ".locks"]
    assert left == []
    assert not (tmp_path / "flink").exists()


# --- Java -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("version", "java_version"), [("1.20.5", 17), ("2.2.1", 21)])
def test_a_machine_without_java_gets_one_that_runs_flink(tmp_path: Path, version: str, java_version: int) -> None:
    def look() -> dict[str, Any]:
        return ansible(
            "flink_java",
            # An empty directory as PATH hides the machine's own Java.
            {"JAVA_HOME": "", "PATH": str(tmp_path)},
            version=version,
            java_version=java_version,
            search_paths=[],
            install_dir=str(tmp_path / "base"),
            cache_dir=str(CACHE),
        )

    first = look()
    assert (first["changed"], first["origin"], first["major"]) == (True, "installed", java_version)
    java = Path(first["java_home"]) / "bin" / "java"
    started = subprocess.run([java, "-version"], check=True, capture_output=True, text=True)
    assert f'"{java_version}.' in started.stderr
    second = look()
    assert (second["changed"], second["java_home"]) == (False, first["java_home"])
