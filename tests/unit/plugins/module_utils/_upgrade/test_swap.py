"""What site.yml must not do to a cluster with jobs."""

from __future__ import annotations

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._upgrade.record import Upgrade
from ansible_collections.streamops.flink.plugins.module_utils._upgrade.swap import refuse_swap


@pytest.mark.parametrize(
    ("deployed", "wanted", "jobs", "suspended", "said"),
    [
        ("", "2.2.1", ["a"], [], ""),
        ("1.20.5", "1.20.5", ["a"], ["b"], ""),
        ("1.20.5", "2.2.1", [], ["b"], ""),  # a suspended job starts from its savepoint, which a newer Flink reads
        ("1.20.5", "2.2.1", ["a"], [], "playbooks/upgrade.yml -e flink_upgrade_version=2.2.1"),
        ("2.2.1", "1.20.5", ["a"], [], "set flink_version: 2.2.1"),
        ("2.2.1", "1.20.5", [], ["b"], "cannot be read by an older Flink"),
        ("2.2.1", "1.20.5", [], [], ""),
    ],
)
def test_site_never_puts_other_binaries_under_jobs(
    deployed: str, wanted: str, jobs: list[str], suspended: list[str], said: str
) -> None:
    if not said:
        refuse_swap("/t", None, deployed, wanted, jobs, suspended)
        return
    with pytest.raises(FlinkError, match="nothing was changed") as caught:
        refuse_swap("/t", None, deployed, wanted, jobs, suspended)
    assert said in caught.value.message


def test_site_does_not_go_on_where_an_upgrade_has_stopped() -> None:
    with pytest.raises(FlinkError, match="is half done"):
        refuse_swap("/t", Upgrade("1.20.5", "2.2.1", "swapping"), "1.20.5", "1.20.5", [], [])
