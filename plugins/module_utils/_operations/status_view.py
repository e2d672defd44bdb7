# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster's status as tables for people. Runs on the controller only (needs rich)."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

# Only the controller has rich, and only the action plugin calls render().
try:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text
except ImportError:
    pass

GOOD, WARN, BAD, DIM, PLAIN = "green", "yellow", "bold red", "dim", ""
ROLE_STYLES = {"leader": GOOD, "follower": PLAIN, "standby": PLAIN, "standalone": GOOD}
SHOWN_DECISIONS = 5
JOB_STYLES = {"RUNNING": GOOD, "FINISHED": DIM, "CANCELED": DIM, "SUSPENDED": DIM}


def age(seconds: float | None) -> str:
    """Seconds as people say them."""
    if seconds is None:
        return "-"
    seconds = max(0.0, seconds)
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    if minutes < 90:
        return f"{minutes:.0f} min"
    hours = minutes / 60
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} d"


def size(count: int | None) -> str:
    """Bytes as people say them."""
    if count is None:
        return "-"
    value = float(count)
    for unit in ("B", "KB", "MB", "GB"):
        if value < 1024:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} TB"


def render(status: Mapping[str, Any], *, width: int = 120, color: bool = False) -> str:
    """The whole status as text, with ANSI colours where asked for."""
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=color, no_color=not color, highlight=False, emoji=False)
    console.print(_headline(status))
    console.print(_nodes(status))
    console.print(_jobs(status))
    if status.get("health"):
        console.print(_health(status["health"]))
    for line in _watchdog(status):
        console.print(line)
    problems = status.get("problems") or []
    if problems:
        for problem in problems:
            console.print(Text(f"!! {problem}", style=BAD))
    else:
        console.print(Text("Nothing is wrong.", style=GOOD))
    for note in status.get("notes") or []:
        console.print(Text(note, style=WARN))
    return out.getvalue().rstrip("\n")


def _table(title: str) -> Table:
    return Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        # A job with a verdict has to fit into 120 columns.
        collapse_padding=True,
    )


def _headline(status: Mapping[str, Any]) -> Text:
    leader = status.get("leader")
    text = Text(f"Flink {status.get('version') or '?'}  cluster {status['cluster_id']}  ", style="bold")
    if leader:
        text.append(f"led by {leader.get('name') or '?'} ({leader['url']})", style=GOOD)
        text.append(f" for {age(status.get('leader_age'))}")
    else:
        text.append("has no leader", style=BAD)
    slots = status.get("slots") or {}
    if slots.get("total") is not None:
        text.append(f"  {slots['total']} slots, {slots['available']} free")
    return text


def _nodes(status: Mapping[str, Any]) -> Table:
    table = _table("Nodes")
    for name in ("node", "daemon", "role", "address", "what it says"):
        table.add_column(name, overflow="fold")
    for server in status.get("zookeeper") or []:
        role = server.get("mode") or "not serving"
        says = f"version {server['version']}, latency {server['latency']} ms" if server.get("mode") else server["error"]
        table.add_row(
            server["name"], "ZooKeeper", Text(role, style=ROLE_STYLES.get(role, BAD)), server["address"], says or ""
        )
    for manager in status.get("jobmanagers") or []:
        role = manager["role"]
        table.add_row(
            manager["name"],
            "JobManager",
            Text(role, style=ROLE_STYLES.get(role, BAD)),
            manager["url"],
            manager.get("says") or "",
        )
    for worker in status.get("taskmanagers") or []:
        lost = not worker["registered"]
        beat = age(worker.get("heartbeat_age"))
        says = "" if lost else f"{worker['slots']} slots, {worker['free']} free, heartbeat {beat} ago"
        table.add_row(
            worker["name"],
            "TaskManager",
            Text("missing" if lost else "registered", style=BAD if lost else PLAIN),
            worker.get("address") or "",
            says,
        )
    for one in status.get("daemons") or []:
        table.add_row(
            one["name"], one["title"], _answer(one), one["address"], "" if one.get("unknown") else one["says"]
        )
    return table


def _answer(one: Mapping[str, Any]) -> Text:
    """In place of a role: whether the daemon is there."""
    if one["answers"]:
        return Text("answers" if one["address"] else "runs", style=PLAIN)
    if one.get("unknown"):
        return Text("unknown", style=BAD)
    if not one["required"]:
        return Text("not deployed", style=DIM)
    return Text("silent" if one["address"] else "not running", style=BAD)


def _jobs(status: Mapping[str, Any]) -> Table:
    table = _table("Jobs")
    verdicts = {one["job_id"]: one for one in (status.get("watchdog") or {}).get("jobs") or []}
    for name in ("job", "id", "state", "verdict", "tasks", "restarts", "up", "checkpoint", "state size"):
        # An id is there to be copied.
        table.add_column(name, overflow="fold", no_wrap=name == "id")
    for job in status.get("jobs") or []:
        checkpoint = job.get("checkpoint") or {}
        restarts = job.get("restarts")
        last = "none" if not checkpoint else f"#{checkpoint['id']}, {age(checkpoint.get('age'))} ago"
        table.add_row(
            job["name"],
            job.get("id") or "-",
            Text(job["state"], style=JOB_STYLES.get(job["state"], BAD)),
            verdict_text(verdicts[job["id"]]) if job.get("id") in verdicts else "-",
            f"{job['tasks_running']}/{job['tasks_total']}" if job.get("tasks_total") else "-",
            Text("-" if restarts is None else str(restarts), style=BAD if restarts else PLAIN),
            age(job.get("duration")),
            Text(last, style=BAD if job["state"] == "RUNNING" and not checkpoint else PLAIN),
            size(checkpoint.get("size")),
        )
    if not table.row_count:
        table.add_row("none", *[""] * 8)
    return table


def _watchdog(status: Mapping[str, Any]) -> list[Text]:
    """Who watches, and what was decided last."""
    watchdog = status.get("watchdog")
    if not watchdog:
        return []
    text = Text(f"Watchdog on {watchdog.get('by')}, last heard of at {watchdog.get('at')}")
    if watchdog.get("maintenance"):
        text.append("; a window of maintenance is open, so it acts on nothing", style=BAD)
    return [text, *(Text(f"  {_line(one)}", style=DIM) for one in (watchdog.get("decisions") or [])[-SHOWN_DECISIONS:])]


def _line(one: Mapping[str, Any]) -> str:
    """One line of the watchdog's journal as people read it."""
    what = one.get("decision") or one.get("event")
    about = one.get("job", "")
    why = one.get("what") or one.get("why") or ""
    verdict = f" ({one['verdict']})" if one.get("verdict") else ""
    return f"{one.get('at')} {what} {about}{verdict} {why}".rstrip()


def _health(verdicts: Mapping[str, Any]) -> Table:
    table = _table("Health")
    for name in ("what", "id", "verdict", "checkpoint", "why"):
        table.add_column(name, overflow="fold", no_wrap=name == "id")
    for one in (verdicts["cluster"], *verdicts["jobs"]):
        last = one.get("checkpoint_age")
        table.add_row(
            one["name"],
            one.get("job_id") or "-",
            verdict_text(one),
            "-" if last is None else f"{age(last)} ago",
            one["reason"],
        )
    return table


def verdict_text(one: Mapping[str, Any]) -> Text:
    return Text(one["verdict"], style=BAD if one["bad"] else GOOD)
