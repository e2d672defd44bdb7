"""Markdown: tables, code, and Ansible's own markup in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from antsibull_docs_parser import dom
from antsibull_docs_parser.format import Formatter, format_paragraphs
from antsibull_docs_parser.parser import Context, parse


def code(text: object) -> str:
    return f"`{text}`"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def sentence(text: str) -> str:
    """A heading or an option's meaning, as the beginning of a longer text."""
    return text if text.endswith(".") else f"{text}."


def prose(description: str | Iterable[str]) -> str:
    """A description of Ansible, its paragraphs one after the other."""
    paragraphs = [description] if isinstance(description, str) else description
    text = [" ".join(paragraph.split()) for paragraph in paragraphs]
    return format_paragraphs(parse(text, Context()), _AsMarkdown(), par_sep=" ")


def _short(fqcn: str) -> str:
    """A plugin of this collection without the collection's name, as the pages call it."""
    return fqcn.removeprefix("streamops.flink.")


class _AsMarkdown(Formatter):
    """Readable as a plain text too, which the library's own Markdown, with every dot escaped, is not."""

    def format_error(self, part: dom.ErrorPart) -> str:
        raise ValueError(f"a description holds markup that Ansible does not know: {part.message}")

    def format_bold(self, part: dom.BoldPart) -> str:
        return f"**{part.text}**"

    def format_code(self, part: dom.CodePart) -> str:
        return code(part.text)

    def format_horizontal_line(self, part: dom.HorizontalLinePart) -> str:
        return " "

    def format_italic(self, part: dom.ItalicPart) -> str:
        return f"*{part.text}*"

    def format_link(self, part: dom.LinkPart) -> str:
        return f"[{part.text}]({part.url})"

    def format_module(self, part: dom.ModulePart, url: str | None) -> str:
        return code(_short(part.fqcn))

    def format_rst_ref(self, part: dom.RSTRefPart) -> str:
        return part.text

    def format_url(self, part: dom.URLPart) -> str:
        return f"<{part.url}>"

    def format_text(self, part: dom.TextPart) -> str:
        return re.sub(r"(?=[<*_])", r"\\", part.text)

    def format_env_variable(self, part: dom.EnvVariablePart) -> str:
        return code(part.name)

    def format_option_name(self, part: dom.OptionNamePart, url: str | None) -> str:
        return code(part.name if part.value is None else f"{part.name}={part.value}")

    def format_option_value(self, part: dom.OptionValuePart) -> str:
        return code(part.value)

    def format_plugin(self, part: dom.PluginPart, url: str | None) -> str:
        return code(_short(part.plugin.fqcn))

    def format_return_value(self, part: dom.ReturnValuePart, url: str | None) -> str:
        return code(part.name)
