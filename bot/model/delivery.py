"""One message's journey to one channel, level-triggered: the lane makes `sent` equal `wanted`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.model.ids import AlertId, ChannelId, DeliveryId, DigestId, WorkspaceId


class DeliveryStatus(StrEnum):
    """PENDING: the channel is behind. SENT: it shows what is wanted. ABANDONED: for good."""

    PENDING = "pending"
    SENT = "sent"
    ABANDONED = "abandoned"


class DeliveryKind(StrEnum):
    """What the message is."""

    CARD = "card"
    REPLY = "reply"  # in the thread of an alert's card
    DIGEST = "digest"
    NOTICE = "notice"  # to whoever is in charge


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A row that says which revision its channel should show, and which it shows.

    `key` is the idempotency key of its post (20 characters, never reused); `fence` grows with
    every claim, and only the holder of the newest may record an outcome; `unsure_since` is set
    while a post was begun whose outcome nobody recorded (a crash, or a lost reply), and
    `attempted_at` is when the platform was last asked. `wanted` 0 asks for the message to be gone.
    """

    id: DeliveryId
    workspace: WorkspaceId
    channel: ChannelId
    alert: AlertId | None  # of a card or a reply
    digest: DigestId | None = None
    body: Mapping[str, Any] | None = None  # what was frozen when it was made: see pipeline/draw.py
    kind: DeliveryKind
    key: str
    wanted: int
    sent: int  # 0: nothing yet
    status: DeliveryStatus
    remote_id: str | None
    attempts: int
    fence: int
    unsure_since: datetime | None
    attempted_at: datetime | None
    created_at: datetime
    posted_at: datetime | None = None

    @property
    def is_edit(self) -> bool:
        """Whether the message stands already and is only behind."""
        return self.remote_id is not None

    @property
    def is_deletion(self) -> bool:
        """Whether its message shall go."""
        return self.wanted == 0
