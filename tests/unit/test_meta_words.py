"""Messages, documentation and comments keep to the words of docs/style.md."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from export import ROOT, project_files
from pages import sources

CHECKED = {entry["not"]: entry["pattern"] for entry in sources.words() if "pattern" in entry}
PLACES = ("docs", "playbooks", "plugins", "roles")
EXEMPT = {
    # They name what to avoid.
    Path("docs/style.md"),
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
