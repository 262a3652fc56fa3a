"""Two stories that turn out to be one: one card a channel, and nothing lost, whatever they were."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.model.alert import Alert, AlertState, Moved
from bot.model.attention import Rhythm
from bot.model.ids import FeedId
from bot.model.text import flat
from bot.storage.database import Database
from bot.storage.tables import alert, topic
from bot.storage.tables import article as article_table
from bot.storage.window import placed_since
from bot.stories.report import Placed, Report
from bot.stories.window import STORY_CLOSES_AFTER, Window
from tests.clock import START, Clock
from tests.newsdesk import Newsdesk, article

FIRST = "Envoys meet in Miami over truce plan"
SECOND = "Truce plan: delegations gather in Florida, Miami hosts"
THIRD = "Envoys and delegations meet in Miami over truce plan, Florida hosts"
LEAD = "The talks in Miami about a truce plan for Kherson and Odesa went on until midnight"


async def two_stories(newsdesk: Newsdesk) -> FeedId:
    """The second report comes days later, when the first story has faded; then that one is
    reported again."""
    feed = await newsdesk.follow("https://a.example/feed", name="Meridian")
    await newsdesk.listed(feed, article(FIRST, summary=f"Envoys said: {LEAD}.", at=START))
    await newsdesk.delivered()
    return await two_stories_more(newsdesk, feed, deliver=True)


async def two_stories_more(newsdesk: Newsdesk, feed: FeedId, *, deliver: bool = False) -> FeedId:
    newsdesk.clock.forward(hours=65)
    at = newsdesk.clock()
    await newsdesk.listed(feed, article(SECOND, summary=f"In Florida {LEAD}, they say.", at=at))
    if deliver:
        await newsdesk.delivered()
    await newsdesk.listed(feed, article(FIRST, at=at))
    return feed


async def bridge(newsdesk: Newsdesk, feed: FeedId) -> None:
    """A report that is like both."""
    at = newsdesk.clock()
    await newsdesk.listed(feed, article(THIRD, summary=f"{LEAD}.", at=at))


async def stories(database: Database) -> list[int]:
    async with database.read() as connection:
        rows = await connection.execute(
            select(article_table.c.story_id).order_by(article_table.c.id)
        )
        return [row.story_id for row in rows]


async def states(database: Database) -> list[tuple[int, str]]:
    async with database.read() as connection:
        rows = await connection.execute(
            select(alert.c.story_id, alert.c.state).order_by(alert.c.id)
        )
        return [(row.story_id, row.state) for row in rows]


@pytest.fixture
async def newsdesk(database: Database, clock: Clock) -> Newsdesk:
    return await Newsdesk.open(database, clock, similar=True)


async def test_of_two_cards_the_younger_becomes_a_line(
    newsdesk: Newsdesk, database: Database
) -> None:
    await newsdesk.watch("Miami")
    feed = await two_stories(newsdesk)
    assert await stories(database) == [1, 2, 1]
    await bridge(newsdesk, feed)
    assert await stories(database) == [1, 1, 1, 1]
    assert len(await newsdesk.delivered()) == 2
    older, younger = newsdesk.recorder.messages
    assert isinstance(older.said, Alert)
    assert isinstance(younger.said, Moved)
    assert flat(younger.said.line) == f"Now told with: {flat(older.said.headline)}"
    assert await states(database) == [(1, AlertState.READY), (2, AlertState.MERGED)]


async def test_what_comes_later_grows_the_card_that_is_left(
    newsdesk: Newsdesk, database: Database
) -> None:
    await newsdesk.watch("Miami")
    feed = await two_stories(newsdesk)
    await bridge(newsdesk, feed)
    await newsdesk.delivered()
    calls = len(newsdesk.recorder.calls)
    await newsdesk.listed(feed, article(SECOND, at=newsdesk.clock()))
    await newsdesk.delivered()
    assert await stories(database) == [1, 1, 1, 1, 1]
    assert newsdesk.recorder.calls[calls:] == ["edit m0"]


async def test_a_card_alone_in_its_channel_lives_on(newsdesk: Newsdesk, database: Database) -> None:
    await newsdesk.watch("delegations")
    feed = await two_stories(newsdesk)
    assert len(newsdesk.recorder.messages) == 1
    await bridge(newsdesk, feed)
    await newsdesk.delivered()
    [message] = newsdesk.recorder.messages
    assert len(message.alert.sources) == 1
    assert message.alert.story == 1
    assert await states(database) == [(1, AlertState.READY)]


async def test_a_held_younger_story_is_the_card_s_now(
    newsdesk: Newsdesk, database: Database
) -> None:
    await newsdesk.watch("Miami")
    feed = await newsdesk.follow("https://a.example/feed")
    await newsdesk.listed(feed, article(FIRST, summary=f"Envoys said: {LEAD}.", at=START))
    await newsdesk.delivered()
    await newsdesk.wishes(rhythm=Rhythm.DAILY)
    feed = await two_stories_more(newsdesk, feed)
    assert (2, AlertState.HELD) in await states(database)
    await bridge(newsdesk, feed)
    assert await states(database) == [(1, AlertState.READY), (2, AlertState.MERGED)]
    newsdesk.clock.forward(hours=30)
    await newsdesk.holds.release()
    assert len(await newsdesk.delivered()) == 1


async def test_a_younger_card_takes_the_place_of_what_was_held(
    newsdesk: Newsdesk, database: Database
) -> None:
    await newsdesk.watch("envoys")
    await newsdesk.change(topic, snoozed_until=START + timedelta(days=9))
    await newsdesk.watch("delegations")
    feed = await newsdesk.follow("https://a.example/feed")
    await newsdesk.listed(feed, article(FIRST, summary=f"Envoys said: {LEAD}.", at=START))
    feed = await two_stories_more(newsdesk, feed)
    assert await states(database) == [(1, AlertState.HELD), (2, AlertState.READY)]
    await newsdesk.delivered()
    await bridge(newsdesk, feed)
    await newsdesk.delivered()
    assert await states(database) == [(1, AlertState.READY), (2, AlertState.MERGED)]
    [message] = newsdesk.recorder.messages
    assert isinstance(message.said, Alert)


async def test_a_card_that_was_not_posted_yet_never_is(
    newsdesk: Newsdesk, database: Database
) -> None:
    await newsdesk.watch("Miami")
    feed = await newsdesk.follow("https://a.example/feed")
    await newsdesk.listed(feed, article(FIRST, summary=f"Envoys said: {LEAD}.", at=START))
    await newsdesk.delivered()
    feed = await two_stories_more(newsdesk, feed)
    await bridge(newsdesk, feed)
    assert len(await newsdesk.delivered()) == 1


async def test_a_line_of_a_digest_that_was_not_sent_yet_is_drawn_once(
    newsdesk: Newsdesk, database: Database
) -> None:
    await newsdesk.watch("Miami")
    await newsdesk.wishes(rhythm=Rhythm.DAILY)
    feed = await two_stories(newsdesk)
    newsdesk.clock.forward(hours=2)
    await newsdesk.holds.release()
    await bridge(newsdesk, feed)
    newsdesk.clock.forward(hours=30)
    await newsdesk.holds.release()
    await newsdesk.delivered()
    told = [line for m in newsdesk.recorder.messages for g in m.digest.groups for line in g.lines]
    assert [line.story for line in told] == [1]


async def test_a_restart_places_the_same(newsdesk: Newsdesk, database: Database) -> None:
    await newsdesk.watch("Miami")
    feed = await two_stories(newsdesk)
    await bridge(newsdesk, feed)
    again = Window([*await placed(database, newsdesk)], similar=True)
    for title in (FIRST, SECOND, THIRD, "Delegations gather", "Storm in Oslo"):
        report = Report(
            canonical_url="", title=title, summary=LEAD, at=newsdesk.clock(), language=""
        )
        drafts = newsdesk.desk._window.draft(), again.draft()
        terms = [draft.terms_of(report) for draft in drafts]
        assert terms[0] == terms[1]
        assert drafts[0].assign(report, terms[0]) == drafts[1].assign(report, terms[1])
    assert len(again) == len(newsdesk.desk._window) == 1
    assert again.crowd(newsdesk.clock()) == newsdesk.desk._window.crowd(newsdesk.clock())


async def placed(database: Database, newsdesk: Newsdesk) -> tuple[Placed, ...]:
    async with database.read() as connection:
        since = newsdesk.clock() - STORY_CLOSES_AFTER
        return tuple([one async for some in placed_since(connection, since) for one in some])
