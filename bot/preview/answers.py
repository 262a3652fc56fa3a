"""Built-in examples of what a person is answered: the real use cases' own words.

What can be worded from data is; the rest is asked of an empty database made for the occasion.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from bot.alerts.example import OUTLETS, example_alert
from bot.commands.account import Account, Stage, Verdict, account_reply
from bot.commands.attention import AttentionCommands
from bot.commands.backtest import Backtest, Sample
from bot.commands.backtest_reply import backtest_reply
from bot.commands.caller import Caller, Destination, Reply, refusal
from bot.commands.help import help_reply
from bot.commands.story import timeline_reply
from bot.commands.topics import TopicCommands
from bot.errors import QueryError
from bot.model.article import Article, ParsedArticle
from bot.model.channel import PlatformName, Workspace
from bot.model.ids import ArticleId, FeedId, StoryId, WorkspaceId
from bot.model.text import highlighted, plain
from bot.platforms.discord.replies import reply_body
from bot.platforms.slack.replies import render_reply
from bot.preview.entrances import entrances, first_run
from bot.preview.page import Drawn, Shown
from bot.storage.archive import Archived
from bot.storage.coverage import Coverage
from bot.storage.database import Database
from bot.storage.installation import migrate
from bot.topics.company import Companion
from bot.topics.document import Document
from bot.topics.explain import explain
from bot.topics.query import Query, parse
from bot.topics.reason import reasons

_QUERY = "Miami (talks OR envoys) -Heat"
_DAYS = 14
_TITLES = (
    "Delegations gather in Florida ahead of Thursday",
    "Envoys to meet in Miami for a new round of talks",
    "Miami talks: what each side brings to the table",
)
_SUMMARIES = (
    "Hotels by the bay have been cleared for the delegations, officials said.",
    "Both delegations arrive in Miami on Thursday. It is their first meeting since the spring.",
    "A draft of nine points is on the table, with two of them open, people close to it say.",
)
_CALLER = Caller(
    workspace=Workspace(
        id=WorkspaceId("discord:1"), platform=PlatformName.DISCORD, external_id="1"
    ),
    here=Destination(platform=PlatformName.DISCORD, external_id="2", name="#desk"),
)


async def answers(now: datetime) -> tuple[Shown, ...]:
    """The examples, as a newcomer's first hour would have them. `now` is aware."""
    with tempfile.TemporaryDirectory(prefix="wirewatch-preview-") as folder:
        database = Database(f"sqlite:///{Path(folder) / 'preview.db'}")
        try:
            await migrate(database)
            asked = await _asked(database, now)
            beside = await entrances(database, now)
        finally:
            await database.close()
    return (
        first_run(),
        *asked,
        Shown(title="Topic test", message=backtest_reply(_backtest(now))),
        Shown(title="Why?", message=account_reply(_account(now))),
        Shown(title="Timeline", message=_timeline(now)),
        Shown(title="A query that does not read", message=_refused()),
        Shown(title="Help", message=_help()),
        *beside,
    )


async def _asked(database: Database, now: datetime) -> tuple[Shown, ...]:
    topics = TopicCommands(database=database, now=lambda: now)
    watched = await topics.watch(_CALLER, _QUERY, name="Miami talks")
    await topics.watch(_CALLER, "NATO (membership OR accession)", name="NATO")
    settings = await AttentionCommands(database=database, now=lambda: now).show(_CALLER)
    return (
        Shown(title="Watching", message=watched),
        Shown(title="What is watched", message=await topics.list_all(_CALLER)),
        Shown(title="Settings", message=settings),
    )


def _articles(now: datetime) -> tuple[Article, ...]:
    alert = example_alert(now, outlets=6)
    return tuple(
        Article(
            id=ArticleId(number),
            feed=FeedId(number),
            story=StoryId(12),
            parsed=ParsedArticle(
                uid=source.url,
                url=source.url,
                canonical_url=source.url,
                title=_TITLES[number % len(_TITLES)],
                summary=_SUMMARIES[number % len(_SUMMARIES)],
                published_at=source.at,
            ),
            outlet=source.outlet,
            first_seen_at=source.at,
        )
        for number, source in enumerate(alert.sources, start=1)
    )


def _timeline(now: datetime) -> Reply:
    return timeline_reply(12, _articles(now), zone="Europe/Kyiv")


def _archived(now: datetime) -> Archived:
    first = _articles(now)[0]
    return Archived(
        id=first.id,
        story=first.story,
        at=first.at,
        url=first.parsed.url,
        outlet=first.outlet,
        document=Document(title=first.parsed.title, summary=first.parsed.summary),
    )


def _account(now: datetime) -> Account:
    article = _archived(now)
    hits = reasons(parse(_QUERY), article.document)
    said = (
        ("Miami talks", "#desk", Stage.SENT, "Shown, 2 hours ago."),
        ("NATO", "", Stage.QUERY, "It has no “NATO”."),
    )
    verdicts = tuple(
        Verdict(
            article=article.id,
            subject=topic,
            channel=channel,
            stage=stage,
            told=(plain(told),),
        )
        for topic, channel, stage, told in said
    )
    first = replace(verdicts[0], hits=hits)
    return Account(asked=article.url, articles=(article,), verdicts=(first, *verdicts[1:]))


def _backtest(now: datetime) -> Backtest:
    per_day = (1, 0, 2, 4, 3, 1, 0, 0, 5, 12, 7, 3, 2, 4)
    query = parse(_QUERY)
    told = explain(query)
    return Backtest(
        query=_QUERY,
        reading=told.reading,
        warnings=told.warnings,
        days=_DAYS,
        first_day=(now - timedelta(days=_DAYS - 1)).date(),
        last_day=now.date(),
        stories=sum(per_day),
        per_day=per_day,
        samples=tuple(_sample(query, one, now, number) for number, one in enumerate(_TITLES[1:])),
        company=(Companion(word="Witkoff", hits=31), Companion(word="Umerov", hits=24)),
        narrowing=(),
        hits=sum(per_day),
        candidates=61,
        judged=61,
        one_in=1,
        coverage=Coverage(
            feeds_followed=11, feeds_with_articles=9, days_with_articles=14, articles=5210
        ),
    )


def _sample(query: Query, title: str, now: datetime, number: int) -> Sample:
    document = Document(title=title, summary="")
    hits = [hit for hit in reasons(query, document) if hit.field == "title"]
    return Sample(
        story=StoryId(number),
        at=now - timedelta(hours=2 + 29 * number),
        headline=highlighted(title, tuple((hit.start, hit.end) for hit in hits)),
        says=(),
        url=f"https://outlet-{number}.example/{number}",
        outlet=OUTLETS[number],
        words=("Miami", "talks"),
    )


def _help() -> Drawn:
    return Drawn(
        discord=reply_body(help_reply(prefix="/")),
        slack=render_reply(help_reply(prefix="/news ")),
    )


def _refused() -> Reply:
    try:
        parse("Miami AND (talks OR envoys")
    except QueryError as error:
        return refusal(error)
    raise AssertionError("this query must not read")
