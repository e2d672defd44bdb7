"""A lock in a real ZooKeeper whose answers are lost on the way."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import ZooKeeperError
from ansible_collections.streamops.flink.plugins.module_utils._base.wait import Deadline
from ansible_collections.streamops.flink.plugins.module_utils._cluster.quorum import ZooKeeperSettings
from ansible_collections.streamops.flink.plugins.module_utils._cluster.zookeeper import ZooKeeper
from kazoo.recipe.lock import Lock as KazooLock

from databases import Proxy
from real_cluster import FlinkCluster, eventually

pytestmark = pytest.mark.real

PATH = "/test-of-a-lock"


@pytest.fixture
def near(cluster: FlinkCluster) -> Iterator[ZooKeeper]:
    with ZooKeeper(ZooKeeperSettings(cluster.quorum)) as zookeeper:
        yield zookeeper
        zookeeper.delete(PATH, recursive=True)


@pytest.fixture
def proxy(cluster: FlinkCluster) -> Iterator[Proxy]:
    found = Proxy(int(cluster.quorum.partition(",")[0].rpartition(":")[2]))
    yield found
    found.close()


def line(zookeeper: ZooKeeper) -> list[str]:
    """Who stands in line; the first one holds the lock."""
    names = sorted(zookeeper.children(PATH), key=lambda name: name[-10:])
    found = zookeeper.get_many([f"{PATH}/{name}" for name in names])
    return [node.data.decode() for node in found if node is not None]


def test_a_place_in_line_does_not_outlive_who_stood_there(
    near: ZooKeeper, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ZooKeeper does not hear that it is given back, and the session lives on: no process would ever get the lock."""
    give_back = KazooLock._delete_node

    def unheard(lock: KazooLock, node: str) -> None:
        monkeypatch.setattr(KazooLock, "_delete_node", give_back)
        proxy.deaf.set()
        with ThreadPoolExecutor() as pool:
            pool.submit(lose)
            give_back(lock, node)

    def lose() -> None:
        eventually(lambda: proxy.lost, 30, "the word that the place is given back")
        proxy.cut()
        proxy.deaf.clear()
        proxy.repair()

    with ZooKeeper(ZooKeeperSettings(f"127.0.0.1:{proxy.port}", session_timeout=40)) as far:
        with near.lock(PATH, "near"):
            monkeypatch.setattr(KazooLock, "_delete_node", unheard)
            with pytest.raises(ZooKeeperError, match="it is held by near"), far.lock(PATH, "far", Deadline(1)):
                pytest.fail("the lock was given twice")
            assert proxy.lost
            eventually(lambda: line(near) == ["near"], 20, "the end of the place without a process")
        with far.lock(PATH, "far", Deadline(30)) as lock:
            lock.check()
            assert line(near) == ["far"]
        assert line(near) == []
