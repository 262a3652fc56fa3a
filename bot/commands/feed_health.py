"""feed health, drawn: one line a feed, or one feed in full. Decides nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.commands.caller import Reply
from bot.commands.feed_words import shown_url
from bot.feeds.health import Condition, condition, in_words, silent_after_s
from bot.model.feed import FeedState, Follow
from bot.model.ids import FeedId
from bot.model.push import Push
from bot.model.text import Mark, RichText, Span, filled, flat, plain
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
    owner = "; " + say("from the configuration file") if follow.from_file else ""
    return (
        Span(text=name, mark=Mark.STRONG),
        Span(text=f"  {shown_url(feed.url)}  "),
        *_said(follow, feed, now),
        *((Span(text=owner),) if owner else ()),
    )


def _said(follow: Follow, feed: FeedState, now: datetime) -> RichText:
    if follow.paused:
        return plain(say("paused"))
    state = condition(feed, now=now)
    if state is Condition.GONE:
        why = feed.last_error
        return plain(say("{why}; asked no more; resume it to try again", why=why))
    if feed.failures:
        since = in_words((now - (feed.failing_since or now)).total_seconds())
        return plain(
            say(
                "failing {count} times in a row, for {since}: {why}",
                count=feed.failures,
                since=since,
                why=feed.last_error,
            )
        )
    if feed.last_success_at is None:
        return plain(say("not polled yet"))
    read = (Span.instant(feed.last_success_at),)
    if state is Condition.SILENT and feed.last_new_at is not None:
        new = (Span.instant(feed.last_new_at),)
        told = say("silent for unusually long, its newest from {new}; read {read}")
        return filled(told, new=new, read=read)
    return filled(say("read {when}"), when=read)


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
    lines = [(Span(text=f"{shown_url(feed.url)}: "), *_said(follow, feed, now))]
    if feed.last_success_at:
        lines.append(filled(say("Last read {when}"), when=_ago(feed.last_success_at, now)))
    if feed.last_new_at:
        lines.append(filled(say("Last new article {when}"), when=_ago(feed.last_new_at, now)))
    if feed.rhythm.gap_s is not None:
        lines.append(plain(say("Usually one every {time}", time=in_words(feed.rhythm.gap_s))))
    limit = silent_after_s(feed.rhythm)
    if limit is not None:
        told = say("Counts as unusually silent after {time}", time=in_words(limit))
        lines.append(plain(told))
    if feed.lives_at:
        there = shown_url(feed.lives_at)
        told = say("Has moved for good to {there} and is read there", there=there)
        lines.append(plain(told))
    if push is not None:
        lines.append(_push_line(push, now))
    if feed.next_poll_at and feed.gone_at is None and not follow.paused:
        wait = (feed.next_poll_at - now).total_seconds()
        told = say("Next poll in {time}", time=in_words(wait)) if wait > 0 else ""
        lines.append(plain(told or say("Next poll: due now")))
    if due is not None:
        told = say("Notice due, {when}: {kind}: {why}")
        when = (Span.instant(due.due_at),)
        lines.append(filled(told, when=when, kind=str(due.kind), why=due.reason))
    return Reply(title=f"“{name}” is {condition(feed, now=now)}", lines=tuple(lines))


def _is_pushed(push: Push | None, now: datetime) -> bool:
    return push is not None and push.lease_until is not None and push.lease_until > now


def said_of_push(push: Push, *, now: datetime) -> str:
    """Who pushes a feed, until when and since when, or why nobody does; nothing secret."""
    return flat(_push_line(push, now))


def _push_line(push: Push, now: datetime) -> RichText:
    hub = host_of(push.hub)
    wrong: RichText = ()
    if push.ignored:
        wrong = plain("; " + say("{count} ignored: wrong signature", count=push.ignored))
    if push.lease_until is not None and _is_pushed(push, now):
        last = plain(say("no push yet"))
        if push.pushed_at is not None:
            last = filled(say("last push {when}"), when=_ago(push.pushed_at, now))
        told = say("Pushed by {hub}, its lease ends {when}; {last}")
        ends = (Span.instant(push.lease_until),)
        return (*filled(told, hub=hub, when=ends, last=last), *wrong)
    why = push.last_error or say("it is not asked yet")
    told = say("Not pushed by its hub, {hub}, but polled: {why}", hub=hub, why=why)
    return (*plain(told), *wrong)


def _ago(at: datetime, now: datetime) -> RichText:
    """Each reader's own time where the platform has such; how long ago, and in UTC, elsewhere."""
    ago = in_words((now - at).total_seconds())
    when = Span.instant(at)
    return (Span.instant(at, text=say("{time} ago, {when}", time=ago, when=when.text)),)
