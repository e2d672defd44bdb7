"""flink_ha_storage_info: what a host sees of the storage goes back to the controller whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible_collections.streamops.flink.plugins.module_utils._ha.storage import Storage
from ansible_collections.streamops.flink.plugins.modules import flink_ha_storage_info

Run = Callable[..., dict[str, Any]]


def test_what_is_read_can_be_read_again(run_module: Run, tmp_path: Path) -> None:
    (tmp_path / "ha").mkdir()
    (tmp_path / "ha" / "submittedJobGraph1").write_bytes(b"x")
    result = run_module(flink_ha_storage_info.main, places={"ha": f"file:{tmp_path}/ha"}, check=True)
    assert result["changed"] is False
    found = Storage.from_dict(result["storage"])
    assert [one.path for one in found.files] == [str(tmp_path / "ha" / "submittedJobGraph1")]
    assert found.unread == {"checkpoints": "its place is not known"}


def test_the_places_must_be_given(run_module: Run) -> None:
    assert "places" in run_module(flink_ha_storage_info.main)["msg"]
