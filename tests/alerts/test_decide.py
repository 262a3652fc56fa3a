"""The rules of alerts/decide.py, one by one and in their order."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.alerts.decide import Situation, decide
from bot.model.alert import AlertState
from bot.model.attention import Attention, Rhythm
from bot.model.decision import Outcome, Why
from tests.clock import START

PLAIN = Situation(now=START, published_at=START - timedelta(hours=1))
LATER = START + timedelta(hours=2)


def test_a_match_fires() -> None:
    assert decide(PLAIN).outcome is Outcome.FIRE


@pytest.mark.parametrize("state", [AlertState.READY, AlertState.CARRIED])
def test_a_standing_alert_is_joined(state: AlertState) -> None:
    assert decide(replace(PLAIN, standing=state)).outcome is Outcome.JOIN


def test_a_closed_alert_stays_closed() -> None:
    decision = decide(replace(PLAIN, standing=AlertState.CLOSED))
    assert (decision.outcome, decision.why) == (Outcome.SUPPRESS, Why.CLOSED)


def test_a_mute_discards_even_what_would_join() -> None:
    decision = decide(replace(PLAIN, muted_until=LATER, standing=AlertState.READY))
    assert (decision.outcome, decision.why) == (Outcome.SUPPRESS, Why.MUTED)


def test_a_mute_that_is_over_says_nothing() -> None:
    assert decide(replace(PLAIN, muted_until=START)).outcome is Outcome.FIRE


def test_a_snooze_holds_until_its_end() -> None:
    decision = decide(replace(PLAIN, snoozed_until=LATER))
    assert (decision.outcome, decision.why, decision.until) == (Outcome.HOLD, Why.SNOOZED, LATER)


@pytest.mark.parametrize(
    ("case", "why"),
    [
        (replace(PLAIN, published_at=None), Why.FIRST_POLL_UNDATED),
        (replace(PLAIN, published_at=START - timedelta(hours=25)), Why.FIRST_POLL_OLD),
        (replace(PLAIN, fired_at_first_poll=3), Why.FIRST_POLL_LIMIT),
    ],
)
def test_a_first_poll_keeps_old_news_quiet(case: Situation, why: Why) -> None:
    assert decide(case).outcome is Outcome.FIRE, "after the first poll it would fire"
    decision = decide(replace(case, first_poll=True))
    assert (decision.outcome, decision.why) == (Outcome.SUPPRESS, why)


def test_a_first_poll_tells_recent_news() -> None:
    assert decide(replace(PLAIN, first_poll=True, fired_at_first_poll=2)).outcome is Outcome.FIRE


def test_old_news_joins_an_alert_that_stands() -> None:
    old = replace(
        PLAIN,
        first_poll=True,
        published_at=START - timedelta(days=2),
        standing=AlertState.READY,
    )
    assert decide(old).outcome is Outcome.JOIN


HOURLY = Attention(rhythm=Rhythm.HOURLY, budget=0)
BUSY = Attention(budget=2)


def test_a_muted_channel_discards() -> None:
    decision = decide(replace(PLAIN, channel_muted_until=LATER))
    assert (decision.outcome, decision.why) == (Outcome.SUPPRESS, Why.CHANNEL_MUTED)


def test_a_channel_that_reads_digests_holds_and_an_urgent_topic_passes() -> None:
    decision = decide(replace(PLAIN, attention=HOURLY))
    assert (decision.outcome, decision.why) == (Outcome.HOLD, Why.RHYTHM)
    assert decision.until == START + timedelta(hours=1)
    urgent = decide(replace(PLAIN, attention=HOURLY, urgent=True))
    assert (urgent.outcome, urgent.why) == (Outcome.FIRE, Why.URGENT)


def test_the_budget_holds_but_does_not_bind_a_backfill() -> None:
    full = replace(PLAIN, attention=BUSY, cards_last_hour=2)
    assert decide(full).why is Why.OVER_BUDGET
    assert decide(replace(full, cards_last_hour=1)).outcome is Outcome.FIRE
    assert decide(replace(full, backfill=True)).outcome is Outcome.FIRE


def test_a_gate_waits_for_outlets_and_then_says_so() -> None:
    gated = replace(PLAIN, gate=3, outlets=2)
    assert (decide(gated).outcome, decide(gated).why) == (Outcome.WAIT, Why.GATE)
    met = decide(replace(gated, outlets=3, standing=AlertState.WAITING))
    assert (met.outcome, met.why) == (Outcome.FIRE, Why.CORROBORATED)


def test_urgency_does_not_open_a_gate() -> None:
    assert decide(replace(PLAIN, gate=2, urgent=True)).outcome is Outcome.WAIT


def test_what_waits_for_one_subscription_is_told_for_another() -> None:
    assert decide(replace(PLAIN, standing=AlertState.WAITING)).outcome is Outcome.FIRE


def test_a_held_alert_is_let_out_by_whoever_may_speak_now() -> None:
    held = replace(PLAIN, standing=AlertState.HELD, standing_until=LATER)
    assert decide(held).outcome is Outcome.FIRE
    assert decide(replace(held, attention=HOURLY, urgent=True)).outcome is Outcome.FIRE


def test_a_held_alert_moves_forward_and_never_back() -> None:
    earlier = replace(PLAIN, standing=AlertState.HELD, standing_until=LATER, attention=HOURLY)
    decision = decide(earlier)
    assert (decision.outcome, decision.until) == (Outcome.HOLD, START + timedelta(hours=1))
    later = replace(earlier, standing_until=START + timedelta(minutes=5))
    assert decide(later).outcome is Outcome.JOIN


def test_only_an_urgent_topic_makes_a_card_of_a_digest_s_line() -> None:
    carried = replace(PLAIN, standing=AlertState.CARRIED)
    assert decide(carried).outcome is Outcome.JOIN
    assert decide(replace(carried, urgent=True)).outcome is Outcome.FIRE


def test_a_joiner_pings_only_if_it_may_speak_now() -> None:
    joins = replace(PLAIN, standing=AlertState.READY, mentions=True)
    assert decide(joins).pings
    assert not decide(replace(joins, mentions=False)).pings
    quiet = decide(replace(joins, attention=HOURLY))
    assert (quiet.outcome, quiet.pings) == (Outcome.JOIN, False)
    gated = decide(replace(joins, gate=2))
    assert gated.outcome is Outcome.WAIT
    assert decide(replace(joins, gate=2, mentions=False)).outcome is Outcome.JOIN
