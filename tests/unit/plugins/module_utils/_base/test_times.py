"""Moments as text, written and read in one place."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.times import (
    iso,
    iso_now,
    iso_or_none,
    iso_utc,
    moment,
    stamp,
    stamp_moment,
)

AT = datetime(2026, 1, 20, 8, 22, 30, 250_000, tzinfo=UTC)


def test_moments_are_written_in_utc() -> None:
    assert iso(AT.timestamp()) == "2026-01-20T08:22:30.250Z"
    assert iso(AT.timestamp(), "seconds") == "2026-01-20T08:22:30Z"
    assert iso_utc(round(AT.timestamp() * 1000)) == "2026-01-20T08:22:30.250Z"
    assert iso_or_none(AT.timestamp()) == "2026-01-20T08:22:30.250Z"
    assert iso_or_none(None) is None


def test_now_is_written_to_the_millisecond() -> None:
    assert len(iso_now()) == len("2026-01-20T08:22:30.250Z")


def test_a_moment_beyond_the_calendar_is_empty() -> None:
    assert iso(1e20) == ""
    assert iso_utc(-(10**30)) == ""


@pytest.mark.parametrize(
    "text", ["2026-01-20T08:22:30.250Z", "2026-01-20T09:22:30.250+01:00", "2026-01-20T08:22:30.250"]
)
def test_moments_are_read_with_and_without_a_time_zone(text: str) -> None:
    assert moment(text) == AT


@pytest.mark.parametrize("text", ["", "Z", "None", "yesterday", "2026-13-01T00:00:00Z"])
def test_text_without_a_moment_is_none(text: str) -> None:
    assert moment(text) is None


def test_names_of_files_hold_the_moment() -> None:
    assert stamp(AT.timestamp()) == "20260120T082230Z"
    assert stamp_moment("20260120T082230Z") == AT.replace(microsecond=0)
    with pytest.raises(ValueError, match="does not match"):
        stamp_moment("yesterday")
