"""What a module carries to a host: the files of the library that Ansible packs with it.

python tests/support/payload.py [module …]      files and lines, as Ansible really packs them, in JSON
"""

from __future__ import annotations

import ast
import base64
import io
import json
import re
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / "plugins" / "modules"
UTILS = ROOT / "plugins" / "module_utils"
PACKAGE = "ansible_collections.streamops.flink.plugins.module_utils"


def carried(module: str) -> dict[str, int]:
    """The files of the library that a module needs, each with its lines, by following imports: fast."""
    found: dict[str, int] = {}
    waiting = [MODULES / f"{module}.py"]
    while waiting:
        for path in imported(waiting.pop()):
            name = path.relative_to(UTILS).as_posix()
            if name not in found:
                found[name] = len(path.read_text(encoding="utf-8").splitlines())
                waiting.append(path)
    return found


@cache
def imported(path: Path) -> frozenset[Path]:
    """What a file imports of the library, also in functions and below TYPE_CHECKING: Ansible packs that too."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return frozenset(one for node in nodes if isinstance(node, ast.ImportFrom) for one in _named(node, path))


def _named(node: ast.ImportFrom, path: Path) -> Iterator[Path]:
    name = node.module or ""
    if not node.level and not f"{name}.".startswith(f"{PACKAGE}."):
        return
    start = path.parents[node.level - 1] if node.level else UTILS
    place = start.joinpath(*(name if node.level else name.removeprefix(PACKAGE)).strip(".").split("."))
    for alias in node.names:
        # The name of a file, or of a definition in one.
        inner = place / f"{alias.name}.py"
        yield inner if inner.is_file() else place.with_suffix(".py")


def packed(modules: Iterable[str]) -> dict[str, dict[str, int]]:
    """The same by Ansible itself. It loads Ansible's finder of collections, so it needs a process of its own."""
    from ansible import constants
    from ansible.executor.module_common import modify_module
    from ansible.parsing.dataloader import DataLoader
    from ansible.plugins.loader import init_plugin_loader
    from ansible.template import Templar

    collections = ROOT / ".venv" / "collections"
    init_plugin_loader([str(collections)])
    plugins = collections / "ansible_collections" / "streamops" / "flink" / "plugins"
    found = {}
    with tempfile.TemporaryDirectory() as scratch:
        # What was packed before is kept there.
        constants.DEFAULT_LOCAL_TMP = scratch
        for name in modules:
            built = modify_module(
                module_name=name,
                module_path=str(plugins / "modules" / f"{name}.py"),
                module_args={},
                templar=Templar(DataLoader()),
                task_vars={"ansible_python_interpreter": sys.executable},
            )
            found[name] = _unpacked(built.b_module_data)
    return found


def _unpacked(module: bytes) -> dict[str, int]:
    content = re.search(rb"^zip_data='([^']*)',$", module, re.MULTILINE)
    if content is None:
        raise ValueError("the module that Ansible has built holds no archive")
    prefix = PACKAGE.replace(".", "/") + "/"
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(content[1]))) as archive:
        # Ansible makes an empty __init__.py for each package.
        names = [one for one in archive.namelist() if one.startswith(prefix) and not one.endswith("/__init__.py")]
        return {one.removeprefix(prefix): len(archive.read(one).splitlines()) for one in names}


if __name__ == "__main__":
    every = sorted(path.stem for path in MODULES.glob("*.py"))
    json.dump(packed(sys.argv[1:] or every), sys.stdout, indent=1)
