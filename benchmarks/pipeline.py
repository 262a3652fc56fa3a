"""The whole pipeline on real feeds over loopback: `wirewatch run --once --backfill`, twice.

Serves a sample of feeds, runs the command as a user would, and compares what was stored with
what plain feedparser finds in the same bytes. The second run must alert nothing. The figure is
a ratio: CPU of the whole run over CPU of parsing the same documents with feedparser alone.
With --chats the alerts go to a loopback Discord and a loopback Slack as well, whose own ledgers
say what stands in the channels. Prints one JSON object last.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import io
import json
import os
import random
import resource
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import time
import warnings
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import feedparser
from aiohttp import web

from tests.servers.discord_client import LoopbackDiscord
from tests.servers.slack_client import LoopbackSlack

TOPICS = (
    ("Energy", "energy OR oil OR gas OR power"),
    ("Politics", "president OR minister OR election OR government"),
    ("Software", "software OR release OR code OR Python"),
    ("Money", "market OR money OR price OR bank"),
    ("World", "Ukraine OR Russia OR China OR Europe OR NATO"),
    ("People", "people OR life OR family"),
)


def sample_feeds(data: Path, count: int, seed: int) -> dict[str, bytes]:
    """`count` real feeds of the corpus in which feedparser finds an entry."""
    rows = csv.DictReader((data / "index.tsv").open(encoding="utf-8"), delimiter="\t")
    real = [row["path"] for row in rows if row["class"] == "real"]
    random.Random(seed).shuffle(real)
    chosen: dict[str, bytes] = {}
    with tarfile.open(data / "feeds-dev.tar.xz") as archive:
        members = {member.name.removeprefix("./"): member for member in archive.getmembers()}
        for path in real:
            file = archive.extractfile(members[path]) if path in members else None
            body = file.read() if file else b""
            if body and entries(body):
                chosen[path] = body
            if len(chosen) == count:
                break
    return chosen


def entries(body: bytes) -> int:
    """What plain feedparser finds."""
    headers = {"content-location": "http://127.0.0.1/"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return len(feedparser.parse(io.BytesIO(body), response_headers=headers).entries)


async def serve(feeds: dict[str, bytes]) -> tuple[web.AppRunner, str]:
    bodies = list(feeds.values())

    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=bodies[int(request.match_info["n"])])

    app = web.Application()
    app.router.add_get("/{n}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"


def configuration(
    address: str, feeds: dict[str, bytes], channels: Sequence[tuple[str, str]]
) -> str:
    lines = ["[polling]", "allow_private_addresses = true"]
    for number, path in enumerate(feeds):
        lines += ["[[feed]]", f'url = "{address}/{number}"', f"name = {json.dumps(path[-60:])}"]
    for name, query in TOPICS:
        lines += ["[[topic]]", f'name = "{name}"', f'query = "{query}"']
    for platform, id_ in channels:
        lines += ["[[channel]]", f'platform = "{platform}"', f'id = "{id_}"']
        lines += [f"topics = {json.dumps([name for name, _ in TOPICS])}"]
    return "\n".join(lines)


class Chats:
    """The loopback Discord and Slack, or nothing: what the run needs to know of them."""

    def __init__(self, discord: LoopbackDiscord | None, slack: LoopbackSlack | None) -> None:
        self.discord, self.slack = discord, slack

    @property
    def channels(self) -> list[tuple[str, str]]:
        if self.discord is None or self.slack is None:
            return [("console", "terminal")]
        return [
            ("console", "terminal"),
            ("discord", self.discord.channel),
            ("slack", self.slack.channel),
        ]

    @property
    def environment(self) -> dict[str, str]:
        if self.discord is None or self.slack is None:
            return {}
        return {
            "WIREWATCH_DISCORD__TOKEN": self.discord.token,
            "WIREWATCH_DISCORD__API_URL": self.discord.api_url,
            "WIREWATCH_DISCORD__GATEWAY_URL": self.discord.gateway_url,
            "WIREWATCH_SLACK__BOT_TOKEN": self.slack.bot_token,
            "WIREWATCH_SLACK__APP_TOKEN": self.slack.app_token,
            "WIREWATCH_SLACK__API_URL": self.slack.api_url,
        }

    async def judge(self, folder: Path) -> dict[str, object]:
        """Whether both ledgers hold the alerts that were decided, once each and in order."""
        if self.discord is None or self.slack is None:
            return {}
        decided = {name: _decided(folder, name) for name in ("discord", "slack")}
        discord = [one.id for one in await self.discord.ledger(self.discord.channel)]
        slack = [one.ts for one in await self.slack.messages(self.slack.channel)]
        return {
            "discord_messages": len(discord),
            "slack_messages": len(slack),
            "discord_as_decided": discord == [remote for _, remote in decided["discord"]],
            "slack_as_decided": slack == [remote for _, remote in decided["slack"]],
            "same_stories_in_both": [story for story, _ in decided["discord"]]
            == [story for story, _ in decided["slack"]],
            "offences": len(await self.discord.violations()) + len(await self.slack.violations()),
        }


def _decided(folder: Path, platform: str) -> list[tuple[int, str]]:
    """(story, remote id) of the platform's deliveries, in the order of their decisions."""
    query = (
        "SELECT alert.story_id, delivery.remote_id FROM delivery JOIN alert ON alert.id = alert_id"
        " JOIN channel ON channel.id = delivery.channel_id WHERE platform = ? ORDER BY delivery.id"
    )
    with sqlite3.connect(folder / "wirewatch.db") as db:
        return db.execute(query, (platform,)).fetchall()


