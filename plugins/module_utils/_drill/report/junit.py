# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A drill as JUnit XML: one test suite, one test case for each fault."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from . import words
from .result import Drill, Fault

# What the report of a test run says about a case that did not pass.
OUTCOMES = {"failed": "failure", "aborted": "error", "refused": "error", "skipped": "skipped"}


def render(drill: Drill) -> str:
    counts = {
        "tests": str(len(drill.faults)),
        "failures": str(drill.count("failed")),
        "errors": str(drill.count("aborted", "refused")),
        "skipped": str(drill.count("skipped")),
        "time": f"{drill.duration:.3f}",
    }
    root = ET.Element("testsuites", {"name": "streamops.flink.drill", **counts})
    started = drill.started.strftime("%Y-%m-%dT%H:%M:%S")
    suite = ET.SubElement(
        root, "testsuite", {"name": drill.title, **counts, "timestamp": started, "hostname": drill.cluster}
    )
    _properties(suite, [(name.lower().replace(" ", "_"), value) for name, value in words.facts(drill)])
    for fault in drill.faults:
        _case(suite, drill, fault)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _case(suite: ET.Element, drill: Drill, fault: Fault) -> None:
    case = ET.SubElement(
        suite,
        "testcase",
        {"classname": f"drill.{drill.cluster}", "name": fault.name, "time": f"{fault.duration:.3f}"},
    )
    _properties(case, _figures(fault))
    if fault.status in OUTCOMES:
        complaints = words.complaints(fault)
        message = complaints[0] if complaints else fault.status
        outcome = ET.SubElement(case, OUTCOMES[fault.status], {"message": message})
        if fault.status != "skipped":
            outcome.set("type", fault.status)
        outcome.text = "\n".join(complaints)
    lines = [fault.what, *(words.timing_sentence(time) for time in fault.times)]
    lines += [f"{words.CHECKS[check.passed]}: {words.check_sentence(check)}" for check in fault.checks]
    if any(lines):
        ET.SubElement(case, "system-out").text = "\n".join(line for line in lines if line)


def _figures(fault: Fault) -> list[tuple[str, str]]:
    """Plain numbers, for whoever draws them over many runs."""
    found: list[tuple[str, str]] = [("target", f"{fault.service} on {fault.host}")] if fault.host else []
    for time in fault.times:
        for key, value in (("seconds", time.seconds), ("limit", time.limit), ("stock", time.stock)):
            if value is not None:
                found.append((f"{time.name}.{key}", f"{value:g}"))
    if fault.rows is not None:
        rows = {"expected": fault.rows.expected, "lost": fault.rows.lost, "doubled": fault.rows.doubled}
        found += [(f"rows.{key}", str(count)) for key, count in rows.items() if count is not None]
    return found


def _properties(element: ET.Element, pairs: list[tuple[str, str]]) -> None:
    if not pairs:
        return
    properties = ET.SubElement(element, "properties")
    for name, value in pairs:
        ET.SubElement(properties, "property", {"name": name, "value": value})
