"""How long a pause lasts, as people write it."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import CommandError
from bot.model.pause import LONGEST, Pause, parse_pause, reads_as_pause

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # a Monday; 14:00 in Kyiv
ZONES = ["UTC", "Europe/Kyiv", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]


@pytest.mark.parametrize(
    ("written", "end"),
    [
        ("30m", "12:30"),
        ("2h", "14:00"),
        ("for 2 hours", "14:00"),
        ("an hour", "13:00"),
        ("1h30", "13:30"),
        ("1h 30m", "13:30"),
        ("1 hour and 30 minutes", "13:30"),
        ("1.5 hours", "13:30"),
        ("until 18:00", "16:00"),
        ("6 pm", "16:00"),
        ("at 18.00", "16:00"),
        ("today 18:00", "16:00"),
    ],
)
def test_it_ends_on_the_same_day(written: str, end: str) -> None:
    assert f"{parse_pause(written).end(NOON, 'Europe/Kyiv'):%d %H:%M}" == f"02 {end}"


@pytest.mark.parametrize(
    ("written", "end"),
    [
        ("3 days", "05 12:00"),
        ("a week", "09 12:00"),
        ("until 8:00", "03 06:00"),  # it is past eight today
        ("Tomorrow", "03 06:00"),
        ("until tomorrow at 10:00", "03 08:00"),
        ("mon", "09 06:00"),
        ("until Monday 18:00", "02 16:00"),
        ("on wed 9:30", "04 07:30"),
    ],
)
def test_it_ends_on_a_later_day_at_the_channels_own_time(written: str, end: str) -> None:
    assert f"{parse_pause(written).end(NOON, 'Europe/Kyiv'):%d %H:%M}" == end


@pytest.mark.parametrize("written", ["off", "OFF", " none ", "now"])
def test_it_ends_at_once(written: str) -> None:
    assert parse_pause(written).end(NOON, "UTC") is None


@pytest.mark.parametrize(
    "written",
    ["", "soon", "0m", "2 years", "400 days", "25:00", "until", "monday 25:00", "tonight", "NATO"],
)
def test_what_does_not_read_is_met_with_examples(written: str) -> None:
    assert not reads_as_pause(written)
    with pytest.raises(CommandError) as caught:
        parse_pause(written)
    assert "until 8:00" in caught.value.hint


def test_a_time_that_has_passed_today_is_refused() -> None:
    with pytest.raises(CommandError, match="passed today"):
        parse_pause("today 8:00").end(NOON, "Europe/Kyiv")


instants = st.integers(0, 2 * 366 * 24 * 3600).map(
    lambda seconds: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
zones = st.sampled_from(ZONES)


@given(now=instants, zone=zones, at=st.times().map(lambda at: at.replace(second=0, microsecond=0)))
def test_until_a_time_is_the_next_moment_at_which_clocks_show_it(
    now: datetime, zone: str, at: time
) -> None:
    end = parse_pause(f"until {at:%H:%M}").end(now, zone)
    assert end is not None
    assert now < end <= now + timedelta(hours=49)
    shown = end.astimezone(ZoneInfo(zone))
    wall = datetime.combine(shown.date(), at, tzinfo=ZoneInfo(zone))
    is_skipped = wall.astimezone(UTC).astimezone(ZoneInfo(zone)).time() != at
    assert shown.time() == at or is_skipped


@given(now=instants, zone=zones, weekday=st.sampled_from(["mon", "tue", "sat", "sunday"]))
def test_a_weekday_is_within_eight_days_and_is_that_day(
    now: datetime, zone: str, weekday: str
) -> None:
    end = parse_pause(weekday).end(now, zone)
    assert end is not None
    assert now < end <= now + timedelta(days=8)
    assert f"{end.astimezone(ZoneInfo(zone)):%A}".lower().startswith(weekday)


@given(hours=st.integers(0, 23), minutes=st.integers(0, 59), days=st.integers(0, 300), now=instants)
def test_a_span_adds_up(hours: int, minutes: int, days: int, now: datetime) -> None:
    lasting = timedelta(days=days, hours=hours, minutes=minutes)
    written = f"{days} days {hours}h {minutes} min"
    if not lasting:
        assert not reads_as_pause(written)
        return
    assert parse_pause(written) == Pause(lasting=lasting)
    end = parse_pause(written).end(now, "Europe/Kyiv")
    assert end is not None
    assert end - now == lasting


@given(st.text(max_size=40))
def test_whatever_reads_ends_later_and_within_a_year(written: str) -> None:
    if not reads_as_pause(written):
        return
    with suppress(CommandError):  # "today" and a time that has passed
        end = parse_pause(written).end(NOON, "UTC")
        assert end is None or NOON < end <= NOON + LONGEST
