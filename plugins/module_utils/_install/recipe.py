# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a distribution is made of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from .._base.errors import FlinkError
from .._base.files import file_digest, file_error
from .source import Checksum, Source, parse_source
from .versions import Pin, Release

# Raise it when the same downloads are to be assembled differently.
_LAYOUT = 1


# Jars that are not an archive to look into.
JARS = {"sql_gateway": "opt", "library": "lib"}


# Where an archive is below the root of a mirror of Apache's releases.
_MIRRORED = {
    "flink": "flink/flink-{0}/flink-{0}-bin-scala_2.12.tgz",
    "zookeeper": "zookeeper/zookeeper-{0}/apache-zookeeper-{0}-bin.tar.gz",
}


@dataclass(frozen=True)
class Part:
    """One file that a distribution is made of. kind says how: a key of _PLACES or JARS."""

    kind: str
    source: Source
    checksum: str


@dataclass(frozen=True)
class Signature:
    """Where the signature of an archive is, and whose signatures count."""

    source: Source
    keyring: Path

    @property
    def pin(self) -> str:
        """Another keyring is another question: what the old one has answered does not count."""
        try:
            return file_digest(self.keyring, "sha256")
        except OSError as error:
            raise file_error("read the keyring", self.keyring, error) from error


@dataclass(frozen=True)
class Recipe:
    version: str
    parts: tuple[Part, ...]
    product: str = "flink"
    signature: Signature | None = None

    @property
    def digest(self) -> str:
        """The same for the same content, wherever it is fetched from."""
        content = [_LAYOUT, self.version, sorted([part.kind, part.checksum] for part in self.parts)]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]

    @property
    def name(self) -> str:
        return f"{self.product}-{self.version}-{self.digest}"

    @property
    def title(self) -> str:
        return {"flink": "Flink", "zookeeper": "ZooKeeper"}[self.product]

    def authentic(self, sources: Iterable[Mapping[str, str]]) -> bool:
        """Whether sources were verified against the same keyring, where a signature is requested."""
        if self.signature is None:
            return True
        pin = self.signature.pin
        return any(source.get("keyring") == pin for source in sources)


def pypi_recipe(version: str, release: Release, *, sql_gateway: bool = True) -> Recipe:
    parts = [
        Part("libraries", release.libraries.source, release.libraries.checksum),
        Part("scripts", release.scripts.source, release.scripts.checksum),
    ]
    if sql_gateway:
        gateway = release.sql_gateway
        if not gateway.checksum:
            raise FlinkError(
                f"cannot add the SQL gateway {gateway.source} to Flink {version}: its sha256 is not known; give it in "
                "distribution_checksums with the key flink-sql-gateway, or set distribution_sql_gateway_enabled: false"
            )
        parts.append(Part("sql_gateway", gateway.source, gateway.checksum))
    return Recipe(version, tuple(parts))


@dataclass(frozen=True)
class Origin:
    """An Apache archive: by its address, or by the mirror that has it. Its sha512 is always known."""

    archive: str = ""
    mirror: str = ""
    checksum: str = ""
    signature: str = ""
    keyring: str = ""


def archive_recipe(version: str, origin: Origin, product: str = "flink") -> Recipe:
    """The recipe for an archive; a signature is requested by naming a keyring."""
    archive = origin.archive or f"{origin.mirror.rstrip('/')}/{_MIRRORED[product].format(version)}"
    if not origin.archive and not origin.mirror:
        raise FlinkError(f"cannot take {product} {version} from an archive: give archive, its path or URL, or a mirror")
    if not origin.checksum.strip().lower().startswith("sha512:"):
        raise FlinkError(
            f"cannot use {archive} without its sha512: give it as archive_checksum, sha512: and the 128 hexadecimal "
            f"digits that Apache publishes next to the archive (not {origin.checksum!r})"
        )
    checksum = str(Checksum.parse(origin.checksum))
    signature = None
    if origin.keyring:
        signature = Signature(parse_source(origin.signature or f"{archive}.asc"), Path(origin.keyring).expanduser())
    elif origin.signature:
        raise FlinkError(f"cannot verify the signature of {archive} without a keyring: give archive_keyring too")
    kind = "archive" if product == "flink" else f"{product}_archive"
    return Recipe(version, (Part(kind, parse_source(archive), checksum),), product, signature)


def zookeeper_recipe(version: str, pins: Iterable[Pin]) -> Recipe:
    """ZooKeeper from the artefacts of a Maven repository: what `java -cp lib/*` needs."""
    return Recipe(version, tuple(Part("library", pin.source, pin.checksum) for pin in pins), "zookeeper")
