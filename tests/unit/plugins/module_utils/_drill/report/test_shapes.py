"""Shapes of a picture, and how much text fits into them."""

from __future__ import annotations

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._drill.report.shapes import fit, fit_middle, shape


def test_attributes_are_named_as_in_svg_and_exact_to_a_tenth() -> None:
    found = shape("text", "jm1", title="leader", class_="label", text_anchor="end", x=1.25, y=2.0)
    assert found.attributes == {"class": "label", "text-anchor": "end", "x": "1.2", "y": "2"}
    assert (found.element, found.text, found.title) == ("text", "jm1", "leader")


@pytest.mark.parametrize(
    ("text", "width", "found"),
    [("RUNNING", 80, "RUNNING"), ("INITIALIZING", 60, "INITIA…"), ("RUNNING", 40, ""), ("", 0, "")],
)
def test_a_text_is_shortened_to_what_fits(text: str, width: float, found: str) -> None:
    assert fit(text, width, 11) == found


def test_names_that_begin_alike_stay_apart() -> None:
    first, second = (fit_middle(f"payments-enrichment-v{number}", 100, 12) for number in (1, 2))
    assert (first, second) == ("payment…ent-v1", "payment…ent-v2")
    assert fit_middle("short", 100, 12) == "short"
    assert fit_middle("anything", 1, 12) == "a…g"
