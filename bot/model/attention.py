"""How a channel wants to be spoken to, read from what people write and written back.

Knows no instant: what follows from it at a given moment is in bot/alerts/attention.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import time
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from zoneinfo import available_timezones

from bot.errors import CommandError
from bot.words import say, say_many

MAX_BUDGET = 1000
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""As datetime.date.weekday() counts them; English whatever the machine's locale."""

_TIME = re.compile(r"([0-9]{1,2})(?:[:.h]([0-5][0-9]))?\s*(am|pm)?")
_RANGE = re.compile(r"\s*(?:[-–—]|\bto\b|\buntil\b)\s*")
_OFF = frozenset({"off", "none", "no", "never"})
_UNLIMITED = frozenset({"off", "none", "no limit", "unlimited"})
_NOWHERE = frozenset({"Factory", "localtime"})  # tzdata's placeholder, and this machine's own


class Rhythm(StrEnum):
    """When stories are told: each at once as a card, or together in digests."""

    IMMEDIATE = "immediate"
    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"


class OnDoubt(StrEnum):
    """What to do where it cannot be known whether a message arrived."""

    NEVER_LOSE = "never lose"
    NEVER_DOUBLE = "never double"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """A channel's own wishes. Times are local wall-clock times in `timezone`, a name that
    `parse_timezone` has accepted; `weekday` counts from Monday = 0 and is used by weekly alone.

    Quiet hours run from `quiet_from` up to, and without, `quiet_to`; they may span midnight, and
    there are none if either is None or both are equal. `budget` is in cards and replies in any 60
    minutes; 0 is no limit. `all_quiet` is when a channel that was told nothing hears that all is
    well; None: never. `crosspost`: what is posted in an announcement channel is published to the
    servers that follow it. `tags`, with commas between them, are those that each forum post gets.
    """

    rhythm: Rhythm = Rhythm.IMMEDIATE
    at: time = time(8)
    weekday: int = 0
    quiet_from: time | None = None
    quiet_to: time | None = None
    budget: int = 10
    on_doubt: OnDoubt = OnDoubt.NEVER_LOSE
    all_quiet: time | None = None
    timezone: str = "UTC"
    crosspost: bool = False
    tags: str = ""


def parse_attention(
    standing: Attention,
    *,
    rhythm: str | None = None,
    quiet: str | None = None,
    budget: str | int | None = None,
    on_doubt: str | None = None,
    all_quiet: str | None = None,
    timezone: str | None = None,
) -> Attention:
    """`standing` with what a person changed; None leaves a wish as it is.

    Raises CommandError for the first that does not read, with an example as the hint.
    """
    changed = standing if rhythm is None else parse_rhythm(rhythm, standing)
    if quiet is not None:
        quiet_from, quiet_to = parse_quiet(quiet)
        changed = replace(changed, quiet_from=quiet_from, quiet_to=quiet_to)
    if budget is not None:
        changed = replace(changed, budget=parse_budget(budget))
    if on_doubt is not None:
        changed = replace(changed, on_doubt=parse_on_doubt(on_doubt))
    if all_quiet is not None:
        changed = replace(changed, all_quiet=parse_all_quiet(all_quiet))
    if timezone is not None:
        changed = replace(changed, timezone=parse_timezone(timezone))
    return changed


def parse_rhythm(text: str, standing: Attention) -> Attention:
    """`standing` in the rhythm of e.g. "daily 8:30" or "weekly mon 09:00".

    A time or a day that is not said stays as it was.
    """
    hint = say("Write immediate, hourly, daily 08:30 or weekly mon 09:00.")
    words = [word for word in text.casefold().replace(",", " ").split() if word not in {"on", "at"}]
    if not words or words[0] not in list(Rhythm):
        raise CommandError(say("“{short}” is no rhythm.", short=_short(text)), hint=hint)
    rhythm, rest = Rhythm(words[0]), words[1:]
    weekday, at = standing.weekday, standing.at
    if rhythm is Rhythm.WEEKLY and rest and rest[0].isalpha():
        weekday = _parse_weekday(rest.pop(0))
    if rhythm in {Rhythm.DAILY, Rhythm.WEEKLY} and rest:
        at = parse_time(" ".join(rest))
    elif rest:
        raise CommandError(say("“{rhythm}” takes no day or time.", rhythm=rhythm), hint=hint)
    return replace(standing, rhythm=rhythm, weekday=weekday, at=at)


def parse_time(text: str) -> time:
    """A time of day: "8", "8:30", "08.30", "8 am", "12:15pm"; 24:00 is midnight."""
    match = _TIME.fullmatch(text.strip().casefold())
    if match is not None:
        hour, minute, half = int(match[1]), int(match[2] or 0), match[3]
        if half and 1 <= hour <= 12:
            return time(hour % 12 + (12 if half == "pm" else 0), minute)
        if not half and hour * 60 + minute <= 24 * 60:
            return time(hour % 24, minute)
    raise CommandError(
        say("“{short}” is no time of day.", short=_short(text)),
        hint=say("Write it like 08:30 or 8:30 pm."),
    )


