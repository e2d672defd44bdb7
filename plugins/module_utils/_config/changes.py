# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the configuration directory of a daemon what it is to be, and shows the difference without secrets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Protocol

from .._base.errors import FlinkError
from .._base.secrets import MASK, masked_file


class Host(Protocol):
    """How files are changed here."""

    def attributes(self, path: Path, mode: str | None, owner: str | None) -> bool:
        """Give a file its owner, group and mode; whether they differed."""

    def replace(self, path: Path, content: str) -> None:
        """Give a file its content, at once."""


class Changes:
    """What differs, and how to make it equal; in check mode nothing is touched.

    :arg secret: names of files whose content is not shown.
    :arg shipped: where files come from that are copies.
    """

    def __init__(self, host: Host, *, check_mode: bool, secret: Iterable[str], shipped: str) -> None:
        self.changed = False
        self.files: list[str] = []
        self.directories: list[str] = []
        self.diff: list[dict[str, str]] = []
        self._host = host
        self._check_mode = check_mode
        self._secret = frozenset(secret)
        self._shipped = shipped

    def attributes(self, path: Path, mode: str | None = None, owner: str | None = None) -> None:
        """Owner, group and mode."""
        if path.exists() and self._host.attributes(path, mode, owner):
            self.changed = True

    def directory(self, path: Path, mode: str, owner: str | None = None) -> None:
        if not path.is_dir():
            if path.exists():
                raise FlinkError(f"cannot make the directory {path}: something else has this name")
            self.changed = True
            self.directories.append(str(path))
            if not self._check_mode:
                try:
                    path.mkdir(mode=0o755, parents=True)
                except OSError as error:
                    raise FlinkError(f"cannot make the directory {path}: {error.strerror}") from error
        self.attributes(path, mode, owner)

    def show(self, path: Path, before: str, after: str) -> None:
        old, new = masked_file(before), masked_file(after)
        if old == new:
            # Only hidden values differ: say so, or the diff would be empty.
            new = new.replace(MASK, f"{MASK} (another value)")
        self.diff.append({"before_header": str(path), "after_header": str(path), "before": old, "after": new})

    def write(self, path: Path, before: str | None, content: str, copied: bool) -> None:
        if before != content:
            self.changed = True
            self.files.append(path.name)
            if path.name in self._secret:
                self.show(path, f"{MASK}\n" if before else "", f"{MASK}\n")
            else:
                note = f"(as in {self._shipped})\n"
                self.show(path, before or "", note if copied else content)
            if not self._check_mode:
                self._host.replace(path, content)
        self.attributes(path)

    def remove(self, path: Path) -> None:
        if path.exists() or path.is_symlink():
            self.changed = True
            self.files.append(path.name)
            self.show(path, read(path) or "", "")
            if not self._check_mode:
                path.unlink()


def lacking(directory: Path, brought: Mapping[str, str], digest: Callable[[str], str | None]) -> list[str]:
    """Those of the files that something else brings that are not there with the content that they are to have."""
    return [name for name, wanted in sorted(brought.items()) if digest(str(directory / name)) != wanted]


def read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FlinkError(f"cannot read {path}: {error.strerror}; become the owner of the configuration") from error
