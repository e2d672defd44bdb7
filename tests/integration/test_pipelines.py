"""Pipelines as the inventory declares them, on a real database and a real cluster, whole through failovers."""

from __future__ import annotations

import importlib.util
import json
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from ansible_collections.streamops.flink.plugins.filter.pipeline import flink_pipeline
from ansible_collections.streamops.flink.plugins.module_utils._pipelines import read as _read
from ansible_collections.streamops.flink.plugins.module_utils._pipelines.connectors import needed

import promql
from databases import PASSWORD, MariaDB, Postgres, Proxy
from kafka_broker import Kafka
from real_cluster import REPO, FlinkCluster, eventually, run_module, smaller, with_quorum

pytestmark = pytest.mark.real
GOES_BESIDE_OTHERS = True

TABLES = ("pgbench_accounts", "pgbench_tellers", "pgbench_branches")
# Fast rolling and checkpoints, so that a test sees closed files soon.
QUICK = {"sink.rolling-policy.rollover-interval": "2 s", "sink.rolling-policy.check-interval": "500 ms"}


def checker() -> ModuleType:
    """The check that the drill runs."""
    spec = importlib.util.spec_from_file_location("check_changes", REPO / "roles/jobs/files/check_changes.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pgbench_job(port: int, directory: Path, name: str = "bank", **source: Any) -> dict[str, Any]:
    return {
        "name": name,
        "parallelism": 1,
        "configuration": {"execution.checkpointing.interval": "2 s"},
        "pipeline": {
            "source": {
                "kind": "postgres-cdc",
                "hostname": "127.0.0.1",
                "port": port,
                "database": "shop",
                "username": "flink",
                "password": PASSWORD,
                **source,
            },
            "tables": list(TABLES),
            "sink": {"kind": "csv", "directory": str(directory), "options": QUICK},
        },
    }


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    database = Postgres()
    try:
        filled = database.pgbench("-i", "-s", "1", "-q")
        assert filled.wait(timeout=120) == 0, (database.directory / "pgbench.log").read_text()
        for table in (*TABLES, "pgbench_history"):
            database.execute(f"ALTER TABLE {table} REPLICA IDENTITY FULL")
        yield database
    finally:
        database.close()


@pytest.fixture(scope="module")
def proxy(postgres: Postgres) -> Iterator[Proxy]:
    between = Proxy(postgres.port)
    yield between
    between.close()


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("changes")


@pytest.fixture(scope="module")
def running(
    new_cluster: Callable[..., FlinkCluster], postgres: Postgres, proxy: Proxy, output: Path
) -> Iterator[FlinkCluster]:
    """A cluster of its own: the connectors belong to what its daemons are started with."""
    # The planner is asked about Oracle too, so its connector is there.
    oracle = [one.as_library() for one in needed(["oracle-cdc"], "1.20.5")]
    jobs = [pgbench_job(proxy.port, output)]
    cluster = smaller(new_cluster(flink_jobs=jobs, flink_libraries=oracle, demo_enabled=False))
    try:
        run = cluster.playbook("site.yml")
        assert run.code == 0, run.trouble
        yield cluster
    finally:
        gone = cluster.playbook(
            "reset.yml", flink_reset_confirm=cluster.variables["flink_cluster_name"], flink_reset_running_jobs=True
        )
        assert gone.code == 0, gone.trouble


def leader(cluster: FlinkCluster) -> str:
    return str(cluster.module("flink_leader_info", timeout=120.0)["leader"]["name"])


def equal(postgres: Postgres, output: Path) -> dict[str, Any] | None:
    """What the replay of all closed files says, when it equals the tables."""
    check = checker()
    told = {}
    for table in TABLES:
        connection = postgres.connect()
        try:
            wanted = check.table_rows(connection, table, '"')
        finally:
            connection.close()
        found, changes, broken = check.replay(output / table)
        told[table] = {**check.judge(wanted, found), "changes": changes, "unreadable": broken}
    whole = all(one["missing"] == one["doubled"] == one["unreadable"] == 0 for one in told.values())
    return told if whole else None


def changes_in(output: Path) -> int:
    check = checker()
    return sum(check.replay(output / table)[1] for table in TABLES)


def load(postgres: Postgres, seconds: int) -> Any:
    return postgres.pgbench("-n", "-c", "2", "-T", str(seconds), "-R", "40")


def kill_leader(cluster: FlinkCluster, number: int = signal.SIGKILL) -> None:
    assert cluster.kill_daemon(leader(cluster), "jobmanager", number)


def kill_zookeeper_leader(cluster: FlinkCluster) -> None:
    """Of several servers the one that leads; the only one where there are no more."""
    led = str(cluster.module("zookeeper_info", wait_for_quorum=True, timeout=120.0)["leader"])
    ports = {str(host["zookeeper_client_port"]): name for name, host in cluster.hosts["zookeeper"].items()}
    assert cluster.kill_daemon(ports[led.rpartition(":")[2]], "zookeeper")


def test_a_database_tells_its_tables_and_what_it_lacks(postgres: Postgres) -> None:
    asked = {
        "kind": "postgres-cdc",
        "hostname": "127.0.0.1",
        "port": postgres.port,
        "database": "shop",
        "username": "flink",
        "password": PASSWORD,
    }
    told = run_module("flink_source_info", **asked, tables=["pgbench_tellers", "nowhere"])
    assert told["columns"]["pgbench_tellers"] == {
        "tid": "INT NOT NULL",
        "bid": "INT",
        "tbalance": "INT",
        "filler": "STRING",
    }
    assert told["primary_keys"]["pgbench_tellers"] == ["tid"]
    (problem,) = told["problems"]
    assert "has no table public.nowhere" in problem
    refused = run_module("flink_source_info", **{**asked, "password": "wrong"})
    assert "password authentication failed" in refused["msg"]


def test_a_publication_of_another_reader_is_told(postgres: Postgres) -> None:
    asked = {
        "kind": "postgres-cdc",
        "hostname": "127.0.0.1",
        "port": postgres.port,
        "database": "shop",
        "username": "postgres",
        "password": PASSWORD,
        "tables": ["pgbench_tellers"],
        "slots": {"pgbench_tellers": "taken"},
    }
    assert run_module("flink_source_info", **asked)["problems"] == []
    postgres.execute("CREATE PUBLICATION taken FOR TABLE pgbench_branches")
    try:
        (problem,) = run_module("flink_source_info", **asked)["problems"]
        assert "is there already, for pgbench_branches and not for public.pgbench_tellers" in problem
        postgres.execute("ALTER PUBLICATION taken ADD TABLE pgbench_tellers")
        assert run_module("flink_source_info", **asked)["problems"] == []
    finally:
        postgres.execute("DROP PUBLICATION taken")


def test_every_change_is_in_the_files_once_although_the_leader_is_killed(
    running: FlinkCluster, postgres: Postgres, output: Path
) -> None:
    before = changes_in(output)
    bench = load(postgres, 12)
    eventually(lambda: changes_in(output) > before, 120, "changes in closed files")
    kill_leader(running)
    assert bench.wait(timeout=120) == 0
    told = eventually(lambda: equal(postgres, output), 180, "the replay of all files equals the tables")
    # Each transaction of pgbench changes a row of each of the three tables: a row as it was, and as it is.
    (history,) = postgres.rows("SELECT count(*) FROM pgbench_history")
    assert told["pgbench_tellers"]["changes"] == 10 + 2 * history[0]


@pytest.mark.long
def test_the_password_is_in_no_record_and_no_log(running: FlinkCluster) -> None:
    found = [
        str(path)
        for path in running.base_dir.rglob("*")
        if path.is_file()
        and path.suffix in {".log", ".out", ".yaml", ".json"}
        and PASSWORD in path.read_text("utf-8", "replace")
    ]
    assert found == []
    shown = running.module("flink_job_info", name="bank")
    assert PASSWORD not in str(shown)


@pytest.mark.long
def test_a_second_run_changes_nothing(running: FlinkCluster) -> None:
    run = running.playbook("site.yml")
    assert (run.code, run.changed) == (0, 0), run.trouble


@pytest.mark.long
def test_a_source_that_gives_no_changes_is_refused_with_the_statements_that_put_it_right(
    running: FlinkCluster, postgres: Postgres, output: Path
) -> None:
    postgres.execute(
        "CREATE TABLE refused (id int PRIMARY KEY, note text)",
        f"CREATE USER poor LOGIN PASSWORD '{PASSWORD}'",
    )
    told = running.playbook(
        "site.yml", flink_jobs=[_with(pgbench_job(postgres.port, output, username="poor"), "refused")]
    )
    assert told.code != 0
    text = " ".join(told.text.split())
    assert 'ALTER ROLE "poor" REPLICATION;' in text
    assert 'ALTER TABLE "public"."refused" REPLICA IDENTITY FULL;' in text
    assert 'GRANT SELECT ON "public"."refused" TO "poor";' in text
    assert PASSWORD not in told.text


def _with(job: dict[str, Any], *tables: str) -> dict[str, Any]:
    return {**job, "pipeline": {**job["pipeline"], "tables": list(tables)}}


@pytest.mark.long
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"password": "wrong"}, "password authentication failed for user"),
        ({"port": 1}, "cannot reach 127.0.0.1:1"),
        ({"database": "nowhere"}, 'database "nowhere" does not exist'),
    ],
)
def test_what_a_database_refuses_is_told_before_anything_is_changed(
    running: FlinkCluster, postgres: Postgres, output: Path, change: dict[str, Any], message: str
) -> None:
    run = running.playbook(
        "site.yml", flink_jobs=[pgbench_job(**{"port": postgres.port, "directory": output, **change})]
    )
    assert run.code != 0
    assert message in " ".join(run.text.split())


