"""People's attention: budgets, at most two digests an hour, and nothing waits for longer than told.

A channel's wishes are taken as they are now: a test that changes them in between says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from bot.model.alert import AlertState
from bot.model.attention import Rhythm
from bot.model.delivery import DeliveryKind
from tests.laws.facts import Facts

HOUR = timedelta(hours=1)
DIGESTS_AN_HOUR = 2
"""docs/decisions: whatever was held, no channel gets more."""
_RHYTHM = {
    Rhythm.IMMEDIATE: HOUR,
    Rhythm.HOURLY: HOUR,
    Rhythm.DAILY: timedelta(days=1),
    Rhythm.WEEKLY: timedelta(days=7),
}
_QUIET = timedelta(days=1)
"""Quiet hours are shorter."""


def most_in_an_hour(times: Sequence[datetime], span: timedelta = HOUR) -> int:
    """The most of these instants in any 60 minutes (or `span`), of whose ends the last belongs."""
    ordered, most, first = sorted(times), 0, 0
    for last, at in enumerate(ordered):
        while ordered[first] <= at - span:
            first += 1
        most = max(most, last - first + 1)
    return most


def within_budgets(facts: Facts) -> Iterator[str]:
    """Cards and replies in any 60 minutes; urgent ones and a backfill's are apart."""
    if facts.said.backfilled:
        return
    for channel_id, spent in facts.in_channels(DeliveryKind.CARD, DeliveryKind.REPLY).items():
        budget = facts.attention(channel_id).budget
        posted = [one.posted_at for one in spent if one.posted_at and not _is_urgent(facts, one)]
        if budget and (most := most_in_an_hour(posted)) > budget:
            yield f"{facts.name(channel_id)}: {most} cards and replies in an hour, of {budget}"


def _is_urgent(facts: Facts, one: Row[Any]) -> bool:
    alert = facts.alert_of.get(one.alert_id)
    return alert is not None and alert.urgent


def few_digests(facts: Facts) -> Iterator[str]:
    for channel_id, digests in facts.in_channels(DeliveryKind.DIGEST).items():
        posted = [one.posted_at for one in digests if one.posted_at]
        if (most := most_in_an_hour(posted)) > DIGESTS_AN_HOUR:
            yield f"{facts.name(channel_id)}: {most} digests in an hour"


def soon(facts: Facts) -> Iterator[str]:
    """Messages within the test's patience; holds within one rhythm of their end."""
    patience, now = facts.said.patience, facts.said.now
    for one in facts.deliveries:
        until = one.posted_at or now
        if patience is None or until is None or _is_excused(facts, one):
            continue
        if until - one.created_at > patience:
            yield (
                f"delivery {one.id} in {facts.name(one.channel_id)}: {until - one.created_at}"
                f" after it was decided, of {patience}"
            )
    for one in facts.alerts:
        if now is None or one.state != AlertState.HELD or one.held_until is None:
            continue
        attention = facts.attention(one.channel_id)
        quiet = _QUIET if attention.quiet_from is not None else timedelta(0)
        if now > one.held_until + _RHYTHM[attention.rhythm] + quiet:
            where = facts.place(one.story_id, one.channel_id)
            yield f"{where}: held until {one.held_until:%Y-%m-%d %H:%M}, and not told since"


def _is_excused(facts: Facts, one: Row[Any]) -> bool:
    """A message that nobody can or shall get."""
    stopped = facts.channels[one.channel_id].disabled_reason is not None
    return one.posted_at is None and (stopped or one.wanted == 0 or one.status == "abandoned")


RULES = (within_budgets, few_digests, soon)