def parse_quiet(text: str) -> tuple[time, time] | tuple[None, None]:
    """The start and end of "22:00-07:00"; Nones for "off"."""
    if text.strip().casefold() in _OFF:
        return None, None
    hint = say("Write quiet hours like 22:00-07:00, or off.")
    ends = _RANGE.split(text.strip().casefold())
    if len(ends) != 2:
        raise CommandError(say("“{short}” is no span of time.", short=_short(text)), hint=hint)
    quiet_from, quiet_to = parse_time(ends[0]), parse_time(ends[1])
    if quiet_from == quiet_to:
        raise CommandError(
            say(
                "Quiet hours that end when they start, “{short}”, could mean all day or never.",
                short=_short(text),
            ),
            hint=say("{hint} For one digest a day choose the rhythm daily 08:30.", hint=hint),
        )
    return quiet_from, quiet_to


def parse_budget(text: str | int) -> int:
    """Cards an hour, from 0 (or "no limit") to 1000."""
    wanted = str(text).strip().casefold()
    if wanted in _UNLIMITED:
        return 0
    if re.fullmatch("[0-9]{1,4}", wanted) and int(wanted) <= MAX_BUDGET:
        return int(wanted)
    raise CommandError(
        say(
            "A budget is a whole number of cards an hour from 0 to {max_budget}, not “{short}”.",
            max_budget=MAX_BUDGET,
            short=_short(str(text)),
        ),
        hint=say("Write 10 for ten cards an hour, or 0 for no limit."),
    )


def parse_on_doubt(text: str) -> OnDoubt:
    """ "never lose" or "never double"."""
    wanted = " ".join(re.split(r"[\s_-]+", text.strip().casefold()))
    if wanted in list(OnDoubt):
        return OnDoubt(wanted)
    raise CommandError(
        say("“{short}” says nothing about doubtful messages.", short=_short(text)),
        hint=say("Write never lose (send again) or never double (leave it, and count it)."),
    )


def parse_all_quiet(text: str) -> time | None:
    """A time of day, or None for "off"."""
    return None if text.strip().casefold() in _OFF else parse_time(text)


def parse_timezone(text: str) -> str:
    """The tz database's own spelling of a zone, e.g. Europe/Kyiv for "europe/kyiv"."""
    wanted = "_".join(text.split()).casefold()[:64]  # no zone's name is longer
    zones = _zones()
    if wanted in zones:
        return zones[wanted]
    meant = [zones[near] for near in get_close_matches(wanted, zones, n=3)]
    by_city = {name.rpartition("/")[2]: zone for name, zone in reversed(zones.items())}
    city = wanted.rpartition("/")[2]
    meant = [by_city[near] for near in get_close_matches(city, by_city, n=3, cutoff=0.75)] + meant
    near = ", ".join(list(dict.fromkeys(meant))[:3])
    raise CommandError(
        say("There is no time zone “{short}”.", short=_short(text)),
        hint=say("Did you mean {near}?", near=near)
        if near
        else say("Write continent and city, like Europe/Kyiv."),
    )


def spelled(attention: Attention) -> dict[str, str]:
    """Each wish as a person would write it: `parse_attention(standing, **spelled(attention))`."""
    return {
        "rhythm": spell_rhythm(attention),
        "quiet": spell_quiet(attention),
        "budget": str(attention.budget),
        "on_doubt": attention.on_doubt.value,
        "all_quiet": f"{attention.all_quiet:%H:%M}" if attention.all_quiet else "off",
        "timezone": attention.timezone,
    }


def spell_rhythm(attention: Attention) -> str:
    """E.g. "weekly mon 09:00"."""
    match attention.rhythm:
        case Rhythm.DAILY:
            return f"daily {attention.at:%H:%M}"
        case Rhythm.WEEKLY:
            return f"weekly {WEEKDAYS[attention.weekday][:3]} {attention.at:%H:%M}"
        case _:
            return attention.rhythm.value


def spell_quiet(attention: Attention) -> str:
    """E.g. "22:00-07:00", or "off"."""
    start, end = attention.quiet_from, attention.quiet_to
    if start is None or end is None or start == end:
        return "off"
    return f"{start:%H:%M}-{end:%H:%M}"


def describe(attention: Attention) -> str:
    """In one line, with the time zone: "immediate, at most 10 cards an hour, quiet 22:00-07:00
    (Europe/Kyiv)"."""
    parts = [spell_rhythm(attention)]
    if attention.rhythm is Rhythm.IMMEDIATE and attention.budget:
        parts.append(
            say_many(
                "at most {count} card an hour", "at most {count} cards an hour", attention.budget
            )
        )
    quiet = spell_quiet(attention)
    parts.append(say("no quiet hours") if quiet == "off" else say("quiet {quiet}", quiet=quiet))
    if attention.all_quiet is not None:
        parts.append(say("“all quiet” at {all_quiet:%H:%M}", all_quiet=attention.all_quiet))
    if attention.crosspost:
        parts.append(say("published to the servers that follow it"))
    if attention.tags:
        parts.append(say("tagged {tags}", tags=attention.tags))
    return f"{', '.join(parts)} ({attention.timezone})"


def _parse_weekday(word: str) -> int:
    """From two letters on: "mo", "mon", "tues", "monday"."""
    for number, name in enumerate(WEEKDAYS):
        if len(word) >= 2 and name.startswith(word):
            return number
    raise CommandError(
        say("“{short}” is no day of the week.", short=_short(word)),
        hint=say("Write mon, tue, wed …"),
    )


@cache
def _zones() -> dict[str, str]:
    """Every zone by its casefolded name. Reads the tz database's index, once."""
    return {name.casefold(): name for name in sorted(available_timezones() - _NOWHERE)}


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
