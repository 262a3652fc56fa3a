"""One process of several on one PostgreSQL: builds its roles, has them stand watch, ends them."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections.abc import Callable, Collection
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from enum import StrEnum

import structlog
from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError

from bot.commands.declared import check_references
from bot.engine.port import Engine
from bot.errors import SettingsError
from bot.model.channel import PlatformName
from bot.model.platform import Platform
from bot.pipeline.tally import Tally
from bot.roles import desk, fetcher, sender
from bot.roles.watch import Watch, Work
from bot.scheduler import Ticks
from bot.settings import Settings
from bot.storage.database import Database
from bot.storage.duty import Duty
from bot.web.health import HealthPages
from bot.web.server import WebServer
from bot.web.status import StatusPages
from bot.wiring import Parts, build_heartbeat, build_platforms, open_parts, utc_now

log = structlog.get_logger()


class Role(StrEnum):
    """What a process may do."""

    FETCHER = "fetcher"
    DESK = "desk"
    SENDER = "sender"


STARTS_WITHIN_S = 15.0
"""A database that was ended without a word needs some seconds to begin again."""
_LATENESS = {
    Role.FETCHER: ("feeds",),
    Role.DESK: ("feeds", "deliveries"),
    Role.SENDER: ("deliveries",),
}
_UNCONNECTED = (PlatformName.CONSOLE, PlatformName.WEBHOOK)


async def run_roles(
    settings: Settings,
    roles: Collection[Role],
    stop: asyncio.Event,
    *,
    console: Console,
    now: Callable[[], datetime] = utc_now,
    backfill: bool = False,
) -> None:
    """Play these roles until `stop` is set. Raises SettingsError where they cannot be played."""
    check_settings(settings)
    await _until_it_answers(settings)
    async with open_parts(settings, now=now) as parts, AsyncExitStack() as stack:
        await _check_shared(parts.database)
        engine = await _open_engine(parts.database)
        process = _Process(settings, parts, engine, console=console, now=now, backfill=backfill)
        for role in sorted(set(roles)):
            process.add(role)
        health = HealthPages(
            database=parts.database,
            platforms=process.connected,
            now=now,
            tally=process.tally,
            roles=process.standing,
            lateness={name for role in roles for name in _LATENESS[role]},
        )
        if settings.web.listen:
            await stack.enter_async_context(_web(settings, parts.database, health, now))
        if (heartbeat := build_heartbeat(settings, health)) is not None:
            ticks = Ticks()
            ticks.every(timedelta(minutes=1), "heartbeat", heartbeat.tick)
            ticks.start()
            stack.callback(ticks.stop)
        await process.run(stop)


def check_settings(settings: Settings) -> None:
    """What can be said before anything is opened."""
    if not settings.storage.url.startswith("postgresql"):
        raise SettingsError(
            "--role needs PostgreSQL, because several processes share one database:"
            " set storage.url to postgresql://user@host/wirewatch, or run without --role"
        )
    if settings.web.public_url:
        raise SettingsError(
            "web.public_url (WebSub, a hosted Slack app) needs one process that does everything:"
            " leave it empty, or run without --role"
        )
    check_references(settings)


async def _until_it_answers(settings: Settings) -> None:
    """A database that is just starting is waited for. Raises what it says if that takes long."""
    database = Database(settings.storage.url)
    ends = asyncio.get_running_loop().time() + STARTS_WITHIN_S
    try:
        while True:
            try:
                async with database.read() as connection:
                    await connection.exec_driver_sql("SELECT 1")
            except (SQLAlchemyError, OSError):
                if asyncio.get_running_loop().time() > ends:
                    raise
                await asyncio.sleep(0.5)
            else:
                return
    finally:
        await database.close()


async def _check_shared(database: Database) -> None:
    async with database.session() as session:
        if not await database.share(session):
            raise SettingsError(
                f"a wirewatch that does everything runs on the database {database.url.database!r}:"
                " stop it first, then start the roles"
            )


async def _open_engine(database: Database) -> Engine:
    try:
        from bot.engine.cluster import ClusterEngine
    except ImportError as error:
        raise SettingsError(
            "--role needs Procrastinate, which is not installed:"
            " pip install 'wirewatch[postgresql]'"
        ) from error
    return await ClusterEngine.open(database)


def _web(
    settings: Settings, database: Database, health: HealthPages, now: Callable[[], datetime]
) -> WebServer:
    routes = health.routes()
    if token := settings.web.status_token.get_secret_value():
        pages = StatusPages(token=token, database=database, checks=health.checks, now=now)
        routes += pages.routes()
    return WebServer(host=settings.web.host, port=settings.web.port, routes=routes)


class _Process:
    """The roles of this process, each with its watch."""

    def __init__(
        self,
        settings: Settings,
        parts: Parts,
        engine: Engine,
        *,
        console: Console,
        now: Callable[[], datetime],
        backfill: bool,
    ) -> None:
        self.tally = Tally()
        self.connected: dict[PlatformName, Platform] = {}
        self._settings = settings
        self._parts = parts
        self._engine = engine
        self._console = console
        self._now = now
        self._backfill = backfill
        self._holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
        self._watches: list[Watch] = []

    def add(self, role: Role) -> None:
        match role:
            case Role.FETCHER:
                work = fetcher.Fetching(
                    self._settings,
                    parts=self._parts,
                    engine=self._engine,
                    now=self._now,
                    tally=self.tally,
                )
                self._watch(self._duty(f"fetcher {self._holder}"), work)
            case Role.DESK:
                duty = self._duty("desk")
                there = self._platforms()
                self._watch(
                    duty,
                    desk.Deskwork(
                        self._settings,
                        parts=self._parts,
                        engine=self._engine,
                        duty=duty,
                        platforms={name: there[name] for name in _UNCONNECTED},
                        now=self._now,
                        backfill=self._backfill,
                        tally=self.tally,
                    ),
                )
            case Role.SENDER:
                for name in self._platforms():
                    self._add_sender(name)

    def _add_sender(self, name: PlatformName) -> None:
        duty = self._duty(f"sender {name}")
        work = sender.Sending(
            self._settings,
            name=name,
            make=lambda: self._platforms()[name],
            connected=self.connected,
            database=self._parts.database,
            engine=self._engine,
            duty=duty,
            now=self._now,
            tally=self.tally,
        )
        self._watch(duty, work)

    def _duty(self, name: str) -> Duty:
        return Duty(self._parts.database, name, holder=self._holder, now=self._now)

    def _watch(self, duty: Duty, work: Work) -> None:
        self._watches.append(Watch(database=self._parts.database, duty=duty, work=work))

    def _platforms(self) -> dict[PlatformName, Platform]:
        return build_platforms(
            self._settings,
            console=self._console,
            database=self._parts.database,
            commands=self._parts.commands,
            now=self._now,
        )

    def standing(self) -> dict[str, str]:
        """How each role is, by the name of its duty."""
        return {
            one.duty.name.removesuffix(f" {self._holder}"): str(one.standing)
            for one in self._watches
        }

    async def run(self, stop: asyncio.Event) -> None:
        tasks = [
            asyncio.create_task(one.stand(), name=f"watch {one.duty.name}") for one in self._watches
        ]
        try:
            await stop.wait()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
