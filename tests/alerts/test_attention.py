"""When a channel is spoken to: on plain days by tables, over every change of the clocks by search.

What people write about it (bot/model/attention.py) is at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.alerts.attention import (
    Hold,
    HoldReason,
    digest_key,
    hold,
    next_digest,
    quiet_until,
    within_budget,
)
from bot.errors import CommandError
from bot.model.attention import (
    MAX_BUDGET,
    Attention,
    OnDoubt,
    Rhythm,
    describe,
    parse_attention,
    spelled,
)
from bot.model.digest import DigestKind
from bot.model.ids import ChannelId

HERE = ChannelId(7)
TICK = timedelta.resolution
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SUNDAYS = {
    "Europe/Berlin": (date(2026, 3, 29), date(2026, 10, 25)),
    "America/New_York": (date(2026, 3, 8), date(2026, 11, 1)),
    "Australia/Lord_Howe": (date(2026, 4, 5), date(2026, 10, 4)),
}
CHANGES = [day for days in SUNDAYS.values() for day in days] + [
    date(2026, 2, 15),  # Casablanca leaves +01 for Ramadan, and returns
    date(2026, 3, 22),
]
ZONES = [*SUNDAYS, "Asia/Kathmandu", "Africa/Casablanca", "America/Nuuk", "UTC"]
NIGHT = Attention(quiet_from=time(22), quiet_to=time(7), timezone="Europe/Berlin")


def local(text: str, zone: str = "Europe/Berlin", *, fold: int = 0) -> datetime:
    """A local time as an instant in UTC."""
    wall = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return wall.astimezone(UTC)


def shown(instant: datetime, attention: Attention) -> datetime:
    """What clocks show, without a zone."""
    return instant.astimezone(ZoneInfo(attention.timezone)).replace(tzinfo=None, fold=0)


zones = st.sampled_from(ZONES)
minutes = st.integers(0, 24 * 60 - 1)
small = st.integers(0, 4 * 60)  # where clocks change
times = st.builds(lambda minute: time(minute // 60, minute % 60), minutes | small)
attentions = st.builds(
    Attention,
    rhythm=st.sampled_from(Rhythm),
    at=times,
    weekday=st.integers(0, 6),
    quiet_from=st.none() | times,
    quiet_to=st.none() | times,
    budget=st.integers(0, MAX_BUDGET),
    on_doubt=st.sampled_from(OnDoubt),
    timezone=zones,
)
instants = st.builds(
    lambda day, seconds: (
        datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=seconds)
    ),
    st.sampled_from(CHANGES) | st.dates(date(2025, 1, 1), date(2027, 12, 31)),
    st.integers(-2 * 86_400, 2 * 86_400) | st.integers(-50, 50).map(lambda half: half * 1800),
)


# Quiet hours


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2026-03-03 21:59:59", None),
        ("2026-03-03 22:00", "2026-03-04 07:00"),
        ("2026-03-04 00:00", "2026-03-04 07:00"),
        ("2026-03-04 06:59:59", "2026-03-04 07:00"),
        ("2026-03-04 07:00", None),
        ("2026-03-28 23:00", "2026-03-29 07:00"),  # an hour shorter
        ("2026-10-24 23:00", "2026-10-25 07:00"),  # an hour longer
    ],
)
def test_quiet_hours_over_midnight(now: str, end: str | None) -> None:
    assert quiet_until(NIGHT, local(now)) == (end and local(end))


def test_quiet_hours_by_day() -> None:
    lunch = replace(NIGHT, quiet_from=time(12), quiet_to=time(13, 30))
    assert quiet_until(lunch, local("2026-03-03 11:59")) is None
    assert quiet_until(lunch, local("2026-03-03 12:00")) == local("2026-03-03 13:30")
    assert quiet_until(lunch, local("2026-03-03 13:30")) is None


@pytest.mark.parametrize(
    ("quiet_from", "quiet_to"), [(None, None), (time(3), None), (None, time(3)), (time(3), time(3))]
)
def test_no_quiet_hours(quiet_from: time | None, quiet_to: time | None) -> None:
    wishes = Attention(quiet_from=quiet_from, quiet_to=quiet_to)
    assert quiet_until(wishes, local("2026-03-03 03:00", "UTC")) is None


@pytest.mark.parametrize(
    ("hours", "now", "end"),
    [
        # 02:00 CET is followed by 03:00 CEST, at 01:00 UTC on 29 March
        ((2, 30, 4, 0), "2026-03-29T00:59", None),
        ((2, 30, 4, 0), "2026-03-29T01:00", "2026-03-29T02:00"),
        ((1, 0, 2, 30), "2026-03-29T00:30", "2026-03-29T01:00"),
        ((2, 10, 2, 50), "2026-03-29T01:00", None),  # jumped over as a whole
        ((2, 30, 2, 10), "2026-03-28T12:00", "2026-03-30T00:10"),  # no gap is left between two
        # 03:00 CEST is followed by 02:00 CET, at 01:00 UTC on 25 October
        ((2, 30, 4, 0), "2026-10-25T00:29", None),
        ((2, 30, 4, 0), "2026-10-25T00:30", "2026-10-25T03:00"),
        ((1, 0, 2, 30), "2026-10-25T00:45", "2026-10-25T01:30"),
        ((2, 10, 2, 50), "2026-10-25T01:05", "2026-10-25T01:50"),
    ],
)
def test_quiet_hours_that_begin_or_end_where_clocks_change(
    hours: tuple[int, int, int, int], now: str, end: str | None
) -> None:
    wishes = replace(NIGHT, quiet_from=time(*hours[:2]), quiet_to=time(*hours[2:]))
    found = quiet_until(wishes, datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert found == (end and datetime.fromisoformat(end).replace(tzinfo=UTC))


@settings(max_examples=300, deadline=None)
@given(attentions, instants)
def test_quiet_hours_end_outside_of_quiet_hours(wishes: Attention, now: datetime) -> None:
    end = quiet_until(wishes, now)
    if end is not None:
        assert end > now
        assert end.utcoffset() == timedelta(0)
        assert quiet_until(wishes, end) is None
        assert quiet_until(wishes, end - TICK) == end


@settings(max_examples=300, deadline=None)
@given(attentions, instants)
def test_away_from_a_change_quiet_hours_are_what_clocks_show(
    wishes: Attention, now: datetime
) -> None:
    zone = ZoneInfo(wishes.timezone)
    offsets = {(now + days * DAY).astimezone(zone).utcoffset() for days in (-2, -1, 0, 1, 2)}
    start, end = wishes.quiet_from, wishes.quiet_to
    if len(offsets) > 1 or start is None or end is None:
        return
    clock = shown(now, wishes).time()
    inside = start <= clock < end if start <= end else clock >= start or clock < end
    assert (quiet_until(wishes, now) is not None) == inside


# Digests


@pytest.mark.parametrize(
    ("wishes", "after", "expected"),
    [
        (Attention(), "2026-03-03 12:00", "2026-03-03 13:00"),  # of what is over the budget
        (Attention(rhythm=Rhythm.HOURLY), "2026-03-03 12:59:59", "2026-03-03 13:00"),
        (Attention(rhythm=Rhythm.DAILY), "2026-03-03 07:59", "2026-03-03 08:00"),
        (Attention(rhythm=Rhythm.DAILY), "2026-03-03 08:00", "2026-03-04 08:00"),
        (Attention(rhythm=Rhythm.WEEKLY), "2026-03-03 08:00", "2026-03-09 08:00"),
        (Attention(rhythm=Rhythm.WEEKLY, weekday=6), "2026-03-03 08:00", "2026-03-08 08:00"),
    ],
)
def test_the_next_digest(wishes: Attention, after: str, expected: str) -> None:
    assert next_digest(wishes, local(after, "UTC")) == local(expected, "UTC")


@pytest.mark.parametrize(
    ("rhythm", "at", "after", "expected"),
    [
        (Rhythm.IMMEDIATE, time(8), "2026-03-03 21:30", "2026-03-04 07:00"),
        (Rhythm.HOURLY, time(8), "2026-03-03 23:30", "2026-03-04 07:00"),
        (Rhythm.HOURLY, time(8), "2026-03-04 06:59", "2026-03-04 07:00"),
        (Rhythm.HOURLY, time(8), "2026-03-04 07:00", "2026-03-04 08:00"),
        (Rhythm.DAILY, time(23), "2026-03-03 12:00", "2026-03-04 07:00"),
        (Rhythm.DAILY, time(23), "2026-03-03 23:30", "2026-03-04 07:00"),
        (Rhythm.DAILY, time(22), "2026-03-03 12:00", "2026-03-04 07:00"),
        (Rhythm.DAILY, time(7), "2026-03-03 23:30", "2026-03-04 07:00"),
        (Rhythm.DAILY, time(8), "2026-03-03 23:30", "2026-03-04 08:00"),
        (Rhythm.WEEKLY, time(23), "2026-03-03 23:30", "2026-03-10 07:00"),  # Monday's, at night
    ],
)
def test_a_digest_waits_for_the_end_of_quiet_hours(
    rhythm: Rhythm, at: time, after: str, expected: str
) -> None:
    assert next_digest(replace(NIGHT, rhythm=rhythm, at=at), local(after)) == local(expected)


def test_quiet_hours_between_two_full_hours_delay_no_digest() -> None:
    wishes = replace(NIGHT, quiet_from=time(22, 10), quiet_to=time(22, 40))
    for after in ("2026-03-03 22:05", "2026-03-03 22:20", "2026-03-03 22:40"):
        assert next_digest(wishes, local(after)) == local("2026-03-03 23:00")


def test_hours_are_full_on_the_local_clock() -> None:
    wishes = Attention(rhythm=Rhythm.HOURLY, timezone="Asia/Kathmandu")
    assert next_digest(wishes, datetime(2026, 3, 3, 12, tzinfo=UTC)).minute == 15
    wishes = replace(wishes, timezone="Australia/Lord_Howe")  # 02:00 is followed by 02:30
    before = local("2026-10-04 01:00", wishes.timezone)
    assert next_digest(wishes, before) == local("2026-10-04 03:00", wishes.timezone)


def test_a_daily_time_that_clocks_jump_over_is_the_jump() -> None:
    wishes = replace(NIGHT, rhythm=Rhythm.DAILY, at=time(2, 30), quiet_from=None)
    assert next_digest(wishes, local("2026-03-28 12:00")) == local("2026-03-29 03:00")


def test_a_daily_time_that_clocks_show_twice_is_the_first() -> None:
    wishes = replace(NIGHT, rhythm=Rhythm.DAILY, at=time(2, 30), quiet_from=None)
    first = local("2026-10-25 02:30")
    assert next_digest(wishes, local("2026-10-24 12:00")) == first
    assert next_digest(wishes, first) == local("2026-10-26 02:30")


def on_time(wishes: Attention, due: datetime) -> bool:
    """At the local time, or at the jump over it."""
    clock = shown(due, wishes)
    if wishes.rhythm in {Rhythm.IMMEDIATE, Rhythm.HOURLY}:
        return (clock.minute, clock.second, clock.microsecond) == (0, 0, 0)
    before = shown(due - TICK, wishes)
    wanted = (datetime.combine(day.date(), wishes.at) for day in (before, clock))
    return any(
        (wishes.rhythm is Rhythm.DAILY or wall.weekday() == wishes.weekday)
        and (wall == clock or before < wall < clock)
        for wall in wanted
    )


@settings(max_examples=400, deadline=None)
@given(attentions, instants)
def test_a_digest_is_on_time_or_ends_quiet_hours(wishes: Attention, after: datetime) -> None:
    due = next_digest(wishes, after)
    assert due > after
    assert due.utcoffset() == timedelta(0)
    assert quiet_until(wishes, due) is None
    assert on_time(wishes, due) or quiet_until(wishes, due - TICK) == due


@settings(max_examples=300, deadline=None)
@given(attentions, instants, st.floats(0, 1, exclude_max=True))
def test_from_anywhere_before_it_the_next_digest_is_the_same(
    wishes: Attention, after: datetime, part: float
) -> None:
    due = next_digest(wishes, after)
    assert next_digest(wishes, min(after + (due - after) * part, due - TICK)) == due
    assert next_digest(wishes, due) > due


@settings(max_examples=200, deadline=None)
@given(
    attentions.filter(lambda wishes: wishes.rhythm in {Rhythm.DAILY, Rhythm.WEEKLY}),
    instants,
)
def test_every_day_or_week_has_its_digest(wishes: Attention, after: datetime) -> None:
    kind = DigestKind(wishes.rhythm.value)
    days = []
    for _ in range(4):
        after = next_digest(wishes, after)
        days.append(date.fromisoformat(digest_key(HERE, kind, after, wishes)[-10:]))
    between = DAY if wishes.rhythm is Rhythm.DAILY else 7 * DAY
    assert days == [days[0] + number * between for number in range(4)]


# Each digest once


def passed(wishes: Attention, earlier: datetime, later: datetime) -> Iterator[datetime]:
    """What was scheduled in between, as a tick asks for it."""
    due = next_digest(wishes, earlier)
    while due <= later:
        yield due
        due = next_digest(wishes, due)


@pytest.mark.parametrize("zone", SUNDAYS)
@pytest.mark.parametrize("which", [0, 1], ids=["spring", "autumn"])
@pytest.mark.parametrize(
    ("at", "quiet_from", "quiet_to"),
    [
        (time(8), None, None),
        (time(2, 15), None, None),  # shown never, or twice
        (time(1, 45), None, None),  # on Lord Howe, twice
        (time(23, 30), time(22), time(2, 15)),
    ],
    ids=["morning", "at the change", "before it", "delayed to it"],
)
def test_each_daily_digest_once_minute_by_minute(
    zone: str, which: int, at: time, quiet_from: time | None, quiet_to: time | None
) -> None:
    sunday = SUNDAYS[zone][which]
    wishes = Attention(
        rhythm=Rhythm.DAILY, at=at, quiet_from=quiet_from, quiet_to=quiet_to, timezone=zone
    )
    now = local(f"{sunday - DAY} 12:00", zone)
    end = local(f"{sunday + DAY} 12:00", zone)
    keys = []
    while now < end:
        keys += [
            digest_key(HERE, DigestKind.DAILY, due, wishes)
            for due in passed(wishes, now, now + MINUTE)
        ]
        now += MINUTE
    first = sunday - DAY if quiet_from else sunday  # a delayed digest is the evening's before
    assert keys == [f"digest:7:daily:{first + number * DAY}" for number in range(2)]


def test_a_digest_pushed_over_midnight_by_the_clocks_keeps_its_day() -> None:
    """In Nuuk 23:00 on 28 March is followed by midnight; Sunday has a 23:30 of its own."""
    wishes = Attention(rhythm=Rhythm.DAILY, at=time(23, 30), timezone="America/Nuuk")
    dues = list(passed(wishes, local("2026-03-28 12:00", "UTC"), local("2026-03-30 12:00", "UTC")))
    assert [shown(due, wishes).isoformat() for due in dues] == [
        "2026-03-29T00:00:00",
        "2026-03-29T23:30:00",
    ]
    keys = [digest_key(HERE, DigestKind.DAILY, due, wishes)[-10:] for due in dues]
    assert keys == ["2026-03-28", "2026-03-29"]


def test_a_digest_that_waits_for_two_nights_grown_together_keeps_its_day() -> None:
    """All but 20 minutes of the day are quiet, and the clocks jump over just these."""
    wishes = replace(NIGHT, quiet_from=time(2, 30), quiet_to=time(2, 10), at=time(12), weekday=5)
    wishes = replace(wishes, rhythm=Rhythm.WEEKLY)
    monday = local("2026-03-30 02:10")
    for after in ("2026-03-28 02:20", "2026-03-28 13:00", "2026-03-29 13:00", "2026-03-30 01:00"):
        assert next_digest(wishes, local(after)) == monday
    assert digest_key(HERE, DigestKind.WEEKLY, monday, wishes) == "digest:7:weekly:2026-03-28"


def test_both_of_two_hours_with_one_name_have_their_digest() -> None:
    wishes = Attention(rhythm=Rhythm.HOURLY, timezone="Europe/Berlin")
    twice = [local("2026-10-25 02:00"), local("2026-10-25 02:00", fold=1)]
    assert list(passed(wishes, twice[0] - TICK, twice[1])) == twice
    assert len({digest_key(HERE, DigestKind.HOURLY, due, wishes) for due in twice}) == 2


def test_a_key_names_channel_kind_and_instant() -> None:
    due = local("2026-03-29 03:00")
    assert digest_key(HERE, DigestKind.OVERFLOW, due, NIGHT) == (
        "digest:7:overflow:2026-03-29T01:00:00Z"
    )
    elsewhere = due.astimezone(ZoneInfo("Asia/Kathmandu"))
    keys = {
        digest_key(channel, kind, instant, NIGHT)
        for channel in (HERE, ChannelId(8))
        for kind in DigestKind
        for instant in (due, elsewhere)
    }
    assert len(keys) == 2 * len(DigestKind)


@settings(max_examples=60, deadline=None)
@given(
    attentions.filter(lambda wishes: wishes.rhythm is not Rhythm.IMMEDIATE),
    instants,
    st.lists(st.sampled_from([-DAY, DAY, HOUR, 7 * MINUTE, -HOUR]), min_size=3, max_size=12),
)
def test_a_clock_that_jumps_gives_no_digest_twice_and_none_too_few(
    wishes: Attention, start: datetime, steps: list[timedelta]
) -> None:
    """A ledger by key, as the database keeps it, and a tick that asks what has passed."""
    kind = DigestKind(wishes.rhythm.value)
    made: dict[str, datetime] = {}
    now = low = high = start
    for step in steps:
        for due in passed(wishes, now, now + step):
            assert made.setdefault(digest_key(HERE, kind, due, wishes), due) == due
        now += step
        low, high = min(low, now), max(high, now)
    first_seen_forward = set(passed(wishes, start, high))
    assert first_seen_forward <= set(made.values()) <= set(passed(wishes, low, high))


# Holding


def asked(wishes: Attention, now: datetime, **changed: object) -> Hold | None:
    calm = {"urgent": False, "cards_last_hour": 0, "gate": 1, "outlets": 1, "snoozed_until": None}
    return hold(wishes, now, **(calm | changed))  # type: ignore[arg-type]


NOON, LATE = local("2026-03-03 12:00"), local("2026-03-03 23:00")
MORNING = local("2026-03-04 07:00")
SNOOZE = local("2026-03-03 23:45")
DAILY = replace(NIGHT, rhythm=Rhythm.DAILY)


def test_nothing_holds_an_alert_on_a_calm_day() -> None:
    assert asked(NIGHT, NOON) is None
    assert asked(NIGHT, NOON, snoozed_until=NOON, cards_last_hour=9, gate=3, outlets=3) is None


def test_the_first_reason_in_order_is_the_one_told() -> None:
    """Every reason holds at once; they are taken away one by one."""
    everything = {"gate": 3, "outlets": 2, "snoozed_until": SNOOZE, "cards_last_hour": 10}
    assert asked(DAILY, LATE, **everything) == Hold(until=None, why=HoldReason.WAITING)
    everything["outlets"] = 3
    eight = local("2026-03-04 08:00")
    assert asked(DAILY, LATE, **everything) == Hold(until=eight, why=HoldReason.SNOOZED)
    everything["snoozed_until"] = None
    assert asked(DAILY, LATE, **everything) == Hold(until=eight, why=HoldReason.QUIET)
    tomorrow = Hold(until=eight, why=HoldReason.RHYTHM)
    assert asked(DAILY, NOON, **everything) == tomorrow
    full_hour = Hold(until=local("2026-03-03 13:00"), why=HoldReason.OVER_BUDGET)
    assert asked(NIGHT, NOON, **everything) == full_hour
    everything["cards_last_hour"] = 9
    assert asked(NIGHT, NOON, **everything) is None


@pytest.mark.parametrize(("wishes", "now"), [(NIGHT, LATE), (DAILY, NOON), (DAILY, LATE)])
def test_urgent_passes_quiet_hours_rhythm_and_budget(wishes: Attention, now: datetime) -> None:
    assert asked(wishes, now, urgent=True, cards_last_hour=99) is None


def test_urgent_passes_neither_a_snooze_nor_the_gate() -> None:
    snoozed = asked(DAILY, NOON, urgent=True, snoozed_until=SNOOZE)
    assert snoozed == Hold(until=SNOOZE, why=HoldReason.SNOOZED)
    waiting = asked(DAILY, NOON, urgent=True, gate=2)
    assert waiting == Hold(until=None, why=HoldReason.WAITING)


def test_what_is_held_is_never_told_in_quiet_hours() -> None:
    assert asked(NIGHT, NOON, snoozed_until=SNOOZE) == Hold(until=MORNING, why=HoldReason.SNOOZED)
    assert asked(NIGHT, LATE) == Hold(until=MORNING, why=HoldReason.QUIET)
    hourly = replace(NIGHT, rhythm=Rhythm.HOURLY)
    assert asked(hourly, LATE) == Hold(until=MORNING, why=HoldReason.QUIET)


def test_a_snooze_that_ends_at_a_digest_misses_it_by_nothing() -> None:
    eight = local("2026-03-04 08:00")
    assert asked(DAILY, NOON, snoozed_until=eight) == Hold(until=eight, why=HoldReason.SNOOZED)


@pytest.mark.parametrize(
    ("budget", "cards", "may"), [(10, 9, True), (10, 10, False), (1, 0, True), (0, 10_000, True)]
)
def test_a_budget(budget: int, cards: int, *, may: bool) -> None:
    assert within_budget(Attention(budget=budget), cards) is may


@settings(max_examples=300, deadline=None)
@given(
    wishes=attentions,
    now=instants,
    urgent=st.booleans(),
    cards=st.integers(0, MAX_BUDGET),
    gate=st.integers(0, 4),
    outlets=st.integers(1, 4),
    snooze=st.none() | st.integers(-1000, 5000),
)
def test_a_hold_has_a_reason_and_ends_when_one_may_speak(
    *,
    wishes: Attention,
    now: datetime,
    urgent: bool,
    cards: int,
    gate: int,
    outlets: int,
    snooze: int | None,
) -> None:
    snoozed_until = None if snooze is None else now + snooze * MINUTE
    held = hold(
        wishes,
        now,
        urgent=urgent,
        cards_last_hour=cards,
        gate=gate,
        outlets=outlets,
        snoozed_until=snoozed_until,
    )
    reasons = {
        HoldReason.WAITING: outlets < gate,
        HoldReason.SNOOZED: snooze is not None and snooze > 0,
        HoldReason.QUIET: not urgent and quiet_until(wishes, now) is not None,
        HoldReason.RHYTHM: not urgent and wishes.rhythm is not Rhythm.IMMEDIATE,
        HoldReason.OVER_BUDGET: not urgent and 0 < wishes.budget <= cards,
    }
    assert (held and held.why) == next((why for why in HoldReason if reasons[why]), None)
    if held is not None and held.until is not None:
        assert held.until > now
        assert held.until >= (snoozed_until or now)
        assert urgent or quiet_until(wishes, held.until) is None


# What people write


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"quiet": "22:00-07:00"}, {"quiet_from": time(22), "quiet_to": time(7)}),
        ({"quiet": "10 pm to 7am"}, {"quiet_from": time(22), "quiet_to": time(7)}),
        ({"quiet": "22.30 – 24:00"}, {"quiet_from": time(22, 30), "quiet_to": time(0)}),
        ({"quiet": " Off "}, {}),
        ({"rhythm": "Hourly"}, {"rhythm": Rhythm.HOURLY}),
        ({"rhythm": "daily 8:30"}, {"rhythm": Rhythm.DAILY, "at": time(8, 30)}),
        ({"rhythm": "daily at 12 am"}, {"rhythm": Rhythm.DAILY, "at": time(0)}),
        ({"rhythm": "daily"}, {"rhythm": Rhythm.DAILY}),
        (
            {"rhythm": "weekly mon 09:00"},
            {"rhythm": Rhythm.WEEKLY, "weekday": 0, "at": time(9)},
        ),
        (
            {"rhythm": "Weekly on Thursday, at 8:15 PM"},
            {"rhythm": Rhythm.WEEKLY, "weekday": 3, "at": time(20, 15)},
        ),
        ({"rhythm": "weekly 9"}, {"rhythm": Rhythm.WEEKLY, "at": time(9)}),
        ({"budget": "0"}, {"budget": 0}),
        ({"budget": 1000}, {"budget": 1000}),
        ({"budget": "no limit"}, {"budget": 0}),
        ({"on_doubt": "Never-double"}, {"on_doubt": OnDoubt.NEVER_DOUBLE}),
        ({"timezone": "america/new york"}, {"timezone": "America/New_York"}),
        ({}, {}),
    ],
)
def test_wishes_are_read(written: dict[str, str], expected: dict[str, object]) -> None:
    assert parse_attention(Attention(), **written) == replace(Attention(), **expected)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ({"quiet": "22:00"}, "22:00-07:00"),
        ({"quiet": "22:00-25:00"}, "08:30"),
        ({"quiet": "07:00-07:00"}, "off"),
        ({"quiet": "24:00-0:00"}, "off"),
        ({"rhythm": ""}, "daily 08:30"),
        ({"rhythm": "sometimes"}, "daily 08:30"),
        ({"rhythm": "hourly 9:00"}, "daily 08:30"),
        ({"rhythm": "daily mon 9:00"}, "08:30"),
        ({"rhythm": "weekly someday 9:00"}, "mon"),
        ({"rhythm": "daily 13pm"}, "08:30"),
        ({"rhythm": "daily 8:75"}, "08:30"),
        ({"rhythm": "daily 24:01"}, "08:30"),
        ({"budget": "1001"}, "0 for no limit"),
        ({"budget": -1}, "0 for no limit"),
        ({"budget": "ten"}, "0 for no limit"),
        ({"on_doubt": "maybe"}, "never lose"),
        ({"timezone": "Kyiv"}, "Europe/Kyiv"),
        ({"timezone": "Berln"}, "Europe/Berlin"),
        ({"timezone": "Europe/New York"}, "America/New_York"),
        ({"timezone": "../../etc/passwd"}, "Europe/Kyiv"),
        ({"timezone": "localtime"}, ""),
        ({"timezone": "x" * 5000}, "Europe/Kyiv"),
    ],
)
def test_what_does_not_read_is_refused_with_an_example(written: dict[str, str], hint: str) -> None:
    with pytest.raises(CommandError) as refused:
        parse_attention(Attention(), **written)
    assert hint in refused.value.hint
    assert len(refused.value.message) < 200


@given(attentions, attentions)
def test_wishes_are_written_as_they_are_read(wishes: Attention, other: Attention) -> None:
    read = parse_attention(other, **spelled(wishes))
    assert spelled(read) == spelled(wishes)
    assert describe(read) == describe(wishes)
    if wishes.rhythm is Rhythm.WEEKLY and None not in {wishes.quiet_from, wishes.quiet_to}:
        assert read == wishes or wishes.quiet_from == wishes.quiet_to


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        (NIGHT, "immediate, at most 10 cards an hour, quiet 22:00-07:00 (Europe/Berlin)"),
        (
            Attention(rhythm=Rhythm.WEEKLY, weekday=4, at=time(9)),
            "weekly fri 09:00, no quiet hours (UTC)",
        ),
        (Attention(budget=0), "immediate, no quiet hours (UTC)"),
    ],
)
def test_wishes_in_one_line(wishes: Attention, expected: str) -> None:
    assert describe(wishes) == expected