@pytest.mark.long
@pytest.mark.parametrize(
    "fault", ["leader_kill", "leader_term", "taskmanager_kill", "zookeeper_kill", "database_restart", "cut"]
)
def test_no_change_is_lost_or_doubled_through_a_fault_under_load(
    running: FlinkCluster, postgres: Postgres, proxy: Proxy, output: Path, fault: str
) -> None:
    before = changes_in(output)
    seconds = 75 if fault == "cut" else 20
    bench = load(postgres, seconds)
    eventually(lambda: changes_in(output) > before, 180, "changes in closed files")
    if fault == "leader_kill":
        kill_leader(running)
    elif fault == "leader_term":
        kill_leader(running, signal.SIGTERM)
    elif fault == "taskmanager_kill":
        assert running.kill_daemon("tm1", "taskmanager")
    elif fault == "zookeeper_kill":
        kill_zookeeper_leader(running)
    elif fault == "database_restart":
        postgres.restart()
    else:
        proxy.cut()
        deadline = time.monotonic() + 60
        eventually(lambda: time.monotonic() > deadline, 90, "a minute without a connection")
        proxy.repair()
    bench.wait(timeout=300)
    eventually(lambda: equal(postgres, output), 300, f"the replay of all files equals the tables after {fault}")


@pytest.mark.long
def test_a_column_that_is_added_is_left_out_until_the_job_is_deployed_again(
    running: FlinkCluster, postgres: Postgres, output: Path
) -> None:
    postgres.execute("ALTER TABLE pgbench_branches ADD COLUMN note text DEFAULT 'new'", user="flink")
    try:
        before = changes_in(output)
        load(postgres, 5).wait(timeout=60)
        eventually(lambda: changes_in(output) > before, 180, "changes in closed files")
        check = checker()
        rows, _changes, broken = check.replay(output / "pgbench_branches")
        assert broken == 0
        assert {len(row) for row in rows} == {3}
    finally:
        postgres.execute("ALTER TABLE pgbench_branches DROP COLUMN note", user="flink")


