"""Every error Wirewatch raises on purpose. Nothing here knows how an error is shown.

    WirewatchError
    ├── SettingsError               a setting is missing or wrong
    ├── CommandError                a person asked for something that cannot be done
    │   └── QueryError(position)    a topic's query does not read; says where and what was expected
    ├── FeedError(url)              one feed could not be had
    │   ├── FetchError              its bytes did not arrive
    │   └── ParseError              its bytes are not a feed
    └── DeliveryError(channel)      one message did not arrive
        ├── Retryable(retry_after)  certainly not posted; try again later
        ├── Permanent(remedy)       certainly not posted; a person must act
        └── Ambiguous               perhaps posted; reconcile before sending again

Messages are written for the person who reads them: what happened, why, and the next step.
"""

from __future__ import annotations

from enum import StrEnum


class WirewatchError(Exception):
    """The root: catch it at a boundary, never inside."""


class SettingsError(WirewatchError):
    """A setting is missing or wrong; the message names it and says what to write instead."""


class CommandError(WirewatchError):
    """A command cannot be carried out; the message says why, `hint` the next step."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class QueryError(CommandError):
    """A query does not read. `position` is a 0-based character offset into `source`."""

    def __init__(self, message: str, *, source: str, position: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.source = source
        self.position = position

    def pointer(self) -> str:
        """The query and, on a second line, a caret under the offending place."""
        return f"{self.source}\n{' ' * self.position}^"


class FeedError(WirewatchError):
    """One feed could not be had. `reason` is words that a user understands."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"{url}: {reason}")
        self.url = url
        self.reason = reason


class FetchError(FeedError):
    """The bytes did not arrive. `status` is the HTTP status, when there was one."""

    def __init__(
        self,
        url: str,
        reason: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        gone: bool = False,
    ) -> None:
        super().__init__(url, reason)
        self.status = status
        self.retry_after = retry_after  # seconds, from the publisher's Retry-After
        self.gone = gone  # 410: the publisher says it will not come back


class ParseError(FeedError):
    """The bytes arrived, and are not a feed that can be read."""


class FailureClass(StrEnum):
    """Why a delivery failed for good: what the owner is told depends on it."""

    GONE = "gone"  # the channel no longer exists
    PERMISSION = "permission"  # it exists, and we may not post there
    CREDENTIAL = "credential"  # our token is refused: the whole workspace stops
    PAYLOAD = "payload"  # the platform calls our message malformed: our bug
    BLOCKED = "blocked"  # the platform refuses this content
    MESSAGE_GONE = "message_gone"  # the message to edit was deleted


class DeliveryError(WirewatchError):
    """One message did not arrive in `channel` (its external id)."""

    def __init__(self, channel: str, reason: str) -> None:
        super().__init__(f"{channel}: {reason}")
        self.channel = channel
        self.reason = reason


class Retryable(DeliveryError):
    """Certainly not posted. `retry_after` is the platform's wish in seconds, if it has one;
    `everywhere`: it is meant for the whole bot, not for this channel alone; `too_many`: the
    platform found that there were too many requests (429)."""

    def __init__(
        self,
        channel: str,
        reason: str,
        *,
        retry_after: float | None = None,
        everywhere: bool = False,
        too_many: bool = False,
    ) -> None:
        super().__init__(channel, reason)
        self.retry_after = retry_after
        self.everywhere = everywhere
        self.too_many = too_many


class Permanent(DeliveryError):
    """Certainly not posted, and trying again will not help; `remedy` says what a person can do."""

    def __init__(
        self, channel: str, reason: str, *, failure: FailureClass, remedy: str = ""
    ) -> None:
        super().__init__(channel, reason)
        self.failure = failure
        self.remedy = remedy


class Ambiguous(DeliveryError):
    """Perhaps posted: the reply was lost. Only reconciling can tell."""
