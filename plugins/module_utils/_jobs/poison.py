# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Flink 2.3 leaves behind when a job cannot be initialised, and how it is taken away before it does harm.

The result of such a job stays in the job result store without the id of its application. The next leader cannot read
it and ends, and so does every JobManager that is started after it. Moved away in time it does nothing.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from .._base.errors import Expired, FlinkError, NotYet
from .._base.paths import local_path
from .._base.snapshots import visible
from .._base.wait import Deadline, wait_for
from .run import Run

FIRST_VERSION = (2, 3)
STORE = ("job-result-store.storage-path",)
STORAGE = ("high-availability.storageDir",)
CLUSTER_ID = ("high-availability.cluster-id",)
QUARANTINE = ".quarantine"
# A result that is in order is taken away by Flink itself in a moment.
PATIENCE = 5.0


def defuse(run: Run, job_id: str) -> None:
    """Take the result of a job that could not be initialised out of the next leader's way."""
    if not _is_affected(run.flink_version):
        return
    where = _store(run)
    file = f"{job_id}_DIRTY.json"
    if not visible(where):
        run.result.warnings.append(
            f"this Flink may have left {where}/{file} behind, which would stop every JobManager at the next change of"
            " the leader, and this host cannot read that storage: move the file away if it is there"
        )
        return
    directory = local_path(where)
    if directory is None or not _stays(run, directory / file):
        return
    target = directory.with_name(directory.name + QUARANTINE) / file
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        (directory / file).rename(target)
    except OSError as error:
        raise FlinkError(
            f"Flink left {directory / file} behind, which will stop every JobManager at the next change of the leader,"
            f" and it could not be moved away ({error.strerror or error}): move it away before that",
            poison=str(directory / file),
        ) from error
    run.result.warnings.append(
        f"Flink left the result of the failed job {job_id} behind, which would have stopped every JobManager at the"
        f" next change of the leader: it was moved to {target}"
    )


def _is_affected(version: str) -> bool:
    found = re.match(r"(\d+)\.(\d+)", version)
    return found is not None and (int(found[1]), int(found[2])) >= FIRST_VERSION


def _store(run: Run) -> str:
    own = run.configured(STORE)
    if own:
        return own.rstrip("/")
    storage, cluster_id = run.configured(STORAGE).rstrip("/"), run.configured(CLUSTER_ID).strip("/")
    return f"{storage}/job-result-store/{cluster_id}"


def _stays(run: Run, file: Path) -> bool:
    """Whether a result is there that no leader can read. One that is in order is left alone, or gone in a moment."""

    def probe() -> bool:
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return False
        except (OSError, ValueError):
            raise NotYet(f"{file} cannot be read") from None
        result = content.get("result") if isinstance(content, dict) else None
        if isinstance(result, dict) and result.get("application-id"):
            return False
        raise NotYet(f"{file} is still there")

    try:
        return wait_for(probe, Deadline(PATIENCE), f"the end of {file}", interval=0.25)
    except Expired:
        return True
