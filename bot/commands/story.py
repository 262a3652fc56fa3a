"""What a person asks about a story: who reported what, and when.

Only reports of feeds that the workspace follows are ever looked at or shown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.alerts.lead import by_centrality
from bot.alerts.summary import summary_of
from bot.commands.caller import Caller, Reply
from bot.commands.here import channel_here, zone_here
from bot.commands.why import advice_on, number_or_link
from bot.errors import CommandError
from bot.model.article import Article
from bot.model.ids import StoryId
from bot.model.text import Mark, RichText, Span, plain
from bot.storage import archive, deliveries, story_views, told, verdicts
from bot.storage.aliases import aliases_of
from bot.storage.archive import Archived
from bot.storage.database import Database
from bot.storage.stories import articles_of_story
from bot.stories.timeline import Moment, Step, timeline
from bot.topics.index import TopicIndex
from bot.topics.query import parse
from bot.topics.sieve import sieve_of
from bot.words import day_and_month, later, say, say_many

LINES = 20
"""Of a long story the first reports and the latest are shown."""
DAYS = 30
"""How far back words are looked for."""
_CANDIDATES = 500  # the newest articles that may have the words
_OTHERS = 3
_UNTITLED = later("(untitled)")


class StoryCommands:
    """`/story`, and the Timeline button of an alert."""

    def __init__(self, *, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def story(self, caller: Caller, asked: str = "") -> Reply:
        """The timeline of the story with that number, of that article's link, or of the newest
        that has those words; without any, of the story that was told here last.

        Raises CommandError if there is none in the feeds that the workspace follows.
        """
        asked = asked.strip()
        number, url = number_or_link(asked)
        others: Sequence[Archived] = ()
        async with self._database.read() as connection:
            if number:
                story = StoryId(number)
            elif url:
                story = await story_of_link(connection, caller, url)
            elif asked:
                newest, *others = await self._of_words(connection, caller, asked)
                story = newest.story
            else:
                story = await _last_here(connection, caller)
            reply = await _timeline(connection, caller, story)
        return replace(reply, lines=(*reply.lines, *map(_other, others)))

    async def of_alert(self, caller: Caller, key: str) -> Reply:
        """The timeline of the story of an alert. `key` is the delivery's, as hidden in the message.

        Raises CommandError if the alert is unknown in the caller's workspace.
        """
        async with self._database.read() as connection:
            delivery = await deliveries.find_by_key(connection, key)
            alert = delivery.alert if delivery else None
            if delivery is None or alert is None or delivery.workspace != caller.workspace.id:
                raise CommandError(
                    say("This alert is not known here any more."),
                    hint=say("`help` shows what can be asked."),
                )
            view = await story_views.view(connection, alert)
            return await _timeline(connection, caller, view.story)

    async def _of_words(
        self, connection: AsyncConnection, caller: Caller, asked: str
    ) -> list[Archived]:
        """A report of each story that has the words, the newest first."""
        query = parse(asked)
        workspace = caller.workspace.id
        aliases = await aliases_of(connection, workspace)
        shelf = await archive.shelf(connection, workspace, self._now() - timedelta(days=DAYS))
        sieve = sieve_of(query, aliases)
        ids = await archive.pick_passing(connection, shelf, sieve, limit=_CANDIDATES)
        index: TopicIndex[str] = TopicIndex()
        index.add(asked, query, aliases)
        found: dict[StoryId, Archived] = {}
        for chunk in archive.in_chunks(ids):
            read = await archive.read_articles(connection, workspace, chunk)
            for one in await asyncio.to_thread(_matching, index, read):
                found.setdefault(one.story, one)
            if len(found) > _OTHERS:
                break
        if not found:
            raise CommandError(
                say("No story of the last {days} days has “{asked}”.", days=DAYS, asked=asked),
                hint=say("Try fewer words, or paste the link of one of its articles."),
            )
        return list(found.values())[: _OTHERS + 1]


def timeline_reply(number: int, articles: Sequence[Article], *, zone: str) -> Reply:
    """A title of the story's state, what it is about, and a line a report, earliest first; times
    in `zone`. A headline that was there before is not repeated."""
    moments = timeline(articles)
    lead = by_centrality(articles, articles)[0]
    headline = lead.parsed.title or say(_UNTITLED)
    lines: list[RichText] = [(Span(text=headline, mark=Mark.STRONG),)]
    if said := summary_of(lead).text(lead.parsed.summary):
        lines.append(plain(f"{said} ({lead.outlet})"))
    told_lines, titles, day = [], {headline}, ""
    for moment in moments:
        at = moment.at.astimezone(ZoneInfo(zone))
        new_day = f"{day_and_month(at)}, " if day_and_month(at) != day else ""
        day = day_and_month(at)
        told_lines.append(_line(moment, f"{new_day}{at:%H:%M}", repeated=moment.title in titles))
        titles.add(moment.title)
    skipped = max(0, len(moments) - LINES)
    head = LINES // 2 if skipped else LINES
    lines += told_lines[:head]
    if skipped:
        lines.append(plain(say("… {skipped} more reports …", skipped=skipped)))
        lines += told_lines[head + skipped :]
    lines.append(plain(say("Times are {zone}.", zone=zone)))
    outlets = moments[-1].outlets
    told_ = say_many("{count} report", "{count} reports", len(moments))
    independent = say_many("{count} independent outlet", "{count} independent outlets", outlets)
    return Reply(
        title=say(
            "Story {number}: {told}, {independent}",
            number=number,
            told=told_,
            independent=independent,
        ),
        lines=tuple(lines),
    )


async def _timeline(connection: AsyncConnection, caller: Caller, story: StoryId) -> Reply:
    articles = await articles_of_story(connection, story, caller.workspace.id)
    if not articles:
        raise CommandError(
            say("No feed that is followed here has story {story}.", story=story),
            hint=say("`latest` lists the stories that were told here, with their numbers."),
        )
    return timeline_reply(articles[0].story, articles, zone=await zone_here(connection, caller))


async def story_of_link(connection: AsyncConnection, caller: Caller, url: str) -> StoryId:
    """The story of the newest article with that link. Raises CommandError if there is none in the
    feeds that the workspace follows."""
    workspace = caller.workspace.id
    ids = await verdicts.find_articles(connection, workspace, url=url)
    found = await archive.read_articles(connection, workspace, ids)
    if not found:
        raise CommandError(
            say("No feed that is followed here has listed this link."),
            hint=await advice_on(connection, workspace, url),
        )
    return max(found, key=lambda one: one.id).story


async def _last_here(connection: AsyncConnection, caller: Caller) -> StoryId:
    channel = await channel_here(connection, caller)
    newest = await told.told_here(connection, channel.id, limit=1) if channel else ()
    if not newest:
        raise CommandError(
            say("No story has been told here yet."),
            hint=say("Name one: `story Miami talks`, or paste the link of an article."),
        )
    return (await story_views.view(connection, newest[0])).story


def _matching(index: TopicIndex[str], read: Sequence[Archived]) -> list[Archived]:
    newest = sorted(read, key=lambda one: one.id, reverse=True)
    return [one for one in newest if index.match(one.document)]


def _other(one: Archived) -> RichText:
    return (
        Span(text=say("Also: ")),
        Span(text=f"story {one.story}", mark=Mark.COMMAND),
        Span(text=f"  {one.document.title or say(_UNTITLED)}"),
    )


def _line(moment: Moment, at: str, *, repeated: bool) -> RichText:
    step = say(moment.step.value)
    if moment.step is Step.COPY:
        step = f"{step} {moment.copy_of}"
    corrected = say(", corrected") if moment.corrected else ""
    url = moment.url or None
    head = (
        Span(text=f"{at} · "),
        Span(text=moment.outlet, mark=Mark.STRONG, url=url if repeated else None),
        Span(text=f" · {step}{corrected}"),
    )
    if repeated:
        return head
    return (*head, Span(text=": "), Span(text=moment.title or say(_UNTITLED), url=url))
