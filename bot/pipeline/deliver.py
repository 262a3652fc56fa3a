"""Third stage: pending deliveries -> messages in channels. One lane per channel, one in flight.

    due channels -> lane: pace -> place -> claim (ledger) -> send (sender) -> record (ledger) -> …

Level-triggered: a delivery says which revision its channel should show, the lane makes it so,
and a crash at any point leaves a row that is simply behind. The intent is committed before the
platform hears of it; only a recorded outcome ends the doubt whether a post has landed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.errors import Retryable
from bot.model.channel import PlatformName
from bot.model.ids import ChannelId
from bot.model.platform import Platform
from bot.pipeline.ledger import Guard, Ledger
from bot.pipeline.outcome import Outcome, Refused, back_off
from bot.pipeline.pace import Pace
from bot.pipeline.room import Room
from bot.pipeline.sender import Sender
from bot.pipeline.tally import Tally
from bot.storage import claims, deliveries
from bot.storage.claims import Due
from bot.storage.database import Database

log = structlog.get_logger()


class Deliverer:
    """Runs the lanes. `edit_interval` is the least time between two edits of one message, `lanes`
    how many requests may be in flight; ones that hang do not count. `guard` is as the ledger's."""

    def __init__(
        self,
        *,
        database: Database,
        platforms: Mapping[PlatformName, Platform],
        now: Callable[[], datetime],
        edit_interval: timedelta,
        lanes: int = 50,
        guard: Guard | None = None,
        tally: Tally | None = None,
    ) -> None:
        self.tally = tally or Tally()
        self._database = database
        self._platforms = platforms
        self._now = now
        self._edit_interval = edit_interval
        self._room = Room(lanes)
        self._pace = Pace()
        self._ledger = Ledger(
            database=database,
            platforms=platforms,
            now=now,
            edit_interval=edit_interval,
            guard=guard,
        )
        self._sender = Sender(ledger=self._ledger, platforms=platforms, now=now)
        self._lanes: dict[ChannelId, asyncio.Task[None]] = {}
        self._paced: dict[ChannelId, tuple[datetime, asyncio.TimerHandle]] = {}
        self._stopping = False
        self._is_hurried = False

    @property
    def lanes_open(self) -> int:
        """How many channels have something under way."""
        return len(self._lanes)

    async def tick(self) -> int:
        """Open a lane for every channel that has something to do and none. Returns how many."""
        await self._ledger.settle_up()
        if self._stopping or self._ledger.is_resting:
            return 0
        now = self._now()
        async with self._database.read() as connection:
            due = await claims.due_channels(
                connection,
                now=now,
                edits_before=now - self._edit_interval,
                platforms=self._platforms,
            )
        return sum(self._open(one) for one in due)

    async def wake(self, channel: ChannelId) -> None:
        """Open the channel's lane, if it has something to do, and wait for its end."""
        if self._stopping or self._ledger.is_resting:
            return
        now = self._now()
        async with self._database.read() as connection:
            due = await claims.due_channels(
                connection,
                now=now,
                edits_before=now - self._edit_interval,
                platforms=self._platforms,
                among=[channel],
            )
        for one in due:
            self._open(one)
        if channel in self._lanes:
            await asyncio.wait([self._lanes[channel]])

    @property
    def at_work_in(self) -> frozenset[ChannelId]:
        """The channels that have a lane open."""
        return frozenset(self._lanes)

    def _open(self, due: Due) -> bool:
        """Open a lane, unless the channel has one or must wait for its pace."""
        if self._stopping or due.channel in self._lanes or self._is_paced(due.channel):
            return False
        task = asyncio.create_task(self._lane(due), name=f"lane {due.channel}")
        self._lanes[due.channel] = task
        task.add_done_callback(partial(self._close, due.channel))
        return True

    def _close(self, channel: ChannelId, _done: asyncio.Task[None]) -> None:
        self._lanes.pop(channel, None)

    def _is_paced(self, channel: ChannelId) -> bool:
        if channel not in self._paced:
            return False
        free, timer = self._paced[channel]
        if self._now() < free:
            return True
        timer.cancel()
        del self._paced[channel]
        return False

    async def drain(self, *, patience: timedelta) -> int:
        """Deliver until nothing is pending, or nothing gets through for `patience`. Returns how
        many still wait. It does not keep to the platforms' pace: nobody waits for a run that ends
        as for one that goes on, and a platform that finds it too fast says for how long to wait.
        """
        deadline = asyncio.get_running_loop().time() + patience.total_seconds()
        least: int | None = None
        self._is_hurried = True
        while True:
            opened = await self.tick()
            if self._lanes:
                await asyncio.wait(self._lanes.values(), timeout=1.0)
                continue
            if opened:
                continue
            async with self._database.read() as connection:
                wake = await claims.next_wake(
                    connection, edit_interval=self._edit_interval, platforms=self._platforms
                )
                pending = await deliveries.count_pending(connection)
            if least is None or pending < least:
                least = pending
                deadline = asyncio.get_running_loop().time() + patience.total_seconds()
            left = deadline - asyncio.get_running_loop().time()
            wait_s = (wake - self._now()).total_seconds() if wake else 0.0
            if wake is None or left <= 0 or wait_s > left:
                return pending
            await asyncio.sleep(max(wait_s, 0.02))

    async def stop(self, *, patience_s: float = 15.0) -> None:
        """Finish what is in flight, claim nothing more."""
        self._stopping = True
        for _, timer in self._paced.values():
            timer.cancel()
        if self._lanes:
            _done, late = await asyncio.wait(self._lanes.values(), timeout=patience_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._ledger.close()

    async def _lane(self, due: Due) -> None:
        """Deliver what the channel has to get, in order, until it has to wait. After each message
        it queues again behind the other channels."""
        try:
            following: Due | None = due
            while following is not None and not self._stopping:
                if self._must_wait(following):
                    return
                outcome = await self._deliver_next(following.channel)
                following = None if outcome is None else await self._ledger.record(outcome)
        except Exception:
            # The boundary of one channel: the lease ends by itself, the others go on.
            log.exception("a lane failed", channel=due.channel)

    async def _deliver_next(self, channel: ChannelId) -> Outcome | None:
        async with self._room.place():
            if self._stopping or self._ledger.is_resting:
                return None
            claimed = await self._ledger.claim(channel)
            if claimed is None:
                return None
            outcome = await self._sender.carry_out(claimed)
        self.tally.answered(outcome, now=self._now())
        self._heed(outcome)
        return outcome

    def _heed(self, outcome: Outcome) -> None:
        """A platform that wants to hear nothing at all is left alone by all lanes."""
        if not isinstance(outcome, Refused):
            return
        error = outcome.error
        if isinstance(error, Retryable) and error.everywhere:
            wait = back_off(outcome.claimed.delivery.attempts - 1, error.retry_after)
            platform = outcome.claimed.channel.platform
            self._pace.refused_everywhere(platform, until=self._now() + wait)

    def _must_wait(self, due: Due) -> bool:
        """Whether the platform's pace keeps the channel waiting; then its lane opens by itself."""
        limits = self._platforms[due.platform].capabilities
        if self._is_hurried:
            limits = replace(limits, channel_pause_s=0.0, posts_a_minute=0, requests_a_second=0.0)
        now = self._now()
        free = self._pace.take(
            due.platform,
            due.workspace,
            due.channel,
            limits,
            is_post=due.is_post,
            now=now,
        )
        if free <= now:
            return False
        timer = asyncio.get_running_loop().call_later((free - now).total_seconds(), self._open, due)
        self._paced[due.channel] = (free, timer)
        return True
