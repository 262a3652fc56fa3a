"""The tick that ends holds: what was held becomes a card, a digest's line, or a recorded silence.

    held alerts that are due, channel by channel
      -> nobody watches it any more, or it is muted by now?    suppressed, with the reason
      -> the channel's wishes have changed meanwhile?          decided again: told, or held anew
      -> urgent, or the only one, and the budget has room?     its card
      -> the rest                                              ONE digest, its lines frozen

All of a channel happens in one transaction, in which its deliveries are made. A digest is made
once, whatever the clock does: its key is its name. At most two an hour go to a channel, and while
nobody can have seen the last one, more lines go into it instead of into another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.alerts.attention import digest_key, hold, next_digest, within_budget
from bot.alerts.decide import WHY_HELD
from bot.model.alert import AlertState
from bot.model.attention import Rhythm
from bot.model.channel import Channel
from bot.model.decision import Why
from bot.model.digest import DigestKind
from bot.model.ids import AlertId, ChannelId
from bot.pipeline.changes import BUDGET_SPAN
from bot.pipeline.rows import card_row, digest_delivery_key
from bot.storage import channels, deliveries, digests, holds
from bot.storage.database import Database
from bot.storage.holds import HeldAlert, Voice
from bot.storage.installation import installation_id

DIGESTS_AN_HOUR = 2
CHANNELS_A_COMMIT = 20


class Holds:
    """Ends what is due. `on_commit` is told when there may be deliveries."""

    def __init__(
        self,
        *,
        database: Database,
        now: Callable[[], datetime],
        on_commit: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._now = now
        self._on_commit = on_commit

    async def release(self) -> int:
        """Do what is due in every channel. Returns how many channels that were."""
        async with self._database.read() as connection:
            due = await holds.due_channels(connection, now=self._now())
        for start in range(0, len(due), CHANNELS_A_COMMIT):
            async with self._database.write() as connection:
                await self._release(connection, due[start : start + CHANNELS_A_COMMIT])
            self._on_commit()
        return len(due)

    async def _release(self, connection: AsyncConnection, due: Sequence[ChannelId]) -> None:
        now = self._now()
        installation = await installation_id(connection)
        known = await channels.channels_by_id(connection, due)
        spent = await digests.cards_since(connection, due, now - BUDGET_SPAN, now=now)
        for id_ in due:
            turn = _Turn(connection, known[id_], installation, now, spent.get(id_, 0))
            await turn.take(await holds.due_in(connection, id_, now=now))


class _Turn:
    """One channel's due holds, within one transaction. `spent` counts its cards, and grows."""

    def __init__(
        self,
        connection: AsyncConnection,
        channel: Channel,
        installation: str,
        now: datetime,
        spent: int,
    ) -> None:
        self._connection = connection
        self._channel = channel
        self._attention = channel.attention
        self._installation = installation
        self._now = now
        self._spent = spent
        self._voices: dict[AlertId, tuple[Voice, ...]] = {}

    async def take(self, due: Sequence[HeldAlert]) -> None:
        self._voices = await holds.voices(self._connection, [one.id for one in due])
        heard = await self._silence(due)
        told = await self._decide_again([one for one in heard if one.until is None])
        await self._tell(told)
        rest = []
        for one in heard:
            if one.until is None:
                continue
            if one.urgent and one.why not in (Why.ASKED, Why.RUNNING):
                await self._tell([one])
            else:
                rest.append(one)
        await self._summarise(rest)

    async def _silence(self, due: Sequence[HeldAlert]) -> list[HeldAlert]:
        """Suppress what nobody wants to hear any more; returns the others."""
        silent: dict[Why, list[HeldAlert]] = {}
        heard = []
        for one in due:
            why = self._silenced(self._voices[one.id])
            if why is None:
                heard.append(one)
            else:
                silent.setdefault(why, []).append(one)
        for why, them in silent.items():
            await holds.suppress(self._connection, them, why=why, now=self._now)
        return heard

    def _silenced(self, voices: Sequence[Voice]) -> Why | None:
        watched = [voice for voice in voices if voice.watched and not voice.only_joins]
        if not watched:
            return Why.UNWATCHED
        if self._channel.muted_until is not None and self._channel.muted_until > self._now:
            return Why.CHANNEL_MUTED
        if all(voice.muted_until and voice.muted_until > self._now for voice in watched):
            return Why.MUTED
        return None

    async def _decide_again(self, held: Sequence[HeldAlert]) -> list[HeldAlert]:
        """Hold them by the wishes of now; returns those that need no hold any more."""
        told: list[HeldAlert] = []
        for one in held:
            again = hold(
                self._attention,
                self._now,
                urgent=one.urgent,
                cards_last_hour=self._spent + len(told),
                gate=1,
                outlets=1,
                snoozed_until=self._snoozed_until(self._voices[one.id]),
            )
            if again is None:
                told.append(one)
            else:
                await holds.move(
                    self._connection,
                    [one.id],
                    AlertState.HELD,
                    until=again.until,
                    why=WHY_HELD[again.why],
                )
        return told

    def _snoozed_until(self, voices: Sequence[Voice]) -> datetime | None:
        """The channel's snooze; a topic's only if no other topic speaks."""
        watched = (voice for voice in voices if voice.watched and not voice.only_joins)
        spoken = [voice.snoozed_until for voice in watched]
        by_topic = None if None in spoken else min((at for at in spoken if at), default=None)
        return max((at for at in (self._channel.snoozed_until, by_topic) if at), default=None)

    async def _tell(self, held: Sequence[HeldAlert]) -> None:
        """Each as its own card, in the order of their decisions."""
        if not held:
            return
        await holds.move(self._connection, [one.id for one in held], AlertState.READY)
        rows = [
            card_row(
                {
                    "id": one.id,
                    "workspace_id": self._channel.workspace,
                    "story_id": one.story,
                    "channel_id": one.channel,
                    "revision": one.revision,
                },
                mentions=[
                    voice.mention
                    for voice in self._voices[one.id]
                    if voice.watched and voice.mention
                ],
                installation=self._installation,
                now=self._now,
            )
            for one in held
        ]
        await deliveries.insert_deliveries(self._connection, rows)
        self._spent += len(held)

    async def _summarise(self, held: Sequence[HeldAlert]) -> None:
        """The only one as a card, if that is allowed now; else all in one digest."""
        if not held:
            return
        alone = len(held) == 1 and held[0].why not in (Why.ASKED, Why.RUNNING)
        immediate = self._attention.rhythm is Rhythm.IMMEDIATE
        if alone and immediate and within_budget(self._attention, self._spent):
            await self._tell(held)
            return
        kind = _kind_of(held, self._attention.rhythm)
        scheduled = max(one.until for one in held if one.until is not None)
        name = digest_key(self._channel.id, kind, scheduled, self._attention)
        key = digest_delivery_key(self._installation, name)
        ids = [one.id for one in held]
        unseen = await digests.unseen_digest(self._connection, self._channel.id, now=self._now)
        if unseen is not None:
            await digests.extend_digest(
                self._connection, self._channel, unseen, until=scheduled, alerts=ids
            )
        elif await digests.known_key(self._connection, key):
            # It was told already, and the clock came by again: these wait for the next.
            await self._wait_for(held, next_digest(self._attention, max(scheduled, self._now)))
            return
        elif await self._is_full():
            hourly = replace(self._attention, rhythm=Rhythm.HOURLY)
            await self._wait_for(held, next_digest(hourly, self._now))
            return
        else:
            await digests.cut_digest(
                self._connection,
                self._channel,
                kind=kind,
                since=min(one.decided_at for one in held),
                until=scheduled,
                alerts=ids,
                key=key,
                now=self._now,
            )
        await holds.move(self._connection, ids, AlertState.CARRIED)

    async def _is_full(self) -> bool:
        counted = await digests.digests_since(
            self._connection, self._channel.id, self._now - timedelta(hours=1), now=self._now
        )
        return counted >= DIGESTS_AN_HOUR

    async def _wait_for(self, held: Sequence[HeldAlert], until: datetime) -> None:
        for why in {one.why for one in held}:
            await holds.move(
                self._connection,
                [one.id for one in held if one.why is why],
                AlertState.HELD,
                until=until,
                why=why,
            )


def _kind_of(held: Sequence[HeldAlert], rhythm: Rhythm) -> DigestKind:
    """What the digest is called, by why most of its stories were held."""
    reasons = [one.why for one in held]
    if Why.ASKED in reasons:
        return DigestKind.OVERFLOW
    if all(why is Why.RUNNING for why in reasons):
        return DigestKind.RUNNING
    if rhythm is not Rhythm.IMMEDIATE:
        return DigestKind(rhythm)
    quiet = sum(why in (Why.QUIET, Why.SNOOZED) for why in reasons)
    return DigestKind.QUIET if 2 * quiet >= len(reasons) else DigestKind.OVERFLOW
