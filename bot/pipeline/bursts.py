"""The tick for the unusual: topics on which many outlets report at once, and what fell silent.

    each full hour   -> the profiles learn how many outlets reported on each topic
    every ten minutes -> the last 60 minutes of each topic against its profile -> one notice
    each full hour   -> topics with nothing for long against theirs            -> one notice

Feeds that fall silent are told of by feed_notices.py, by their own rhythm.
Conservative (bot/stories/bursts.py): nothing within two weeks of learning, one notice in twelve
hours. A channel that is muted, snoozed or in its quiet hours is left alone, for good: the unusual
is of the moment. Hours in which the program did not run are not learnt, nor taken for silence.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from hashlib import blake2b

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.alerts.attention import quiet_until
from bot.model.article import Article
from bot.model.channel import Channel
from bot.model.ids import TopicId
from bot.model.topic import Topic
from bot.storage import usual
from bot.storage.database import Database
from bot.storage.installation import installation_id
from bot.storage.notices import put_notice
from bot.storage.usual import Subject, Usual
from bot.stories.bursts import Burst, Silence, burst, learnt, silence
from bot.stories.outlets import independent
from bot.words import later, say, speaking

HOUR = timedelta(hours=1)
GAP = timedelta(hours=3)
"""Longer since the last tick: the program did not run, and those hours say nothing."""
LONGEST_SILENCE = 48
"""Hours: whatever is silent for longer was told of, or is nothing that is usually heard."""
HEADLINES = 3
HEADLINE_CHARACTERS = 120
ARTICLES_AT_ONCE = 500
TOPICS_AT_ONCE = 500
OFF = later("Too often? Mute the topic, or set stories.bursts = false for all.")


@dataclass(frozen=True, slots=True)
class Unusual:
    """What is to be said of a topic: a title and lines, in the language that is spoken then."""

    subject: Subject
    id: int
    words: Callable[[], tuple[str, tuple[str, ...]]]


@dataclass(slots=True)
class Findings:
    """Profiles that learnt, and what is to be said."""

    learnt: list[Usual] = field(default_factory=list)
    told: list[Unusual] = field(default_factory=list)


class Bursts:
    """Learns what is usual and tells of what is not."""

    def __init__(
        self,
        *,
        database: Database,
        now: Callable[[], datetime],
        on_commit: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._now = now
        self._on_commit = on_commit

    async def tick(self) -> int:
        """Returns how many notices are wanted. Reads first, so that the desk need not wait."""
        now = self._now()
        async with self._database.read() as connection:
            topics = await self._topics(connection, now)
        if not topics.learnt:
            return 0
        told = 0
        async with self._database.write() as connection:
            await usual.put_usual(connection, topics.learnt)
            for one in topics.told:
                told += await _tell(connection, one, now)
        if told:
            self._on_commit()
        return told

    async def _topics(self, connection: AsyncConnection, now: datetime) -> Findings:
        hour = _hour(now)
        topics = {one.id: one for one in await usual.watched_topics(connection)}
        stored = await usual.get_usual(connection, Subject.TOPIC, list(topics))
        wanted = {int(id_): one.workspace for id_, one in topics.items()}
        profiles = usual.profiles_of(Subject.TOPIC, wanted, stored, through=hour)
        due = [one.through for one in profiles if one.through < hour]
        since = min([now - HOUR, *(through for through in due if hour - through <= GAP)])
        last = await usual.last_matches(connection, list(topics)) if due else {}
        findings = Findings()
        count = await usual.count_matched(connection, since, until=now)
        for some in _shares(profiles, count):
            ids = [TopicId(one.id) for one in some]
            seen = await usual.matched_since(connection, ids, since, until=now)
            for one in some:
                await asyncio.sleep(0)  # whose reports are one's own takes long for many
                topic = topics[TopicId(one.id)]
                _look_at(one, topic, seen.pop(topic.id, []), last.get(topic.id), findings, now)
        return findings


def _shares(profiles: Sequence[Usual], count: Mapping[TopicId, int]) -> Iterator[list[Usual]]:
    """As many topics at a time as have ARTICLES_AT_ONCE between them: articles are large."""
    some: list[Usual] = []
    articles = 0
    for one in profiles:
        own = count.get(TopicId(one.id), 0)
        if some and (articles + own > ARTICLES_AT_ONCE or len(some) == TOPICS_AT_ONCE):
            yield some
            some, articles = [], 0
        some.append(one)
        articles += own
    if some:
        yield some


def _look_at(
    one: Usual,
    topic: Topic,
    articles: Sequence[Article],
    last: datetime | None,
    findings: Findings,
    now: datetime,
) -> None:
    hour = _hour(now)
    after = _learn(one, hour, partial(_outlets, articles))
    found: Burst | Silence | None = _burst_of(one, articles, now)
    if found is None and after.through > one.through:
        found = _silence_of(after, last, hour)
    if found is not None:
        after = _alarmed(after, now)
        findings.told += _told_of(topic, found, articles, now)
    if after != one or one.fresh:
        findings.learnt.append(after)


def _told_of(
    topic: Topic, found: Burst | Silence, articles: Sequence[Article], now: datetime
) -> list[Unusual]:
    """What is said of a topic: nothing while it rests."""
    pauses = (topic.muted_until, topic.snoozed_until)
    if any(until is not None and until > now for until in pauses):
        return []
    words = (
        partial(_silence_told, topic.name, found)
        if isinstance(found, Silence)
        else partial(_burst_told, topic.name, found, articles, now)
    )
    return [Unusual(Subject.TOPIC, topic.id, words)]


def _silence_told(name: str, found: Silence) -> tuple[str, tuple[str, ...]]:
    return say("“{topic}” is unusually silent", topic=name), (_silent(found), say(OFF))


def _burst_told(
    name: str, found: Burst, articles: Sequence[Article], now: datetime
) -> tuple[str, tuple[str, ...]]:
    title = say("Unusually much is reported on “{topic}”", topic=name)
    return title, (_many(found), *_headlines(articles, now), say(OFF))


async def _tell(connection: AsyncConnection, what: Unusual, now: datetime) -> int:
    """A notice in each channel that hears of it and does not rest."""
    installation = await installation_id(connection)
    told = 0
    for channel in await usual.channels_hearing(connection, what.id):
        if _is_resting(channel, now):
            continue
        with speaking(channel.language):
            title, lines = what.words()
        name = f"{installation}/{what.subject}/{what.id}/{channel.id}/{now.isoformat()}"
        await put_notice(
            connection,
            channel,
            key=blake2b(f"unusual/{name}".encode(), digest_size=10).hexdigest(),
            title=title,
            lines=lines,
            now=now,
        )
        told += 1
    return told


def _burst_of(one: Usual, articles: Sequence[Article], now: datetime) -> Burst | None:
    """Judged by what was usual before this hour."""
    lately = [article for article in articles if article.first_seen_at >= now - HOUR]
    return burst(one.profile, now, independent(lately)) if lately else None


def _learn(one: Usual, hour: datetime, count: Callable[[datetime], int]) -> Usual:
    """The profile after all full hours before `hour`. After a gap it learns nothing, and is at
    rest for a while: what was missed comes all at once, or seems to be silence."""
    if hour - one.through > GAP:
        return replace(_alarmed(one, hour), through=hour)
    profile = one.profile
    for at in _hours(one.through, hour):
        profile = learnt(profile, at, count(at))
    return replace(one, through=max(hour, one.through), profile=profile)


def _silence_of(one: Usual, last: datetime | None, hour: datetime) -> Silence | None:
    """Whether all full hours since `last` are unusually many for nothing at all."""
    if last is None or last >= hour:
        return None
    first = _hour(last) + HOUR
    return silence(one.profile, _hours(first, hour)[-LONGEST_SILENCE:])


def _alarmed(one: Usual, now: datetime) -> Usual:
    return replace(one, profile=replace(one.profile, last_alarm_at=now))


def _outlets(articles: Sequence[Article], hour: datetime) -> int:
    return independent([one for one in articles if _hour(one.first_seen_at) == hour])


def _headlines(articles: Sequence[Article], now: datetime) -> list[str]:
    """The newest stories of the hour, one line each."""
    lately = [one for one in reversed(articles) if one.first_seen_at >= now - HOUR]
    first = {one.story: one for one in reversed(lately)}
    return [
        f"{one.outlet}: {one.parsed.title[:HEADLINE_CHARACTERS]}"
        for one in list(first.values())[-HEADLINES:]
    ]


def _many(found: Burst) -> str:
    return say(
        "{outlets} independent outlets reported on it within an hour; at this time of the"
        " day about {usual:.1f} are usual.",
        outlets=found.outlets,
        usual=found.usual,
    )


def _silent(found: Silence) -> str:
    return say(
        "Nothing came in the last {hours} hours, in which about {expected:.0f} are usual."
        " It may be a quiet time, or something is wrong with the sources.",
        hours=found.hours,
        expected=found.expected,
    )


def _is_resting(channel: Channel, now: datetime) -> bool:
    pauses = (channel.muted_until, channel.snoozed_until)
    return quiet_until(channel.attention, now) is not None or any(
        until is not None and until > now for until in pauses
    )


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _hours(first: datetime, end: datetime) -> list[datetime]:
    """The full hours from `first` that are over at `end`."""
    count = max(0, int((end - first) / HOUR))
    return [first + number * HOUR for number in range(count)]
