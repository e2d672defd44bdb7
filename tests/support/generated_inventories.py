"""Random inventories: variables of the collection with plausible and mutilated values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.streamops.flink.plugins.module_utils._config.catalogue import catalogue
from ansible_collections.streamops.flink.plugins.module_utils._config.catalogue_data import VERSIONS
from ansible_collections.streamops.flink.plugins.module_utils._config.variables import VARIABLES
from ansible_collections.streamops.flink.plugins.plugin_utils._specifications import role_options, unit_reader
from hypothesis import strategies as st

# A host that runs everything, with what the role cluster would have computed for it.
BASE: dict[str, Any] = {
    "inventory_hostname": "n1",
    "flink_cluster_id": "/generated",
    "flink_zookeeper_quorum": "zk1:2181,zk2:2181,zk3:2181",
    "flink_storage_url": "file:///srv/flink/storage",
    "flink_node_dir": "/srv/flink/nodes/n1",
    "flink_host_address": "n1.example.org",
    "zookeeper_myid": 1,
}
JOB = {"name": "count", "sql": "CREATE TABLE t (n INT) WITH ('connector' = 'datagen'); INSERT INTO t SELECT 1;"}
# What people write, and what becomes of it on the way.
NASTY = st.sampled_from(
    [
        *(
            "",
            " ",
            "null",
            "none",
            "~",
            "yes",
            "no",
            "on",
            "off",
            "True",
            "FALSE",
            "maybe",
            "0",
            "1",
            "-1",
            "3.5",
            "1e3",
        ),
        *(
            "30",
            "30s",
            "30 s",
            "1 m",
            "1 minute",
            "PT30S",
            "5 parsecs",
            "-5 s",
            "1gb",
            "1 GB",
            "512m",
            "1.5g",
            "\uff19 s",
        ),
        *("a b", "a;b", "a'b", 'a"b', "$HOME", "`id`", "a\nb", "a\tb", "a\\", "#x", "x #y", "%d", "{x}", "[a", "a: b"),
        *("::1", "[::1]:2181", "host:99999", "a_b.example", "http://x:1/", "s3://b/p", "file:/x", "hdfs:///", "/a b/c"),
        *("中文", "é", "\u3000", "\ufeffx", "x" * 300, "../..", "~/x", "/default", "/", "//", "None", "nan", "inf"),
    ]
)
SCALARS = st.one_of(
    NASTY,
    st.none(),
    st.booleans(),
    st.integers(-(2**40), 2**40),
    st.sampled_from([0.5, -1.5, 1e300, float("inf"), float("nan")]),
    st.text(max_size=8),
)
GARBAGE = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NASTY | st.integers(0, 3), inner, max_size=2),
    max_leaves=4,
)
DURATIONS = st.sampled_from(["1 s", "30 s", "500 ms", "5 min", "2 hours", "PT1M", "1 d", "0 s"])
SIZES = st.sampled_from(["64m", "256m", "1g", "1600m", "128kb", "2 gb"])
PLAUSIBLE: Mapping[str, st.SearchStrategy[Any]] = {
    "bool": st.sampled_from([True, False, "yes", "no", "true", "false", "on", "off"]),
    "int": st.integers(0, 40) | st.sampled_from(["3", "1000", 65535]),
    "float": st.sampled_from([0.5, 1, 2.0, "1.5"]),
    "list": st.lists(st.sampled_from(["-Xlog:gc", "a", "-Dx=y"]), max_size=2),
    "dict": st.just({}),
}


def values(name: str, option: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """What may stand for a variable: mostly what it is meant for."""
    default = option.get("default")
    read = unit_reader(option)
    kind = str(option.get("type", "str"))
    fitting = [st.just(default)] if "{{" not in str(default) else []
    if "choices" in option:
        fitting.append(st.sampled_from(list(option["choices"])))
    elif read is not None:
        fitting.append(SIZES if read.__name__ == "size" else DURATIONS)
    elif kind in PLAUSIBLE:
        fitting.append(PLAUSIBLE[kind])
    if name.endswith("_config"):
        fitting.append(flink_options())
    return st.one_of(*fitting, *fitting, NASTY, GARBAGE) if fitting else st.one_of(NASTY, GARBAGE)


@st.composite
def flink_options(draw: st.DrawFn) -> dict[str, Any]:
    """Options of Flink, some of them misspelt, with values that mostly fit their type."""
    known = catalogue(draw(st.sampled_from(sorted(VERSIONS))))
    keys = draw(st.lists(st.sampled_from(sorted(known.options)), max_size=4, unique=True))
    return {
        (key if draw(st.integers(0, 9)) else key[:-1]): draw(option_values(known.options[key].type, key, known.options))
        for key in keys
    }


def option_values(kind: str, key: str, known: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    fitting = {
        "Boolean": PLAUSIBLE["bool"],
        "Integer": PLAUSIBLE["int"],
        "Long": PLAUSIBLE["int"],
        "Double": PLAUSIBLE["float"],
        "Float": PLAUSIBLE["float"],
        "Duration": DURATIONS,
        "MemorySize": SIZES,
    }.get(kind)
    constants = known[key].constants
    if constants:
        fitting = st.sampled_from(list(constants))
    return st.one_of(fitting, fitting, NASTY, GARBAGE) if fitting is not None else st.one_of(NASTY, GARBAGE)


def of_the_configuration() -> list[str]:
    """The variables that the daemons' configurations are made of."""
    return sorted(name for name in VARIABLES if name in role_options())


def of_the_rest() -> list[str]:
    """All other variables that people set."""
    internal = ("daemon_", "service_", "cluster_ask_")
    return sorted(role_options().keys() - VARIABLES.keys() - {n for n in role_options() if n.startswith(internal)})


@st.composite
def jobs(draw: st.DrawFn) -> Any:
    """Declared jobs, with keys left out, misspelt or of another type."""
    from ansible_collections.streamops.flink.plugins.plugin_utils._structures import job_keys

    known = job_keys()
    found = []
    for _number in range(draw(st.integers(0, 2))):
        job = dict(JOB)
        for key in draw(st.lists(st.sampled_from(sorted(known)), max_size=3, unique=True)):
            spelt = key if draw(st.integers(0, 5)) else f"{key}e"
            job[spelt] = draw(values(key, known[key]))
        found.append(job)
    return draw(st.one_of(st.just(found), st.just(found), st.just(found), GARBAGE))


@st.composite
def inventories(draw: st.DrawFn) -> dict[str, Any]:
    """The variables of one host: a cluster that works, with up to six of its variables changed."""
    options = role_options()
    configured = draw(st.lists(st.sampled_from(of_the_configuration()), max_size=4, unique=True))
    others = draw(st.lists(st.sampled_from(of_the_rest()), max_size=2, unique=True))
    inventory = dict(BASE)
    for name in (*configured, *others):
        inventory[name] = draw(jobs() if name == "flink_jobs" else values(name, options[name]))
    # What Flink itself reads is changed more often than any other variable.
    if draw(st.booleans()):
        inventory["flink_config"] = draw(flink_options())
    return inventory
