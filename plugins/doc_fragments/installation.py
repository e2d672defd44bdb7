# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of every module that lays out a distribution."""

from __future__ import annotations


class ModuleDocFragment:
    """Where files come from, where they are kept, and what becomes of older versions."""

    DOCUMENTATION = r"""
requirements:
  - requests, for downloads other than pip's
  - maven-artifact, for Maven coordinates without O(maven_repository)
  - gpgv or gpg, with O(archive_keyring)
  - none of them, when O(cache_dir) holds the files already
options:
  version:
    description:
      - The version to lay out.
    type: str
    required: true
  cache_dir:
    description:
      - Directory for downloads and assembled distributions. Processes that share it take turns.
      - A file that is there already, in the place that RV(downloads) names, is not fetched, whatever its source is.
    type: path
    required: true
  cache_kept:
    description:
      - Whether downloads and assembled distributions stay in O(cache_dir) when the work is done. Set it to V(false)
        where files were only brought for one installation.
    type: bool
    default: true
  archive:
    description:
      - Path or URL of the Apache archive.
    type: str
  archive_checksum:
    description:
      - Checksum of the archive, C(sha512:) and the 128 hexadecimal digits. There is no archive without it.
    type: str
  archive_signature:
    description:
      - Path or URL of the detached signature. The default is that of the archive with C(.asc) behind it.
      - Needs O(archive_keyring).
    type: str
  archive_keyring:
    description:
      - A file with the public keys whose signatures count, as C(gpg --export) writes it or as C(KEYS) of an Apache
        project. When it is given, an archive that none of them has signed is refused.
      - No other key and no key server is asked. A key that has expired since then counts, one that was revoked does
        not.
    type: path
  mirror:
    description:
      - URL or directory of a mirror of Apache's releases, where the archive lies under its usual path. O(archive) goes
        before it.
    type: str
  maven_repository:
    description:
      - URL or directory of the Maven repository. The default is that of the Python library C(maven-artifact).
    type: str
  link:
    description:
      - A symbolic link to be set to O(dest) when everything is in place. Daemons do not use it, because they are to be
        restarted on a new version one after another; people and scripts do.
    type: path
  keep:
    description:
      - The number of other versions of the same product beside O(dest) that stay for a roll-back. The one that was
        chosen longest ago goes first.
      - A version that a running process was started from stays in any case, and so does every directory that this
        collection did not make. Without this option nothing is removed.
    type: int
  download_only:
    description:
      - Only brings all files into O(cache_dir), verifies them, the signature included, and returns them in
        RV(downloads).
    type: bool
    default: false
  verify:
    description:
      - Reads every file and compares its checksum, instead of its size, time and mode.
    type: bool
    default: false
"""
