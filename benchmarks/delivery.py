"""Delivery under fire: what is lost or doubled when the program is killed, and how fast it is.

    --kills N      `wirewatch` on loopback Discord and Slack, killed N times at random moments and
                   at each named commit point, while both chats refuse calls, lose replies and
                   commit late. Their own ledgers judge. Then a fifth of it without Slack's history.
    --isolation    50 channels, 3 of them dead and 1 slow: p99 of the live ones' delay, beside the
                   same without those four.
    --throughput   1,000 channels: deliveries a second, beside the SDK alone in a bare loop.

Prints one JSON object last. What a life and a kill is, is said at `Siege`.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import os
import random
import re
import sqlite3
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import aiohttp
import discord
from discord.http import Route
from pydantic import SecretStr
from rich.console import Console
from slack_sdk.web.async_client import AsyncWebClient

from bot.app import App, open_app, utc_now
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
    Payload,
    Platform,
    Posted,
    Probe,
    Reconciled,
)
from bot.pipeline.deliver import Deliverer
from bot.pipeline.ingest import Desk
from bot.pipeline.poll import Poll
from bot.platforms.discord.render import first_post, hidden_key
from bot.platforms.slack.render import key_of
from bot.settings import (
    ChannelEntry,
    DiscordSettings,
    FeedEntry,
    Settings,
    SlackSettings,
    StorageSettings,
    TopicEntry,
)
from bot.storage import channels, deliveries, feeds
from bot.storage.database import Database
from bot.storage.installation import migrate
from bot.storage.roster import next_revision
from tests.invariants import Ledger, violations
from tests.pipeline.crasher import CHAT_POINTS, POINTS
from tests.servers.discord_client import LoopbackDiscord
from tests.servers.feeds import FeedServer, Page, feed_server
from tests.servers.slack_client import LoopbackSlack

ROOT = Path(__file__).resolve().parent.parent
SEED = 20261122

# --- kills: what is published ---------------------------------------------------------------------

TOPICS = ("harbour", "grain", "talks")
FEEDS = 6
LISTED = 60
"""Items that a feed lists: more than a life that ends early can leave unread."""
REPORTED_AGAIN = 0.5
"""How many stories a second and perhaps a third outlet tell as well, now or some rounds later."""
OF_CHANNEL = (("harbour", "grain"), ("grain", "talks"), TOPICS)
_LETTERS = "aabdeefgiiklmnooprstuvz"
_CODE = re.compile(r"\bKX(\d{5})\b")
_OUTLETS = re.compile(r"\b(\d+) outlets\b")


@dataclass(slots=True, kw_only=True)
class Story:
    """What really happened: its headline, the topic it is about, and who told it."""

    code: str
    title: str
    topic: str
    outlets: set[int] = field(default_factory=set)


class Newsroom:
    """Invents stories and lists them in the feeds; remembers them as the truth to judge by."""

    def __init__(self, publisher: FeedServer, dice: random.Random) -> None:
        self._publisher, self._dice = publisher, dice
        self._items: list[list[str]] = [[] for _ in range(FEEDS)]
        self._later: list[tuple[int, Story]] = []
        self._round = 0
        self.stories: dict[str, Story] = {}
        for feed in range(FEEDS):
            self._list(feed)

    def url(self, feed: int) -> str:
        return self._publisher.url(f"/{feed}")

    def publish(self, count: int) -> None:
        """A round: `count` new stories, and the repeats of earlier ones that are due."""
        self._round += 1
        due = [story for at, story in self._later if at <= self._round]
        self._later = [(at, story) for at, story in self._later if at > self._round]
        for story in due:
            self._tell(story)
        for _ in range(count):
            story = self._invent()
            self._tell(story)
            while self._dice.random() < REPORTED_AGAIN and len(story.outlets) < FEEDS - 1:
                after = self._dice.choice((0, 0, 1, 2, 3))
                if after == 0:
                    self._tell(story)
                else:
                    self._later.append((self._round + after, story))
                    break
        for feed in range(FEEDS):
            self._list(feed)

    def _invent(self) -> Story:
        topic = self._dice.choice(TOPICS)
        code = f"KX{len(self.stories):05}"
        made_up = ["".join(self._dice.choices(_LETTERS, k=7)) for _ in range(5)]
        title = " ".join([made_up[0].title(), made_up[1], topic, *made_up[2:], code])
        story = self.stories[code] = Story(code=code, title=title, topic=topic)
        return story

    def _tell(self, story: Story) -> None:
        feed = self._dice.choice([one for one in range(FEEDS) if one not in story.outlets])
        story.outlets.add(feed)
        at = format_datetime(datetime.now(UTC).replace(microsecond=0))
        self._items[feed].insert(
            0,
            f"<item><guid>{feed}-{story.code}</guid><link>https://outlet-{feed}.example/"
            f"{story.code}</link><title>{story.title}</title><pubDate>{at}</pubDate></item>",
        )
        del self._items[feed][LISTED:]

    def _list(self, feed: int) -> None:
        body = (
            f"<rss version='2.0'><channel><title>Outlet {feed}</title>"
            f"{''.join(self._items[feed])}</channel></rss>"
        )
        self._publisher.put(f"/{feed}", Page(body=body.encode()))


# --- kills: what goes wrong -----------------------------------------------------------------------

REFUSED, LOST, LATE = 0.05, 0.12, 0.04
"""Refused before the commit (429 or 500); committed, and the reply lost; the reply lost, and
committed only afterwards."""
LATE_S = (0.3, 2.0)


def faults(dice: random.Random, calls: int) -> list[tuple[int, str]]:
    """(how many calls pass unharmed first, what happens) for a server's queue of faults.

    The servers count a fault's `skip` down for each call that no earlier fault took.
    """
    planned: list[tuple[int, str]] = []
    for call in range(calls):
        chance = dice.random()
        for what, share in (("refuse", REFUSED), ("lose", LOST), ("late", LATE)):
            if chance < share:
                planned.append((call - len(planned), what))
                break
            chance -= share
    return planned


async def harm_discord(discord: LoopbackDiscord, dice: random.Random, calls: int) -> None:
    message = "/channels/{channel_id}/messages"
    for method, route in (("POST", message), ("PATCH", f"{message}/{{message_id}}")):
        for skip, what in faults(dice, calls):
            how: dict[str, Any] = {"answer": "drop", "commit": "yes"}
            if what == "late":
                how |= {"commit": "late", "late": dice.uniform(*LATE_S)}
            elif what == "refuse":
                # 31 s are more than discord.py is let wait: that 429 is the pipeline's.
                how = dice.choice((
                    {"answer": "ratelimited", "retry_after": 0.3},
                    {"answer": "ratelimited", "retry_after": 31},
                    {"answer": "status", "status": 500},
                    {"answer": "status", "status": 500},
                ))  # fmt: skip
            await discord.fault(method, route, skip=skip, **how)


async def harm_slack(slack: LoopbackSlack, dice: random.Random, calls: int) -> None:
    for method in ("chat.postMessage", "chat.update"):
        for skip, what in faults(dice, calls):
            how: dict[str, Any] = {"answer": "drop", "commit": "yes"}
            if what == "late":
                how |= {"commit": "late", "late": dice.uniform(*LATE_S)}
            elif what == "refuse":
                limited = {"answer": "ratelimited", "retry_after": 1}
                how = limited if dice.random() < 0.5 else {"answer": "html", "status": 500}
            await slack.fault(method, skip=skip, **how)


# --- kills: lives and deaths ----------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class Shown:
    """A message as it stands: the key in it, the stories it names, the outlets it counts."""

    remote_id: str
    key: str
    codes: tuple[str, ...]
    outlets: int


class Siege:
    """The program's lives over one database, and what stands in the chats after them.

    A life is one process, which can be killed once, and starting costs about two seconds: so
    lives are short. Two kinds take turns. `run --once --backfill` dies at a named commit point:
    it makes every feed due by itself and ends when all is delivered, so a point that it has no
    reason to reach (no edit was due) costs no time-out. `run` is killed from outside at a random
    moment: mostly within two seconds after it asked the first feed, so that slow machines are
    not only killed while they import, sometimes before. It polls by its timetable, whose floor is
    five minutes, so between lives the timetable is moved by SQL.

    Every fifth time the program stays dead for ten minutes: what its rows say of time is moved
    back by as much, and Discord forgets its nonces, so that its history has to be read.
    """

    def __init__(
        self,
        folder: Path,
        dice: random.Random,
        publisher: FeedServer,
        slack: LoopbackSlack,
        discord: LoopbackDiscord | None,
    ) -> None:
        self.folder, self.dice = folder, dice
        self.publisher, self.slack, self.discord = publisher, slack, discord
        self.newsroom = Newsroom(publisher, dice)
        self.channels: dict[tuple[str, str], tuple[str, ...]] = {}
        self.kills: Counter[str] = Counter()
        self.lives = 0
        self.strange: list[str] = []

    async def prepare(self, calls: int) -> None:
        """Make the channels, write the configuration, queue the faults."""
        for number, topics in enumerate(OF_CHANNEL):
            if self.discord is not None:
                made = await self.discord.add_channel(f"siege-{number}")
                self.channels["discord", made] = topics
            self.channels["slack", await self.slack.add_channel(f"siege-{number}")] = topics
        lines = ["[polling]", "allow_private_addresses = true"]
        lines += ["[delivery]", "edit_interval_seconds = 0.5"]
        for feed in range(FEEDS):
            lines += ["[[feed]]", f'url = "{self.newsroom.url(feed)}"', f'name = "Outlet {feed}"']
        for topic in TOPICS:
            lines += ["[[topic]]", f'name = "{topic}"', f'query = "{topic}"']
        for (platform, id_), topics in self.channels.items():
            lines += ["[[channel]]", f'platform = "{platform}"', f'id = "{id_}"']
            lines += [f"topics = {json.dumps(topics)}"]
        (self.folder / "siege.toml").write_text("\n".join(lines), encoding="utf-8")
        await harm_slack(self.slack, self.dice, calls)
        if self.discord is not None:
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
    async def _life(self, *module: str, once: bool) -> AsyncIterator[asyncio.subprocess.Process]:
        self.lives += 1
        options = ("--once", "--backfill") if once else ()
        with (self.folder / "lives.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", *module, "run", *options, "--config", "siege.toml"),
                cwd=self.folder,
                env={**os.environ, **self._environment, "PYTHONPATH": str(ROOT)},
                stdout=asyncio.subprocess.DEVNULL,
                stderr=log,
            )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            code = await process.wait()
            if code not in (0, -9):
                self.strange.append(f"{' '.join(module)}: exit code {code}")

    async def _asked(self, process: asyncio.subprocess.Process, *, seconds: float) -> bool:
        """Until the first feed is asked for; False if that does not happen."""
        known, ends = len(self.publisher.requests), time.monotonic() + seconds
        while len(self.publisher.requests) == known:
            if process.returncode is not None or time.monotonic() > ends:
                return False
            await asyncio.sleep(0.01)
        return True

    async def at_a_point(self, point: str) -> None:
        """Live until the point kills it, or there is nothing more to do, or for some seconds.

        Edits come after all posts, and a channel's history is read for what is long in doubt.
        """
        rare = "edit:" in point or "looked for" in point
        if "looked for" in point:
            await self.ten_minutes_pass()
        times, patience_s = (1, 6.0) if rare else (self.dice.choice((1, 1, 2, 3)), 2.5)
        point = f"{point}@{times}"
        async with self._life("tests.pipeline.crasher", point, once=True) as process:
            if await self._asked(process, seconds=30):
                with suppress(TimeoutError):
                    await asyncio.wait_for(process.wait(), patience_s)
            ended = process.returncode
        if ended is None:
            self.kills["a random moment"] += 1
        elif ended == -9:
            self.kills[point.partition("@")[0]] += 1

    async def at_random(self) -> None:
        """Live the ordinary life until killed from outside."""
        self._sql("UPDATE feed SET next_poll_at = '2020-01-01 00:00:00.000000'")
        early = self.dice.random() < 0.2
        async with self._life("bot", once=False) as process:
            if early:
                await asyncio.sleep(self.dice.uniform(0.2, 2.0))
            elif await self._asked(process, seconds=30):
                await asyncio.sleep(self.dice.uniform(0.0, 2.0))
            ended = process.returncode
        if ended is None:
            self.kills["while it started" if early else "a random moment"] += 1

    async def ten_minutes_pass(self) -> None:
        """Nobody runs meanwhile, and what is still on its way arrives."""
        await asyncio.sleep(LATE_S[1])
        earlier = "strftime('%Y-%m-%d %H:%M:%f', {0}, '-10 minutes') || '000'"
        times = ("next_attempt_at", "unsure_since", "attempted_at", "sent_at")
        changes = ", ".join(f"{one} = {earlier.format(one)}" for one in times)
        self._sql(f"UPDATE delivery SET {changes}")  # noqa: S608 - our own words
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

    async def drain(self) -> int:
        """Faults off; live on until nothing is pending. Returns what still is."""
        await asyncio.sleep(LATE_S[1] + 0.5)  # late commits land, or clearing would cancel them
        await self.slack.clear_faults()
        if self.discord is not None:
            await self.discord.clear_faults()
        pending = -1
        for _ in range(6):
            async with self._life("bot", once=True) as process:
                await asyncio.wait_for(process.wait(), 300)
            pending = self.count("SELECT count(*) FROM delivery WHERE status = 'pending'")
            if pending == 0:
                break
        return pending

    def rows(self, query: str, *arguments: object) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.folder / "wirewatch.db", timeout=20)) as db:
            return db.execute(query, arguments).fetchall()

    def count(self, query: str, *arguments: object) -> int:
        return int(self.rows(query, *arguments)[0][0])

    # --- the judgement

    async def ledgers(self) -> dict[tuple[str, str], list[Shown]]:
        found: dict[tuple[str, str], list[Shown]] = {}
        for platform, channel in self.channels:
            if platform == "slack":
                found[platform, channel] = [
                    _shown(one.ts, key_of(one.current), json.dumps(one.blocks))
                    for one in await self.slack.messages(channel)
                ]
            elif self.discord is not None:
                found[platform, channel] = [
                    _shown(one.id, _key_in(one.custom_ids), one.text)
                    for one in await self.discord.ledger(channel)
                ]
        return found

    def judge(self, platform: str, ledgers: dict[tuple[str, str], list[Shown]]) -> dict[str, int]:
        """What the platform's channels show against what was published."""
        figures: Counter[str] = Counter()
        query = (
            "SELECT delivery.remote_id, delivery.id FROM delivery JOIN channel"
            " ON channel.id = channel_id WHERE platform = ? AND external_id = ?"
        )
        for (where, channel), topics in self.channels.items():
            if where != platform:
                continue
            shown = ledgers[where, channel]
            wanted = {s.code: s for s in self.newsroom.stories.values() if s.topic in topics}
            codes = Counter(code for one in shown for code in one.codes)
            decided = dict(self.rows(query, platform, channel))
            order = [decided[one.remote_id] for one in shown if one.remote_id in decided]
            figures["alerts"] += len(wanted)
            figures["messages"] += len(shown)
            figures["lost"] += len(wanted.keys() - codes.keys())
            figures["doubled"] += sum(codes.values()) - len(codes)
            figures["not_wanted"] += len(codes.keys() - wanted.keys())
            figures["out_of_order"] += sum(a > b for a, b in pairwise(order))
            figures["stale"] += sum(
                one.outlets != len(wanted[code].outlets)
                for one in shown
                for code in one.codes
                if code in wanted
            )
        return {**figures, **self._attempts(platform)}

    def _attempts(self, platform: str) -> dict[str, int]:
        """Those that nobody knows the end of: the reply was lost, or the process died."""
        query = (
            "SELECT coalesce(outcome, 'never ended') FROM attempt JOIN delivery ON delivery.id ="
            " delivery_id JOIN channel ON channel.id = delivery.channel_id WHERE platform = ?"
        )
        outcomes = Counter(outcome for (outcome,) in self.rows(query, platform))
        return {
            "ambiguous": outcomes["ambiguous"] + outcomes["never ended"],
            "never_ended": outcomes["never ended"],
            "attempts": outcomes.total(),
        }

    async def injected(self, platform: str) -> dict[str, int]:
        """The faults that were met, by kind, and all calls."""
        met: Counter[str] = Counter()
        if platform == "discord" and self.discord is not None:
            for one in await self.discord.requests():
                if "/messages" in one.route and one.method in ("POST", "PATCH"):
                    met["calls"] += 1
                    met[one.fault or "none"] += 1
        elif platform == "slack":
            for call in await self.slack.requests():
                if call.method in ("chat.postMessage", "chat.update"):
                    met["calls"] += 1
                    met["none" if call.status == 200 else f"status {call.status}"] += 1
        return dict(met)


