"""Keys for signing that live as long as a test."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Key:
    home: Path
    fingerprint: str

    def sign(self, path: Path) -> Path:
        """A detached signature next to the file, as Apache has it."""
        signature = path.with_name(f"{path.name}.asc")
        signature.unlink(missing_ok=True)
        _gpg(self.home, "--armor", "--detach-sign", "--output", str(signature), str(path))
        return signature

    def export(self, path: Path, *, armoured: bool = True) -> Path:
        """The public key; armoured, as the file KEYS of an Apache project, with words around it."""
        content = _gpg(self.home, *(["--armor"] if armoured else []), "--export")
        path.write_bytes(b"The keys of the release managers.\n\n" + content + b"\nThe end.\n" if armoured else content)
        return path


@contextmanager
def made(home: Path, name: str) -> Iterator[Key]:
    home.mkdir(mode=0o700, exist_ok=True)
    home.chmod(0o700)
    _gpg(home, "--passphrase", "", "--quick-generate-key", name, "ed25519", "sign", "never")
    try:
        yield Key(home, _fingerprint(home))
    finally:
        # GnuPG has started a process of its own for this key.
        subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=True)


def _fingerprint(home: Path) -> str:
    listed = _gpg(home, "--with-colons", "--list-keys").decode()
    return next(line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr:"))


def _gpg(home: Path, *arguments: str) -> bytes:
    environment = {**os.environ, "GNUPGHOME": str(home)}
    command = ["gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", *arguments]
    return subprocess.run(command, check=True, env=environment, capture_output=True).stdout
