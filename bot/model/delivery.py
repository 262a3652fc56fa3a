"""One message's journey to one channel, level-triggered: the lane makes `sent` equal `wanted`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.model.ids import AlertId, ChannelId, DeliveryId, WorkspaceId


class DeliveryStatus(StrEnum):
    """PENDING: the channel is behind. SENT: it shows what is wanted. ABANDONED: for good."""

    PENDING = "pending"
    SENT = "sent"
    ABANDONED = "abandoned"


class DeliveryKind(StrEnum):
    """What the message is."""

    CARD = "card"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A row that says which revision its channel should show, and which it shows.

    `key` is the idempotency key of its post (20 characters, never reused); `fence` grows with
    every claim, and only the holder of the newest may record an outcome; `unsure_since` is set
    while a post was begun whose outcome nobody recorded (a crash, or a lost reply), and
    `attempted_at` is when the platform was last asked.
    """

    id: DeliveryId
    workspace: WorkspaceId
    channel: ChannelId
    alert: AlertId
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

    @property
    def is_edit(self) -> bool:
        """Whether the message stands already and is only behind."""
        return self.remote_id is not None
