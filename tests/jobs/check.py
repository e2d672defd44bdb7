"""Reads what CountingJob has committed and says what is lost, doubled or begun anew."""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Verdict:
    """lost: counts missing below the highest of their key. doubled: counts more than once. versions: who wrote."""

    rows: int
    highest: int
    lost: int
    doubled: int
    versions: list[str]

    @property
    def ok(self) -> bool:
        return self.rows > 0 and not self.lost and not self.doubled


def check(output: Path) -> Verdict:
    """Only files that are committed: Flink hides the others behind a dot or an ending."""
    counts: dict[str, Counter[int]] = defaultdict(Counter)
    versions: set[str] = set()
    rows = 0
    for file in output.rglob("part-*"):
        if file.name.startswith(".") or ".inprogress" in file.name or ".pending" in file.name:
            continue
        for line in file.read_text().splitlines():
            version, key, count, _number = line.split(",")
            counts[key][int(count)] += 1
            versions.add(version)
            rows += 1
    lost = sum(max(seen) - len(seen) for seen in counts.values())
    doubled = sum(times - 1 for seen in counts.values() for times in seen.values())
    highest = max((max(seen) for seen in counts.values()), default=0)
    return Verdict(rows, highest, lost, doubled, sorted(versions))


if __name__ == "__main__":
    verdict = check(Path(sys.argv[1]))
    print(json.dumps(asdict(verdict) | {"ok": verdict.ok}))
    sys.exit(0 if verdict.ok else 1)
