"""Third stage: pending deliveries -> messages in channels. One lane per channel, one in flight.

    due channels -> lane: claim -> (unsure? reconcile) -> render -> send or edit -> record

Level-triggered: a delivery says which revision its channel should show, the lane makes it so,
and a crash at any point leaves a row that is simply behind. The intent is committed before the
platform hears of it; only a recorded outcome ends the doubt whether a post has landed.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.errors import Ambiguous, DeliveryError, FailureClass, Permanent, Retryable
from bot.model.alert import AlertState
from bot.model.channel import Channel, PlatformName
from bot.model.delivery import Delivery
from bot.model.ids import ChannelId
from bot.model.platform import Absent, Payload, Platform, Posted, Unknown
from bot.pipeline.draw import Drawing, Material, draw, gather
from bot.storage import alerts, channels, deliveries
from bot.storage.database import Database
from bot.storage.roster import next_revision

log = structlog.get_logger()

LEASE = timedelta(seconds=90)
"""Longer than the slowest send with the SDK's own retries."""
BACK_OFF_FIRST = timedelta(seconds=2)
BACK_OFF_CAP = timedelta(minutes=10)
RETRY_AFTER_CAP = timedelta(hours=24)
GIVE_UP_AFTER = timedelta(hours=24)
"""A message that fails for a day is given up, with the reason, so that later ones get through."""
CHANNEL_STOPS = {FailureClass.GONE, FailureClass.PERMISSION, FailureClass.CREDENTIAL}
"""Failures of the channel rather than of the message: its deliveries wait until a person acts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turn:
    """One claimed delivery with what it takes to send it. `unsure`: a post may have landed."""

    delivery: Delivery
    channel: Channel
    payload: Payload
    revision: int
    unsure: bool
    thread: str | None = None


class Deliverer:
    """Runs the lanes. `edit_interval` is the least time between two edits of one message."""

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
        self._room = asyncio.Semaphore(lanes)
        self._lanes: dict[ChannelId, asyncio.Task[None]] = {}
        self._stopping = False

    async def tick(self) -> int:
        """Open a lane for every channel that has something to do and none. Returns how many."""
        if self._stopping:
            return 0
        now = self._now()
        async with self._database.read() as connection:
            due = await deliveries.due_channels(
                connection,
                now=now,
                edits_before=now - self._edit_interval,
                platforms=self._platforms,
            )
        opened = [channel for channel in due if channel not in self._lanes]
        for channel in opened:
            task = asyncio.create_task(self._lane(channel), name=f"lane {channel}")
            self._lanes[channel] = task
            task.add_done_callback(partial(self._close, channel))
        return len(opened)

    def _close(self, channel: ChannelId, _done: asyncio.Task[None]) -> None:
        self._lanes.pop(channel, None)

    async def drain(self, *, patience: timedelta) -> int:
        """Deliver until nothing is pending, or for `patience`. Returns how many still wait."""
        deadline = asyncio.get_running_loop().time() + patience.total_seconds()
        while True:
            await self.tick()
            if self._lanes:
                await asyncio.wait(self._lanes.values(), return_when=asyncio.FIRST_COMPLETED)
                continue
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
        """Finish what is in flight, claim nothing more."""
        self._stopping = True
        if self._lanes:
            _done, late = await asyncio.wait(self._lanes.values(), timeout=patience_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _lane(self, channel_id: ChannelId) -> None:
        """Deliver what the channel has to get, in order, until it has to wait."""
        async with self._room:
            while not self._stopping:
                try:
                    if not await self._deliver_next(channel_id):
                        return
                except Exception:
                    # The boundary of one channel: the lease ends by itself, the others go on.
                    log.exception("a lane failed", channel=channel_id)
                    return

    async def _deliver_next(self, channel_id: ChannelId) -> bool:
        taken = await self._claim(channel_id)
        if taken is None:
            return False
        async with self._database.read() as connection:
            material = await gather(connection, [taken[0]])
        try:
            turn = self._draw(*taken, material)
        except Exception:
            # A message that cannot be drawn never will be; the channel's others must not wait.
            log.exception("a message could not be drawn", key=taken[0].key)
            async with self._database.write() as connection:
                await deliveries.record_abandoned(
                    connection, taken[0], reason="it could not be drawn; the log has the details"
                )
            return True
        platform = self._platforms[turn.channel.platform]
        if turn.unsure and not await self._settle_doubt(turn, platform):
            return True
        return await self._send(turn, platform)

    async def _claim(self, channel_id: ChannelId) -> tuple[Delivery, Channel] | None:
        """Take the channel's next delivery, if there is one and the channel can be posted to."""
        now = self._now()
        async with self._database.write() as connection:
            channel = (await channels.channels_by_id(connection, [channel_id]))[channel_id]
            if channel.disabled_reason is not None or channel.platform not in self._platforms:
                return None
            taken = await deliveries.claim_next(
                connection,
                channel_id,
                now=now,
                edits_before=now - self._edit_interval,
                lease=LEASE,
            )
        return None if taken is None else (taken, channel)

    def _draw(self, taken: Delivery, channel: Channel, material: Material) -> _Turn:
        """The message as its story stands now, and the revision that it shows."""
        drawing = draw(taken, channel, material)
        assert isinstance(drawing, Drawing)
        return _Turn(
            delivery=taken,
            thread=drawing.thread,
            channel=channel,
            payload=self._platforms[channel.platform].render(drawing.message, key=taken.key),
            revision=drawing.revision,
            unsure=taken.unsure_since is not None and not taken.is_edit,
        )

    async def _settle_doubt(self, turn: _Turn, platform: Platform) -> bool:
        """A post was begun and nobody knows how it ended. True: sending (again) is right."""
        since = turn.delivery.unsure_since or self._now()
        asked = turn.delivery.attempted_at or since
        can = platform.capabilities
        if 0 <= (self._now() - since).total_seconds() <= can.resend_s:
            return True  # the platform itself drops the second of two with the same key
        settled = asked + timedelta(seconds=can.settle_s)
        if asked <= self._now() < settled:
            await self._wait(turn, until=settled, reason="a lost post may still surface")
            return False
        try:
            found = await platform.reconcile(turn.channel, key=turn.delivery.key, since=since)
        except DeliveryError as error:
            # Nothing is known, so nothing is sent: the doubt stays until the look succeeds.
            until = self._now() + self._back_off(turn.delivery.attempts, None)
            await self._wait(turn, until=until, reason=f"cannot look for it: {error.reason}")
            return False
        match found:
            case Posted(remote_id=remote_id):
                # Which revision stands there is not known; the edit that follows makes it right.
                await self._shown(turn, remote_id, revision=0 if can.edit else turn.revision)
                return False
            case Absent():
                return True
            case Unknown(reason=reason):
                log.warning(
                    "sending again, at the risk of doubling", why=reason, key=turn.delivery.key
                )
                return True

    async def _send(self, turn: _Turn, platform: Platform) -> bool:
        """Ask the platform once, and record what it said. False: the lane has to wait."""
        delivery = turn.delivery
        if delivery.is_edit and not platform.capabilities.edit:
            await self._shown(turn, delivery.remote_id or "", revision=turn.revision)
            return True
        async with self._database.write() as connection:
            attempt = await deliveries.begin_attempt(
                connection, delivery, revision=turn.revision, now=self._now()
            )
        try:
            if delivery.remote_id is not None:
                await platform.edit(turn.channel, delivery.remote_id, turn.payload)
                remote_id = delivery.remote_id
            else:
                posted = await platform.send(
                    turn.channel, turn.payload, key=delivery.key, thread=turn.thread
                )
                remote_id = posted.remote_id
        except DeliveryError as error:
            return await self._failed(turn, attempt, error)
        except Exception as error:
            # The adapter's own bug: whether the message stands is as unknown as after a lost reply.
            log.exception("an adapter failed", key=delivery.key)
            reason = f"an unexpected {type(error).__name__}; the log has the details"
            return await self._failed(turn, attempt, Ambiguous(turn.channel.label, reason))
        await self._shown(turn, remote_id, revision=turn.revision, attempt=attempt)
        return True

    async def _shown(
        self, turn: _Turn, remote_id: str, *, revision: int, attempt: int | None = None
    ) -> None:
        now = self._now()
        async with self._database.write() as connection:
            held = await deliveries.record_shown(
                connection, turn.delivery, remote_id=remote_id, revision=revision, now=now
            )
            if attempt is not None:
                await deliveries.end_attempt(
                    connection, attempt, outcome="sent", detail="", now=now
                )
        if not held:
            log.warning("a claim was lost before its outcome", key=turn.delivery.key)

    async def _wait(self, turn: _Turn, *, until: datetime, reason: str) -> None:
        async with self._database.write() as connection:
            await deliveries.record_wait(
                connection, turn.delivery, until=until, reason=reason, unsure=True
            )

    async def _failed(self, turn: _Turn, attempt: int, error: DeliveryError) -> bool:
        """Record a refusal by its class. Returns whether the lane may go on with its next."""
        now = self._now()
        async with self._database.write() as connection:
            await deliveries.end_attempt(
                connection,
                attempt,
                outcome=type(error).__name__.lower(),
                detail=error.reason,
                now=now,
            )
            since = await deliveries.trying_since(connection, turn.delivery)
            if not isinstance(error, Permanent) and now - since > GIVE_UP_AFTER:
                error = Permanent(
                    error.channel,
                    f"given up after a day of trying: {error.reason}",
                    failure=FailureClass.PAYLOAD,
                )
            match error:
                case Retryable(retry_after=retry_after):
                    until = now + self._back_off(turn.delivery.attempts, retry_after)
                    await deliveries.record_wait(
                        connection,
                        turn.delivery,
                        until=until,
                        reason=error.reason,
                        unsure=turn.unsure,
                    )
                    return False
                case Permanent(failure=failure, remedy=remedy):
                    if failure in CHANNEL_STOPS:
                        reason = f"{error.reason}. {remedy}".strip()
                        await deliveries.record_wait(
                            connection, turn.delivery, until=now, reason=reason, unsure=turn.unsure
                        )
                        await channels.disable_channel(
                            connection,
                            turn.channel.id,
                            reason=reason,
                            revision=await next_revision(connection),
                        )
                        log.warning("channel disabled", channel=turn.channel.label, reason=reason)
                        return False
                    await deliveries.record_abandoned(
                        connection, turn.delivery, reason=error.reason
                    )
                    if failure is FailureClass.MESSAGE_GONE and turn.delivery.alert is not None:
                        await alerts.set_state(connection, [turn.delivery.alert], AlertState.CLOSED)
                    log.warning("delivery abandoned", key=turn.delivery.key, reason=error.reason)
                    return True
                case Ambiguous():
                    until = now + self._back_off(turn.delivery.attempts, None)
                    await deliveries.record_wait(
                        connection,
                        turn.delivery,
                        until=until,
                        reason=error.reason,
                        unsure=True,
                        asked=now,
                    )
                    return False
                case _:
                    raise error

    def _back_off(self, attempts: int, retry_after: float | None) -> timedelta:
        """Doubling from 2 s to 10 min, jittered down to half; the platform's wish if longer."""
        step = min(BACK_OFF_FIRST * (1 << min(attempts, 12)), BACK_OFF_CAP)
        jittered = step * (0.5 + random.random() / 2)
        return max(jittered, min(timedelta(seconds=retry_after or 0.0), RETRY_AFTER_CAP))
