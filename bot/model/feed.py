"""A feed, what its publisher last told us, and who follows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.model.ids import FeedId, FollowId, WorkspaceId


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What makes the next GET conditional. Kept byte for byte, as RFC 9110 section 13 asks."""

    etag: str | None = None
    last_modified: str | None = None


NO_VALIDATORS = Validators()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """One polled URL with its fetch state. Times are aware UTC, durations seconds."""

    id: FeedId
    url: str
    title: str = ""
    validators: Validators = NO_VALIDATORS
    body_hash: str | None = None
    first_polled_at: datetime | None = None  # None: its first poll decides what is old news
    failures: int = 0  # in a row
    last_error: str | None = None
    interval_s: float = 600.0
    next_poll_at: datetime | None = None
    last_success_at: datetime | None = None
    last_new_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    """A workspace's use of a feed. `from_file`: the configuration file owns it."""

    id: FollowId
    workspace: WorkspaceId
    feed: FeedId
    name: str
    from_file: bool = False
    paused: bool = False
    removed: bool = False
