"""Socket Mode: tickets, links, envelopes, acks, redelivery, and the servers' wish to reconnect.

https://docs.slack.dev/apis/events-api/using-socket-mode. It does not know what it delivers.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import WSMsgType, web

from tests.servers.slack.state import APP_ID, Slack

if TYPE_CHECKING:
    from tests.servers.slack.records import Json


@dataclass(slots=True, kw_only=True)
class Link:
    socket: web.WebSocketResponse
    transport: asyncio.Transport | None
    draining: bool = False  # asked to reconnect: nothing new is sent on it


@dataclass(slots=True, kw_only=True)
class Pending:
    answer: asyncio.Future[Json]
    sent: float
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    acked: bool
    seconds: float | None
    body: Json
    attempts: int


class Sockets:
    """The app's open links, used in turn, and the envelopes that wait for their ack."""

    def __init__(self, slack: Slack) -> None:
        self.slack = slack
        self.links: list[Link] = []
        self.connections = 0  # ever made
        self._tickets: set[str] = set()
        self._pending: dict[str, Pending] = {}
        self._arrived = asyncio.Event()
        self._next = 0

    def ticket(self) -> str:
        """A WebSocket URL's ticket; it admits one connection."""
        ticket = secrets.token_hex(8)
        self._tickets.add(ticket)
        return ticket

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """One link, from hello to its end."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            raise web.HTTPUnauthorized
        self._tickets.remove(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if len(self.links) >= self.slack.settings.max_connections:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close()
            return socket
        link = Link(socket=socket, transport=request.transport)
        self.links.append(link)
        self.connections += 1
        try:
            await socket.send_json(self._hello())
            self._arrived.set()
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._received(json.loads(message.data))
        finally:
            self.links.remove(link)
        return socket

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self.links),
            "debug_info": {"host": "applink-loopback", "approximate_connection_time": 18060},
            "connection_info": {"app_id": APP_ID},
        }

    def _received(self, message: Json) -> None:
        pending = self._pending.get(message.get("envelope_id", ""))
        if pending is None:
            self.slack.violate("ack", [f"ack of an unknown envelope: {message}"])
        elif pending.late:
            seconds = time.monotonic() - pending.sent
            self.slack.violate("ack", [f"acked after {seconds:.1f} s"])
        elif not pending.answer.done():
            pending.answer.set_result(message.get("payload") or {})

    async def ready(self, count: int, seconds: float) -> bool:
        """Wait until `count` links are open and not draining."""
        deadline = time.monotonic() + seconds
        while len(self._open()) < count:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), left)
            except TimeoutError:
                return False
        return True

    def _open(self) -> list[Link]:
        return [link for link in self.links if not link.draining and not link.socket.closed]

    async def deliver(self, kind: str, payload: Json, *, answerable: bool) -> Ack:
        """Send an envelope and wait for its ack; kinds in `redeliver` are tried again."""
        settings = self.slack.settings
        retries = settings.redeliveries if kind in settings.redeliver else 0
        ack = Ack(acked=False, seconds=None, body={}, attempts=0)
        for attempt in range(1 + retries):
            if attempt:
                await asyncio.sleep(settings.redelivery_seconds)
            if not await self.ready(1, settings.ack_seconds):
                continue  # nobody is connected: Slack shows `dispatch_failed`
            ack = await self._attempt(kind, payload, attempt, answerable=answerable)
            if ack.acked:
                return ack
        return ack

    async def _attempt(self, kind: str, payload: Json, attempt: int, *, answerable: bool) -> Ack:
        links = self._open()
        self._next += 1
        link = links[self._next % len(links)]
        envelope_id = str(uuid.uuid4())
        envelope: Json = {
            "envelope_id": envelope_id,
            "type": kind,
            "accepts_response_payload": answerable,
            "payload": payload,
        }
        if kind == "events_api":
            reason = "timeout" if attempt else ""
            envelope |= {"retry_attempt": attempt, "retry_reason": reason}
        future: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        pending = Pending(answer=future, sent=time.monotonic())
        self._pending[envelope_id] = pending
        tries = attempt + 1
        try:
            await link.socket.send_json(envelope)
            body = await asyncio.wait_for(future, self.slack.settings.ack_seconds)
        except (TimeoutError, ConnectionError):
            pending.late = True  # kept, so that a late ack is recognised
            return Ack(acked=False, seconds=None, body={}, attempts=tries)
        del self._pending[envelope_id]
        if body and not answerable:
            self.slack.violate("ack", [f"{kind} takes no response payload"])
        return Ack(acked=True, seconds=time.monotonic() - pending.sent, body=body, attempts=tries)

    async def refresh(self, reason: str = "refresh_requested") -> None:
        """Ask every link to reconnect; Slack closes it a little later."""
        loop = asyncio.get_running_loop()
        for link in self._open():
            link.draining = True
            await link.socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {}})
            loop.call_later(self.slack.settings.refresh_seconds, abort, link)

    def drop(self) -> None:
        """Cut every link without a closing handshake."""
        for link in list(self.links):
            link.draining = True
            abort(link)

    async def close(self) -> None:
        for link in list(self.links):
            await link.socket.close()


def abort(link: Link) -> None:
    if link.transport is not None:
        link.transport.abort()
