"""The outlets of `wirewatch demo`: loads them, says what each serves when, and serves it.

It sends nothing and reads no clock of its own; what the reports say is in newsroom.toml.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import blake2b
from importlib import resources

from aiohttp import ETag, web

from bot.demo.documents import CONTENT_TYPES, document
from bot.demo.outlets import FeedFormat, Outlet, Report, listed_at

Clock = Callable[[], datetime]
"""The present moment, aware UTC. A demo that runs faster gives a clock that does."""


def load_newsroom() -> tuple[Outlet, ...]:
    """The bundled outlets with their reports, in the file's order."""
    source = resources.files("bot.demo").joinpath("newsroom.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(source)
    reports = [
        Report(**{**table, "categories": tuple(table["categories"])}) for table in tables["report"]
    ]
    return tuple(
        Outlet(
            **{**table, "format": FeedFormat(table["format"])},
            reports=tuple(report for report in reports if report.outlet == table["slug"]),
        )
        for table in tables["outlet"]
    )


def feed_at(outlet: Outlet, elapsed_s: float, now: datetime) -> bytes:
    """The document that `outlet` serves at `now`, `elapsed_s` seconds into the demo.

    Unchanged listings give unchanged bytes as long as `now` and `elapsed_s` advance together.
    """
    return document(outlet, listed_at(outlet, elapsed_s), now - timedelta(seconds=elapsed_s))


def newsroom_app(clock: Clock, *, started: datetime | None = None) -> web.Application:
    """Serves every outlet at `/{slug}/feed`, with an ETag; an unchanged feed answers 304.

    The demo starts at `started`, else with the first request, so that a slow start of the bot
    skips nothing.
    """
    outlets = {outlet.slug: outlet for outlet in load_newsroom()}
    began = started

    async def serve(request: web.Request) -> web.Response:
        nonlocal began
        outlet = outlets.get(request.match_info["slug"])
        if outlet is None:
            raise web.HTTPNotFound(text="No such outlet")
        now = clock()
        began = began or now
        body = feed_at(outlet, (now - began).total_seconds(), now)
        tag = ETag(value=blake2b(body, digest_size=8).hexdigest())
        if tag in (request.if_none_match or ()):
            response = web.Response(status=304)
        else:
            kind = CONTENT_TYPES[outlet.format]
            response = web.Response(body=body, content_type=kind, charset="utf-8")
        response.etag = tag
        return response

    app = web.Application()
    app.router.add_get("/{slug}/feed", serve)
    return app
