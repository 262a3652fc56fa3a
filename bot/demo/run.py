"""`wirewatch demo`: the real program on the bundled newsroom, over loopback, in half a minute.

Nothing is staged here but time: the newsroom's reports appear over a dozen seconds, feeds are
polled every second, and a message may be edited as often. Everything else is what `run` does.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from importlib import resources
from pathlib import Path

from aiohttp import web
from rich.console import Console
from rich.panel import Panel
from rich.rule import Rule
from rich.text import Text

from bot.app import App, open_app
from bot.commands.sent import list_alerts
from bot.demo.newsroom import load_newsroom, newsroom_app
from bot.settings import FeedEntry, Settings, load_settings
from bot.storage import feeds
from bot.storage.alerts import count_outcomes
from bot.terminal import table
from bot.wiring import utc_now

RUNS_FOR_S = 14.0
POLLS_EVERY_S = 1.0
"""The newsroom is ours, so the politeness owed to publishers is not owed to it."""


async def run_demo(console: Console) -> None:
    """Show the main job: alerts as they fire and grow, what was kept quiet and why, what next."""
    _introduce(console)
    with tempfile.TemporaryDirectory(prefix="wirewatch-demo-") as folder:
        async with _newsroom() as address:
            settings = demo_settings(Path(folder) / "demo.db", address)
            async with open_app(settings, console=console) as wire:
                await wire.prepare()
                await _play(wire)
                await _conclude(console, wire)


def demo_settings(database: Path, address: str) -> Settings:
    """demo.toml, with the newsroom's feeds at `address` and a database of its own."""
    with resources.as_file(resources.files("bot.demo").joinpath("demo.toml")) as file:
        settings = load_settings(file, {})
    return settings.model_copy(
        update={
            "storage": settings.storage.model_copy(update={"url": f"sqlite:///{database}"}),
            "polling": settings.polling.model_copy(update={"allow_private_addresses": True}),
            "delivery": settings.delivery.model_copy(
                update={"edit_interval_seconds": 1.5, "reply_interval_seconds": 6}
            ),
            "feed": tuple(
                FeedEntry(url=address + outlet.path, name=outlet.name) for outlet in load_newsroom()
            ),
        }
    )


@contextlib.asynccontextmanager
async def _newsroom() -> AsyncIterator[str]:
    """Serve the bundled outlets on a free loopback port; gives their address."""
    runner = web.AppRunner(newsroom_app(utc_now), access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


async def _play(wire: App) -> None:
    """Run the program for a while, with every feed due again each second."""
    stop = asyncio.Event()
    running = asyncio.create_task(wire.run(stop))
    loop = asyncio.get_running_loop()
    ends = loop.time() + RUNS_FOR_S
    while loop.time() < ends and not running.done():
        async with wire.database.write() as connection:
            await feeds.make_due(connection, now=wire.now())
        await asyncio.sleep(POLLS_EVERY_S)
    stop.set()
    await running


def _introduce(console: Console) -> None:
    outlets = load_newsroom()
    reports = sum(len(outlet.reports) for outlet in outlets)
    text = Text.assemble(
        ("Wirewatch", "bold cyan"),
        f" reads {len(outlets)} invented outlets over loopback. In the next {RUNS_FOR_S:.0f}"
        f" seconds they publish {reports} reports: repeats, rewrites, corrections, an unrelated"
        " item, a hostile one. It posts one alert per story, updates it (↻) as others report, and"
        " says in its thread (↳) when much has changed.",
    )
    console.print(Panel(text, border_style="dim", padding=(0, 1)))


async def _conclude(console: Console, wire: App) -> None:
    """What became of everything, and what to do next."""
    async with wire.database.read() as connection:
        listed = await list_alerts(connection, limit=1000, suppressed=True)
        counted = await count_outcomes(connection)
    fired = [one for one in listed if one["state"] != "suppressed"]
    quiet = [one for one in listed if one["state"] == "suppressed"]
    fired.sort(key=lambda one: -len(one["outlets"]))
    _section(console, "What fired")
    rows = [
        (Text(str(len(one["outlets"])), style="green"), one["headline"], ", ".join(one["topics"]))
        for one in fired
    ]
    console.print(table(("outlets", "headline", "topics"), rows))
    _section(console, "What was kept quiet, and why")
    console.print(
        table(
            ("headline", "topic", "why"),
            [(one["headline"], ", ".join(one["topics"]), one["why"]) for one in quiet],
        )
    )
    console.print()
    console.print(
        Text.assemble(
            (str(counted.articles), "bold"), " articles: ",
            (str(len(fired)), "bold"), " alerts, ",
            (str(counted.joined), "bold"), " joined one that stood, ",
            (str(counted.suppressed), "bold"), " kept quiet, ",
            (str(counted.unmatched), "bold"), " matched no topic.",
        )
    )  # fmt: skip
    console.print(_next_steps())


def _section(console: Console, title: str) -> None:
    console.print()
    console.print(Rule(Text(title, style="bold"), align="left", style="dim"))


def _next_steps() -> Panel:
    steps = table(
        ("", ""),
        [
            (Text(command, style="bold cyan"), what)
            for command, what in (
                ('wirewatch topic explain "Miami -Heat"', "how a query is understood"),
                ("wirewatch feed check URL", "what a feed offers"),
                ("wirewatch check", "is everything set up?"),
                ("wirewatch run", "your feeds, in this terminal"),
                ('wirewatch topic test "NATO"', "try a topic on what was read"),
            )
        ],
    )
    steps.show_header = False
    return Panel(steps, title="Next", title_align="left", border_style="cyan", padding=(0, 1))
