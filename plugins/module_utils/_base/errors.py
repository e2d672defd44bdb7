# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong, each as one sentence: what was tried, where, why, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .secrets import mask_url

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self


class FlinkError(Exception):
    """An expected failure. The details are returned together with the message."""

    def __init__(self, message: str, **details: object) -> None:
        self.message = mask_url(message)
        self.details: dict[str, object] = dict(details)
        super().__init__(self.message)

    def extended(self, text: str) -> Self:
        """The same error with something added to its sentence."""
        self.message += mask_url(text)
        self.args = (self.message,)
        return self

    def __str__(self) -> str:
        return self.message


class NotYet(FlinkError):
    """Raised by a probe: what is awaited has not happened; the message says what was seen instead."""


class Expired(FlinkError):
    """A deadline has passed."""


class ZooKeeperError(FlinkError):
    """ZooKeeper could not be asked, or refused."""


class ZooKeeperUnavailable(ZooKeeperError):
    """ZooKeeper could not be reached, or the connection was lost; it may come back."""


class NoNode(ZooKeeperError):
    """The node does not exist."""


class NodeExists(ZooKeeperError):
    """The node that was to be created exists already."""


class BadVersion(ZooKeeperError):
    """Another client has changed the node since it was read."""


class RestError(FlinkError):
    """A REST call failed.

    status is None when no answer came. root_cause is the innermost cause that Flink gave.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        url: str = "",
        errors: Sequence[str] = (),
        root_cause: str = "",
        **details: object,
    ) -> None:
        super().__init__(message, **details)
        self.status = status
        self.url = mask_url(url)
        self.errors = list(errors)
        self.root_cause = root_cause


class Unreachable(RestError):
    """The call certainly did nothing: no connection, an election in progress, a recipient that is gone."""


class Doubtful(RestError):
    """It is not known whether the call took effect: look it up before it is repeated."""
