"""What polling costs and survives: the parts of feeds.py that need a server and a database.

Not run by itself: `python benchmarks/feeds.py --data … --parts polls,memory,hostile`.
"""

from __future__ import annotations

import asyncio
import random
import resource
import statistics
import string
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
from aiohttp import web
from sqlalchemy import func, select, update

from bot.errors import ParseError
from bot.feeds.fetch import Fetcher
from bot.feeds.lanes import ParseLanes
from bot.model.channel import PlatformName, Workspace
from bot.model.ids import LOCAL
from bot.pipeline.ingest import Desk
from bot.pipeline.poll import AHEAD, Poller
from bot.pipeline.polled import Poll
from bot.storage import channels, following
from bot.storage.database import Database
from bot.storage.installation import migrate
from bot.storage.revisions import next_revision
from bot.storage.tables import feed as feed_table

CONCURRENCY = 50
ITEMS = 30
_VOCABULARY = [
    "".join(random.Random(n).choices(string.ascii_lowercase, k=6)) for n in range(20_000)
]
"""Feeds share their words: words of one feed alone would fill the story index as no news does."""
_BEGAN = datetime.now(UTC).replace(second=0) - timedelta(hours=2)


def document(
    feed: int, newest: int, *, built: int = 0, words: int = 60, items: int = ITEMS
) -> bytes:
    """A feed of `items` of about 400 bytes of text each; its newest is number `newest`."""
    dice = random.Random(feed)
    text = " ".join(dice.choices(_VOCABULARY, k=words))
    listed = "".join(
        f"<item><title>Report {feed} {n}</title><link>https://h{feed}.example/2026/{n}</link>"
        f"<guid>{feed}-{n}</guid><pubDate>{_BEGAN + timedelta(minutes=n):%a, %d %b %Y %H:%M:%S}"
        f" GMT</pubDate><description>{text} {n}</description></item>"
        for n in range(newest, newest - items, -1)
    )
    return (
        f'<rss version="2.0"><channel><title>Feed {feed}</title><link>https://h{feed}.example/</link>'
        f"<lastBuildDate>{built}</lastBuildDate>{listed}</channel></rss>"
    ).encode()


class Publisher:
    """Of a hundred feeds 70 answer 304, 15 the same body, 15 one with a new item, each time."""

    def __init__(self, items: int) -> None:
        self._items = items
        self._asked: dict[int, int] = {}

    async def answer(self, request: web.Request) -> web.Response:
        feed = int(request.match_info["feed"])
        ours = "Wirewatch" in request.headers.get("User-Agent", "")  # the bare client moves nothing
        asked = self._asked[feed] = self._asked.get(feed, -1) + ours
        kind = feed % 100
        if kind < 70 and "If-None-Match" in request.headers:
            return web.Response(status=304, headers={"ETag": '"1"'})
        headers = {"ETag": '"1"'} if kind < 70 else {}
        newest = ITEMS + (asked if kind >= 85 else 0)
        return web.Response(
            body=document(feed, newest, items=self._items),
            content_type="application/rss+xml",
            headers=headers,
        )


def serve_feeds() -> None:
    """The publisher as a process of its own, so that its CPU is not counted."""
    app = web.Application()
    app.router.add_get("/{feed}", Publisher(int(sys.argv[2])).answer)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)


