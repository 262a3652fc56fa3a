"""What becomes of a match in one channel. The rules, in the order in which they are asked:

1. A muted topic discards.
2. An alert that stands already is joined, whatever the article's age; a closed one stays closed.
3. At the first poll of a feed only articles dated within 24 hours alert, at most 3 a channel;
   undated ones none. `--backfill` lifts this rule.
4. A snoozed channel holds.
5. Everything else fires.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.model.alert import AlertState
from bot.model.decision import Decision, Outcome, Why

FIRST_POLL_AGE = timedelta(hours=24)
FIRST_POLL_ALERTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """All that the rules ask about one article for one subscription.

    `fired_at_first_poll` counts the alerts that this first poll has opened in the channel, from
    the newest article down; it is ignored unless `first_poll`.
    """

    now: datetime
    published_at: datetime | None
    standing: AlertState | None = None  # the channel's alert of the story, if there is one
    muted_until: datetime | None = None
    snoozed_until: datetime | None = None
    first_poll: bool = False
    fired_at_first_poll: int = 0


def decide(case: Situation) -> Decision:
    """Fire, join, hold or suppress, with the reason."""
    if case.muted_until is not None and case.muted_until > case.now:
        return Decision(outcome=Outcome.SUPPRESS, why=Why.MUTED)
    if case.standing is AlertState.CLOSED:
        return Decision(outcome=Outcome.SUPPRESS, why=Why.CLOSED)
    if case.standing is not None:
        return Decision(outcome=Outcome.JOIN, why=Why.SAME_STORY)
    if case.first_poll and (why := _old_news(case)) is not None:
        return Decision(outcome=Outcome.SUPPRESS, why=why)
    if case.snoozed_until is not None and case.snoozed_until > case.now:
        return Decision(outcome=Outcome.HOLD, why=Why.SNOOZED, until=case.snoozed_until)
    return Decision(outcome=Outcome.FIRE, why=Why.MATCHED)


def _old_news(case: Situation) -> Why | None:
    if case.published_at is None:
        return Why.FIRST_POLL_UNDATED
    if case.now - case.published_at > FIRST_POLL_AGE:
        return Why.FIRST_POLL_OLD
    if case.fired_at_first_poll >= FIRST_POLL_ALERTS:
        return Why.FIRST_POLL_LIMIT
    return None
