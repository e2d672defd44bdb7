# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A drill as one HTML page that needs nothing else: no network, no script, no second file."""

from __future__ import annotations

from urllib.parse import quote

from . import compare, plot, words
from .lanes import NARROW, WIDE
from .markup import Content, Markup, join, tag
from .result import Check, Drill, Fault, Timeline, Timing
from .style import CSS

MARKS = {
    "passed": "✓",
    "failed": "✗",
    "skipped": "\N{EN DASH}",
    "aborted": "!",
    "refused": "!",
    "nothing": "?",
    "unjudged": "?",
}
TONES = {"passed": "#10703f", "failed": "#c4283a", "nothing": "#5c6878"}
_ORDER = tuple(words.SHORT)
_NO_BREAK = "\N{NO-BREAK SPACE}"
JUDGED = {True: "passed", False: "failed", None: "unjudged"}


def render(drill: Drill) -> str:
    word = words.VERDICTS[drill.verdict]
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", **_policy()),
        tag("meta", name="color-scheme", content="light dark"),
        tag("link", rel="icon", href=_icon(drill)),
        tag("title", f"{word}: {drill.title}"),
        tag("style", Markup(CSS)),
    )
    faults = [_fault(fault, f"fault-{number}") for number, fault in enumerate(drill.faults, 1)]
    main = tag("main", _summary(drill), _against_stock(drill), *faults)
    body = tag("body", _patterns(), tag("header", _verdict(drill)), main, _footer())
    return f"<!DOCTYPE html>\n{tag('html', head, body, lang='en')}\n"


def _policy() -> dict[str, str]:
    """The browser itself makes sure that the page fetches nothing and runs nothing."""
    return {
        "http-equiv": "Content-Security-Policy",
        "content": "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
    }


def _icon(drill: Drill) -> str:
    text = f'<text x="16" y="23" font-size="20" text-anchor="middle" fill="white">{MARKS[drill.verdict]}</text>'
    shape = f'<rect width="32" height="32" rx="8" fill="{TONES[drill.verdict]}"/>{text}'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">{shape}</svg>'
    return f"data:image/svg+xml,{quote(svg)}"


def _patterns() -> Markup:
    """Hatching, so that states differ without colour."""
    stripes = "M-2 2L2 -2M0 8L8 0M6 10L10 6"
    back = "M-2 6L2 10M0 0L8 8M6 -2L10 2"
    shapes = {
        "bad": (f"{stripes}{back}", "--bad", 0.55),
        "warn": (stripes, "--warn", 0.8),
        "rising": (stripes, "--good", 0.6),
        "early": ("M4 3v2M0 7v2", "--hue0", 0.9),
    }
    patterns = [
        tag(
            "pattern",
            tag("rect", width=8, height=8, style=f"fill:var({colour});opacity:.12"),
            tag("path", d=path, style=f"stroke:var({colour});stroke-width:1.3;opacity:{strength};fill:none"),
            id=name,
            width=8,
            height=8,
            patternUnits="userSpaceOnUse",
        )
        for name, (path, colour, strength) in shapes.items()
    ]
    return tag("svg", tag("defs", *patterns), class_="patterns", aria_hidden="true")


# --- The top -----------------------------------------------------------------------------------------------------


def _verdict(drill: Drill) -> Markup:
    word = words.VERDICTS[drill.verdict]
    seal = tag("div", MARKS[drill.verdict], class_="seal", aria_hidden="true")
    said = tag(
        "div",
        tag("div", word, class_="word"),
        tag("h1", drill.title),
        tag("p", words.verdict(drill), class_="lead"),
    )
    facts = [tag("div", tag("dt", name), tag("dd", value)) for name, value in words.facts(drill)]
    return tag(
        "section",
        tag("div", seal, said, class_="line"),
        _figures(drill),
        tag("dl", *facts, class_="facts"),
        class_=f"card verdict {drill.verdict}",
    )


def _figures(drill: Drill) -> Markup | None:
    """The few numbers that people remember."""
    found = [*_best(drill), *_longest(drill)]
    rows = words.total_rows(drill)
    if rows is not None:
        bad = (rows.lost or 0) + (rows.doubled or 0)
        of = f"of {words.plural(rows.expected, 'row')}" if rows.expected else ""
        found.append((f"{bad:,}", "rows lost or doubled", of))
    if not found:
        return None
    tiles = [
        tag("li", tag("b", value), tag("span", label), tag("span", more, class_="small") if more else None)
        for value, label, more in found
    ]
    return tag("ul", *tiles, class_="figures")


