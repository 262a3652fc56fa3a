"""The deliver stage's transactions: outcomes are recorded and new intents committed, many at once.

    outcomes of sends that ended ─┐
    channels whose turn it is  ───┼─> ONE TRANSACTION: record, claim, read, draw, begin ─> turns
    doubts that were settled   ───┘

Nothing is sent here. A turn is returned only when its intent is committed.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import Ambiguous, DeliveryError, FailureClass, Permanent, Retryable
from bot.model.alert import AlertState
from bot.model.channel import Channel, PlatformName
from bot.model.delivery import Delivery, DeliveryKind
from bot.model.ids import ChannelId
from bot.model.platform import Payload, Platform
from bot.pipeline.draw import Drawing, Moot, draw, gather
from bot.pipeline.notices import tell_owner
from bot.storage import alerts, channels, deliveries
from bot.storage.database import Database
from bot.storage.deliveries import SENT, ShownAs
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
class Turn:
    """A claimed delivery with what it takes to send it. `attempt` None: a post of it may have
    landed before, which has to be settled first; nothing is begun yet."""

    delivery: Delivery
    channel: Channel
    payload: Payload
    revision: int
    thread: str | None = None
    attempt: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The platform showed it, or was found to. `revision` 0: not known which."""

    turn: Turn
    remote_id: str
    revision: int
    settled: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """The message was taken away, as was wanted."""

    turn: Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The platform refused it, or its answer was lost."""

    turn: Turn
    error: DeliveryError


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """A doubt cannot be settled yet."""

    turn: Turn
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenUp:
    """A doubt cannot be settled, and the channel rather loses than doubles."""

    turn: Turn
    reason: str


Outcome = Shown | Gone | Failed | Waits | GivenUp


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A doubt is over: the post did not land (or may be repeated), so it is sent again."""

    turn: Turn
    how: str


