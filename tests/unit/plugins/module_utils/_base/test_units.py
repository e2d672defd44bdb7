"""Durations and amounts of memory, as Flink reads them."""

from __future__ import annotations

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._base.units import (
    duration,
    duration_text,
    seconds,
    size,
    size_in_bytes,
    size_text,
)
from hypothesis import given
from hypothesis import strategies as st

# As TimeUtils.parseDuration of Flink 1.20 answers.
DURATIONS = {
    "30 s": 30,
    "30S": 30,
    "1m": 60,
    "1 m": 60,
    "1 min": 60,
    "1 minute": 60,
    "5 Minutes": 300,
    "2 h": 7200,
    "2 hours": 7200,
    "10": 0.01,
    "30000": 30,
    30000: 30,
    " 7 d ": 604800,
    "1 day": 86400,
    "5 ns": 5e-9,
    "5 nanos": 5e-9,
    "5 µs": 5e-6,
    "5 micros": 5e-6,
    "1 Sec": 1,
    "500ms": 0.5,
    "500 millis": 0.5,
    "500 milliseconds": 0.5,
    "2 secs": 2,
    "0": 0,
    "-1 s": None,
    "1.5 s": None,
    "": None,
    "s": None,
    "1h30m": None,
    "+3 s": None,
    "mins": None,
    "3 mins": None,
    "3 hs": None,
    "soon": None,
    None: None,
    True: None,
    1.5: None,
}
# As Flink 2 accepts besides: java.time.Duration.parse.
ISO_DURATIONS = {
    "PT30S": 30,
    "pt1m30s": 90,
    "P1DT1H": 90000,
    "PT0.25S": 0.25,
    "PT1,5S": 1.5,
    "-PT30S": -30,
    "PT-6H+3M": -21420,
    "PT-0.5S": -0.5,
    "P": None,
    "PT": None,
    "P1DT": None,
    "PT1.5H": None,
}
# As MemorySize.parse answers.
SIZES = {
    "1600m": 1600 << 20,
    "1024 m": 1 << 30,
    "1gb": 1 << 30,
    "1 gb": 1 << 30,
    "64": 64,
    64: 64,
    "7 bytes": 7,
    "1k": 1024,
    "64 KB": 64 << 10,
    "1 kibibytes": 1024,
    "1 t": 1 << 40,
    "1 tebibytes": 1 << 40,
    "10 Mb": 10 << 20,
    "2 GibiBytes": 2 << 30,
    "5 kilo": None,
    "1GiB": None,
    "1.5g": None,
    "5 x": None,
    "-1b": None,
    "": None,
    None: None,
}


@pytest.mark.parametrize("value", DURATIONS)
def test_durations_are_read_as_flink_reads_them(value: object) -> None:
    assert seconds(value) == pytest.approx(DURATIONS[value])


@pytest.mark.parametrize("text", ISO_DURATIONS)
def test_iso_durations_are_read_from_flink_2_on(text: str) -> None:
    assert seconds(text) == ISO_DURATIONS[text]
    assert seconds(text, iso=False) is None


@given(st.text(max_size=20))
def test_any_text_is_a_duration_or_nothing(text: str) -> None:
    found = seconds(text, iso=False)
    assert found is None or found >= 0


@pytest.mark.parametrize("value", SIZES)
def test_amounts_of_memory_are_read_as_flink_reads_them(value: object) -> None:
    assert size_in_bytes(value) == SIZES[value]


def test_valid_values_are_numbers() -> None:
    assert duration("1 m", "flink_checkpoint_interval") == 60
    assert size("2g", "flink_memory") == 2 << 30


@pytest.mark.parametrize("value", ["30 parsecs", "-PT1S", "1.5 s", "", None, True])
def test_a_duration_that_is_not_valid_is_refused_by_its_name(value: object) -> None:
    with pytest.raises(FlinkError) as refused:
        duration(value, "flink_checkpoint_interval")
    assert refused.value.message == (
        f"flink_checkpoint_interval: {value!r} is not a valid duration: write a number with a unit, such as 30 s,"
        " 15 min or 4 h"
    )


def test_a_size_that_is_not_valid_is_refused_by_its_name() -> None:
    with pytest.raises(FlinkError) as refused:
        size("much", "flink_memory")
    assert refused.value.message == (
        "flink_memory: 'much' is not a valid size: write a number with a unit, such as 1024 m or 2 g"
    )


@pytest.mark.parametrize("value", [600, "600", " 600 ", 0, 0.5, "1.5", -3])
def test_a_number_without_a_unit_is_refused_by_its_name(value: object) -> None:
    text = str(value).strip()
    with pytest.raises(FlinkError) as refused:
        duration(value, "roll_timeout")
    assert refused.value.message == f"roll_timeout: {text} has no unit: write {text} s or {text} ms, whichever is meant"
    with pytest.raises(FlinkError) as refused:
        size(value, "zookeeper_heap")
    assert refused.value.message == f"zookeeper_heap: {text} has no unit: write {text}m or {text}g, whichever is meant"


@pytest.mark.parametrize(
    ("milliseconds", "text"), [(1, "1 ms"), (1500, "1500 ms"), (90_000, "90 s"), (900_000, "15 min")]
)
def test_durations_are_written_in_the_largest_unit_that_fits(milliseconds: int, text: str) -> None:
    assert duration_text(milliseconds) == text


@pytest.mark.parametrize(("count", "text"), [(5 << 20, "5 MiB"), (3 << 29, "1.5 GiB"), (22 << 30, "22 GiB")])
def test_sizes_are_written_for_people(count: int, text: str) -> None:
    assert size_text(count) == text
