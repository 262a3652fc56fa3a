"""Group commit: whatever lanes want written while one transaction runs shares the next.

Outcomes first, then what is begun, then new claims; a claim is committed with its attempt before
its lane hears of it. Outcomes that the disk has no room for are kept here until it has.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.channel import PlatformName
from bot.model.delivery import Delivery, DeliveryKind
from bot.model.ids import ChannelId
from bot.model.platform import Platform
from bot.pipeline.draw import Material, gather
from bot.pipeline.outcome import Claimed, Outcome, record
from bot.storage import channels, claims, deliveries
from bot.storage.claims import Due, Intent
from bot.storage.database import Database
from bot.storage.deliveries import Settlement

log = structlog.get_logger()

LEASE = timedelta(seconds=90)
"""Longer than the slowest send with the SDK's own retries."""
REST_FIRST = timedelta(seconds=1)
REST_CAP = timedelta(minutes=1)


@dataclass(slots=True)
class _Wish:
    """Something a lane wants written, and its answer."""

    outcome: Outcome | None = None
    begun: tuple[Claimed, Settlement] | None = None
    channel: ChannelId | None = None
    answer: asyncio.Future[Any] = field(default_factory=asyncio.Future)


Guard = Callable[[AsyncConnection], Awaitable[None]]


class Ledger:
    """The one writer of all lanes. `guard` may forbid, within the transaction, that anything is
    claimed or begun; outcomes are written down all the same."""

    def __init__(
        self,
        *,
        database: Database,
        platforms: Mapping[PlatformName, Platform],
        now: Callable[[], datetime],
        edit_interval: timedelta,
        guard: Guard | None = None,
    ) -> None:
        self._database = database
        self._platforms = platforms
        self._now = now
        self._edit_interval = edit_interval
        self._guard = guard
        self._wishes: list[_Wish] = []
        self._owed: list[Outcome] = []
        self._failures = 0
        self._rests_until: datetime | None = None
        self._writer: asyncio.Task[None] | None = None

    async def claim(self, channel: ChannelId) -> Claimed | None:
        """The channel's next delivery, ours from now; None: it has none now."""
        claimed: Claimed | None = await self._ask(_Wish(channel=channel))
        return claimed

    async def begin(self, claimed: Claimed, settled: Settlement) -> Claimed:
        """Commit to posting what a doubt kept from being begun."""
        begun: Claimed = await self._ask(_Wish(begun=(claimed, settled)))
        return begun

    async def record(self, outcome: Outcome) -> Due | None:
        """Write down how it ended. What the channel has to do next, if it need not wait."""
        due: Due | None = await self._ask(_Wish(outcome=outcome))
        return due

    @property
    def is_resting(self) -> bool:
        """Whether nothing could be written lately, so that nothing should be begun."""
        return self._rests_until is not None and self._now() < self._rests_until

    async def settle_up(self) -> None:
        """Try to write what could not be written before."""
        if self._owed and not self.is_resting:
            await self._commit([])

    async def close(self) -> None:
        """Write what is still wanted."""
        if self._writer is not None:
            await self._writer
        if self._owed:
            await self._commit([])

    async def _ask(self, wish: _Wish) -> Any:
        self._wishes.append(wish)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write(), name="ledger")
        return await wish.answer

    async def _write(self) -> None:
        while self._wishes:
            await asyncio.sleep(0)  # whoever is ready now shares the transaction
            wishes, self._wishes = self._wishes, []
            await self._commit(wishes)

    async def _commit(self, wishes: list[_Wish]) -> None:
        owed = self._owed
        outcomes = [*owed, *(one.outcome for one in wishes if one.outcome is not None)]
        try:
            async with self._database.write() as connection:
                answers = await self._enter(connection, outcomes, wishes)
        except OperationalError as error:
            self._owed = outcomes
            self._rest()
            _fail(wishes, error)
        except Exception as error:
            # One that cannot be written must not keep the others from it.
            self._owed = []
            if len(owed) + len(wishes) > 1:
                for one in [*(_Wish(outcome=outcome) for outcome in owed), *wishes]:
                    await self._commit([one])
            else:
                log.exception("an outcome could not be written")
                _fail(wishes, error)
        else:
            self._owed, self._failures, self._rests_until = [], 0, None
            for one, answer in zip(wishes, answers, strict=True):
                if not one.answer.done():
                    one.answer.set_result(answer)

    def _rest(self) -> None:
        self._rests_until = self._now() + min(REST_FIRST * (1 << min(self._failures, 6)), REST_CAP)
        self._failures += 1

    async def _enter(
        self, connection: AsyncConnection, outcomes: Sequence[Outcome], wishes: Sequence[_Wish]
    ) -> list[Any]:
        now = self._now()
        if outcomes:
            await record(connection, outcomes, now, edit_interval=self._edit_interval)
        freed = [one.outcome.claimed.channel.id for one in wishes if one.outcome is not None]
        dues = await self._due(connection, freed, now)
        if self._guard is not None and any(one.outcome is None for one in wishes):
            await self._guard(connection)
        begun = await self._begin(connection, [one.begun for one in wishes if one.begun], now)
        wanted = [one.channel for one in wishes if one.channel is not None]
        claims = await self._claim(connection, wanted, now)
        answers: list[Any] = []
        for one in wishes:
            if one.outcome is not None:
                answers.append(dues.get(one.outcome.claimed.channel.id))
            elif one.begun is not None:
                answers.append(begun.pop(0))
            else:
                answers.append(claims.get(one.channel) if one.channel is not None else None)
        return answers

    async def _due(
        self, connection: AsyncConnection, freed: Sequence[ChannelId], now: datetime
    ) -> dict[ChannelId, Due]:
        if not freed:
            return {}
        found = await claims.due_channels(
            connection,
            now=now,
            edits_before=now - self._edit_interval,
            platforms=self._platforms,
            among=freed,
        )
        return {one.channel: one for one in found}

    async def _begin(
        self,
        connection: AsyncConnection,
        wanted: Sequence[tuple[Claimed, Settlement]],
        now: datetime,
    ) -> list[Claimed]:
        for claimed, settled in wanted:
            await deliveries.settle(connection, claimed.delivery, settled)
        intents = [
            Intent(delivery=one.delivery, revision=revision_of(one.delivery, one.material))
            for one, _ in wanted
            if await deliveries.is_held(connection, one.delivery)
        ]
        held = await claims.claim(connection, intents, now=now, until=now + LEASE)
        by_id = {delivery.id: (delivery, attempt) for delivery, attempt in held}
        return [
            replace(one, delivery=by_id[one.delivery.id][0], attempt=by_id[one.delivery.id][1])
            if one.delivery.id in by_id
            else one
            for one, _ in wanted
        ]

    async def _claim(
        self, connection: AsyncConnection, wanted: Sequence[ChannelId], now: datetime
    ) -> dict[ChannelId, Claimed]:
        if not wanted:
            return {}
        turns = await claims.turns(
            connection,
            wanted,
            now=now,
            edits_before=now - self._edit_interval,
            platforms=self._platforms,
        )
        there = await channels.channels_by_id(connection, [one.channel for one in turns])
        material = await gather(connection, turns)
        intents = [
            Intent(
                delivery=one,
                revision=revision_of(one, material)
                if self._starts(one, there[one.channel].platform, material)
                else None,
            )
            for one in turns
        ]
        held = await claims.claim(connection, intents, now=now, until=now + LEASE)
        return {
            one.channel: Claimed(
                delivery=delivery,
                channel=there[one.channel],
                material=material,
                unsure=_is_unsure(one),
                attempt=attempt,
            )
            for one, (delivery, attempt) in zip(turns, held, strict=True)
        }

    def _starts(self, one: Delivery, platform: PlatformName, material: Material) -> bool:
        """Whether the platform is asked to show it without further ado."""
        if one.is_deletion or _is_unsure(one):
            return one.is_edit
        if one.is_edit:
            return self._platforms[platform].capabilities.edit
        return one.kind is not DeliveryKind.REPLY or one.alert in material.cards


def _is_unsure(one: Delivery) -> bool:
    return one.unsure_since is not None and not one.is_edit


def revision_of(one: Delivery, material: Material) -> int:
    """What its message would show if it were drawn now."""
    if one.kind is not DeliveryKind.CARD or one.alert is None or one.is_deletion:
        return one.wanted
    view = material.views.get(one.alert)
    return one.wanted if view is None else view.revision


def _fail(wishes: Sequence[_Wish], error: Exception) -> None:
    for one in wishes:
        if not one.answer.done():
            one.answer.set_exception(error)
