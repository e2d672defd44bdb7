# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups in a store that speaks S3: the same files below bucket/prefix/ID, the manifest again last.

What stores check on their own differs from one to the other, so every object is read back and compared.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._base.disk import disk_problems
from .._base.errors import FlinkError
from . import store as _backup
from .store import CHUNK, MANIFEST, MARGIN, PART, WORKERS, Backup


@dataclass(frozen=True)
class Access:
    """How to speak to a store. Empty means what the library finds by itself: environment, profile or role."""

    endpoint: str = ""
    region: str = ""
    access_key: str = ""
    secret_key: str = ""
    session_token: str = ""
    credentials_file: str = ""
    ca_path: str = ""


def connect(access: Access) -> Any:
    """A client of boto3."""
    try:
        import boto3.session
        import botocore.config
        import botocore.session
    except ImportError as error:
        raise FlinkError(
            "the store of the backups cannot be asked, because the Python of this host has no boto3: install it there,"
            " as the package python3-boto3 or from PyPI"
        ) from error
    session = botocore.session.Session()
    if access.credentials_file:
        if not Path(access.credentials_file).is_file():
            raise FlinkError(f"the credentials file {access.credentials_file} of the store is not there")
        session.set_config_variable("credentials_file", access.credentials_file)
    # Checksums of the protocol are newer than many stores; ours are compared in any case.
    config = botocore.config.Config(
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        retries={"mode": "standard", "max_attempts": 5},
        max_pool_connections=2 * WORKERS,
    )
    with _store_errors(f"the store {access.endpoint or 'of AWS'} cannot be used"):
        return boto3.session.Session(botocore_session=session).client(
            "s3",
            region_name=access.region or session.get_config_variable("region") or "us-east-1",
            endpoint_url=access.endpoint or None,
            aws_access_key_id=access.access_key or None,
            aws_secret_access_key=access.secret_key or None,
            aws_session_token=access.session_token or None,
            verify=access.ca_path or None,
            config=config,
        )


@contextmanager
def _store_errors(what: str) -> Iterator[None]:
    """What the library says, as one sentence."""
    import boto3.exceptions
    import botocore.exceptions

    try:
        yield
    except (
        boto3.exceptions.Boto3Error,
        botocore.exceptions.BotoCoreError,
        botocore.exceptions.ClientError,
        ValueError,
    ) as error:
        text = " ".join(str(error).split())
        raise FlinkError(f"{what}: {text}") from error


