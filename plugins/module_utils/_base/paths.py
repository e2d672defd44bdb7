# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Flink's way of writing paths, and where they are in a host's own file system."""

from __future__ import annotations

import re
from pathlib import Path

# The file that a savepoint or a checkpoint is complete with.
METADATA = "_metadata"
_SCHEMES = (b"file", b"hdfs", b"viewfs", b"s3a", b"s3p", b"s3n", b"s3", b"gs", b"abfss", b"abfs", b"wasbs", b"wasb")
_URI = re.compile(rb"(?:%s):/" % b"|".join((*_SCHEMES, b"oss", b"cosn", b"swift", b"ofs")))

# A java.net.URI in a Java stream: its class, or a reference to it, then its text; what it writes ends with an x.
_JAVA_URI = re.compile(
    rb"(?:java\.net\.URI.{8}\x03\x00\x01L\x00\x06string(?:t\x00\x12Ljava/lang/String;|q\x00[\x7e-\x8f]..)xp"
    rb"|sq\x00[\x7e-\x8f]..)t(..)",
    re.DOTALL,
)


def local_path(path: str) -> Path | None:
    """Where a path of Flink's is in this host's own file system; None for those of other systems."""
    text = path.strip()
    if text.startswith("file:"):
        return Path("/" + text.removeprefix("file:").lstrip("/"))
    return Path(text) if text.startswith("/") else None


def plain_path(path: str) -> str:
    text = path.strip()
    if text.startswith("file:"):
        text = "/" + text.removeprefix("file:").lstrip("/")
    return text.rstrip("/")


def same_path(one: str, other: str) -> bool:
    """file:/x, file:///x and /x are one place; so are x and x/."""
    return plain_path(one) == plain_path(other)


def below(path: str, parent: str) -> bool:
    return bool(parent) and plain_path(path).startswith(plain_path(parent) + "/")


def uris(data: bytes) -> list[str]:
    """The addresses of files in what Java or Flink has written, in their order, each once.

    Both write a text as its length in two bytes and the text, so an address neither runs into what follows nor is cut.
    """
    found: dict[str, None] = {}
    for match in _URI.finditer(data):
        begin = match.start()
        length = int.from_bytes(data[max(0, begin - 2) : begin], "big")
        text = data[begin : begin + length]
        if length <= len(match[0]) or len(text) != length:
            continue
        try:
            address = text.decode("utf-8")
        except UnicodeDecodeError:
            continue
        if address.isprintable():
            found[address] = None
    return list(found)


def java_files(data: bytes) -> list[str]:
    """The addresses of files that exist, in what Java has written.

    State that is small is in the checkpoint itself, under the name that its file would have had: a text, no address.
    """
    found: dict[str, None] = {}
    for match in _JAVA_URI.finditer(data):
        end = match.end() + int.from_bytes(match[1], "big")
        if data[end : end + 1] == b"x":
            found |= dict.fromkeys(uris(match[1] + data[match.end() : end]))
    return list(found)
