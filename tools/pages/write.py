"""The parts of the pages that are written from the code: tables between two markers, and which of them are stale."""

from __future__ import annotations

import re
from pathlib import Path

from export import ROOT

from . import sources, tables

REMEDY = "run `make docs` and commit what it writes"


class PageError(Exception):
    """What is wrong with the markers of a page, as one sentence."""


def pages() -> dict[Path, dict[str, str]]:
    """The pages, and their generated blocks by name."""
    found = {
        Path("README.md"): {"playbooks": tables.playbooks(), "modules": tables.modules()},
        Path("docs/architecture.md"): {"roles": tables.roles(), "library": tables.library()},
        Path("docs/configuration.md"): {"variables": tables.all_variables()},
        Path("docs/style.md"): {"words": tables.words()},
    }
    for role in sources.roles():
        blocks = {"entry points": tables.entry_points(role)} if len(sources.entry_points(role)) > 1 else {}
        if sources.variables(role):
            blocks["variables"] = tables.variables(role)
        found[Path("roles") / role / "README.md"] = blocks
    return found


def filled(page: Path, text: str, blocks: dict[str, str]) -> str:
    """The page with all of its blocks as they have to be now."""
    marked = r"(<!-- begin generated: (.+?) -->\n).*?(<!-- end generated -->)"
    present = [match[2] for match in re.finditer(marked, text, re.DOTALL)]
    if sorted(present) != sorted(blocks):
        wanted = " and ".join(f"'<!-- begin generated: {name} -->' … '<!-- end generated -->'" for name in blocks)
        raise PageError(
            f"{page} has the generated blocks [{', '.join(sorted(present))}]: write each of {wanted or 'none'} once,"
            " with nothing between the two markers, where its table is to stand"
        )
    return re.sub(marked, lambda match: f"{match[1]}\n{blocks[match[2]]}\n\n{match[3]}", text, flags=re.DOTALL)


def stale() -> dict[Path, str]:
    """The pages that have to change, and what has to be in them."""
    changed = {}
    for page, blocks in pages().items():
        before = sources.read(ROOT / page)
        after = filled(page, before, blocks)
        if after != before:
            changed[page] = after
    return changed


def write() -> list[Path]:
    """Write the pages that are stale; the answer names them."""
    changed = stale()
    for page, text in changed.items():
        (ROOT / page).write_text(text, encoding="utf-8")
    return list(changed)
