"""Paths as Flink writes them, and the addresses that are hidden in what Java has written."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.paths import below, java_files, local_path, uris
from ansible_collections.streamops.flink.tests.unit.plugins.fake_flink import java_text, java_uri
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("path", "place"), [("file:///a/b", "/a/b"), ("file:/a", "/a"), ("/a", "/a"), ("s3://b/a", None), ("a", None)]
)
def test_only_directories_of_a_host_are_local(path: str, place: str | None) -> None:
    assert local_path(path) == (Path(place) if place else None)


def test_a_directory_is_not_below_itself_and_nothing_is_below_no_directory() -> None:
    assert below("file:/a/b", "file:///a")
    assert not below("file:/a", "/a")
    assert not below("/ab", "/a")
    assert not below("/a", "")


def test_a_length_that_looks_like_the_beginning_of_a_scheme_does_no_harm() -> None:
    # 102 bytes: the length's last byte is an f.
    address = "file:/" + "x" * 96
    assert uris(java_text(address)) == [address]


def test_addresses_are_told_once_and_in_their_order() -> None:
    data = java_text("s3a://b/one") + b"\x00\x01" + java_text("file:/two") + java_text("s3a://b/one")
    assert uris(data) == ["s3a://b/one", "file:/two"]


@pytest.mark.parametrize(
    "data", [b"file:/a", b"\x00\xfffile:/cut", b"\x00\x08file:/\xff\xfe", b"\x00\x08file:/\n\n", b""]
)
def test_what_is_no_address_is_left_out(data: bytes) -> None:
    assert uris(data) == []


@given(st.binary(), st.text(st.characters(codec="utf-8", categories=("L", "N")), max_size=200), st.binary())
def test_an_address_is_found_whatever_is_around_it(before: bytes, name: str, after: bytes) -> None:
    assert f"hdfs://n/{name}x" in uris(before + java_text(f"hdfs://n/{name}x") + after)


def test_only_an_address_is_a_file_and_a_text_is_none() -> None:
    first = b"sr\x00\x0cjava.net.URI\xac\x01x.C\x9eI\xab\x03\x00\x01L\x00\x06stringt\x00\x12Ljava/lang/String;xp"
    data = first + java_text("file:/a/_metadata") + b"x" + java_text("file:/a/small") + java_uri("file:/a/shared/1")
    assert java_files(data) == ["file:/a/_metadata", "file:/a/shared/1"]
    assert java_files(b"sq\x00~\x00\x15" + java_text("file:/a/cut")) == []
