"""`/status`: the door and the page, over HTTP. Reads; nothing can be changed here."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from urllib.parse import parse_qs

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from bot.storage.database import Database
from bot.storage.overview import overview
from bot.storage.vitals import vitals
from bot.web.status_door import VISIT, Door
from bot.web.status_page import door_page, status_page, unwell_page
from bot.web.status_style import STYLE

PATH = "/status"
COOKIE = "wirewatch_status"
ANSWER_S = 10.0
_FORM_BYTES = 4096
_FORM = "application/x-www-form-urlencoded"
_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode("utf-8")).digest()).decode("ascii")
HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self';"
        " base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

Checks = Callable[[], Awaitable[Mapping[str, str]]]


class StatusPages:
    """`GET` shows the page to whoever has been let in, `POST` lets in. `checks`: as for /readyz."""

    def __init__(
        self, *, token: str, database: Database, checks: Checks, now: Callable[[], datetime]
    ) -> None:
        self._door = Door(token)
        self._database = database
        self._checks = checks
        self._now = now

    def routes(self) -> list[web.RouteDef]:
        return [web.get(PATH, self._show), web.post(PATH, self._let_in)]

    async def _show(self, request: web.Request) -> web.Response:
        if not self._door.lets_in(request.cookies.get(COOKIE, ""), now=self._now()):
            return _html(door_page(), status=401)
        now = self._now()
        try:
            async with asyncio.timeout(ANSWER_S), self._database.read() as connection:
                numbers = await vitals(connection, now=now)
                found = await overview(connection, now=now)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            why = f"The database does not answer ({type(error).__name__}): see the log."
            return _html(unwell_page(why), status=503)
        return _html(status_page(numbers, found, checks=await self._checks(), now=now))

    async def _let_in(self, request: web.Request) -> web.Response:
        if request.content_type != _FORM or (request.content_length or 0) > _FORM_BYTES:
            return _html(door_page(), status=400)
        # Read leniently: what no browser sends is a wrong token, not a fault of ours.
        form = parse_qs((await request.read()).decode("utf-8", "replace"))
        token = form.get("token", [""])[0]
        if not self._door.fits(token.strip()):
            return _html(door_page(refused=True), status=401)
        answer = web.Response(status=303, headers={"Location": PATH, **HEADERS})
        answer.set_cookie(
            COOKIE,
            self._door.pass_at(self._now()),
            max_age=int(VISIT.total_seconds()),
            path=PATH,
            httponly=True,
            samesite="Strict",
            # Behind a proxy that speaks https the browser shall keep it to https.
            secure=request.secure or request.headers.get("X-Forwarded-Proto") == "https",
        )
        return answer


def _html(page: str, *, status: int = 200) -> web.Response:
    return web.Response(text=page, status=status, content_type="text/html", headers=HEADERS)
