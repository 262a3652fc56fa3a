"""`/livez`, `/readyz`, `/metrics`: for whoever keeps the process alive and looks after it.

Live: the event loop answers; if it does not, a restart helps. Ready: it does its work: the database
answers, the chats are connected, no feed has been due and no post has waited for long. Restarting
for want of that would help nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from bot.model.channel import PlatformName
from bot.model.platform import Platform
from bot.pipeline.tally import Tally
from bot.storage.database import Database
from bot.storage.vitals import Vitals, vitals
from bot.web.metrics import CONTENT_TYPE, Metric, exposition, of_queues, of_tally, of_vitals

LATE_POLL = timedelta(minutes=10)
LATE_POST = timedelta(minutes=2)
ANSWER_S = 5.0
"""A database or a chat that takes longer to say how it is, is not well."""
WELL = frozenset(("ok", "standing by"))
Look = Callable[[], Mapping[str, str]]


class HealthPages:
    """Reads how it is, anew for each request. `roles` says how each role of this process is,
    `lateness` which lateness it answers for; `platforms` may change meanwhile."""

    def __init__(
        self,
        *,
        database: Database,
        platforms: Mapping[PlatformName, Platform],
        now: Callable[[], datetime],
        tally: Tally | None = None,
        depths: Callable[[], Mapping[str, int]] = dict,
        roles: Look = dict,
        lateness: Collection[str] = ("feeds", "deliveries"),
    ) -> None:
        """`depths`: what is under way in this process, by queue."""
        self._depths = depths
        self._roles = roles
        self._lateness = lateness
        self._tally = tally or Tally()
        self._database = database
        self._platforms = platforms
        self._now = now

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/livez", self._live),
            web.get("/readyz", self._ready),
            web.get("/metrics", self._metrics),
        ]

    async def _live(self, _: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def _ready(self, _: web.Request) -> web.Response:
        checks = await self.checks()
        well = all(said in WELL for said in checks.values())
        body = {"ready": well, "checks": checks}
        return web.json_response(body, status=200 if well else 503)

    async def checks(self) -> dict[str, str]:
        """What was looked at: "ok", or what is wrong with it."""
        try:
            found = await self._vitals()
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            said = {"database": f"does not answer ({type(error).__name__})"}
            return said | dict(self._roles())
        now = self._now()
        late = {
            "feeds": _lateness("a feed has been due", found.due_since, LATE_POLL, now),
            "deliveries": _lateness("a post has waited", found.pending_since, LATE_POST, now),
        }
        said = {"database": "ok", **{name: late[name] for name in late if name in self._lateness}}
        said |= self._roles()
        for name, platform in list(self._platforms.items()):
            said[str(name)] = await _health_of(platform)
        return said

    async def _metrics(self, _: web.Request) -> web.Response:
        try:
            found = await self._vitals()
        except (SQLAlchemyError, OSError, TimeoutError):
            metrics = [_up(0)]
        else:
            metrics = [_up(1), *of_vitals(found, now=self._now())]
        metrics += [*of_tally(self._tally), *of_queues(self._depths())]
        page = exposition(metrics).encode("utf-8")
        return web.Response(body=page, headers={"Content-Type": CONTENT_TYPE})

    async def _vitals(self) -> Vitals:
        async with asyncio.timeout(ANSWER_S), self._database.read() as connection:
            return await vitals(connection, now=self._now())


async def _health_of(platform: Platform) -> str:
    try:
        async with asyncio.timeout(ANSWER_S):
            health = await platform.health()
    except TimeoutError:
        return "does not answer"
    return "ok" if health.ok else health.detail


def _lateness(what: str, since: datetime | None, most: timedelta, now: datetime) -> str:
    if since is None or now - since <= most:
        return "ok"
    return f"{what} for {(now - since).total_seconds():.0f} s"


def _up(value: float) -> Metric:
    told = "Whether the database answers."
    return Metric(name="wirewatch_up", help=told, kind="gauge", values={(): value})