@pytest.mark.long
def test_tables_that_surprise_are_told_and_the_others_go_on(
    running: FlinkCluster, postgres: Postgres, tmp_path: Path
) -> None:
    """A type that cannot be mapped, a key that may be NULL, a column that is added, a table that disappears."""
    postgres.execute(
        "CREATE TABLE kept (id int PRIMARY KEY, note text)",
        "CREATE TABLE doomed (id int PRIMARY KEY, note text)",
        "CREATE TABLE odd (id int PRIMARY KEY, tags int[], note text)",
        "CREATE TABLE keyless (code text, note text)",
        *(f"INSERT INTO {table} VALUES (1, 'first')" for table in ("kept", "doomed", "keyless")),
        "INSERT INTO odd VALUES (1, '{1,2}', 'first')",
        *(f"ALTER TABLE {table} REPLICA IDENTITY FULL" for table in ("kept", "doomed", "odd", "keyless")),
        user="flink",
    )
    keyless = {
        "name": "keyless",
        "columns": {"code": "STRING NOT NULL", "note": "STRING"},
        "primary_key": "code",
        "options": {"scan.incremental.snapshot.chunk.key-column": "code"},
    }
    odd = {"name": "odd", "columns": {"id": "INT NOT NULL", "note": "STRING"}, "primary_key": "id"}
    bank = running.variables["flink_jobs"][0]
    job = pgbench_job(postgres.port, tmp_path, "surprises")
    try:
        job["pipeline"]["tables"] = ["kept", "doomed", "odd", keyless]
        run = running.playbook("site.yml", flink_jobs=[bank, job])
        assert (run.code != 0, run.changed) == (True, 0)
        said = " ".join(run.text.split())
        assert "the column tags has the type integer[], which the connector postgres-cdc cannot read" in said
        assert 'ALTER TABLE "keyless" ALTER COLUMN "code" SET NOT NULL;' in said

        postgres.execute('ALTER TABLE "keyless" ALTER COLUMN "code" SET NOT NULL;', user="flink")
        job["pipeline"]["tables"] = ["kept", "doomed", odd, keyless]
        run = running.playbook("site.yml", flink_jobs=[bank, job])
        assert run.code == 0, run.trouble

        def in_files(table: str, *rows: tuple[str, ...]) -> bool:
            return set(+checker().replay(tmp_path / table)[0]) == set(rows)

        for table in ("kept", "doomed", "odd", "keyless"):
            eventually(lambda table=table: in_files(table, ("1", "first")), 120, f"the first row of {table}")
        postgres.execute(
            "DROP TABLE doomed",
            "ALTER TABLE kept ADD COLUMN more int[]",
            "INSERT INTO kept VALUES (2, 'second', '{3}')",
            "INSERT INTO odd VALUES (2, NULL, 'second')",
            "INSERT INTO keyless VALUES ('2', 'second')",
            "UPDATE keyless SET note = 'changed' WHERE code = '1'",
            user="flink",
        )
        eventually(lambda: in_files("kept", ("1", "first"), ("2", "second")), 120, "the table with a new column")
        eventually(lambda: in_files("odd", ("1", "first"), ("2", "second")), 120, "the table with an odd type")
        eventually(lambda: in_files("keyless", ("1", "changed"), ("2", "second")), 120, "the table without a key")
        assert in_files("doomed", ("1", "first"))

        run = running.playbook("site.yml", flink_jobs=[bank, job])
        assert (run.code != 0, run.changed) == (True, 0)
        assert "has no table public.doomed: correct tables, or create it" in " ".join(run.text.split())
    finally:
        running.module("flink_job", name="surprises", state="absent")
        postgres.execute("DROP TABLE IF EXISTS kept, doomed, odd, keyless", user="flink")


