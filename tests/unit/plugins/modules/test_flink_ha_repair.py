"""flink_ha_repair: what was named is moved, never deleted, and goes back from its receipt."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.modules import flink_ha_info, flink_ha_repair
from ansible_collections.streamops.flink.tests.unit.plugins.fake_flink import ROOT, FakeFlink, connection

Run = Callable[..., dict[str, Any]]
JOB = "f" * 32
NODE = f"{ROOT}/jobgraphs/{JOB}"


@pytest.fixture
def repair(run_module: Run, flink: FakeFlink) -> Run:
    return lambda **arguments: run_module(flink_ha_repair.main, **{**connection(), **arguments})


@pytest.fixture
def findings(run_module: Run, flink: FakeFlink) -> Callable[[], list[dict[str, str]]]:
    return lambda: run_module(flink_ha_info.main, **connection())["findings"]


@pytest.fixture
def result(flink: FakeFlink) -> Path:
    flink.version = "2.3.0"
    file = flink.storage / "ha" / "job-result-store" / "t" / f"{JOB}_DIRTY.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"result": {"id": JOB}}))
    return file


def test_a_result_is_moved_with_a_receipt_and_put_back_as_it_was(
    repair: Run, findings: Callable[[], list[dict[str, str]]], result: Path
) -> None:
    named = findings()
    content = result.read_bytes()
    planned = repair(findings=named, check=True, diff=True)
    assert planned["changed"] is True
    assert result.exists()
    assert planned["diff"]["before"] == f"{result}\n"
    done = repair(findings=named)
    (moved,) = done["moved"]
    assert moved == planned["moved"][0]
    assert not result.exists()
    assert Path(moved["target"]).read_bytes() == content
    assert Path(moved["target"]).parent.name == "t.quarantine"
    receipt = json.loads(Path(moved["receipt"]).read_text())
    assert (receipt["subject"], receipt["kind"]) == (str(result), "dirty_result")
    assert findings() == []
    again = repair(findings=named)
    assert (again["changed"], again["gone"]) == (False, [str(result)])
    assert repair(state="restored", receipts=[moved["receipt"]], check=True)["changed"] is True
    assert not result.exists()
    assert repair(state="restored", receipts=[moved["receipt"]])["changed"] is True
    assert result.read_bytes() == content
    assert not Path(moved["receipt"]).exists()
    assert [one["kind"] for one in findings()] == ["dirty_result"]


def test_a_node_is_moved_below_our_records_and_put_back_as_it_was(
    repair: Run, findings: Callable[[], list[dict[str, str]]], flink: FakeFlink
) -> None:
    flink.keep_graph(JOB).unlink()
    (flink.ha / "blob").mkdir()
    nodes = flink.ensemble.nodes
    flink.ensemble.add(f"{NODE}/locks/held", owner=0x100)
    data = nodes[NODE].data
    named = [one for one in findings() if one["kind"] == "missing_graph"]
    assert repair(findings=named, check=True)["changed"] is True
    assert NODE in nodes
    (moved,) = repair(findings=named)["moved"]
    assert not [path for path in nodes if path.startswith(NODE)]
    assert moved["receipt"].startswith("/streamops/t/quarantine/")
    assert findings() == []
    assert repair(findings=named)["gone"] == [NODE]
    assert repair(state="restored", receipts=[moved["receipt"]])["moved"][0]["subject"] == NODE
    assert nodes[NODE].data == data
    assert moved["receipt"] not in nodes


def test_a_result_that_flink_has_put_in_order_stays(
    repair: Run, findings: Callable[[], list[dict[str, str]]], result: Path
) -> None:
    named = findings()
    result.write_text(json.dumps({"result": {"id": JOB, "application-id": JOB}}))
    assert repair(findings=named)["gone"] == [str(result)]
    assert result.exists()


def test_a_second_result_of_the_same_job_does_not_take_the_place_of_the_first(
    repair: Run, findings: Callable[[], list[dict[str, str]]], result: Path
) -> None:
    content = result.read_text()
    (first,) = repair(findings=findings())["moved"]
    result.write_text(content)
    (second,) = repair(findings=findings())["moved"]
    assert first["target"] != second["target"]
    assert Path(first["target"]).exists()


@pytest.mark.parametrize(
    ("finding", "message"),
    [
        ({"kind": "contender", "place": "", "subject": "/t", "remedy": "stop it"}, "is not repaired by moving it"),
        ({"kind": "dirty_result", "place": "zookeeper", "subject": "/t"}, "is not repaired by moving it"),
        ({}, "as flink_ha_info returns them"),
        ({"kind": "dirty_result", "place": "storage", "subject": "s3://b/x_DIRTY.json"}, "cannot read that storage"),
        (
            {"kind": "dirty_result", "place": "storage", "subject": "/no/where/x_DIRTY.json"},
            "cannot read that storage",
        ),
        (
            {"kind": "orphan_job", "place": "zookeeper", "subject": "/flink/other/jobgraphs/x"},
            "is not a node of the cluster",
        ),
    ],
)
def test_what_is_no_finding_is_one_sentence(repair: Run, finding: dict[str, str], message: str) -> None:
    failed = repair(findings=[finding])
    assert failed["failed"] is True
    assert message in failed["msg"]


def test_nothing_is_moved_when_one_of_many_cannot_be(
    repair: Run, findings: Callable[[], list[dict[str, str]]], result: Path
) -> None:
    assert repair(findings=[*findings(), {"kind": "contender", "subject": "x"}])["failed"] is True
    assert result.exists()


def test_a_receipt_that_is_none_or_does_not_fit_any_more_puts_nothing_back(
    repair: Run, findings: Callable[[], list[dict[str, str]]], result: Path, tmp_path: Path
) -> None:
    content = result.read_text()
    (moved,) = repair(findings=findings())["moved"]
    Path(moved["target"]).write_text("another")
    changed = repair(state="restored", receipts=[moved["receipt"]])
    assert "is not what its receipt" in changed["msg"]
    result.write_text(content)
    assert "is there again" in repair(state="restored", receipts=[moved["receipt"]])["msg"]
    odd = tmp_path / "x.receipt.json"
    odd.write_text('{"format": 9}')
    assert "is not a receipt of this collection" in repair(state="restored", receipts=[str(odd)])["msg"]
    assert "cannot be read" in repair(state="restored", receipts=[f"{odd}.receipt.json"])["msg"]
    other = repair(state="restored", receipts=["/streamops/other/quarantine/x"])
    assert "is not a receipt of the cluster" in other["msg"]
    assert "there is no receipt" in repair(state="restored", receipts=["/streamops/t/quarantine/x"])["msg"]
