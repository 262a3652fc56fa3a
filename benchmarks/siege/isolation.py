"""50 channels of which three are dead and one is slow: what the others notice of it."""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from multiprocessing import get_context
from typing import Any

from benchmarks.siege.newsroom import LETTERS
from bot.commands.caller import Caller, Destination
from bot.commands.topics import TopicCommands
from bot.errors import FailureClass, Permanent, Retryable
from bot.model.alert import Alert
from bot.model.article import ParsedArticle, ParsedFeed
from bot.model.channel import Channel, PlatformName, Workspace
from bot.model.feed import FeedState
from bot.model.ids import LOCAL
from bot.model.platform import (
    Absent,
    Capabilities,
    Health,
    Message,
    Payload,
    Posted,
    Probe,
    Reconciled,
)
from bot.pipeline.deliver import Deliverer
from bot.pipeline.ingest import Desk
from bot.pipeline.polled import Poll
from bot.settings import LogSettings
from bot.storage import channels, feeds, following
from bot.storage.database import Database
from bot.storage.installation import migrate
from bot.storage.revisions import next_revision
from bot.terminal import set_up_log
from bot.wiring import utc_now

LIVE, DEAD, SLOW = 46, 3, 1
ROUNDS, EVERY_S = 30, 0.5
GROUPS = ("harbour", "grain", "talks", "bridge", "ferry")
"""Ten channels watch the same: a story for all fifty would measure how fast a burst is worked off,
and each bad channel is a part of the burst."""
HANGS_S, SLOW_S = 5.0, 2.0
PASSES = {50: 7, 10: 3}
"""By lanes: with one for every channel, and with fewer lanes than channels."""
FEED = "https://outlet.example/feed"


class Sleeper:
    """A platform whose channels differ in how long they take: live, slow, or dead (two hang until
    a time-out, one is gone for good). Notes when each message had arrived."""

    name = PlatformName.WEBHOOK
    capabilities = Capabilities(edit=True, threads=False, buttons=False, resend_s=3600)

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self.arrived: list[tuple[str, str, float]] = []
        self.waited_for, self.all_there = 0, asyncio.Event()

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def health(self) -> Health:
        return Health(ok=True, detail="asleep")

    async def probe(self, external_id: str) -> Probe:
        return Probe(name=external_id)

    def render(self, message: Message, *, key: str) -> Payload:
        assert isinstance(message, Alert)
        return Payload(body={"url": message.url}, text=message.url)

    async def send(
        self, channel: Channel, payload: Payload, *, key: str, thread: str | None = None
    ) -> Posted:
        match channel.external_id.partition("-")[0]:
            case "dead" if channel.external_id == "dead-0":
                raise Permanent(channel.label, "gone", failure=FailureClass.GONE)
            case "dead":
                await asyncio.sleep(HANGS_S)
                raise Retryable(channel.label, "timed out")
            case "slow":
                await asyncio.sleep(SLOW_S)
            case _:
                await asyncio.sleep(self._dice.uniform(0.02, 0.08))
        self.arrived.append((channel.external_id, payload.text, time.monotonic()))
        if len(self.live()) >= self.waited_for:
            self.all_there.set()
        return Posted(remote_id=key)

    def live(self) -> list[tuple[str, float]]:
        """(story, arrival) in the channels that are neither dead nor slow."""
        return [(url, at) for name, url, at in self.arrived if name.startswith("live")]

    async def edit(self, channel: Channel, remote_id: str, payload: Payload) -> None: ...

    async def delete(self, channel: Channel, remote_id: str) -> None: ...

    async def reconcile(
        self, channel: Channel, *, key: str, since: datetime, thread: str | None = None
    ) -> Reconciled:
        return Absent()


async def _watching(database: Database, names: Sequence[str]) -> FeedState:
    """Channels that watch one topic, and the feed that will tell of it."""
    here = Workspace(id=LOCAL, platform=PlatformName.WEBHOOK, external_id="local")
    now = utc_now()
    async with database.write() as connection:
        await channels.ensure_workspace(connection, here, now=now)
        feed = await feeds.ensure_feed(connection, FEED, now=now, interval_s=600)
        await following.put_follow(
            connection,
            workspace=LOCAL,
            feed_id=feed.id,
            name="Outlet",
            from_file=False,
            now=now,
            revision=await next_revision(connection),
        )
    topics = TopicCommands(database=database, now=utc_now)
    for name in names:
        place = Destination(platform=PlatformName.WEBHOOK, external_id=name, name=name)
        topic = GROUPS[int(name.rpartition("-")[2]) % len(GROUPS)]
        await topics.watch(Caller(workspace=here, here=place), topic, name=topic)
    return feed