def _best(drill: Drill) -> list[tuple[str, str, str]]:
    times = [(fault, time) for fault in drill.faults for time in fault.times if (time.faster or 0) > 1]
    if not times:
        return []
    fault, time = max(times, key=lambda pair: pair[1].faster or 0)
    value = words.faster(time).removesuffix(" faster")
    name = words.SHORT.get(time.name, time.label)
    more = f"{words.seconds(time.seconds)} instead of {words.limit(time.stock)} ({fault.name})"
    return [(value, f"faster than stock Flink elsewhere: {name}", more)]


def _longest(drill: Drill) -> list[tuple[str, str, str]]:
    found = []
    for name, label in (("leader", "at most to a new leader"), ("stalled", "at most without a row")):
        times = [(time.seconds, fault) for fault in drill.faults for time in fault.times if time.name == name]
        known = [(seconds, fault.name) for seconds, fault in times if seconds is not None]
        if known:
            seconds, which = max(known)
            found.append((words.seconds(seconds), label, which))
    return found


def _badge(status: str, word: str = "") -> Markup:
    mark = tag("span", MARKS[status], aria_hidden="true")
    return tag("span", mark, word or status, class_=f"badge-word {status}")


# --- All faults --------------------------------------------------------------------------------------------------


def _summary(drill: Drill) -> Markup | None:
    if not drill.faults:
        return None
    labels = {time.name: time.label for fault in drill.faults for time in fault.times}
    order = sorted(labels, key=lambda name: _ORDER.index(name) if name in _ORDER else len(_ORDER))
    columns = [(name, words.SHORT.get(name, labels[name])) for name in order]
    with_rows = words.total_rows(drill) is not None
    heads = ["Fault", *(label for _name, label in columns), *(["Lost, doubled"] if with_rows else [])]
    body = []
    for number, fault in enumerate(drill.faults, 1):
        link = tag("a", tag("code", fault.name), href=f"#fault-{number}")
        cells = [tag("th", link, _badge(fault.status), scope="row")]
        by_name = {time.name: time for time in fault.times}
        cells += [_cell(by_name.get(name), label) for name, label in columns]
        cells += [_rows_cell(fault)] if with_rows else []
        body.append(tag("tr", *cells))
    table = tag(
        "table",
        tag("caption", "Every fault with its times, limits and the times of stock Flink", class_="hidden"),
        tag("thead", tag("tr", *(tag("th", head, scope="col") for head in heads))),
        tag("tbody", *body),
        class_="overall",
    )
    note = "Seconds from the injection on. The bar shows how much of the limit was used."
    return tag(
        "section",
        tag("h2", "All faults", id="all"),
        tag("p", note),
        tag("div", table, class_="scroll"),
        class_="card",
        aria_labelledby="all",
    )


def _cell(time: Timing | None, label: str) -> Markup:
    if time is None:
        return tag("td", "\N{EN DASH}", class_="none")
    return tag("td", tag("div", *_measured(time)), data_label=label)


def _measured(time: Timing) -> list[Content]:
    late = time.passed is False
    value = words.seconds(time.seconds, "never" if late else "not measured")
    found: list[Content] = [tag("b", value, _mark(" too late"), class_="late") if late else tag("b", value)]
    if time.limit is not None:
        share = _share(time.seconds, time.limit)
        filled = tag("i", class_="late" if late else None, style=f"width:{share:.0f}%")
        found.append(tag("span", filled, class_="bar", aria_hidden="true"))
    if ratio := words.faster(time):
        found.append(tag("small", tag("b", ratio, class_="later" if "slower" in ratio else "sooner")))
    marks = (("limit", time.limit), ("stock", time.stock))
    kept = [f"{name} {words.limit(value)}".replace(" ", _NO_BREAK) for name, value in marks if value is not None]
    said = " · ".join(kept)
    return [*found, tag("small", said)] if said else found


def _share(seconds: float | None, limit: float) -> float:
    """How much of its limit a time has used, in hundredths."""
    if seconds is None or seconds > limit:
        return 100.0
    return max(1.0, 100 * seconds / limit) if seconds > 0 else 0.0


def _mark(word: str) -> Markup:
    return join(tag("span", f" {MARKS['failed']}", aria_hidden="true"), tag("span", word, class_="hidden"))


def _rows_cell(fault: Fault) -> Markup:
    if fault.rows is None:
        return tag("td", "\N{EN DASH}", class_="none")
    bad = bool(fault.rows.lost or fault.rows.doubled)
    counts = f"{fault.rows.lost or 0:,} and {fault.rows.doubled or 0:,}"
    of = tag("small", f"of {fault.rows.expected:,}") if fault.rows.expected else None
    value = tag("b", counts, _mark(" too many"), class_="late") if bad else tag("b", counts)
    return tag("td", tag("div", value, of), data_label="Lost, doubled")


