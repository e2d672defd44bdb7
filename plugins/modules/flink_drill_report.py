#!/usr/bin/python
# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The four reports of a failover drill."""

from __future__ import annotations

DOCUMENTATION = r"""
module: flink_drill_report
short_description: Write the reports of a failover drill
version_added: 1.0.0
author: streamops.flink contributors (@streamops)
description:
  - Writes what a failover drill found in four forms, each a file of its own that needs no other.
  - A journal in the form of Chaos Toolkit (C(.json)), which also holds the whole result.
  - JUnit XML (C(.xml)) for continuous integration, one test case for each fault.
  - Markdown (C(.md)) for a ticket or a chat.
  - A page (C(.html)) with the verdicts, the times against their limits and against stock Flink, and a picture of each
    fault. It needs neither network nor script, and can be read in light and dark.
  - All four are made before the first is written, and each is replaced as a whole, so that nobody reads half of one.
  - Users and passwords in URLs are hidden.
  - It runs where the drill is steered from, usually the controller.
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - The Markdown is shown as it is, the other files by their checksums.
  idempotent:
    support: full
options:
  result:
    description:
      - What the drill found, as the role C(streamops.flink.drill) hands it over.
      - It must be complete; a result that is not one is refused, and nothing is written.
    type: dict
    required: true
  directory:
    description: Where the reports go. It is made when it does not exist.
    type: path
    required: true
  name:
    description: What the files are called, without their endings.
    type: str
    default: drill
  mode:
    description: The mode of the files. Reports hold no secrets, but the names of hosts and jobs.
    type: raw
    default: "0644"
extends_documentation_fragment:
  - streamops.flink.attributes
  - streamops.flink.attributes.node
seealso:
  - name: The Chaos Toolkit journal
    description: What the fields of the JSON mean.
    link: https://chaostoolkit.org/reference/api/journal/
"""

EXAMPLES = r"""
- name: Write the reports of the drill
  streamops.flink.flink_drill_report:
    result: "{{ drill_result }}"
    directory: "{{ playbook_dir }}/reports"
  delegate_to: localhost
  run_once: true

- name: Keep the reports of every night
  streamops.flink.flink_drill_report:
    result: "{{ drill_result }}"
    directory: /srv/reports/flink
    name: "drill-{{ drill_result.started[:10] }}"
    mode: "0640"
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
paths:
  description: The files.
  type: dict
  returned: always
  contains:
    journal:
      description: The Chaos Toolkit journal.
      type: str
      sample: /srv/reports/flink/drill.json
    junit:
      description: The JUnit XML.
      type: str
      sample: /srv/reports/flink/drill.xml
    markdown:
      description: The Markdown.
      type: str
      sample: /srv/reports/flink/drill.md
    page:
      description: The page.
      type: str
      sample: /srv/reports/flink/drill.html
changed_files:
  description: Names of the files that were written, or would be in check mode.
  type: list
  elements: str
  returned: always
  sample: [drill.html, drill.json, drill.md, drill.xml]
verdict:
  description:
    - V(passed) when faults were injected and nothing speaks against any recovery; V(failed) when something does, or the
      drill itself broke, or refused a fault that was asked for; V(nothing) when nothing was injected.
  type: str
  returned: always
  sample: passed
summary:
  description: The verdict in one sentence.
  type: str
  returned: always
  sample: 5 of 5 faults passed, 2 skipped, no row of 198,213 lost or doubled.
complaints:
  description: What speaks against the cluster or the drill, one sentence each.
  type: list
  elements: str
  returned: always
  sample: ["taskmanager_freeze: to RUNNING: 27.6 s, limit 25 s, stock 51 s (1.8 \u00d7 faster)"]
"""

import hashlib
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.streamops.flink.plugins.module_utils._base.errors import FlinkError
from ansible_collections.streamops.flink.plugins.module_utils._drill.report import render as _drill_report
from ansible_collections.streamops.flink.plugins.module_utils._drill.report import words as _drill_words
from ansible_collections.streamops.flink.plugins.module_utils._drill.report.read import read
from ansible_collections.streamops.flink.plugins.module_utils._drill.report.result import BAD
from ansible_collections.streamops.flink.plugins.module_utils._module import run_node

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,100}")


