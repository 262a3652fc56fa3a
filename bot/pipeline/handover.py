"""What fetchers hand to the desk: polls as rows. Packs, puts and unpacks them; decides nothing.

A row is gone in the transaction that takes its poll in, so each is taken in once, whoever dies.
"""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.engine.port import Engine, EngineDown, Job
from bot.feeds.wire import feed_from, feed_to
from bot.model.feed import FeedState, Validators
from bot.model.ids import FeedId
from bot.pipeline.polled import Poll
from bot.storage.database import Database
from bot.storage.handed import pause_hosts, put_handed

log = structlog.get_logger()

DESK = "desk"
"""The kind of the job that wakes the desk."""
LINGER_S = 0.05
"""A poll waits so long for company: a commit costs more than the polls in it."""
PAUSE_FIRST_S, PAUSE_CAP_S = 0.2, 2.0
_TIMES = ("polled_at", "next_poll_at")
_PLAIN = ("body_hash", "read", "unchanged", "whole", "pushed", "moved_to", "gone", "error")
_LISTS = ("hashes", "sources")


def pack(poll: Poll) -> bytes:
    """A poll without its feed's state, which the desk knows better."""
    said: dict[str, Any] = {name: getattr(poll, name) for name in (*_PLAIN, *_LISTS)}
    said |= {name: getattr(poll, name).isoformat() for name in _TIMES}
    said["validators"] = [poll.validators.etag, poll.validators.last_modified]
    said["parsed"] = feed_to(poll.parsed) if poll.parsed else None
    text = json.dumps(said, separators=(",", ":"), default=datetime.isoformat)
    return zlib.compress(text.encode("ascii"), 1)


def unpack(body: bytes, *, feed: FeedState, handed: int) -> Poll:
    """The inverse of `pack`."""
    said: Mapping[str, Any] = json.loads(zlib.decompress(body))
    etag, last_modified = said["validators"]
    named: dict[str, Any] = {name: said[name] for name in _PLAIN}
    named |= {name: datetime.fromisoformat(said[name]) for name in _TIMES}
    named |= {name: tuple(said[name]) for name in _LISTS}
    return Poll(
        feed=feed,
        validators=Validators(etag=etag, last_modified=last_modified),
        parsed=feed_from(said["parsed"]) if said["parsed"] else None,
        handed=handed,
        **named,
    )


@dataclass(slots=True)
class _Going:
    """What waits for the next transaction."""

    polls: list[tuple[FeedId, bytes]] = field(default_factory=list)
    pauses: dict[str, datetime] = field(default_factory=dict)
    done: asyncio.Event = field(default_factory=asyncio.Event)


class Outbox:
    """A fetcher's side: many polls share a transaction, which wakes the desk as it commits."""

    def __init__(self, *, database: Database, engine: Engine, now: Callable[[], datetime]) -> None:
        self._database = database
        self._engine = engine
        self._now = now
        self._going = _Going()
        self._sending: asyncio.Task[None] | None = None

    def pause(self, host: str, until: datetime) -> None:
        """All fetchers are to leave the host alone until then: they hear of it with what is handed
        over next."""
        self._going.pauses[host] = until

    async def hand_over(self, poll: Poll) -> None:
        """Returns when it is committed. While the database is away it waits for it."""
        going = self._going
        going.polls.append((poll.feed.id, pack(poll)))
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send(), name="hand over")
        await going.done.wait()

    async def _send(self) -> None:
        while self._going.polls:
            await asyncio.sleep(LINGER_S)
            going, self._going = self._going, _Going()
            await self._surely(going)
            going.done.set()

    async def _surely(self, going: _Going) -> None:
        pause = PAUSE_FIRST_S
        while True:
            try:
                async with self._database.write() as connection:
                    await put_handed(connection, going.polls, now=self._now())
                    await pause_hosts(connection, going.pauses)
                    await self._engine.defer(connection, [Job(kind=DESK, once=DESK)])
            except (SQLAlchemyError, OSError, EngineDown) as error:
                # A commit whose answer was lost is repeated: a poll that is taken in twice brings
                # nothing new the second time.
                log.warning("cannot hand over now", polls=len(going.polls), why=str(error))
                await asyncio.sleep(pause)
                pause = min(2 * pause, PAUSE_CAP_S)
            else:
                return
