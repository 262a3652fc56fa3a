"""WebSub from end to end: a publisher, a hub and our callback on loopback, and what is alerted."""

from __future__ import annotations

import asyncio
import gzip
import io
import socket
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import aiohttp
import pytest
from rich.console import Console
from sqlalchemy import func, select, update

from bot.app import open_app
from bot.commands.caller import Caller, Destination
from bot.commands.feeds import FeedCommands
from bot.errors import FetchError
from bot.feed_check import check_feed
from bot.feeds.fetch import Fetcher
from bot.feeds.news import News
from bot.feeds.parse import parse_news
from bot.feeds.schedule import BACKUP_S, JITTER
from bot.feeds.workers import ParseWorkers
from bot.model.channel import PlatformName
from bot.model.feed import FeedState
from bot.model.ids import FeedId
from bot.model.push import Asked, Push
from bot.model.text import flat
from bot.pipeline.poll import Poller
from bot.pipeline.websub import Subscriber
from bot.settings import Settings
from bot.storage import articles, feeds, pushes
from bot.storage.database import Database
from bot.storage.listings import get_listings
from bot.storage.tables import article as article_table
from bot.storage.tables import feed as feed_table
from bot.storage.tables import follow as follow_table
from bot.web.server import WebServer
from bot.web.websub import HubPages
from tests.clock import START, Clock
from tests.newsdesk import LOCAL_WORKSPACE, Newsdesk
from tests.servers.feeds import FeedServer, Page, feed_server
from tests.servers.hub import Hub, hub_server

MOST = 50_000
NOBODYS = FeedId(0)
FORM = {
    "hub.mode": "subscribe",
    "hub.topic": "https://harbour.example/",
    "hub.callback": "http://127.0.0.1:1/",
}


def document(hub: Hub, *numbers: int, built: int = 0) -> bytes:
    """A feed with these items that names its hub."""
    listed = "".join(
        f"<item><title>Harbour bulletin {n}</title><link>https://harbour.example/{n}</link>"
        f"<guid>post-{n}</guid><description>Tug number {n} sails.</description>"
        f"<pubDate>{START + timedelta(minutes=n):%a, %d %b %Y %H:%M:%S GMT}</pubDate></item>"
        for n in numbers
    )
    return (
        '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>'
        f'<title>Harbour</title><atom:link rel="hub" href="{hub.url}"/>'
        f"<lastBuildDate>{built}</lastBuildDate>{listed}</channel></rss>"
    ).encode()


class Here(ParseWorkers):
    """The parser of the workers, without a process of its own: what is pushed here is ours."""

    async def parse_news(
        self,
        body: bytes,
        *,
        url: str,
        content_type: str = "",
        now: datetime,
        known: Collection[str] | None,
    ) -> News:
        return parse_news(body, url=url, content_type=content_type, now=now, known=known)


@dataclass
class World:
    """Everything between a publisher and a channel, with one feed that is followed and polled."""

    newsdesk: Newsdesk
    hub: Hub
    publisher: FeedServer
    fetcher: Fetcher
    callbacks: str
    subscriber: Subscriber = field(init=False)
    poller: Poller = field(init=False)
    feed: FeedId = NOBODYS

    def __post_init__(self) -> None:
        self.restart()

    @property
    def database(self) -> Database:
        return self.newsdesk.database

    def restart(self) -> None:
        """The process ends and another one begins: only the database is left."""
        self.subscriber = Subscriber(
            database=self.database,
            fetcher=self.fetcher,
            workers=Here(),
            submit=self.newsdesk.desk.submit,
            now=self.newsdesk.clock,
            callbacks=self.callbacks,
            allow_private=True,
        )
        self.poller = Poller(
            database=self.database,
            fetcher=self.fetcher,
            workers=Here(),
            hand_over=self.newsdesk.desk.submit,
            now=self.newsdesk.clock,
            concurrency=4,
            on_document=self.subscriber.found,
            pushed_until=self.subscriber.trusted_until,
        )

    async def poll(self, body: bytes | None = None) -> FeedState:
        """Poll the feed now. Its state then."""
        if body is not None:
            self.publisher.put("/feed", Page(body=body))
        async with self.database.write() as connection:
            await connection.execute(update(feed_table).values(next_poll_at=self.newsdesk.clock()))
        await self.poller.poll_all()
        return await self.state()

    async def state(self) -> FeedState:
        async with self.database.read() as connection:
            return await feeds.get_feed(connection, self.feed)

    async def wait_s(self) -> float:
        """How long the feed waits for its next poll."""
        due = (await self.state()).next_poll_at
        assert due is not None
        return (due - self.newsdesk.clock()).total_seconds()

    async def push(self) -> Push | None:
        async with self.database.read() as connection:
            return (await pushes.pushes_of(connection, [self.feed])).get(self.feed)

    async def subscribe(self) -> Push:
        await self.subscriber.tick()
        await self.hub.settled()
        agreed = await self.push()
        assert agreed is not None
        return agreed

    async def stored(self) -> int:
        async with self.database.read() as connection:
            query = select(func.count()).select_from(article_table)
            return int((await connection.execute(query)).scalar_one())


