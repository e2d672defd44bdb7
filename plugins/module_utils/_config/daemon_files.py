# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that one daemon reads: its options, and the settings of its log from Flink's distribution."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._base.errors import FlinkError
from .flat import flatten
from .options import check
from .start_scripts import for_scripts
from .yaml import render_yaml, shipped_java_options, with_java_options

Params = Mapping[str, Any]

CONFIG = "config.yaml"
LEGACY = "flink-conf.yaml"


@dataclass(frozen=True)
class PlannedFiles:
    """What the directory is to hold."""

    version: str
    options: dict[str, Any]
    contents: dict[str, str]
    # Those among the files that are copies.
    shipped: dict[str, str]
    warnings: list[str]


def distribution_version(home: Path) -> str:
    """The version in the name of the distribution's jar."""
    jars = sorted((home / "lib").glob("flink-dist-*.jar"))
    if not jars:
        raise FlinkError(
            f"cannot configure a daemon: there is no Flink in {home} (lib/flink-dist-*.jar); install it first"
        )
    return re.sub(r"^flink-dist(?:_[0-9.]+)?-", "", jars[0].stem)


# What daemons in the foreground log with.
LOGGING = "log4j-console.properties"
_QUIET = """
# Flink CDC writes the password of a PostgreSQL source into the log of the TaskManager, at INFO and in this class only.
logger.cdc_postgres.name = org.apache.flink.cdc.connectors.postgres.source.fetch.PostgresSourceFetchTaskContext
logger.cdc_postgres.level = WARN
"""


def shipped(home: Path) -> dict[str, str]:
    """The files of the distribution's conf that a daemon reads in addition to its configuration."""
    found = [*(home / "conf").glob("log4j*.properties"), *(home / "conf").glob("logback*.xml")]
    files = {path.name: path.read_text(encoding="utf-8") for path in sorted(found)}
    if LOGGING in files:
        files[LOGGING] += _QUIET
    return files


def java_options(home: Path) -> str:
    file = home / "conf" / CONFIG
    return shipped_java_options(file.read_text(encoding="utf-8")) if file.is_file() else ""


def plan(params: Params, check_mode: bool) -> PlannedFiles:
    if not params["flink_home"]:
        if params["config"] or params["secrets"]:
            raise FlinkError(f"cannot write the options for {params['path']} without Flink: give flink_home too")
        return PlannedFiles("", {}, {**extra_files(params["files"]), **extra_files(params["secret_files"])}, {}, [])
    home = Path(params["flink_home"])
    installed = home.is_dir()
    if not installed and not check_mode:
        raise FlinkError(f"cannot configure a daemon: there is no Flink in {home}; install it first")
    version = params["version"] or distribution_version(home)
    where = f"the options for {params['path']}"
    options = flatten(params["config"], where)
    for key, value in flatten(params["secrets"], where).items():
        if key in options:
            raise FlinkError(f"cannot use {where}: option {key} is in config and in secrets; keep one")
        options[key] = value
    options = {key: value for key, value in options.items() if value is not None}
    if params["java_home"]:
        options["env.java.home"] = params["java_home"]
    warnings = check(options, version, where, params["extra_prefixes"])
    options = for_scripts(options, where)
    if installed:
        options = with_java_options(options, java_options(home))
    copies = shipped(home) if installed else {}
    contents = {**copies, **extra_files(params["files"])}
    contents.update(extra_files(params["secret_files"]))
    contents[CONFIG] = render_yaml(options)
    return PlannedFiles(version, options, contents, copies, warnings)


def extra_files(files: Mapping[str, Any]) -> dict[str, str]:
    for name, content in files.items():
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name) or name in (CONFIG, LEGACY):
            raise FlinkError(f"cannot write {name!r} into the configuration directory: give the name of one other file")
        if not isinstance(content, str):
            raise FlinkError(f"cannot write {name}: its content is {type(content).__name__}, not text")
    return dict(files)


def digest(contents: dict[str, str]) -> str:
    total = hashlib.sha256()
    for name in sorted(contents):
        total.update(f"{name}\0{contents[name]}\0".encode())
    return f"sha256:{total.hexdigest()}"
