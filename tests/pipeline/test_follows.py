"""A report that comes after its story closed: a new story, whose card leads to the earlier one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from bot.model.ids import FeedId
from bot.storage.database import Database
from bot.storage.tables import story
from tests.clock import Clock
from tests.newsdesk import Newsdesk, article

FIRST = "Envoys meet in Miami over truce plan"
LEAD = "The talks about a truce plan for Kherson and Odesa went on until midnight on Sunday"


@pytest.fixture
async def newsdesk(database: Database, clock: Clock) -> Newsdesk:
    return await Newsdesk.open(database, clock, similar=True)


async def follows(database: Database) -> list[int | None]:
    async with database.read() as connection:
        rows = await connection.execute(select(story.c.follows).order_by(story.c.id))
        return [row.follows for row in rows]


async def told(newsdesk: Newsdesk, feed: FeedId, title: str, summary: str = "") -> None:
    await newsdesk.listed(feed, article(title, summary=summary, at=newsdesk.clock()))
    await newsdesk.delivered()


async def test_the_new_card_says_what_it_follows(newsdesk: Newsdesk, database: Database) -> None:
    await newsdesk.watch("Miami")
    feed = await newsdesk.follow("https://a.example/feed")
    await told(newsdesk, feed, FIRST, LEAD)
    newsdesk.clock.forward(hours=80)
    await told(newsdesk, feed, "Truce plan: Miami envoys meet again", LEAD.replace("until", "to"))
    await told(newsdesk, feed, "Storm closes the port of Miami", "Winds are high, ships wait.")
    first, second, third = (message.alert for message in newsdesk.recorder.messages)
    assert first.follows is None
    assert second.follows is not None
    assert (second.follows.headline, second.follows.card) == (FIRST, "m0")
    assert second.follows.url == first.url
    assert third.follows is None
    assert await follows(database) == [None, 1, None]


async def test_the_link_leads_to_the_card_where_the_platform_has_links(
    newsdesk: Newsdesk,
) -> None:
    caps = newsdesk.recorder.capabilities
    newsdesk.recorder.capabilities = replace(caps, message_link="https://c.example/{message}")
    await newsdesk.watch("Miami")
    feed = await newsdesk.follow("https://a.example/feed")
    await told(newsdesk, feed, FIRST, LEAD)
    newsdesk.clock.forward(hours=80)
    await told(newsdesk, feed, FIRST, LEAD)
    earlier = newsdesk.recorder.messages[1].alert.follows
    assert earlier is not None
    assert earlier.url == "https://c.example/m0"


async def test_a_channel_that_was_not_told_of_it_does_not_hear_of_it(
    newsdesk: Newsdesk, database: Database
) -> None:
    await newsdesk.watch("again")
    feed = await newsdesk.follow("https://a.example/feed")
    await told(newsdesk, feed, FIRST, LEAD)
    newsdesk.clock.forward(hours=80)
    await told(newsdesk, feed, f"{FIRST} again", LEAD)
    [message] = newsdesk.recorder.messages
    assert message.alert.follows is None
    assert await follows(database) == [None, 1]


async def test_a_restart_knows_what_was_closed(
    newsdesk: Newsdesk, database: Database, clock: Clock
) -> None:
    feed = await newsdesk.follow("https://a.example/feed")
    await told(newsdesk, feed, FIRST, LEAD)
    newsdesk.clock.forward(hours=80)
    await newsdesk.desk.tidy()
    again = await Newsdesk.open(database, clock, similar=True)
    await told(again, feed, FIRST, LEAD)
    assert await follows(database) == [None, 1]


async def test_after_two_weeks_it_is_another_story(newsdesk: Newsdesk, database: Database) -> None:
    feed = await newsdesk.follow("https://a.example/feed")
    await told(newsdesk, feed, FIRST, LEAD)
    newsdesk.clock.forward(hours=24 * 15)
    await told(newsdesk, feed, FIRST, LEAD)
    assert await follows(database) == [None, None]
