"""An address and a port are one text, and that text is read back."""

from __future__ import annotations

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.addresses import (
    BadAddress,
    bracketed,
    host_port,
    parse_address,
    parse_addresses,
)
from hypothesis import given
from hypothesis import strategies as st

PAIRS = [
    ("zk1", 2181, "zk1:2181"),
    ("10.0.0.1", 1, "10.0.0.1:1"),
    ("::1", 2181, "[::1]:2181"),
    ("fe80::1%eth0", 65535, "[fe80::1%eth0]:65535"),
    ("2001:db8::17", 8081, "[2001:db8::17]:8081"),
    ("ZK1.Example.COM", 2181, "ZK1.Example.COM:2181"),
    ("zk_1", 2181, "zk_1:2181"),
    ("zk1.example.com.", 2181, "zk1.example.com.:2181"),
]


@pytest.mark.parametrize(("host", "port", "text"), PAIRS)
def test_an_address_goes_there_and_back(host: str, port: int, text: str) -> None:
    assert host_port(host, port) == text
    assert parse_address(text) == parse_address(f"  {text} ") == (host, port)


def test_brackets_are_not_doubled() -> None:
    assert bracketed("[::1]") == bracketed("::1") == "[::1]"


@pytest.mark.parametrize(
    ("text", "servers"),
    [
        ("a:1,b:2", [("a", 1), ("b", 2)]),
        (" a:1 , b:2 ,", [("a", 1), ("b", 2)]),
        ("a,b:2", [("a", 2181), ("b", 2)]),
        ("[::1],[::2]:3", [("::1", 2181), ("::2", 3)]),
        ("a:1,a:1", [("a", 1)]),
    ],
)
def test_servers_are_read(text: str, servers: list[tuple[str, int]]) -> None:
    assert parse_addresses(text, 2181) == servers


BAD = [
    ("", "no server is named: write host:2181,host:2181"),
    (" , ", "no server is named"),
    ("zk://a:1", "a scheme has no place in it: write host:2181, without zk://"),
    ("http://a", "a scheme has no place"),
    ("a:1/flink", "a path has no place in it: write host:2181, without /flink"),
    ("a/b", "a path has no place"),
    ("::1:2181", "in brackets: write it like [::1]:2181"),
    ("::1", "in brackets"),
    ("[::1", "its brackets do not match"),
    ("[::1]2181", "its brackets do not match"),
    ("[a]:1", "a is not an IPv6 address"),
    ("[]:1", "is not an IPv6 address"),
    ("a b:1", "'a b' is not the name of a host"),
    ("a;b:1", "'a;b' is not the name of a host"),
    ("['a:1'", "its brackets do not match"),
    (":1", "'' is not the name of a host"),
    ("a..b:1", "'a..b' is not the name of a host"),
    ("x" * 64 + ":1", "is not the name of a host"),
    ("a:0", "the port '0' is not a number from 1 to 65535"),
    ("a:65536", "the port '65536'"),
    ("a:٣", "the port '٣'"),
    ("a:1a", "the port '1a'"),
    ("u@a:1", "'u@a' is not the name"),
]


@pytest.mark.parametrize(("text", "reason"), BAD)
def test_what_is_no_address_says_what_to_write(text: str, reason: str) -> None:
    with pytest.raises(BadAddress) as refused:
        parse_addresses(text, 2181)
    assert reason in refused.value.message


def test_a_port_may_be_demanded() -> None:
    with pytest.raises(BadAddress, match="it has no port: write host:2181"):
        parse_address("zk1")


@given(st.text(alphabet="a[]:/.,@ 0129%é-_\x00", max_size=12))
def test_any_text_is_an_address_or_an_expected_error(text: str) -> None:
    try:
        host, port = parse_address(text, 2181)
    except BadAddress:
        return
    assert parse_address(host_port(host, port)) == (host, port)
