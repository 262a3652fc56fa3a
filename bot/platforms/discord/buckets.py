"""One of Discord's rate limits: how many requests are left of a window, and when it ends.

discord.py's own, told not to wait long, refuses every request but the first of a window that is
longer than it may wait, though more are left: one card in five seconds where Discord takes five.
This one lets out what is left, refuses the rest for as long as the window lasts, and waits only for
what ends soon. https://discord.com/developers/docs/topics/rate-limits
"""

from __future__ import annotations

import asyncio
from types import TracebackType

import discord.http
from discord import RateLimited
from discord.http import Ratelimit

LONGEST_RATELIMIT_S = 1.0
"""A longer wait is the pipeline's. discord.py would hold the lane for it, and ask again five times
for each try of ours: requests in vain, of which 10,000 in 10 minutes get the address blocked."""


class Bucket(Ratelimit):
    """Entered around each request of its route and channel."""

    __slots__ = ()

    def reset(self) -> None:
        """A new window, of which nothing is known but how many requests it takes."""
        super().reset()  # type: ignore[no-untyped-call]

    def __init__(self, _: float | None) -> None:
        super().__init__(None)  # it would refuse what is left

    async def acquire(self) -> None:
        """Take one request. Raises RateLimited with the seconds for which none is left."""
        if self.is_expired():
            self.reset()
        if self.remaining <= 0 and (left := self._left_s()) > LONGEST_RATELIMIT_S:
            raise RateLimited(left)
        await super().acquire()

    async def __aexit__(
        self,
        type: type[BaseException] | None,  # noqa: A002 - discord.py's name for it
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.outgoing -= 1
        if self.expires is None:  # the answer, if any came, said nothing of a limit
            self.reset()
        if (free := self.remaining - self.outgoing) > 0:
            self._wake(free)

    async def _refresh(self) -> None:
        """Of those that wait, one sleeps until the window ends, and wakes the others."""
        async with self._sleeping:
            await asyncio.sleep(self._left_s())
        if self.expires is None or self.is_expired():
            self.reset()
        self._wake(max(self.remaining, 1))

    def _left_s(self) -> float:
        return 0.0 if self.expires is None else max(0.0, self.expires - self._loop.time())


def use_buckets() -> None:
    """Have discord.py use ours, for the whole process: it makes them by a name in its module."""
    setattr(discord.http, Ratelimit.__name__, Bucket)
