"""The line that says why a host could not be asked."""

from __future__ import annotations

import subprocess
import sys

import pytest
from ansible_collections.streamops.flink.plugins.module_utils._preflight.reach import reach_problem, useful_line

FATAL = """Python path configuration:
  PYTHONHOME = '/nowhere'
  sys.path = [
    '/nowhere/lib/python311.zip',
  ]
Fatal Python error: init_fs_encoding: failed to get the Python codec of the filesystem encoding
Python runtime state: core initialized
ModuleNotFoundError: No module named 'encodings'

Current thread 0x00007f99ab41b2c0 (most recent call first):
  <no Python frame>
"""
SYNTAX = """  File "/tmp/AnsiballZ_flink_preflight.py", line 7
    from __future__ import annotations
    ^
SyntaxError: future feature annotations is not defined
Shared connection to h7 closed.
"""
SEGFAULT = """Fatal Python error: Segmentation fault

Current thread 0x00007f99ab41b2c0 (most recent call first):
  File "/tmp/x.py", line 3 in <module>
"""
CHAINED = """Traceback (most recent call last):
  File "/tmp/a.py", line 1, in <module>
    import six
zipimport.ZipImportError: can't decompress data; zlib not available

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/tmp/a.py", line 3, in <module>
    main()
    ~~~~^^
ModuleNotFoundError: No module named '_posixsubprocess'
"""
LINES = [
    (
        ("/bin/sh: 1: /usr/bin/nope: not found\n", "", "The module interpreter was not found."),
        "/usr/bin/nope: not found",
    ),
    ((FATAL,), "ModuleNotFoundError: No module named 'encodings'"),
    (
        ("Shared connection to h7 closed.\r\n", FATAL.replace("\n", "\r\n"), "MODULE FAILURE"),
        "No module named 'encodings'",
    ),
    ((SYNTAX,), "SyntaxError: future feature annotations is not defined"),
    ((SEGFAULT,), "Fatal Python error: Segmentation fault"),
    ((CHAINED,), "ModuleNotFoundError: No module named '_posixsubprocess'"),
    (
        ("Shared connection to h7 closed.\n", "", "MODULE FAILURE\nSee stdout/stderr for the exact error"),
        "no reason is given",
    ),
    (("", "", ""), "no reason is given"),
    ((None, None, {"a": 1}), "{'a': 1}"),
    (
        ("python3: error while loading shared libraries: libpython3.so: cannot open it\n",),
        "libpython3.so",
    ),
    (
        ("Warning: Permanently added 'h7' to the list of known hosts.\nsudo: a password is required\n",),
        "sudo: a password",
    ),
    (("Failed to connect.\nNo route to host.",), "No route to host"),
]


@pytest.mark.parametrize(("texts", "line"), LINES)
def test_the_line_that_says_why_is_found(texts: tuple[str, ...], line: str) -> None:
    assert line in useful_line(*texts)
    assert "\n" not in useful_line(*texts)


def test_a_python_without_its_library_is_told_by_its_error() -> None:
    """What this very Python says, which is another number of lines in each version."""
    command = [sys.executable, "-c", ""]
    said = subprocess.run(command, env={"PYTHONHOME": "/nowhere"}, capture_output=True, text=True, check=False).stderr
    problem = reach_problem("h7", {"__preflight_machine": {"failed": True, "module_stderr": said, "msg": "x"}})
    assert problem == (
        "h7 cannot be asked (ModuleNotFoundError: No module named 'encodings'): see whether Ansible can run modules"
        " there"
    )
