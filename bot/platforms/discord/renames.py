"""Keeps the names of forum posts up to date, beside the lanes: Discord lets a thread be renamed
twice in ten minutes, and no card shall wait for that.

What is wanted is kept in memory alone. After a restart the next edit of the card wants it again.
"""

from __future__ import annotations

import asyncio
import contextlib

import structlog
from discord.http import HTTPClient, Route

from bot.errors import DeliveryError, Retryable
from bot.model.channel import Channel
from bot.platforms.discord.posting import CHANNEL, request

log = structlog.get_logger()

RENAME_S = 15.0
TRIES = 4
AGAIN_S = 60.0
LONGEST_S = 900.0


class Renames:
    """One task for each thread that is to be renamed; the last name wins."""

    def __init__(self) -> None:
        self._wanted: dict[str, str] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def want(self, http: HTTPClient, channel: Channel, thread: str, name: str) -> None:
        """Call it `name`, as soon as Discord lets us."""
        self._wanted[thread] = name
        if thread not in self._tasks:
            task = asyncio.create_task(self._rename(http, channel, thread), name=f"name {thread}")
            self._tasks[thread] = task
            task.add_done_callback(lambda _: self._tasks.pop(thread, None))

    async def close(self) -> None:
        """Leave the rest."""
        for task in (tasks := list(self._tasks.values())):
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _rename(self, http: HTTPClient, channel: Channel, thread: str) -> None:
        # Its own limiter, as of a message that is published: see `crosspost`.
        route = Route(
            "PATCH",
            CHANNEL,
            channel_id=int(thread),
            webhook_token=f"name of {thread}",
        )
        for _ in range(TRIES):
            name = self._wanted[thread]
            try:
                await request(http, channel, route, {"name": name}, RENAME_S)
            except Retryable as error:
                await asyncio.sleep(min(error.retry_after or AGAIN_S, LONGEST_S))
            except DeliveryError as error:
                log.info("a forum post keeps its name", reason=error.reason, thread=thread)
                return
            else:
                if self._wanted[thread] == name:
                    return
