"""The first stage with the second behind it, on a loopback publisher: what is asked for, when, and
what is read of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from bot.feeds.fetch import Fetcher
from bot.feeds.schedule import IMMEDIATE_S
from bot.feeds.workers import ParseWorkers
from bot.model.feed import FeedState
from bot.model.ids import FeedId
from bot.pipeline.poll import CLAIM_LEASE, Poller
from bot.pipeline.polled import Poll
from bot.storage import feeds
from bot.storage.database import Database
from bot.storage.listings import get_listings
from bot.storage.tables import article as article_table
from bot.storage.tables import feed as feed_table
from bot.storage.tables import follow as follow_table
from bot.storage.tables import seen
from tests.clock import START, Clock
from tests.newsdesk import Newsdesk
from tests.servers.feeds import FeedServer, Page, feed_server


def items(*numbers: int, built: int = 0, title: str = "Miami", uid: str = "post") -> bytes:
    """A feed with these items, newest first, and a build date that changes with `built`."""
    listed = "".join(
        f"<item><title>{title} {n}</title><link>https://harbour.example/2026/{n}</link>"
        f"<guid>{uid}-{n}</guid>"
        f"<pubDate>{START + timedelta(minutes=n):%a, %d %b %Y %H:%M:%S GMT}</pubDate></item>"
        for n in numbers
    )
    return (
        '<rss version="2.0"><channel><title>Harbour</title>'
        f"<lastBuildDate>{built}</lastBuildDate>{listed}</channel></rss>"
    ).encode()


class Desk:
    """A newsdesk behind a poller, with every poll kept for a look at it."""

    def __init__(self, newsdesk: Newsdesk, server: FeedServer, fetcher: Fetcher) -> None:
        self.newsdesk = newsdesk
        self.server = server
        self.clock = newsdesk.clock
        self.database = newsdesk.database
        self.polls: list[Poll] = []
        self.workers = ParseWorkers()
        self.poller = self.new_poller(fetcher)

    def new_poller(self, fetcher: Fetcher, *, concurrency: int = 10, per_host: int = 4) -> Poller:
        return Poller(
            database=self.database,
            fetcher=fetcher,
            workers=self.workers,
            hand_over=self._hand_over,
            now=self.clock,
            concurrency=concurrency,
            per_host=per_host,
        )

    async def _hand_over(self, poll: Poll) -> None:
        self.polls.append(poll)
        await self.newsdesk.desk.ingest([poll])

    async def follow(self, url: str) -> FeedId:
        return await self.newsdesk.follow(url, polled=False)

    async def poll(self, **later: float) -> Poll:
        """Let time pass, make everything due and poll it. The last poll."""
        self.clock.forward(**later)
        async with self.database.write() as connection:
            await connection.execute(update(feed_table).values(next_poll_at=self.clock()))
        await self.poller.poll_all()
        return self.polls[-1]

    async def state(self, feed: FeedId) -> FeedState:
        async with self.database.read() as connection:
            return await feeds.get_feed(connection, feed)

    async def stored(self) -> int:
        async with self.database.read() as connection:
            query = select(func.count()).select_from(article_table)
            return int((await connection.execute(query)).scalar_one())


@pytest.fixture
async def desk(database: Database, clock: Clock) -> AsyncIterator[Desk]:
    newsdesk = await Newsdesk.open(database, clock)
    async with (
        feed_server() as server,
        Fetcher(allow_private=True, user_agent="Wirewatch/test", timeout_s=5) as fetcher,
    ):
        opened = Desk(newsdesk, server, fetcher)
        async with opened.workers:
            yield opened
        await opened.poller.stop()


async def test_only_what_was_not_listed_before_is_read(desk: Desk) -> None:
    feed = await desk.follow(
        desk.server.put(
            "/feed",
            Page(body=items(2, 1)),
            Page(body=items(3, 2, 1, built=1)),
            Page(body=items(3, 2, 1, built=2)),
        )
    )
    assert [len((await desk.poll(hours=1)).sources) for _ in range(3)] == [2, 1, 0]
    assert [poll.read for poll in desk.polls] == [True, True, False]
    assert await desk.stored() == 3
    assert (await desk.state(feed)).title == "Harbour"
    async with desk.database.read() as connection:
        listing = (await get_listings(connection, [feed]))[feed]
    assert set(listing.hashes) == set(desk.polls[-1].hashes)
    assert listing.articles == {1, 2, 3}


async def test_an_item_is_read_again_until_its_article_is_stored(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.follow(desk.server.put("/feed", Page(body=items(1)), Page(body=items(1, built=1))))
    with monkeypatch.context() as patched:
        patched.setattr(desk.newsdesk.desk, "ingest", _lost)
        await desk.poll()
    assert await desk.stored() == 0
    assert len((await desk.poll(hours=1)).sources) == 1
    assert await desk.stored() == 1


async def _lost(_: object) -> None:
    """A process that dies before it commits."""


async def test_nothing_that_a_publisher_does_to_old_items_alerts_again(desk: Desk) -> None:
    await desk.newsdesk.watch("Miami")
    old = (3, 2, 1)
    answers = (
        Page(body=items(*old), etag='"1"'),
        Page(body=items(*old, uid="churned")),  # and no validators any more
        Page(body=items(1, 3, 2, uid="churned", built=1)),
        Page(body=items(*old, title="Miami today:")),
        Page(body=items()),
        Page(body=items(*old, built=2)),
        Page(body=items(*old, built=3), etag='"2"'),
        Page(body=items(*old, built=3), conditional=False, etag='"3"'),
    )
    await desk.follow(desk.server.put("/feed", *answers))
    for _ in answers:
        await desk.poll(minutes=20)
        await desk.newsdesk.delivered()
    assert all(poll.error is None for poll in desk.polls)
    assert len(desk.newsdesk.recorder.messages) == 3
    assert await desk.stored() == 3


async def test_a_document_that_cannot_be_taken_apart_is_read_whole(desk: Desk) -> None:
    broken = items(2, 1).replace(b"<channel>", b"<channel><br>")
    await desk.follow(
        desk.server.put("/feed", Page(body=broken), Page(body=broken.replace(b">0<", b">1<")))
    )
    await desk.poll()
    poll = await desk.poll(hours=1)
    assert poll.hashes == ()
    assert poll.parsed is not None
    assert len(poll.parsed.articles) == 2
    assert await desk.stored() == 2


async def test_a_slow_host_does_not_use_up_the_room(desk: Desk) -> None:
    for n in range(20):
        await desk.follow(desk.server.put(f"/slow{n}", Page(body=items(1), delay_s=30)))
    desk.clock.forward(minutes=1)
    quick = desk.server.put("/quick", Page(body=items(1))).replace("127.0.0.1", "localhost")
    await desk.follow(quick)
    assert await desk.poller.tick() == 5  # four of the one, and the other
    while not desk.polls:  # noqa: ASYNC110 - the poller tells nobody
        await asyncio.sleep(0.01)
    assert desk.polls[0].feed.url == quick
    assert await desk.poller.tick() == 0
    await desk.poller.stop()


async def test_room_that_falls_free_is_claimed_without_a_tick(desk: Desk) -> None:
    for n in range(30):
        await desk.follow(desk.server.put(f"/{n}", Page(body=items(n))))
    async with Fetcher(allow_private=True, user_agent="test", per_host=4) as fetcher:
        poller = desk.new_poller(fetcher, concurrency=4)
        assert await poller.tick() == 4
        while len(desk.polls) < 30:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.01)
        await poller.stop()
    assert len({poll.feed.id for poll in desk.polls}) == 30


async def test_a_poll_that_outlasts_its_lease_is_not_begun_twice(desk: Desk) -> None:
    await desk.follow(desk.server.put("/slow", Page(body=items(1), delay_s=30)))
    assert await desk.poller.tick() == 1
    desk.clock.forward(seconds=CLAIM_LEASE.total_seconds() + 1)
    assert await desk.poller.tick() == 0
    await desk.poller.stop()


async def test_a_clock_set_back_does_not_stop_the_polling(desk: Desk) -> None:
    feed = await desk.follow(desk.server.put("/feed", Page(body=items(1))))
    desk.clock.forward(days=400)
    await desk.poller.poll_all()
    desk.clock.forward(days=-400)
    assert (await desk.state(feed)).next_poll_at == desk.polls[0].next_poll_at
    assert await desk.poller.poll_all() == 1
    state = await desk.state(feed)
    assert state.next_poll_at is not None
    assert state.next_poll_at < desk.clock() + timedelta(hours=1)


async def test_validators_are_not_believed_for_ever(desk: Desk) -> None:
    await desk.follow(desk.server.put("/feed", Page(body=items(1), etag='"1"')))
    for days in (0, 4, 3, 2, 1):
        await desk.poll(days=days)
    asked = ["If-None-Match" in one.headers for one in desk.server.requests]
    assert asked == [False, True, True, False, True]
    assert [poll.whole for poll in desk.polls] == [True, False, False, True, False]


async def test_a_feed_that_moved_for_good_is_asked_at_its_new_address(desk: Desk) -> None:
    new = desk.server.put("/new", Page(body=items(1), etag='"1"'))
    feed = await desk.follow(desk.server.redirect("/old", new, status=301))
    for _ in range(6):
        await desk.poll(hours=1)
    assert len(desk.server.asked("/old")) == 5
    assert (await desk.state(feed)).lives_at == new
    async with desk.database.write() as connection:
        same = await feeds.ensure_feed(connection, new, now=desk.clock(), interval_s=600)
    assert same.id == feed  # one row per URL, whichever of its addresses is added


async def test_a_feed_comes_home_when_its_new_address_fails(desk: Desk) -> None:
    new = desk.server.put("/new", Page(status=410))
    feed = await desk.follow(desk.server.put("/old", Page(body=items(1))))
    async with desk.database.write() as connection:
        await connection.execute(update(feed_table).values(lives_at=new))
    for _ in range(3):
        await desk.poll(hours=1)
    state = await desk.state(feed)
    assert state.lives_at is None
    assert state.gone_at is None
    assert (await desk.poll(hours=1)).error is None


async def test_a_passing_redirect_moves_nothing(desk: Desk) -> None:
    new = desk.server.put("/new", Page(body=items(1)))
    feed = await desk.follow(desk.server.redirect("/old", new, status=302))
    for _ in range(7):
        await desk.poll(hours=1)
    assert (await desk.state(feed)).lives_at is None


async def test_a_feed_that_is_gone_is_asked_three_times_and_no_more(desk: Desk) -> None:
    feed = await desk.follow(desk.server.put("/feed", Page(status=410)))
    for _ in range(5):
        await desk.poll(hours=8)
    assert len(desk.polls) == 3
    assert (await desk.state(feed)).gone_at is not None


async def test_what_one_feed_is_told_to_wait_all_of_its_host_wait(desk: Desk) -> None:
    headers = {"Retry-After": "120"}
    await desk.follow(desk.server.put("/a", Page(status=429, headers=headers)))
    assert await desk.poller.poll_all() == 1
    await desk.follow(desk.server.put("/b", Page(body=items(1))))
    assert await desk.poller.poll_all() == 0
    desk.clock.forward(seconds=121)
    assert await desk.poller.poll_all() == 1


async def test_a_feed_that_somebody_watches_is_asked_at_least_every_half_hour(desk: Desk) -> None:
    weekly = items(*(n * 7 * 1440 for n in range(-6, 0)))
    headers = {"Cache-Control": "max-age=86400"}
    await desk.follow(desk.server.put("/feed", Page(body=weekly, headers=headers)))
    await desk.poll()
    idle = await desk.poll(hours=1)
    assert idle.next_poll_at - desk.clock() >= timedelta(hours=6)
    await desk.newsdesk.watch("Miami")
    wanted = await desk.poll(hours=1)
    assert wanted.next_poll_at - desk.clock() <= timedelta(seconds=IMMEDIATE_S)


async def test_an_item_is_forgotten_ninety_days_after_it_left(desk: Desk) -> None:
    feed = await desk.follow(
        desk.server.put("/feed", Page(body=items(2, 1)), Page(body=items(2, built=1)))
    )

    async def remembered() -> set[int]:
        await desk.newsdesk.desk.tidy()
        async with desk.database.read() as connection:
            rows = await connection.execute(
                select(seen.c.article_id).where(seen.c.feed_id == feed).distinct()
            )
            return {row.article_id for row in rows}

    await desk.poll()
    desk.clock.forward(days=200)  # listed all the while, as far as anybody knows
    assert await remembered() == {1, 2}
    await desk.poll()  # the first has left now
    desk.clock.forward(days=89)
    assert await remembered() == {1, 2}
    desk.clock.forward(days=2)
    assert await remembered() == {2}
    desk.clock.forward(days=400)
    assert await remembered() == {2}
    assert (await desk.poll()).error is None
    assert await desk.stored() == 2


async def test_a_feed_that_nobody_follows_is_forgotten_and_begins_anew(desk: Desk) -> None:
    url = desk.server.put("/feed", Page(body=items(2, 1)))
    feed = await desk.follow(url)
    await desk.newsdesk.watch("Miami")
    await desk.poll()
    await desk.newsdesk.change(follow_table, removed=True)
    async with desk.database.write() as connection:
        await feeds.restart_unread(connection)  # as every command that removes a follow does

    async def remembered() -> int:
        await desk.newsdesk.desk.tidy()
        async with desk.database.read() as connection:
            query = select(func.count()).select_from(seen).where(seen.c.feed_id == feed)
            return int((await connection.execute(query)).scalar_one())

    desk.clock.forward(days=89)
    assert await remembered() > 0
    desk.clock.forward(days=2)
    assert await remembered() == 0
    assert (await desk.state(feed)).first_polled_at is None
    await desk.newsdesk.delivered()
    before = len(desk.newsdesk.recorder.messages)
    await desk.newsdesk.follow(url, polled=False)
    await desk.poll()
    await desk.newsdesk.delivered()
    assert len(desk.newsdesk.recorder.messages) == before, "old news again"


async def test_all_feeds_of_a_host_that_is_asked_rarely_are_polled(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []

    async def pause(seconds: float) -> None:
        waits.append(seconds)
        desk.clock.forward(seconds=seconds)

    monkeypatch.setattr("bot.pipeline.poll._pause", pause)
    monkeypatch.setattr("bot.feeds.pace._AT_LEAST_APART", {"127.0.0.1": timedelta(seconds=60)})
    for name in "abc":
        await desk.follow(desk.server.put(f"/{name}", Page(body=items(1))))
    assert await desk.poller.poll_all() == 3
    assert waits == [60, 60]


async def test_what_a_process_did_is_tallied(desk: Desk) -> None:
    await desk.follow(desk.server.put("/slow-down", Page(status=429)))
    await desk.follow(desk.server.put("/fine", Page(body=items(1))))
    await desk.poller.poll_all()
    tally = desk.poller.tally
    assert (tally.polls, tally.too_many, tally.parses) == (2, 1, 1)
    assert tally.parse_s > 0
