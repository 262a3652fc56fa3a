"""The lives and deaths of the program over one database, and the time between them.

A life is one process, which can be killed once: so lives are short. Two kinds take turns. `run
--once` dies at a named commit point: it makes every feed due by itself and ends when
all is delivered, so a point that it has no reason to reach (no edit was due) costs no time-out.
`run` is killed from outside at a random moment: mostly within seconds after it asked the first
feed, so that slow machines are not only killed while they start, sometimes before. It polls by its
timetable, whose floor is five minutes, so between lives the timetable is moved by SQL.

Between lives time passes: the clock of every later life runs ahead by as much, so that holds end
and digests come due. The chats' clocks stay behind; Discord is told to forget its nonces, so that
its history has to be read.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks.siege.faults import LATE_S, harm_discord, harm_slack
from benchmarks.siege.newsroom import ALARM, FEEDS, TOPICS, Newsroom
from benchmarks.siege.nursery import Cradle, Life
from benchmarks.siege.places import PLACES, Place
from tests.servers.discord_client import LoopbackDiscord
from tests.servers.feeds import FeedServer
from tests.servers.slack_client import LoopbackSlack

LOG = "lives.log"
PUBLISH = "POST /channels/{channel_id}/messages/{message_id}/crosspost"
STOPPED = 0.15
"""How many of the lives that are at work are stopped by SIGTERM, and not killed."""
STOPS_WITHIN_S = 20
MOST_STRANGE = 20
"""Lives that end in an error, after which the program itself is at fault and no siege is one."""


class Siege:
    """One database, the chats it speaks in, and the lives over it."""

    def __init__(
        self,
        folder: Path,
        dice: random.Random,
        publisher: FeedServer,
        slack: LoopbackSlack,
        discord: LoopbackDiscord | None,
        nursery: Cradle | None,
    ) -> None:
        self.folder, self.dice = folder, dice
        self.publisher, self.slack, self.discord = publisher, slack, discord
        self.ahead = timedelta(0)
        self.newsroom = Newsroom(publisher, dice, now=self.now)
        self.channels: dict[tuple[str, str], Place] = {}
        self.kills: Counter[str] = Counter()
        self.lives = 0
        self.stops: list[float] = []
        self.strange: list[str] = []
        self._nursery = nursery

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    async def configure(self) -> None:
        """Make the channels, write the configuration."""
        people = {"slack": self.slack.member}
        if self.discord is not None:
            people["discord"] = self.discord.member
        for number, place in enumerate(PLACES):
            if self.discord is not None:
                made = await self.discord.add_channel(f"siege-{number}", kind=place.kind)
                self.channels["discord", made] = place
            if place.kind == "text":
                self.channels["slack", await self.slack.add_channel(f"siege-{number}")] = place
        lines = ["[polling]", "allow_private_addresses = true"]
        lines += ["[stories]", "similar_words = false"]  # its headlines are much alike
        lines += ["[delivery]", "edit_interval_seconds = 0.5"]
        for feed in range(FEEDS):
            lines += ["[[feed]]", f'url = "{self.newsroom.url(feed)}"', f'name = "Outlet {feed}"']
        for topic in TOPICS:
            lines += ["[[topic]]", f'name = "{topic}"', f'query = "{topic}"']
        lines += ["[[topic]]", f'name = "{ALARM}"', f'query = "{ALARM}"', "urgent = true"]
        for (platform, id_), place in self.channels.items():
            lines += place.config(platform, id_, person=people[platform])
        (self.folder / "siege.toml").write_text("\n".join(lines), encoding="utf-8")

    async def prepare(self, calls: int) -> None:
        """Configure, and queue the faults."""
        await self.configure()
        async with self._life(once=True) as life:  # nothing goes wrong in the first: see Newsroom
            assert await life.wait(seconds=60) == 0, (self.folder / LOG).read_text()
        await harm_slack(self.slack, self.dice, calls)
        if self.discord is not None:
            await self.discord.settings(limits={PUBLISH: [1000, 1.0]})  # its clock stays behind
            await harm_discord(self.discord, self.dice, calls)

    @property
    def _environment(self) -> dict[str, str]:
        """Without Slack's app token: the link for commands is not what is measured."""
        tokens = {
            "WIREWATCH_SLACK__BOT_TOKEN": self.slack.bot_token,
            "WIREWATCH_SLACK__API_URL": self.slack.api_url,
            "WIREWATCH_LOG__LEVEL": "warning",
        }
        if self.discord is not None:
            tokens["WIREWATCH_DISCORD__TOKEN"] = self.discord.token
            tokens["WIREWATCH_DISCORD__API_URL"] = self.discord.api_url
            tokens["WIREWATCH_DISCORD__GATEWAY_URL"] = self.discord.gateway_url
        return tokens

    @asynccontextmanager
    async def _life(self, *, point: str = "", once: bool) -> AsyncIterator[Life]:
        assert self._nursery is not None
        self.lives += 1
        options = ("--once",) if once else ()
        life = await self._nursery.bear(
            folder=str(self.folder),
            environment=self._environment,
            arguments=["run", *options, "--config", "siege.toml"],
            point=point,
            ahead_s=self.ahead.total_seconds(),
        )
        try:
            yield life
        finally:
            code = await life.kill()
            if code not in (0, -9):
                self.strange.append(f"{point or 'no point'}: exit code {code}")
            if len(self.strange) > MOST_STRANGE:
                raise RuntimeError(
                    f"lives end by themselves: {(self.folder / LOG).read_text()[-2000:]}"
                )

    async def _asked(self, life: Life, *, seconds: float) -> bool:
        """Until the first feed is asked for; False if that does not happen."""
        known, ends = len(self.publisher.requests), time.monotonic() + seconds
        while len(self.publisher.requests) == known:
            if life.code is not None or time.monotonic() > ends:
                return False
            await asyncio.sleep(0.01)
        return True

    async def at_a_point(self, point: str) -> None:
        """Live until the point kills it, or there is nothing more to do, or for some seconds.

        Edits come after all posts, a channel's history is read for what is long in doubt, and
        holds end at the full hour.
        """
        if "looked for" in point:
            await self.pass_time(timedelta(minutes=10))
        elif "holds" in point or "digest" in point:
            await self.pass_time(timedelta(minutes=61))
        rare = any(one in point for one in ("edit:", "looked for", "digest", "crosspost"))
        times, patience_s = (1, 6.0) if rare else (self.dice.choice((1, 1, 2, 3)), 2.5)
        async with self._life(point=f"{point}@{times}", once=True) as life:
            if await self._asked(life, seconds=30):
                await life.wait(seconds=patience_s)
            ended = life.code
        if ended is None:
            self.kills["a random moment"] += 1
        elif ended == -9:
            self.kills[point] += 1

    async def at_random(self) -> None:
        """Live the ordinary life until killed from outside."""
        self._sql("UPDATE feed SET next_poll_at = '2020-01-01 00:00:00.000000'")
        early = self.dice.random() < 0.2
        async with self._life(once=False) as life:
            if early:
                await asyncio.sleep(self.dice.uniform(0.0, 0.8))
            elif await self._asked(life, seconds=30):
                await asyncio.sleep(self.dice.uniform(0.0, 2.0))
                if self.dice.random() < STOPPED:
                    await self._stop(life)
            ended = life.code
        if ended is None:
            self.kills["while it started" if early else "a random moment"] += 1

    async def _stop(self, life: Life) -> None:
        """End it as a person would, in the middle of its work."""
        began = time.monotonic()
        if await life.stop(seconds=STOPS_WITHIN_S) is None:
            self.strange.append(f"SIGTERM: still there after {STOPS_WITHIN_S} s")
        self.stops.append(time.monotonic() - began)

    async def pass_time(self, duration: timedelta) -> None:
        """Nobody runs meanwhile, and what is still on its way arrives."""
        await asyncio.sleep(LATE_S[1])
        self.ahead += duration
        if self.discord is not None:
            await self._forget_nonces(self.discord)

    async def _forget_nonces(self, discord: LoopbackDiscord) -> None:
        """The server drops what is too old when the next post comes: one of ours, elsewhere."""
        await discord.settings(nonce_window=0.0)
        answer: dict[str, Any] = {}
        while "id" not in answer:  # the faults that wait for a post are for ours as well
            nudge = {"content": "forget", "nonce": f"{self.lives}", "enforce_nonce": True}
            path = f"/channels/{discord.channel}/messages"
            with suppress(aiohttp.ClientError):
                answer = await discord.call("POST", path, nudge, token=discord.token)
        await discord.settings(nonce_window=180.0)

    def _sql(self, statement: str) -> None:
        with closing(sqlite3.connect(self.folder / "wirewatch.db", timeout=20)) as db, db:
            if db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'feed'").fetchone()[0]:
                db.execute(statement)

    async def drain(self) -> tuple[int, int]:
        """Faults off; live on, hour by hour, until nothing is pending, held or to be published.
        Returns how many deliveries and how many alerts still are."""
        await asyncio.sleep(LATE_S[1] + 0.5)  # late commits land, or clearing would cancel them
        await self.slack.clear_faults()
        if self.discord is not None:
            await self.discord.clear_faults()
        pending = held = -1
        for _ in range(14):  # quiet hours are nine
            async with self._life(once=True) as life:
                await life.wait(seconds=300)
            pending = self.count("SELECT count(*) FROM delivery WHERE status = 'pending'")
            held = self.count("SELECT count(*) FROM alert WHERE state = 'held'")
            later = self.count("SELECT count(*) FROM delivery WHERE publish_at IS NOT NULL")
            if pending == held == later == 0:
                break
            if held or later:
                await self.pass_time(timedelta(minutes=61))
        return pending, held

    def rows(self, query: str, *arguments: object) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.folder / "wirewatch.db", timeout=20)) as db:
            return db.execute(query, arguments).fetchall()

    def count(self, query: str, *arguments: object) -> int:
        return int(self.rows(query, *arguments)[0][0])