def test_the_example_of_the_documentation_is_a_pipeline_that_can_be_read() -> None:
    text = (REPO / "inventories" / "examples" / "postgres.yml").read_text()
    text = text.replace("{{ flink_base_dir }}", "/srv/flink")
    for job in yaml.safe_load(text)["flink_jobs"]:
        assert list(_read.problems(job)) == []


# -- Oracle: rendered, planned by Flink itself, and cut off ----------------------------------------------------------


def oracle_job(port: int, directory: Path, **options: str) -> dict[str, Any]:
    return {
        "name": "oracle",
        "parallelism": 1,
        "pipeline": {
            "source": {
                "kind": "oracle-cdc",
                "hostname": "127.0.0.1",
                "port": port,
                "database": "SHOP",
                "schema": "APP",
                "username": "FLINK",
                "password": PASSWORD,
                "options": options,
            },
            "tables": [
                {"name": "T", "columns": {"ID": "BIGINT NOT NULL", "NOTE": "STRING"}, "primary_key": "ID"},
                {"name": "U", "columns": {"ID": "BIGINT NOT NULL", "AT": "TIMESTAMP(6)"}, "primary_key": "ID"},
            ],
            "sink": {"kind": "csv", "directory": str(directory)},
        },
    }


def deploy(cluster: FlinkCluster, job: dict[str, Any], **arguments: Any) -> dict[str, Any]:
    """Hand a pipeline to flink_job, as the role does."""
    found = flink_pipeline(job, cluster.cluster_id)
    return cluster.module(
        "flink_job",
        name=job["name"],
        sql=found["sql"],
        configuration=found["configuration"],
        secrets=dict.fromkeys(found["secrets"], PASSWORD),
        sql_gateways=cluster.sql_gateways,
        **arguments,
    )


