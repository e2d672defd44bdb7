"""flink_support_files: configurations and the ends of logs of a host in one archive, and no secret in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible_collections.streamops.flink.plugins.module_utils._operations.support import read
from ansible_collections.streamops.flink.plugins.modules import flink_support_files

Run = Callable[..., dict[str, Any]]


def test_configurations_and_logs_are_collected(run_module: Run, tmp_path: Path) -> None:
    (tmp_path / "node").mkdir()
    (tmp_path / "node" / "config.yaml").write_text("rest.password: hunter22\n")
    (tmp_path / "node" / "jm.log").write_text("hunter22 and canary\n")
    arguments = {
        "directories": [str(tmp_path / "node")],
        "path": str(tmp_path / "x.tar.gz"),
        "secrets": ["canary"],
    }
    assert len(run_module(flink_support_files.main, **arguments, check=True)["files"]) == 2
    assert not (tmp_path / "x.tar.gz").exists()
    assert run_module(flink_support_files.main, **arguments)["changed"] is True
    text = "".join(read(tmp_path / "x.tar.gz").values())
    assert text == "rest.password: ********\n******** and ********\n"


def test_a_tail_of_nothing_is_refused(run_module: Run, tmp_path: Path) -> None:
    failed = run_module(flink_support_files.main, path=str(tmp_path / "x"), tail=0)
    assert "tail is 0" in failed["msg"]


def test_a_directory_that_is_not_there_is_left_out(run_module: Run, tmp_path: Path) -> None:
    done = run_module(flink_support_files.main, directories=[str(tmp_path / "none")], path=str(tmp_path / "x.tar.gz"))
    assert (done["changed"], done["files"], read(tmp_path / "x.tar.gz")) == (True, [], {})


def test_it_knows_no_cluster(run_module: Run, tmp_path: Path) -> None:
    failed = run_module(flink_support_files.main, path=str(tmp_path / "x"), zookeeper_quorum="zk1:2181")
    assert "Unsupported parameters" in failed["msg"]