class Front:
    """The callback's pages, of whichever subscriber runs now."""

    world: World

    def knows(self, token: str) -> bool:
        return self.world.subscriber.knows(token)

    def __getattr__(self, name: str) -> object:
        return getattr(self.world.subscriber, name)


@pytest.fixture
async def world(database: Database, clock: Clock) -> AsyncIterator[World]:
    front = Front()
    pages = HubPages(front, max_bytes=MOST)  # type: ignore[arg-type]
    async with (
        feed_server() as publisher,
        hub_server() as hub,
        Fetcher(allow_private=True, user_agent="Wirewatch/test", timeout_s=5) as fetcher,
        WebServer(host="127.0.0.1", port=0, routes=pages.routes()) as server,
    ):
        world = World(
            newsdesk=await Newsdesk.open(database, clock),
            hub=hub,
            publisher=publisher,
            fetcher=fetcher,
            callbacks=server.address,
        )
        front.world = world
        running = asyncio.create_task(world.newsdesk.desk.run())
        world.feed = await world.newsdesk.follow(publisher.url("/feed"), polled=False)
        await world.newsdesk.watch("tug")
        await world.poll(document(hub, 1))
        await world.newsdesk.delivered()
        yield world
        assert not hub.complaints
        await world.poller.stop()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_hub_is_found_asked_and_confirmed_and_its_push_is_one_alert(world: World) -> None:
    agreed = await world.subscribe()
    assert agreed.asked is Asked.SUBSCRIBE
    assert agreed.failures == 0
    assert agreed.lease_until == world.newsdesk.clock() + timedelta(days=10)
    assert world.hub.asked[0]["hub.topic"] == world.publisher.url("/feed")
    before = len(await world.newsdesk.delivered())
    assert await world.hub.publish(document(world.hub, 2)) == [202]
    assert len(await world.newsdesk.delivered()) == before + 1
    # Delivered again, polled, and pushed with a neighbour: told once each.
    assert await world.hub.publish(document(world.hub, 2)) == [202]
    await world.poll(document(world.hub, 2, 1, built=1))
    assert await world.hub.publish(document(world.hub, 3, 2)) == [202]
    assert len(await world.newsdesk.delivered()) == before + 2
    assert await world.stored() == 3
    async with world.database.read() as connection:
        listing = (await get_listings(connection, [world.feed]))[world.feed]
    assert listing.articles == {1, 2, 3}, "a push says nothing of what it leaves out"


async def _full(*_: object) -> None:
    raise OSError("no space left on device")


async def test_a_push_that_cannot_be_stored_is_sent_again_and_a_crash_loses_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.subscribe()
    with monkeypatch.context() as patched:
        patched.setattr(articles, "insert_articles", _full)
        assert await world.hub.publish(document(world.hub, 2)) == [503]
    assert await world.stored() == 1
    assert (await world.state()).failures == 0, "the publisher did nothing wrong"
    world.restart()
    await world.subscriber.start()
    assert await world.hub.publish(document(world.hub, 2)) == [202]
    assert await world.stored() == 2


async def test_what_is_not_signed_with_our_secret_is_thanked_for_ignored_and_counted(
    world: World,
) -> None:
    await world.subscribe()
    forged = document(world.hub, 66)
    assert await world.hub.publish(forged, secret="guessed") == [202]
    assert await world.hub.publish(forged, method="md5") == [202]
    assert await world.hub.publish(forged, signed=False) == [202]
    after = await world.push()
    assert after is not None
    assert (after.ignored, after.pushed_at) == (3, None)
    assert await world.stored() == 1


