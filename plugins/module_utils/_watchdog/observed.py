# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a watchdog reads in addition to the jobs: who leads, maintenance, backups and certificates."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from .._backup import note as _backup_note
from .._base.errors import ZooKeeperError
from .._base.wait import Deadline
from .._cluster.client import Cluster
from .._cluster.maintenance import Window
from .._health.model import Sample
from . import certificates as _certificates
from .config_file import Config
from .journal import Journal

READ_SECONDS = 5.0
# Backups are made once a day, and tested less often.
BACKUP_SECONDS = 60.0
# Certificates last for months, and are replaced at any time.
CERTIFICATES_SECONDS = 300.0


class Observed:
    """Each value is replaced as a whole, so that the endpoint may read it at any time."""

    def __init__(self, config: Config, journal: Journal) -> None:
        self.leader = ""
        self.leader_changes = 0
        self.maintenance = False
        self.backup: _backup_note.Note | None = None
        self.restore_test: _backup_note.Note | None = None
        self.certificates: Mapping[str, float] = {}
        self._connection = config.connection
        self._journal = journal
        self._backup_due = Deadline(0)
        self._certificates_due = Deadline(0)

    def see_leader(self, sample: Sample) -> None:
        if sample.leader and sample.leader != self.leader:
            if self.leader:
                self.leader_changes += 1
                self._journal.line("leader_changed", {"leader": sample.leader_name})
            self.leader = sample.leader

    def see_maintenance(self, windows: Sequence[Window]) -> None:
        if bool(windows) != self.maintenance:
            self.maintenance = bool(windows)
            event = "maintenance_begins" if windows else "maintenance_ends"
            self._journal.note(event, {"windows": [one.as_dict() for one in windows]})

    def see_backups(self, cluster: Cluster) -> None:
        if not self._backup_due.expired:
            return
        self._backup_due = Deadline(BACKUP_SECONDS)
        try:
            deadline = Deadline(READ_SECONDS)
            self.backup = _backup_note.last(cluster, _backup_note.BACKUP, deadline)
            self.restore_test = _backup_note.last(cluster, _backup_note.RESTORE_TEST, deadline)
        except ZooKeeperError as error:
            self._journal.trouble(error.message)

    def see_certificates(self) -> None:
        if not self._certificates_due.expired:
            return
        self._certificates_due = Deadline(CERTIFICATES_SECONDS)
        if _certificates.places(self._connection):
            # In a thread, because a server may not answer.
            threading.Thread(target=self._read_certificates, daemon=True, name="certificates").start()

    def _read_certificates(self) -> None:
        seen = _certificates.look(self._connection)
        for one in seen:
            if one.trouble:
                self._journal.trouble(one.trouble)
        # One that cannot be read now still ends when it was seen to end.
        self.certificates = {
            one.place: end for one in seen if (end := one.not_after or self.certificates.get(one.place)) is not None
        }
