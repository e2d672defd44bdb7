# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a cluster keeps its state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from .._base.errors import FlinkError

# --- Storage -----------------------------------------------------------------------------------------------------


def storage_url(values: Mapping[str, Any], name: str = "flink_storage_url") -> str:
    """The URL of storage which every node reaches under the same name."""
    text = str(values[name]).strip().rstrip("/")
    parts = urlsplit(text)
    if not parts.scheme or (parts.scheme == "file" and not parts.path.startswith("/")):
        raise FlinkError(
            f"cannot use variable {name}: {text!r} is not a valid URL; write file:///path for a directory that all"
            " nodes share, or the URL of an object store or of HDFS"
        )
    return text


def below_storage(values: Mapping[str, Any], name: str, directory: str) -> str:
    """The URL in a variable of its own, or a directory below the common one."""
    if values[name]:
        return storage_url(values, name)
    return f"{storage_url(values)}/{directory}"


def upload_dir(values: Mapping[str, Any], daemon_dir: str) -> str:
    """Where JobManagers keep uploaded jars: shared if possible, or a standby knows nothing of them."""
    if values["flink_upload_dir"]:
        return str(values["flink_upload_dir"])
    parts = urlsplit(storage_url(values))
    return f"{parts.path}/upload" if parts.scheme == "file" and not parts.netloc else f"{daemon_dir}/data/upload"
