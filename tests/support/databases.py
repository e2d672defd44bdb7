"""Databases and a proxy for the tests: started on the loopback interface, by themselves, and gone afterwards."""

from __future__ import annotations

import contextlib
import os
import pwd
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Any

from debian import library_path, unpacked
from real_cluster import eventually, free_base

PASSWORD = "not-in-any-log"


def other_user() -> str | None:
    """Databases refuse to run as root: then they run as an account that owns nothing."""
    return "nobody" if os.geteuid() == 0 else None


class Daemon:
    """A process of its own group in a directory of its own."""

    def __init__(self, name: str, directory: Path | None = None, port: int = 0) -> None:
        self.directory = directory or Path(tempfile.mkdtemp(prefix=f"streamops-{name}-"))
        self.port = port or free_base()
        self.process: subprocess.Popen[bytes] | None = None
        self.user = other_user()
        self.environment: dict[str, str] = {}

    def own(self) -> None:
        if self.user is not None:
            uid = pwd.getpwnam(self.user).pw_uid
            for path in (self.directory, *self.directory.rglob("*")):
                os.chown(path, uid, -1, follow_symlinks=False)

    def programs(self, root: Path) -> Path:
        """Unpacked packages where the user of the daemon reaches them: the cache is in a home that others may not."""
        if self.user is None:
            return root
        return Path(shutil.copytree(root, self.directory / "programs", symlinks=True, dirs_exist_ok=True))

    def run(self, *command: str, check: bool = True, **more: Any) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
            user=self.user,
            cwd=self.directory,
            env=self._environment(),
            **more,
        )
        if check and done.returncode:
            raise AssertionError(f"{' '.join(command)}: {done.stdout}{done.stderr}")
        return done

    def spawn(self, *command: str) -> None:
        with (self.directory / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                user=self.user,
                cwd=self.directory,
                env=self._environment(),
                start_new_session=True,
            )

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "HOME": str(self.directory), "LC_ALL": "C.UTF-8", **self.environment}

    def send(self, number: int) -> None:
        if self.process is not None and self.process.poll() is None:
            os.kill(self.process.pid, number)

    def end(self, number: int = signal.SIGINT) -> None:
        self.send(number)
        if self.process is not None:
            self.process.wait(timeout=60)

    def log(self) -> str:
        return (self.directory / "log").read_text(errors="replace")

    def close(self) -> None:
        self.end(signal.SIGKILL)
        shutil.rmtree(self.directory, ignore_errors=True)


