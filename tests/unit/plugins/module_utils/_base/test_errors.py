"""Errors are one sentence, and no sentence holds a password."""

from __future__ import annotations

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError, NotYet, RestError
from ansible_collections.streamops.flink.plugins.module_utils._base.secrets import mask_url
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("http://jm1:8081/jobs", "http://jm1:8081/jobs"),
        ("see https://anna:s3cret@jm1:8081/jobs now", "see https://***@jm1:8081/jobs now"),
        ("http://token@jm1", "http://***@jm1"),
        ("mail anna@example.org", "mail anna@example.org"),
        ("two http://a:b@x and http://c:d@y", "two http://***@x and http://***@y"),
        ("pekko.tcp://flink@127.0.0.1:6123", "pekko.tcp://***@127.0.0.1:6123"),
    ],
)
def test_the_user_of_a_url_is_hidden(text: str, masked: str) -> None:
    assert mask_url(text) == masked


@given(
    st.text(alphabet=st.characters(codec="ascii", exclude_characters="/@ \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f"), min_size=4)
)
def test_no_password_in_a_url_is_ever_shown(password: str) -> None:
    shown = mask_url(f"http://anna:{password}@jm1.example.org:8081/jobs/overview")
    assert shown == "http://***@jm1.example.org:8081/jobs/overview"


def test_an_error_carries_its_details_and_is_its_message() -> None:
    error = FlinkError("cannot reach http://a:b@jm1", leader="jm1")
    assert str(error) == error.message == "cannot reach http://***@jm1"
    assert error.details == {"leader": "jm1"}


def test_an_error_can_be_told_more_without_changing_its_kind() -> None:
    error = RestError("no answer", status=503, url="http://a:b@jm1/jobs").extended(" (tried for 5 s)")
    assert isinstance(error, RestError)
    assert (str(error), error.status, error.url) == ("no answer (tried for 5 s)", 503, "http://***@jm1/jobs")


def test_what_is_not_yet_there_is_an_expected_error() -> None:
    assert isinstance(NotYet("no JobManager leads"), FlinkError)
