"""A loopback publisher: serves what a test tells it to, path by path, and remembers who asked.

    async with feed_server() as server:
        server.put("/feed", Page(body=RSS, etag='"1"'))
        await fetcher.fetch(server.url("/feed"))
        assert server.requests[-1].headers["If-None-Match"] == '"1"'

Conditional requests are answered with 304 where the page has validators. Nothing here is strict
about HTTP on purpose: publishers are not.
"""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise

import brotli  # type: ignore[import-untyped]
from aiohttp import web
from backports import zstd

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_ENCODERS: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}


@dataclass(frozen=True, kw_only=True)
class Page:
    """What one path answers.

    `encoding` compresses the body and says so. `drip_s` sends it byte by byte with that pause;
    `drop_after` breaks the connection off after so many bytes (0: before any); `delay_s` waits
    before the first. `conditional` false: a server that ignores If-None-Match.
    """

    body: bytes = b""
    status: int = 200
    content_type: str = "application/rss+xml"
    headers: Mapping[str, str] = field(default_factory=dict)
    etag: str | None = None
    last_modified: str | None = None
    conditional: bool = True
    encoding: str = ""
    delay_s: float = 0.0
    drip_s: float | None = None
    drop_after: int | None = None


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request as it came in."""

    path: str
    query: str
    headers: Mapping[str, str]  # case-insensitive


class FeedServer:
    """The publisher at `http://127.0.0.1:port`. Paths that were never put answer 404."""

    def __init__(self) -> None:
        self.port = 0
        self.requests: list[Asked] = []
        self._pages: dict[str, list[Page]] = {}
        self._handlers: dict[str, Handler] = {}

    def url(self, path: str = "/feed", *, host: str = "127.0.0.1") -> str:
        """The address of a path, by any name that loopback has."""
        return f"http://{host}:{self.port}{path}"

    def put(self, path: str, *pages: Page) -> str:
        """Answer `path` with these pages in turn, the last one again and again. Returns its URL."""
        self._pages[path] = list(pages)
        return self.url(path)

    def redirect(self, path: str, to: str, *, status: int = 302) -> str:
        """Answer `path` with a redirect to `to`, which may be relative. Returns its URL."""
        return self.put(path, Page(status=status, headers={"Location": to}))

    def chain(self, *paths: str, status: int = 302) -> str:
        """Redirect each path to the next one. Returns the first one's URL."""
        for here, there in pairwise(paths):
            self.redirect(here, there, status=status)
        return self.url(paths[0])

    def handle(self, path: str, handler: Handler) -> str:
        """Answer `path` by a handler of the test's own. Returns its URL."""
        self._handlers[path] = handler
        return self.url(path)

    def asked(self, path: str) -> list[Asked]:
        """The requests for one path, in order."""
        return [one for one in self.requests if one.path == path]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(
            Asked(path=request.path, query=request.query_string, headers=request.headers)
        )
        if request.path in self._handlers:
            return await self._handlers[request.path](request)
        pages = self._pages.get(request.path)
        if not pages:
            return web.Response(status=404, text="no such feed")
        page = pages.pop(0) if len(pages) > 1 else pages[0]
        if page.delay_s:
            await asyncio.sleep(page.delay_s)
        return await _respond(page, request)


async def _respond(page: Page, request: web.Request) -> web.StreamResponse:
    headers = {"Content-Type": page.content_type, **page.headers}
    if page.etag:
        headers["ETag"] = page.etag
    if page.last_modified:
        headers["Last-Modified"] = page.last_modified
    if page.conditional and page.status == 200 and _is_known(page, request):
        headers.pop("Content-Type")
        return web.Response(status=304, headers=headers)
    body = page.body
    if page.encoding:
        body = _ENCODERS[page.encoding](body)
        headers["Content-Encoding"] = page.encoding
    if page.drip_s is None and page.drop_after is None:
        return web.Response(status=page.status, body=body, headers=headers)
    return await _slowly(page, body, headers, request)


def _is_known(page: Page, request: web.Request) -> bool:
    """RFC 9110 section 13.2.2: If-None-Match, where present, overrides the date."""
    wanted = request.headers.get("If-None-Match")
    if wanted is not None:
        return page.etag is not None and wanted == page.etag
    since = request.headers.get("If-Modified-Since")
    return since is not None and since == page.last_modified


async def _slowly(
    page: Page, body: bytes, headers: Mapping[str, str], request: web.Request
) -> web.StreamResponse:
    response = web.StreamResponse(status=page.status, headers=headers)
    response.content_length = len(body)
    if page.drop_after is not None:
        if page.drop_after:
            await response.prepare(request)
            await response.write(body[: page.drop_after])
        if request.transport is not None:
            request.transport.abort()
        return response
    await response.prepare(request)
    for position in range(len(body)):
        await response.write(body[position : position + 1])
        await asyncio.sleep(page.drip_s or 0)
    return response


@asynccontextmanager
async def feed_server() -> AsyncIterator[FeedServer]:
    """A publisher on loopback for as long as the block lasts."""
    server = FeedServer()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server._answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.port = runner.addresses[0][1]
    try:
        yield server
    finally:
        await runner.cleanup()


def bomb(encoding: str, *, megabytes: int) -> bytes:
    """So many megabytes of spaces, compressed to a few kilobytes."""
    return _ENCODERS[encoding](b" " * (megabytes * 1_000_000))
