# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of a SQL script on the controller: as it is, or as a template."""

from __future__ import annotations

DOCUMENTATION = r"""
name: flink_sql_file
author: streamops.flink contributors (@streamops)
version_added: 1.0.0
short_description: Read a SQL script of a job, as a template or as it is (internal to the collection)
description:
  - Returns the text of a script, which is looked for where templates are.
  - A script that is not a valid template is named, with its line and the option that reads it as it is.
options:
  _terms:
    description: The script's path.
    required: true
  template:
    description: Whether the script is a template.
    type: bool
    default: true
  job:
    description: The job that the script belongs to, for the message.
    type: str
    default: ""
  problems:
    description: Return the reasons why the script cannot be read, instead of its text.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Show a script as it will be submitted
  ansible.builtin.debug:
    msg: "{{ lookup('streamops.flink.flink_sql_file', 'balances.sql', job='balances') }}"
"""

RETURN = r"""
_raw:
  description: The text of the script; with O(problems), one sentence for each reason why it cannot be read.
  type: list
  elements: str
"""

import re
from pathlib import Path
from typing import Any

import jinja2
from ansible.errors import AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.loader import lookup_loader
from ansible.plugins.lookup import LookupBase

_MARK = re.compile(r"\{[{%#]")


def syntax_error(text: str) -> tuple[int, str] | None:
    """The line at which a text stops being a template, and why."""
    try:
        jinja2.Environment(autoescape=False).parse(text)  # nothing is rendered
    except jinja2.TemplateSyntaxError as error:
        return _first_mark(text, error.lineno), str(error.message or "it is not complete").rstrip(".")
    return None


def _first_mark(text: str, last: int) -> int:
    """Of a comment or an expression that is not closed, the parser names the end: the line is where it begins."""
    lines = text.split("\n")[:last]
    return next((number for number, line in reversed(list(enumerate(lines, 1))) if _MARK.search(line)), last)


def undefined_line(text: str, message: str) -> int:
    """The line that names a variable which does not exist."""
    found = re.search(r"'([^']+)' is undefined", message)
    name = re.compile(rf"\b{re.escape(found[1])}\b") if found else _MARK
    lines = [number for number, line in enumerate(text.split("\n"), 1) if name.search(line)]
    return lines[0] if lines else 1


def sentence(job: str, path: str, line: int, reason: str) -> str:
    of_job = f" of the job {job}" if job else ""
    return (
        f"cannot use sql_file {path}{of_job}: line {line} is not a valid part of a template ({reason}); correct it, or"
        " set sql_template: false for this job, which reads the script as it is"
    )


class LookupModule(LookupBase):
    def run(self, terms: list[Any], variables: Any = None, **kwargs: Any) -> list[str]:
        job, template = str(kwargs.get("job", "")), boolean(kwargs.get("template", True))
        found: list[str] = []
        for term in terms:
            text, problem = self._read(str(term), variables, job, template)
            if boolean(kwargs.get("problems", False)):
                found += [problem] if problem else []
            elif problem:
                raise AnsibleError(problem)
            else:
                found.append(text)
        return found

    def _read(self, term: str, variables: Any, job: str, template: bool) -> tuple[str, str]:
        """The text and no problem, or no text and a problem."""
        of_job = f" of the job {job}" if job else ""
        path = self.find_file_in_search_path(variables, "templates", term, ignore_missing=True)
        if not path:
            return "", f"cannot use sql_file {term}{of_job}: there is no such file on the controller"
        try:
            text = Path(path).read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            return "", f"cannot use sql_file {path}{of_job}: it is not text in UTF-8; save it as such"
        except OSError as error:
            return "", f"cannot use sql_file {path}{of_job}: {(error.strerror or 'it cannot be read').lower()}"
        if not template:
            return text, ""
        wrong = syntax_error(text)
        if wrong is not None:
            return "", sentence(job, path, *wrong)
        renderer = lookup_loader.get("ansible.legacy.template", loader=self._loader, templar=self._templar)
        try:
            return str(renderer.run([path], variables)[0]), ""
        except (AnsibleError, jinja2.TemplateError) as error:
            reason = _reason(error)
            return "", sentence(job, path, undefined_line(text, reason), reason)


def _reason(error: BaseException) -> str:
    """The innermost sentence of an error of templating."""
    while error.__cause__ is not None:
        error = error.__cause__
    return str(getattr(error, "message", None) or error).split("\n", maxsplit=1)[0].rstrip(".")
