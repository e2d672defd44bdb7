"""The border between the library and Ansible."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.doc_fragments.connection import ModuleDocFragment
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError, RestError
from ansible_collections.streamops.flink.plugins.module_utils._cluster.client import Cluster
from ansible_collections.streamops.flink.plugins.module_utils._cluster_module import (
    CONNECTION_OPTIONS,
    connection_argument_spec,
    run,
)
from ansible_collections.streamops.flink.tests.unit.plugins.fakes import FakeEnsemble, install

Run = Callable[..., dict[str, Any]]
CONNECTION = {"zookeeper_quorum": "zk1:2181", "cluster_id": "/t"}


@pytest.fixture
def ensemble(monkeypatch: pytest.MonkeyPatch) -> FakeEnsemble:
    return install(monkeypatch)


def main_with(body: Callable[[AnsibleModule, Cluster], dict[str, Any]]) -> Callable[[], None]:
    return lambda: run(AnsibleModule(argument_spec=connection_argument_spec(), supports_check_mode=True), body)


def plain(option: dict[str, Any]) -> dict[str, Any]:
    """What the documentation and the specification of an option both say."""
    nested = option.get("suboptions") or option.get("options") or {}
    return {
        "type": option["type"],
        "elements": option.get("elements"),
        "required": option.get("required", False),
        "default": option.get("default"),
        "options": {name: plain(inner) for name, inner in nested.items()},
    }


def test_the_documentation_of_the_connection_is_its_specification() -> None:
    documented = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
    specified = connection_argument_spec()
    assert {name: plain(one) for name, one in documented.items()} == {
        name: plain(one) for name, one in specified.items()
    }
    assert set(specified) == CONNECTION_OPTIONS


@pytest.mark.parametrize("option", ["zookeeper_password", "rest_password", "rest_token"])
def test_secrets_are_not_logged(option: str) -> None:
    assert connection_argument_spec()[option]["no_log"] is True


def test_a_result_is_returned_with_the_round_trips(run_module: Run, ensemble: FakeEnsemble) -> None:
    ensemble.lead("http://jm1:8081")

    def body(_module: AnsibleModule, cluster: Cluster) -> dict[str, Any]:
        return {"url": cluster.leader().url}

    result = run_module(main_with(body), **CONNECTION)
    assert (result["changed"], result["url"]) == (False, "http://jm1:8081")
    assert result["round_trips"] == {"rest": 0, "zookeeper": 2}


def test_an_expected_error_is_a_failure_with_its_details(run_module: Run, ensemble: FakeEnsemble) -> None:
    def body(_module: AnsibleModule, _cluster: Cluster) -> dict[str, Any]:
        raise RestError("no answer", status=503, savepoint="s3://x/1", changed=True, msg="other", failed=False)

    result = run_module(main_with(body), **CONNECTION)
    assert (result["failed"], result["msg"], result["savepoint"], result["changed"]) == (
        True,
        "no answer",
        "s3://x/1",
        True,
    )
    assert result["round_trips"] == {"rest": 0, "zookeeper": 0}
    assert "exception" not in result


def test_options_that_make_no_sense_fail_before_the_body(run_module: Run) -> None:
    def body(_module: AnsibleModule, _cluster: Cluster) -> dict[str, Any]:
        pytest.fail("the body was called")

    assert run_module(main_with(body), **{**CONNECTION, "request_timeout": 0})["msg"] == (
        "request_timeout must be more than 0 seconds, not 0.0"
    )


def test_the_connections_are_closed_whatever_happens(run_module: Run, ensemble: FakeEnsemble) -> None:
    seen: list[Cluster] = []

    def body(_module: AnsibleModule, cluster: Cluster) -> dict[str, Any]:
        seen.append(cluster)
        cluster.zk.connect()
        raise FlinkError("no")

    run_module(main_with(body), **CONNECTION)
    assert seen[0].zk.session_id is None


def test_an_unreachable_zookeeper_is_one_sentence_without_the_password(
    run_module: Run, ensemble: FakeEnsemble, monkeypatch: pytest.MonkeyPatch
) -> None:
    ensemble.refuses_user = True

    def body(_module: AnsibleModule, cluster: Cluster) -> dict[str, Any]:
        return {"leader": cluster.leader().url}

    result = run_module(main_with(body), **CONNECTION, zookeeper_username="anna", zookeeper_password="s3cret-word")
    assert result["msg"] == "ZooKeeper at zk1:2181 refused zookeeper_username and zookeeper_password"
    assert "s3cret-word" not in str({key: value for key, value in result.items() if key != "invocation"})