@pytest.mark.long
def test_flink_plans_the_pipeline_of_oracle_with_its_real_connector(running: FlinkCluster, tmp_path: Path) -> None:
    told = deploy(running, oracle_job(1521, tmp_path), _ansible_check_mode=True)
    assert told.get("plan", {}).get("action") == "submit", told


@pytest.mark.long
def test_an_option_that_the_connector_does_not_know_is_told_before_anything_is_started(
    running: FlinkCluster, tmp_path: Path
) -> None:
    told = deploy(running, oracle_job(1521, tmp_path, **{"log.minning": "x"}), _ansible_check_mode=True)
    assert "log.minning" in told["msg"]
    assert PASSWORD not in str(told["msg"])


@pytest.mark.long
def test_a_job_that_loses_its_oracle_says_so_and_is_started_again(running: FlinkCluster, tmp_path: Path) -> None:
    # No server is behind the proxy: a client that connects is cut off in the middle.
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_hang_up, args=(server,), daemon=True).start()
        told = deploy(running, oracle_job(server.getsockname()[1], tmp_path), timeout=180.0)
    assert told["failed"]
    assert any(word in str(told["msg"]) for word in ("SQLRecoverableException", "IO Error", "Connection", "connect"))
    running.module("flink_job", name="oracle", state="absent")


def _hang_up(server: socket.socket) -> None:
    while True:
        try:
            connection, _address = server.accept()
            connection.recv(16)
            connection.close()
        except OSError:
            return


# -- MariaDB -----------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_mariadb_goes_into_files_whole_through_every_fault(
    new_cluster: Callable[..., FlinkCluster], tmp_path: Path
) -> None:
    database = MariaDB()
    proxy = Proxy(database.port)
    try:
        database.execute("CREATE TABLE accounts (id INT PRIMARY KEY, balance DECIMAL(12,2), note VARCHAR(40))")
        database.execute("INSERT INTO accounts SELECT seq, 0, NULL FROM seq_1_to_200")
        job = pgbench_job(proxy.port, tmp_path, "ledger", kind="mysql-cdc")
        job["pipeline"]["tables"] = ["accounts"]
        cluster = smaller(new_cluster(flink_jobs=[job], demo_enabled=False))
        try:
            run = cluster.playbook("site.yml")
            assert run.code == 0, run.trouble
            for fault in ("none", "leader_kill", "leader_term", "taskmanager_kill", "zookeeper_kill", "restart", "cut"):
                _change_accounts(database, fault)
                _maria_fault(cluster, database, proxy, fault)
                _change_accounts(database, fault)
                eventually(lambda: _maria_equal(database, tmp_path), 300, f"the replay equals the table after {fault}")
        finally:
            cluster.playbook(
                "reset.yml", flink_reset_confirm=cluster.variables["flink_cluster_name"], flink_reset_running_jobs=True
            )
    finally:
        proxy.close()
        database.close()


def _change_accounts(database: MariaDB, note: str) -> None:
    for number in range(1, 200):
        database.execute(f"UPDATE accounts SET balance = balance + {number}.25, note = '{note}' WHERE id = {number}")
    database.execute(
        "DELETE FROM accounts WHERE id > 190", "INSERT INTO accounts SELECT seq, 1, '' FROM seq_191_to_200"
    )


def _maria_fault(cluster: FlinkCluster, database: MariaDB, proxy: Proxy, fault: str) -> None:
    if fault == "leader_kill":
        kill_leader(cluster)
    elif fault == "leader_term":
        kill_leader(cluster, signal.SIGTERM)
    elif fault == "taskmanager_kill":
        assert cluster.kill_daemon("tm1", "taskmanager")
    elif fault == "zookeeper_kill":
        kill_zookeeper_leader(cluster)
    elif fault == "restart":
        database.restart()
    elif fault == "cut":
        proxy.cut()
        deadline = time.monotonic() + 60
        eventually(lambda: time.monotonic() > deadline, 90, "a minute without a connection")
        proxy.repair()


def _maria_equal(database: MariaDB, output: Path) -> bool:
    check = checker()
    connection = database.connect("root")
    try:
        wanted = check.table_rows(connection, "accounts", "`")
    finally:
        connection.close()
    found, _changes, broken = check.replay(output / "accounts")
    told = check.judge(wanted, found)
    return bool(told["missing"] == told["doubled"] == broken == 0)


