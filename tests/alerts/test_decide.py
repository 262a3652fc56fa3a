"""The rules of alerts/decide.py, one by one and in their order."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.alerts.decide import Situation, decide
from bot.model.alert import AlertState
from bot.model.decision import Outcome, Why
from tests.clock import START

PLAIN = Situation(now=START, published_at=START - timedelta(hours=1))
LATER = START + timedelta(hours=2)


def test_a_match_fires() -> None:
    assert decide(PLAIN).outcome is Outcome.FIRE


@pytest.mark.parametrize("state", [AlertState.READY, AlertState.HELD, AlertState.CARRIED])
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
