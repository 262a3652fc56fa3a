"""A siege of several machines' worth of processes on one PostgreSQL: kills of any, and restarts of
the database. The chats' ledgers judge, as in the siege of one process.

Measured besides, from each death to the moment when its work goes on: a desk's until another one
has its duty, a fetcher's until nothing that it had begun still waits for it, the sender's until the
next message is begun, if one waited; the database's until a feed has been polled again.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.siege.crew import SLOTS, Crew, crew
from benchmarks.siege.faults import LATE_S, harm_discord, harm_slack
from benchmarks.siege.judgement import as_ledgers, injected, judge, ledgers_of
from benchmarks.siege.kills import TOTALS, errors_in, keep_log
from benchmarks.siege.lives import LOG, PUBLISH, Siege
from benchmarks.siege.newsroom import FEEDS
from bot.storage.database import Database
from tests.invariants import violations
from tests.servers.discord_client import LoopbackDiscord
from tests.servers.feeds import FeedServer, feed_server
from tests.servers.postgres import USER, Restart, restartable
from tests.servers.slack_client import LoopbackSlack

SURVIVES = ("fsync=off", "full_page_writes=off", "autovacuum=off", "max_connections=200")
"""What a killed server keeps while its machine goes on: commits, unlike without
`synchronous_commit`."""
PATIENCE_S = 60.0
SLOW_FEED_S = (0.0, 0.0, 0.2, 0.8)
CHATS = ("discord", "slack")


class ClusterSiege(Siege):
    """The siege's town with another castle: PostgreSQL, and a crew."""

    def __init__(
        self,
        folder: Path,
        dice: random.Random,
        publisher: FeedServer,
        slack: LoopbackSlack,
        discord: LoopbackDiscord,
        socket: str,
        restart: Restart,
    ) -> None:
        super().__init__(folder, dice, publisher, slack, discord, None)
        self.url = f"postgresql://{USER}@/siege?host={socket}"
        self.resumed: dict[str, list[float]] = {}
        self.restarts = 0
        self._at = f"host={socket} user={USER}"
        self._restart = restart

    def environment(self) -> dict[str, str]:
        return {**self._environment, "WIREWATCH_STORAGE__URL": self.url}

    def make_database(self) -> None:
        with psycopg.connect(f"{self._at} dbname=postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE siege")

    def rows(self, query: str, *arguments: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(f"{self._at} dbname=siege", autocommit=True) as connection:
            return connection.execute(query.replace("?", "%s"), arguments).fetchall()

    def _sql(self, statement: str) -> None:
        with psycopg.connect(f"{self._at} dbname=siege", autocommit=True) as connection:
            connection.execute(statement)

    def first_polls_are_done(self) -> bool:
        with suppress(psycopg.errors.UndefinedTable):
            found = self.rows("SELECT count(*), count(first_polled_at) FROM feed")
            return found[0] == (FEEDS, FEEDS)
        return False

    async def poll_soon(self) -> None:
        """Feeds that nobody has claimed are due now."""
        self.rows(_POLL_SOON)

    async def strike(self, people: Crew, slot: int) -> None:
        """Kill one, and measure how long its work stands still. Some are replaced at once."""
        role = SLOTS[slot]
        begun = self.rows(_BEGUN)
        desk = self.rows("SELECT holder, term FROM duty WHERE name = 'desk'")
        waits = self.count(_WAITS)
        last = self.count("SELECT coalesce(max(id), 0) FROM attempt")
        pid = await people.kill(slot)
        at = time.monotonic()
        self._note(f"killed {role} {slot}")
        self.kills[role] += 1
        if role == "sender" or self.dice.random() < 0.5:
            await people.fill(slot)
        if role == "desk" and desk and f":{pid}:" in desk[0][0]:
            term = int(desk[0][1])
            await self._measure("desk", at, lambda: self.count(_TERM) > term)
        elif role == "fetcher" and begun:
            await self._measure("fetcher", at, lambda: not self._still(begun))
        elif role == "sender" and waits:
            await self._measure("sender", at, lambda: self.count(_LAST) > last)
        await people.fill_all()

    def _still(self, begun: list[tuple[Any, ...]]) -> bool:
        now = set(self.rows(_BEGUN))
        return bool(now.intersection(begun))

    async def restart(self) -> None:
        """The database dies without a word, and is back."""
        await asyncio.to_thread(self._restart)
        at = time.monotonic()
        self._note("restarted the database")
        self.restarts += 1
        before = self.rows("SELECT max(polled_at) FROM feed")
        await self.poll_soon()
        await self._measure(
            "database", at, lambda: self.rows("SELECT max(polled_at) FROM feed") != before
        )

    async def _measure(self, what: str, since: float, is_done: Callable[[], bool]) -> None:
        while not is_done():
            if time.monotonic() - since > PATIENCE_S:
                break
            await asyncio.sleep(0.05)
        took = round(time.monotonic() - since, 2)
        self.resumed.setdefault(what, []).append(took)
        self._note(f"{what}: goes on after {took} s")

    def _note(self, what: str) -> None:
        """Among what the lives log."""
        said = {"event": what, "level": "siege", "timestamp": datetime.now(UTC).isoformat()}
        with (self.folder / LOG).open("a", encoding="utf-8") as file:
            file.write(f"{json.dumps(said)}\n")

    async def idle(self, seconds: float) -> bool:
        """Until all is polled, taken in and delivered; whether it was, within so many seconds."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            await asyncio.sleep(0.5)
            held = self.count(_OVERDUE, self.now())
            if not held and not any(map(self.count, _BUSY)):
                return True
        return False


_POLL_SOON = """UPDATE feed SET next_poll_at = '2020-01-01' WHERE id NOT IN (
    SELECT jsonb_array_elements(args->'feeds')::bigint FROM procrastinate_jobs
    WHERE task_name = 'fetch' AND status IN ('todo', 'doing')) RETURNING id"""
_BEGUN = """SELECT id, attempts FROM procrastinate_jobs
    WHERE status = 'doing' AND task_name IN ('fetch', 'plan')"""
_TERM = "SELECT term FROM duty WHERE name = 'desk'"
_LAST = "SELECT coalesce(max(id), 0) FROM attempt"
_WAITS = """SELECT count(*) FROM delivery AS one WHERE status = 'pending' AND remote_id IS NULL
    AND NOT EXISTS (SELECT 1 FROM delivery AS head WHERE head.channel_id = one.channel_id
        AND head.status = 'pending' AND head.id <= one.id
        AND (head.unsure_since IS NOT NULL OR head.next_attempt_at IS NOT NULL))"""
_PENDING = "SELECT count(*) FROM delivery WHERE status = 'pending'"
_OVERDUE = "SELECT count(*) FROM alert WHERE state = 'held' AND held_until <= ?"
_HELD = "SELECT count(*) FROM alert WHERE state = 'held'"
_BUSY = (
    "SELECT count(*) FROM handed",
    "SELECT count(*) FROM feed WHERE next_poll_at < '2021-01-01'",
    """SELECT count(*) FROM procrastinate_jobs
    WHERE task_name = 'fetch' AND status IN ('todo', 'doing')""",
    _PENDING,
)


async def measure_cluster(kills: int, restarts: int, seed: int) -> dict[str, Any]:
    """One siege: kills and restarts, repair, judgement."""
    dice = random.Random(seed)
    began = time.monotonic()
    async with AsyncExitStack() as stack:
        publisher = await stack.enter_async_context(feed_server())
        slack = await stack.enter_async_context(LoopbackSlack())
        discord = await stack.enter_async_context(LoopbackDiscord())
        socket, restart = stack.enter_context(restartable(SURVIVES))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="siege-")))
        siege = ClusterSiege(folder, dice, publisher, slack, discord, socket, restart)
        siege.make_database()
        await siege.configure()
        people = await stack.enter_async_context(crew(folder, siege.environment()))
        await people.fill_all()
        await _until(siege.first_polls_are_done, 60)
        await harm_slack(slack, dice, 40 * kills)
        await discord.settings(limits={PUBLISH: [1000, 1.0]})  # its clock stays behind
        await harm_discord(discord, dice, 40 * kills)
        strikes = ["kill"] * kills + ["restart"] * restarts
        dice.shuffle(strikes)
        for number, strike in enumerate(strikes, 1):
            siege.newsroom.delay_s = dice.choice(SLOW_FEED_S)
            siege.newsroom.publish(dice.choice((1, 2, 2, 3)))
            await siege.poll_soon()
            await asyncio.sleep(dice.uniform(0.0, 2.5))
            await people.mind()
            if strike == "kill":
                await siege.strike(people, dice.randrange(len(SLOTS)))
            else:
                await siege.restart()
            if number % 10 == 0:
                took = time.monotonic() - began
                print(f"{number}/{len(strikes)} strikes, {took:.0f} s", file=sys.stderr)
        pending, held, slowest = await _drain(siege, people)
        verdict = await _verdict(siege, people)
    return {
        **verdict,
        "pending": pending,
        "held": held,
        "slowest_stop_s": round(slowest, 1),
        "seconds": round(time.monotonic() - began),
    }


async def _until(is_done: Callable[[], bool], seconds: float) -> None:
    ends = time.monotonic() + seconds
    while not is_done():
        assert time.monotonic() < ends, "the crew did not begin"
        await asyncio.sleep(0.2)


async def _drain(siege: ClusterSiege, people: Crew) -> tuple[int, int, float]:
    """Faults off; live on, hour by hour, until nothing is pending or held."""
    await asyncio.sleep(LATE_S[1] + 0.5)
    await siege.slack.clear_faults()
    if siege.discord is not None:
        await siege.discord.clear_faults()
    siege.newsroom.delay_s = 0.0
    siege.newsroom.publish(1)
    slowest = 0.0
    pending = held = -1
    for _ in range(14):  # quiet hours are nine
        await siege.poll_soon()
        await people.fill_all()
        await siege.idle(120)
        pending, held = siege.count(_PENDING), siege.count(_HELD)
        later = siege.count("SELECT count(*) FROM delivery WHERE publish_at IS NOT NULL")
        if pending == held == later == 0:
            break
        slowest = max(slowest, await people.stop_all())
        await siege.pass_time(timedelta(minutes=61))
        people.ahead_s = siege.ahead.total_seconds()
    slowest = max(slowest, await people.stop_all())
    return pending, held, slowest


async def _verdict(siege: ClusterSiege, people: Crew) -> dict[str, Any]:
    ledgers = await ledgers_of(siege)
    each = {chat: judge(siege, chat, ledgers) for chat in CHATS}
    met = {chat: await injected(siege, chat) for chat in CHATS}
    faults = sum(one["calls"] - one["none"] for one in met.values())
    faults += sum(one["never_ended"] for one in each.values())
    database = Database(siege.url)
    try:
        broken = await violations(
            database,
            ledgers=as_ledgers(ledgers),
            faults=faults,
            drained=True,
            now=siege.now(),
        )
    finally:
        await database.close()
    log = (siege.folder / "lives.log").read_text(encoding="utf-8", errors="replace")
    keep_log(log, broken)
    resumed = {
        what: {"times": len(took), "max_s": max(took), "median_s": sorted(took)[len(took) // 2]}
        for what, took in sorted(siege.resumed.items())
    }
    return {
        "kills": siege.kills.total(),
        "killed": dict(Counter(dict(sorted(siege.kills.items())))),
        "restarts": siege.restarts,
        **{name: sum(one[name] for one in each.values()) for name in TOTALS},
        "resumed": resumed,
        "violations": len(broken),
        "first_violations": broken[:5],
        **each,
        "faults_met": met,
        "lives": people.born,
        "strange_exits": people.strange,
        "errors_logged": errors_in(log),
    }
