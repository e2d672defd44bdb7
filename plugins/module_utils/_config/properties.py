# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that Java reads as properties, such as zoo.cfg: in Latin-1, with backslashes that escape."""

from __future__ import annotations

import re

_NAMED = {"\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", "\\": "\\\\"}


def _escaped(text: str, special: str) -> str:
    def one(sign: str) -> str:
        if sign in _NAMED:
            return _NAMED[sign]
        if sign in special:
            return f"\\{sign}"
        if " " <= sign <= "~":
            return sign
        # Java's characters have two bytes, and those beyond are pairs.
        units = sign.encode("utf-16-be", "surrogatepass")
        return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))

    return "".join(map(one, text))


def property_key(text: str) -> str:
    return _escaped(text, " :=#!")


def property_value(text: str) -> str:
    # Only blanks at the beginning are passed over.
    return re.sub(r"^ ", r"\\ ", _escaped(text, ""))
