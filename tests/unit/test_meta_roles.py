"""Every role says what it takes, and what it says is what it does."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.streamops.flink.plugins.module_utils._base.units import seconds, size_in_bytes
from ansible_collections.streamops.flink.plugins.plugin_utils._specifications import unit_reader

from export import ROOT

ROLES = sorted(path.name for path in (ROOT / "roles").glob("*") if path.is_dir())
# The beginnings of a role's variables other than its own name: a part of it that users know by another one.
OTHER_NAMES = {"cluster": ("audit_",), "install": ("java_", "distribution_"), "service": ("image_",)}
YAML_FILES = sorted(path for top in ("roles", "playbooks") for path in (ROOT / top).rglob("*.yml"))


@functools.cache
def load(role: str, *where: str) -> Any:
    path = ROOT.joinpath("roles", role, *where)
    return (yaml.safe_load(path.read_text(encoding="utf-8")) or {}) if path.is_file() else {}


def specs(role: str) -> dict[str, Any]:
    return load(role, "meta", "argument_specs.yml").get("argument_specs", {})


def options(role: str, entry_point: str = "main") -> dict[str, Any]:
    return specs(role).get(entry_point, {}).get("options") or {}


def defaults(role: str) -> dict[str, Any]:
    """The variables that a user may set; those that begin with two underscores are the role's own."""
    return {name: value for name, value in load(role, "defaults", "main.yml").items() if not name.startswith("__")}


def tasks(block: Any) -> Iterator[dict[str, Any]]:
    """Every task below, also inside of blocks."""
    for task in block or []:
        yield task
        for part in ("block", "rescue", "always", "tasks", "pre_tasks", "post_tasks", "handlers"):
            yield from tasks(task.get(part))


@functools.cache
def task_files(role: str) -> dict[str, list[dict[str, Any]]]:
    files = sorted((ROOT / "roles" / role / "tasks").rglob("*.yml"))
    top = ROOT / "roles" / role / "tasks"
    return {str(path.relative_to(top)): list(tasks(yaml.safe_load(path.read_text(encoding="utf-8")))) for path in files}


def _yaml_below(role: str, top: str) -> list[Path]:
    return sorted((ROOT / "roles" / role / top).rglob("*.yml"))


def included(task: dict[str, Any]) -> str | None:
    """The task file of the same role that this task includes."""
    for action in ("include_tasks", "import_tasks"):
        target = task.get(f"ansible.builtin.{action}")
        if target:
            return target["file"] if isinstance(target, dict) else target
    return None


def entry_points(role: str) -> set[str]:
    """The task files that others call: all but those that the role itself includes."""
    files = task_files(role)
    internal = {included(task) for found in files.values() for task in found}
    # A name that is only known at run time may be any file of its directory.
    patterns = [re.sub(r"\{\{.*?\}\}", "[^/]+", name) for name in internal if name]
    return {
        name.removesuffix(".yml")
        for name in files
        if not name.startswith("_") and not any(re.fullmatch(pattern, name) for pattern in patterns)
    }


