"""WebSub's callback: what hubs ask and send us. Decides how to answer, and nothing else."""

from __future__ import annotations

import asyncio

from aiohttp import web

from bot.pipeline.websub import Subscriber, Taken

READ_S = 20.0
"""A hub that takes longer to send a push is not waited for."""
ANSWER_S = 15.0
"""Longer than nearly every commit. A hub that is told to try later does; it is known by then."""
AT_ONCE = 8
"""Bodies that are in memory at a time; the others wait, unread, within READ_S."""
_CHUNK = 65_536
_CHALLENGE_CHARACTERS = 4096
_STATUS = {Taken.TAKEN: 202, Taken.IGNORED: 202, Taken.UNKNOWN: 410, Taken.LATER: 503}
"""A wrong signature is acknowledged (section 7.1), so that nobody can guess by the answer; 410 has
a hub end what we ended (section 7)."""


class HubPages:
    """`GET` confirms, `POST` delivers. `max_bytes`: of one push."""

    def __init__(self, subscriber: Subscriber, *, max_bytes: int) -> None:
        self._subscriber = subscriber
        self._max_bytes = max_bytes
        self._room = asyncio.Semaphore(AT_ONCE)
        self._taking: set[asyncio.Task[Taken]] = set()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/websub/{token}", self._confirm, allow_head=False),
            web.post("/websub/{token}", self._take),
        ]

    async def _confirm(self, request: web.Request) -> web.Response:
        challenge = request.query.get("hub.challenge", "")
        if len(challenge) > _CHALLENGE_CHARACTERS:
            return web.Response(status=404)
        if not await self._subscriber.confirm(request.match_info["token"], request.query):
            return web.Response(status=404)
        # A stranger's words, echoed: as text, and nothing else.
        return web.Response(text=challenge, headers={"X-Content-Type-Options": "nosniff"})

    async def _take(self, request: web.Request) -> web.Response:
        token = request.match_info["token"]
        if not self._subscriber.knows(token):
            return web.Response(status=_STATUS[Taken.UNKNOWN])
        try:
            async with asyncio.timeout(READ_S):
                await self._room.acquire()
        except TimeoutError:
            return web.Response(status=_STATUS[Taken.LATER])
        try:
            return await self._read_and_take(request, token)
        finally:
            self._room.release()

    async def _read_and_take(self, request: web.Request, token: str) -> web.Response:
        try:
            async with asyncio.timeout(READ_S):
                body = await self._body(request)
        except TimeoutError:
            return web.Response(status=408)
        if body is None:
            return web.Response(status=413)
        task = asyncio.create_task(
            self._subscriber.take(
                token,
                body,
                signature=request.headers.get("X-Hub-Signature", ""),
                content_type=request.headers.get("Content-Type", ""),
            )
        )
        self._taking.add(task)
        task.add_done_callback(self._taking.discard)
        try:
            async with asyncio.timeout(ANSWER_S):
                taken = await asyncio.shield(task)
        except TimeoutError:
            taken = Taken.LATER
        return web.Response(status=_STATUS[taken])

    async def _body(self, request: web.Request) -> bytes | None:
        """None if it is larger than a polled document may be."""
        if (request.content_length or 0) > self._max_bytes:
            return None
        body = bytearray()
        async for chunk in request.content.iter_chunked(_CHUNK):
            body += chunk
            if len(body) > self._max_bytes:
                return None
        return bytes(body)
