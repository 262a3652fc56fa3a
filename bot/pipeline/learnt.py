"""What a poll teaches about its feed: the columns that change, and a notice if one is due.

Reads no clock and writes nothing; the desk's transaction does, together with the articles.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.feeds.health import due_notice
from bot.feeds.rhythm import after_news, from_dates
from bot.model.feed import FeedNotice, FeedState, NoticeKind, Rhythm
from bot.pipeline.polled import Poll
from bot.storage.feeds import columns_of

MOVED_AFTER = 5
"""So many polls in a row must be sent to the same new address for good before it is believed."""
GONE_AFTER = 3
BACK_HOME_AFTER = 3
"""After so many failures at the address that a feed had moved to, its old one is tried again."""


def learn(poll: Poll, *, new: int) -> tuple[FeedState, FeedNotice | None]:
    """The feed's state after `poll`, which brought `new` articles."""
    if poll.pushed:
        rhythm = _rhythm(poll, new) if new else poll.feed.rhythm
        return replace(poll.feed, rhythm=rhythm, last_new_at=poll.polled_at), None
    feed = _failed(poll) if poll.error is not None else _succeeded(poll, new)
    feed = replace(feed, polled_at=poll.polled_at, next_poll_at=poll.next_poll_at)
    notice = due_notice(feed, now=poll.polled_at)
    if notice is not None:
        told = "" if notice.kind is NoticeKind.RECOVERED else str(notice.kind)
        feed = replace(feed, told=told, told_at=poll.polled_at)
    return feed, notice


def changes(before: FeedState, after: FeedState) -> dict[str, Any]:
    """The columns that differ, and the feed's id."""
    old, new = columns_of(before), columns_of(after)
    differing = {name: value for name, value in new.items() if value != old[name]}
    return {"id": after.id, "next_poll_at": after.next_poll_at, **differing}


def news_of(after: FeedState) -> dict[str, Any]:
    """The columns that a push with news changes: of how polls go it says nothing."""
    columns = columns_of(after)
    names = ("last_new_at", "gap_s", "longest_gap_s", "arrivals")
    return {"id": after.id, **{name: columns[name] for name in names}}


def _failed(poll: Poll) -> FeedState:
    feed = poll.feed
    sightings = feed.gone_sightings + 1 if poll.gone else feed.gone_sightings
    failed = replace(
        feed,
        failures=feed.failures + 1,
        failing_since=feed.failing_since or poll.polled_at,
        last_error=poll.error,
        gone_sightings=sightings,
        gone_at=poll.polled_at if sightings >= GONE_AFTER else None,
    )
    if feed.lives_at and failed.failures >= BACK_HOME_AFTER:
        return _lives_at(replace(failed, gone_at=None, gone_sightings=0), None)
    return failed


def _succeeded(poll: Poll, new: int) -> FeedState:
    feed = replace(
        poll.feed,
        failures=0,
        failing_since=None,
        last_error=None,
        gone_sightings=0,
        gone_at=None,
        last_success_at=poll.polled_at,
        validators=poll.validators,
        fetched_at=poll.polled_at if poll.whole else poll.feed.fetched_at,
    )
    feed = _moved(feed, poll.moved_to)
    if poll.parsed is None:
        return feed
    feed = replace(feed, body_hash=poll.body_hash)
    if poll.read:
        feed = replace(feed, title=poll.parsed.title or feed.title, ttl_s=poll.parsed.ttl_s)
    if poll.parsed.articles or poll.hashes:  # an empty first answer has told us nothing yet
        feed = replace(feed, first_polled_at=feed.first_polled_at or poll.polled_at)
    if new:
        feed = replace(feed, rhythm=_rhythm(poll, new), last_new_at=poll.polled_at)
    return feed


def _rhythm(poll: Poll, new: int) -> Rhythm:
    before = poll.feed
    if before.first_polled_at is None or before.last_new_at is None:
        articles = poll.parsed.articles if poll.parsed else ()
        return from_dates(one.published_at for one in articles)
    since_s = (poll.polled_at - before.last_new_at).total_seconds()
    return after_news(before.rhythm, count=new, since_s=since_s)


def _moved(feed: FeedState, moved_to: str | None) -> FeedState:
    if moved_to is None or moved_to == feed.address:
        settled = feed.moved_to is None and not feed.moved_sightings
        return feed if settled else replace(feed, moved_to=None, moved_sightings=0)
    sightings = feed.moved_sightings + 1 if moved_to == feed.moved_to else 1
    if sightings < MOVED_AFTER:
        return replace(feed, moved_to=moved_to, moved_sightings=sightings)
    return _lives_at(replace(feed, moved_to=None, moved_sightings=0), moved_to)


def _lives_at(feed: FeedState, address: str | None) -> FeedState:
    return replace(feed, lives_at=None if address == feed.url else address)
