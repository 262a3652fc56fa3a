"""What fetchers hand to the desk: taken in once, whoever dies, and nothing of it is lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.engine.local import LocalEngine
from bot.model.article import ParsedFeed
from bot.model.feed import Validators
from bot.model.ids import FeedId
from bot.pipeline.handover import Outbox, pack, unpack
from bot.pipeline.inbox import Inbox, within
from bot.pipeline.ingest import Desk
from bot.pipeline.poll import CLAIM_LEASE
from bot.pipeline.polled import Poll
from bot.pipeline.rounds import BATCH, FETCH, SHARDS, Planner, batched
from bot.storage import feeds
from bot.storage.database import Database
from bot.storage.duty import OffDuty
from bot.storage.handed import pause_hosts, still_claimed
from bot.storage.tables import article as articles
from bot.storage.tables import handed
from tests.clock import Clock
from tests.newsdesk import Newsdesk, article


async def _poll(desk: Newsdesk, feed: FeedId, *titles: str) -> Poll:
    async with desk.database.read() as connection:
        state = await feeds.get_feed(connection, feed)
    now = desk.clock()
    parsed = tuple(article(title, at=now - timedelta(minutes=5)) for title in titles)
    return Poll(
        feed=state,
        polled_at=now,
        next_poll_at=now + timedelta(minutes=10),
        validators=Validators(etag='"ä"', last_modified=None),
        body_hash="abc",
        parsed=ParsedFeed(title="Wire", articles=parsed, ttl_s=60.0),
        moved_to="https://b.example/feed",
    )


async def _count(database: Database) -> tuple[int, int]:
    """Rows that wait, and articles."""
    async with database.read() as connection:
        waiting = await connection.execute(select(func.count()).select_from(handed))
        taken = await connection.execute(select(func.count()).select_from(articles))
        return waiting.scalar_one(), taken.scalar_one()


async def test_a_poll_arrives_as_it_was(database: Database, clock: Clock) -> None:
    desk = await Newsdesk.open(database, clock)
    poll = await _poll(desk, await desk.follow("https://a.example/feed"), "Harbour \u2013 open")
    assert unpack(pack(poll), feed=poll.feed, handed=7) == replace(poll, handed=7)
    failed = replace(poll, parsed=None, error="404", gone=True, whole=False)
    assert unpack(pack(failed), feed=poll.feed, handed=8) == replace(failed, handed=8)


async def test_what_is_handed_over_is_taken_in_once(database: Database, clock: Clock) -> None:
    newsdesk = await Newsdesk.open(database, clock)
    feed = await newsdesk.follow("https://a.example/feed")
    outbox = Outbox(database=database, engine=LocalEngine(), now=clock)
    await outbox.hand_over(await _poll(newsdesk, feed, "One", "Two"))
    await outbox.hand_over(await _poll(newsdesk, feed, "Three"))
    assert await _count(database) == (2, 0)
    woken = 0

    async def wake(_: AsyncConnection) -> None:
        nonlocal woken
        woken += 1

    async def on_duty(_: AsyncConnection) -> None: ...

    desk = Desk(database=database, now=clock, within=within(on_duty, wake))
    await desk.start()
    inbox = Inbox(database=database, desk=desk)
    assert await inbox.drain() == 2
    assert await _count(database) == (0, 3)
    assert await inbox.drain() == 0
    assert woken == 2  # the feed's second poll knows of its first


async def test_who_is_not_the_desk_takes_nothing_in(database: Database, clock: Clock) -> None:
    newsdesk = await Newsdesk.open(database, clock)
    feed = await newsdesk.follow("https://a.example/feed")
    outbox = Outbox(database=database, engine=LocalEngine(), now=clock)
    await outbox.hand_over(await _poll(newsdesk, feed, "One"))

    async def replaced(_: AsyncConnection) -> None:
        raise OffDuty("desk")

    async def wake(_: AsyncConnection) -> None: ...

    desk = Desk(database=database, now=clock, within=within(replaced, wake))
    await desk.start()
    with pytest.raises(OffDuty):
        await Inbox(database=database, desk=desk).drain()
    assert await _count(database) == (1, 0)


async def test_a_row_that_can_never_be_taken_in_holds_up_nobody(
    database: Database, clock: Clock
) -> None:
    newsdesk = await Newsdesk.open(database, clock)
    feed = await newsdesk.follow("https://a.example/feed")
    good = await _poll(newsdesk, feed, "One")
    bad = replace(good, feed=replace(good.feed, id=FeedId(999)))
    outbox = Outbox(database=database, engine=LocalEngine(), now=clock)
    await outbox.hand_over(bad)
    await outbox.hand_over(good)
    desk = Desk(database=database, now=clock)
    await desk.start()
    inbox = Inbox(database=database, desk=desk)
    async with database.write() as connection:
        await within(_nothing, _nothing)(connection, [])
    assert await inbox._next() != []
    assert (await _count(database))[0] == 1


async def _nothing(_: AsyncConnection) -> None: ...


async def test_a_plan_claims_what_it_gives_out(database: Database, clock: Clock) -> None:
    newsdesk = await Newsdesk.open(database, clock)
    one = await newsdesk.follow("https://a.example/1")
    two = await newsdesk.follow("https://a.example/2")
    paused = await newsdesk.follow("https://b.example/1")
    async with database.write() as connection:
        await pause_hosts(connection, {"b.example": clock() + timedelta(minutes=1)})
    planner = Planner(database=database, engine=LocalEngine(), now=clock)
    assert await planner.plan() == 2
    assert await planner.plan() == 0
    until = clock() + CLAIM_LEASE
    async with database.read() as connection:
        claimed = await still_claimed(connection, [one, two, paused], until=until)
    assert [state.id for state in claimed] == [one, two]
    outbox = Outbox(database=database, engine=LocalEngine(), now=clock)
    await outbox.hand_over(await _poll(newsdesk, one, "One"))
    async with database.read() as connection:
        again = await still_claimed(connection, [one, two, paused], until=until)
    assert [state.id for state in again] == [two]
    clock.forward(minutes=2)
    assert await planner.plan() == 1  # the pause is over


async def test_a_job_is_given_out_once_a_shard(database: Database, clock: Clock) -> None:
    newsdesk = await Newsdesk.open(database, clock)
    engine = LocalEngine()
    planner = Planner(database=database, engine=engine, now=clock)
    await newsdesk.follow("https://a.example/1")
    assert await planner.plan() == 1
    later = await newsdesk.follow("https://a.example/2")
    assert await planner.plan() == 0  # its host's job still waits
    async with database.read() as connection:
        state = await feeds.get_feed(connection, later)
    assert state.next_poll_at is not None
    assert state.next_poll_at <= clock()  # not claimed, so not lost
    engine._next(FETCH)
    assert await planner.plan() == 1


def test_batches_are_of_whole_hosts(clock: Clock) -> None:
    due = [(FeedId(n), f"host-{n % 300}.example") for n in range(900)]
    due += [(FeedId(1000 + n), "www.reddit.com") for n in range(5)]
    batches, pauses = batched(due, now=clock())
    assert len(batches) == SHARDS
    assert max(map(len, batches.values())) <= BATCH
    hosts = dict(due)
    shards = {(hosts[feed], shard) for shard, batch in batches.items() for feed in batch}
    assert len({host for host, _ in shards}) == len(shards)
    assert sum(hosts[one] == "www.reddit.com" for batch in batches.values() for one in batch) == 1
    assert pauses == {"www.reddit.com": clock() + timedelta(seconds=60)}


async def test_a_commit_whose_answer_was_lost_is_seen(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second report joins the first one's story, which the desk did not know was stored."""
    newsdesk = await Newsdesk.open(database, clock)
    feed = await newsdesk.follow("https://a.example/feed")
    other = await newsdesk.follow("https://b.example/feed")
    link = "https://wire.example/harbour"
    desk = newsdesk.desk
    real = Database.write

    @asynccontextmanager
    async def losing(self: Database) -> AsyncIterator[AsyncConnection]:
        async with real(self) as connection:
            yield connection
        raise OperationalError("COMMIT", {}, OSError("the answer was lost"))

    first = await _poll(newsdesk, feed, "One")
    first = replace(first, parsed=ParsedFeed(title="A", articles=(article("One", url=link),)))
    monkeypatch.setattr(Database, "write", losing)
    with pytest.raises(OperationalError):
        await desk.ingest([first])
    monkeypatch.setattr(Database, "write", real)
    second = await _poll(newsdesk, other, "One")
    second = replace(second, parsed=ParsedFeed(title="B", articles=(article("One", url=link),)))
    await desk.ingest([second])
    async with database.read() as connection:
        stories = (await connection.execute(select(articles.c.story_id))).scalars().all()
    assert len(stories) == 2
    assert len(set(stories)) == 1
