"""How many requests may be in flight. One that hangs gives its place away, up to a hard cap."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

SLOW_S = 3.0
"""A request that takes longer no longer counts: p99 of both chats is far below."""
SLOW_FACTOR = 4
"""Slow requests there may be for each ordinary place."""


class Room:
    """`places` for requests in flight, first come first served."""

    def __init__(self, places: int, *, slow_s: float = SLOW_S) -> None:
        self._places = asyncio.Semaphore(places)
        self._slow_room = places * SLOW_FACTOR
        self._slow_s = slow_s

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Hold a place; it is given up early if this takes long and there is room for slow ones."""
        await self._places.acquire()
        is_slow = False

        def give_up() -> None:
            nonlocal is_slow
            if self._slow_room > 0:
                self._slow_room -= 1
                is_slow = True
                self._places.release()

        timer = asyncio.get_running_loop().call_later(self._slow_s, give_up)
        try:
            yield
        finally:
            timer.cancel()
            if is_slow:
                self._slow_room += 1
            else:
                self._places.release()