# -- Kafka to Kafka --------------------------------------------------------------------------------------------------

COUNT = "SELECT account, COUNT(*) OVER w AS n FROM events WINDOW w AS ("
COUNT += "PARTITION BY account ORDER BY `__seen` ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"


def count_job(broker: Kafka) -> dict[str, Any]:
    return {
        "name": "count",
        "parallelism": 2,
        "configuration": {"execution.checkpointing.interval": "2 s"},
        "pipeline": {
            "source": {"kind": "kafka", "bootstrap_servers": broker.bootstrap},
            "tables": [
                {
                    "name": "events",
                    "columns": {"account": "STRING"},
                    "select": COUNT,
                    "result": {"account": "STRING", "n": "BIGINT"},
                    "into": "counts",
                }
            ],
            "sink": {"kind": "kafka", "bootstrap_servers": broker.bootstrap},
        },
    }


def counted(broker: Kafka, wanted: dict[str, int]) -> bool:
    """Whether each account has been counted from one to its last event, each number once."""
    seen: dict[str, list[int]] = {}
    for value in broker.committed("counts"):
        row = json.loads(value)
        seen.setdefault(row["account"], []).append(row["n"])
    for numbers in seen.values():
        assert len(numbers) == len(set(numbers)), "a result is there twice"
    return {account: sorted(numbers) for account, numbers in seen.items()} == {
        account: list(range(1, number + 1)) for account, number in wanted.items()
    }


@pytest.mark.long
def test_brokers_tell_what_would_end_the_job_later() -> None:
    broker = Kafka(authorizer=True, **{"transaction.max.timeout.ms": 600_000})
    try:
        broker.create("events", "closed")
        broker.deny("closed", "WRITE")
        asked = {"bootstrap_servers": broker.bootstrap, "reads": ["events", "lacking"], "writes": ["closed"]}
        told = run_module("flink_broker_info", **asked, transaction_timeout=900_000)
        limit, lacking, closed = told["problems"]
        assert "may take 15 min" in limit
        assert "set transaction_timeout: 10 min, or transaction.max.timeout.ms=900000" in limit
        assert f"--bootstrap-server {broker.bootstrap} --create --topic lacking" in lacking
        assert "does not permit Write on the topic closed" in closed
        sound = run_module("flink_broker_info", bootstrap_servers=broker.bootstrap, reads=["events"])
        assert (sound["problems"], sound["warnings_found"]) == ([], [])
    finally:
        broker.close()
    gone = run_module("flink_broker_info", **asked)
    assert "none of the brokers answered" in gone["msg"]


@pytest.mark.long
@pytest.mark.parametrize("brokers", [1, 3])
def test_a_reader_of_what_is_committed_sees_each_result_once_through_every_fault(
    new_cluster: Callable[..., FlinkCluster], brokers: int
) -> None:
    broker = Kafka(brokers=brokers)
    try:
        broker.create("events", "counts")
        cluster = with_quorum(smaller(new_cluster(flink_jobs=[count_job(broker)], demo_enabled=False)))
        try:
            run = cluster.playbook("site.yml")
            assert run.code == 0, run.trouble
            _count_through_faults(cluster, broker)
        finally:
            cluster.playbook(
                "reset.yml", flink_reset_confirm=cluster.variables["flink_cluster_name"], flink_reset_running_jobs=True
            )
    finally:
        broker.close()


def _count_through_faults(cluster: FlinkCluster, broker: Kafka) -> None:
    wanted: dict[str, int] = {}

    def feed() -> None:
        for number in range(500):
            wanted[f"a{number % 7}"] = wanted.get(f"a{number % 7}", 0) + 1
        broker.send("events", [json.dumps({"account": f"a{number % 7}"}).encode() for number in range(500)])

    feed()
    eventually(lambda: counted(broker, wanted), 180, "all results before any fault")
    promql.await_export({promql.PENDING}, lambda: promql.exported(cluster))
    faults: list[Callable[[], object]] = [
        lambda: kill_leader(cluster),
        lambda: kill_leader(cluster, signal.SIGTERM),
        lambda: cluster.kill_daemon("tm1", "taskmanager"),
        lambda: kill_zookeeper_leader(cluster),
        lambda: broker.restart(1),
    ]
    for fault in faults:
        feed()
        fault()
        feed()
        eventually(lambda: counted(broker, wanted), 300, "every result once after a fault")