@dataclass(slots=True)
class Page:
    """What one transaction shall do."""

    outcomes: list[Outcome] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)
    channels: list[ChannelId] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.outcomes or self.settled or self.channels)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The turns that may be carried out now that they are committed, and the channels whose next
    delivery turned out to need none."""

    turns: list[Turn] = field(default_factory=list)
    again: list[ChannelId] = field(default_factory=list)


class Ledger:
    """Writes pages. `installation` keeps the keys of its notices apart from other databases'."""

    def __init__(
        self,
        *,
        database: Database,
        platforms: Mapping[PlatformName, Platform],
        now: Callable[[], datetime],
        edit_interval: timedelta,
    ) -> None:
        self._database = database
        self._platforms = platforms
        self._now = now
        self._edit_interval = edit_interval

    async def due(self) -> tuple[ChannelId, ...]:
        """Channels with something to do now, the longest waiting first."""
        now = self._now()
        async with self._database.read() as connection:
            return await deliveries.due_channels(
                connection,
                now=now,
                edits_before=now - self._edit_interval,
                platforms=self._platforms,
            )

    async def write(self, page: Page) -> Written:
        """All of the page in one transaction."""
        async with self._database.write() as connection:
            await self._record(connection, page.outcomes)
            turns = await self._begin_again(connection, page.settled)
            claimed = await self._claim(connection, page.channels)
        return Written(turns=turns + claimed.turns, again=claimed.again)

    # --- what has ended

    async def _record(self, connection: AsyncConnection, outcomes: Sequence[Outcome]) -> None:
        now = self._now()
        shown = [one for one in outcomes if isinstance(one, Shown)]
        held = await deliveries.record_shown(
            connection,
            [
                ShownAs(taken=one.turn.delivery, remote_id=one.remote_id, revision=one.revision)
                for one in shown
            ],
            now=now,
        )
        if held < len(shown):
            log.warning("claims were lost before their outcomes", number=len(shown) - held)
        await deliveries.end_attempts(
            connection,
            [
                (one.turn.attempt, SENT, "")
                for one in outcomes
                if isinstance(one, Shown | Gone) and one.turn.attempt is not None
            ],
            now=now,
        )
        for one in outcomes:
            match one:
                case Shown(settled=how) if how:
                    await deliveries.settle(connection, one.turn.delivery, how=how)
                case Gone():
                    await deliveries.record_gone(connection, one.turn.delivery)
                case Waits(until=until, reason=reason):
                    await deliveries.record_wait(
                        connection, one.turn.delivery, until=until, reason=reason, unsure=True
                    )
                case GivenUp(reason=reason):
                    await deliveries.settle(connection, one.turn.delivery, how="given up")
                    await deliveries.record_abandoned(connection, one.turn.delivery, reason=reason)
                case Failed():
                    await self._record_failure(connection, one, now)

    async def _record_failure(
        self, connection: AsyncConnection, failed: Failed, now: datetime
    ) -> None:
        turn, error = failed.turn, failed.error
        if turn.attempt is not None:
            said = type(error).__name__.lower()
            await deliveries.end_attempts(connection, [(turn.attempt, said, error.reason)], now=now)
        since = await deliveries.trying_since(connection, turn.delivery)
        if not isinstance(error, Permanent) and now - since > GIVE_UP_AFTER:
            error = Permanent(
                error.channel,
                f"given up after a day of trying: {error.reason}",
                failure=FailureClass.PAYLOAD,
            )
        doubted = turn.delivery.unsure_since is not None and not turn.delivery.is_edit
        match error:
            case Retryable(retry_after=retry_after):
                await deliveries.record_wait(
                    connection,
                    turn.delivery,
                    until=now + back_off(turn.delivery.attempts, retry_after),
                    reason=error.reason,
                    unsure=doubted,
                )
            case Permanent(failure=failure) if failure in CHANNEL_STOPS:
                await self._stop(connection, turn, error, now, doubted=doubted)
            case Permanent(failure=failure):
                await deliveries.record_abandoned(connection, turn.delivery, reason=error.reason)
                of_card = turn.delivery.kind is DeliveryKind.CARD
                if failure is FailureClass.MESSAGE_GONE and of_card and turn.delivery.alert:
                    await alerts.set_state(connection, [turn.delivery.alert], AlertState.CLOSED)
                log.warning("delivery abandoned", key=turn.delivery.key, reason=error.reason)
            case Ambiguous():
                await deliveries.record_wait(
                    connection,
                    turn.delivery,
                    until=now + back_off(turn.delivery.attempts, None),
                    reason=error.reason,
                    unsure=True,
                    asked=now,
                )
            case _:
                raise error

    async def _stop(
        self,
        connection: AsyncConnection,
        turn: Turn,
        error: Permanent,
        now: datetime,
        *,
        doubted: bool,
    ) -> None:
        """Nothing more goes to the channel until a person acts, and one is told so, once. A
        refused credential stops the whole workspace, and there is no way left to tell anybody."""
        reason = f"{error.reason}. {error.remedy}".strip()
        await deliveries.record_wait(
            connection, turn.delivery, until=now, reason=reason, unsure=doubted
        )
        revision = await next_revision(connection)
        if error.failure is FailureClass.CREDENTIAL:
            await channels.disable_workspace(
                connection, turn.channel, reason=reason, revision=revision
            )
            log.error("workspace stopped", workspace=turn.channel.workspace, reason=reason)
            return
        await channels.disable_channel(
            connection, turn.channel.id, reason=reason, revision=revision
        )
        log.warning("channel disabled", channel=turn.channel.label, reason=reason)
        await tell_owner(
            connection, turn.channel, happened=error.reason, remedy=error.remedy, now=now
        )

    # --- what begins

    async def _claim(self, connection: AsyncConnection, wanted: Sequence[ChannelId]) -> Written:
        now = self._now()
        taken = await deliveries.claim(
            connection,
            wanted,
            now=now,
            edits_before=now - self._edit_interval,
            lease=LEASE,
            platforms=self._platforms,
        )
        if not taken:
            return Written()
        known = await channels.channels_by_id(connection, [one.channel for one in taken])
        material = await gather(connection, taken)
        turns: list[Turn] = []
        moot: list[ChannelId] = []
        for one in taken:
            try:
                drawn = draw(one, known[one.channel], material)
                turn = self._turn(one, known[one.channel], drawn)
            except Exception:
                # A message that cannot be drawn never will be; the others must not wait.
                log.exception("a message could not be drawn", key=one.key)
                turn = Moot(reason="it could not be drawn; the log has the details")
            if isinstance(turn, Turn):
                turns.append(turn)
                continue
            moot.append(one.channel)
            if one.is_deletion and one.remote_id is None and one.unsure_since is None:
                await deliveries.record_gone(connection, one)
            else:
                await deliveries.record_abandoned(connection, one, reason=turn.reason)
        return Written(turns=await self._begin(connection, turns, now), again=moot)

    def _turn(self, one: Delivery, channel: Channel, drawn: Drawing | Moot) -> Turn | Moot:
        if one.is_deletion and one.remote_id is None and one.unsure_since is None:
            return Moot(reason="it is wanted no more")
        if isinstance(drawn, Moot):
            return drawn
        platform = self._platforms[channel.platform]
        return Turn(
            delivery=one,
            channel=channel,
            payload=platform.render(drawn.message, key=one.key),
            revision=drawn.revision,
            thread=drawn.thread,
        )

    async def _begin(
        self, connection: AsyncConnection, turns: Sequence[Turn], now: datetime
    ) -> list[Turn]:
        """Begin those that are in no doubt; the others are settled first."""
        sure = [one for one in turns if one.delivery.is_edit or one.delivery.unsure_since is None]
        doubted = [one for one in turns if one not in sure]
        ids = await deliveries.begin_attempts(
            connection, [(one.delivery, one.revision) for one in sure], now=now
        )
        begun = [replace(one, attempt=id_) for one, id_ in zip(sure, ids, strict=True)]
        return begun + doubted

    async def _begin_again(
        self, connection: AsyncConnection, settled: Sequence[Settled]
    ) -> list[Turn]:
        for one in settled:
            await deliveries.settle(connection, one.turn.delivery, how=one.how)
        turns = [one.turn for one in settled]
        ids = await deliveries.begin_attempts(
            connection, [(one.delivery, one.revision) for one in turns], now=self._now()
        )
        return [replace(one, attempt=id_) for one, id_ in zip(turns, ids, strict=True)]


def back_off(attempts: int, retry_after: float | None) -> timedelta:
    """Doubling from 2 s to 10 min, jittered down to half; the platform's wish if longer."""
    step = min(BACK_OFF_FIRST * (1 << min(attempts, 12)), BACK_OFF_CAP)
    jittered = step * (0.5 + random.random() / 2)
    return max(jittered, min(timedelta(seconds=retry_after or 0.0), RETRY_AFTER_CAP))
