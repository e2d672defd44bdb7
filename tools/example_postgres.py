"""A PostgreSQL on the loopback interface for the example inventories/examples/postgres.yml.

python tools/example_postgres.py up       start it and fill it with the tables of pgbench
python tools/example_postgres.py load     change rows for half a minute
python tools/example_postgres.py check    replay the files of the pipeline and compare them with the tables
python tools/example_postgres.py down     stop it and remove it
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
for place in (ROOT / "tests" / "support", ROOT / ".venv" / "collections"):
    sys.path.insert(0, str(place))

from databases import PASSWORD, Postgres

PORT = 15432
# Another user runs the database, and may not look into the checkout.
DIRECTORY = Path(tempfile.gettempdir()) / "streamops-example-postgres"
STATE = Path(os.environ.get("XDG_STATE_HOME") or Path("~/.local/state").expanduser())
OUTPUT = STATE / "streamops-flink-local" / "examples" / "bank"
TABLES = ("pgbench_accounts", "pgbench_tellers", "pgbench_branches")


def server() -> int:
    """The process that runs, 0 for none."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        pid = int((DIRECTORY / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, 0)
        return pid
    return 0


def up() -> int:
    if server():
        print(f"PostgreSQL runs already on 127.0.0.1:{PORT}")
        return 0
    fresh = not (DIRECTORY / "data").is_dir()
    DIRECTORY.mkdir(mode=0o755, exist_ok=True)
    database = Postgres(directory=DIRECTORY, port=PORT)
    if fresh:
        if database.pgbench("-i", "-s", "1", "-q").wait(timeout=300):
            print(f"error: pgbench failed, see {DIRECTORY}/pgbench.log", file=sys.stderr)
            return 1
        for table in TABLES:
            database.execute(f"ALTER TABLE {table} REPLICA IDENTITY FULL")
    print(f"PostgreSQL runs on 127.0.0.1:{PORT}, database shop, user flink, password {PASSWORD}")
    print("next: make site ARGS='-e @inventories/examples/postgres.yml'")
    return 0


def load() -> int:
    database = Postgres.__new__(Postgres)
    # What runs already is not started again.
    super(Postgres, database).__init__("postgres", DIRECTORY, PORT)
    database.bin = database._programs()
    return database.pgbench("-n", "-c", "2", "-T", "30", "-R", "40").wait(timeout=120)


def check() -> int:
    command = [sys.executable, str(ROOT / "roles/jobs/files/check_changes.py"), "--kind", "postgres-cdc"]
    command += ["--host", "127.0.0.1", "--port", str(PORT), "--database", "shop", "--user", "flink", "--wait", "120"]
    pairs = [f"{table}={OUTPUT / table}" for table in TABLES]
    return subprocess.call([*command, *pairs], env={**os.environ, "SOURCE_PASSWORD": PASSWORD})


def down() -> int:
    pid = server()
    if pid:
        os.kill(pid, signal.SIGINT)
    deadline = time.monotonic() + 60
    while server() and time.monotonic() < deadline:
        os.sched_yield()
    shutil.rmtree(DIRECTORY, ignore_errors=True)
    print("PostgreSQL is gone")
    return 0


if __name__ == "__main__":
    actions = {"up": up, "load": load, "check": check, "down": down}
    if len(sys.argv) != 2 or sys.argv[1] not in actions:
        sys.exit(__doc__)
    sys.exit(actions[sys.argv[1]]())
