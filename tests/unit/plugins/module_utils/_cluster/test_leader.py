"""Who leads, as it is read from ZooKeeper's nodes."""

from __future__ import annotations

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._base.times import iso_utc
from ansible_collections.streamops.flink.plugins.module_utils._cluster.kazoo_client import Node
from ansible_collections.streamops.flink.plugins.module_utils._cluster.leader import (
    COMPONENTS,
    ConnectionInfo,
    ForeignLeader,
    Leader,
    NoLeader,
    TwoLeaders,
    contenders_of,
    find_leader,
    latch_order,
    parse_connection_info,
    same_address,
    session_text,
)
from ansible_collections.streamops.flink.tests.unit.plugins.fakes import LEADER_SESSION, connection_info
from hypothesis import given
from hypothesis import strategies as st

# As a JobManager of Flink 1.20.5 wrote it.
RECORDED = bytes.fromhex(
    "aced000577180016687474703a2f2f3132372e302e302e313a32333031327372000e6a6176612e7574696c2e55554944bc9903f7986d852f0200"
    "024a000c6c65617374536967426974734a000b6d6f7374536967426974737870b46f3c9277b66f9d825d5b6b80f1407f"
)
JOBMANAGERS = [("jm1", "http://127.0.0.1:8081"), ("jm2", "http://127.0.0.1:8082")]


def node(data: bytes, owner: int = 0x100) -> Node:
    return Node("/flink/t/x", data, 0, owner, 1_780_000_000_000, 1_780_000_001_500)


def published(url: str = "http://127.0.0.1:8081", owner: int = 0x100) -> dict[str, Node | None]:
    return {component: node(connection_info(url), owner) for component in COMPONENTS}


def test_what_a_jobmanager_wrote_is_read() -> None:
    assert parse_connection_info(RECORDED) == ConnectionInfo(
        "http://127.0.0.1:23012", "825d5b6b-80f1-407f-b46f-3c9277b66f9d"
    )


def test_the_fake_writes_what_a_jobmanager_writes() -> None:
    assert connection_info("http://127.0.0.1:23012", "825d5b6b-80f1-407f-b46f-3c9277b66f9d") == RECORDED


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "header of a Java stream"),
        (b"http://127.0.0.1:8081", "header of a Java stream"),
        (RECORDED[:4], "no block of data"),
        (RECORDED[:4] + b"\x73" + RECORDED[5:], "no block of data"),
        (RECORDED[:20], "ends in the middle of the address"),
        (RECORDED[:6] + b"\x00\xff" + RECORDED[8:], "length of the address is wrong"),
        (RECORDED[:8] + b"\xff" + RECORDED[9:], "address is not text"),
        (RECORDED[:8] + b"\x07" + RECORDED[9:], "not an address"),
        (RECORDED[:40], "session id is missing"),
    ],
)
def test_a_damaged_node_is_named_as_such(data: bytes, why: str) -> None:
    with pytest.raises(FlinkError, match=why) as caught:
        parse_connection_info(data)
    assert "\n" not in caught.value.message


@given(st.binary(max_size=300) | st.binary(max_size=200).map(lambda tail: RECORDED[:5] + tail))
def test_any_bytes_give_an_address_or_an_expected_error(data: bytes) -> None:
    try:
        info = parse_connection_info(data)
    except FlinkError:
        return
    assert info.address
    assert len(info.session) == 36


@given(st.data())
def test_a_changed_byte_gives_an_address_or_an_expected_error(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(RECORDED) - 1))
    value = data.draw(st.integers(0, 255))
    changed = RECORDED[:place] + bytes([value]) + RECORDED[place + 1 :]
    try:
        text = parse_connection_info(changed).address
    except FlinkError as error:
        text = error.message
    assert text.isprintable()


@given(st.from_regex(r"https?://[a-z0-9.-]{1,60}:[0-9]{1,5}", fullmatch=True), st.uuids())
def test_every_address_is_read_back(address: str, session: object) -> None:
    assert parse_connection_info(connection_info(address, str(session))) == ConnectionInfo(address, str(session))


def test_the_leader_is_named_after_the_inventory() -> None:
    assert find_leader(published(), JOBMANAGERS, "/flink/t/leader") == Leader(
        url="http://127.0.0.1:8081",
        name="jm1",
        leader_session=LEADER_SESSION,
        zookeeper_session="0x100",
        since="2026-05-28T20:26:41.500Z",
    )