@asynccontextmanager
async def publisher(items: int = ITEMS) -> AsyncIterator[str]:
    """Its address. Each feed lists so many items."""
    port = random.randint(20_000, 40_000)
    code = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import feeds_load;"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", f"{code} feeds_load.serve_feeds()", str(port), str(items)
    )
    base = f"http://127.0.0.1:{port}"
    try:
        async with aiohttp.ClientSession() as session:
            for _ in range(200):
                try:
                    await (await session.get(f"{base}/99")).read()
                    break
                except aiohttp.ClientError:
                    await asyncio.sleep(0.1)
        yield base
    finally:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def pipeline(
    *, processes: int = 1, per_host: int = AHEAD * CONCURRENCY, timeout_s: float = 20
) -> AsyncIterator[tuple[Database, Poller, Desk, ParseLanes]]:
    """The program's first two stages on a database of their own. All feeds are on one host here,
    which is as patient as many."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        database = Database(f"sqlite:///{folder}/wirewatch.db")
        stack.push_async_callback(database.close)
        await migrate(database)
        fetcher = await stack.enter_async_context(
            Fetcher(
                allow_private=True,
                user_agent="Wirewatch/benchmark",
                timeout_s=timeout_s,
                concurrency=CONCURRENCY,
                per_host=per_host,
            )
        )
        workers = await stack.enter_async_context(ParseLanes(processes=processes))
        desk = Desk(database=database, now=now)
        poller = Poller(
            database=database,
            fetcher=fetcher,
            workers=workers,
            hand_over=desk.submit,
            now=now,
            concurrency=CONCURRENCY,
            per_host=per_host,
        )
        await desk.start()
        running = asyncio.create_task(desk.run())
        try:
            yield database, poller, desk, workers
        finally:
            await poller.stop()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


def now() -> datetime:
    return datetime.now(UTC)


async def follow(database: Database, urls: list[str]) -> None:
    local = Workspace(id=LOCAL, platform=PlatformName.CONSOLE, external_id="local")
    async with database.write() as connection:
        await channels.ensure_workspace(connection, local, now=now())
    for start in range(0, len(urls), 500):
        async with database.write() as connection:
            await following.follow_many(
                connection,
                dict.fromkeys(urls[start : start + 500], ""),
                workspace=LOCAL,
                interval_s=600,
                now=now(),
                revision=await next_revision(connection),
            )


async def make_all_due(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(update(feed_table).values(next_poll_at=now()))


def children_s() -> float:
    """CPU seconds of processes that have ended, and of this one."""
    total = 0.0
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        usage = resource.getrusage(who)
        total += usage.ru_utime + usage.ru_stime
    return total


def live_s(pids: tuple[int, ...]) -> float:
    paths = [Path(f"/proc/{pid}/schedstat") for pid in pids]
    return sum(int(p.read_text(encoding="ascii").split()[0]) / 1e9 for p in paths if p.exists())


async def polls(count: int) -> dict[str, object]:
    """Polls per CPU-second against what a bare aiohttp client does for the requests alone."""
    async with publisher() as base, pipeline() as (database, poller, _, workers):
        urls = [f"{base}/{n}" for n in range(count)]
        await follow(database, urls)
        await poller.poll_all()  # the first poll of each: not measured
        rates, floors = [], []
        for _ in range(3):
            floors.append(await bare(urls))
            await make_all_due(database)
            began = children_s() + live_s(workers.pids())
            polled = await poller.poll_all()
            spent = children_s() + live_s(workers.pids()) - began
            assert polled == count, polled
            rates.append(count / spent)
    rate, floor = statistics.median(rates), statistics.median(floors)
    return {
        "feeds": count,
        "polls_per_cpu_s": round(rate),
        "bare_aiohttp_per_cpu_s": round(floor),
        "ratio": round(rate / floor, 3),
    }


async def bare(urls: list[str]) -> float:
    """Requests per CPU-second of aiohttp alone, conditional where the poller's are."""
    began = time.process_time()
    gate = asyncio.Semaphore(CONCURRENCY)
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=CONCURRENCY), cookie_jar=aiohttp.DummyCookieJar()
    ) as session:

        async def one(number: int, url: str) -> None:
            headers = {"If-None-Match": '"1"'} if number % 100 < 70 else {}
            async with gate, session.get(url, headers=headers) as response:
                await response.read()

        await asyncio.gather(*(one(number, url) for number, url in enumerate(urls)))
    return len(urls) / (time.process_time() - began)


async def memory(count: int, *, items: int, seconds: float) -> dict[str, object]:
    """Peak resident memory of the program that follows so many feeds of so many items, and polls
    them for a while."""
    source = Path(__file__).parent
    code = (
        f"import sys, asyncio; sys.path.insert(0, {str(source)!r});"
        f"import feeds_load; asyncio.run(feeds_load.swell({count}, {items}, {seconds}))"
    )
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
    )
    polled, own, worker = map(float, done.stdout.split()[-3:])
    return {
        "feeds": count,
        "items_each": items,
        "polled": round(polled),
        "main_mb": own,
        "worker_mb": worker,
        "total_mb": round(own + worker),
    }


async def swell(count: int, items: int, seconds: float) -> None:
    async with publisher(items) as base, pipeline() as (database, poller, _, workers):
        await follow(database, [f"{base}/{n}" for n in range(count)])
        try:
            async with asyncio.timeout(seconds):
                await poller.poll_all()
        except TimeoutError:
            pass
        async with database.read() as connection:
            query = select(func.count()).where(feed_table.c.last_success_at.is_not(None))
            polled = (await connection.execute(query)).scalar_one()
        print(polled, _peak_mb("self"), sum(_peak_mb(str(pid)) for pid in workers.pids()))


def _peak_mb(process: str) -> float:
    for line in Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM"):
            return round(int(line.split()[1]) / 1000, 1)
    return 0.0


# --- hostile feeds --------------------------------------------------------------------------------


