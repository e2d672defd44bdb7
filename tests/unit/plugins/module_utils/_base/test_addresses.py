"""An address and a port are one text, and that text is read back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.addresses import (
    BadAddress,
    bracketed,
    host_fault,
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
    ("", "it is empty: write host:2181"),
    (" , ", "it is empty"),
    ("a:1,,b:1", "it is empty"),
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


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        *((host, "") for host in ("jm1", "JM_1.example.com", "10.0.0.1", "::1", "fe80::1%eth0")),
        ("jm1:8081", "it has a port"),
        ("jm1:", "it has a port"),
        ("[::1]", "it has brackets"),
        ("[::1]:8081", "it has brackets"),
        ("a:b:c", "it has two colons and is not an IPv6 address"),
        ("http://jm1", "a scheme has no place in it"),
        ("jm1/x", "a path has no place in it"),
        ("j m", "'j m' is not the name of a host or an address"),
        ("", "it is empty"),
    ],
)
def test_a_host_alone_is_told_from_one_with_a_port(text: str, fault: str) -> None:
    assert host_fault(text) == fault


# In Python, in Jinja, and as an expression of Jinja.
JOINED = re.compile(
    r"\{(?!host_port\()[^{}\n]*(?:host|address|server)[^{}\n]*\}:\{(?!os\.getpid)"
    r"|\{\{[^{}\n]*(?:host|address)[^{}\n]*\}\}:\{\{"
    r"|~ ':' ~ \w*port\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('f"{host}:{port}"', True),
        ("f\"{node['address']}:{ports[one]}\"", True),
        ("http://{{ flink_host_address }}:{{ port }}", True),
        ("{{ monitoring_address ~ ':' ~ monitoring_port }}", True),
        ('f"{directory}:{directory}"', False),
        ("host_port(host, port)", False),
    ],
)
def test_what_joins_an_address_and_a_port_by_itself_would_be_found(text: str, found: bool) -> None:
    assert bool(JOINED.search(text)) is found


def test_an_address_and_a_port_meet_in_one_place_only() -> None:
    root = Path(__file__).parents[5]
    files = [path for top in ("plugins", "roles", "playbooks") for path in sorted((root / top).rglob("*"))]
    texts = {path: path.read_text(encoding="utf-8") for path in files if path.suffix in {".py", ".yml", ".j2"}}
    assert len(texts) > 300
    found = [
        f"{path.relative_to(root)}: {line.strip()}"
        for path, text in texts.items()
        for line in text.splitlines()
        if path.name != "addresses.py" and JOINED.search(line)
    ]
    assert not found


def test_a_port_may_be_demanded() -> None:
    with pytest.raises(BadAddress, match="it has no port: write host:port"):
        parse_address("zk1")


@given(st.text(alphabet="a[]:/.,@ 0129%é-_\x00", max_size=12))
def test_any_text_is_an_address_or_an_expected_error(text: str) -> None:
    try:
        host, port = parse_address(text, 2181)
    except BadAddress:
        return
    assert parse_address(host_port(host, port)) == (host, port)