class Postgres(Daemon):
    """PostgreSQL with logical decoding, a superuser ``postgres`` and a user ``flink`` that may replicate."""

    def __init__(self, wal_level: str = "logical", directory: Path | None = None, port: int = 0) -> None:
        super().__init__("postgres", directory, port)
        self.wal_level = wal_level
        self.bin = self._programs()
        self.data = self.directory / "data"
        if self.data.is_dir():
            self.start()
            return
        secret = self.directory / "password"
        secret.write_text(PASSWORD)
        self.own()
        self.run(
            str(self.bin / "initdb"), "-D", str(self.data), "-U", "postgres", "--pwfile", str(secret), "-A", "md5", "-N"
        )
        self.start()
        self.execute(
            f"CREATE USER flink REPLICATION LOGIN PASSWORD '{PASSWORD}'",
            "CREATE DATABASE shop OWNER flink",
            database="postgres",
        )

    def _programs(self) -> Path:
        installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
        if installed:
            return installed[-1].parent
        root = self.programs(unpacked("postgresql", ["postgresql", "postgresql-15", "postgresql-client-15"]))
        self.environment["LD_LIBRARY_PATH"] = library_path(root)
        return next(root.glob("usr/lib/postgresql/*/bin"))

    def start(self) -> None:
        options = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self.directory,
            "wal_level": self.wal_level,
            "max_replication_slots": 20,
            "max_wal_senders": 20,
            "fsync": "off",
            "jit": "off",
        }
        settings = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
        self.spawn(str(self.bin / "postgres"), "-D", str(self.data), *settings)
        eventually(self._answers, 60, "PostgreSQL answers")

    def _answers(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            raise AssertionError(self.log())
        command = [str(self.bin / "pg_isready"), "-h", "127.0.0.1", "-p", str(self.port), "-q"]
        return self.run(*command, check=False).returncode == 0

    def restart(self) -> None:
        """A fast shutdown, as an administrator would do it, and a start."""
        self.end(signal.SIGINT)
        self.start()

    def connect(self, user: str = "flink", database: str = "shop") -> Any:
        import pg8000.dbapi

        return pg8000.dbapi.connect(
            user=user, password=PASSWORD, host="127.0.0.1", port=self.port, database=database, timeout=60
        )

    def execute(self, *statements: str, user: str = "postgres", database: str = "shop") -> None:
        connection = self.connect(user, database)
        connection.autocommit = True
        try:
            for statement in statements:
                connection.cursor().execute(statement)
        finally:
            connection.close()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        connection = self.connect()
        try:
            cursor = connection.cursor()
            cursor.execute(query)
            return [tuple(row) for row in cursor.fetchall()]
        finally:
            connection.close()

    def pgbench(self, *arguments: str) -> subprocess.Popen[bytes]:
        """pgbench as the user ``flink``; it is up to the caller to wait for it."""
        command = [str(self.bin / "pgbench"), "-h", "127.0.0.1", "-p", str(self.port), "-U", "flink", *arguments]
        with (self.directory / "pgbench.log").open("ab") as log:
            return subprocess.Popen(
                [*command, "shop"], stdout=log, stderr=log, env={**self._environment(), "PGPASSWORD": PASSWORD}
            )


class MariaDB(Daemon):
    """MariaDB with a row-based binary log and a user ``flink`` that may read it."""

    def __init__(self, *options: str) -> None:
        super().__init__("mariadb")
        self.options = options
        self.data = self.directory / "data"
        root = self.programs(unpacked("mariadb", ["mariadb-server-core", "mariadb-client-core"]))
        self.environment["LD_LIBRARY_PATH"] = library_path(root)
        self.share = root / "usr" / "share" / "mysql"
        self.server = root / "usr" / "sbin" / "mariadbd"
        self.data.mkdir()
        (self.data / "mysql").mkdir()
        (self.directory / "tmp").mkdir()
        self.own()
        self._bootstrap()
        self.start()

    def _bootstrap(self) -> None:
        """What mariadb-install-db does, of which the packages have the tables only."""
        files = ("mariadb_system_tables.sql", "mariadb_system_tables_data.sql", "fill_help_tables.sql")
        old = ("mysql_system_tables.sql", "mysql_system_tables_data.sql", "fill_help_tables.sql")
        names = files if (self.share / files[0]).is_file() else old
        script = "use mysql;\n" + "\n".join((self.share / name).read_text() for name in names)
        script += f"""
            FLUSH PRIVILEGES;
            CREATE DATABASE shop;
            CREATE OR REPLACE USER 'root'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';
            GRANT ALL ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION;
            CREATE OR REPLACE USER 'flink'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';
            GRANT SELECT, RELOAD, REPLICATION SLAVE, REPLICATION CLIENT, SHOW DATABASES
                ON *.* TO 'flink'@'127.0.0.1';
        """
        self.run(*self._command("--bootstrap", "--skip-networking", "--skip-log-bin"), input=script)

    def _command(self, *options: str) -> list[str]:
        return [
            str(self.server),
            "--no-defaults",
            f"--datadir={self.data}",
            f"--lc-messages-dir={self.share / 'english'}",
            f"--character-sets-dir={self.share / 'charsets'}",
            f"--tmpdir={self.directory / 'tmp'}",
            "--innodb-flush-log-at-trx-commit=0",
            *options,
        ]

    def start(self) -> None:
        self.spawn(
            *self._command(
                f"--port={self.port}",
                "--bind-address=127.0.0.1",
                f"--socket={self.directory / 'socket'}",
                "--skip-name-resolve",
                "--server-id=1",
                "--log-bin=binlog",
                "--binlog-format=ROW",
                "--binlog-row-image=FULL",
                *self.options,
            )
        )
        eventually(self._answers, 60, "MariaDB answers")

    def _answers(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            raise AssertionError(self.log())
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as probe:
            return bool(probe.recv(1))

    def restart(self) -> None:
        self.end(signal.SIGTERM)
        self.start()

    def connect(self, user: str = "flink", database: str = "shop") -> Any:
        import pymysql

        return pymysql.connect(
            user=user, password=PASSWORD, host="127.0.0.1", port=self.port, database=database, autocommit=True
        )

    def execute(self, *statements: str, user: str = "root", database: str = "shop") -> None:
        connection = self.connect(user, database)
        try:
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
        finally:
            connection.close()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        connection = self.connect("root")
        try:
            with connection.cursor() as cursor:
                cursor.execute(query)
                return [tuple(row) for row in cursor.fetchall()]
        finally:
            connection.close()


class Proxy:
    """Hands bytes through to another port, until it is cut: then it closes what is open and takes nothing more.

    One that is deaf keeps what is open, and loses what is said.
    """

    def __init__(self, target: int, first_bytes: bytes = b"") -> None:
        self.target = target
        self.port = free_base()
        self._first = first_bytes
        self._open: list[socket.socket] = []
        self._listener: socket.socket | None = None
        self.connections = 0
        self.deaf = threading.Event()
        # What was lost, in bytes.
        self.lost = 0
        self.repair()

    def repair(self) -> None:
        listener = socket.create_server(("127.0.0.1", self.port))
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def cut(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        self._open = []

    close = cut

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _address = listener.accept()
                far = socket.create_connection(("127.0.0.1", self.target), timeout=10)
                far.settimeout(None)
            except OSError:
                if self._listener is not listener:
                    return
                continue
            self.connections += 1
            self._open += [near, far]
            threading.Thread(target=self._copy, args=(near, far), daemon=True).start()

    def _copy(self, near: socket.socket, far: socket.socket) -> None:
        ways = {near: far, far: near}
        try:
            while True:
                for source in select.select([near, far], [], [])[0]:
                    data = source.recv(65536)
                    if not data:
                        return
                    if self.deaf.is_set():
                        self.lost += len(data)
                    else:
                        ways[source].sendall(data)
        except (OSError, ValueError):
            return
        finally:
            near.close()
            far.close()