def hostile_documents(count: int) -> list[bytes]:
    """The known killers of parsers, and relatives of them made by chance, at least so many."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from tests.feeds.killers import KILLERS

    made = list(KILLERS.values())
    dice = random.Random(7)
    while len(made) < count:
        made.append(_relative(dice))
    return made


_PIECES = (
    "<item>", "</item>", "<title>", "</title>", "<![CDATA[", "]]>", "<!--", "-->", "&#xD800;",
    "&amp;", "&lt;div&gt;", "<a b='c'>", "<author>", "a@b.c (x)", "<guid>", "\ufeff", "\u202e",
    "<content:encoded>", "<pubDate>99999-13-45</pubDate>", "<link>javascript:alert(1)</link>",
    "<media:content url='x'>", "xmlns:a='b' ", "<entry>", "{", "[", "\\u0000", "&x;", "<?php ", "%",
)  # fmt: skip


def _relative(dice: random.Random) -> bytes:
    """A few pieces of markup, each repeated a lot, in a feed, a page or nothing."""
    inside = "".join(
        dice.choice(_PIECES) * dice.choice((1, 10, 1000, 60_000)) for _ in range(dice.randint(1, 6))
    )
    head, tail = dice.choice(
        (
            ("<rss><channel><item>", "</item></channel></rss>"),
            ("<rss><channel><item><description>", "</description></item></channel></rss>"),
            ('<feed xmlns="http://www.w3.org/2005/Atom"><entry>', "</entry></feed>"),
            ("<html><body>", ""),
            ('{"version":"https://jsonfeed.org/version/1","items":[', "]}"),
            ("", ""),
        )
    )
    return (head + inside + tail).encode("utf-8", "replace")[:9_000_000]


async def hostile() -> dict[str, object]:
    """Each hostile document by itself, then a tenth of them among good feeds."""
    documents = hostile_documents(310)
    slowest, crashes, refused = 0.0, 0, 0
    async with ParseLanes() as workers:

        async def one(body: bytes) -> None:
            nonlocal slowest, crashes, refused
            began = time.monotonic()
            try:
                await workers.parse(body, url="http://feeds.example/", now=now())
            except ParseError:
                refused += 1
            except Exception:  # noqa: BLE001 - what this looks for
                crashes += 1
            slowest = max(slowest, time.monotonic() - began)

        for body in documents:
            await one(body)
        peak = max(_peak_mb(str(pid)) for pid in workers.pids())
    return {
        "documents": len(documents),
        "slowest_s": round(slowest, 1),
        "crashes": crashes,
        "refused": refused,
        "last_workers_peak_mb": peak,
        **await _among_good_ones(documents),
    }


async def _among_good_ones(bad: list[bytes], *, good: int = 270) -> dict[str, object]:
    alone, _ = await _lags(good, [])
    together, loop_lag = await _lags(good, bad[:: max(1, len(bad) // 30)][:30])
    return {
        "good_p99_s_alone": round(_p99(alone), 2),
        "good_p99_s_with_a_tenth_hostile": round(_p99(together), 2),
        "good_p99_ratio": round(_p99(together) / _p99(alone), 2),
        "good_p50_ratio": round(statistics.median(together) / statistics.median(alone), 2),
        "event_loop_lag_p99_ms": round(_p99(loop_lag) * 1000, 1),
    }


def _p99(values: list[float]) -> float:
    ranked = sorted(values)
    return ranked[int(len(ranked) * 0.99)]


async def _lags(good: int, bad: list[bytes]) -> tuple[list[float], list[float]]:
    """Seconds from due to committed of each good feed, spread over half a minute as real feeds
    are, and how late the event loop was."""
    lags: list[float] = []
    late: list[float] = []
    bodies = {f"/bad{n}": body for n, body in enumerate(bad)}

    async def answer(request: web.Request) -> web.Response:
        if request.path in bodies:
            return web.Response(body=bodies[request.path], content_type="application/rss+xml")
        return web.Response(body=document(int(request.path[1:]), ITEMS))

    app = web.Application()
    app.router.add_get("/{feed}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with pipeline(processes=2) as (database, poller, desk, _):
        urls = [f"{base}/{n}" for n in range(good)] + [f"{base}{path}" for path in bodies]
        random.Random(3).shuffle(urls)
        await follow(database, urls)
        async with database.write() as connection:
            for number, url in enumerate(urls):
                at = now() + timedelta(seconds=30 * number / len(urls))
                await connection.execute(
                    update(feed_table).where(feed_table.c.url == url).values(next_poll_at=at)
                )
        submit = desk.submit

        async def timed(poll: Poll) -> None:
            await submit(poll)
            if "/bad" not in poll.feed.url and poll.feed.next_poll_at:
                lags.append((now() - poll.feed.next_poll_at).total_seconds())

        poller._hand_over = timed  # noqa: SLF001 - a stopwatch
        ticking = asyncio.create_task(_tick(poller.tick, late))
        while len(lags) < good:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.1)
        ticking.cancel()
        await asyncio.gather(ticking, return_exceptions=True)
    await runner.cleanup()
    return lags, late


async def _tick(tick: Callable[[], object], late: list[float]) -> None:
    """The program's tick each second, and a look at the loop every 20 ms."""
    last = 0.0
    while True:
        if time.monotonic() - last >= 1:
            last = time.monotonic()
            asyncio.ensure_future(tick())  # type: ignore[call-overload]  # noqa: RUF006
        before = time.monotonic()
        await asyncio.sleep(0.02)
        late.append(time.monotonic() - before - 0.02)
