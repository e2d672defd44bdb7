# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that are made of other names: readable, and different also where characters had to be replaced or cut."""

from __future__ import annotations

import re
import zlib

# What file systems, systemd, supervisord and Docker take in a name.
SAFE = "A-Za-z0-9_.-"
LONGEST = 200


def derived_name(
    text: str, allowed: str = SAFE, joint: str = "-", longest: int = LONGEST, *, lower: bool = False
) -> str:
    """The text itself where it is such a name already, otherwise what is readable of it and a digest of all of it.

    :arg allowed: the characters of a name, as a regular expression has them between brackets.
    :arg joint: what takes the place of other characters.
    :arg lower: whether capital letters have to become small ones.
    """
    readable = re.sub(f"[^{allowed}]+", joint, text.lower() if lower else text)
    if readable == text and 0 < len(text) <= longest:
        return text
    if readable != text:
        readable = readable.strip(joint) or "name"
    digest = f"{joint}{zlib.crc32(text.encode(errors='surrogatepass')):08x}"
    return readable[: longest - len(digest)] + digest
