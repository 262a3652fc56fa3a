"""feed health, drawn: one line a feed, or one feed in full. Decides nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.commands.caller import Reply
from bot.commands.feed_words import shown_time, shown_url
from bot.feeds.health import Condition, condition, in_words, silent_after_s
from bot.model.feed import FeedState, Follow
from bot.model.ids import FeedId
from bot.model.push import Push
from bot.model.text import Mark, RichText, Span, plain
from bot.storage.feed_notices import DueNotice
from bot.storage.feeds import host_of
from bot.storage.lag import Lag

_WORST_FIRST = (
    Condition.GONE,
    Condition.BROKEN,
    Condition.SILENT,
    Condition.FAILING,
    Condition.NEW,
    Condition.WELL,
)
LISTED = 40


def all_feeds(
    named: Sequence[tuple[str, Follow, FeedState]],
    lag: Lag | None,
    agreed: Mapping[FeedId, Push],
    *,
    now: datetime,
) -> Reply:
    """All of a workspace's feeds: how many do well, then a line for each, the worst first."""
    states = {feed.id: condition(feed, now=now) for _, _, feed in named}
    ranked = sorted(named, key=lambda one: _WORST_FIRST.index(states[one[2].id]))
    well = sum(1 for state in states.values() if state is Condition.WELL)
    lines = [condition_line(name, follow, feed, now=now) for name, follow, feed in ranked[:LISTED]]
    if len(ranked) > LISTED:
        lines.append(plain(f"… and {len(ranked) - LISTED} more"))
    pushed = sum(1 for _, _, feed in named if _is_pushed(agreed.get(feed.id), now))
    if pushed:
        lines.append(plain(f"{pushed} of them pushed by a hub; `feed health NAME` says by which"))
    if lag is not None:
        lines.append(
            plain(
                f"From listed to posted in the last 7 days: half within {in_words(lag.p50_s)}, 95 %"
                f" within {in_words(lag.p95_s)} ({lag.posts} posts)"
            )
        )
    return Reply(title=f"{well} of {len(named)} feeds do well", lines=tuple(lines))


def condition_line(name: str, follow: Follow, feed: FeedState, *, now: datetime) -> RichText:
    """`name  host  how it does`; a list of these is also what autocompletion reads."""
    owner = "; from the configuration file" if follow.from_file else ""
    return (
        Span(text=name, mark=Mark.STRONG),
        Span(text=f"  {shown_url(feed.url)}  {_said(follow, feed, now)}{owner}"),
    )


def _said(follow: Follow, feed: FeedState, now: datetime) -> str:
    if follow.paused:
        return "paused"
    state = condition(feed, now=now)
    if state is Condition.GONE:
        return f"{feed.last_error}; asked no more; resume it to try again"
    if feed.failures:
        since = in_words((now - (feed.failing_since or now)).total_seconds())
        return f"failing {feed.failures} times in a row, for {since}: {feed.last_error}"
    if feed.last_success_at is None:
        return "not polled yet"
    read = f"read at {shown_time(feed.last_success_at)}"
    if state is Condition.SILENT and feed.last_new_at is not None:
        return f"silent for unusually long, since {shown_time(feed.last_new_at)}; {read}"
    return read


def one_feed(
    name: str,
    follow: Follow,
    feed: FeedState,
    due: DueNotice | None,
    push: Push | None,
    *,
    now: datetime,
) -> Reply:
    """Everything that is known of one feed's health."""
    lines = [f"{shown_url(feed.url)}: {_said(follow, feed, now)}"]
    if feed.last_success_at:
        lines.append(f"Last read {_ago(feed.last_success_at, now)}")
    if feed.last_new_at:
        lines.append(f"Last new article {_ago(feed.last_new_at, now)}")
    if feed.rhythm.gap_s is not None:
        lines.append(f"Usually one every {in_words(feed.rhythm.gap_s)}")
    limit = silent_after_s(feed.rhythm)
    if limit is not None:
        lines.append(f"Counts as unusually silent after {in_words(limit)}")
    if feed.lives_at:
        lines.append(f"Has moved for good to {shown_url(feed.lives_at)} and is read there")
    if push is not None:
        lines.append(said_of_push(push, now=now))
    if feed.next_poll_at and feed.gone_at is None and not follow.paused:
        wait = (feed.next_poll_at - now).total_seconds()
        lines.append(f"Next poll in {in_words(wait)}" if wait > 0 else "Next poll: due now")
    if due is not None:
        lines.append(f"Notice due since {shown_time(due.due_at)}: {due.kind}: {due.reason}")
    return Reply(title=f"“{name}” is {condition(feed, now=now)}", lines=tuple(map(plain, lines)))


def _is_pushed(push: Push | None, now: datetime) -> bool:
    return push is not None and push.lease_until is not None and push.lease_until > now


def said_of_push(push: Push, *, now: datetime) -> str:
    """Who pushes a feed, until when and since when, or why nobody does; nothing secret."""
    hub = host_of(push.hub)
    wrong = f"; {push.ignored} ignored: wrong signature" if push.ignored else ""
    if push.lease_until is not None and _is_pushed(push, now):
        last = f"last push {_ago(push.pushed_at, now)}" if push.pushed_at else "no push yet"
        return f"Pushed by {hub}, lease until {shown_time(push.lease_until)}; {last}{wrong}"
    why = push.last_error or "it is not asked yet"
    return f"Not pushed by its hub, {hub}, but polled: {why}{wrong}"


def _ago(at: datetime, now: datetime) -> str:
    return f"{in_words((now - at).total_seconds())} ago, {shown_time(at)}"
