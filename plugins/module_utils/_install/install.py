# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One installation on a host: the distribution, the jars next to it, the link, and old versions that go."""

from __future__ import annotations

import hashlib
import shutil
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .._base.errors import FlinkError
from .._base.files import file_error, locked, replacing
from . import assemble as distribution
from . import layout as _layout
from . import manifest as _manifest
from . import recipe as _recipe
from . import retention
from .fetch import Fetcher
from .libraries import overlay_name
from .source import Checksum, Source

# What an overlay takes from the distribution; the rest is read from there.
OVERLAY_PARTS = ("lib/", "plugins/")


def origin(params: dict[str, Any]) -> _recipe.Origin:
    names = ("archive", "mirror", "archive_checksum", "archive_signature", "archive_keyring")
    return _recipe.Origin(*(params[name] or "" for name in names))


@dataclass(frozen=True)
class Installation:
    """What is wanted on a host."""

    recipe: _recipe.Recipe
    dest: Path | None
    libraries: Sequence[_layout.Library] = ()
    overlay_dir: Path | None = None
    link: Path | None = None
    keep: int | None = None
    verify: bool = False

    @property
    def overlay(self) -> Path | None:
        if self.overlay_dir is None or not self.libraries:
            return None
        jars = [library.declaration for library in self.libraries]
        return self.overlay_dir / overlay_name(jars, self.recipe.version)

    @property
    def own_libraries(self) -> Sequence[_layout.Library]:
        """The jars that go into the distribution itself."""
        return () if self.overlay_dir else self.libraries


@dataclass
class Work:
    """What differs from what is wanted."""

    base: _layout.LayoutPlan | None = None
    overlay: _layout.LayoutPlan | None = None
    link: str = ""
    pruned: list[Path] = field(default_factory=list)

    @property
    def reasons(self) -> list[str]:
        found = list(self.base.reasons) if self.base else []
        if self.overlay:
            found += [f"its jars: {reason}" for reason in self.overlay.reasons]
        return found

    @property
    def due(self) -> bool:
        return bool(self.reasons or self.link or self.pruned)


def look(wanted: Installation) -> Work:
    """Compare the host with what is wanted; nothing is fetched and nothing written."""
    work = Work()
    if wanted.dest is None:
        return work
    work.base = _layout.plan(wanted.dest, wanted.recipe, wanted.own_libraries, verify=wanted.verify)
    if wanted.overlay is not None:
        work.overlay = _layout.plan(wanted.overlay, wanted.recipe, wanted.libraries, verify=wanted.verify)
    if wanted.link is not None:
        target = retention.link_target(wanted.link, wanted.dest)
        work.link = "" if retention.linked(wanted.link) == target else target
    if wanted.keep is not None:
        work.pruned = _superfluous(wanted, wanted.dest, wanted.keep)
    return work


def _superfluous(wanted: Installation, dest: Path, keep: int) -> list[Path]:
    if keep < 0:
        raise FlinkError(f"cannot keep {keep} old versions: give 0 or more")
    found = retention.superfluous(dest.parent, wanted.recipe.product, keep, [dest])
    if wanted.overlay_dir is not None:
        protected = [wanted.overlay] if wanted.overlay else []
        found += retention.superfluous(wanted.overlay_dir, wanted.recipe.product, keep, protected)
    return found


def missing(wanted: Installation, work: Work, fetcher: Fetcher) -> list[str]:
    """The files that the cache lacks for what is to be done, as they are called below its downloads."""
    needs: list[tuple[Source, str]] = []
    if work.base is not None and work.base.reasons:
        needs += [(part.source, part.checksum) for part in wanted.recipe.parts]
        needs += [(library.source, library.checksum) for library in wanted.own_libraries]
    if work.overlay is not None and work.overlay.reasons:
        needs += [(library.source, library.checksum) for library in wanted.libraries]
    checksums = dict.fromkeys(str(Checksum.parse(checksum)) for _source, checksum in needs if checksum)
    expected = [Checksum.parse(text) for text in checksums]
    return [fetcher.slot(one).name for one in expected if fetcher.held(one) is None]


