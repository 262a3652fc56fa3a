"""The tick that publishes new posts of announcement channels to the servers that follow them.

    posted (ledger: `publish_at` set with it) -> publish -> `published_at`

It runs beside the lanes, because the limit of publishing (on Discord 10 an hour in a channel) must
never hold up a post. What the limit refuses is tried again when it ends, in the order of posting,
until it is KEEN_FOR old: then it is old news, and is not published at all. A crash before the
outcome is recorded publishes again, which the platform answers with "it is". Edits are carried on
by the platform itself; notices are nobody's business elsewhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import blake2b

import structlog

from bot.errors import DeliveryError, FailureClass, Permanent, Retryable
from bot.model.channel import Channel, PlatformName
from bot.model.ids import ChannelId
from bot.model.platform import Platform, Publishing
from bot.pipeline.outcome import back_off
from bot.storage import channels, notices, publishing
from bot.storage.database import Database
from bot.storage.publishing import Unpublished
from bot.storage.revisions import next_revision
from bot.words import say

log = structlog.get_logger()

KEEN_FOR = timedelta(hours=6)
MOST = 100  # at one tick
AT_ONCE = 10  # channels
_TRIES = 3  # the step of the back-off where the platform names no time: about 16 s


class Publisher:
    """Publishes what is due, one message of a channel after the other."""

    def __init__(
        self,
        *,
        database: Database,
        platforms: Mapping[PlatformName, Platform],
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._platforms = platforms
        self._now = now

    async def tick(self) -> int:
        """Do what is due. Returns how many messages were published."""
        able = {name: one for name, one in self._platforms.items() if isinstance(one, Publishing)}
        if not able:
            return 0
        async with self._database.read() as connection:
            due = await publishing.due(connection, now=self._now(), platforms=able, most=MOST)
            there = await channels.channels_by_id(connection, [one.channel for one in due])
        room = asyncio.Semaphore(AT_ONCE)

        async def work(channel: Channel, waiting: list[Unpublished]) -> int:
            async with room:
                return await self._publish(channel, able[channel.platform], waiting)

        by_channel: dict[ChannelId, list[Unpublished]] = {}
        for one in due:
            by_channel.setdefault(one.channel, []).append(one)
        done = await asyncio.gather(*(work(there[id_], each) for id_, each in by_channel.items()))
        return sum(done)

    async def _publish(
        self, channel: Channel, platform: Publishing, waiting: list[Unpublished]
    ) -> int:
        """Those of one channel, until one has to wait."""
        done = 0
        for one in waiting:
            if self._now() - one.posted_at > KEEN_FOR:
                log.warning("too old to be published any more", key=one.key, channel=channel.label)
                await self._end(one, published=False)
                continue
            try:
                await platform.publish(channel, one.remote_id)
            except Permanent as error:
                await self._refused(channel, one, error)
                if error.failure is not FailureClass.MESSAGE_GONE:
                    break
            except DeliveryError as error:
                await self._later(channel, one, error)
                break
            except Exception:
                # The boundary of one message: the other channels go on.
                log.exception("a message could not be published", key=one.key)
                await self._end(one, published=False)
            else:
                await self._end(one, published=True)
                done += 1
        return done

    async def _end(self, one: Unpublished, *, published: bool) -> None:
        now = self._now() if published else None
        async with self._database.write() as connection:
            await publishing.record_published(connection, one.id, now=now)

    async def _later(self, channel: Channel, one: Unpublished, error: DeliveryError) -> None:
        wish = error.retry_after if isinstance(error, Retryable) else None
        until = self._now() + back_off(_TRIES, wish)
        log.info("published later", reason=error.reason, until=until.isoformat(), key=one.key)
        async with self._database.write() as connection:
            await publishing.put_off(connection, channel.id, until=until)

    async def _refused(self, channel: Channel, one: Unpublished, error: Permanent) -> None:
        """One that was deleted needs no publishing. Anything else is the channel's, for which
        publishing is switched off, and somebody is told: posts go on."""
        log.warning("not published", reason=error.reason, key=one.key, channel=channel.label)
        if error.failure is FailureClass.MESSAGE_GONE:
            await self._end(one, published=False)
            return
        now = self._now()
        async with self._database.write() as connection:
            await publishing.forget_unpublished(connection, channel.id)
            # As it is now: somebody may have changed something meanwhile.
            standing = (await channels.channels_by_id(connection, [channel.id]))[channel.id]
            if not standing.attention.crosspost:
                return
            await channels.set_attention(
                connection,
                standing,
                replace(standing.attention, crosspost=False),
                revision=await next_revision(connection),
            )
            place = await notices.place_of(connection, channel.workspace, now=now)
            if place is not None:
                await notices.put_notice(
                    connection,
                    place,
                    key=blake2b(f"publishing/{one.key}".encode(), digest_size=10).hexdigest(),
                    title=say("Alerts are not published any more"),
                    lines=_told(channel, error),
                    now=now,
                )


def _told(channel: Channel, error: Permanent) -> list[str]:
    what = say(
        "{channel}: {reason}. {remedy}",
        channel=channel.label,
        reason=error.reason,
        remedy=error.remedy,
    ).strip()
    again = say("Alerts are still posted there. “settings crosspost” publishes them again.")
    return [what, again]
