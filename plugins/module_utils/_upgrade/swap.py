# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether site.yml may put the binaries of another version under a cluster."""

from __future__ import annotations

from collections.abc import Sequence

from .._base.errors import FlinkError
from .._base.versions import series
from .._cluster.client import Cluster
from .._jobs import targets as _targets
from .record import Upgrade, read


def refuse_site(cluster: Cluster, wanted: str, deployed: str, jobs: Sequence[str]) -> None:
    """site.yml asks before it changes anything."""
    suspended = [one.name for one in _targets.records(cluster) if one.state == "suspended"] if deployed else []
    refuse_swap(cluster.settings.cluster_id, read(cluster), deployed, wanted, jobs, suspended)


def refuse_swap(
    cluster_id: str, found: Upgrade | None, deployed: str, wanted: str, jobs: Sequence[str], suspended: Sequence[str]
) -> None:
    """What site.yml must not do: put other binaries under jobs, or go on where an upgrade has stopped."""
    if found is not None and found.unfinished:
        raise FlinkError(
            f"an upgrade of cluster {cluster_id} from Flink {found.old} to {found.new} is half done (it is"
            f" {found.phase}); nothing was changed: run playbooks/upgrade.yml -e flink_upgrade_version={found.new}"
            " again, which finishes it or takes it back",
            phase=found.phase,
        )
    if not deployed or deployed == wanted:
        return
    older = series(wanted) < series(deployed)
    held = [*jobs, *(suspended if older else ())]
    if held:
        way = (
            "its state cannot be read by an older Flink"
            if older
            else f"to go to {wanted}, run playbooks/upgrade.yml -e flink_upgrade_version={wanted} with it"
        )
        raise FlinkError(
            f"cluster {cluster_id} runs Flink {deployed} with {len(held)} job(s) ({', '.join(held)}), and the inventory"
            f" says flink_version {wanted}: with other binaries they would be lost; nothing was changed: set"
            f" flink_version: {deployed}; {way}",
            deployed=deployed,
            jobs=list(held),
        )
