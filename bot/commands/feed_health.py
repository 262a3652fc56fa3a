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
from bot.words import say

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
        lines.append(plain(say("… and {value} more", value=len(ranked) - LISTED)))
    pushed = sum(1 for _, _, feed in named if _is_pushed(agreed.get(feed.id), now))
    if pushed:
        lines.append(
            plain(
                say(
                    "{pushed} of them pushed by a hub; `feed health NAME` says by which",
                    pushed=pushed,
                )
            )
        )
    if lag is not None:
        lines.append(
            plain(
                say(
                    "From listed to posted in the last 7 days: half within {in_words}, 95 %"
                    " within {in_words2} ({posts} posts)",
                    in_words=in_words(lag.p50_s),
                    in_words2=in_words(lag.p95_s),
                    posts=lag.posts,
                )
            )
        )
    return Reply(
        title=say("{well} of {count} feeds do well", well=well, count=len(named)),
        lines=tuple(lines),
    )


def condition_line(name: str, follow: Follow, feed: FeedState, *, now: datetime) -> RichText:
    """`name  host  how it does`; a list of these is also what autocompletion reads."""
    owner = say("; from the configuration file") if follow.from_file else ""
    return (
        Span(text=name, mark=Mark.STRONG),
        Span(text=f"  {shown_url(feed.url)}  {_said(follow, feed, now)}{owner}"),
    )


def _said(follow: Follow, feed: FeedState, now: datetime) -> str:
    if follow.paused:
        return say("paused")
    state = condition(feed, now=now)
    if state is Condition.GONE:
        return say(
            "{last_error}; asked no more; resume it to try again", last_error=feed.last_error
        )
    if feed.failures:
        since = in_words((now - (feed.failing_since or now)).total_seconds())
        return say(
            "failing {failures} times in a row, for {since}: {last_error}",
            failures=feed.failures,
            since=since,
            last_error=feed.last_error,
        )
    if feed.last_success_at is None:
        return say("not polled yet")
    read = say("read at {shown_time}", shown_time=shown_time(feed.last_success_at))
    if state is Condition.SILENT and feed.last_new_at is not None:
        return say(
            "silent for unusually long, since {shown_time}; {read}",
            shown_time=shown_time(feed.last_new_at),
            read=read,
        )
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
        lines.append(say("Last read {ago}", ago=_ago(feed.last_success_at, now)))
    if feed.last_new_at:
        lines.append(say("Last new article {ago}", ago=_ago(feed.last_new_at, now)))
    if feed.rhythm.gap_s is not None:
        lines.append(say("Usually one every {in_words}", in_words=in_words(feed.rhythm.gap_s)))
    limit = silent_after_s(feed.rhythm)
    if limit is not None:
        lines.append(say("Counts as unusually silent after {in_words}", in_words=in_words(limit)))
    if feed.lives_at:
        lines.append(
            say(
                "Has moved for good to {shown_url} and is read there",
                shown_url=shown_url(feed.lives_at),
            )
        )
    if push is not None:
        lines.append(said_of_push(push, now=now))
    if feed.next_poll_at and feed.gone_at is None and not follow.paused:
        wait = (feed.next_poll_at - now).total_seconds()
        lines.append(
            say("Next poll in {in_words}", in_words=in_words(wait))
            if wait > 0
            else say("Next poll: due now")
        )
    if due is not None:
        lines.append(
            say(
                "Notice due since {shown_time}: {kind}: {reason}",
                shown_time=shown_time(due.due_at),
                kind=due.kind,
                reason=due.reason,
            )
        )
    return Reply(
        title=say(
            "“{name}” is {condition}", name=name, condition=say(condition(feed, now=now).value)
        ),
        lines=tuple(map(plain, lines)),
    )


def _is_pushed(push: Push | None, now: datetime) -> bool:
    return push is not None and push.lease_until is not None and push.lease_until > now


def said_of_push(push: Push, *, now: datetime) -> str:
    """Who pushes a feed, until when and since when, or why nobody does; nothing secret."""
    hub = host_of(push.hub)
    wrong = (
        say("; {ignored} ignored: wrong signature", ignored=push.ignored) if push.ignored else ""
    )
    if push.lease_until is not None and _is_pushed(push, now):
        last = (
            say("last push {ago}", ago=_ago(push.pushed_at, now))
            if push.pushed_at
            else say("no push yet")
        )
        return say(
            "Pushed by {hub}, lease until {shown_time}; {last}{wrong}",
            hub=hub,
            shown_time=shown_time(push.lease_until),
            last=last,
            wrong=wrong,
        )
    why = push.last_error or say("it is not asked yet")
    return say(
        "Not pushed by its hub, {hub}, but polled: {why}{wrong}", hub=hub, why=why, wrong=wrong
    )


def _ago(at: datetime, now: datetime) -> str:
    return say(
        "{in_words} ago, {shown_time}",
        in_words=in_words((now - at).total_seconds()),
        shown_time=shown_time(at),
    )
