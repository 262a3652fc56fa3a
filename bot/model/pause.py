"""How long a mute or a snooze lasts, read from what people write. Reads no clock.

30m   2h   1h30   1.5 hours   3 days   a week        for so long
until 8:00   8 am                                     until clocks next show it
tomorrow   tomorrow 10:00   mon   until monday 9:00   until that day, at 08:00 unless said
off                                                   it ends now
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.errors import CommandError
from bot.model.attention import WEEKDAYS, parse_time
from bot.words import later, say

LONGEST = timedelta(days=366)
MORNING = time(8)
HINT = later("Write 2h, 3 days, until 8:00, tomorrow, mon 09:00 or off.")

_OFF = frozenset({"off", "none", "no", "stop", "end", "now", "clear"})
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_NUMBER = r"(?:\d{1,4}(?:[.,]\d{1,2})?|an?\b)"
_UNIT = r"(?:m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?)"
_PART = re.compile(rf"({_NUMBER})\s*({_UNIT})\b\s*(?:and\s+)?")
_SPAN = re.compile(rf"(?:{_NUMBER}\s*{_UNIT}\b\s*(?:and\s+)?)+")
_HOURS_MINUTES = re.compile(r"(\d{1,3})h(\d{2})")
_SOON = {"today": 0, "tonight": 0, "tomorrow": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """One of: for `lasting`; until the clocks show `at`, on `weekday` (Monday = 0) or in `days`
    days if that is said; or, with none of them, it ends now."""

    lasting: timedelta | None = None
    at: time | None = None
    weekday: int | None = None
    days: int | None = None

    def end(self, now: datetime, timezone: str) -> datetime | None:
        """When it ends, in aware UTC and later than `now`; None: at once.

        `timezone` is a name that bot.model.attention.parse_timezone accepts. A wall-clock time
        that the clocks skip counts as the hour after it. Raises CommandError for a time that has
        passed ("today 8:00" at noon).
        """
        if self.lasting is not None:
            return now.astimezone(UTC) + self.lasting
        if self.at is None:
            return None
        zone = ZoneInfo(timezone)
        today = now.astimezone(zone).date()
        # A clock that jumps back may show a day's time once more only the day after: look on.
        for ahead in range(9):
            day = today + timedelta(days=ahead)
            if self.days is not None and ahead != self.days:
                continue
            if self.weekday is not None and day.weekday() != self.weekday:
                continue
            end = datetime.combine(day, self.at, tzinfo=zone).astimezone(UTC)
            if end > now:
                return end
        raise CommandError(say("{at:%H:%M} has passed today.", at=self.at), hint=say(HINT))


ENDED = Pause()
"""What "off" reads as."""


def parse_pause(text: str) -> Pause:
    """Raises CommandError with examples for what does not read, is nothing, or beyond a year."""
    wanted = " ".join(text.casefold().split())
    if wanted in _OFF:
        return ENDED
    lasting = _lasting(wanted.removeprefix("for "))
    if lasting is not None:
        if not timedelta(0) < lasting <= LONGEST:
            raise CommandError(say("That is not between a minute and a year."), hint=say(HINT))
        return Pause(lasting=lasting)
    pause = _until(wanted.removeprefix("until ").removeprefix("till "))
    if pause is None:
        shown = text if len(text) <= 40 else text[:39] + "…"
        raise CommandError(
            say("“{shown}” is no time that I understand.", shown=shown), hint=say(HINT)
        )
    return pause


def reads_as_pause(text: str) -> bool:
    """Whether `parse_pause` understands it."""
    try:
        parse_pause(text)
    except CommandError:
        return False
    return True


def _lasting(wanted: str) -> timedelta | None:
    if found := _HOURS_MINUTES.fullmatch(wanted):
        return timedelta(hours=int(found[1]), minutes=int(found[2]))
    if not _SPAN.fullmatch(wanted):
        return None
    total = timedelta(0)
    for number, unit in _PART.findall(wanted):
        count = 1.0 if number in ("a", "an") else float(number.replace(",", "."))
        total += timedelta(**{_UNITS[unit[0]]: count})
    return total


def _until(wanted: str) -> Pause | None:
    """A day, a time of day, or both in this order."""
    first, _, rest = wanted.removeprefix("on ").partition(" ")
    at = _time(rest.removeprefix("at ")) if rest else MORNING
    if first in _SOON:
        if first == "tonight" and not rest:
            return None
        return None if at is None else Pause(at=at, days=_SOON[first])
    weekday = _weekday(first)
    if weekday is not None:
        return None if at is None else Pause(at=at, weekday=weekday)
    at = _time(wanted.removeprefix("at "))
    return None if at is None else Pause(at=at)


def _time(text: str) -> time | None:
    try:
        return parse_time(text)
    except CommandError:
        return None


def _weekday(word: str) -> int | None:
    return next(
        (day for day, name in enumerate(WEEKDAYS) if len(word) >= 3 and name.startswith(word)), None
    )