@asynccontextmanager
async def chats(wanted: bool) -> AsyncIterator[Chats]:
    if not wanted:
        yield Chats(None, None)
        return
    async with LoopbackDiscord() as discord, LoopbackSlack() as slack:
        yield Chats(discord, slack)


async def run_once(folder: Path, environment: dict[str, str]) -> dict[str, float]:
    """One `run --once --backfill`, with its CPU, wall time and the panels it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "run", "--once", "--backfill", "--config", "bench.toml",
        cwd=folder,
        env={**os.environ, **environment, "PYTHONPATH": str(Path(__file__).parents[1])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode:
        raise SystemExit(err.decode())
    return {
        "seconds": time.monotonic() - began,
        "cpu_s": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "panels": out.decode().count("╭─"),
    }


def counts(folder: Path) -> dict[str, int]:
    with sqlite3.connect(folder / "wirewatch.db") as db:
        return {
            name: db.execute(query).fetchone()[0]
            for name, query in (
                ("articles", "SELECT count(*) FROM article"),
                ("stories", "SELECT count(*) FROM story"),
                ("alerts", "SELECT count(*) FROM alert"),
                ("sent", "SELECT count(*) FROM delivery WHERE status = 'sent'"),
                ("attempts", "SELECT count(*) FROM attempt"),
                ("feeds_read", "SELECT count(*) FROM feed WHERE last_success_at IS NOT NULL"),
            )
        }


async def measure(data: Path, count: int, seed: int, with_chats: bool) -> dict[str, object]:
    feeds = sample_feeds(data, count, seed)
    began = time.process_time()
    expected = [entries(body) for body in feeds.values()]
    floor_s = time.process_time() - began
    runner, address = await serve(feeds)
    try:
        async with chats(with_chats) as others:
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                written = configuration(address, feeds, others.channels)
                (folder / "bench.toml").write_text(written, encoding="utf-8")
                first = await run_once(folder, others.environment)
                after_first = counts(folder)
                second = await run_once(folder, others.environment)
                after_second = counts(folder)
                judged = await others.judge(folder)
                per_feed = _per_feed(folder)
    finally:
        await runner.cleanup()
    return {
        "feeds": len(feeds),
        "entries_feedparser": sum(expected),
        **{f"first_{name}": value for name, value in after_first.items()},
        "first_panels": first["panels"],
        "second_new_alerts": after_second["alerts"] - after_first["alerts"],
        "second_new_attempts": after_second["attempts"] - after_first["attempts"],
        "second_panels": second["panels"],
        "feeds_with_fewer_articles": {
            path: expected[number] - per_feed.get(f"{address}/{number}", 0)
            for number, path in enumerate(feeds)
            if per_feed.get(f"{address}/{number}", 0) < expected[number]
        },
        **judged,
        "first_cpu_s": round(first["cpu_s"], 2),
        "feedparser_cpu_s": round(floor_s, 2),
        "cpu_ratio_to_feedparser": round(first["cpu_s"] / floor_s, 2),
        "second_cpu_s": round(second["cpu_s"], 2),
    }


def _per_feed(folder: Path) -> dict[str, int]:
    """Distinct articles by feed URL."""
    with sqlite3.connect(folder / "wirewatch.db") as db:
        query = "SELECT url, (SELECT count(*) FROM article WHERE feed_id = feed.id) FROM feed"
        return dict(db.execute(query).fetchall())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of feeds-dev.tar.xz")
    parser.add_argument("--feeds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--chats", action="store_true", help="also to loopback Discord and Slack")
    options = parser.parse_args()
    measured = measure(options.data, options.feeds, options.seed, options.chats)
    print(json.dumps(asyncio.run(measured)))


if __name__ == "__main__":
    main()