@dataclass(frozen=True)
class Store:
    """The backups of one cluster in a bucket."""

    client: Any
    bucket: str
    prefix: str = ""

    @property
    def start(self) -> str:
        plain = self.prefix.strip("/")
        return f"{plain}/" if plain else ""

    def where(self, name: str = "") -> str:
        return f"s3://{self.bucket}/{self.start}{name}".rstrip("/")

    # -- reading -----------------------------------------------------------------------------------------------------

    def _pages(self, **arguments: Any) -> Iterator[dict[str, Any]]:
        pages = self.client.get_paginator("list_objects_v2")
        with _store_errors(f"{self.where()} cannot be listed"):
            yield from pages.paginate(Bucket=self.bucket, **arguments)

    def keys(self, name: str) -> set[str]:
        """The names of the files of a backup, complete or not."""
        start = f"{self.start}{name}/"
        return {
            str(one["Key"]).removeprefix(start)
            for page in self._pages(Prefix=start)
            for one in page.get("Contents", ())
        }

    def names(self) -> list[str]:
        """What can be a backup, the oldest first."""
        found = (
            str(one["Prefix"]).removeprefix(self.start).rstrip("/")
            for page in self._pages(Prefix=self.start, Delimiter="/")
            for one in page.get("CommonPrefixes", ())
        )
        return sorted(name for name in found if _backup.is_id(name))

    def read(self, name: str) -> Backup:
        """A backup by its manifest; a FlinkError when it is none."""
        keys = self.keys(name)
        if not keys:
            raise FlinkError(f"there is no backup {self.where(name)}")
        if MANIFEST not in keys:
            raise FlinkError(
                f"{self.where(name)} is not a complete backup: it has no {MANIFEST}, which is written last"
            )
        with _store_errors(f"the manifest of {self.where(name)} cannot be read"):
            text = self.client.get_object(Bucket=self.bucket, Key=f"{self.start}{name}/{MANIFEST}")["Body"].read()
        return Backup(Path(name), _backup.parse(text, self.where(name)))

    def everything(self) -> tuple[list[Backup], list[str]]:
        """The complete backups, the oldest first, and the names of what is none."""
        complete, rest = [], []
        for name in self.names():
            try:
                complete.append(self.read(name))
            except FlinkError:
                rest.append(name)
        return complete, rest

    def newest(self) -> Backup:
        complete, rest = self.everything()
        if not complete:
            why = f"; {len(rest)} of its directories are not complete backups" if rest else ""
            raise FlinkError(f"there is no complete backup in {self.where()}{why}: make one with playbooks/backup.yml")
        return complete[-1]

    def _read_object(self, key: str, write: Callable[[bytes], object]) -> str:
        digest = hashlib.sha256()
        with _store_errors(f"s3://{self.bucket}/{key} cannot be read"):
            body = self.client.get_object(Bucket=self.bucket, Key=key)["Body"]
            while chunk := body.read(CHUNK):
                digest.update(chunk)
                write(chunk)
        return digest.hexdigest()

    # -- writing -----------------------------------------------------------------------------------------------------

    def upload(self, backup: Backup) -> bool:
        """Data first, each object read back, the manifest last; whether it was not there yet."""
        start = f"{self.start}{backup.id}/"
        if MANIFEST in self.keys(backup.id):
            if self.read(backup.id).content["seal"] == backup.content["seal"]:
                return False
            raise FlinkError(f"{self.where(backup.id)} is another backup of the same name, so nothing was uploaded")

        def one(name: str) -> str:
            with _store_errors(f"{backup.directory / name} cannot be uploaded to {self.where(backup.id)}"):
                self.client.upload_file(str(backup.directory / name), self.bucket, f"{start}{name}")
            return self._read_object(f"{start}{name}", lambda chunk: None)

        try:
            found = _backup.side_by_side(one, backup.files)
        except OSError as error:
            raise FlinkError(f"the backup {backup.directory} cannot be read: {error.strerror or error}") from error
        wrong = [name for name, digest in found.items() if digest != backup.files[name]["sha256"]]
        if wrong:
            raise FlinkError(
                f"{wrong[0]} is not in {self.where(backup.id)} what {backup.directory} says it must be, so no manifest"
                " was written there: verify the backup, and run it again"
            )
        one(MANIFEST)
        if self.read(backup.id).content["seal"] != backup.content["seal"]:
            raise FlinkError(f"the manifest in {self.where(backup.id)} is not what was written: run the upload again")
        return True

    def download(self, backup: Backup, root: Path, machine: str) -> None:
        """Into a directory that gets its name when every byte was compared and the manifest is there."""
        target, part = root / backup.id, root / f"{backup.id}{PART}"
        start = f"{self.start}{backup.id}/"

        def one(name: str) -> str:
            path = part / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as stream:
                return self._read_object(f"{start}{name}", stream.write)

        try:
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            for problem in disk_problems(str(root), backup.size + MARGIN, machine):
                raise FlinkError(f"nothing was downloaded: {problem}")
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir(mode=0o700)
            try:
                found = _backup.side_by_side(one, backup.files)
                wrong = [name for name, digest in found.items() if digest != backup.files[name]["sha256"]]
                if wrong:
                    raise FlinkError(
                        f"the backup {self.where(backup.id)} is damaged: {wrong[0]} is not what was written"
                    )
                one(MANIFEST)
                part.replace(target)
            except BaseException:
                shutil.rmtree(part, ignore_errors=True)
                raise
        except OSError as error:
            raise FlinkError(f"{self.where(backup.id)} cannot be put into {root}: {error.strerror or error}") from error

    def remove(self, name: str) -> None:
        """Without its manifest first, so that what is left of an interrupted removal is not a backup any more."""
        start = f"{self.start}{name}/"
        with _store_errors(f"{self.where(name)} cannot be removed"):
            self.client.delete_object(Bucket=self.bucket, Key=f"{start}{MANIFEST}")
            # One request for each object: that for many requires a checksum which not every store computes alike.
            for one in sorted(self.keys(name)):
                self.client.delete_object(Bucket=self.bucket, Key=f"{start}{one}")
