# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks the variables that were written for this collection before a playbook changes anything.

The argument_specs of the roles and of the playbooks are the only description of them. The result holds the variables of
the playbook itself, with defaults and of the right type. A role's variable stays as it was written, because nothing
that a task sets overrides an extra variable: its booleans are used with the filter bool.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
from ansible.template import Templar
from ansible.utils.display import Display
from ansible.utils.vars import load_extra_vars
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._base.options import nearest
from ansible_collections.streamops.flink.plugins.module_utils._base.schema import LATE, is_late
from ansible_collections.streamops.flink.plugins.module_utils._base.schema import fits as fits_type
from ansible_collections.streamops.flink.plugins.module_utils._base.secrets import MASK, is_secret
from ansible_collections.streamops.flink.plugins.plugin_utils._specifications import (
    COLLECTION,
    Options,
    role_options,
    role_paths,
    specifications,
    unit_reader,
)
from ansible_collections.streamops.flink.plugins.plugin_utils._structures import structure_problems

# What every playbook registers of this task. Where a host has it, playbooks of this run have set variables since.
REGISTERED = "__flink_playbook"
# An inventory may hold variables of other collections that begin like one of our roles, such as java_home.
CLOSE = 0.85
# What the filter bool takes; the argument specification also takes y and t.
BOOLEANS = frozenset({"true", "yes", "on", "1", "false", "no", "off", "0"})
# By type: what a value is not, and what to write.
WANTED = {
    "bool": ("a valid boolean", "true or false"),
    "int": ("a valid integer", "a whole number"),
    "float": ("a valid number", "a number"),
    "list": ("a list", "-e '{{\"{name}\": [...]}}'"),
    "dict": ("a dictionary", "-e '{{\"{name}\": {{...}}}}'"),
}
# Where the inventory has it.
WANTED_IN_A_FILE = {
    "list": "its items in brackets, [...], in a YAML file of the inventory",
    "dict": "its keys below it, one on a line, in a YAML file of the inventory",
}
TEXT = ("text", "text")
BOOLEAN = "a valid boolean: write true or false, or remove it to have its default"


@dataclass(frozen=True)
class Declared:
    """What the roles and playbooks of the collection declare."""

    options: Options
    # What the names of variables of this collection begin with.
    owned: tuple[str, ...]
    # All that a playbook takes on the command line, and what of it no role declares.
    playbooks: Mapping[str, Options]
    extra: frozenset[str]
    extra_only: frozenset[str]

    def nearest(self, name: str, cutoff: float = 0.6) -> str:
        return nearest(name, self.options, cutoff)

    def unknown(self, names: Iterable[str]) -> set[str]:
        """The names that belong to this collection by their beginning, and that nothing reads."""
        return {name for name in names if name.startswith(self.owned) and name not in self.options}

    def unknown_extra(self, names: Iterable[str]) -> set[str]:
        """Also those that lack only the flink_ of a playbook's variable."""
        return self.unknown(names) | {name for name in names if f"flink_{name}" in self.extra}


def declared(collection: Path) -> Declared:
    """A playbook's variable without a description is one of a role, and described there."""
    options = dict(role_options(collection))
    given = specifications(collection / "playbooks" / "meta" / "argument_specs.yml")
    playbooks = {
        playbook: {name: {**options.get(name, {}), **option} for name, option in entry["options"].items()}
        for playbook, entry in given.items()
    }
    extra = {name: option for entry in playbooks.values() for name, option in entry.items()}
    roles = ("flink_", *(f"{path.parts[-3]}_" for path in role_paths(collection)))
    # A role may have variables of several things, such as java_* and distribution_*.
    others = {f"{name.partition('_')[0]}_" for name in options if not name.startswith(roles)}
    return Declared(
        {**options, **extra},
        (*roles, *sorted(others)),
        playbooks,
        frozenset(extra),
        frozenset(extra.keys() - options.keys()),
    )


