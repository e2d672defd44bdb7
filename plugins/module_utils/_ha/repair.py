# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has been found is moved out of the next leader's way, with a receipt, and can be put back. Nothing is deleted.

Files are moved on a host that can read the storage and has nothing but Python; only nodes need ZooKeeper.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._base.errors import FlinkError, NodeExists
from .._base.files import write_file
from .._base.paths import local_path
from .._base.times import iso_now
from .._cluster.client import Cluster
from .._cluster.quorum import clean_path
from .storage import result_of

QUARANTINE = ".quarantine"
RECEIPT = ".receipt.json"
FORMAT = 1
STORAGE, ZOOKEEPER = "storage", "zookeeper"
# What may be moved: a result, or the node of a job or of a checkpoint.
MOVABLE = {
    STORAGE: frozenset({"dirty_result", "old_result"}),
    ZOOKEEPER: frozenset({"damaged_graph", "missing_graph", "orphan_job", "other_version", "missing_checkpoint"}),
}


@dataclass(frozen=True)
class Move:
    """Something that was moved, or would be, and what says so."""

    subject: str
    place: str
    target: str
    receipt: str
    sentence: str = ""

    def as_dict(self) -> dict[str, str]:
        return dict(vars(self))


def _receipt(finding: Mapping[str, str], target: str, by: str, **more: Any) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "kind": finding["kind"],
        "subject": finding["subject"],
        "sentence": finding.get("sentence", ""),
        "target": target,
        "at": iso_now(),
        "by": by,
        **more,
    }


def check(finding: Mapping[str, str]) -> None:
    """Whether a finding is of a kind that is repaired by moving it."""
    kinds = MOVABLE.get(finding.get("place", ""), frozenset())
    if finding.get("kind") not in kinds:
        raise FlinkError(
            f"{finding.get('subject') or 'a finding'} is not repaired by moving it ({finding.get('kind')}):"
            f" {finding.get('remedy') or 'take the findings as flink_ha_info returns them'}; nothing was moved"
        )


# -- files -----------------------------------------------------------------------------------------------------------


def quarantine_file(finding: Mapping[str, str], by: str, *, dry: bool) -> Move | None:
    """Move a result next to its store; None when it is not there any more."""
    path = local_path(finding["subject"])
    if path is None or not path.parent.is_dir():
        raise FlinkError(
            f"{finding['subject']} cannot be moved from here: this host cannot read that storage; run the module on"
            " one that can"
        )
    try:
        found = result_of(path)
    except OSError as error:
        raise FlinkError(f"{path} cannot be read ({error.strerror or error}): nothing was moved") from error
    if found is None:
        return None
    if finding["kind"] == "dirty_result" and found.application_id:
        # Flink itself has put it in order.
        return None
    target = _free(path.parent.with_name(path.parent.name + QUARANTINE) / path.name)
    receipt = target.with_name(target.name + RECEIPT)
    move = Move(str(path), STORAGE, str(target), str(receipt), finding.get("sentence", ""))
    if dry:
        return move
    try:
        content = path.read_bytes()
        target.parent.mkdir(parents=True, exist_ok=True)
        # The receipt first: a file in quarantine without one could not be put back.
        text = _receipt(finding, str(target), by, sha256=hashlib.sha256(content).hexdigest())
        write_file(receipt, json.dumps(text, indent=2) + "\n", 0o644)
        path.rename(target)
    except OSError as error:
        raise FlinkError(
            f"{path} could not be moved to {target} ({error.strerror or error}): move it away by hand before a"
            " JobManager fails"
        ) from error
    return move


def _free(target: Path) -> Path:
    """A name that is not taken by an earlier file of the same name."""
    number = 0
    found = target
    while found.exists():
        number += 1
        found = target.with_name(f"{target.name}.{number}")
    return found


def restore_file(receipt: str, *, dry: bool) -> Move:
    """Put a file back to where its receipt says that it was."""
    path = Path(receipt)
    try:
        content = _parsed(path.read_text(encoding="utf-8"), receipt)
    except OSError as error:
        raise FlinkError(
            f"the receipt {receipt} cannot be read ({error.strerror or error}): nothing was put back"
        ) from error
    subject, target = Path(content["subject"]), Path(content["target"])
    if subject.exists():
        raise FlinkError(f"{target} is not put back: {subject} is there again; nothing was changed")
    try:
        digest = hashlib.sha256(target.read_bytes()).hexdigest()
        if digest != content.get("sha256"):
            raise FlinkError(f"{target} is not put back: it is not what its receipt {receipt} was written for")
        move = Move(str(subject), STORAGE, str(target), receipt, str(content.get("sentence", "")))
        if not dry:
            target.rename(subject)
            path.unlink()
    except OSError as error:
        raise FlinkError(f"{target} could not be put back to {subject}: {error.strerror or error}") from error
    return move


def _parsed(text: str | bytes, receipt: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
        if not isinstance(content, dict) or content["format"] != FORMAT:
            raise ValueError
        if not isinstance(content["subject"], str) or not isinstance(content["target"], str):
            raise TypeError
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise FlinkError(f"{receipt} is not a receipt of this collection: nothing was put back") from error
    return content


# -- nodes -----------------------------------------------------------------------------------------------------------


def quarantine_node(cluster: Cluster, finding: Mapping[str, str], by: str, *, dry: bool) -> Move | None:
    """Copy a node into quarantine and take it out of Flink's tree; None when it is not there any more."""
    path = clean_path(finding["subject"])
    if not path.startswith(cluster.root + "/"):
        raise FlinkError(f"{path} is not a node of the cluster {cluster.settings.cluster_id}: nothing was moved")
    node = cluster.zk.find(path)
    if node is None:
        return None
    name = path.removeprefix(cluster.root + "/").replace("/", "--")
    receipt = cluster.records.path("quarantine", name)
    move = Move(path, ZOOKEEPER, receipt, receipt, finding.get("sentence", ""))
    if dry:
        return move
    content = _receipt(finding, receipt, by, data=base64.b64encode(node.data).decode("ascii"))
    known = cluster.records.read("quarantine", name)
    cluster.records.write("quarantine", name, content, known.version if known is not None else None)
    # Below it are locks only, of the JobManagers that have read it.
    for child in reversed(cluster.zk.tree(path)[1:]):
        cluster.zk.delete(child)
    cluster.zk.delete(path, node.version)
    return move


def restore_node(cluster: Cluster, receipt: str, *, dry: bool) -> Move:
    """Put a node back to where its receipt says that it was."""
    path = clean_path(receipt)
    if not path.startswith(cluster.records.path("quarantine") + "/"):
        raise FlinkError(f"{path} is not a receipt of the cluster {cluster.settings.cluster_id}: nothing was put back")
    kept = cluster.zk.find(path)
    if kept is None:
        raise FlinkError(f"there is no receipt {path} in ZooKeeper: nothing was put back")
    content = _parsed(kept.data, path)
    move = Move(content["subject"], ZOOKEEPER, path, path, str(content.get("sentence", "")))
    if cluster.zk.exists(content["subject"]):
        raise FlinkError(f"{path} is not put back: {content['subject']} is there again; nothing was changed")
    if not dry:
        try:
            cluster.zk.create(content["subject"], base64.b64decode(content["data"]))
        except NodeExists as error:
            raise FlinkError(f"{path} is not put back: {content['subject']} is there again") from error
        cluster.zk.delete(path, kept.version)
    return move
