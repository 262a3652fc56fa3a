"""Old stories are deleted with all that hangs on them, and nothing is told again for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text, update

from bot.model.alert import AlertState
from bot.model.attention import Rhythm
from bot.model.ids import LOCAL
from bot.pipeline.ingest import Desk
from bot.storage import retention
from bot.storage.coverage import covered
from bot.storage.database import Database
from bot.storage.dialect import passing
from bot.storage.tables import (
    alert,
    article_terms,
    attempt,
    coverage,
    decision,
    delivery,
    digest,
    digest_line,
    match,
    seen,
    shelved,
    story,
)
from bot.storage.tables import article as article_table
from bot.topics.aliases import BUILT_IN
from bot.topics.query import parse
from bot.topics.sieve import sieve_of
from tests.clock import START, Clock
from tests.newsdesk import Newsdesk, article

OF_STORIES = (
    story, article_table, article_terms, shelved, match, decision, alert, delivery, attempt,
    digest, digest_line,
)  # fmt: skip
OLD = article("Talks in Miami", url="https://a.example/1", summary="They met.", at=START)


@pytest.fixture
async def newsdesk(database: Database, clock: Clock) -> Newsdesk:
    return await kept(await Newsdesk.open(database, clock), days=90)


async def kept(newsdesk: Newsdesk, *, days: int | None) -> Newsdesk:
    keep_for = None if days is None else timedelta(days=days)
    newsdesk.desk = Desk(database=newsdesk.database, now=newsdesk.clock, keep_for=keep_for)
    await newsdesk.desk.start()
    return newsdesk


async def rows(database: Database) -> dict[str, int]:
    """How many rows each table of the news has, those without any left out."""
    async with database.read() as connection:
        counted = {
            one.name: (await connection.execute(select(func.count()).select_from(one))).scalar_one()
            for one in OF_STORIES
        }
    return {name: count for name, count in counted.items() if count}


async def titles(database: Database) -> list[str]:
    async with database.read() as connection:
        found = await connection.execute(select(article_table.c.title).order_by("id"))
        return list(found.scalars())


async def indexed(database: Database, query: str) -> list[int]:
    """What the full-text index finds, whether there is an article of that number or not."""
    sieve = sieve_of(parse(query), BUILT_IN)
    assert sieve is not None
    async with database.read() as connection:
        found = passing(connection.dialect.name, sieve, first=0)
        return sorted(row.id for row in await connection.execute(found))


async def test_a_story_goes_with_all_that_hangs_on_it(
    newsdesk: Newsdesk, database: Database
) -> None:
    await newsdesk.watch("Miami")
    feed = await newsdesk.follow("https://a.example/feed")
    await newsdesk.listed(feed, OLD)
    assert await newsdesk.delivered() == ["Talks in Miami"]
    newsdesk.clock.forward(days=200)
    await newsdesk.listed(feed, OLD, article("Rain in Kyiv", at=newsdesk.clock()))
    await newsdesk.watch("Kyiv")
    await newsdesk.listed(feed, OLD, article("Rain in Kyiv again", at=newsdesk.clock()))
    await newsdesk.delivered()
    assert await indexed(database, "Miami | Kyiv") == [1, 2, 3]
    before = await rows(database)
    await newsdesk.desk.tidy()
    after = await rows(database)
    assert await titles(database) == ["Rain in Kyiv", "Rain in Kyiv again"]
    gone = {name: before[name] - after.get(name, 0) for name in before}
    assert gone == {
        "story": 1, "article": 1, "article_terms": 1, "shelved": 1, "match": 1, "decision": 1,
        "alert": 1, "delivery": 1, "attempt": 1,
    }  # fmt: skip
    assert await indexed(database, "Miami | Kyiv") == [2, 3]


async def test_an_old_item_that_is_still_listed_alerts_never_again(
    newsdesk: Newsdesk, database: Database
) -> None:
    await newsdesk.watch("Miami | Kyiv")
    feed = await newsdesk.follow("https://a.example/feed")
    await newsdesk.listed(feed, OLD)
    await newsdesk.delivered()
    newsdesk.clock.forward(days=200)
    await newsdesk.listed(feed, OLD, article("Rain in Kyiv", at=newsdesk.clock()))
    await newsdesk.desk.tidy()
    assert await titles(database) == ["Rain in Kyiv"]
    edited = article("Talks in Miami end", uid=OLD.uid, url=OLD.url, summary="They left.", at=START)
    for listed in ((OLD,), (edited,), (edited, OLD), (), (edited,)):
        newsdesk.clock.forward(minutes=10)
        await newsdesk.listed(feed, *listed)
        await newsdesk.desk.tidy()
    again = await kept(newsdesk, days=90)  # a restart
    await again.listed(feed, edited)
    assert await again.delivered() == ["Talks in Miami", "Rain in Kyiv"]
    assert await titles(database) == ["Rain in Kyiv"]
    async with database.read() as connection:
        known = await connection.execute(select(seen.c.article_id).distinct())
        assert sorted(known.scalars()) == [1, 2]


async def test_numbers_are_not_given_out_again(newsdesk: Newsdesk, database: Database) -> None:
    await newsdesk.watch("Miami | Kyiv")
    feed = await newsdesk.follow("https://a.example/feed")
    rain = article("Rain in Kyiv", uid="2", at=START)
    await newsdesk.listed(feed, rain, OLD)
    await newsdesk.delivered()
    newsdesk.clock.forward(days=200)
    await newsdesk.desk.tidy()
    assert len(await titles(database)) == 1, "the newest stays"
    new = article("Envoys in Miami", at=newsdesk.clock())
    await newsdesk.listed(feed, new, OLD)
    await newsdesk.desk.tidy()
    edited = article("Talks in Miami end", uid=OLD.uid, url=OLD.url, at=START)
    await newsdesk.listed(feed, new, edited, replace(rain, title="Snow in Kyiv"))
    assert await newsdesk.delivered() == ["Talks in Miami", "Rain in Kyiv", "Envoys in Miami"]
    async with database.read() as connection:
        for table in (story, article_table, alert):
            assert list((await connection.execute(select(table.c.id))).scalars()) == [3]
    assert await titles(database) == ["Envoys in Miami"]


async def test_a_story_that_grows_is_kept_whole(newsdesk: Newsdesk, database: Database) -> None:
    await kept(newsdesk, days=7)
    feed = await newsdesk.follow("https://a.example/feed")
    for _ in range(6):
        await newsdesk.listed(feed, article("Talks in Miami go on", at=newsdesk.clock()))
        newsdesk.clock.forward(days=2)
    await newsdesk.listed(feed, article("Rain in Kyiv", at=newsdesk.clock()))
    await newsdesk.desk.tidy()
    assert len(await titles(database)) == 7
    newsdesk.clock.forward(days=7)
    await newsdesk.desk.tidy()
    assert await titles(database) == ["Rain in Kyiv"]


async def test_what_came_lately_is_kept_however_old_its_date(
    newsdesk: Newsdesk, database: Database
) -> None:
    feed = await newsdesk.follow("https://a.example/feed")
    await newsdesk.listed(feed, article("Talks in Miami", at=START - timedelta(days=300)))
    await newsdesk.listed(feed, article("Rain in Kyiv", at=START))
    await newsdesk.desk.tidy()
    assert await titles(database) == ["Talks in Miami", "Rain in Kyiv"]
    newsdesk.clock.forward(days=91)
    await newsdesk.desk.tidy()
    assert await titles(database) == ["Rain in Kyiv"]


@pytest.mark.parametrize("days", [None, 0])
async def test_for_ever(newsdesk: Newsdesk, database: Database, days: int | None) -> None:
    await kept(newsdesk, days=days or None)
    feed = await newsdesk.follow("https://a.example/feed")
    await newsdesk.listed(feed, OLD, article("Rain in Kyiv", at=START))
    newsdesk.clock.forward(days=2000)
    await newsdesk.desk.tidy()
    assert len(await titles(database)) == 2


async def told_but_one(newsdesk: Newsdesk, database: Database) -> list[str]:
    """A last story, then a long time and a tidy: what is left."""
    feed = await newsdesk.follow("https://b.example/feed")
    await newsdesk.watch("Kyiv", channel="other")
    await newsdesk.listed(feed, article("Rain in Kyiv", at=START))
    newsdesk.clock.forward(days=200)
    await newsdesk.desk.tidy()
    return await titles(database)


async def test_what_is_held_is_kept(newsdesk: Newsdesk, database: Database) -> None:
    await newsdesk.watch("Miami")
    await newsdesk.wishes(rhythm=Rhythm.DAILY)
    feed = await newsdesk.follow("https://a.example/feed")
    await newsdesk.listed(feed, OLD)
    assert await told_but_one(newsdesk, database) == ["Talks in Miami", "Rain in Kyiv"]
    async with database.read() as connection:
        assert AlertState.HELD in (await connection.execute(select(alert.c.state))).scalars()


async def test_what_is_not_sent_yet_is_kept(newsdesk: Newsdesk, database: Database) -> None:
    await newsdesk.watch("Miami")
    feed = await newsdesk.follow("https://a.example/feed")
    await newsdesk.listed(feed, OLD)
    assert await told_but_one(newsdesk, database) == ["Talks in Miami", "Rain in Kyiv"]
    await newsdesk.delivered()
    await newsdesk.desk.tidy()
    assert await titles(database) == ["Rain in Kyiv"]


async def test_a_digest_goes_with_the_last_of_its_lines(
    newsdesk: Newsdesk, database: Database
) -> None:
    await newsdesk.watch("Miami")
    await newsdesk.wishes(rhythm=Rhythm.DAILY)
    feed = await newsdesk.follow("https://a.example/feed")
    await newsdesk.listed(feed, OLD, article("Rain in Miami", at=START))
    newsdesk.clock.forward(hours=12)
    late = newsdesk.clock()
    await newsdesk.listed(feed, article("Storm over Miami", at=late))
    newsdesk.clock.forward(hours=12)
    await newsdesk.holds.release()

    async def lines() -> tuple[int, int]:
        counted = await rows(database)
        return counted.get("digest_line", 0), counted.get("digest", 0)

    assert await lines() == (3, 1)
    await told_but_one(newsdesk, database)
    assert await lines() == (3, 1), "it is not sent yet"
    await newsdesk.delivered()
    async with database.write() as connection:  # the third has come up again
        await connection.execute(
            update(story).where(story.c.opened_at == late).values(last_article_at=newsdesk.clock())
        )
    await newsdesk.desk.tidy()
    assert await lines() == (1, 1)
    newsdesk.clock.forward(days=91)
    await newsdesk.desk.tidy()
    assert await lines() == (0, 0)
    assert await titles(database) == ["Rain in Kyiv"]


async def test_a_backtest_does_not_claim_the_days_that_are_gone(
    newsdesk: Newsdesk, database: Database
) -> None:
    feed = await newsdesk.follow("https://a.example/feed")
    await newsdesk.listed(feed, OLD)
    dated = article(OLD.title, uid=OLD.uid, url=OLD.url, at=START - timedelta(days=2))
    await newsdesk.listed(feed, dated)  # the outlet dates it otherwise
    newsdesk.clock.forward(days=100)
    today = newsdesk.clock()
    await newsdesk.listed(feed, dated, article("Rain in Kyiv", at=today))

    async def days() -> list[tuple[object, int]]:
        async with database.read() as connection:
            found = await connection.execute(
                select(coverage.c.day, coverage.c.articles).order_by(coverage.c.day)
            )
            return [(row.day, row.articles) for row in found]

    assert await days() == [((START - timedelta(days=2)).date(), 1), (today.date(), 1)]
    await newsdesk.desk.tidy()
    assert await days() == [(today.date(), 1)]
    async with database.read() as connection:
        found = await covered(connection, LOCAL, START.date(), today.date())
    assert (found.days_with_articles, found.articles) == (1, 1)


async def test_of_stories_that_were_joined_all_go_together(
    newsdesk: Newsdesk, database: Database
) -> None:
    await newsdesk.watch("Miami | Kyiv")
    feed = await newsdesk.follow("https://a.example/feed")
    for title in ("Talks in Miami", "Rain in Kyiv", "Storm in Kyiv", "Calm in Kyiv"):
        await newsdesk.listed(feed, article(title, at=START))
    await newsdesk.delivered()
    async with database.write() as connection:
        await connection.execute(text("UPDATE story SET merged_into = 1 WHERE id = 2"))
        await connection.execute(text("UPDATE article SET story_id = 1 WHERE story_id = 2"))
        await connection.execute(text("UPDATE decision SET story_id = 1 WHERE story_id = 2"))
        await connection.execute(text("UPDATE alert SET state = 'merged' WHERE story_id = 2"))
        await connection.execute(text("UPDATE story SET follows = 1 WHERE id > 2"))
    newsdesk.clock.forward(days=80)
    async with database.write() as connection:
        lately = (
            update(story).where(story.c.id.in_([1, 3])).values(last_article_at=newsdesk.clock())
        )
        await connection.execute(lately)
    newsdesk.clock.forward(days=20)
    await newsdesk.desk.tidy()
    assert len(await titles(database)) == 4, "the younger is a part of the older"
    newsdesk.clock.forward(days=80)
    await newsdesk.desk.tidy()
    assert await titles(database) == ["Calm in Kyiv"]
    async with database.read() as connection:
        left = await connection.execute(select(story.c.id, story.c.follows))
        assert [tuple(row) for row in left] == [(4, None)]


async def test_much_goes_in_small_steps(
    newsdesk: Newsdesk, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.pipeline.tidy.STORIES_AT_ONCE", 8)
    monkeypatch.setattr("bot.pipeline.tidy.ARTICLES_AT_ONCE", 3)
    real, steps = retention.forget_stories, []

    async def counted(*asked: object, **said: object) -> int:
        steps.append(await real(*asked, **said))  # type: ignore[arg-type]
        return steps[-1]

    monkeypatch.setattr("bot.pipeline.tidy.forget_stories", counted)
    feed = await newsdesk.follow("https://a.example/feed")
    told = [article(f"Talks number {n} in Miami", at=START) for n in range(20)]
    same = [article("Rain in Kyiv", at=START) for _ in range(5)]
    await newsdesk.listed(feed, *told, *same, article("The newest", at=START))
    newsdesk.clock.forward(days=200)
    await newsdesk.listed(feed, article("Of today", at=newsdesk.clock()))
    await newsdesk.desk.tidy()
    assert await titles(database) == ["Of today"]
    assert sum(steps) == 26
    assert sorted(steps)[-2:] == [3, 5], "a story goes whole"
