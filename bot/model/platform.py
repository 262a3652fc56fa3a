"""The seam between Wirewatch and a chat: one Protocol, its capabilities as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from bot.model.alert import Alert, Moved, ThreadReply
from bot.model.channel import Channel, PlatformName
from bot.model.digest import Digest, Notice

Message = Alert | Moved | Digest | ThreadReply | Notice
"""Whatever a platform can be asked to draw."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a platform can do; the pipeline asks these and never a platform's name.

    `resend_s`: for this long after a post the same key may be sent again without doubling
    (Discord's nonce: 60; a webhook's id: for ever; 0: never). `settle_s`: how long a lost post
    may still surface, to be waited before `reconcile` is believed. `channel_pause_s` is the least
    time between two posts in one channel, `posts_a_minute` the most posts in one workspace and
    `requests_a_second` the most requests of the whole bot; 0: no limit. `message_link` is where
    people find a message, with {server}, {channel} and {message}; "": nobody can tell.
    """

    edit: bool
    threads: bool
    buttons: bool
    resend_s: float
    settle_s: float = 0.0
    max_characters: int = 4000
    channel_pause_s: float = 0.0
    posts_a_minute: int = 0
    requests_a_second: float = 0.0
    message_link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """A rendered message: `body` in the platform's own shape, `text` for a notification. `title`
    and `topics` are what it is called and tagged where each message is a post of its own."""

    body: Mapping[str, Any]
    text: str
    title: str = ""
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A message stands in the channel, under the platform's id for it. Not `complete`: it says less
    than the payload yet, and an edit makes it right."""

    remote_id: str
    complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """The channel was read, and the message is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """It cannot be told; `reason` is for the log and the channel's policy decides."""

    reason: str


Reconciled = Posted | Absent | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What the platform says of a channel. `problems` are for a person: each says what to do.

    `workspace` is the external id of the guild or team that owns it ("" for local platforms).
    """

    name: str
    workspace: str = ""
    workspace_name: str = ""
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Whether the platform can be used now; `detail` says why not, or what it is connected as."""

    ok: bool
    detail: str


class Platform(Protocol):
    """An adapter. Every method but `render` may do I/O; errors are DeliveryErrors only."""

    @property
    def name(self) -> PlatformName: ...

    @property
    def capabilities(self) -> Capabilities: ...

    async def start(self) -> None:
        """Connect. Raises SettingsError for a refused token or a missing intent or scope."""

    async def stop(self) -> None:
        """Disconnect; safe to call twice, or without `start`."""

    async def health(self) -> Health:
        """Ask cheaply; never raises."""
        ...

    async def probe(self, external_id: str) -> Probe:
        """Look at a channel as we would post there. Raises DeliveryError if it is not there."""
        ...

    def render(self, message: Message, *, key: str) -> Payload:
        """Draw a message within the platform's limits. Pure; `key` is hidden in it if needed."""
        ...

    async def send(
        self, channel: Channel, payload: Payload, *, key: str, thread: str | None = None
    ) -> Posted:
        """Post once, in the thread of the message `thread` if one is given (and there are any).

        Raises Retryable, Permanent or Ambiguous.
        """
        ...

    async def edit(self, channel: Channel, remote_id: str, payload: Payload) -> None:
        """Make the message show `payload`. Raises as `send` does; repeating it is harmless."""

    async def delete(self, channel: Channel, remote_id: str) -> None:
        """Take the message away. Raises as `send` does; one that is gone already is no error."""

    async def reconcile(
        self, channel: Channel, *, key: str, since: datetime, thread: str | None = None
    ) -> Reconciled:
        """Look whether the post with `key`, begun at `since`, stands in the channel (or thread)."""
        ...


@runtime_checkable
class Keyless(Protocol):
    """A platform with places where a post is not recognised by its key."""

    def is_keyless(self, channel: Channel, thread: str | None) -> bool:
        """Whether a post there may never be sent again without looking for it first, whatever
        `resend_s` says."""
        ...


@runtime_checkable
class Publishing(Protocol):
    """A platform that can carry a channel's message on to others that follow the channel."""

    async def publish(self, channel: Channel, remote_id: str) -> None:
        """Publish a message that stands there. One that is published already is no error; raises
        as `send` does, and repeating it is harmless."""
