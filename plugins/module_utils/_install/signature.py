# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a file was signed by one of the keys of a keyring. No other keys and no network are used."""

from __future__ import annotations

import base64
import binascii
import re
import shutil
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .._base.errors import FlinkError
from .._base.files import file_error

if TYPE_CHECKING:
    from .fetch import Runner

_ARMOUR = re.compile(
    rb"-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n(?:[^\r\n]+\r?\n)*?\r?\n(.*?)\r?\n(?:=[^\r\n]*\r?\n)?"
    rb"-----END PGP PUBLIC KEY BLOCK-----",
    re.DOTALL,
)
_STATUS = re.compile(r"^\[GNUPG:\] (\w+) ?(.*)$", re.MULTILINE)
# What GnuPG says of a signature that must not count, and what that means.
_REFUSED = {
    "BADSIG": "the signature does not belong to this file, which was damaged or exchanged",
    "REVKEYSIG": "the key that made it was revoked",
    "EXPSIG": "the signature has expired",
}


@dataclass(frozen=True)
class Signer:
    """Who signed. expired: the key is past its date, as old releases' keys are."""

    fingerprint: str
    name: str
    expired: bool


def verify(path: Path, signature: Path, keyring: Path, run: Runner, what: str) -> Signer:
    """The signer of a file; one that is not in the keyring is refused.

    :arg keyring: public keys, as GnuPG exports them, armoured (like KEYS of an Apache project) or not.
    :arg what: the file, as it is called in errors.
    """
    program, own = _program()
    with tempfile.TemporaryDirectory(prefix="streamops-gpg-") as scratch:
        keys = Path(scratch) / "keyring.gpg"
        keys.write_bytes(_keys(keyring))
        command = [program, *own, "--homedir", scratch, "--status-fd", "1", "--keyring", str(keys)]
        code, output, errors = run([*command, *(["--verify"] if own else []), str(signature), str(path)])
    said = {match[1]: match[2] for match in _STATUS.finditer(output)}
    for status, reason in _REFUSED.items():
        if status in said:
            raise _refused(what, reason)
    if "NO_PUBKEY" in said:
        raise _refused(what, f"the key {said['NO_PUBKEY'].strip()} that made it is not in the keyring {keyring}")
    good = said.get("GOODSIG", said.get("EXPKEYSIG"))
    if good is None or "VALIDSIG" not in said or code != 0:
        raise _refused(what, f"{signature} is not a signature that {program} can read ({_last_line(errors)})")
    fields = said["VALIDSIG"].split()
    # The last field is the primary key; people know that one, not the subkey that signs.
    return Signer(fields[-1], good.partition(" ")[2], "EXPKEYSIG" in said)


def _program() -> tuple[str, list[str]]:
    """gpgv trusts the keyring it is given and nothing else; gpg can be made to do so."""
    if found := shutil.which("gpgv"):
        return found, []
    if found := shutil.which("gpg"):
        return found, ["--batch", "--no-default-keyring", "--trust-model", "always", "--no-auto-key-locate"]
    raise FlinkError(
        f"cannot verify a signature on {socket.gethostname()}: there is neither gpgv nor gpg; install one of them "
        "(package gpgv or gnupg), or leave the keyring away and rely on the sha512"
    )


def _keys(keyring: Path) -> bytes:
    try:
        content = keyring.read_bytes()
    except OSError as error:
        raise file_error("read the keyring", keyring, error) from error
    if b"-----BEGIN PGP" not in content:
        return content
    try:
        keys = b"".join(base64.b64decode(b"".join(block.split())) for block in _ARMOUR.findall(content))
    except binascii.Error as error:
        raise FlinkError(f"cannot use the keyring {keyring}: its armour is damaged; export it again") from error
    if not keys:
        raise FlinkError(f"cannot use the keyring {keyring}: there is no public key in it; export it with gpg --export")
    return keys


def _refused(what: str, reason: str) -> FlinkError:
    return FlinkError(f"refused {what}: {reason}; nothing of it was installed")


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it says nothing"