def download(wanted: Installation, fetcher: Fetcher) -> list[dict[str, str]]:
    """Bring every file into the cache, so that it can be brought to machines that reach no network."""
    parts = [(part.source, part.checksum) for part in wanted.recipe.parts]
    files = distribution.downloaded(wanted.recipe, fetcher)
    distribution.authenticated(wanted.recipe, files[0], fetcher)
    for library in wanted.libraries:
        if not library.checksum:
            raise FlinkError(f"cannot bring {library.artifact} to other machines without its checksum: add it")
        parts.append((library.source, library.checksum))
        files.append(fetcher.fetch(library.source, library.checksum))
    slots = [fetcher.slot(Checksum.parse(checksum)).name for _source, checksum in parts]
    found = dict(zip(files, slots, strict=True))
    return [{"path": str(path), "slot": slot, "name": path.name} for path, slot in found.items()]


def bundle(files: Sequence[Mapping[str, str]], cache_dir: Path, name: str) -> Path:
    """One uncompressed tar of downloads, each in its slot: many small files reach a machine in one go."""
    slots = "\0".join(sorted(one["slot"] for one in files))
    path = cache_dir / "bundles" / f"{name}-{hashlib.sha256(slots.encode()).hexdigest()[:16]}.tar"

    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = "root"
        entry.mode = 0o444
        return entry

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Another run may be sending the one before.
        with replacing(path, 0o644, durable=False) as stream, tarfile.open(fileobj=stream, mode="w") as content:
            for one in files:
                content.add(one["path"], f"{one['slot']}/{one['name']}", filter=plain)
    except OSError as error:
        raise file_error("write the bundle", path, error) from error
    return path


def bring(wanted: Installation, fetcher: Fetcher, *, check: bool, log: Callable[[str], None]) -> dict[str, Any]:
    """Bring the host to what is wanted, and return what was done."""
    if wanted.dest is None:
        raise FlinkError("nothing to do: there is no dest")
    work = look(wanted)
    result: dict[str, Any] = {}
    if check:
        result |= {"pending": work.due, "missing": missing(wanted, work, fetcher)}
    elif work.due:
        with locked(wanted.dest.parent / f".{wanted.dest.name}.lock"):
            # Another process may have done it while this one waited for the lock.
            work = look(wanted)
            result |= _act(wanted, work, fetcher, log)
    result |= _result(wanted, wanted.dest, work)
    return result


def _act(wanted: Installation, work: Work, fetcher: Fetcher, log: Callable[[str], None]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    dest = wanted.dest
    if dest is None or work.base is None:
        return result
    if work.base.reasons:
        tree = distribution.assembled(wanted.recipe, fetcher, verify=wanted.verify)
        done = _layout.lay_out(work.base, tree, dest, wanted.own_libraries, fetcher)
        result |= {"method": "hardlink" if done.linked else "copy", "file_count": done.files, "size": done.size}
    if work.overlay is not None and wanted.overlay is not None and work.overlay.reasons:
        _layout.lay_out(work.overlay, dest, wanted.overlay, wanted.libraries, fetcher, only=OVERLAY_PARTS)
    try:
        if wanted.link is not None and work.link:
            retention.set_link(wanted.link, work.link)
            retention.chosen(dest)
        for path in work.pruned:
            log(f"{path} is beyond the {wanted.keep} old versions that are kept")
            retention.remove(path)
    except OSError as error:
        raise file_error("tidy up", Path(error.filename or dest), error) from error
    return result


def _result(wanted: Installation, dest: Path, work: Work) -> dict[str, Any]:
    damage = work.base.damage if work.base else _manifest.Damage()
    before: dict[str, Any] = dict(work.base.before) if work.base else {}
    after: dict[str, Any] = dict(work.base.after) if work.base else {}
    if work.overlay is not None:
        before["jars"], after["jars"] = work.overlay.before.get("libraries", []), work.overlay.after["libraries"]
    if work.link and wanted.link is not None:
        before["link"], after["link"] = "another one", work.link
    if work.pruned:
        before["old_versions"], after["old_versions"] = [path.name for path in work.pruned], []
    return {
        "changed": work.due,
        "reasons": work.reasons,
        "repaired": damage.paths,
        "foreign": list(damage.foreign),
        "pruned": [str(path) for path in work.pruned],
        "overlay": str(wanted.overlay) if wanted.overlay else "",
        "diff": {"before_header": str(dest), "after_header": str(dest), "before": before, "after": after},
    }


def forget_cache(fetcher: Fetcher) -> None:
    """Where files were only passing through: what was laid out from them by links stays."""
    for directory in (fetcher.downloads, fetcher.cache_dir / "distributions"):
        if directory.is_dir():
            try:
                shutil.rmtree(directory)
            except OSError as error:
                raise file_error("remove", directory, error) from error
