# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module flink_backup does for each of its states."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from .._base.errors import FlinkError
from .._base.secrets import masked_file
from .._base.snapshots import inspect
from . import carry, s3, store

Params = Mapping[str, Any]
Result = dict[str, Any]
MACHINE = "this host"


def described(backup: store.Backup) -> Result:
    manifest = {key: value for key, value in backup.content.items() if key not in ("files", "seal")}
    about = {"id": backup.id, "directory": str(backup.directory), "bytes": backup.size, "files": len(backup.files)}
    return about | {"manifest": manifest}


def chosen(params: Params) -> store.Backup:
    """The backup that is meant; the version is looked at before its files are read."""
    root, name, version = Path(params["root"]), params["id"], params["flink_version"]
    backup = store.read(root / name) if name else store.newest(root)
    if version:
        store.check_version(backup, version)
    return backup


def bucket(params: Params) -> s3.Store:
    options = params["s3"]
    names = ("region", "access_key", "secret_key", "session_token", "credentials_file", "ca_path")
    access = s3.Access(options["endpoint_url"] or "", **{name: options[name] or "" for name in names})
    return s3.Store(s3.connect(access), options["bucket"], options["prefix"])


def check_room(params: Params, check: bool) -> Result:
    store.check_room(Path(params["root"]), params["bytes"], MACHINE)
    return {"changed": False}


def create(params: Params, check: bool) -> Result:
    request = store.Request(
        about=params["about"],
        jobs=params["jobs"],
        documents={name: masked_file(str(text)) for name, text in params["documents"].items()},
        artefacts={name: Path(str(path)) for name, path in params["artefacts"].items()},
    )
    if check:
        return {"changed": True}
    return {"changed": True, "backup": described(store.make(Path(params["root"]), request, MACHINE))}


def verify(params: Params, check: bool) -> Result:
    backup = chosen(params)
    store.verify(backup)
    return {"changed": False, "backup": described(backup)}


def restore(params: Params, check: bool) -> Result:
    if not params["savepoints"]:
        raise FlinkError("say to which directory the savepoints are restored, with savepoints")
    backup = chosen(params)
    savepoints = Path(params["savepoints"])
    places = {str(job["name"]): store.place_of(savepoints, backup, job) for job in backup.jobs}
    missing = [place for place in places.values() if inspect(str(place)) != "present"]
    if missing and not check:
        store.put_back(backup, savepoints, MACHINE, params["owner"] or "", params["group"] or "")
    urls = {name: f"file:{place}" for name, place in places.items()}
    return {"changed": bool(missing), "backup": described(backup), "places": urls}


def list_complete(params: Params, check: bool) -> Result:
    complete, _rest = store.everything(Path(params["root"]))
    backups = [{"id": one.id, "bytes": one.size, "seal": one.content["seal"]} for one in complete]
    return {"changed": False, "backups": backups}


def cut(params: Params, check: bool) -> Result:
    root, name = Path(params["root"]), _carried_id(params)
    if not check:
        carry.cut(store.read(root / name), Path(params["carrier"]), params["piece"], params["piece_bytes"])
    return {"changed": True}


def join(params: Params, check: bool) -> Result:
    root, name = Path(params["root"]), _carried_id(params)
    if check:
        return {"changed": True}
    complete = carry.join(root, name, Path(params["carrier"]), params["piece"], params["piece_bytes"])
    return {"changed": True} | ({"backup": described(complete)} if complete else {})


def _carried_id(params: Params) -> str:
    name = str(params["id"])
    if not store.is_id(name):
        raise FlinkError(f"{name!r} is not a valid name of a backup: it must look like 20261127T021530Z")
    return name


def upload(params: Params, check: bool) -> Result:
    there, backup = bucket(params), chosen(params)
    changed = store.MANIFEST not in there.keys(backup.id) if check else there.upload(backup)
    return {"changed": changed, "backup": described(backup), "location": there.where(backup.id)}


def download(params: Params, check: bool) -> Result:
    there, root, name = bucket(params), Path(params["root"]), params["id"]
    backup = there.read(name) if name else there.newest()
    target = root / backup.id
    result = {"backup": described(store.Backup(target, backup.content)), "location": there.where(backup.id)}
    if (target / store.MANIFEST).is_file():
        if store.read(target).content["seal"] != backup.content["seal"]:
            raise FlinkError(f"{target} is another backup than {there.where(backup.id)}: move one of them away")
        return {"changed": False, **result}
    if target.exists():
        raise FlinkError(f"{target} is there and is not a complete backup, so nothing was downloaded: move it away")
    if not check:
        there.download(backup, root, MACHINE)
    return {"changed": True, **result}


def prune(params: Params, check: bool) -> Result:
    if bool(params["root"]) == bool(params["s3"]):
        raise FlinkError("say where old backups are removed, with root or with s3, and not with both")
    # What has no manifest may be a backup that is being made; one that cannot be read is for people to look at.
    if params["s3"]:
        there = bucket(params)
        complete, rest = there.everything()
        unfinished = [name for name in rest if store.MANIFEST not in there.keys(name)]
        return _prune(params, check, complete, unfinished, there.remove, str)
    root = Path(params["root"])
    complete, paths = store.everything(root)
    unfinished = [path.name for path in paths if path.name.endswith(store.PART)]
    return _prune(
        params, check, complete, unfinished, lambda name: store.remove(root / name), lambda name: str(root / name)
    )


def _prune(
    params: Params,
    check: bool,
    complete: Sequence[store.Backup],
    unfinished: Sequence[str],
    remove: Callable[[str], None],
    shown: Callable[[str], str],
) -> Result:
    gone = store.superfluous(
        complete,
        keep=params["keep"],
        max_age_days=params["max_age"],
        now=datetime.now(timezone.utc),
        restored_from=params["restored_from"],
    )
    # Only what is older than the newest backup is left over from a run that was interrupted.
    left_over = [name for name in unfinished if complete and name < complete[-1].id]
    names = [one.id for one in gone] + left_over
    if not check:
        for name in names:
            remove(name)
    kept = [one.id for one in complete if one not in gone]
    return {"changed": bool(names), "removed": [shown(name) for name in names], "kept": kept}


STATES: dict[str, Callable[[Params, bool], Result]] = {
    "room": check_room,
    "created": create,
    "verified": verify,
    "restored": restore,
    "pruned": prune,
    "listed": list_complete,
    "cut": cut,
    "joined": join,
    "uploaded": upload,
    "downloaded": download,
}
# Those that know a bucket.
IN_BUCKET = ("uploaded", "downloaded", "pruned")
