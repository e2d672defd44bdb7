"""The action plugin that builds the guardian without a module, where it can."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.plugins.action.normal import ActionModule as NormalActionModule
from ansible_collections.streamops.flink.plugins.action.flink_guardian_archive import ActionModule
from ansible_collections.streamops.flink.plugins.module_utils._guardian import archive as _guardian_archive

BY_MODULE = {"path": "by the module"}


@pytest.fixture(autouse=True)
def module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NormalActionModule, "run", lambda *_given: BY_MODULE)


def act(directory: Path, transport: str = "local", become: bool = False, check: bool = False) -> dict[str, Any]:
    task = SimpleNamespace(args={"directory": str(directory)}, become=become, check_mode=check, action="", async_val=0)
    parts: dict[str, Any] = dict.fromkeys(("play_context", "loader", "templar", "shared_loader_obj"))
    return ActionModule(task=task, connection=SimpleNamespace(transport=transport), **parts).run()


def test_it_is_built_in_the_process_of_ansible(tmp_path: Path) -> None:
    predicted, done, again = act(tmp_path, check=True), act(tmp_path), act(tmp_path)
    assert (predicted["changed"], done["changed"], again["changed"]) == (True, True, False)
    assert predicted["path"] == done["path"] == str(next(tmp_path.iterdir()))


def test_ansibles_loader_gives_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    loader = SimpleNamespace(get_source=lambda _name: "# \u00e4\n".encode())
    found = SimpleNamespace(loader=loader, submodule_search_locations=None)
    monkeypatch.setattr(_guardian_archive.importlib.util, "find_spec", lambda _name: found)
    assert _guardian_archive.module_at("any") == "# \u00e4\n"


def test_the_module_builds_it_on_other_hosts_and_for_other_accounts(tmp_path: Path) -> None:
    assert act(tmp_path, transport="ssh") == act(tmp_path, become=True) == BY_MODULE


def test_the_module_builds_it_where_ansible_itself_lacks_a_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_guardian_archive, "LIBRARIES", ("no_such_library",))
    assert act(tmp_path) == BY_MODULE


def test_an_expected_error_is_told_as_the_module_tells_it(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    failed = act(tmp_path / "file" / "cache")
    assert failed["failed"] is True
    assert "cannot write the guardian to" in failed["msg"]
