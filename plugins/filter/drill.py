# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reports of a drill. Each filter is documented in <name>.yml.

Ansible's own templating escapes nothing, and names and messages in a result are not to be trusted: these templates are
rendered by an environment that escapes every value for the format of its file.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.streamops.flink.plugins.module_utils._drill.report import bench, journal, plot, view, words
from ansible_collections.streamops.flink.plugins.module_utils._drill.report.read import read
from ansible_collections.streamops.flink.plugins.module_utils._drill.report.result import BAD
from ansible_collections.streamops.flink.plugins.plugin_utils._errors import filter_errors
from jinja2 import Environment, FileSystemLoader, StrictUndefined

_MARKDOWN = re.compile(r"[\\`*\[\]|~#$]|(?<!\w)_|_(?!\w)")


def markdown(value: object) -> str:
    """A value that stays what it is: no markup, no cell of a table, no mention by an @."""
    plain = " ".join(str(value).split())
    plain = plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKDOWN.sub(lambda match: f"\\{match[0]}", plain).replace("@", "&#64;")


def _environment(directory: str, **escaping: Any) -> Environment:
    """The templates of a directory, with what they may ask."""
    environment = Environment(
        loader=FileSystemLoader(directory),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        **escaping,
    )
    environment.globals.update(BAD=BAD, plot=plot, view=view, words=words)
    return environment


@filter_errors
def flink_drill_reports(result: Mapping[str, Any], directory: str, measured: Mapping[str, Any]) -> dict[str, str]:
    drill = read(result)
    shown = {"drill": drill, "bench": bench.read(measured, drill, platform.node())}
    markup, plain = _environment(directory, autoescape=True), _environment(directory, finalize=markdown)
    return {
        "html": markup.get_template("report.html.j2").render(shown),
        "json": journal.render(drill),
        "md": plain.get_template("report.md.j2").render(shown),
        "xml": markup.get_template("junit.xml.j2").render(shown),
    }


class FilterModule:
    """Filters for drills."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"flink_drill_reports": flink_drill_reports}
