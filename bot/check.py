"""`wirewatch check`: configuration, database, platforms, channels, feeds; each with what to do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text
from sqlalchemy.exc import SQLAlchemyError

from bot.app import App, open_app
from bot.commands.declared import check_references, effective_channels
from bot.commands.feeds import shown_url
from bot.errors import CommandError, DeliveryError, WirewatchError
from bot.model.attention import describe
from bot.model.channel import PlatformName
from bot.model.platform import Platform
from bot.settings import ChannelEntry, FeedEntry, Settings
from bot.storage import told

PROBED_AT_ONCE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at. `detail` says what to do if it is not `ok`."""

    what: str
    ok: bool
    detail: str


async def check_all(settings: Settings, console: Console) -> int:
    """Look at everything, print a line each, and return how many problems there are."""
    problems = 0
    async for finding in _findings(settings):
        mark, style = ("✓", "green") if finding.ok else ("✗", "bold red")
        line = Text(f"{mark} ", style=style)
        line.append(finding.what, style="bold")
        line.append(f"  {finding.detail}")
        console.print(line, soft_wrap=True)
        problems += not finding.ok
    verdict = "Everything is in order." if not problems else f"{problems} to put right."
    console.print(Text(verdict, style="bold"))
    return problems


async def _findings(settings: Settings) -> AsyncIterator[Finding]:
    try:
        check_references(settings)
    except WirewatchError as error:
        yield Finding(what="configuration", ok=False, detail=str(error))
        return
    yield _configuration(settings)
    try:
        async with open_app(settings, console=Console(quiet=True)) as wire:
            where = str(wire.database.path or wire.database.url)
            yield Finding(what="database", ok=True, detail=f"{where}, schema up to date")
            for name, platform in wire.platforms.items():
                yield await _platform(name, platform)
            for entry in effective_channels(settings):
                yield await _channel(wire, entry)
            async for finding in _wishes(wire):
                yield finding
            room = asyncio.Semaphore(PROBED_AT_ONCE)
            probes = [_feed(wire, entry, room) for entry in settings.feed]
            for probe in asyncio.as_completed(probes):
                yield await probe
    except (OSError, SQLAlchemyError) as error:
        detail = f"storage.url cannot be opened: {error}. Check it."
        yield Finding(what="database", ok=False, detail=detail)


def _configuration(settings: Settings) -> Finding:
    if not settings.feed:
        return Finding(
            what="configuration",
            ok=False,
            detail="names no feed: add a [[feed]], a watchlist, or use “wirewatch feed add URL”",
        )
    counts = (len(settings.feed), len(settings.topic), len(settings.channel))
    detail = "{} feeds, {} topics, {} channels".format(*counts)
    return Finding(what="configuration", ok=True, detail=detail)


async def _platform(name: str, platform: Platform) -> Finding:
    try:
        await platform.start()
    except WirewatchError as error:
        return Finding(what=name, ok=False, detail=str(error))
    health = await platform.health()
    return Finding(what=name, ok=health.ok, detail=health.detail)


async def _channel(wire: App, entry: ChannelEntry) -> Finding:
    platform = wire.platforms.get(entry.platform)
    shown = shown_url(entry.id) if entry.platform is PlatformName.WEBHOOK else entry.id
    what = f"{entry.platform} channel {shown}"
    if platform is None:
        detail = f"{entry.platform} is not connected: set its token"
        return Finding(what=what, ok=False, detail=detail)
    try:
        probe = await platform.probe(entry.id)
    except DeliveryError as error:
        return Finding(what=what, ok=False, detail=error.reason)
    if probe.problems:
        return Finding(what=what, ok=False, detail="; ".join(probe.problems))
    return Finding(what=what, ok=True, detail=f"can be posted to {probe.name}".strip())


async def _wishes(wire: App) -> AsyncIterator[Finding]:
    """Every channel that is known from before: how it is spoken to, or why it is not."""
    async with wire.database.read() as connection:
        known = await told.hearing_channels(connection)
        doubts = await told.doubts_by_channel(connection)
    for one in known:
        what = f"{one.platform} {one.label}"
        if one.disabled_reason is not None:
            yield Finding(what=what, ok=False, detail=f"set aside: {one.disabled_reason}")
            continue
        detail = describe(one.attention)
        if settled := doubts.get(one.id):
            ways = ", ".join(f"{number} {how}" for how, number in settled.items())
            detail += f"; lost answers so far: {ways} (“{one.attention.on_doubt}”)"
        yield Finding(what=what, ok=True, detail=detail)


async def _feed(wire: App, entry: FeedEntry, room: asyncio.Semaphore) -> Finding:
    what = f"feed {entry.name or shown_url(entry.url)}"
    async with room:
        try:
            parsed = await wire.commands.feeds.read(entry.url)
        except CommandError as error:
            return Finding(what=what, ok=False, detail=error.message)
    return Finding(what=what, ok=True, detail=f"{len(parsed.articles)} articles")