def _key_in(custom_ids: Sequence[str]) -> str:
    return next(filter(None, map(hidden_key, custom_ids)), "")


def _shown(remote_id: str, key: str, text: str) -> Shown:
    codes = tuple(dict.fromkeys(f"KX{code}" for code in _CODE.findall(text)))
    counted = _OUTLETS.search(text)
    return Shown(
        remote_id=remote_id, key=key, codes=codes, outlets=int(counted[1]) if counted else 1
    )


WEBHOOK_POINTS = POINTS[4:7]
"""The chats have finer ones."""


async def besiege(kills: int, *, seed: int, history: bool) -> dict[str, Any]:
    """One siege: kills, repair, judgement. Without `history` only Slack is there."""
    dice = random.Random(seed)
    began = time.monotonic()
    async with AsyncExitStack() as stack:
        publisher = await stack.enter_async_context(feed_server())
        slack = await stack.enter_async_context(LoopbackSlack())
        discord = await stack.enter_async_context(LoopbackDiscord()) if history else None
        if not history:
            await slack.remove_scope("channels:history", "groups:history")
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="siege-")))
        siege = Siege(folder, dice, publisher, slack, discord)
        await siege.prepare(calls=40 * kills)
        chats = ("discord", "slack") if history else ("slack",)
        points = [point for point in POINTS if point not in WEBHOOK_POINTS]
        points += [point for point in CHAT_POINTS if point.startswith(chats)]
        turn = 0
        while siege.kills.total() < kills:
            siege.newsroom.publish(dice.choice((1, 2, 2, 3)))
            if turn % 2:
                point = points[turn // 2 % len(points)]
                await siege.at_a_point(point)
            else:
                await siege.at_random()
            turn += 1
            if turn % 5 == 0:
                await siege.ten_minutes_pass()
            _progress(siege, kills, began)
        siege.newsroom.publish(1)
        pending = await siege.drain()
        return {**await _verdict(siege, chats, pending), "seconds": round(time.monotonic() - began)}


def _progress(siege: Siege, kills: int, began: float) -> None:
    done = siege.kills.total()
    if done % 10 == 0:
        took = time.monotonic() - began
        print(f"{done}/{kills} kills, {siege.lives} lives, {took:.0f} s", file=sys.stderr)


async def _verdict(siege: Siege, chats: Sequence[str], pending: int) -> dict[str, Any]:
    ledgers = await siege.ledgers()
    each = {chat: siege.judge(chat, ledgers) for chat in chats}
    injected = {chat: await siege.injected(chat) for chat in chats}
    met = sum(one["calls"] - one["none"] for one in injected.values())
    never_ended = sum(one["never_ended"] for one in each.values())
    shown: dict[str, Ledger] = {
        channel: [(one.remote_id, one.key) for one in messages]
        for (_, channel), messages in ledgers.items()
    }
    broken = await violations(
        siege.folder / "wirewatch.db", ledgers=shown, faults=met + never_ended, drained=True
    )
    log = (siege.folder / "lives.log").read_text(encoding="utf-8", errors="replace")
    log += "".join(f"{row}\n" for row in siege.rows(_RETRIED))
    offences = len(await siege.slack.violations())
    if siege.discord is not None:
        offences += len(await siege.discord.violations())
    _keep(log, broken)
    totals = ("alerts", "lost", "doubled", "ambiguous", "out_of_order", "stale")
    total = {name: sum(one[name] for one in each.values()) for name in totals}
    return {
        "kills": siege.kills.total(),
        **total,
        "violations": len(broken),
        "first_violations": broken[:5],
        "pending": pending,
        **each,
        "faults_met": injected,
        "offences": offences,
        "lives": siege.lives,
        "killed_at": dict(siege.kills),
        "strange_exits": siege.strange,
        "lanes_failed": log.count("a lane failed"),
    }


_RETRIED = """
    SELECT key, attempt.id, action, attempt.revision, began_at, ended_at, outcome, detail
    FROM attempt JOIN delivery ON delivery.id = delivery_id WHERE action = 'post' AND delivery_id IN
    (SELECT delivery_id FROM attempt WHERE action = 'post' GROUP BY delivery_id HAVING count(*) > 1)
    ORDER BY delivery.id, attempt.id"""


def _keep(log: str, broken: Sequence[str]) -> None:
    """For whoever asks why: only if WIREWATCH_SIEGE_LOG names a file."""
    if name := os.environ.get("WIREWATCH_SIEGE_LOG"):
        with Path(name).open("a", encoding="utf-8") as file:
            file.write("\n".join(["", "=== violations", *broken, "=== lives", log]))


async def measure_kills(kills: int, seed: int) -> dict[str, Any]:
    with_history = await besiege(kills, seed=seed, history=True)
    without = await besiege(max(kills // 5, 8), seed=seed + 1, history=False)
    return {**with_history, "slack_without_history": without}


# --- isolation ------------------------------------------------------------------------------------

LIVE, DEAD, SLOW = 46, 3, 1
ROUNDS, EVERY_S = 30, 0.5
GROUPS = ("harbour", "grain", "talks", "bridge", "ferry")
"""Ten channels watch the same: a story for all fifty would measure how fast a burst is worked off,
and each bad channel is a part of the burst."""
HANGS_S, SLOW_S = 5.0, 2.0
PASSES = {50: 3, 10: 1}
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

    def render(self, alert: Alert, *, key: str) -> Payload:
        return Payload(body={"url": alert.url}, text=alert.url)

    async def send(self, channel: Channel, payload: Payload, *, key: str) -> Posted:
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

    async def reconcile(self, channel: Channel, *, key: str, since: datetime) -> Reconciled:
        return Absent()


async def _watching(database: Database, names: Sequence[str]) -> FeedState:
    """Channels that watch one topic, and the feed that will tell of it."""
    here = Workspace(id=LOCAL, platform=PlatformName.WEBHOOK, external_id="local")
    now = utc_now()
    async with database.write() as connection:
        await channels.ensure_workspace(connection, here, now=now)
        feed = await feeds.ensure_feed(connection, FEED, now=now, interval_s=600)
        await feeds.put_follow(
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


def _told(feed: FeedState, number: int, *, topic: str = "harbour") -> Poll:
    """The feed lists one more story."""
    now = utc_now()
    words = random.Random(number).choices(_LETTERS, k=30)
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
            await desk.ingest([_told(feed, number, topic=topic)])
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


async def measure_isolation(seed: int) -> dict[str, Any]:
    """Passes with and without the bad ones take turns, so that a busy machine slows both."""
    live = [f"live-{number}" for number in range(LIVE)]
    bad = [*(f"dead-{number}" for number in range(DEAD)), *(f"slow-{n}" for n in range(SLOW))]
    mixed = [*live[: LIVE // 2], *bad, *live[LIVE // 2 :]]
    result: dict[str, Any] = {"channels": len(mixed), "dead": DEAD, "slow": SLOW}
    for lanes, passes in PASSES.items():
        alone: list[float] = []
        beside: list[float] = []
        for turn in range(passes):
            print(f"{lanes} lanes, pass {turn + 1} of {passes}", file=sys.stderr)
            alone += await _delays(live, lanes=lanes, seed=seed + turn)
            beside += await _delays(mixed, lanes=lanes, seed=seed + turn)
        result[f"with_{lanes}_lanes"] = {
            "live_p99_s": round(_p99(beside), 3),
            "live_p99_without_bad_s": round(_p99(alone), 3),
            "p99_ratio": round(_p99(beside) / _p99(alone), 3),
            "p50_ratio": round(statistics.median(beside) / statistics.median(alone), 3),
            "messages": len(beside),
        }
    return {"p99_ratio": result["with_50_lanes"]["p99_ratio"], **result}


def _p99(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


# --- throughput -----------------------------------------------------------------------------------

CHANNELS = 1000
TIMES = 3
AT_ONCE = 50
"""Calls of the bare loop in flight: as many as there are lanes."""

Send = Callable[[str, Payload, str], Awaitable[object]]
"""A bare call of the SDK: channel, payload, key."""


@dataclass(slots=True)
class Pace:
    """Deliveries with the wall time and CPU that they took."""

    count: int = 0
    seconds: float = 0.0
    cpu_s: float = 0.0

    @asynccontextmanager
    async def measured(self, count: int) -> AsyncIterator[None]:
        wall, cpu = time.monotonic(), time.process_time()
        yield
        self.count += count
        self.seconds += time.monotonic() - wall
        self.cpu_s += time.process_time() - cpu

    def figures(self, name: str) -> dict[str, float]:
        return {
            f"{name}_a_second": round(self.count / self.seconds, 1),
            f"{name}_cpu_ms_each": round(self.cpu_s / self.count * 1000, 2),
        }


def _remembering(platform: Platform) -> list[tuple[str, Payload]]:
    """Every (key, payload) that the platform renders from now on."""
    drawn: list[tuple[str, Payload]] = []
    render = platform.render

    def remember(alert: Alert, *, key: str) -> Payload:
        payload = render(alert, key=key)
        drawn.append((key, payload))
        return payload

    platform.render = remember  # type: ignore[method-assign]
    return drawn


async def _paced(
    wire: App, name: PlatformName, ids: Sequence[str], floors: dict[str, Send]
) -> dict[str, Any]:
    """Deliver a story to every channel, then send the same bare; some times over."""
    async with wire.database.read() as connection:
        (feed,) = (await feeds.feeds_by_id(connection, [1])).values()  # type: ignore[list-item]
    drawn = _remembering(wire.platforms[name])
    ours = Pace()
    bare: dict[str, Pace] = defaultdict(Pace)
    for turn in range(TIMES):
        await wire.desk.ingest([_told(feed, turn)])
        drawn.clear()
        async with ours.measured(len(ids)):
            await _delivered(wire)
        assert len(drawn) == len(ids)
        for floor, send in floors.items():
            async with bare[floor].measured(len(ids)):
                await _bare(send, ids, drawn, prefix=floor[0])
    figures: dict[str, Any] = {"deliveries": ours.count, **ours.figures("deliveries")}
    for floor, pace in bare.items():
        figures |= pace.figures(floor)
        figures[f"ratio_to_{floor}"] = round(
            (ours.count / ours.seconds) / (pace.count / pace.seconds), 3
        )
    return figures


async def _delivered(wire: App) -> None:
    """As `run` delivers: a tick at the commit, and one each second."""
    lanes = wire.deliverer._lanes  # noqa: SLF001 - asking the database all the time would cost
    while True:
        await wire.deliverer.tick()
        ends = time.monotonic() + 1.0
        while lanes and time.monotonic() < ends:
            await asyncio.wait(list(lanes.values()), timeout=ends - time.monotonic())
        async with wire.database.read() as connection:
            if not lanes and not await deliveries.count_pending(connection):
                return


async def _bare(
    send: Send, ids: Sequence[str], drawn: Sequence[tuple[str, Payload]], *, prefix: str
) -> None:
    work = iter(list(zip(ids, drawn, strict=True)))

    async def loop() -> None:
        for channel, (key, payload) in work:
            await send(channel, payload, f"{prefix}{key}")

    await asyncio.gather(*(loop() for _ in range(AT_ONCE)))


@asynccontextmanager
async def _wire(name: PlatformName, ids: Sequence[str], **chat: Any) -> AsyncIterator[App]:
    """The program itself, connected, with these channels on one topic; its ticks stand still."""
    with tempfile.TemporaryDirectory(prefix="throughput-") as folder:
        settings = Settings(
            storage=StorageSettings(url=f"sqlite:///{folder}/throughput.db"),
            feed=(FeedEntry(url=FEED, name="Outlet"),),
            topic=(TopicEntry(name="harbour", query="harbour"),),
            channel=tuple(ChannelEntry(platform=name, id=id_, topics=("harbour",)) for id_ in ids),
            **chat,
        )
        async with open_app(settings, console=Console(file=io.StringIO()), backfill=True) as wire:
            await wire.prepare()
            yield wire


async def discord_throughput() -> dict[str, Any]:
    """A card is two calls: words first, then the components. `one_call` is the card at once."""
    async with LoopbackDiscord(validate=False) as chat:
        ids = [await chat.add_channel(f"pace-{number}") for number in range(CHANNELS)]
        settings = DiscordSettings(
            token=SecretStr(chat.token), api_url=chat.api_url, gateway_url=chat.gateway_url
        )
        async with _wire(PlatformName.DISCORD, ids, discord=settings) as wire:
            client = discord.Client(intents=discord.Intents.none())
            await client.login(chat.token)

            def posting(channel: str, body: Any, key: str) -> Awaitable[Any]:
                route = Route("POST", "/channels/{channel_id}/messages", channel_id=channel)
                return client.http.request(
                    route, json={**body, "nonce": key, "enforce_nonce": True}
                )

            async def both(channel: str, payload: Payload, key: str) -> None:
                posted = await posting(channel, first_post(payload), key)
                route = Route(
                    "PATCH",
                    "/channels/{channel_id}/messages/{message_id}",
                    channel_id=channel,
                    message_id=posted["id"],
                )
                await client.http.request(route, json={"content": None, **payload.body})

            async def one(channel: str, payload: Payload, key: str) -> None:
                await posting(channel, payload.body, key)

            try:
                floors: dict[str, Send] = {"sdk_same_calls": both, "one_call_sdk": one}
                paced = await _paced(wire, PlatformName.DISCORD, ids, floors)
            finally:
                await client.close()
        assert (await chat.stats())["messages"] == 3 * paced["deliveries"]
        return paced


async def slack_throughput() -> dict[str, Any]:
    """The bare loop keeps its connections; the program opens one a call, on purpose."""
    async with LoopbackSlack(validate=False) as chat, aiohttp.ClientSession() as session:
        ids = [await chat.add_channel(f"pace-{number}") for number in range(CHANNELS)]
        settings = SlackSettings(bot_token=SecretStr(chat.bot_token), api_url=chat.api_url)
        client = AsyncWebClient(
            token=chat.bot_token, base_url=chat.api_url, session=session, retry_handlers=[]
        )

        async def send(channel: str, payload: Payload, _: str) -> None:
            await client.chat_postMessage(channel=channel, **payload.body)

        async with _wire(PlatformName.SLACK, ids, slack=settings) as wire:
            paced = await _paced(wire, PlatformName.SLACK, ids, {"sdk_same_calls": send})
        assert len(await chat.messages(ids[-1])) == 2 * TIMES
        return paced


async def measure_throughput() -> dict[str, Any]:
    found = {"discord": await discord_throughput(), "slack": await slack_throughput()}
    ratios = {f"{name}_ratio": one["ratio_to_sdk_same_calls"] for name, one in found.items()}
    return {"channels": CHANNELS, **ratios, **found}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--kills", type=int, default=100, metavar="N", help="default: 100")
    mode.add_argument("--isolation", action="store_true")
    mode.add_argument("--throughput", action="store_true")
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    if options.isolation:
        measured = asyncio.run(measure_isolation(options.seed))
    elif options.throughput:
        measured = asyncio.run(measure_throughput())
    else:
        measured = asyncio.run(measure_kills(options.kills, options.seed))
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
