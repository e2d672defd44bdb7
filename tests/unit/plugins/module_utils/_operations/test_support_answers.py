"""What a cluster says is shown without secrets."""

from __future__ import annotations

from ansible_collections.streamops.flink.plugins.module_utils._operations.support_answers import hidden

CANARY = "canary-4711"


def test_json_is_hidden_by_its_keys_all_the_way_down() -> None:
    told = hidden({"jobs": [{"password": CANARY, "name": "x", "n": 1}], "s3.secret-key": CANARY})
    assert told == {"jobs": [{"password": "********", "name": "x", "n": 1}], "s3.secret-key": "********"}