def unknown_problem(name: str, known: Declared, where: str = "") -> str:
    nearest = f"flink_{name}" if f"flink_{name}" in known.extra else known.nearest(name)
    hint = f"did you mean {nearest}?" if nearest else "remove it, or rename it when it is yours"
    return f"{name}{where} is not a variable of this collection: {hint}"


def inventory_problems(names: Mapping[str, Iterable[str]], known: Declared) -> tuple[list[str], list[str]]:
    """What is wrong with the variables of each host, and what may be wrong."""
    hosts: dict[str, list[str]] = {}
    for host, given in names.items():
        for name in sorted(known.unknown(given)):
            hosts.setdefault(name, []).append(host)
    problems: list[str] = []
    doubts: list[str] = []
    for name, where in hosts.items():
        more = f" and {len(where) - 1} more" if len(where) > 1 else ""
        sure = name.startswith("flink_") or known.nearest(name, CLOSE)
        (problems if sure else doubts).append(unknown_problem(name, known, f" (inventory, host {where[0]}{more})"))
    return problems, doubts


def setting_problems(values: Mapping[str, Mapping[str, Any]], known: Declared) -> list[str]:
    """What is wrong with values in the inventory, which the tasks could not convert or would not read."""
    hosts: dict[str, list[str]] = {}
    for host, given in values.items():
        for name, value in given.items():
            for problem in inventory_value_problems(name, value, known):
                hosts.setdefault(problem, []).append(host)
    return [
        f"{problem} (inventory, host {where[0]}{f' and {len(where) - 1} more' if len(where) > 1 else ''})"
        for problem, where in hosts.items()
    ]


def inventory_value_problems(name: str, value: Any, known: Declared) -> list[str]:
    option = known.options[name]
    if value is LATE:
        return []
    if option.get("type") == "bool" or unit_reader(option):
        found = setting_problem(name, value, option)
    else:
        # What is not set has its default where it is used.
        found = "" if value in (None, "") else value_problem(name, value, known, in_a_file=True)
    return [found] if found else structure_problems(name, value, option)


def setting_problem(name: str, value: Any, option: Mapping[str, Any]) -> str:
    read = unit_reader(option)
    if read is None:
        return "" if fits(value, "bool", splits=False) else f"{name} is {value!r}, which is not {BOOLEAN}"
    try:
        # What is not set has its default where it is used.
        if value not in (None, ""):
            read(value, name)
    except FlinkError as error:
        return error.message
    return ""


def missing_problems(own: Options, given: Mapping[str, Any]) -> list[str]:
    return [
        f"{name} is not set: write -e {name}=... ({option['description'].rstrip('.')})"
        for name, option in own.items()
        if option.get("required") and given.get(name) in (None, "")
    ]


def value_problems(given: Mapping[str, Any], known: Declared) -> list[str]:
    found: list[str] = []
    for name, value in given.items():
        problem = value_problem(name, value, known)
        found += [problem] if problem else structure_problems(name, value, known.options[name])
    return found


def value_problem(name: str, value: Any, known: Declared, *, in_a_file: bool = False) -> str:
    option = known.options[name]
    kind = option.get("type", "str")
    reason, wanted = WANTED.get(kind, TEXT)
    wanted = (WANTED_IN_A_FILE if in_a_file else {}).get(kind) or wanted.format(name=name)
    if "choices" in option:
        reason, wanted = "one of its choices", ", ".join(str(choice) for choice in option["choices"])
    if value is None:
        return f"{name} is null, which would replace its value in the inventory: leave it out, or write {wanted}"
    if value is LATE:
        return ""
    if unit_reader(option):
        return setting_problem(name, value, option)
    if kind == "dict" or (kind == "list" and is_late(value)):
        # Their content is checked key by key.
        return "" if fits(value, kind, splits=False) else f"{name} is not {reason}: write {wanted}"
    if fits(value, kind, splits=name in known.extra):
        checked = {key: one for key, one in option.items() if key in ("type", "elements", "choices")}
        if not ArgumentSpecValidator({name: checked}).validate({name: value}).error_messages:
            return ""
    # What was to be a list or a dictionary is long, and may hold a secret.
    shown = "" if kind in ("list", "dict") else f" {MASK if is_secret(name) else repr(value)}, which is"
    return f"{name} is{shown} not {reason}: write {wanted}"


