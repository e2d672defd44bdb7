# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the option catalogue of a Flink version into plugins/module_utils/_config/catalogue_data.py.

    python tools/catalogue/generate.py --flink-home /opt/flink-2.3.0

Reads the jars of a distribution (the layout of the Apache archive) with a small Java program, and the start scripts
for the keys that only they know. A JDK is needed here, by developers only; the collection ships the result. Versions
that the file already holds stay as they are; the same version again replaces itself.
"""

from __future__ import annotations

import argparse
import re
import runpy
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
DATA = HERE.parents[1] / "plugins/module_utils/_config/catalogue_data.py"

WIDTH = 118
LONGEST_DEFAULT = 90

# Java's name of a type -> ours.
TYPES = {
    "Boolean": "boolean",
    "Integer": "int",
    "Long": "long",
    "Float": "double",
    "Double": "double",
    "String": "string",
    "Duration": "duration",
    "MemorySize": "memory",
    "Map": "map",
    "enum": "enum",
}

# Options of tables, connectors, formats and functions (the WITH of a CREATE TABLE), of metrics reporters (known by
# their free prefix), and what Flink passes to itself: none of them belongs into a cluster's configuration.
FOREIGN = re.compile(
    r"\.formats\.|\.connector\.(file\.table|datagen|print|blackhole|base\.table)\.|\.table\.sinks\.|\.table\.module\."
    r"|\.table\.connector\.|\.metrics\.(influxdb|prometheus|otel)\.|LookupJoinHintOptions|RuntimeConfigOptions"
    r"|PythonDynamicTableOptions|ArrowTableSourceOptions|GenericInMemoryCatalogFactoryOptions|StreamConfig$"
    r"|InternalConfigOptions|OptionsInternal$"
)
FOREIGN_KEYS = re.compile(
    r"^(\$internal\.|internal\.|hidden\.|__|scan\.|sink\.parallelism)|[#]|<parameter>|<key>|<param>"
)
DOTLESS = ("external-resources", "scheduler-mode")

# Classes whose options are written below a prefix which only the code that reads them knows.
PREFIXES = {
    "org.apache.flink.table.gateway.rest.util.SqlGatewayRestOptions": "sql-gateway.endpoint.rest.",
    "org.apache.flink.table.catalog.FileCatalogStoreFactoryOptions": "table.catalog-store.file.",
    "org.apache.flink.externalresource.gpu.GPUDriver": "external-resource.<resource_name>.param.",
}

# Keys that only bin/config.sh reads; text where nothing else is said.
SCRIPT_TYPES = {"taskmanager.compute.numa": "boolean", "zookeeper.heap.mb": "int"}


@dataclass
class Record:
    """One option of one Flink version."""

    key: str
    type: str
    constants: tuple[str, ...] = ()
    default: str = ""
    deprecated_keys: tuple[str, ...] = ()
    fallback_keys: tuple[str, ...] = ()
    deprecated: bool = False

    def text(self) -> str:
        """The record without its versions; equal texts share a line."""
        words = [self.type]
        words += ["deprecated"] if self.deprecated else []
        words += [f":{constant}" for constant in self.constants]
        words += [f"<{key}" for key in self.deprecated_keys]
        words += [f"~{key}" for key in self.fallback_keys]
        if self.default and len(self.default) <= LONGEST_DEFAULT:
            words += ["=", self.default]
        return " ".join(words)


@dataclass
class Catalogue:
    """key -> text of the record -> versions that have it."""

    entries: dict[str, dict[str, set[str]]] = field(default_factory=dict)

    def add(self, key: str, text: str, version: str) -> None:
        self.entries.setdefault(key, {}).setdefault(text, set()).add(version)

    def forget(self, version: str) -> None:
        for texts in self.entries.values():
            for versions in texts.values():
                versions.discard(version)

    def versions(self) -> list[str]:
        found = {version for texts in self.entries.values() for versions in texts.values() for version in versions}
        return sorted(found, key=lambda version: [int(part) for part in version.split(".")])


def flink_version(home: Path) -> str:
    jars = sorted((home / "lib").glob("flink-dist-*.jar"))
    if len(jars) != 1:
        sys.exit(f"{home}/lib holds {len(jars)} flink-dist jars, not one: give --flink-home the unpacked distribution")
    return jars[0].stem.removeprefix("flink-dist-")


def read_jars(home: Path, java: str) -> Iterator[list[str]]:
    command = [java, str(HERE / "ReadOptions.java"), str(home)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
    for line in done.stdout.splitlines():
        yield line.split("\t")


def split(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split("|") if part)


def duration_text(default: str) -> str:
    """Java prints PT0.25S; people write 250 ms."""
    match = re.fullmatch(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d+))?S)?", default)
    if match is None:
        return default
    hours, minutes, seconds = (int(match[group] or 0) for group in (1, 2, 3))
    millis = ((hours * 60 + minutes) * 60 + seconds) * 1000 + int((match[4] or "0").ljust(3, "0")[:3])
    for unit, size in (("h", 3_600_000), ("min", 60_000), ("s", 1000)):
        if millis and millis % size == 0:
            return f"{millis // size} {unit}"
    return f"{millis} ms"


def records(rows: Iterable[list[str]]) -> Iterator[Record]:
    for _jar, owner, _field, key, java_type, constants, default, deprecated, fallback, flags, prefix in rows:
        if FOREIGN.search(owner) or FOREIGN_KEYS.search(key):
            continue
        full = PREFIXES.get(owner, f"{prefix}." if prefix else "") + key
        if ("." not in full and full not in DOTLESS) or ("catalog.CommonCatalogOptions" in owner and "." not in key):
            continue
        listed, _colon, plain = java_type.rpartition(":")
        kind = TYPES.get(plain, "string")
        yield Record(
            key=full,
            type=f"list:{kind}" if listed else kind,
            constants=split(constants),
            default=duration_text(default) if kind == "duration" else default,
            deprecated_keys=split(deprecated),
            # A fallback within a template names itself without the prefix: of no use to a reader.
            fallback_keys=() if prefix else split(fallback),
            deprecated="d" in flags,
        )


def script_records(home: Path, known: set[str]) -> Iterator[Record]:
    text = (home / "bin" / "config.sh").read_text(encoding="utf-8")
    for key in sorted(set(re.findall(r'^KEY_\w+="([^"]+)"', text, re.MULTILINE)) - known):
        yield Record(key=key, type=SCRIPT_TYPES.get(key, "string"))


def merged(found: Iterable[Record]) -> dict[str, Record]:
    """One record a key: a declaration that is not deprecated wins; old names of all of them count."""
    result: dict[str, Record] = {}
    for record in found:
        other = result.get(record.key)
        if other is None:
            result[record.key] = record
            continue
        best, rest = (record, other) if other.deprecated and not record.deprecated else (other, record)
        best.deprecated_keys = tuple(dict.fromkeys((*best.deprecated_keys, *rest.deprecated_keys)))
        best.fallback_keys = tuple(dict.fromkeys((*best.fallback_keys, *rest.fallback_keys)))
        result[record.key] = best
    return result


def load(path: Path) -> Catalogue:
    catalogue = Catalogue()
    if not path.exists():
        return catalogue
    module = runpy.run_path(str(path))
    versions: tuple[str, ...] = module["VERSIONS"]
    for line in re.sub(r"\n  ", " ", module["DATA"]).strip().splitlines():
        key, columns, text = line.split(" ", 2)
        for column in columns:
            catalogue.add(key, text, versions[int(column)])
    return catalogue


def wrapped(line: str) -> str:
    """Break at spaces; a line that goes on starts with two spaces."""
    lines = [""]
    for word in line.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > WIDTH:
            lines.append(f"  {word}")
        else:
            lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
    return "\n".join(lines)


def render(catalogue: Catalogue) -> str:
    versions = catalogue.versions()
    if len(versions) > 10:
        sys.exit("the catalogue has one digit for a version: drop an old one first (--forget VERSION)")
    lines = []
    for key in sorted(catalogue.entries):
        texts = catalogue.entries[key]
        for text in sorted(texts, key=lambda text: sorted(texts[text])):
            columns = "".join(str(number) for number, version in enumerate(versions) if version in texts[text])
            if columns:
                lines.append(wrapped(f"{key} {columns} {text}"))
    body = "\n".join(lines).replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    names = ", ".join(f'"{version}"' for version in versions)
    trailing = "," if len(versions) == 1 else ""
    return (
        "# Copyright: (c) 2026, streamops.flink contributors\n"
        "# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)\n"
        # REUSE-IgnoreStart
        "# SPDX-License-Identifier: GPL-3.0-or-later\n"
        # REUSE-IgnoreEnd
        '"""Every option of the Flink versions below. Written by tools/catalogue/generate.py: do not edit.\n'
        "\n"
        "A line: key, versions (positions in VERSIONS), type, then words: deprecated, :constant of an enum, <old name\n"
        "that is still accepted, ~option whose value is taken when this one is not set; after = the default. A line\n"
        "that starts with two spaces continues the one before. This file is private to the collection.\n"
        '"""\n'
        "\n"
        "from __future__ import annotations\n"
        "\n"
        f"VERSIONS = ({names}{trailing})\n"
        "\n"
        f'DATA = """\\\n{body}\n"""\n'
    )


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--flink-home", type=Path, action="append", default=[], help="an unpacked distribution")
    parser.add_argument("--java", type=Path, help="home of a JDK, 11 or newer; default: the java on the path")
    parser.add_argument("--forget", action="append", default=[], metavar="VERSION", help="drop a version")
    parser.add_argument("--output", type=Path, default=DATA, help=f"default: {DATA}")
    options = parser.parse_args(arguments)
    if not options.flink_home and not options.forget:
        parser.error("give --flink-home or --forget")
    java = str(options.java / "bin" / "java") if options.java else "java"
    catalogue = load(options.output)
    for version in options.forget:
        catalogue.forget(version)
    for home in options.flink_home:
        version = flink_version(home)
        found = merged(records(read_jars(home, java)))
        found.update({record.key: record for record in script_records(home, set(found))})
        catalogue.forget(version)
        for record in found.values():
            catalogue.add(record.key, record.text(), version)
        sys.stdout.write(f"{version}: {len(found)} options\n")
    options.output.write_text(render(catalogue), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
