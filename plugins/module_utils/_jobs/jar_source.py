# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The jar that a module is given: a file, a URL or a Maven coordinate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .._base.errors import FlinkError
from .._install.fetch import Fetcher, Runner
from .._install.source import Checksum, LocalFile, Maven, parse_source
from . import jars as _jars
from .spec import Jar


class JarSource:
    """The jar, fetched when it is needed and not before."""

    def __init__(self, params: Mapping[str, Any], directory: Path, runner: Runner, log: Callable[[str], None]) -> None:
        self.text = str(params["jar"])
        self.source = parse_source(self.text)
        self.checksum = Checksum.parse(params["jar_checksum"]) if params["jar_checksum"] else None
        self._jar: Jar | None = None
        self._entry_class = params["entry_class"] or ""
        self._fetcher = Fetcher(directory, params["maven_repository"], runner, log=log)
        if isinstance(self.source, Maven) and self.source.extension != "jar":
            raise FlinkError(f"{self.text} is not a jar: the coordinate asks for a {self.source.extension} file")

    def get(self) -> Jar:
        if self._jar is None:
            path = self._fetcher.fetch(self.source, self.checksum)
            self._jar = _jars.inspect(path, self.text, self._entry_class)
        return self._jar

    @property
    def sha256(self) -> str:
        """Known without a download when the checksum is of that kind and the jar is not at hand anyway."""
        known = self.checksum is not None and self.checksum.algorithm == "sha256"
        if known and self.checksum is not None and not isinstance(self.source, LocalFile):
            return self.checksum.digest
        return self.get().sha256