def fits(value: Any, kind: str, splits: bool) -> bool:
    """Whether the tasks can use what the argument specification would convert."""
    if kind == "bool":
        return str(value).lower() in BOOLEANS
    if kind == "list":
        return isinstance(value, list) or (splits and isinstance(value, str))
    if kind in ("dict", "int", "float"):
        return fits_type(value, kind)
    return kind not in ("str", "path") or not isinstance(value, (list, Mapping))


class ActionModule(ActionBase):
    """The first task of every playbook."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        known = declared(COLLECTION)
        choices = list(known.playbooks)
        _validation, arguments = self.validate_argument_spec({"playbook": {"required": True, "choices": choices}})
        extra = load_extra_vars(self._loader)
        own = known.playbooks[arguments["playbook"]]
        given = self._given(variables, extra, own, known)
        found, doubts = inventory_problems(self._names(variables, extra), known)
        for doubt in doubts:
            Display().warning(doubt)
        problems = [unknown_problem(name, known) for name in sorted(known.unknown_extra(extra))]
        found += setting_problems(self._settings(variables, extra, known), known)
        problems += found + missing_problems(own, given) + value_problems(given, known)
        if problems:
            result.update(failed=True, msg="; ".join(problems))
        else:
            values = {name: value for name, value in given.items() if name in own}
            result.update(ArgumentSpecValidator(own).validate(values).validated_parameters)
        return result

    def _given(
        self, variables: Mapping[str, Any], extra: Mapping[str, Any], own: Options, known: Declared
    ) -> dict[str, Any]:
        """The values of the playbook's own variables, wherever they come from, and of all extra variables."""
        names = [name for name in known.options if name in variables and (name in own or name in extra)]
        values = {name: read(variables[name], self._templar.template) for name in names}
        # Only the playbook reads these, so that an empty one is one that is not set.
        return {
            name: value for name, value in values.items() if value not in (None, "") or name not in known.extra_only
        }

    def _names(self, variables: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, list[str]]:
        """The names of the variables of each host of the cluster, unless a playbook has added some of its own."""
        groups = variables["groups"]
        hosts = dict.fromkeys(groups.get("flink", []) + groups.get("monitoring", []))
        names = {host: [name for name in variables["hostvars"][host] if name not in extra] for host in hosts}
        return {} if any(REGISTERED in found for found in names.values()) else names

    def _settings(
        self, variables: Mapping[str, Any], extra: Mapping[str, Any], known: Declared
    ) -> dict[str, dict[str, Any]]:
        """What the inventory gives each host, as far as it is known yet."""
        return {
            host: self._values(variables["hostvars"], host, [name for name in names if name in known.options])
            for host, names in self._names(variables, extra).items()
        }

    def _values(self, hostvars: Any, host: str, names: Iterable[str]) -> dict[str, Any]:
        given = hostvars[host]
        found: dict[str, Any] = {}
        for name in sorted(names):
            try:
                found[name] = given[name]
            except AnsibleError:
                # One value of a list or dictionary that is made of a role's variables hides nothing of the others.
                raw = hostvars.raw_get(host)
                found[name] = read(raw[name], Templar(loader=self._loader, variables=raw).template)
        return found


def read(value: Any, template: Callable[[Any], Any]) -> Any:
    """A value, with a mark for what is made of variables that are not known yet: it is checked where it is used."""
    try:
        return template(value)
    except AnsibleError:
        if isinstance(value, Mapping):
            return {key: read(one, template) for key, one in value.items()}
        return [read(one, template) for one in value] if isinstance(value, list) else LATE
