"""What the pages say is what the code says: tables are generated, and what they are made of is complete."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._config.inventory import DAEMONS
from ansible_collections.streamops.flink.plugins.module_utils._config.variables import REQUIRED, VARIABLES

from export import ROOT
from pages import sources, tables, write
from pages.markdown import prose, table

ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
# What is written by hand in it: the rest follows from the code by itself.
WRITTEN = re.sub(r"<!-- begin generated.*?<!-- end generated -->", "", ARCHITECTURE, flags=re.DOTALL)
# Every variable of every role, by its name.
DOCUMENTED = {name: option for role in sources.roles() for name, option in sources.variables(role).items()}


# --- The pages -----------------------------------------------------------------------------------------------------


def test_no_page_is_stale() -> None:
    stale = ", ".join(map(str, write.stale()))
    assert not stale, f"{stale} is not what the code says: {write.REMEDY}"


@pytest.mark.parametrize("one", sources.playbooks(), ids=lambda one: one.path.stem)
def test_every_playbook_begins_with_what_it_does(one: sources.Playbook) -> None:
    assert one.purpose.endswith("."), "write a comment after the first line: sentences, then one option a line"


@pytest.mark.parametrize("name", [name for name, option in DOCUMENTED.items() if tables.default(option) == "computed"])
def test_a_default_that_is_computed_is_told_in_the_description(name: str) -> None:
    assert "default" in prose(DOCUMENTED[name]["description"]), "write what the default is: the table says 'computed'"


def test_a_variable_of_several_roles_is_described_once() -> None:
    names = [name for role in sources.roles() for name in sources.variables(role)]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("name", sorted(set(VARIABLES) - {"inventory_hostname"}))
def test_the_filters_take_the_defaults_of_the_roles(name: str) -> None:
    """What a role computes from other variables, the filters find out themselves or want to be given."""
    option = DOCUMENTED[name]
    if option.get("required") or "{{" in str(option["default"]):
        assert VARIABLES[name] in (REQUIRED, "", None)
    else:
        assert VARIABLES[name] == option["default"]


def test_the_nodes_of_an_inventory_have_the_ports_of_the_roles() -> None:
    ports = {name: port for _daemon, defaults in DAEMONS.values() for name, port in defaults.items()}
    assert ports == {name: DOCUMENTED[name]["default"] for name in ports}


@pytest.mark.parametrize("named", sorted(set(re.findall(r"`(_\w+/[\w/]*)(\.py)?`", WRITTEN))), ids="".join)
def test_the_architecture_page_names_files_that_exist(named: tuple[str, str]) -> None:
    assert (ROOT / "plugins" / "module_utils" / "".join(named)).exists()


@pytest.mark.parametrize("named", sorted(set(re.findall(r"\bplaybooks/\w+\.yml", WRITTEN))))
def test_the_architecture_page_names_playbooks_that_exist(named: str) -> None:
    assert (ROOT / named).is_file()


def test_the_architecture_page_has_every_package_of_the_library() -> None:
    assert set(re.findall(r"^\| \d \| `(\w+)(?:\.py)?` \|", WRITTEN, re.MULTILINE)) == set(sources.packages())


# --- How the tables are made ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "shown"),
    [
        ({"required": True}, "**required**"),
        ({"default": ""}, "empty"),
        ({}, "empty"),
        ({"default": "10 s"}, "`10 s`"),
        ({"default": True}, "`true`"),
        ({"default": 0}, "`0`"),
        ({"default": ["a", "b"]}, "`[a, b]`"),
        ({"default": {}}, "`{}`"),
        ({"default": "{{ flink_base_dir }}/storage"}, "`{{ flink_base_dir }}/storage`"),
        ({"default": "{{ flink_runtime == 'systemd' }}"}, "computed"),
    ],
)
def test_a_default_is_shown_as_a_reader_writes_it(option: dict[str, Any], shown: str) -> None:
    assert tables.default(option) == shown


def test_a_cell_may_hold_a_bar() -> None:
    assert table(["a"], [["b | c"]]) == "| a |\n| --- |\n| b \\| c |"


@pytest.mark.parametrize(
    ("description", "shown"),
    [
        ("With V(0) see O(other=1) and C(<dir>/x).", "With `0` see `other=1` and `<dir>/x`."),
        ("The role P(streamops.flink.jobs#role) or M(streamops.flink.flink_job).", "The role `jobs` or `flink_job`."),
        (["One.", "Two\n  lines."], "One. Two lines."),
        ("a <b> of snake_case", r"a \<b> of snake\_case"),
    ],
)
def test_the_markup_of_ansible_becomes_markdown(description: str | list[str], shown: str) -> None:
    assert prose(description) == shown


def test_markup_that_ansible_does_not_know_is_an_error() -> None:
    with pytest.raises(ValueError, match="markup that Ansible does not know"):
        prose("M(not a module)")


BLOCK = "<!-- begin generated: one -->\n{}<!-- end generated -->\n"


def test_a_block_is_filled_and_the_rest_stays() -> None:
    page = "before\n" + BLOCK.format("\nold\n\n") + "after\n"
    assert write.filled(Path("p.md"), page, {"one": "new"}) == "before\n" + BLOCK.format("\nnew\n\n") + "after\n"


@pytest.mark.parametrize("page", ["", BLOCK.format("") * 2, BLOCK.format("").replace("one", "two")])
def test_a_page_without_its_markers_is_an_error(page: str) -> None:
    with pytest.raises(write.PageError, match=r"^p\.md has the generated blocks .*: write each of '<!-- begin .* once"):
        write.filled(Path("p.md"), page, {"one": "new"})
