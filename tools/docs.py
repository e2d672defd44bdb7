"""Write the tables of the Markdown pages, check the documentation of all plugins and roles, and write it to build/docs.

    python tools/docs.py              all of it
    python tools/docs.py --check      only says which pages are stale, and changes nothing

Everything must be readable with ansible-doc, pass antsibull-docs' linter, and turn into pages without an error.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

from export import ROOT, exported
from pages import write

COLLECTION = "streamops.flink"
OUTPUT = ROOT / "build" / "docs"


class DocsError(Exception):
    """What is wrong with the documentation; the tool's own words have been printed before."""


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    """Run a tool whose messages go to the terminal; its standard output is handed back."""
    answer = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, text=True, check=False)
    if answer.returncode:
        print(answer.stdout)
        raise DocsError(f"{command[0]} {command[1]} ended with exit code {answer.returncode}")
    return answer.stdout


def documented() -> dict[str, list[str]]:
    """Every name that needs documentation, by the type that ansible-doc knows it under."""
    plugins = ROOT / "plugins"
    # A filter is documented in a YAML file of its own, or in the Python file that bears its name.
    filters = {path.stem for path in plugins.glob("filter/*.yml")} | {
        path.stem for path in plugins.glob("filter/*.py") if "DOCUMENTATION" in path.read_text(encoding="utf-8")
    }
    names = {
        "module": [path.stem for path in plugins.glob("modules/*.py")],
        "filter": list(filters),
        "lookup": [path.stem for path in plugins.glob("lookup/*.py")],
        "role": [path.name for path in (ROOT / "roles").glob("*") if path.is_dir()],
    }
    return {kind: [f"{COLLECTION}.{name}" for name in sorted(found)] for kind, found in names.items() if found}


def check_with_ansible_doc() -> None:
    for kind, names in documented().items():
        known = json.loads(run("ansible-doc", "--json", "--type", kind, *names))
        if missing := [name for name in names if not known.get(name)]:
            raise DocsError(f"ansible-doc knows no documentation for the {kind} {', '.join(missing)}")
        text = "".join(run("ansible-doc", "--type", kind, name) for name in names)
        (OUTPUT / f"{kind}s.txt").write_text(text, encoding="utf-8")
        print(f"ansible-doc: {len(names)} {kind}s")


def check_with_antsibull() -> None:
    with exported() as collection:
        checks = ["--plugin-docs", "--validate-collection-refs", "self"]
        print(run("antsibull-docs", "lint-collection-docs", *checks, collection), end="")
    print("antsibull-docs lint-collection-docs: clean")


def write_pages() -> None:
    style = ["--output-format", "simplified-rst", "--squash-hierarchy", "--no-add-antsibull-docs-version"]
    run("antsibull-docs", "collection", "--use-current", "--fail-on-error", *style, "--dest-dir", OUTPUT, COLLECTION)
    print(f"pages: {OUTPUT.relative_to(ROOT)} ({len(list(OUTPUT.glob('*.rst')))} files)")


def check_tables() -> None:
    if pages := write.stale():
        raise DocsError(f"{', '.join(map(str, pages))} is not what the code says: {write.REMEDY}")


def write_all() -> None:
    for page in write.write():
        print(f"tables written: {page}")
    shutil.rmtree(OUTPUT, ignore_errors=True)
    OUTPUT.mkdir(parents=True)
    check_with_ansible_doc()
    check_with_antsibull()
    write_pages()


def main() -> int:
    parser = argparse.ArgumentParser(description="Write and check the documentation.")
    parser.add_argument("--check", action="store_true", help="say which pages are stale, and change nothing")
    try:
        check_tables() if parser.parse_args().check else write_all()
    except (DocsError, write.PageError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
