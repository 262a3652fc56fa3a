"""One gateway connection, and the session that survives it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.servers.discord.compression import Compressor
from tests.servers.discord.records import Json

if TYPE_CHECKING:
    from aiohttp import web


@dataclass(slots=True, kw_only=True)
class Session:
    """What survives a lost connection: the events are kept until the bot resumes."""

    id: str
    shard: int
    shards: int
    intents: int
    sequence: int = 0
    events: deque[tuple[int, Json]] = field(default_factory=lambda: deque(maxlen=10_000))
    link: Link | None = None
    resumes: int = 0


class Link:
    """One open connection, written to by one task so that events may be sent from anywhere."""

    def __init__(self, socket: web.WebSocketResponse, compress: Compressor | None) -> None:
        self.socket, self._compress = socket, compress
        self.session: Session | None = None
        self._waiting: asyncio.Queue[str | None] = asyncio.Queue()

    def send(self, op: int, data: object, event: str | None = None, seq: int | None = None) -> None:
        text = json.dumps({"op": op, "d": data, "t": event, "s": seq}, separators=(",", ":"))
        self._waiting.put_nowait(text)

    async def write(self) -> None:
        while (text := await self._waiting.get()) is not None:
            with contextlib.suppress(ConnectionError):
                if self._compress is None:
                    await self.socket.send_str(text)
                else:
                    await self.socket.send_bytes(self._compress(text.encode()))

    def finish(self) -> None:
        self._waiting.put_nowait(None)