async def test_a_body_beyond_the_limit_is_refused_and_a_stranger_gets_nothing(
    world: World,
) -> None:
    await world.subscribe()
    assert await world.hub.publish(b" " * (MOST + 1)) == [413]
    async with aiohttp.ClientSession() as session:
        (callback,) = world.hub.subscriptions
        packed = gzip.compress(b" " * 1_000_000)
        headers = {"Content-Encoding": "gzip"}
        async with session.post(callback, data=packed, headers=headers) as answer:
            assert answer.status == 202, "ignored as it is: unsigned, and not unpacked"
        async with session.post(f"{world.callbacks}/websub/guess", data=b"x") as answer:
            assert answer.status == 410
        async with session.get(f"{world.callbacks}/websub/guess") as answer:
            assert answer.status == 404


async def test_only_what_we_asked_for_is_confirmed(world: World) -> None:
    world.hub.verifies = False
    await world.subscribe()
    asked = world.hub.asked[0]
    assert await world.hub.verify(asked, hub_topic="https://other.example/feed") == 404
    assert await world.hub.verify(asked, hub_mode="unsubscribe") == 404
    assert await world.hub.verify(asked, hub_challenge="") == 404
    waiting = await world.push()
    assert waiting is not None
    assert waiting.lease_until is None
    world.restart()  # between asking and being asked back
    await world.subscriber.start()
    assert await world.hub.verify(asked) == 200
    assert (await world.subscribe()).lease_until is not None


async def test_a_hub_that_fails_is_asked_later_and_later(world: World) -> None:
    world.hub.status = [500, 403]
    first = await world.subscribe()
    assert first.last_error == "it answers 500 no room for you"
    await world.subscribe()
    assert len(world.hub.asked) == 1, "not before its time"
    world.newsdesk.clock.forward(minutes=10)
    second = await world.subscribe()
    assert (second.failures, len(world.hub.asked)) == (2, 2)
    assert second.next_try_at == world.newsdesk.clock() + timedelta(minutes=20)
    world.newsdesk.clock.forward(minutes=20)
    assert (await world.subscribe()).failures == 0


async def test_a_hub_that_moved_is_followed_but_not_to_a_private_place(
    world: World,
) -> None:
    world.hub.verifies = False
    moved = world.publisher.redirect("/old-hub", world.hub.url, status=308)
    await world.fetcher.submit(moved, FORM)
    assert world.hub.asked[-1] == FORM
    elsewhere = world.publisher.redirect("/old-hub", "http://user:word@127.0.0.1/", status=308)
    with pytest.raises(FetchError, match="user name"):
        await world.fetcher.submit(elsewhere, FORM)
    lost = world.publisher.redirect("/old-hub", world.hub.url, status=302)
    with pytest.raises(FetchError, match="302"):
        await world.fetcher.submit(lost, FORM)


async def test_a_denial_ends_trust_and_has_the_feed_polled(world: World) -> None:
    agreed = await world.subscribe()
    await world.hub.publish(document(world.hub, 2))
    world.hub.denies = "not any more"
    assert await world.hub.verify(world.hub.asked[0]) == 200
    world.hub.denies = f"cannot reach {world.hub.asked[0]['hub.callback']}\n!"
    await world.hub.verify(world.hub.asked[0])
    told = await world.push()
    assert told is not None
    assert told.last_error is not None
    assert told.last_error.endswith("/websub/… !"), "where our callback is stays ours"
    world.hub.denies = "not any more"
    await world.hub.verify(world.hub.asked[0])
    denied = await world.push()
    assert denied is not None
    assert denied.last_error == "the hub refuses: not any more"
    assert denied.lease_until is None
    assert denied.token == agreed.token
    assert await world.wait_s() == 0


async def test_polls_are_rare_while_pushes_come_and_usual_again_when_they_do_not(
    world: World,
) -> None:
    world.hub.lease_s = 24 * 3600
    await world.subscribe()
    clock = world.newsdesk.clock
    clock.forward(minutes=30)
    await world.poll()
    assert await world.wait_s() <= 1800, "no push has come yet"
    await world.hub.publish(document(world.hub, 2))
    await world.poll(document(world.hub, 2, 1, built=1))
    clock.forward(minutes=30)
    await world.poll(document(world.hub, 2, 1, built=2))
    assert BACKUP_S <= await world.wait_s() <= BACKUP_S * (1 + JITTER)
    # The hub forgets one: the poll that finds it is followed by another soon, and so on.
    clock.forward(hours=3)
    await world.poll(document(world.hub, 3, 2, 1))
    assert await world.wait_s() <= 1800
    clock.forward(minutes=30)
    await world.poll()
    assert await world.wait_s() <= 1800
    # It remembers: trusted again, until the lease ends, which nobody renews here.
    await world.hub.publish(document(world.hub, 4))
    await world.poll(document(world.hub, 4, 3, 2, 1))
    await world.poll(document(world.hub, 4, 3, 2, 1, built=4))
    assert await world.wait_s() >= BACKUP_S
    clock.forward(hours=24)
    await world.poll()
    assert await world.wait_s() <= 1800


