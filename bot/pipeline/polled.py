"""What one poll learnt, and when the next one is due. Asks nobody and stores nothing."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime

from bot.errors import FeedError, FetchError
from bot.feeds.fetch import Fetched, NotModified
from bot.feeds.news import News
from bot.feeds.rhythm import expected_gap_s
from bot.feeds.schedule import Wishes, next_poll
from bot.model.article import ParsedFeed
from bot.model.feed import NO_VALIDATORS, FeedState, Validators


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """What one poll of a feed learnt. Exactly one of `parsed`, `unchanged`, `error` says it.

    `parsed` has the articles that are not known by their source; `hashes` and `sources` are as
    in `News`, and `read` too. `whole`: the server sent a document, not just word that there is
    nothing new. `pushed`: a hub sent it, and perhaps only what is new. `moved_to` is where the
    publisher says the feed lives now for good, `gone` that he took it down. `handed`: the row by
    which another process handed it over.
    """

    feed: FeedState
    polled_at: datetime
    next_poll_at: datetime
    validators: Validators = NO_VALIDATORS
    body_hash: str | None = None
    parsed: ParsedFeed | None = None
    hashes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    read: bool = True
    unchanged: bool = False
    whole: bool = True
    pushed: bool = False
    moved_to: str | None = None
    gone: bool = False
    error: str | None = None
    handed: int | None = None


def changed(
    feed: FeedState, answer: Fetched, news: News, *, now: datetime, pushed_until: datetime | None
) -> Poll:
    """The server sent a document with something new. `pushed_until`: until when a hub is trusted
    to push what the feed has."""
    return Poll(
        feed=feed,
        polled_at=now,
        next_poll_at=_next(
            feed,
            now=now,
            pushed_until=pushed_until,
            max_age_s=answer.max_age_s,
            ttl_s=news.feed.ttl_s if news.read else feed.ttl_s,
        ),
        validators=answer.validators,
        body_hash=answer.body_hash,
        parsed=news.feed,
        hashes=news.hashes,
        sources=news.sources,
        read=news.read,
        moved_to=answer.permanent_url,
    )


def unchanged(
    feed: FeedState, answer: NotModified, *, now: datetime, pushed_until: datetime | None
) -> Poll:
    """The server says that there is nothing new, or sent the same document again."""
    return Poll(
        feed=feed,
        polled_at=now,
        next_poll_at=_next(
            feed, now=now, pushed_until=pushed_until, max_age_s=answer.max_age_s, ttl_s=feed.ttl_s
        ),
        validators=answer.validators,
        body_hash=feed.body_hash,
        unchanged=True,
        whole=answer.reason != "304",
        moved_to=answer.permanent_url,
    )


def failed(
    feed: FeedState, error: FeedError, *, now: datetime, pushed_until: datetime | None
) -> Poll:
    """There was no document, or none that could be read."""
    return Poll(
        feed=feed,
        polled_at=now,
        next_poll_at=_next(
            feed,
            now=now,
            pushed_until=pushed_until,
            failures=feed.failures + 1,
            retry_after_s=error.retry_after if isinstance(error, FetchError) else None,
        ),
        error=error.reason,
        gone=isinstance(error, FetchError) and error.gone,
    )


def _next(
    feed: FeedState,
    *,
    now: datetime,
    pushed_until: datetime | None,
    failures: int = 0,
    max_age_s: float | None = None,
    ttl_s: float | None = None,
    retry_after_s: float | None = None,
) -> datetime:
    silent_s = (now - feed.last_new_at).total_seconds() if feed.last_new_at else None
    wishes = Wishes(
        base_s=feed.interval_s,
        gap_s=expected_gap_s(feed.rhythm, silent_s=silent_s),
        ttl_s=ttl_s,
        max_age_s=max_age_s,
        retry_after_s=retry_after_s,
        failures=failures,
        immediate=feed.immediate,
        pushed_s=(pushed_until - now).total_seconds() if pushed_until else None,
    )
    return next_poll(wishes, now=now, jitter=random.random())
