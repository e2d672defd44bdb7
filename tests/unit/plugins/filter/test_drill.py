"""The four reports of a drill: what stands in them, and that nothing in a result can break them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.streamops.flink.plugins.filter.drill import FilterModule, flink_drill_reports
from ansible_collections.streamops.flink.plugins.module_utils._drill.report.result import STATUSES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import drill_samples as samples
from examples import examples
from export import ROOT

Result = dict[str, Any]
TEMPLATES = ROOT / "roles" / "drill" / "templates"
CSS = (TEMPLATES / "report.css").read_text(encoding="utf-8")
# Each format has something in it that would be markup, and templates would compute with the last.
HOSTILE = (
    "</script><img src=x onerror=alert(1)>\"'&|`*_[x](http://evil.example)\n@all \x00\u202e]]>{{ 6 * 7 }}{% raw %}"
)
SHOWN = HOSTILE.replace("\x00", "\N{REPLACEMENT CHARACTER}").replace("\u202e", "\N{REPLACEMENT CHARACTER}")


def reports(result: Result, measured: Result | None = None) -> dict[str, str]:
    return flink_drill_reports(result, str(TEMPLATES), measured or {})


def journal(result: Result) -> Result:
    return json.loads(reports(result)["json"])


def junit(result: Result) -> ET.Element:
    return ET.fromstring(reports(result)["xml"].partition("\n")[2])


def markdown(result: Result, measured: Result | None = None) -> str:
    return reports(result, measured)["md"]


def page(result: Result, measured: Result | None = None) -> ET.Element:
    """The page is XML as well, so whatever is not escaped or not closed shows."""
    text = reports(result, measured)["html"]
    assert text.startswith("<!DOCTYPE html>\n")
    return ET.fromstring(text.partition("\n")[2])


def hostile() -> Result:
    fault = samples.leader_kill()
    timeline = fault["timeline"]
    fault |= dict.fromkeys(("name", "title", "what", "reason"), HOSTILE)
    fault["target"] = {"host": HOSTILE, "service": HOSTILE, "pid": None}
    fault["times"][0] |= {"name": HOSTILE, "label": HOSTILE, "passed": False}
    fault["checks"][0] |= {"label": HOSTILE, "detail": HOSTILE, "passed": False}
    fault["jobs"][0] |= {"id": HOSTILE, "name": HOSTILE}
    timeline["leaders"][0]["name"] = HOSTILE
    timeline["jobs"] = {HOSTILE: [{"from": -10, "to": 75, "state": HOSTILE}]}
    timeline["rows"] = {HOSTILE: timeline["rows"]["transactions"], "two": [[0.0, 1.0], [1.0, 2.0]]}
    timeline["checkpoints"][0] |= {"job": HOSTILE, "status": HOSTILE}
    timeline["events"][0]["text"] = HOSTILE
    more = dict.fromkeys(("title", "cluster", "cluster_id", "flink_version", "runtime", "profile", "seed"), HOSTILE)
    return samples.drill(fault | {"status": "failed"}, **more)


def test_the_filter_is_there() -> None:
    assert FilterModule().filters() == {"flink_drill_reports": flink_drill_reports}


def test_a_result_that_is_none_is_one_sentence() -> None:
    broken = samples.failed()
    del broken["faults"][1]["ended"]
    with pytest.raises(
        AnsibleFilterError, match=r"cannot write a report of this result: faults\[1\]\.ended is missing"
    ):
        reports(broken)


def test_a_password_in_a_url_gets_into_no_report() -> None:
    fault = samples.leader_kill() | {"what": "POST https://admin:s3cret@jm1:8081/jobs"}
    for text in reports(samples.drill(fault)).values():
        assert "s3cret" not in text
        assert "***" in text.replace("\\", "")


def test_the_same_result_gives_the_same_reports() -> None:
    assert reports(samples.failed(), samples.bench()) == reports(samples.failed(), samples.bench())


# --- Chaos Toolkit journal ---------------------------------------------------------------------------------------


def assert_outcome(entry: Result) -> None:
    """What the specification demands of each result of an activity."""
    assert entry["status"] in ("succeeded", "failed")
    assert entry["output"] is None or isinstance(entry["output"], str)
    start, end = datetime.fromisoformat(entry["start"]), datetime.fromisoformat(entry["end"])
    assert entry["start"].endswith("Z")
    assert entry["end"].endswith("Z")
    assert entry["duration"] == pytest.approx((end - start).total_seconds(), abs=0.002)
    activity = entry["activity"]
    assert activity["type"] in ("action", "probe")
    assert activity["name"]
    assert (activity["provider"]["type"], activity["provider"]["path"]) == ("process", "ansible-playbook")


def assert_journal(found: Result) -> None:
    assert {"experiment", "status", "deviated", "start", "end", "duration"} <= found.keys()
    assert found["status"] in ("completed", "failed", "aborted", "interrupted")
    assert isinstance(found["deviated"], bool)
    experiment = found["experiment"]
    for key in ("version", "title", "description"):
        assert isinstance(experiment[key], str)
    hypothesis = experiment["steady-state-hypothesis"]
    assert hypothesis["title"]
    assert all("tolerance" in probe for probe in hypothesis["probes"])
    for moment in ("before", "after"):
        steady = found["steady_states"][moment]
        assert isinstance(steady["steady_state_met"], bool)
        for probe in steady["probes"]:
            assert_outcome(probe)
            assert isinstance(probe["tolerance_met"], bool)
            assert probe["activity"] in hypothesis["probes"]
    for entry in found["run"]:
        assert_outcome(entry)
        assert entry["activity"] in experiment["method"]
    for entry in found["rollbacks"]:
        assert_outcome(entry)
        assert entry["activity"] in experiment["rollbacks"]
    assert all(extension["name"].strip() for extension in found["extensions"])


@pytest.mark.parametrize(
    ("result", "status", "deviated", "after"),
    [
        (samples.passed(), "completed", False, True),
        (samples.drill(samples.leader_kill(), samples.taskmanager_freeze()), "completed", True, False),
        (samples.failed(), "aborted", True, False),
        (samples.drill(samples.partition()), "failed", False, False),
        (samples.drill(), "failed", False, False),
    ],
    ids=["passed", "too late", "aborted", "skipped", "empty"],
)
def test_the_journal_is_one_that_the_specification_allows(
    result: Result, status: str, deviated: bool, after: bool
) -> None:
    found = journal(result)
    assert_journal(found)
    assert (found["status"], found["deviated"]) == (status, deviated)
    assert found["steady_states"]["after"]["steady_state_met"] is after


def test_the_journal_carries_the_whole_result() -> None:
    result = samples.failed()
    (extension,) = journal(result)["extensions"]
    assert extension["drill"] == result
    assert extension["verdict"] == "failed"


def test_a_skipped_fault_belongs_to_the_experiment_and_not_to_the_run() -> None:
    found = journal(samples.passed())
    assert "inject partition" in [one["name"] for one in found["experiment"]["method"]]
    assert [one["activity"]["name"] for one in found["run"]] == [
        "inject leader_kill",
        "watch the recovery from leader_kill",
        "inject zookeeper_kill",
        "watch the recovery from zookeeper_kill",
    ]


def test_only_what_was_removed_is_a_rollback() -> None:
    (entry,) = journal(samples.failed())["rollbacks"]
    assert (entry["activity"]["name"], entry["status"]) == ("remove taskmanager_freeze", "succeeded")


# --- JUnit -------------------------------------------------------------------------------------------------------


def test_junit_counts_its_cases_as_they_are() -> None:
    (suite,) = junit(samples.failed())
    counted = {key: suite.get(key) for key in ("tests", "failures", "errors", "skipped")}
    assert counted == {"tests": "5", "failures": "1", "errors": "1", "skipped": "1"}
    outcomes = {case.get("name"): [one.tag for one in case] for case in suite.iter("testcase")}
    assert outcomes == {
        "leader_kill": ["properties", "system-out"],
        "taskmanager_freeze": ["properties", "failure", "system-out"],
        "zookeeper_kill": ["properties", "system-out"],
        "partition": ["properties", "skipped"],
        "all_jobmanagers_kill": ["properties", "error", "system-out"],
    }


def test_junit_says_why_a_fault_failed() -> None:
    failure = junit(samples.failed()).find(".//failure")
    assert failure is not None
    assert (failure.get("message") or "").startswith("to RUNNING: 27.6 s, limit 25 s")
    assert "nothing left behind: process 4802 on tm2 stayed stopped for 0.6 s" in (failure.text or "")


def test_junit_has_the_times_as_plain_numbers() -> None:
    case = junit(samples.passed()).find(".//testcase[@name='leader_kill']")
    assert case is not None
    figures = {one.get("name"): one.get("value") for one in case.iter("property")}
    assert (figures["leader.seconds"], figures["leader.limit"]) == ("0.21", "3")
    assert (figures["rows.lost"], figures["target"]) == ("0", "jobmanager on jm1")
    assert case.get("time") == "85.200"


def test_in_junit_a_name_stays_a_name() -> None:
    (suite,) = junit(hostile())
    (case,) = suite.iter("testcase")
    # XML makes a space of a line break in an attribute.
    assert case.get("name") == SHOWN.replace("\n", " ")
    assert SHOWN in (case.findtext("failure") or "")
    assert SHOWN in (case.findtext("system-out") or "")


# --- Markdown ----------------------------------------------------------------------------------------------------


def test_markdown_begins_with_the_verdict_and_names_every_fault() -> None:
    text = markdown(samples.failed())
    assert text.startswith("# Failover drill of local\n\n❌ **Failed.** 2 of 3 faults passed, 1 aborted, 1 skipped")
    for name in ("leader_kill", "taskmanager_freeze", "zookeeper_kill", "partition", "all_jobmanagers_kill"):
        assert f"| {name} |" in text
    assert "| taskmanager_freeze | to RUNNING | **27.6 s** ❌ | 25 s |" in text
    assert "- nothing left behind: process 4802 on tm2 stayed stopped for 0.6 s" in text


def test_markdown_of_a_drill_that_passed_has_nothing_to_complain_of() -> None:
    assert "What went wrong" not in markdown(samples.passed())


def test_in_markdown_a_name_stays_a_name() -> None:
    text = markdown(hostile())
    assert "<img" not in text
    assert not re.search(r"(?<!\\)\]\(", text)
    assert "@all" not in text
    cells = [len(re.findall(r"(?<!\\)\|", line)) for line in text.splitlines() if line.startswith("|")]
    assert set(cells) == {5}


# --- The page ----------------------------------------------------------------------------------------------------


def text_of(element: ET.Element) -> str:
    return " ".join(" ".join(element.itertext()).split())


@pytest.mark.parametrize("result", [samples.passed(), samples.failed(), samples.drill(), hostile()])
def test_the_page_needs_nothing_from_outside(result: Result) -> None:
    root = page(result)
    assert not list(root.iter("script"))
    for element in root.iter():
        assert element.get("src") is None
        for name, value in element.items():
            if name == "href":
                assert value.startswith(("#", "data:image/svg+xml,"))
            assert not name.startswith("on")
    outside = re.findall(r"@import|url\((?!#)", CSS)
    assert not outside
    policy = root.find("head/meta[@http-equiv]")
    assert policy is not None
    assert (policy.get("content") or "").startswith("default-src 'none'")


@pytest.mark.parametrize("result", [samples.passed(), samples.failed(), hostile()])
def test_a_screen_reader_gets_the_page_as_text(result: Result) -> None:
    root = page(result)
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    for element in root.iter():
        for name in (element.get("aria-labelledby") or "").split():
            assert name in ids
    for picture in root.iterfind(".//svg[@role='img']"):
        assert (picture[0].tag, picture[1].tag) == ("title", "desc")
        assert text_of(picture[1])
    assert all(cell.get("scope") for cell in root.iter("th"))
    assert all(table.find("caption") is not None for table in root.iter("table"))


def test_the_page_shows_every_fault_with_verdict_times_and_checks() -> None:
    root = page(samples.failed())
    sections = {one.get("id"): text_of(one) for one in root.iterfind("body/main/section") if one.get("id")}
    assert list(sections) == [f"fault-{number}" for number in range(1, 6)]
    assert "✓ passed Kill the leading JobManager leader_kill" in sections["fault-1"]
    assert "0.21 s limit 3 s" in sections["fault-1"]
    assert "✗ failed: nothing left behind" in sections["fault-2"]
    assert "? not judged: no row lost, none doubled" in sections["fault-2"]
    assert "the runtime process cannot part nodes" in sections["fault-4"]
    assert "! aborted" in sections["fault-5"]
    links = [link.get("href") for link in root.iterfind(".//tbody//a")]
    assert links == [f"#fault-{number}" for number in range(1, 6)]


def test_the_page_says_how_exact_its_times_are() -> None:
    fault = samples.leader_kill() | {"clock_uncertainty": 0.034}
    assert "times exact to 0.03 s" in text_of(page(samples.drill(fault)))
    assert "exact to" not in text_of(page(samples.drill(fault | {"clock_uncertainty": 0.0})))


def test_the_title_says_the_verdict() -> None:
    assert page(samples.passed()).findtext("head/title") == "Passed: Failover drill of local"
    assert page(samples.failed()).findtext("head/title") == "Failed: Failover drill of local"


def test_a_name_in_the_page_stays_a_name() -> None:
    root = page(hostile())
    heading = root.find("body/header//h1")
    assert heading is not None
    assert heading.text == SHOWN
    assert not list(root.iter("img"))


def test_two_leaders_at_once_are_drawn_in_two_lanes() -> None:
    fault = samples.leader_kill()
    fault["timeline"]["leaders"] = [
        {"from": -10, "to": 5, "name": "jm1"},
        {"from": 1, "to": 75.2, "name": "jm2"},
    ]
    root = page(samples.drill(fault))
    plot = root.find(".//section[@id='fault-1']//svg[@class='plot']")
    assert plot is not None
    heights = {one.get("y") for one in plot.iterfind("rect") if re.search(r"hue[01]$", one.get("class") or "")}
    # Two in the overview as one strip would hide it: there too each has its own.
    assert len(heights) >= 2


def test_every_class_has_a_look() -> None:
    """A class without a rule is a misprint, or something that is not shown."""
    known = set(re.findall(r"\.([a-z][\w-]*)", CSS))
    used = {
        name
        for result in (samples.passed(), samples.failed(), hostile())
        for element in page(result, samples.bench()).iter()
        for name in (element.get("class") or "").split()
    }
    assert used - known == set()


def palette(text: str) -> dict[str, tuple[float, float, float]]:
    def linear(part: str) -> float:
        value = int(part, 16) / 255
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    found = re.findall(r"--([\w-]+): #(..)(..)(..);", text)
    return {name: (linear(red), linear(green), linear(blue)) for name, red, green, blue in found}


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_letters_have_contrast_enough_in_both_themes(theme: int) -> None:
    colours = palette(CSS.split("prefers-color-scheme: dark")[theme])

    def light(name: str) -> float:
        red, green, blue = colours[name]
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    def contrast(one: str, two: str) -> float:
        high, low = sorted((light(one), light(two)), reverse=True)
        return (high + 0.05) / (low + 0.05)

    pairs = [(ink, back) for ink in ("ink", "soft", "link") for back in ("card", "page", "faint")]
    pairs += [(tone, "card") for tone in ("good", "bad")]
    pairs += [(tone, f"{tone}-wash") for tone in ("good", "bad", "warn", "calm")]
    pairs += [("ink", f"{tone}-wash") for tone in ("good", "bad", "warn", "calm")]
    assert {pair: round(contrast(*pair), 2) for pair in pairs if contrast(*pair) < 4.5} == {}


# --- Flink's defaults, as the bench has measured them ----------------------------------------------------------------


def test_the_page_compares_what_the_bench_has_measured_on_this_machine() -> None:
    root = page(samples.passed(), samples.bench())
    section = root.find("body/main/section[@aria-labelledby='bench']")
    assert section is not None
    text = text_of(section)
    assert "Not measured in this drill: medians of 5 rounds of bench_failover.py" in text
    assert "leader_kill new leader 37.7 s 0.53 s 71 \N{MULTIPLICATION SIGN} faster" in text
    assert "zookeeper_kill running 2.17 s 0 s no outage" in text
    header = root.find("body/header")
    assert header is not None
    assert "0.53 s instead of 37.7 s (leader_kill)" in text_of(header)


def test_markdown_compares_the_same() -> None:
    text = markdown(samples.passed(), samples.bench())
    assert "Not measured in this drill: medians of 5 rounds of bench_failover.py" in text
    assert "| leader_kill | running | 38.1 s | 1.51 s | 25 \N{MULTIPLICATION SIGN} faster |" in text


@pytest.mark.parametrize(
    "change",
    [
        lambda measured: measured.clear(),
        lambda measured: measured.update(host="another machine"),
        lambda measured: measured.update(medians={}),
        lambda measured: [sides.pop("stock") for sides in measured["medians"].values()],
        lambda measured: [sides.pop("balanced") for sides in measured["medians"].values()],
    ],
    ids=["nothing", "elsewhere", "no fault", "no defaults", "no profile"],
)
def test_nothing_is_compared_that_was_not_measured_on_both_sides_here(change: Callable[[Result], object]) -> None:
    measured = samples.bench()
    change(measured)
    assert reports(samples.passed(), measured) == reports(samples.passed())
    assert page(samples.passed(), measured).find("body/main/section[@aria-labelledby='bench']") is None
    assert "defaults" not in reports(samples.passed(), measured)["html"]


def test_a_bench_that_cannot_be_read_is_one_sentence() -> None:
    with pytest.raises(AnsibleFilterError, match=r"cannot compare .*: format is 2, .*; run make bench-failover again"):
        reports(samples.passed(), samples.bench() | {"format": 2})


# --- Whatever fits the shape -------------------------------------------------------------------------------------

TEXT = st.text(max_size=20)
NAME = st.text(min_size=1, max_size=12)
SECONDS = st.floats(-200, 2000, allow_nan=False)
MAYBE = st.none() | st.floats(0, 5000, allow_nan=False)
COUNT = st.none() | st.integers(0, 10**12)
MOMENT = st.integers(1_577_836_800, 2_208_988_800).map(
    lambda seconds: datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
)


def block(key: str, value: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Result]]:
    return st.lists(st.fixed_dictionaries({"from": SECONDS, "to": SECONDS, key: value}), max_size=5)


TIMELINE = st.fixed_dictionaries(
    {
        "from": SECONDS,
        "to": SECONDS,
        "fault": st.fixed_dictionaries({"from": SECONDS, "to": SECONDS}),
        "leaders": block("name", TEXT),
        "rest": block("ok", st.booleans()),
        "jobs": st.dictionaries(
            NAME, block("state", st.sampled_from(["RUNNING", "RESTARTING", "FAILED"]) | TEXT), max_size=3
        ),
        "rows": st.dictionaries(NAME, st.lists(st.tuples(SECONDS, SECONDS).map(list), max_size=9), max_size=3),
        "checkpoints": st.lists(
            st.fixed_dictionaries({"at": SECONDS, "job": TEXT, "id": COUNT, "status": TEXT}), max_size=4
        ),
        "taskmanagers": st.lists(st.tuples(SECONDS, st.integers(0, 900)).map(list), max_size=5),
        "events": st.lists(st.fixed_dictionaries({"at": SECONDS, "text": TEXT}), max_size=5),
    }
)
FAULT = st.fixed_dictionaries(
    {
        "name": NAME,
        "title": TEXT,
        "what": TEXT,
        "target": st.none() | st.fixed_dictionaries({"host": TEXT, "service": TEXT, "pid": COUNT}),
        "status": st.sampled_from(STATUSES),
        "reason": TEXT,
        "began": MOMENT,
        "injected": st.none() | MOMENT,
        "removed": st.none() | MOMENT,
        "ended": MOMENT,
        "times": st.lists(
            st.fixed_dictionaries(
                {
                    "name": st.sampled_from(["leader", "running", "row", "checkpoint", "stalled"]) | NAME,
                    "label": TEXT,
                    "seconds": MAYBE,
                    "limit": MAYBE,
                    "passed": st.none() | st.booleans(),
                }
            ),
            max_size=5,
        ),
        "checks": st.lists(
            st.fixed_dictionaries({"name": NAME, "label": TEXT, "passed": st.none() | st.booleans(), "detail": TEXT}),
            max_size=3,
        ),
        "rows": st.none() | st.fixed_dictionaries({"expected": COUNT, "lost": COUNT, "doubled": COUNT}),
        "jobs": st.lists(
            st.fixed_dictionaries(
                {"id": TEXT, "name": TEXT, "restored_from": TEXT, "restored_id": COUNT, "last_checkpoint_before": COUNT}
            ),
            max_size=2,
        ),
        "timeline": st.none() | TIMELINE,
    }
)
RESULT = st.fixed_dictionaries(
    {
        "format": st.just(1),
        "title": TEXT,
        "cluster": TEXT,
        "cluster_id": TEXT,
        "flink_version": TEXT,
        "runtime": TEXT,
        "profile": TEXT,
        "started": MOMENT,
        "ended": MOMENT,
        "seed": st.none() | st.integers(),
        "passed": st.booleans(),
        "faults": st.lists(FAULT, max_size=3),
    }
)


@given(result=RESULT)
@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_whatever_fits_the_shape_becomes_four_whole_reports(result: Result) -> None:
    assert_journal(journal(result))
    assert len(list(junit(result).iter("testcase"))) == len(result["faults"])
    text = reports(result)
    assert set(text) == {"html", "json", "md", "xml"}
    assert text["md"].startswith("# ")
    root = page(result)
    assert len(root.findall("body/main/section[@id]")) == len(result["faults"])
    for element in root.iter():
        assert not re.search(r"\b(?:nan|inf)\b", element.get("d", "") + element.get("points", ""))
        assert all(math.isfinite(float(element.get(name, "0"))) for name in ("x", "y", "x1", "x2", "y1", "y2"))
        assert all(float(element.get(name, "0")) >= 0 for name in ("width", "height", "r"))


def test_a_long_timeline_does_not_make_a_long_page() -> None:
    """Ninety seconds, looked at every 50 ms, with three jobs that write."""
    fault = samples.leader_kill()
    series = [[step / 20 - 10, float(step % 700)] for step in range(2000)]
    fault["timeline"]["rows"] = {f"job-{number}": series for number in range(3)}
    assert len(reports(samples.drill(fault))["html"]) < 150_000
