"""Compiles AskFlink.java and writes the class into the library: hosts have a JRE, and no compiler.

    python tools/ask_flink/build.py FLINK_HOME

needs a JDK 17 on the path, so that the same source gives the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
import tempfile
import textwrap
import zlib
from pathlib import Path

SOURCE = Path(__file__).with_name("AskFlink.java")
TARGET = Path(__file__).resolve().parents[2] / "plugins" / "module_utils" / "_config" / "ask_flink.py"
# Flink 1.x also runs on Java 8.
RELEASE = "8"
COMPILER = "17"

HEAD = '''\
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The compiled class of tools/ask_flink/AskFlink.java, written by tools/ask_flink/build.py."""

from __future__ import annotations

import base64
import zlib

SOURCE_SHA256 = "{sha256}"


def class_file() -> bytes:
    return zlib.decompress(base64.b64decode(_CLASS))


_CLASS = """
{content}
"""
'''


def compiler() -> str:
    """The major version of javac, empty where there is none."""
    try:
        said = subprocess.run(["javac", "-version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    found = re.search(r"javac (\d+)", said.stdout + said.stderr)
    return found[1] if found else ""


def compiled(flink_home: Path) -> bytes:
    with tempfile.TemporaryDirectory() as scratch:
        command = ["javac", "--release", RELEASE, "-g:none", "-Xlint:-options", "-cp", f"{flink_home}/lib/*"]
        subprocess.run([*command, "-d", scratch, str(SOURCE)], check=True, capture_output=True)
        classes = list(Path(scratch).glob("*.class"))
        if len(classes) != 1:
            raise SystemExit("AskFlink has to be one class: a nested one would have to be carried too")
        return classes[0].read_bytes()


def source_digest() -> str:
    return hashlib.sha256(SOURCE.read_bytes()).hexdigest()


def main() -> None:
    if compiler() != COMPILER:
        raise SystemExit(f"javac {COMPILER} is needed on the path, not {compiler() or 'none'}")
    content = base64.b64encode(zlib.compress(compiled(Path(sys.argv[1])), 9)).decode()
    TARGET.write_text(HEAD.format(sha256=source_digest(), content="\n".join(textwrap.wrap(content, 116))))


if __name__ == "__main__":
    main()
