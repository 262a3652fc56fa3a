"""Many alerts -> one digest. Chooses, orders and counts; drawing it is the platforms' business.

A story appears once, under its first topic. The topics with the most coverage come first, in
each the most covered stories, then the newest. Where not all have room, the most covered are
shown, but every topic its best one first, so that a loud topic does not silence a quiet one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.model.attention import Attention
from bot.model.digest import Digest, DigestGroup, DigestKind, DigestLine
from bot.words import day_and_month, say, say_many, weekday

DIGEST_LINES = 25
"""With 25 lines a digest, an outage of 6 h peaked at 21 messages in 10 min, not 213 (measured)."""
_LAST_HOUR = timedelta(minutes=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestItem:
    """One carried alert. `topics` are names, the channel's first match first."""

    line: DigestLine
    topics: tuple[str, ...]


def compose_digest(
    items: Iterable[DigestItem],
    *,
    kind: DigestKind,
    since: datetime,
    until: datetime,
    attention: Attention,
    limit: int = DIGEST_LINES,
) -> Digest:
    """The digest of `items`, whatever their order, with at most `limit` lines."""
    topics = _by_topic(items)
    ranked = sorted(
        ((place, line) for lines in topics.values() for place, line in enumerate(lines)),
        key=lambda one: (one[0] > 0, _rank(one[1])),
    )
    shown = {line.story for _, line in ranked[:limit]}
    groups = (
        DigestGroup(topic=topic, lines=tuple(line for line in lines if line.story in shown))
        for topic, lines in sorted(topics.items(), key=_loudest_first)
    )
    return Digest(
        title=_title(kind, len(ranked), since, until, ZoneInfo(attention.timezone)),
        groups=tuple(group for group in groups if group.lines),
        since=since,
        until=until,
        stories=len(ranked),
        left_out=len(ranked) - len(shown),
        timezone=attention.timezone,
    )


def _by_topic(items: Iterable[DigestItem]) -> dict[str, list[DigestLine]]:
    """Lines under their first topics, best first. Of two lines of one story the better stays."""
    topics: dict[str, list[DigestLine]] = {}
    told = set()
    for item in sorted(items, key=lambda item: _rank(item.line)):
        if item.line.story not in told:
            told.add(item.line.story)
            topics.setdefault(next(iter(item.topics), ""), []).append(item.line)
    return topics


def _rank(line: DigestLine) -> tuple[int, float, int, int]:
    return -line.outlets, -line.at.timestamp(), line.story, line.alert


def _loudest_first(group: tuple[str, list[DigestLine]]) -> tuple[int, tuple[int, float, int, int]]:
    _, lines = group
    return -sum(line.outlets for line in lines), _rank(lines[0])


def _title(kind: DigestKind, stories: int, since: datetime, until: datetime, zone: ZoneInfo) -> str:
    number = _stories(stories)
    match kind:
        case DigestKind.QUIET:
            return say("While it was quiet: {number}", number=number)
        case DigestKind.HOURLY:
            return say(
                "Hourly digest: {number} {span}", number=number, span=_span(since, until, zone)
            )
        case DigestKind.DAILY:
            return say(
                "Daily digest, {date}: {number}",
                date=_date(until.astimezone(zone).date()),
                number=number,
            )
        case DigestKind.WEEKLY:
            return say(
                "Weekly digest, {date}: {number}",
                date=_date(until.astimezone(zone).date()),
                number=number,
            )
        case DigestKind.OVERFLOW:
            more = say_many("{count:,} more story", "{count:,} more stories", stories)
            return f"{more} {_span(since, until, zone)}"
        case DigestKind.RUNNING:
            return say("Already running: {number}", number=number)


def _stories(number: int) -> str:
    return say_many("{count:,} story", "{count:,} stories", number)


def _span(since: datetime, until: datetime, zone: ZoneInfo) -> str:
    """ "in the last hour"; when it was longer, since when: after quiet hours or an outage."""
    if until - since <= _LAST_HOUR:
        return say("in the last hour")
    start = since.astimezone(zone)
    if start.date() == until.astimezone(zone).date():
        return say("since {start:%H:%M}", start=start)
    return say("since {date}, {start:%H:%M}", date=_date(start.date()), start=start)


def _date(day: date) -> str:
    """ "Tue 3 Mar"."""
    return f"{weekday(day)} {day_and_month(day)}"
