# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The four reports of a drill, from its result."""

from __future__ import annotations

from . import journal as _drill_journal
from . import junit as _drill_junit
from . import markdown as _drill_markdown
from . import page as _drill_page
from .result import Drill

# What each is called among the paths that are returned, and how its file ends.
SUFFIXES = {"journal": "json", "junit": "xml", "markdown": "md", "page": "html"}


def render(drill: Drill) -> dict[str, str]:
    """All or nothing: whoever writes the files has everything in hand before the first."""
    return {
        "journal": _drill_journal.render(drill),
        "junit": _drill_junit.render(drill),
        "markdown": _drill_markdown.render(drill),
        "page": _drill_page.render(drill),
    }
