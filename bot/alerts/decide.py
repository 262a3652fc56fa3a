"""What becomes of a match in one channel. The rules, in the order in which they are asked:

1. A muted topic or channel discards.
2. An alert whose message was taken away stays closed.
3. A story that the topic told where it was watched before it was moved is not told again: its card
   stands there.
4. At the first poll of a feed only articles dated within 24 hours open an alert, at most 3 a
   channel; undated ones none. `--backfill` lifts this rule, and the budget.
5. `attention.hold` says whether this subscription may speak now, later, or once its gate is met.
   What may not speak yet opens an alert that is held or waits.
6. An alert that stands already is joined, whatever the article's age; and each subscription
   decides for itself: one that may speak now lets out what was held or waiting for another, one
   that may speak earlier moves it forward. Only an urgent one makes a card of a digest's line.
7. A joiner with a mention pings in the message's thread, if it may speak now.
8. What one person follows by being pinged in a channel opens nothing there: it waits until the
   channel is told of the story for others, and joins then.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.alerts.attention import Hold, HoldReason, hold
from bot.model.alert import AlertState
from bot.model.attention import Attention
from bot.model.decision import Decision, Outcome, Why

FIRST_POLL_AGE = timedelta(hours=24)
FIRST_POLL_ALERTS = 3

WHY_HELD = {
    HoldReason.WAITING: Why.GATE,
    HoldReason.SNOOZED: Why.SNOOZED,
    HoldReason.QUIET: Why.QUIET,
    HoldReason.RHYTHM: Why.RHYTHM,
    HoldReason.OVER_BUDGET: Why.OVER_BUDGET,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """All that the rules ask about one article for one subscription.

    `standing` is the channel's alert of the story, if there is one, and `standing_until` when its
    hold ends; `snoozed_until` is the later of the topic's and the channel's; `outlets` are the
    independent ones that report the story to the workspace, `told_elsewhere` that the topic told it
    in the channel that it was moved from, `cards_last_hour` what the channel's
    budget has spent. `fired_at_first_poll` counts the alerts that this first poll has opened in
    the channel, from the newest article down; it is ignored unless `first_poll`.
    """

    now: datetime
    published_at: datetime | None
    standing: AlertState | None = None
    standing_until: datetime | None = None
    muted_until: datetime | None = None
    channel_muted_until: datetime | None = None
    snoozed_until: datetime | None = None
    attention: Attention = field(default_factory=lambda: Attention(budget=0))
    cards_last_hour: int = 0
    urgent: bool = False
    gate: int = 1
    outlets: int = 1
    mentions: bool = False
    only_joins: bool = False
    told_elsewhere: bool = False
    first_poll: bool = False
    fired_at_first_poll: int = 0
    backfill: bool = False


def decide(case: Situation) -> Decision:
    """Fire, join, hold, wait or suppress, with the reason."""
    if (why := _silenced(case)) is not None:
        return Decision(outcome=Outcome.SUPPRESS, why=why)
    held = _hold(case)
    if case.only_joins:
        if case.standing in (None, AlertState.WAITING):
            return Decision(outcome=Outcome.WAIT, why=Why.NOT_TOLD_HERE)
        return _join(case, held)
    match case.standing:
        case None:
            if case.told_elsewhere:
                return Decision(outcome=Outcome.SUPPRESS, why=Why.MOVED)
            if case.first_poll and (old := _old_news(case)) is not None:
                return Decision(outcome=Outcome.SUPPRESS, why=old)
            return _open(case, held)
        case AlertState.WAITING:
            return _open(case, held)
        case AlertState.HELD if held is None or _is_earlier(held, case.standing_until):
            return _open(case, held)
        case AlertState.CARRIED if held is None and case.urgent:
            return Decision(outcome=Outcome.FIRE, why=Why.URGENT)
        case _:
            return _join(case, held)


def _silenced(case: Situation) -> Why | None:
    if case.muted_until is not None and case.muted_until > case.now:
        return Why.MUTED
    if case.channel_muted_until is not None and case.channel_muted_until > case.now:
        return Why.CHANNEL_MUTED
    return Why.CLOSED if case.standing is AlertState.CLOSED else None


def _hold(case: Situation) -> Hold | None:
    attention = replace(case.attention, budget=0) if case.backfill else case.attention
    return hold(
        attention,
        case.now,
        urgent=case.urgent,
        cards_last_hour=case.cards_last_hour,
        gate=case.gate,
        outlets=case.outlets,
        snoozed_until=case.snoozed_until,
    )


def _open(case: Situation, held: Hold | None) -> Decision:
    """Speak for the first time, now or when that is allowed."""
    if held is None:
        waited = case.standing is AlertState.WAITING and case.gate > 1
        why = Why.CORROBORATED if waited else Why.URGENT if case.urgent else Why.MATCHED
        return Decision(outcome=Outcome.FIRE, why=why)
    outcome = Outcome.WAIT if held.until is None else Outcome.HOLD
    return Decision(outcome=outcome, why=WHY_HELD[held.why], until=held.until)


def _join(case: Situation, held: Hold | None) -> Decision:
    """Be shown in what stands. A mention whose gate is not met waits for it, and one that falls
    into quiet hours or beyond the budget is left out: the edit tells it without a sound."""
    if held is not None and held.until is None and case.mentions:
        return Decision(outcome=Outcome.WAIT, why=Why.GATE)
    pings = case.mentions and held is None and case.standing is AlertState.READY
    return Decision(outcome=Outcome.JOIN, why=Why.SAME_STORY, pings=pings)


def _is_earlier(held: Hold, standing_until: datetime | None) -> bool:
    return held.until is not None and standing_until is not None and held.until < standing_until


def _old_news(case: Situation) -> Why | None:
    if case.published_at is None:
        return Why.FIRST_POLL_UNDATED
    if case.now - case.published_at > FIRST_POLL_AGE:
        return Why.FIRST_POLL_OLD
    if case.fired_at_first_poll >= FIRST_POLL_ALERTS:
        return Why.FIRST_POLL_LIMIT
    return None
