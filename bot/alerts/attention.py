"""When a channel may be spoken to. Pure: every instant is an argument, aware, and answers are UTC.

A story is held, and for the first of these reasons:

1. WAITING: its gate is not met. Urgency changes nothing: the gate asks whether it is believed
   yet, and a false alarm is worst where it rings loudest.
2. SNOOZED: a person said "not now", knowing which topics are urgent. Only its end ends it.
3. QUIET: quiet hours.          |
4. RHYTHM: the channel reads    | an urgent story passes these three, for that is what urgent
   digests.                     | means; its card counts towards the budget all the same.
5. OVER_BUDGET                  |

The budget: a card may go out while fewer than `budget` cards and replies went out in the 60
minutes before it (edits and digests do not count). What is beyond it waits for the digest at the
next full hour, so that nothing is dropped and an hour brings, urgent stories apart, at most the
budget and two digests.

Local time. A wall-clock time that the clocks jump over counts as the moment of the jump: times
keep their order, and what was due at 02:30 is not an hour late. Of a time that the clocks show
twice, the first starts quiet hours and the last ends them, for waking somebody is worse than
telling them later; digests take the first. Quiet hours that touch or overlap, as they then may,
are one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import count
from zoneinfo import ZoneInfo

from bot.model.attention import Attention, Rhythm
from bot.model.digest import DigestKind
from bot.model.ids import ChannelId

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_INSTANT = datetime.resolution


class HoldReason(StrEnum):
    """Why a story is not told at once. The value is stored and shown; keep it."""

    WAITING = "too few independent outlets yet"
    SNOOZED = "snoozed"
    QUIET = "quiet hours"
    RHYTHM = "the channel reads digests"
    OVER_BUDGET = "beyond the channel's cards an hour"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """`until` is when the story is told, in a digest (or as a card, if it is urgent and was only
    snoozed); None: when its gate is met."""

    until: datetime | None
    why: HoldReason


def hold(
    attention: Attention,
    now: datetime,
    *,
    urgent: bool,
    cards_last_hour: int,
    gate: int,
    outlets: int,
    snoozed_until: datetime | None,
) -> Hold | None:
    """Why a story must wait, by the rules above, and until when; None: tell it at once.

    `gate` is the number of independent `outlets` that are wanted; `cards_last_hour` is what
    `within_budget` takes. `until` is never inside quiet hours and keeps to the rhythm: what is
    snoozed or quiet in a daily channel is told by the daily digest that comes after.
    """
    if outlets < gate:
        return Hold(until=None, why=HoldReason.WAITING)
    if snoozed_until is not None and snoozed_until > now:
        until = snoozed_until if urgent else _first_digest(attention, snoozed_until)
        return Hold(until=until, why=HoldReason.SNOOZED)
    if urgent:
        return None
    quiet_end = quiet_until(attention, now)
    if quiet_end is not None:
        return Hold(until=_first_digest(attention, quiet_end), why=HoldReason.QUIET)
    if attention.rhythm is not Rhythm.IMMEDIATE:
        return Hold(until=next_digest(attention, now), why=HoldReason.RHYTHM)
    if not within_budget(attention, cards_last_hour):
        return Hold(until=next_digest(attention, now), why=HoldReason.OVER_BUDGET)
    return None


def within_budget(attention: Attention, cards_last_hour: int) -> bool:
    """Whether one more card may go out, after so many cards and replies in the last 60 minutes."""
    return attention.budget == 0 or cards_last_hour < attention.budget


def quiet_until(attention: Attention, now: datetime) -> datetime | None:
    """The end of the quiet hours that `now` lies in, itself outside of any; None outside."""
    window = _quiet_window(attention, now)
    return None if window is None else window[1]


def next_digest(attention: Attention, after: datetime) -> datetime:
    """The first scheduled instant strictly after `after`.

    Hourly, and for the overflow of an immediate channel, that is when local clocks show a full
    hour; daily and weekly, the local time. One that falls into quiet hours comes at their end.
    """
    window = _quiet_window(attention, after)
    # Inside quiet hours, their end is still to come for all that was due since they began.
    due = _next_due(attention, after if window is None else window[0] - _INSTANT)
    return quiet_until(attention, due) or due


def digest_key(
    channel: ChannelId, kind: DigestKind, scheduled: datetime, attention: Attention
) -> str:
    """The name of one digest: the same however often, and from wherever, it is reached.

    Daily and weekly ones are named by the local date that they are the digest of, which for one
    delayed by quiet hours is the day before; the others by their instant, so that both of two
    hours that clocks call 02:00 have theirs.
    """
    if kind in {DigestKind.DAILY, DigestKind.WEEKLY}:
        return f"digest:{channel}:{kind}:{_day_of(attention, scheduled).isoformat()}"
    return f"digest:{channel}:{kind}:{scheduled.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _first_digest(attention: Attention, earliest: datetime) -> datetime:
    """When the channel may first be told what was held, at `earliest` or after."""
    if attention.rhythm is Rhythm.IMMEDIATE:
        return quiet_until(attention, earliest) or earliest
    return next_digest(attention, earliest - _INSTANT)


def _next_due(attention: Attention, after: datetime) -> datetime:
    """As `next_digest`, without regard to quiet hours."""
    if attention.rhythm in {Rhythm.IMMEDIATE, Rhythm.HOURLY}:
        return _next_full_hour(attention, after)
    days = _days_from(_local_date(attention, after))
    dues = (_due_on(attention, day) for day in days if _has_digest(attention, day))
    return next(due for due in dues if due > after)


def _next_full_hour(attention: Attention, after: datetime) -> datetime:
    """An offset may be of 30 or 45 minutes, and a jump of 30 (Lord Howe): then we look again."""
    zone = _zone(attention.timezone)
    instant = after.astimezone(UTC)
    while True:
        local = instant.astimezone(zone)
        into_hour = timedelta(
            minutes=local.minute, seconds=local.second, microseconds=local.microsecond
        )
        instant += _HOUR - into_hour
        local = instant.astimezone(zone)
        if (local.minute, local.second) == (0, 0):
            return instant


def _due_on(attention: Attention, day: date) -> datetime:
    return _instants(datetime.combine(day, attention.at), _zone(attention.timezone))[0]


def _has_digest(attention: Attention, day: date) -> bool:
    return attention.rhythm is not Rhythm.WEEKLY or day.weekday() == attention.weekday


def _day_of(attention: Attention, scheduled: datetime) -> date:
    """The day whose daily or weekly digest `scheduled` is; its own local date if it is none's,
    which is so when the wishes have changed since it was scheduled."""
    local = _local_date(attention, scheduled)
    for day in (local, local - _DAY, local - 2 * _DAY):
        due = _due_on(attention, day)
        if _has_digest(attention, day) and (quiet_until(attention, due) or due) == scheduled:
            return day
    return local


def _quiet_window(attention: Attention, now: datetime) -> tuple[datetime, datetime] | None:
    """The start and end, exclusive, of the quiet hours that `now` lies in."""
    start, end = attention.quiet_from, attention.quiet_to
    if start is None or end is None or start == end:
        return None
    windows = _quiet_windows(start, end, attention.timezone, _local_date(attention, now))
    return next((window for window in windows if window[0] <= now < window[1]), None)


@lru_cache(maxsize=4096)  # every alert asks, of few different nights
def _quiet_windows(
    quiet_from: time, quiet_to: time, timezone: str, around: date
) -> tuple[tuple[datetime, datetime], ...]:
    """All quiet hours that an instant of the local date `around` may lie in, in order; those that
    touch or overlap are one."""
    zone = _zone(timezone)
    overnight = _DAY if quiet_to < quiet_from else timedelta(0)
    windows: list[tuple[datetime, datetime]] = []
    for days in (-2, -1, 0, 1):
        day = around + days * _DAY
        start, _ = _instants(datetime.combine(day, quiet_from), zone)
        _, end = _instants(datetime.combine(day + overnight, quiet_to), zone)
        if windows and start <= windows[-1][1]:
            start, _ = windows.pop()
        if start < end:  # else the clocks jump over all of them
            windows.append((start, end))
    return tuple(windows)


def _instants(wall: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first and the last instant at which clocks in `zone` show `wall` (naive).

    Both are one, but for a time that clocks show twice; a time that they never show is the
    instant of their jump over it. (PEP 495: with `fold` 0 and 1 such times come out reversed.)
    """
    first, last = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first <= last:
        return first, last
    jump = last + timedelta(
        seconds=bisect_left(
            range(int((first - last).total_seconds())),
            wall,
            key=lambda seconds: _shown(last + timedelta(seconds=seconds), zone),
        )
    )
    return jump, jump


def _shown(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def _local_date(attention: Attention, instant: datetime) -> date:
    return instant.astimezone(_zone(attention.timezone)).date()


def _days_from(day: date) -> Iterator[date]:
    return (day + days * _DAY for days in count())


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    """zoneinfo itself keeps eight, and reads the others from the disk each time."""
    return ZoneInfo(name)
