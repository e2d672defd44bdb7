"""The option catalogue and the tool that writes it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._config import catalogue as _catalogue
from ansible_collections.streamops.flink.plugins.module_utils._config import catalogue_data as _catalogue_data

REPO = Path(__file__).resolve().parents[5]
VERSIONS = _catalogue_data.VERSIONS


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("catalogue_generator", REPO / "tools/catalogue/generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def expected_keys() -> list[tuple[str, str]]:
    text = (Path(__file__).parent / "fixtures/flink_options.txt").read_text(encoding="utf-8")
    lines = [line.split() for line in text.splitlines() if not line.startswith("#")]
    return [(key, version) for key, versions in lines for version in versions.split(",")]


def test_every_option_of_flink_dist_is_in_the_catalogue() -> None:
    missing = [(key, version) for key, version in expected_keys() if _catalogue.catalogue_of(version).get(key) is None]
    assert missing == []


@pytest.mark.parametrize(
    ("version", "least"), [("1.19.3", 800), ("1.20.5", 880), ("2.2.1", 940), ("2.3.0", 960)], ids=VERSIONS
)
def test_each_version_has_as_many_options_as_a_distribution_with_tables_and_gateway(version: str, least: int) -> None:
    found = len(_catalogue.catalogue_of(version).options)
    assert least <= found <= least + 150


def test_the_data_stays_small_enough_to_travel_with_a_module() -> None:
    assert len(_catalogue_data.DATA) < 200_000


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("execution.checkpointing.interval", "duration"),
        ("taskmanager.memory.process.size", "memory"),
        ("taskmanager.numberOfTaskSlots", "int"),
        ("jobmanager.scheduler", "enum"),
        ("state.backend.type", "string"),
        ("taskmanager.jvm-exit-on-oom", "boolean"),
        ("classloader.parent-first-patterns.additional", "list:string"),
        ("env.java.opts.sql-gateway", "string"),
        ("table.exec.mini-batch.enabled", "boolean"),
        ("python.fn-execution.bundle.size", "int"),
        ("sql-gateway.endpoint.rest.port", "int"),
        ("sql-gateway.session.idle-timeout", "duration"),
        ("zookeeper.heap.mb", "int"),
        ("env.java.home", "string"),
    ],
)
@pytest.mark.parametrize("version", VERSIONS)
def test_well_known_options_have_their_type(version: str, key: str, kind: str) -> None:
    option = _catalogue.catalogue_of(version).get(key)
    assert option is not None
    assert option.type == kind


def test_types_follow_the_version() -> None:
    assert _catalogue.catalogue_of("1.19.3").options["heartbeat.timeout"].type == "long"
    assert _catalogue.catalogue_of("1.20.5").options["heartbeat.timeout"].type == "duration"


def test_enums_keep_their_constants() -> None:
    retention = _catalogue.catalogue_of("2.3.0").options["execution.checkpointing.externalized-checkpoint-retention"]
    assert retention.constants == ("DELETE_ON_CANCELLATION", "RETAIN_ON_CANCELLATION", "NO_EXTERNALIZED_CHECKPOINTS")
    assert retention.default == "NO_EXTERNALIZED_CHECKPOINTS"


def test_options_below_a_name_are_known_by_their_pattern() -> None:
    known = _catalogue.catalogue_of("1.20.5")
    interval = known.get("metrics.reporter.anything.interval")
    assert interval is not None
    assert interval.type == "duration"
    assert known.get("metrics.reporter.two.names.interval") is None


@pytest.mark.parametrize("version", VERSIONS)
def test_what_flink_passes_to_itself_is_no_option(version: str) -> None:
    known = _catalogue.catalogue_of(version)
    assert not [key for key in known.options if key.startswith(("$internal", "internal.", "hidden."))]
    assert not [key for key in known.options if "." not in key and key not in ("external-resources", "scheduler-mode")]


@pytest.mark.parametrize(
    ("version", "key", "name"),
    [
        ("1.19.3", "execution.checkpointing.dir", "state.checkpoints.dir"),
        ("1.20.5", "execution.checkpointing.dir", "execution.checkpointing.dir"),
        ("2.2.1", "state.checkpoints.dir", "execution.checkpointing.dir"),
        ("2.3.0", "akka.ask.timeout", "pekko.ask.timeout"),
        ("1.20.5", "no.such.option", None),
    ],
)
def test_an_option_is_found_under_the_name_of_each_version(version: str, key: str, name: str | None) -> None:
    assert _catalogue.catalogue_of(version).name(key) == name


def test_an_old_name_of_two_options_leads_to_both() -> None:
    known = _catalogue.catalogue_of("1.20.5")
    assert set(known.aliases["state.backend.local-recovery"]) == {
        "execution.state-recovery.from-local",
        "execution.checkpointing.local-backup.enabled",
    }


def test_an_option_that_another_one_falls_back_to_is_no_alias() -> None:
    # rest.address takes jobmanager.rpc.address when it is not set; the latter is an option of its own all the same.
    assert "jobmanager.rpc.address" not in _catalogue.catalogue_of("1.20.5").aliases


@pytest.mark.parametrize(
    ("asked", "answered"),
    [("1.20.5", "1.20.5"), ("1.20.0", "1.20.5"), ("1.20.9", "1.20.5"), ("2.2.0", "2.2.1"), ("2.3-SNAPSHOT", "2.3.0")],
)
def test_a_version_without_a_catalogue_takes_its_nearest_relative(asked: str, answered: str) -> None:
    assert _catalogue.catalogue(asked).version == answered


@pytest.mark.parametrize("version", ["1.18.1", "2.9.0", "3.0"])
def test_a_minor_version_without_a_catalogue_is_an_error_that_names_the_known_ones(version: str) -> None:
    with pytest.raises(
        FlinkError, match=rf"Flink {version}: the option catalogue holds 1\.19\.3, .*; set flink_version"
    ):
        _catalogue.catalogue(version)


@pytest.mark.parametrize("version", ["", "latest", "v1.20", "1"])
def test_what_is_no_version_is_refused(version: str) -> None:
    with pytest.raises(FlinkError, match="that is not a valid version"):
        _catalogue.catalogue(version)


@pytest.mark.parametrize("key", sorted(_catalogue.REMOVED))
def test_each_removal_is_one_and_its_replacement_exists(key: str) -> None:
    newest = _catalogue.catalogue_of(VERSIONS[-1])
    replacement = _catalogue.REMOVED[key].replacement
    assert newest.get(key) is None
    assert key not in newest.aliases
    assert not replacement or newest.get(replacement) is not None


def test_every_option_that_later_versions_lack_is_explained() -> None:
    newest = _catalogue.catalogue_of(VERSIONS[-1])
    for version in VERSIONS[:-1]:
        older = _catalogue.catalogue_of(version)
        gone = [key for key in older.options if newest.name(key) is None and key not in _catalogue.REMOVED]
        assert gone == []


@pytest.mark.parametrize("key", sorted(_catalogue.TEXT_CONSTANTS))
def test_constants_belong_to_text_options_and_include_the_default(key: str) -> None:
    for version in VERSIONS:
        option = _catalogue.catalogue_of(version).get(_catalogue.catalogue_of(version).name(key) or key)
        assert option is not None
        assert option.type == "string"
        assert not option.default or option.default in _catalogue.TEXT_CONSTANTS[key]


@pytest.mark.parametrize(
    ("key", "free"),
    [
        ("metrics.reporter.prom.port", True),
        ("metrics.reporter.prom", False),
        ("metrics.reporters.prom.port", False),
        ("fs.s3a.path.style.access", True),
        ("s3.endpoint", True),
        ("fs.hdfs.limit.total", True),
        ("fs.default-schema", False),
        ("containerized.master.env.TZ", True),
        ("containerized.master.environment.TZ", False),
        ("flink.hadoop.fs.defaultFS", True),
        ("env.java.opts.jobmanger", False),
    ],
)
def test_free_prefixes_are_no_wider_than_plugins_need(key: str, free: bool) -> None:
    assert _catalogue.is_free(key) is free


# --- The generator -------------------------------------------------------------------------------------------------


def test_the_generator_reads_what_it_wrote(generator: ModuleType, tmp_path: Path) -> None:
    catalogue = generator.load(generator.DATA)
    copy = tmp_path / "data.py"
    copy.write_text(generator.render(catalogue), encoding="utf-8")
    assert copy.read_text(encoding="utf-8") == generator.DATA.read_text(encoding="utf-8")


def test_no_line_of_the_data_is_longer_than_the_linters_allow(generator: ModuleType) -> None:
    assert max(map(len, generator.DATA.read_text(encoding="utf-8").splitlines())) <= 120


def row(owner: str = "org.apache.flink.configuration.RestOptions", key: str = "rest.port", **more: str) -> list[str]:
    values = {"type": "Integer", "constants": "", "default": "8081", "old": "", "other": "", "flags": "", "prefix": ""}
    return ["flink-dist.jar", owner, "PORT", key, *({**values, **more}).values()]


@pytest.mark.parametrize(
    "fields",
    [
        {"key": "$internal.application.main"},
        {"key": "hidden.execution.mode"},
        {"key": "connector", "owner": "org.apache.flink.table.factories.FactoryUtil"},
        {"key": "csv.field-delimiter", "owner": "org.apache.flink.formats.csv.CsvFormatOptions"},
        {"key": "vertex.id", "owner": "org.apache.flink.streaming.api.graph.StreamConfig"},
        {"key": "<parameter>", "prefix": "metrics.reporter.<name>"},
    ],
    ids=lambda fields: fields["key"],
)
def test_the_generator_passes_over_what_is_no_option_of_a_cluster(
    generator: ModuleType, fields: dict[str, str]
) -> None:
    assert list(generator.records([row(**fields)])) == []


def test_the_generator_writes_the_options_of_the_gateway_below_their_prefix(generator: ModuleType) -> None:
    owner = "org.apache.flink.table.gateway.rest.util.SqlGatewayRestOptions"
    [record] = generator.records([row(owner, "port", default="8083")])
    assert record.key == "sql-gateway.endpoint.rest.port"


def test_a_declaration_that_is_not_deprecated_wins_and_old_names_add_up(generator: ModuleType) -> None:
    rows = [
        row(key="a.b", type="String", flags="d", old="a.old"),
        row(key="a.b", type="Duration", default="PT10S", old="a.older"),
    ]
    record = generator.merged(generator.records(rows))["a.b"]
    assert (record.type, record.default, record.deprecated) == ("duration", "10 s", False)
    assert set(record.deprecated_keys) == {"a.old", "a.older"}


@pytest.mark.parametrize(
    ("java", "ours"),
    [("PT1S", "1 s"), ("PT0.25S", "250 ms"), ("PT1M30S", "90 s"), ("PT24H", "24 h"), ("PT0S", "0 ms"), ("P1D", "P1D")],
)
def test_durations_are_written_as_people_write_them(generator: ModuleType, java: str, ours: str) -> None:
    assert generator.duration_text(java) == ours


def test_a_version_replaces_itself_and_leaves_the_others(generator: ModuleType) -> None:
    catalogue = generator.Catalogue()
    catalogue.add("a.b", "int", "1.20.5")
    catalogue.add("a.b", "int", "2.2.1")
    catalogue.add("a.c", "int", "2.2.1")
    catalogue.forget("2.2.1")
    catalogue.add("a.b", "long", "2.2.1")
    text = generator.render(catalogue)
    assert "a.b 0 int\na.b 1 long\n" in text
    assert "a.c" not in text


def test_a_directory_without_flink_is_refused(generator: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="give --flink-home the unpacked distribution"):
        generator.flink_version(tmp_path)