def test_without_an_inventory_any_leader_is_accepted_and_has_no_name() -> None:
    assert find_leader(published("http://elsewhere:1"), [], "/flink/t/leader").name is None


def test_a_leader_that_is_not_in_the_inventory_is_an_error() -> None:
    with pytest.raises(
        ForeignLeader, match=r"^the leader http://elsewhere:1 is not one of .*jm1 http://127\.0\.0\.1:8081"
    ):
        find_leader(published("http://elsewhere:1"), JOBMANAGERS, "/flink/t/leader")


@pytest.mark.parametrize("missing", [node(b""), None])
def test_there_is_no_leader_when_no_rest_server_is_published(missing: Node | None) -> None:
    with pytest.raises(
        NoLeader, match=r"^no JobManager leads: /flink/t/leader has no connection_info of the rest_server$"
    ):
        find_leader({**published(), "rest_server": missing}, JOBMANAGERS, "/flink/t/leader")


def test_a_leader_that_has_not_published_everything_does_not_lead_yet() -> None:
    with pytest.raises(NoLeader, match=r"does not lead yet: .* has no connection_info of the dispatcher$"):
        find_leader({**published(), "dispatcher": None}, JOBMANAGERS, "/flink/t/leader")


def test_components_of_different_processes_are_two_leaders() -> None:
    mixed = {**published(), "dispatcher": node(connection_info("pekko://x"), owner=0x200)}
    with pytest.raises(
        TwoLeaders, match=r"session 0x100 has published the rest_server .* session 0x200 the dispatcher$"
    ):
        find_leader(mixed, JOBMANAGERS, "/flink/t/leader")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://jm1:8081", "http://jm1:8081/", True),
        ("http://JM1:8081", "http://jm1:8081", True),
        ("http://jm1", "http://jm1:80", True),
        ("https://jm1", "https://jm1:443", True),
        ("http://anna:secret@jm1:8081", "http://jm1:8081", True),
        ("http://[::1]:8081", "http://[::1]:8081/", True),
        ("http://[::1]:8081", "http://[0:0:0:0:0:0:0:1]:8081", True),
        ("http://[2001:DB8::0:17]", "http://[2001:db8::17]:80", True),
        ("http://[::1]:8081", "http://[::2]:8081", False),
        ("http://jm1:8081", "https://jm1:8081", False),
        ("http://jm1:8081", "http://jm1:8082", False),
        ("http://jm1:8081", "http://jm10:8081", False),
    ],
)
def test_addresses_are_compared_by_what_they_mean(one: str, other: str, same: bool) -> None:
    assert same_address(one, other) is same


def test_the_latch_is_ordered_by_number_and_not_by_name() -> None:
    names = ["_c_a-latch-0000000010", "_c_b-latch-0000000009", "something else", "_c_x-latch-", "_c_c-latch-0000000002"]
    assert latch_order(names) == ["_c_c-latch-0000000002", "_c_b-latch-0000000009", "_c_a-latch-0000000010"]


def test_a_contender_is_known_by_its_session_only() -> None:
    leader = find_leader(published(), JOBMANAGERS, "/flink/t/leader")
    first, second = contenders_of([node(b"", 0x200), node(b"", 0x100)], leader)
    assert (first.position, first.leading, first.name) == (1, False, None)
    assert (second.position, second.leading, second.name) == (2, True, "jm1")


@pytest.mark.parametrize(("owner", "text"), [(0, "0x0"), (0x100, "0x100"), (-1, "0xffffffffffffffff")])
def test_a_session_is_written_as_zookeeper_writes_it(owner: int, text: str) -> None:
    assert session_text(owner) == text


@given(st.integers(-(2**63), 2**63 - 1))
def test_any_time_of_a_node_can_be_written(milliseconds: int) -> None:
    text = iso_utc(milliseconds)
    assert text == "" or text.endswith("Z")


def test_a_user_in_the_address_is_not_returned() -> None:
    leader = find_leader(published("http://anna:secret@127.0.0.1:8081"), JOBMANAGERS, "/flink/t/leader")
    assert leader.as_dict()["url"] == "http://***@127.0.0.1:8081"
