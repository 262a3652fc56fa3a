"""A feed, what its publisher last told us, and who follows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.model.ids import FeedId, FollowId, WorkspaceId


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What makes the next GET conditional. Kept byte for byte, as RFC 9110 section 13 asks."""

    etag: str | None = None
    last_modified: str | None = None


NO_VALIDATORS = Validators()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How often a feed brings something new, as far as it is known; seconds.

    `gap_s` is the usual time from one new article to the next, `longest_s` the longest silence
    between two, `arrivals` how many polls brought something.
    """

    gap_s: float | None = None
    longest_s: float | None = None
    arrivals: int = 0


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
    created_at: datetime | None = None
    polled_at: datetime | None = None
    fetched_at: datetime | None = None  # when it last sent a whole document
    ttl_s: float | None = None
    rhythm: Rhythm = Rhythm()
    failing_since: datetime | None = None
    lives_at: str | None = None  # where it moved for good; `url` stays what it is known by
    moved_to: str | None = None  # where it says it moved, until that was seen often enough
    moved_sightings: int = 0
    gone_sightings: int = 0
    gone_at: datetime | None = None  # 410, several times: polled no more
    told: str = ""  # what its followers were last told of its health: "" is well
    told_at: datetime | None = None
    immediate: bool = False  # somebody wants its news at once

    @property
    def address(self) -> str:
        """Where it is fetched from."""
        return self.lives_at or self.url


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


class NoticeKind(StrEnum):
    """What followers of a feed are told of its health. The first three are also what the feed's
    row keeps of what was last told."""

    BROKEN = "broken"
    SILENT = "silent"
    GONE = "gone"
    RECOVERED = "recovered"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedNotice:
    """A word that followers are owed; `reason` completes "X is broken: …"."""

    kind: NoticeKind
    reason: str
