"""A real cluster, deployed by the collection's own site.yml, for the tests marked `real`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from real_cluster import (
    LONG_TERM,
    OTHERS,
    FlinkCluster,
    deployed,
    free_base,
    smaller,
    with_zookeeper_metrics,
    write_inventory,
)

# One version with the scheduler that rescales in place, without its usual patience.
ADAPTIVE = {
    "2.2.1": {
        "jobmanager.adaptive-scheduler.executing.cooldown-after-rescaling": "1 s",
        "jobmanager.adaptive-scheduler.executing.resource-stabilization-timeout": "1 s",
    }
}
# One version with a ZooKeeper that has metrics, so that all of them can be compared with rules and dashboards.
MEASURED = "2.2.1"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what has all that it needs for itself, in the modules that say so: it may run with others at a time."""
    for item in items:
        shares = "cluster" in getattr(item, "fixturenames", ())
        if not shares and getattr(getattr(item, "module", None), "GOES_BESIDE_OTHERS", False):
            item.add_marker(pytest.mark.beside)


@pytest.fixture(scope="session")
def new_cluster(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., FlinkCluster]:
    """Describe a cluster that nothing has been deployed of yet."""
    counter = iter(range(1, 100))

    def describe(**variables: Any) -> FlinkCluster:
        number = next(counter)
        directory = tmp_path_factory.mktemp(f"c{number}", numbered=False)
        return write_inventory(directory / "inv", directory / "base", f"test-{number}", free_base(), **variables)

    return describe


@pytest.fixture(scope="session")
def cluster(new_cluster: Callable[..., FlinkCluster]) -> Iterator[FlinkCluster]:
    """The embedded default on Flink's long-term release, with its demo pipeline, for all tests of a run."""
    yield from deployed(new_cluster())


@pytest.fixture(
    scope="session", params=[LONG_TERM, *(pytest.param(version, marks=pytest.mark.long) for version in OTHERS)]
)
def flink(request: pytest.FixtureRequest, new_cluster: Callable[..., FlinkCluster]) -> Iterator[FlinkCluster]:
    """A cluster of each version: that of all tests on the long-term release, a smaller one on each of the others.

    Every day the tests that take it run on the long-term release only, unless they say something else.
    """
    if request.param == LONG_TERM:
        yield request.getfixturevalue("cluster")
    else:
        # A short session, because some tests kill leaders again and again; a scheduler that rescales at once.
        tuned = {"high-availability.zookeeper.client.session-timeout": "6 s"}
        scheduler = ADAPTIVE.get(request.param)
        variables = {
            "flink_failover_profile": "fast",
            "flink_scheduler": "adaptive" if scheduler else "default",
            "flink_config": tuned | (scheduler or {}),
            "flink_jobs": [],
            "demo_enabled": False,
        }
        if request.param == MEASURED:
            new = new_cluster(flink_version=request.param, zookeeper_source="maven", **variables)
            yield from deployed(with_zookeeper_metrics(smaller(new)))
        else:
            yield from deployed(smaller(new_cluster(flink_version=request.param, **variables)))
