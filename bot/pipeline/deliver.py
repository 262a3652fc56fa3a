"""Third stage: pending deliveries -> messages in channels. One lane per channel, one in flight.

    channels that are due -> ledger: record, claim, draw, begin (ONE commit for many lanes)
      -> each lane: (unsure? settle the doubt) -> send, edit, reply or delete -> outcome -> ledger

Level-triggered: a delivery says which revision its channel should show, the lane makes it so,
and a crash at any point leaves a row that is simply behind. The intent is committed before the
platform hears of it; only a recorded outcome ends the doubt whether a post has landed.

A lane whose platform is slow gives its room to another, and a paced one takes none while it waits.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

import structlog

from bot.errors import Ambiguous, DeliveryError, Retryable
from bot.model.attention import OnDoubt
from bot.model.channel import PlatformName
from bot.model.ids import ChannelId
from bot.model.platform import Absent, Platform, Posted, Unknown
from bot.pipeline.ledger import (
    Failed,
    GivenUp,
    Gone,
    Ledger,
    Outcome,
    Page,
    Settled,
    Shown,
    Turn,
    Waits,
    back_off,
)
from bot.pipeline.pace import Pace
from bot.storage import deliveries
from bot.storage.database import Database

log = structlog.get_logger()

SLOW_S = 3.0
"""A request that takes longer gives its room away: slow channels must not hold all lanes."""
MOST_SLOW = 500
"""Requests that may be under way in all, slow ones included."""
LEDGER_PAUSE_S = 1.0
"""Before the ledger is tried again when it could not be written (a full disk, a locked file)."""


class Deliverer:
    """Runs the lanes. `edit_interval` is the least time between two edits of one message; `lanes`
    how many requests are under way at a time."""

    def __init__(
        self,
        *,
        database: Database,
        platforms: Mapping[PlatformName, Platform],
        now: Callable[[], datetime],
        edit_interval: timedelta,
        lanes: int = 50,
    ) -> None:
        self._database = database
        self._platforms = platforms
        self._now = now
        self._edit_interval = edit_interval
        self._lanes = lanes
        self._ledger = Ledger(
            database=database, platforms=platforms, now=now, edit_interval=edit_interval
        )
        self._paces = {name: Pace(each.capabilities) for name, each in platforms.items()}
        self._due: deque[ChannelId] = deque()
        self._queued: set[ChannelId] = set()
        self._flying: dict[ChannelId, asyncio.Task[None]] = {}
        self._slow: set[ChannelId] = set()
        self._page = Page()
        self._work: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._stopping = False

    async def tick(self) -> int:
        """Open a lane for every channel that has something to do and none. Returns how many."""
        if self._stopping:
            return 0
        due = await self._ledger.due()
        opened = [id_ for id_ in due if id_ not in self._flying and id_ not in self._queued]
        self._enqueue(opened)
        return len(opened)

    async def drain(self, *, patience: timedelta) -> int:
        """Deliver until nothing is pending, or for `patience`. Returns how many still wait."""
        deadline = asyncio.get_running_loop().time() + patience.total_seconds()
        while True:
            await self.tick()
            while self._work is not None:
                await asyncio.wait([self._work])
            async with self._database.read() as connection:
                wake = await deliveries.next_wake(
                    connection, edit_interval=self._edit_interval, platforms=self._platforms
                )
                pending = await deliveries.count_pending(connection)
            left = deadline - asyncio.get_running_loop().time()
            wait_s = (wake - self._now()).total_seconds() if wake else 0.0
            if wake is None or left <= 0 or wait_s > left:
                return pending
            await asyncio.sleep(max(wait_s, 0.02))

    async def stop(self, *, patience_s: float = 15.0) -> None:
        """Finish what is in flight and record it, claim nothing more."""
        self._stopping = True
        self._changed.set()
        work = self._work
        if work is None:
            return
        await asyncio.wait([work], timeout=patience_s)
        late = [*self._flying.values(), *([] if work.done() else [work])]
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    # --- the ledger's side: what to write next

    def _enqueue(self, channels: Iterable[ChannelId]) -> None:
        for id_ in channels:
            if id_ not in self._queued:
                self._queued.add(id_)
                self._due.append(id_)
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        if self._work is None and (self._due or self._page):
            self._work = asyncio.create_task(self._run(), name="deliver")
            self._work.add_done_callback(self._rest)

    def _rest(self, work: asyncio.Task[None]) -> None:
        self._work = None
        if not work.cancelled() and (error := work.exception()) is not None:
            log.error("delivering failed", exc_info=error)

    async def _run(self) -> None:
        """Write pages while there is anything to write or in flight."""
        while True:
            page = self._next_page()
            if page:
                await self._write(page)
            elif self._flying:
                self._changed.clear()
                await self._changed.wait()
            else:
                return

    def _next_page(self) -> Page:
        """What has ended, and as many channels as there is room for, the longest waiting first."""
        page, self._page = self._page, Page()
        room = min(
            self._lanes - (len(self._flying) - len(self._slow)), MOST_SLOW - len(self._flying)
        )
        while self._due and room > 0 and not self._stopping:
            id_ = self._due.popleft()
            self._queued.discard(id_)
            if id_ not in self._flying:
                page.channels.append(id_)
                room -= 1
        return page

    async def _write(self, page: Page) -> None:
        try:
            written = await self._ledger.write(page)
        except Exception:
            # Nothing is begun that is not committed; what has ended is kept until it can be
            # written. (A full disk, or a file that another process holds.)
            log.exception("the ledger cannot be written", outcomes=len(page.outcomes))
            self._page.outcomes[:0] = page.outcomes
            self._page.settled[:0] = page.settled
            await asyncio.sleep(LEDGER_PAUSE_S)
            if not page.outcomes and not page.settled:
                return  # the next tick finds the channels again
            if self._stopping:
                raise
            return
        for turn in written.turns:
            self._start(turn)
        # A channel that has something more to say says it, in its turn.
        spoke = [one.turn.channel.id for one in page.outcomes if not isinstance(one, Waits)]
        self._enqueue([*written.again, *spoke])

    # --- a lane's side: one turn

    def _start(self, turn: Turn) -> None:
        id_ = turn.channel.id
        task = asyncio.create_task(self._carry(turn), name=f"lane {id_}")
        self._flying[id_] = task
        timer = asyncio.get_running_loop().call_later(SLOW_S, self._give_room, id_)

        def done(_task: asyncio.Task[None]) -> None:
            timer.cancel()
            self._slow.discard(id_)
            if self._flying.get(id_) is task:
                del self._flying[id_]
            self._changed.set()

        task.add_done_callback(done)

    def _give_room(self, id_: ChannelId) -> None:
        if id_ in self._flying:
            self._slow.add(id_)
            self._changed.set()

    async def _carry(self, turn: Turn) -> None:
        """Do what the turn asks for; whatever happens, its outcome goes to the ledger."""
        platform = self._platforms[turn.channel.platform]
        try:
            await self._keep_pace(turn)
            if turn.attempt is None:
                ended: Outcome | Settled = await self._settle(turn, platform)
            else:
                ended = await self._ask(turn, platform)
        except DeliveryError as error:
            if isinstance(error, Retryable) and error.everywhere:
                until = self._now() + back_off(0, error.retry_after)
                self._paces[turn.channel.platform].close(until)
            ended = Failed(turn=turn, error=error)
        except Exception as error:
            # The adapter's own bug: whether the message stands is as unknown as after a lost reply.
            log.exception("an adapter failed", key=turn.delivery.key)
            reason = f"an unexpected {type(error).__name__}; the log has the details"
            ended = Failed(turn=turn, error=Ambiguous(turn.channel.label, reason))
        if isinstance(ended, Settled):
            self._page.settled.append(ended)
        else:
            self._page.outcomes.append(ended)

    async def _keep_pace(self, turn: Turn) -> None:
        pace, post = self._paces[turn.channel.platform], not turn.delivery.is_edit
        channel = turn.channel
        while True:
            now = self._now()
            ready = pace.ready_at(channel.id, channel.workspace, now, post=post)
            if ready <= now:
                pace.took(channel.id, channel.workspace, now, post=post)
                return
            self._give_room(channel.id)  # it waits, and needs none
            await asyncio.sleep((ready - now).total_seconds())

    async def _ask(self, turn: Turn, platform: Platform) -> Outcome:
        """Ask the platform once."""
        delivery, channel = turn.delivery, turn.channel
        if delivery.remote_id is None:
            posted = await platform.send(
                channel, turn.payload, key=delivery.key, thread=turn.thread
            )
            return Shown(turn=turn, remote_id=posted.remote_id, revision=turn.revision)
        if delivery.is_deletion:
            await platform.delete(channel, delivery.remote_id)
            return Gone(turn=turn)
        if platform.capabilities.edit:
            await platform.edit(channel, delivery.remote_id, turn.payload)
        return Shown(turn=turn, remote_id=delivery.remote_id, revision=turn.revision)

    async def _settle(self, turn: Turn, platform: Platform) -> Outcome | Settled:
        """A post was begun and nobody knows how it ended: find out before it is sent again."""
        delivery, now = turn.delivery, self._now()
        since = delivery.unsure_since or now
        asked = delivery.attempted_at or since
        can = platform.capabilities
        if 0 <= (now - since).total_seconds() <= can.resend_s:
            # The platform itself drops the second of two with the same key.
            return Settled(turn=turn, how="same key")
        settled = asked + timedelta(seconds=can.settle_s)
        if asked <= now < settled:
            return Waits(turn=turn, until=settled, reason="a lost post may still surface")
        try:
            found = await platform.reconcile(
                turn.channel, key=delivery.key, since=since, thread=turn.thread
            )
        except DeliveryError as error:
            # Nothing is known, so nothing is sent: the doubt stays until the look succeeds.
            wish = error.retry_after if isinstance(error, Retryable) else None
            until = self._now() + back_off(delivery.attempts, wish)
            return Waits(turn=turn, until=until, reason=f"cannot look for it: {error.reason}")
        match found:
            case Posted(remote_id=remote_id):
                # Which revision stands there is not known; the edit that follows makes it right.
                revision = 0 if can.edit else turn.revision
                return Shown(turn=turn, remote_id=remote_id, revision=revision, settled="found")
            case Absent():
                return Settled(turn=turn, how="absent")
            case Unknown(reason=reason):
                return self._risk(turn, reason)

    def _risk(self, turn: Turn, reason: str) -> Outcome | Settled:
        if turn.channel.attention.on_doubt is OnDoubt.NEVER_DOUBLE:
            return GivenUp(
                turn=turn,
                reason=f"it may have arrived, and nothing is to be doubled here: {reason}",
            )
        log.warning("sending again, at the risk of doubling", why=reason, key=turn.delivery.key)
        return Settled(turn=turn, how="risked")
