"""What the platforms' digests have in common: which lines have room, and times in words. Pure.

Knows no markup: a platform hands in lines that it has drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from zoneinfo import ZoneInfo

from bot.model.attention import WEEKDAYS
from bot.model.digest import Digest, DigestGroup, DigestLine
from bot.words import day_and_month, say, weekday

_FAST = "\u00a0"  # a space at which no line breaks


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A topic's heading and its lines, drawn."""

    heading: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """What has room, and how many stories have no line: those without one before, and more."""

    sections: tuple[Section, ...]
    left_out: int

    @property
    def more(self) -> str:
        """The last line; "" if every story has one."""
        return say("and {left_out:,} more", left_out=self.left_out) if self.left_out else ""


def fitted(
    digest: Digest,
    *,
    heading: Callable[[DigestGroup], str],
    line: Callable[[DigestLine], str],
    weight: Callable[[str], int],
    room: int,
) -> Fitted:
    """As many lines as fit into `room` of `weight`, line ends counted.

    First each topic's first line, then each one's second: a loud topic does not silence a quiet
    one. A line that is too long makes way for a shorter one.
    """
    kept: list[list[str]] = [[] for _ in digest.groups]
    headings = [heading(group) for group in digest.groups]
    dropped = 0
    for round_ in zip_longest(*(group.lines for group in digest.groups)):
        for number, one in enumerate(round_):
            if one is None:
                continue
            drawn = line(one)
            cost = weight(drawn) + 1
            if not kept[number]:
                cost += weight(headings[number]) + 1
            if cost > room:
                dropped += 1
                continue
            room -= cost
            kept[number].append(drawn)
    sections = (
        Section(heading=title, lines=tuple(lines))
        for title, lines in zip(headings, kept, strict=True)
        if lines
    )
    return Fitted(sections=tuple(sections), left_out=digest.left_out + dropped)


def span(digest: Digest) -> str:
    """`Mon 2 Mar, 22:00 – Tue 3 Mar, 07:00 CET`: what the digest tells of, in its zone."""
    zone = ZoneInfo(digest.timezone)
    since, until = digest.since.astimezone(zone), digest.until.astimezone(zone)
    end = f"{until:%H:%M}" if since.date() == until.date() else _instant(until)
    return f"{_instant(since)} – {end} {zone_name(until, digest.timezone)}"


def facts(line: DigestLine, digest: Digest, *, outlet: str) -> str:
    """`Meridian Wire · 6 outlets · 21:40`, breaking between these only; `outlet` is drawn."""
    count = (
        say("{outlets:,} outlets", outlets=line.outlets).replace(" ", _FAST)
        if line.outlets > 1
        else ""
    )
    return joined(outlet, count, clock(line.at, digest).replace(" ", _FAST))


def joined(*parts: str) -> str:
    """Those that say something, with a dot between that never begins a line."""
    return f"{_FAST}· ".join(part for part in parts if part)


def clock(at: datetime, digest: Digest) -> str:
    """`21:40`, with the day if it is not that of the digest's end; the digest says the zone."""
    zone = ZoneInfo(digest.timezone)
    local, until = at.astimezone(zone), digest.until.astimezone(zone)
    if local.date() == until.date():
        return f"{local:%H:%M}"
    if abs(until.date() - local.date()).days < len(WEEKDAYS):
        return f"{weekday(local)} {local:%H:%M}"
    return day_and_month(local)


def zone_name(at: datetime, timezone: str) -> str:
    """`CET`; the zone's own name where its short form is but a number, as in South America."""
    short = at.tzname() or ""
    return short if short.isalpha() else timezone.replace("_", " ")


def _instant(at: datetime) -> str:
    return f"{weekday(at)} {day_and_month(at)}, {at:%H:%M}"
