"""What we agreed with a hub about one feed, and how that stands. A noun."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.model.ids import FeedId


class Asked(StrEnum):
    """What we asked of a hub last, and so the only thing that it may have us confirm."""

    NOTHING = ""
    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """One feed's subscription at a hub (W3C WebSub).

    `topic` is the address that the hub knows the feed by; `token` ends our callback's address and
    `secret` keys the signatures: neither may be shown. Pushes come until `lease_until`;
    `next_try_at` is when the hub is asked (again); `failures` counts requests that were not
    confirmed since one was. `pushed_at`: the last push that was taken; `ignored`: how many were
    not, because their signature was wrong.
    """

    feed: FeedId
    hub: str
    topic: str
    token: str
    secret: str
    asked: Asked = Asked.NOTHING
    lease_until: datetime | None = None
    next_try_at: datetime
    failures: int = 0
    last_error: str | None = None
    pushed_at: datetime | None = None
    ignored: int = 0