def body(module: AnsibleModule) -> dict[str, Any]:
    directory, name = Path(module.params["directory"]), module.params["name"]
    if not NAME.fullmatch(name):
        raise FlinkError(
            f"cannot call the reports {name!r}: give a name of letters, digits, dots and dashes; the place is directory"
        )
    drill = read(module.params["result"])
    texts = {kind: text.encode("utf-8") for kind, text in _drill_report.render(drill).items()}
    paths = {kind: directory / f"{name}.{_drill_report.SUFFIXES[kind]}" for kind in texts}
    check_place(directory)
    present = {kind: current(path) for kind, path in paths.items()}
    different = [kind for kind in texts if present[kind] != texts[kind]]
    if not module.check_mode:
        write(module, directory, {paths[kind]: texts[kind] for kind in different})
    changed = bool(different)
    for path in paths.values():
        if path.exists():
            changed = bool(module.set_mode_if_different(str(path), module.params["mode"], changed))
    return {
        "changed": changed,
        "paths": {kind: str(path) for kind, path in paths.items()},
        "changed_files": sorted(paths[kind].name for kind in different),
        "verdict": drill.verdict,
        "summary": _drill_words.verdict(drill),
        "complaints": [
            f"{fault.name}: {complaint}"
            for fault in drill.faults
            if fault.status in BAD
            for complaint in _drill_words.complaints(fault) or [fault.status]
        ],
        "diff": [difference(kind, paths[kind], present[kind], texts[kind]) for kind in different],
    }


def check_place(directory: Path) -> None:
    """Check mode foresees what would fail, so it is looked for before anything is written."""
    there = next(path for path in (directory, *directory.parents) if path.exists())
    if not there.is_dir():
        raise FlinkError(f"cannot write reports into {directory}: {there} is no directory; give another one")
    if not os.access(there, os.W_OK | os.X_OK):
        raise FlinkError(
            f"cannot write reports into {directory}: {there} is not writable for this user; give another one"
        )


def current(path: Path) -> bytes | None:
    if not path.exists():
        return None
    try:
        return path.read_bytes()
    except OSError as error:
        raise FlinkError(f"cannot replace {path}: {error.strerror}; move it away or give another name") from error


def difference(kind: str, path: Path, before: bytes | None, after: bytes) -> dict[str, str]:
    """Markdown is made to be read; of the others it is enough to know that they differ."""
    shown = {"before": before or b"", "after": after}
    if kind == "markdown":
        texts = {key: text.decode("utf-8", "replace") for key, text in shown.items()}
    else:
        texts = {key: f"sha256:{hashlib.sha256(text).hexdigest()}\n" if text else "" for key, text in shown.items()}
    return {"before_header": str(path), "after_header": str(path), **texts}


def write(module: AnsibleModule, directory: Path, contents: Mapping[Path, bytes]) -> None:
    """First all of them beside their places, then each into its place: a full disk leaves the old ones whole."""
    ready: dict[Path, str] = {}
    try:
        directory.mkdir(mode=0o755, parents=True, exist_ok=True)
        for path, content in contents.items():
            handle, ready[path] = tempfile.mkstemp(prefix=f".{path.name}.", dir=directory)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            module.set_mode_if_different(ready[path], module.params["mode"], False)
        for path in contents:
            Path(ready.pop(path)).replace(path)
    except OSError as error:
        raise FlinkError(
            f"cannot write reports into {directory}: {error.strerror}; make room there or give another directory"
        ) from error
    finally:
        for left in ready.values():
            Path(left).unlink(missing_ok=True)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "result": {"type": "dict", "required": True},
            "directory": {"type": "path", "required": True},
            "name": {"type": "str", "default": "drill"},
            "mode": {"type": "raw", "default": "0644"},
        },
        supports_check_mode=True,
        # The system's log is no place for thousands of samples: this keeps the invocation out of it.
        no_log=True,
    )
    run_node(module, body)


if __name__ == "__main__":
    main()