def _against_stock(drill: Drill) -> Markup | None:
    if not compare.comparable(drill):
        return None
    note = join(
        "Seconds from the fault on, on a logarithmic axis: ",
        tag("b", "filled"),
        " is this cluster, ",
        tag("b", "hollow"),
        " is Flink as it comes, the upright stroke is the limit. ",
        words.STOCK_ORIGIN,
    )
    return tag(
        "section",
        tag("h2", "Against stock Flink", id="stock"),
        tag("p", note),
        tag("figure", compare.figure(drill, compare.WIDE), compare.figure(drill, compare.NARROW)),
        class_="card",
        aria_labelledby="stock",
    )


# --- One fault ---------------------------------------------------------------------------------------------------


def _fault(fault: Fault, key: str) -> Markup:
    title = tag("h2", _badge(fault.status), tag("span", fault.title), tag("code", fault.name), id=f"{key}-name")
    return tag(
        "section",
        title,
        _what(fault),
        _reasons(fault),
        tag("ul", *(_tile(time) for time in fault.times), class_="times") if fault.times else None,
        _picture(fault, fault.timeline, key) if fault.timeline else None,
        _findings(fault),
        class_=f"card fault {fault.status}",
        id=key,
        aria_labelledby=f"{key}-name",
    )


def _reasons(fault: Fault) -> Markup | None:
    found = words.complaints(fault) if fault.status != "passed" else [fault.reason]
    if len(found) > 1:
        return tag("ul", *(tag("li", complaint) for complaint in found), class_="reason")
    return tag("p", found[0], class_="reason") if any(found) else None


def _what(fault: Fault) -> Markup | None:
    target = "" if fault.host and fault.host in fault.what else " on ".join(filter(None, (fault.service, fault.host)))
    found = [
        fault.what,
        f"target: {target}" if target else "",
        f"injected at {fault.injected:%H:%M:%S} UTC" if fault.injected else "nothing was injected",
        f"times exact to {words.seconds(fault.uncertainty)}" if fault.uncertainty else "",
    ]
    parts = [part for part in found if part]
    return tag("p", tag("b", parts[0]), "".join(f" · {part}" for part in parts[1:]), class_="what")


def _tile(time: Timing) -> Markup:
    return tag(
        "li",
        tag("span", time.label, class_="name"),
        *_measured(time),
        class_="late" if time.passed is False else None,
    )


def _picture(fault: Fault, line: Timeline, key: str) -> Markup:
    caption: list[Content] = [plot.legend(line)]
    if line.events:
        events = [tag("li", tag("b", words.offset(event.at)), " ", event.text) for event in line.events]
        caption.append(tag("ol", *events, class_="events"))
    return tag(
        "figure",
        plot.figure(fault, line, WIDE, key),
        plot.figure(fault, line, NARROW, key),
        tag("figcaption", *caption),
    )


def _findings(fault: Fault) -> Markup | None:
    side = _side(fault)
    if not fault.checks and not side:
        return None
    checks = tag("ul", *(_check(check) for check in fault.checks), class_="checks")
    return join(
        tag("h3", "What was checked") if fault.checks else None,
        checks if fault.checks else None,
        tag("div", side, class_="side") if side else None,
    )


def _check(check: Check) -> Markup:
    judged = JUDGED[check.passed]
    mark = tag("span", MARKS[judged], class_="mark", aria_hidden="true")
    word = tag("span", f"{words.CHECKS[check.passed]}: ", class_="hidden")
    said = tag("span", word, check.label, tag("small", check.detail) if check.detail else None)
    return tag("li", mark, said, class_=judged)


def _side(fault: Fault) -> Markup | None:
    """What else is known: where the jobs went on from, and what became of their rows."""
    parts = []
    for job in fault.jobs:
        told = tag("dd", words.restored(job), Markup("<br/>"), tag("code", job.id))
        parts.append(tag("div", tag("dt", "Job ", job.name or job.id), told))
    if fault.rows is not None:
        parts.append(tag("div", tag("dt", "Rows"), tag("dd", words.rows_lost(fault.rows))))
    return tag("dl", *parts) if parts else None


def _footer() -> Markup:
    how = (
        "Every picture has the seconds from the fault on as its axis. Where a drill lasted much longer than the"
        " recovery, the strip on top is the whole, and the large part below is what its frame holds. Points and blocks"
        " tell more when the pointer rests on them. The same result lies beside this page as JSON (a Chaos Toolkit"
        " journal), as JUnit XML and as Markdown."
    )
    return tag("footer", tag("p", how), tag("p", "Written by streamops.flink."))