async def test_a_lease_is_renewed_before_its_end_also_after_a_restart(world: World) -> None:
    agreed = await world.subscribe()
    world.newsdesk.clock.forward(days=7, hours=13)
    world.restart()
    await world.subscriber.start()
    renewed = await world.subscribe()
    assert [one["hub.mode"] for one in world.hub.asked] == ["subscribe", "subscribe"]
    assert renewed.lease_until == world.newsdesk.clock() + timedelta(days=10)
    assert (renewed.token, renewed.secret) == (agreed.token, agreed.secret)


async def test_a_feed_that_nobody_follows_is_unsubscribed(world: World) -> None:
    await world.subscribe()
    await world.newsdesk.change(follow_table, removed=True)
    await world.subscriber.tick()
    await world.hub.settled()
    assert world.hub.asked[-1]["hub.mode"] == "unsubscribe"
    assert world.hub.subscriptions == {}
    assert await world.push() is None


async def test_a_ping_without_news_in_it_is_a_wish_to_be_polled(world: World) -> None:
    await world.subscribe()
    for body in (b"", b"<html><body>come and see</body></html>"):
        async with world.database.write() as connection:
            later = world.newsdesk.clock() + timedelta(hours=1)
            await connection.execute(update(feed_table).values(next_poll_at=later))
        assert await world.hub.publish(body) == [202]
        assert await world.wait_s() == 0


async def test_health_says_who_pushes(world: World) -> None:
    commands = FeedCommands(
        database=world.database,
        fetcher=world.fetcher,
        workers=Here(),
        now=world.newsdesk.clock,
        interval_s=600,
        allow_private=True,
    )
    here = Destination(platform=PlatformName.WEBHOOK, external_id="desk", name="desk")
    caller = Caller(workspace=LOCAL_WORKSPACE, here=here)

    async def said() -> str:
        return "\n".join(
            map(flat, (await commands.health(caller, world.publisher.url("/feed"))).lines)
        )

    assert "Not pushed by its hub, 127.0.0.1, but polled: it is not asked yet" in await said()
    await world.subscribe()
    assert "Pushed by 127.0.0.1, its lease ends" in await said()
    assert "no push yet" in await said()
    await world.hub.publish(b"forged", secret="guessed")
    await world.hub.publish(document(world.hub, 2))
    assert "; last push " in await said()
    assert "; 1 ignored: wrong signature" in await said()
    total = await commands.health(caller, "")
    assert any("1 of them pushed by a hub" in flat(line) for line in total.lines)


async def test_pushes_and_polls_of_one_feed_at_once_are_one_alert_each(world: World) -> None:
    await world.subscribe()
    body = document(world.hub, 3, 2, 1, built=1)
    await asyncio.gather(world.hub.publish(body), world.hub.publish(body), world.poll(body))
    assert await world.stored() == 3
    assert len(await world.newsdesk.delivered()) == 3


async def test_the_program_subscribes_listens_and_takes_pushes(storage_url: str) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        listen = f"127.0.0.1:{probe.getsockname()[1]}"
    async with feed_server() as publisher, hub_server() as hub:
        feed = publisher.put("/feed", Page(body=document(hub, 1)))
        settings = Settings.model_validate(
            {
                "storage": {"url": storage_url},
                "polling": {"allow_private_addresses": True},
                "web": {"listen": listen, "public_url": f"http://{listen}/"},
                "feed": [{"url": feed}],
            }
        )
        async with open_app(settings, console=Console(file=io.StringIO())) as wire:
            await wire.prepare()
            await wire.run_once()
            desk = asyncio.create_task(wire.desk.run())
            async with wire._web():
                assert wire.subscriber is not None
                await wire.subscriber.tick()
                await hub.settled()
                assert await hub.publish(document(hub, 2)) == [202]
            desk.cancel()
            await asyncio.gather(desk, return_exceptions=True)
            told = (await check_feed(feed, settings)).health
            assert any(line.startswith("Pushed by 127.0.0.1, its lease ends") for line in told)
            assert "can be pushed by 127.0.0.1" in told
            async with wire.database.read() as connection:
                query = select(func.count()).select_from(article_table)
                assert (await connection.execute(query)).scalar_one() == 2
        assert not hub.complaints
