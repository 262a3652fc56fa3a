"""The installation in numbers, on a database with something of each."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from bot.cli_status import lines, problems
from bot.errors import Retryable
from bot.model.glance import ago
from bot.storage.database import Database
from bot.storage.tables import feed
from bot.storage.vitals import Vitals, vitals
from tests.clock import Clock
from tests.newsdesk import Newsdesk, article
from tests.recorder import Fault


async def read(database: Database, clock: Clock) -> Vitals:
    async with database.read() as connection:
        return await vitals(connection, now=clock())


async def test_an_empty_installation(database: Database, clock: Clock) -> None:
    found = await read(database, clock)
    assert (found.feeds, found.articles, found.pending, found.channels) == (0, 0, 0, 0)
    assert list(problems(found, now=clock())) == []
    assert dict(lines(found, now=clock()))["Posted"] == "nothing in 24 hours"


async def test_what_is_at_work_and_what_waits(database: Database, clock: Clock) -> None:
    desk = await Newsdesk.open(database, clock)
    feeds = [await desk.follow(f"https://{name}.example/feed") for name in "abc"]
    await desk.watch("harbour")
    await desk.listed(feeds[0], article("The harbour is open", at=clock()))
    await desk.delivered()
    desk.recorder.faults.append(Fault(Retryable("desk", "slow down", retry_after=60)))
    await desk.listed(feeds[0], article("A harbour froze over", at=clock()))
    await desk.delivered()
    async with database.write() as connection:
        await connection.execute(
            update(feed).where(feed.c.id == feeds[1]).values(failures=2, next_poll_at=clock())
        )
        gone = update(feed).where(feed.c.id == feeds[2])
        await connection.execute(gone.values(gone_at=clock(), failures=9, next_poll_at=clock()))
    clock.forward(minutes=11)
    found = await read(database, clock)
    assert (found.feeds, found.failing) == (2, 1), "what its publisher took down is not read"
    assert (found.articles, found.posted, found.pending) == (2, {"card": 1}, 1)
    assert found.pending_since == clock() - timedelta(minutes=11)
    said = list(problems(found, now=clock()))
    assert [one.split(":")[0] for one in said] == [
        "A feed has been due for 11 min",
        "A post has waited for 11 min",
    ]
    clock.forward(days=2)
    assert (await read(database, clock)).posted == {}


def test_ages_are_short() -> None:
    assert [ago(timedelta(seconds=s)) for s in (-3, 40, 600, 9000, 400_000)] == [
        "0 s", "40 s", "10 min", "2 h", "4 days",
    ]  # fmt: skip
