"""Keys, choices and types of a structured variable, whoever declares it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._base.options import hint, nearest
from ansible_collections.streamops.flink.plugins.module_utils._base.schema import (
    LATE,
    LONGEST,
    is_late,
    key_problems,
    problems,
    value_problem,
)

VALUES = [
    ("int", 3, True),
    ("int", "3", True),
    ("int", 3.0, True),
    ("int", 3.5, False),
    ("int", "3.5", False),
    ("int", True, False),
    ("int", "", False),
    ("int", [3], False),
    ("int", float("inf"), False),
    ("float", "0.5", True),
    ("float", 2, True),
    ("float", "nan", False),
    ("float", False, False),
    ("bool", True, True),
    ("bool", "No", True),
    ("bool", 1, True),
    ("bool", "maybe", False),
    ("bool", 2, False),
    ("bool", [], False),
    ("str", 7, True),
    ("str", "", True),
    ("str", {}, False),
    ("str", ["a"], False),
    ("path", ["/a"], False),
    ("list", [], True),
    ("list", "a,b", False),
    ("list", {"a": 1}, False),
    ("dict", {}, True),
    ("dict", [], False),
    ("dict", "a=1", False),
    ("raw", {"a": [1]}, True),
    ("duration", "30 s", True),
    ("duration", "PT5M", True),
    ("duration", "", True),
    ("duration", 30, False),
    ("duration", "soon", False),
    ("duration", ["30 s"], False),
    ("int", None, True),
    ("dict", None, True),
    ("list", LATE, True),
]


@pytest.mark.parametrize(("kind", "value", "fits"), VALUES)
def test_a_value_fits_its_type_or_is_refused_with_what_to_write(kind: str, value: Any, fits: bool) -> None:
    problem = value_problem("x", value, {"type": kind})
    assert (problem == "") is fits
    assert fits or ("write " in problem and problem.startswith("x"))


@pytest.mark.parametrize(
    ("value", "choices", "fits"),
    [
        ("a", ["a", "b"], True),
        ("c", ["a", "b"], False),
        (False, ["always", "no"], True),
        (True, ["always", "no"], False),
        (["a"], ["a", "b"], False),
        (2, [1, 2], True),
    ],
)
def test_a_choice_is_one_of_them(value: Any, choices: list[Any], fits: bool) -> None:
    problem = value_problem("x", value, {"type": "str", "choices": choices})
    assert (problem == "") is fits
    assert fits or problem.endswith(f"not one of its choices: write {', '.join(map(str, choices))}")


@pytest.mark.parametrize(
    ("label", "value"),
    [
        ("rest_password", ["canary"]),
        ("url", [{"token": "canary"}]),
        ("url", {"a": "https://user:canary@host/"}),
        ("sql", ["CREATE TABLE t (a INT) WITH ('password' = 'canary')"]),
        ("configuration", "password=canary"),
    ],
)
def test_no_secret_is_shown(label: str, value: Any) -> None:
    problem = value_problem(label, value, {"type": "dict" if label == "configuration" else "str"})
    assert problem
    assert "canary" not in problem


def test_a_long_value_is_cut() -> None:
    assert len(value_problem("x", ["a" * 1000], {"type": "str"})) < LONGEST + 80


OPTIONS = {
    "name": {"type": "str"},
    "port": {"type": "int"},
    "tls": {"type": "dict", "options": {"verify": {"type": "bool"}}},
    "peers": {"type": "list", "elements": "dict", "options": {"url": {"type": "str"}}},
    "labels": {"type": "dict", "elements": "str"},
    "words": {"type": "list", "elements": "str"},
}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"prt": 1}, "prt is not a key of x: did you mean port?"),
        ({"zzz": 1}, "zzz is not a key of x: the keys are labels, name, peers, port, tls, words"),
        ({1: 1}, "1 is not a key of x: the keys are "),
        ({"tls": {"verfy": 1}}, "tls.verfy is not a key of x: did you mean tls.verify?"),
        ({"tls": {"verify": "?"}}, "tls.verify is '?', which is not a valid boolean"),
        ({"tls": "on"}, "tls is not a dictionary"),
        ({"peers": [{}, {"ul": 1}]}, "peers[2].ul is not a key of x: did you mean peers[2].url?"),
        ({"peers": ["a"]}, "peers[1] is not a dictionary"),
        ({"labels": {"a": {"b": 1}}}, "labels.a is {'b': 1}, which is not text"),
        ({"words": [{"a": 1}]}, "words[1] is {'a': 1}, which is not text"),
    ],
)
def test_a_fault_is_told_by_the_way_to_it(given: dict[Any, Any], said: str) -> None:
    (problem,) = key_problems("x", given, OPTIONS)
    assert said in problem


def test_an_entry_of_a_list_is_told_by_its_place_and_its_name() -> None:
    option = {"type": "list", "elements": "dict", "options": OPTIONS}
    given = [{"name": "a", "port": "x"}, {"port": "y"}, 7]
    assert [problem.partition(" is ")[0] for problem in problems("v", given, option)] == [
        "entry 1 of v (a): port",
        "entry 2 of v: port",
        "entry 3 of v",
    ]
    assert list(problems("v", [{"name": "a"}, {"port": None}, LATE], option)) == []


def test_a_dictionary_is_told_by_its_name() -> None:
    option = {"type": "dict", "options": OPTIONS}
    assert list(problems("v", {"port": "x", "nme": 1}, option)) == [
        "v: port is 'x', which is not a valid integer: write a whole number",
        "nme is not a key of v: did you mean name?",
    ]
    assert list(problems("v", [], option)) == ["v is not a dictionary: write its keys below it, one on a line"]


def test_what_is_not_known_yet_is_found_wherever_it_is() -> None:
    assert is_late({"a": [1, {"b": LATE}]})
    assert not is_late({"a": [1, {"b": "LATE"}]})


def test_a_name_that_is_like_no_other_has_no_nearest() -> None:
    assert (nearest("prt", ["port"]), nearest("zzz", ["port"])) == ("port", "")
    assert hint("zzz", ["b", "a"]) == "the keys are a, b"
