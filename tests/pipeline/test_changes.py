"""Material changes of a story that was told: replies where they are wished, and only there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import time, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.article import ParsedArticle
from bot.model.delivery import DeliveryKind
from bot.model.ids import FeedId
from bot.model.topic import Updates
from bot.storage import deliveries
from bot.storage.database import Database
from bot.storage.tables import alert, delivery, subscription, topic
from tests.clock import Clock
from tests.newsdesk import Newsdesk, article

TITLE = "Miami ceasefire talks end early"
LEADS = (
    "Negotiators left the hotel shortly before midnight and nobody would say when they meet again",
    "A long evening of bargaining brought diplomats no closer together, several people there said",
    "Both delegations flew home on Sunday after what an envoy called frank but fruitless exchanges",
    "The mediators had hoped for signatures, yet quarrels about prisoners kept all apart still",
    "Markets opened lower as investors digested news that diplomacy failed once more over borders",
    "Families waiting for word from captives reacted with anger when officials told of a collapse",
)


def report(outlet: int) -> ParsedArticle:
    """What the outlet says in its own words, on its own site."""
    url = f"https://o{outlet}.example/talks"
    return article(TITLE, url=url, summary=LEADS[outlet])


class Story:
    """A story that one outlet after another reports."""

    def __init__(self, desk: Newsdesk, feeds: list[FeedId]) -> None:
        self.desk, self.feeds, self._told = desk, feeds, 0

    @classmethod
    async def open(cls, database: Database, clock: Clock, *, updates: Updates | None) -> Story:
        """Its card stands, by the first outlet, and half an hour is over."""
        desk = await Newsdesk.open(database, clock)
        await desk.watch("Miami")
        if updates is not None:
            await desk.change(subscription, updates=updates)
        feeds = [
            await desk.follow(f"https://o{n}.example/feed", name=f"Outlet {n}")
            for n in range(len(LEADS))
        ]
        story = cls(desk, feeds)
        await story.reported()
        assert await desk.delivered() == [TITLE]
        clock.forward(minutes=31)
        return story

    async def reported(self, outlets: int = 1) -> None:
        for _ in range(outlets):
            here, self._told = self._told, self._told + 1
            await self.desk.listed(self.feeds[here], report(here))

    async def replies(self) -> list[str]:
        await self.desk.delivered()
        return [one.texts[0] for one in self.desk.recorder.messages if one.thread is not None]


async def test_it_is_off_unless_it_is_wished(database: Database, clock: Clock) -> None:
    story = await Story.open(database, clock, updates=None)
    await story.reported(outlets=2)
    assert await story.replies() == []


async def test_the_third_outlet_is_told_once_in_the_thread(
    database: Database, clock: Clock
) -> None:
    story = await Story.open(database, clock, updates=Updates.REPLIES)
    await story.reported()
    assert await story.replies() == []  # a second outlet is no material change
    await story.reported()
    [reply] = await story.replies()
    assert "3 independent outlets" in reply
    assert "Outlet 2" in reply
    assert story.desk.recorder.messages[-1].thread == "m0"
    clock.forward(hours=2)
    await story.reported()
    assert await story.replies() == [reply]  # nor is a fourth


@pytest.mark.parametrize("silence", ["muted", "snoozed", "quiet", "budget"])
async def test_who_may_not_speak_tells_no_change(
    database: Database, clock: Clock, silence: str
) -> None:
    story = await Story.open(database, clock, updates=Updates.REPLIES)
    later = clock() + timedelta(hours=5)
    match silence:
        case "muted":
            await story.desk.change(topic, muted_until=later)
        case "snoozed":
            await story.desk.change(topic, snoozed_until=later)
        case "quiet":
            await story.desk.wishes(quiet_from=time(11), quiet_to=time(16))
        case _:
            await story.desk.wishes(budget=1)
    await story.reported(outlets=2)
    assert await story.replies() == []


async def test_what_fails_in_between_tells_it_once(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dies(*_: object) -> None:
        raise RuntimeError("killed")

    story = await Story.open(database, clock, updates=Updates.REPLIES)
    await story.reported()
    insert = deliveries.insert_deliveries
    third = report(2)

    async def dies_after(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
        await insert(connection, rows)
        if rows:
            raise RuntimeError("killed")

    for place, death in (
        ("bot.pipeline.changes.keep_told", dies),
        ("bot.storage.deliveries.insert_deliveries", dies_after),
    ):
        with monkeypatch.context() as patch, pytest.raises(RuntimeError):
            patch.setattr(place, death)
            await story.desk.listed(story.feeds[2], third)
    await story.desk.listed(story.feeds[2], third)
    await story.desk.listed(story.feeds[2], third)
    assert len(await story.replies()) == 1
    async with database.read() as connection:
        wanted = select(func.count()).where(delivery.c.kind == DeliveryKind.REPLY)
        assert (await connection.execute(wanted)).scalar_one() == 1
        told = (await connection.execute(select(alert.c.told))).scalar_one()
    assert told["replies"] == 1
