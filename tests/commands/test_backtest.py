"""A query tried on the archive: the real matcher's answer, whatever the index offers."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta

import pytest

from bot.commands.backtest import Backtest
from bot.commands.backtest_reply import backtest_reply
from bot.commands.caller import Caller, Destination
from bot.commands.trial import run_backtest
from bot.errors import CommandError
from bot.model.channel import PlatformName
from bot.model.ids import LOCAL
from bot.model.text import flat
from bot.storage.database import Database
from bot.topics.document import Document
from bot.topics.query import parse
from bot.topics.reason import matches
from tests.clock import START, Clock
from tests.newsdesk import LOCAL_WORKSPACE, Newsdesk, article

HERE = Destination(platform=PlatformName.WEBHOOK, external_id="desk", name="desk")
OURS = Caller(workspace=LOCAL_WORKSPACE, here=HERE)
SUBJECTS = ("Envoys", "Farmers", "Pilots", "Judges", "Miners", "Nurses", "Sailors", "Teachers")
PLACES = ("Miami", "Oslo", "Cairo", "Kyiv", "Geneva", "台湾", "서울에서", "Москве")
ACTS = ("talk", "talked", "strike", "vote", "march", "protest")


async def stocked(database: Database, clock: Clock, count: int) -> list[Document]:
    """A desk that has read `count` articles of as many stories; their texts."""
    newsdesk = await Newsdesk.open(database, clock, backfill=True)
    feed = await newsdesk.follow("https://a.example/feed", name="Meridian", polled=False)
    dice = random.Random(7)
    kept = []
    for start in range(0, count, 200):
        items = []
        for number in range(start, min(start + 200, count)):
            title = (
                f"{dice.choice(SUBJECTS)} {dice.choice(ACTS)} in {dice.choice(PLACES)} {number:x}z"
            )
            summary = f"Word{number} word{number * 7} word{number * 13} Zelenskyy" * (number % 2)
            at = START - timedelta(hours=number % 200)
            items.append(article(title, summary=summary, at=at, uid=str(number)))
            kept.append(Document(title=title, summary=summary))
        await newsdesk.listed(feed, *items)
    return kept


async def tried(database: Database, query: str, **more: object) -> Backtest:
    async with database.read() as connection:
        return await run_backtest(connection, LOCAL, parse(query), days=14, now=START, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "query",
    [
        "Miami",
        "talk",
        '"talk in Oslo"',
        "Kiev",
        "台湾",
        "서울",
        "Москва",
        "Zelensky -Miami",
        "Envoys NEAR/3 Cairo",
        "tea*",
        "title:Zelensky",
        "/[0-9]a?z/ Oslo",
        "(Nurses OR Pilots) (Oslo OR Kyiv)",
    ],
)
async def test_finds_what_the_matcher_finds(database: Database, clock: Clock, query: str) -> None:
    texts = await stocked(database, clock, 200)
    found = await tried(database, query)
    assert found.one_in == 1
    assert found.stories == sum(matches(parse(query), text) for text in texts)
    assert sum(found.per_day) == found.stories


async def test_beyond_the_limit_a_sample_stands_for_all(database: Database, clock: Clock) -> None:
    texts = await stocked(database, clock, 600)
    truth = sum(matches(parse("talk"), text) for text in texts)
    found = await tried(database, "talk", exact=50)
    assert found.one_in > 1
    assert found.judged < found.candidates
    assert truth / 2 < found.stories < truth * 2
    last = flat(backtest_reply(found).lines[-1])
    assert last.startswith("An estimate from a sample")


async def test_the_loop_runs_on_meanwhile(database: Database, clock: Clock) -> None:
    await stocked(database, clock, 400)
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(turn())
    await tried(database, "tal* OR Mia*")
    other.cancel()
    assert turns > 20


async def test_an_edit_says_what_it_gains_and_loses(database: Database, clock: Clock) -> None:
    newsdesk = await Newsdesk.open(database, clock, backfill=True)
    feed = await newsdesk.follow("https://a.example/feed", name="Meridian", polled=False)
    await newsdesk.listed(
        feed,
        article("Envoys meet again in Miami", at=START),
        article("Miami Heat win game seven", at=START),
        article("Geneva awaits the envoys today", at=START),
    )
    await newsdesk.watch("Miami", name="Talks")
    reply = await newsdesk.topics.edit(OURS, "talks", "Miami -Heat OR Geneva")
    told = [flat(line) for line in reply.lines]
    assert "Before: 2 stories. Gained: 1. Lost: 1." in told
    assert any(line.startswith("+ ") and "Geneva" in line for line in told)
    assert any(line.startswith("– ") and "Heat" in line for line in told)
    same = await newsdesk.topics.edit(OURS, "Talks", "(Miami -Heat) OR Geneva")
    assert any("The same 2 stories as before." in flat(line) for line in same.lines)
    with pytest.raises(CommandError, match="no topic"):
        await newsdesk.topics.edit(OURS, "Talk", "Oslo")


async def test_a_corrected_article_is_found_by_what_it_says_now(
    database: Database, clock: Clock
) -> None:
    newsdesk = await Newsdesk.open(database, clock)
    feed = await newsdesk.follow("https://a.example/feed", name="Meridian")
    await newsdesk.listed(feed, article("Envoys in Oslo", uid="1", url="https://a.example/1"))
    await newsdesk.listed(feed, article("Envoys in Cairo", uid="1", url="https://a.example/1"))
    assert (await tried(database, "Oslo")).candidates == 0
    assert (await tried(database, "Cairo")).stories == 1


async def test_a_noisy_topic_is_told_how_to_narrow_it(database: Database, clock: Clock) -> None:
    newsdesk = await Newsdesk.open(database, clock, backfill=True)
    feed = await newsdesk.follow("https://a.example/feed", name="Meridian", polled=False)
    rain = [f"Rain number{n} over place{n} today{n}" for n in range(60)]
    heat = [f"Miami Heat beat{n} team{n} by margin{n}" for n in range(60)]
    talk = [f"Miami meeting{n} of envoys{n} from land{n}" for n in range(80)]
    every = [article(title, at=START) for title in (*rain, *heat, *talk)]
    await newsdesk.listed(feed, *every)
    found = await tried(database, "Miami")
    assert found.stories == 140
    assert found.narrowing[0].word == "Heat"
    assert found.narrowing[0].hits == 60
    told = [flat(line) for line in backtest_reply(found).lines]
    assert "Heat  keeps 60 of 140;  -Heat  keeps 80" in told


async def test_samples_show_the_words(database: Database, clock: Clock) -> None:
    newsdesk = await Newsdesk.open(database, clock, backfill=True)
    feed = await newsdesk.follow("https://a.example/feed", name="Meridian", polled=False)
    long = "Nothing much happened for a while, people said. Then Witkoff flew home, and " * 3
    await newsdesk.listed(
        feed, article("Quiet day", summary=long, at=START), article("Witkoff lands", at=START)
    )
    first, second = (await tried(database, "Witkoff")).samples
    assert [span.text for span in first.headline if span.mark == "strong"] == ["Witkoff"]
    assert first.says == ()
    assert next(span.text for span in second.says if span.mark == "strong") == "Witkoff"
    assert flat(second.says).startswith("…")