def told(feed: FeedState, number: int, *, topic: str = "harbour") -> Poll:
    """The feed lists one more story."""
    now = utc_now()
    words = random.Random(number).choices(LETTERS, k=30)
    url = f"https://outlet.example/{number}"
    article = ParsedArticle(
        uid=url,
        url=url,
        canonical_url=url,
        title=f"{''.join(words[:9])} {''.join(words[9:18])} {topic} {''.join(words[18:])}",
        summary="What is known so far, in a sentence or two of the usual length.",
        published_at=now,
    )
    return Poll(
        feed=feed,
        polled_at=now,
        next_poll_at=now + timedelta(hours=1),
        parsed=ParsedFeed(title="Outlet", articles=(article,)),
    )


async def _delays(names: Sequence[str], *, lanes: int, seed: int) -> list[float]:
    """Seconds from the decision to the arrival, of every message in the live channels."""
    sleeper = Sleeper(random.Random(seed))
    groups = Counter(int(name[5:]) % len(GROUPS) for name in names if name.startswith("live"))
    sleeper.waited_for = sum(groups[number % len(GROUPS)] for number in range(ROUNDS))
    with tempfile.TemporaryDirectory(prefix="isolation-") as folder:
        database = Database(f"sqlite:///{folder}/isolation.db")
        await migrate(database)
        feed = await _watching(database, names)
        desk = Desk(database=database, now=utc_now, backfill=True)
        await desk.start()
        deliverer = Deliverer(
            database=database,
            platforms={PlatformName.WEBHOOK: sleeper},
            now=utc_now,
            edit_interval=timedelta(seconds=60),
            lanes=lanes,
        )

        async def ticks() -> None:
            while True:
                await deliverer.tick()
                await asyncio.sleep(1.0)

        ticking = asyncio.create_task(ticks())
        decided: dict[str, float] = {}
        for number in range(ROUNDS):
            topic = GROUPS[number % len(GROUPS)]
            await desk.ingest([told(feed, number, topic=topic)])
            decided[f"https://outlet.example/{number}"] = time.monotonic()
            await deliverer.tick()
            await asyncio.sleep(EVERY_S)
        with suppress(TimeoutError):
            await asyncio.wait_for(sleeper.all_there.wait(), 120)
        ticking.cancel()
        await deliverer.stop(patience_s=0.1)
        await database.close()
    found = [at - decided[url] for url, at in sleeper.live()]
    assert len(found) == sleeper.waited_for, "some live messages did not arrive"
    return found


def measure_isolation(seed: int) -> dict[str, Any]:
    """Passes with and without the bad ones run at the same time, each in a process of its own, so
    that a busy machine slows both."""
    live = [f"live-{number}" for number in range(LIVE)]
    bad = [*(f"dead-{number}" for number in range(DEAD)), *(f"slow-{n}" for n in range(SLOW))]
    mixed = [*live[: LIVE // 2], *bad, *live[LIVE // 2 :]]
    result: dict[str, Any] = {"channels": len(mixed), "dead": DEAD, "slow": SLOW}
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        for lanes, passes in PASSES.items():
            pairs = []
            for turn in range(passes):
                print(f"{lanes} lanes, pass {turn + 1} of {passes}", file=sys.stderr)
                alone = pool.submit(_pass, live, lanes, seed + turn)
                beside = pool.submit(_pass, mixed, lanes, seed + turn)
                pairs.append((alone.result(), beside.result()))
            result[f"with_{lanes}_lanes"] = _compared(pairs)
    return {"p99_ratio": result["with_50_lanes"]["p99_ratio"], **result}


def _pass(names: Sequence[str], lanes: int, seed: int) -> list[float]:
    set_up_log(LogSettings(level="error"))
    return asyncio.run(_delays(names, lanes=lanes, seed=seed))


def _compared(pairs: Sequence[tuple[Sequence[float], Sequence[float]]]) -> dict[str, Any]:
    """Medians over the passes; `p99_ratios` are the single ones."""
    ratios = sorted(_p99(beside) / _p99(alone) for alone, beside in pairs)
    middles = [statistics.median(beside) / statistics.median(alone) for alone, beside in pairs]
    return {
        "live_p99_s": round(statistics.median(_p99(beside) for _, beside in pairs), 3),
        "live_p99_without_bad_s": round(statistics.median(_p99(alone) for alone, _ in pairs), 3),
        "p99_ratio": round(statistics.median(ratios), 3),
        "p99_ratios": [round(ratio, 3) for ratio in ratios],
        "p50_ratio": round(statistics.median(middles), 3),
        "messages": sum(len(beside) for _, beside in pairs),
    }


def _p99(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=100)[98]
