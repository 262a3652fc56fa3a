"""A channel that wishes for it hears once a day that all is quiet, and only if it was."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from sqlalchemy import select, update

from bot.model.digest import Notice
from bot.model.ids import FeedId
from bot.pipeline.all_quiet import AllQuiet
from bot.storage.database import Database
from bot.storage.tables import channel, delivery, feed
from tests.clock import Clock
from tests.newsdesk import Newsdesk, article, workspace

A = FeedId(1)


@pytest.fixture
async def desk(database: Database, clock: Clock) -> Newsdesk:
    newsdesk = await Newsdesk.open(database, clock)
    await newsdesk.follow("https://a.example/feed", name="A")
    await newsdesk.watch("Miami")
    await newsdesk.wishes(all_quiet=time(12))
    async with database.write() as connection:
        await connection.execute(update(feed).values(last_success_at=clock()))
    return newsdesk


@pytest.fixture
def quiet(database: Database, clock: Clock) -> AllQuiet:
    return AllQuiet(database=database, now=clock)


async def notices(desk: Newsdesk) -> list[str]:
    await desk.delivered()
    return [one.said.title for one in desk.recorder.messages if isinstance(one.said, Notice)]


async def test_once_a_day_though_it_is_asked_every_minute_and_by_two(
    desk: Newsdesk, quiet: AllQuiet, clock: Clock, database: Database
) -> None:
    other = AllQuiet(database=database, now=clock)
    for _ in range(3):
        assert await quiet.tick() + await other.tick() <= 1
        clock.forward(minutes=1)
    assert await notices(desk) == ["All quiet: nothing to tell since yesterday"]
    clock.forward(hours=24)
    async with database.write() as connection:
        await connection.execute(update(feed).values(last_success_at=clock()))
    assert await quiet.tick() == 1
    assert len(await notices(desk)) == 2


async def test_a_channel_that_was_told_something_needs_none(
    desk: Newsdesk, quiet: AllQuiet, clock: Clock
) -> None:
    clock.forward(hours=1)
    await desk.listed(A, article("Envoys arrive in Miami", at=clock()))
    await desk.delivered()
    clock.forward(hours=23)
    assert await quiet.tick() == 0
    clock.forward(hours=24)
    assert await quiet.tick() == 1


async def test_what_is_about_to_be_told_counts(
    desk: Newsdesk, quiet: AllQuiet, clock: Clock
) -> None:
    await desk.listed(A, article("Envoys arrive in Miami", at=clock()))
    assert await quiet.tick() == 0


@pytest.mark.parametrize("values", [{"disabled_reason": "gone"}, {"muted_until": "later"}])
async def test_a_channel_that_wants_to_hear_nothing_does_not(
    desk: Newsdesk, quiet: AllQuiet, clock: Clock, values: dict[str, str]
) -> None:
    later = clock() + timedelta(hours=1)
    await desk.change(channel, **{k: later if v == "later" else v for k, v in values.items()})
    assert await quiet.tick() == 0


async def test_it_tells_of_the_workspaces_own_feeds_alone(
    desk: Newsdesk, quiet: AllQuiet, clock: Clock, database: Database
) -> None:
    await desk.follow("https://b.example/feed", name="Theirs", by=workspace("elsewhere"))
    async with database.write() as connection:
        await connection.execute(update(feed).values(failures=3))
    assert await quiet.tick() == 1
    async with database.read() as connection:
        body = (await connection.execute(select(delivery.c.body))).scalar_one()
    assert body["title"] == "Quiet, and 1 feed cannot be read"
    assert "Theirs" not in str(body)
    assert body["asks"] is False