def same(one: object, other: object) -> bool:
    """Equal and of one type, all the way down: 1, 1.0, "1" and true are four different defaults."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("path", ["README.md", "meta/main.yml", "meta/argument_specs.yml", "tasks/main.yml"])
def test_the_role_has_its_files(role: str, path: str) -> None:
    assert (ROOT / "roles" / role / path).is_file()


@pytest.mark.parametrize("role", ROLES)
def test_the_specification_names_the_variables_of_the_defaults(role: str) -> None:
    optional = {name for name, option in options(role).items() if not option.get("required")}
    assert optional == set(defaults(role))


@pytest.mark.parametrize("role", ROLES)
def test_the_specification_has_the_values_of_the_defaults(role: str) -> None:
    wrong = {
        name: (options(role)[name].get("default"), value)
        for name, value in defaults(role).items()
        if name in options(role) and not same(options(role)[name].get("default"), value)
    }
    assert not wrong, f"specification and defaults differ: {wrong}"


@pytest.mark.parametrize("role", ROLES)
def test_a_default_with_a_unit_shows_whether_it_is_a_duration_or_a_size(role: str) -> None:
    """30 s and 512m: the check of the variables knows them by it, and 10m could be either."""
    with_unit = {
        name: option
        for name, option in options(role).items()
        if seconds(option.get("default")) is not None or size_in_bytes(option.get("default")) is not None
    }
    assert not [name for name, one in with_unit.items() if one["type"] == "str" and not unit_reader(one)]


@pytest.mark.parametrize("role", ROLES)
def test_a_variable_that_is_named_like_a_time_or_a_size_has_a_unit(role: str) -> None:
    named = re.compile(r"_(timeout|interval|time|window|cooldown|grace|age|tolerance|retention|heap|process_size)$")
    own = {name: one for name, one in options(role).items() if named.search(name)}
    assert not [name for name, one in own.items() if one.get("type") not in ("str", "dict")]


@pytest.mark.parametrize("role", ROLES)
def test_a_duration_or_size_is_read_with_its_name(role: str) -> None:
    """Daemons and modules take numbers: the filter converts, and its error names the variable."""
    texts = [path.read_text(encoding="utf-8") for top in ("tasks", "vars") for path in _yaml_below(role, top)]
    wrong = [
        (name, given)
        for text in texts
        for name, given in re.findall(r"(\w+) \| streamops\.flink\.flink_(?:seconds|bytes)\('(\w+)'\)", text)
        if name != given
    ]
    assert not wrong


@pytest.mark.parametrize("role", ROLES)
def test_every_entry_point_is_specified_and_exists(role: str) -> None:
    # A file that the role itself uses may be an entry point too: the specification says so.
    files = {name.removesuffix(".yml") for name in task_files(role)}
    patterned = role == "service"  # it includes the file of a runtime by a name that is known at run time only
    assert (set() if patterned else entry_points(role)) | {"main"} <= set(specs(role)) <= files


@pytest.mark.parametrize("role", ROLES)
def test_the_variables_bear_the_name_of_the_role(role: str) -> None:
    # ansible-lint's own rule is switched off, because it does not know the shared variables flink_*.
    every = set(load(role, "defaults", "main.yml")) | set(load(role, "vars", "main.yml"))
    for found in task_files(role).values():
        for task in found:
            every |= set(task.get("ansible.builtin.set_fact") or {}) - {"cacheable"}
            register = task.get("register")
            every |= {register} if isinstance(register, str) else set()
    named = (f"{role}_", f"__{role}_", "flink_", *OTHER_NAMES.get(role, ()))
    assert not {name for name in every if not name.startswith(named)}


@pytest.mark.parametrize("role", ROLES)
def test_the_readme_names_every_variable(role: str) -> None:
    readme = (ROOT / "roles" / role / "README.md").read_text(encoding="utf-8")
    assert not [name for name in options(role) if f"`{name}`" not in readme]


@pytest.mark.parametrize("role", ROLES)
def test_the_role_is_licensed_and_says_which_ansible_it_needs(role: str) -> None:
    about = load(role, "meta", "main.yml")
    assert about["galaxy_info"]["license"] == "GPL-3.0-or-later"
    assert about["galaxy_info"]["min_ansible_version"] == "2.19"
    assert "dependencies" in about


@pytest.mark.parametrize("path", YAML_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_entry_points_are_called_so_that_their_arguments_are_checked(path: Path) -> None:
    # Ansible checks the arguments for `tasks_from: feed`, and in silence does not for `tasks_from: feed.yml`.
    assert not re.search(r"tasks_from:\s*\S+\.ya?ml", path.read_text(encoding="utf-8"))


PLAYBOOKS = sorted((ROOT / "playbooks").rglob("*.yml"))


def asking() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every task that asks a server by HTTP: where it is, and its arguments."""
    files = [(f"{role}/{file}", found) for role in ROLES for file, found in task_files(role).items()]
    for path in PLAYBOOKS:
        read = yaml.safe_load(path.read_text(encoding="utf-8"))
        files.append((path.name, list(tasks(read if isinstance(read, list) else []))))
    for where, task in ((where, task) for where, found in files for task in found):
        for module in ("ansible.builtin.uri", "ansible.builtin.get_url"):
            if module in task:
                yield f"{where}: {task['name']}", task[module]


def test_what_goes_to_the_cluster_never_goes_through_a_proxy() -> None:
    asked = dict(asking())
    assert len(asked) >= 3
    assert [where for where, arguments in asked.items() if arguments.get("use_proxy") is not False] == []


@pytest.mark.parametrize("runtime", sorted(path.stem for path in (ROOT / "roles/service/tasks").glob("runtime_*.yml")))
def test_every_runtime_gives_its_daemons_a_locale_of_utf_8(runtime: str) -> None:
    variables = load("service", "vars", "main.yml")
    assert (
        "{'LANG': 'C.UTF-8', 'LC_ALL': 'C.UTF-8'} | combine(service_environment)" in variables["__service_environment"]
    )
    text = (ROOT / "roles/service/tasks" / f"{runtime}.yml").read_text(encoding="utf-8")
    assert "service_environment" not in text.replace("__service_environment", "")
    described = variables["__service_docker_definition"]["environment"] if "docker" in runtime else text
    assert "{{ __service_environment }}" in described


def handed_over() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Where a role hands its daemon to the role daemon, how, and with which variables."""
    for role in ROLES:
        for name, found in task_files(role).items():
            for task in found:
                call = task.get("ansible.builtin.import_role") or {}
                if call.get("name") == "streamops.flink.daemon":
                    yield f"{role}/{name}", call, task["vars"]


HANDED_OVER = list(handed_over())


@pytest.mark.parametrize(("call", "given"), [one[1:] for one in HANDED_OVER], ids=[one[0] for one in HANDED_OVER])
def test_a_daemon_is_handed_over_as_its_role_specifies(call: dict[str, Any], given: dict[str, Any]) -> None:
    # Ansible does not compare it on every host again, which would cost more than it shows.
    assert call["rolespec_validate"] is False
    specified = options("daemon", call.get("tasks_from", "main"))
    assert {name for name, option in specified.items() if option.get("required")} <= set(given)
    assert set(given) <= set(specified) | set(options("service"))
    assert given.get("daemon_name") in specified.get("daemon_name", {}).get("choices", [None])


def windows(role: str) -> list[dict[str, Any]]:
    found = (task.get("streamops.flink.flink_maintenance") for file in task_files(role).values() for task in file)
    return [one for one in found if one]


def test_what_stops_daemons_under_running_jobs_keeps_the_watchdog_still_and_lets_it_act_again() -> None:
    begun = {role: {one["name"] for one in windows(role) if one.get("state") != "absent"} for role in ROLES}
    ended = {role: {one["name"] for one in windows(role) if one.get("state") == "absent"} for role in ROLES}
    assert begun == ended
    assert {role for role, names in begun.items() if names} == {"drill", "roll", "upgrade"}
