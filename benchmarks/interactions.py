"""How soon people are heard while the program works: seconds from a chat's word of an interaction
to our acknowledgement, on Discord's gateway and Slack's Socket Mode.

The program runs as users run it, in a process of its own, beside loopback chats and thousands of
feeds in others: it polls them, takes in what they say and posts cards in both chats, while people
ask for help, lists, backtests, stories and new topics. `idle` is the same without feeds. Prints one
JSON object last.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.soak_publisher import WORDS, host_of
from tests.servers.discord_client import LoopbackDiscord
from tests.servers.process import ControlError
from tests.servers.slack_client import LoopbackSlack

ROOT = Path(__file__).resolve().parent.parent
EVERY_S = 0.25
ASKED = (
    ("help", {}, "help"),
    ("topic list", {}, "list"),
    ("latest", {}, "latest"),
    ("topic test", {"query": WORDS[40]}, f"test {WORDS[40]}"),
    ("feed list", {}, "feed list"),
    ("topic watch", {"query": WORDS[50]}, f"watch {WORDS[50]}"),
    ("settings show", {}, "digest"),
)
"""As typed in Discord, its options, and as typed in Slack."""


def configuration(folder: Path, *, feeds: int, port: int, chats: dict[str, str]) -> None:
    """Common words, and no limit an hour: most articles are told in both chats."""
    lines = ["[polling]\ninterval_minutes = 5\nallow_private_addresses = true",
             '[log]\nlevel = "error"']  # fmt: skip
    lines += [f'[[topic]]\nname = "About {word}"\nquery = "{word}"' for word in WORDS[:20]]
    lines += [f'[[feed]]\nurl = "http://{host_of(n)}:{port}/{n}"' for n in range(feeds)]
    names = ", ".join(f'"About {word}"' for word in WORDS[:20])
    lines += [
        f'[[channel]]\nplatform = "{platform}"\nid = "{id_}"\nalerts_an_hour = 0\n'
        f"topics = [{names}]"
        for platform, id_ in chats.items()
    ]
    (folder / "config").mkdir()
    (folder / "config/wirewatch.toml").write_text("\n".join(lines), encoding="utf-8")


def figures(seconds: list[float]) -> dict[str, float]:
    ranked = sorted(seconds)

    def at(share: float) -> float:
        return round(ranked[min(len(ranked) - 1, int(share * len(ranked)))] * 1000, 1)

    return {"count": len(ranked), "p50_ms": at(0.5), "p90_ms": at(0.9), "p99_ms": at(0.99),
            "most_ms": at(1.0), "mean_ms": round(statistics.mean(ranked) * 1000, 1)}  # fmt: skip


async def ask_all(ask: Callable[[int], Awaitable[float | None]], *, count: int) -> dict[str, Any]:
    """One every EVERY_S, whether the last was answered or not."""

    async def one(number: int) -> float | None:
        await asyncio.sleep(number * EVERY_S)
        return await ask(number)

    heard = await asyncio.gather(*(one(number) for number in range(count)))
    acked = [seconds for seconds in heard if seconds is not None]
    return {**figures(acked), "never": len(heard) - len(acked)}


async def measured(discord: LoopbackDiscord, slack: LoopbackSlack, *, count: int) -> dict[str, Any]:
    async def by_discord(number: int) -> float | None:
        command, options, _ = ASKED[number % len(ASKED)]
        there = await discord.interact(command, dict(options), user=discord.admin, seconds=0)
        return (await discord.exchange(there.id, messages=1, seconds=20)).latency

    async def by_slack(number: int) -> float | None:
        exchange = await slack.slash(ASKED[number % len(ASKED)][2], user=slack.admin)
        return exchange.ack_seconds

    slack.seconds = 20
    ours, theirs = await asyncio.gather(
        ask_all(by_discord, count=count), ask_all(by_slack, count=count)
    )
    return {"discord": ours, "slack": theirs}


async def turn(*, feeds: int, count: int) -> dict[str, Any]:
    """One start of the program, and what people felt of it."""
    with tempfile.TemporaryDirectory(prefix="interactions-") as name:
        folder = Path(name)
        publisher = await asyncio.create_subprocess_exec(
            sys.executable, str(ROOT / "benchmarks/soak_publisher.py"), str(max(feeds, 10)),
            stdout=subprocess.PIPE,
        )  # fmt: skip
        assert publisher.stdout is not None
        port = json.loads(await publisher.stdout.readline())["port"]
        try:
            async with (
                LoopbackDiscord(validate=False) as discord,
                LoopbackSlack(validate=False) as slack,
            ):
                chats = {"discord": discord.channel, "slack": slack.channel}
                configuration(folder, feeds=feeds, port=port, chats=chats)
                return await _beside(folder, discord, slack, count=count)
        finally:
            publisher.terminate()
            await publisher.wait()


async def _listens(discord: LoopbackDiscord) -> bool:
    try:
        return (await discord.interact("help", user=discord.admin, seconds=1)).acked
    except ControlError:  # its commands are not registered yet
        return False


async def _beside(
    folder: Path, discord: LoopbackDiscord, slack: LoopbackSlack, *, count: int
) -> dict[str, Any]:
    environ = {
        **os.environ,
        "WIREWATCH_DISCORD__TOKEN": discord.token,
        "WIREWATCH_DISCORD__API_URL": discord.api_url,
        "WIREWATCH_DISCORD__GATEWAY_URL": discord.gateway_url,
        "WIREWATCH_SLACK__BOT_TOKEN": slack.bot_token,
        "WIREWATCH_SLACK__APP_TOKEN": slack.app_token,
        "WIREWATCH_SLACK__API_URL": slack.api_url,
    }
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from bot.cli import main; main()"
    with (folder / "log").open("wb") as log:
        program = subprocess.Popen(  # noqa: ASYNC220, S603
            [sys.executable, "-c", code, "run", "--backfill"],
            cwd=folder, env=environ, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        began = time.monotonic()
        while not await _listens(discord):
            if time.monotonic() - began > 120:
                raise RuntimeError((folder / "log").read_text()[-2000:])
            await asyncio.sleep(0.2)
        found = await measured(discord, slack, count=count)
        posted = len(await discord.ledger()) + len(await slack.messages())
        return {**found, "cards_posted_meanwhile": posted}
    finally:
        program.terminate()
        program.wait(30)


async def run(*, feeds: int, count: int) -> dict[str, Any]:
    idle = await turn(feeds=0, count=min(count, 60))
    loaded = await turn(feeds=feeds, count=count)
    ratios = {
        f"{chat}_p99_to_idle": round(loaded[chat]["p99_ms"] / idle[chat]["p99_ms"], 1)
        for chat in ("discord", "slack")
    }
    return {
        "feeds": feeds,
        "a_second_and_chat": 1 / EVERY_S,
        "loaded": loaded,
        "idle": idle,
        **ratios,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, default=1500)
    parser.add_argument("--count", type=int, default=300, help="interactions on each chat")
    told = parser.parse_args()
    random.seed(7)
    print(json.dumps(asyncio.run(run(feeds=told.feeds, count=told.count)), indent=1))


if __name__ == "__main__":
    main()
