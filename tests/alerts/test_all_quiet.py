"""When the daily line is due, whatever clocks do, and what it says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.all_quiet import LATE, Quiet, due_day, told_of
from bot.model.attention import Attention
from tests.clock import START

BERLIN = Attention(timezone="Europe/Berlin", all_quiet=time(2, 30))
MINUTE = timedelta(minutes=1)


def test_nobody_who_did_not_ask_is_told() -> None:
    assert due_day(Attention(), START) is None


@pytest.mark.parametrize(
    ("begins", "day"),
    [
        (datetime(2026, 3, 28, 1, 30, tzinfo=UTC), date(2026, 3, 28)),
        (datetime(2026, 3, 29, 1, 30, tzinfo=UTC), date(2026, 3, 29)),  # 02:30 is skipped: 03:30
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), date(2026, 10, 25)),  # 02:30 twice: the first
    ],
)
def test_it_is_due_from_its_time_on_for_a_while(begins: datetime, day: date) -> None:
    assert due_day(BERLIN, begins - MINUTE) is None
    assert due_day(BERLIN, begins) == day
    assert due_day(BERLIN, begins + LATE - MINUTE) == day
    assert due_day(BERLIN, begins + LATE) is None


def test_after_midnight_it_is_still_the_day_befores() -> None:
    late = Attention(all_quiet=time(23, 30))
    assert due_day(late, datetime(2026, 3, 3, 0, 10, tzinfo=UTC)) == date(2026, 3, 2)


@given(
    st.sampled_from(["UTC", "Europe/Kyiv", "America/Sao_Paulo", "Asia/Kathmandu"]),
    st.times(),
    st.integers(0, 400 * 24 * 4),
)
def test_every_day_has_its_line(zone: str, at: time, quarters: int) -> None:
    """Whoever looks once an hour finds each local day due, and one day at a time."""
    attention = Attention(timezone=zone, all_quiet=at.replace(second=0, microsecond=0))
    begins = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=15) * quarters
    found = [due_day(attention, begins + timedelta(hours=hour)) for hour in range(72)]
    days = [day for day in dict.fromkeys(found) if day is not None]
    assert len(days) >= 3
    assert days == sorted(days)


WELL = Quiet(feeds=11, failing=(), read_at=START - MINUTE, newest_at=START - 4 * MINUTE, topics=3)


@pytest.mark.parametrize(
    ("quiet", "title", "said"),
    [
        (WELL, "All quiet: nothing to tell since yesterday", [
            "11 feeds are read, the newest article came 4 minutes ago; 3 topics listen here."]),
        (replace(WELL, feeds=1, topics=1, newest_at=None),
            "All quiet: nothing to tell since yesterday", [
            "1 feed is read, no article has come yet; 1 topic listens here."]),
        (replace(WELL, failing=("A", "B", "C", "D")), "Quiet, and 4 feeds cannot be read", [
            "11 feeds are read, the newest article came 4 minutes ago; 3 topics listen here.",
            "It is “A”, “B”, “C” and 1 more: “feed health” says why."]),
        (replace(WELL, read_at=START - timedelta(hours=5), newest_at=START - timedelta(hours=6)),
            "Quiet because nothing was read for hours", [
            "11 feeds are read, the newest article came 6 hours ago; 3 topics listen here.",
            "Whoever runs Wirewatch should have a look: “wirewatch status”."]),
        (replace(WELL, feeds=0), "Quiet: no feed is followed here.",
            ["Follow one with “feed add”."]),
    ],
)  # fmt: skip
def test_it_says_what_is_well_and_what_is_not(quiet: Quiet, title: str, said: list[str]) -> None:
    assert told_of(quiet, now=START) == (title, said)
