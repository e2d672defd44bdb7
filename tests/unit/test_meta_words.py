"""Messages, documentation and comments keep to the words of docs/style.md."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from export import ROOT, project_files
from pages import sources

CHECKED = {entry["not"]: entry["pattern"] for entry in sources.words()}
PLACES = (".ci", ".github", "docs", "inventories", "molecule", "playbooks", "plugins", "roles", "tools")
EXEMPT = {
    # They name what to avoid.
    Path("docs/style.md"),
    Path("tools/words.yml"),
    # Flink's own descriptions.
    Path("plugins/module_utils/_config/catalogue_data.py"),
}


def read_by_people(path: Path) -> bool:
    return (path.parts[0] in PLACES or path.suffix == ".md") and path.suffix in (".j2", ".md", ".py", ".rst", ".yml")


TEXTS = {
    path: (ROOT / path).read_text(encoding="utf-8")
    for path in project_files()
    if read_by_people(path) and path not in EXEMPT
}


def found(pattern: str, text: str) -> list[int]:
    """The lines in which a match begins; it may go on in the next one."""
    wanted = re.compile(pattern.replace(" ", r"\s+"), re.IGNORECASE)
    return [text.count("\n", 0, match.start()) + 1 for match in wanted.finditer(text)]


@pytest.mark.parametrize("words", CHECKED)
def test_no_text_uses(words: str) -> None:
    places = [f"{path}:{line}" for path, text in TEXTS.items() for line in found(CHECKED[words], text)]
    assert not places, f"docs/style.md says what to write instead of {words}:\n" + "\n".join(places)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("'soon' is no duration", [1]),
        ("one\n'soon' is\n  no duration", [2]),
        ("there is no checksum", []),
        ("'soon' is not a valid duration", []),
        ("Is no Valid duration", [1]),
    ],
)
def test_a_phrase_is_found_in_any_case_and_across_lines(text: str, lines: list[int]) -> None:
    assert found(CHECKED["`x` is no duration, is no URL"], text) == lines


PERSONS = "nobody, somebody, whoever (of machines and programs)"
SENSES = "hosts, daemons and jobs that have hands, know, want, see, wait to be told or die"


@pytest.mark.parametrize(
    ("words", "bad", "good"),
    [
        ("`x` is no duration, is no URL", "'a.txt' is no jar", "'a.txt' is not a jar"),
        ("`x` is no duration, is no URL", "these are no names", "there are no names"),
        ("`x` is no duration, is no URL", "9.9 is no version of Flink", "20 s are no longer than the interval"),
        (PERSONS, "nobody leads", "no JobManager leads"),
        (PERSONS, "def somebody_listens()", "def any_server_listens()"),
        (PERSONS, "stop somebody else's job", "user: 'nobody'"),
        (PERSONS, "restart whoever waits", "restart what waits"),
        ("nobody is told, told to nobody", "kept and told to nobody", "stored but not delivered"),
        (
            "hosts, daemons and jobs that have hands, know, want, see, wait to be told or die",
            "it has no hands",
            "a hand",
        ),
        (
            "hosts, daemons and jobs that have hands, know, want, see, wait to be told or die",
            "it wants a list",
            "wanted",
        ),
        (SENSES, "dies of it", "Wants=x"),
        ("tells, says, is told (of programs)", "which tells the two apart", "which distinguishes the two"),
        ("tells, says, is told (of programs)", "receivers are told once", "receivers get it once"),
        ("lies in, stands in (of files and values)", "the jar lies in lib", "the jar is in lib"),
        ("lies in, stands in (of files and values)", "it stands in config.yaml", "it stands in the way"),
        ("shall", "a job that shall run", "a job that must run, marshalled"),
        ("for ever", "waits for\n  ever", "waits forever"),
        ("one behind the other", "restarted one behind the other", "restarted one after the other"),
        ("beside (next to)", "a file beside it", "the marker `beside`, and besides"),
        ("to mend", "mends the job", "amends the job"),
        ("stays away (of an answer, a heartbeat)", "an answer that stays away", "an answer that is missing"),
        ("by chance", "faults by chance", "faults at random"),
    ],
)
def test_a_pattern_finds_what_is_to_be_avoided_alone(words: str, bad: str, good: str) -> None:
    assert (found(CHECKED[words], bad), found(CHECKED[words], good)) == ([1], [])
