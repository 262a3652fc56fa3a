"""The desk's side of the handover: rows of polls -> the desk's transaction, oldest first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.engine.port import EngineDown
from bot.pipeline.handover import unpack
from bot.pipeline.ingest import BATCH_POLLS, Desk, waves
from bot.pipeline.polled import Poll
from bot.storage.database import Database
from bot.storage.duty import OffDuty
from bot.storage.feeds import feeds_by_id
from bot.storage.handed import drop_handed, oldest_handed

log = structlog.get_logger()

Then = Callable[[AsyncConnection], Awaitable[None]]


def within(guard: Then, wake: Then) -> Callable[[AsyncConnection, Sequence[Poll]], Awaitable[None]]:
    """What the desk writes in its transaction besides: that it is on duty, that the rows are taken
    in, and what wakes the lanes."""

    async def write(connection: AsyncConnection, polls: Sequence[Poll]) -> None:
        await guard(connection)
        await drop_handed(connection, [one.handed for one in polls if one.handed is not None])
        await wake(connection)

    return write


class Inbox:
    """Takes in what was handed over."""

    def __init__(self, *, database: Database, desk: Desk) -> None:
        self._database = database
        self._desk = desk

    async def drain(self) -> int:
        """Until there is nothing. Returns how many polls were taken in. Raises SQLAlchemyError,
        OSError or EngineDown when the database is away, OffDuty when somebody else is the desk:
        the rows stay."""
        taken = 0
        while polls := await self._next():
            for wave in waves([poll.feed.id for poll in polls]):
                await self._take([polls[number] for number in wave])
            taken += len(polls)
        return taken

    async def _next(self) -> list[Poll]:
        async with self._database.read() as connection:
            rows = await oldest_handed(connection, limit=BATCH_POLLS)
            states = await feeds_by_id(connection, [row.feed for row in rows])
        orphans = [row.id for row in rows if row.feed not in states]
        if orphans:
            async with self._database.write() as connection:
                await drop_handed(connection, orphans)
        return [
            unpack(row.body, feed=states[row.feed], handed=row.id)
            for row in rows
            if row.feed in states
        ]

    async def _take(self, polls: Sequence[Poll]) -> None:
        try:
            await self._desk.ingest(polls)
        except (SQLAlchemyError, OSError, EngineDown, OffDuty) as error:
            if not _is_the_polls_fault(error):
                raise
        except Exception:
            log.exception("a batch could not be ingested", polls=len(polls))
        else:
            return
        kept = await self._desk.ingest_surely(polls)
        lost = [one.handed for one, stays in zip(polls, kept, strict=True) if not stays]
        async with self._database.write() as connection:
            # Their feeds are polled again when their claims end.
            await drop_handed(connection, [one for one in lost if one is not None])


def _is_the_polls_fault(error: Exception) -> bool:
    """Whether the same would happen again: a value that the database refuses."""
    return isinstance(error, SQLAlchemyError) and error.__class__.__name__ in (
        "DataError",
        "IntegrityError",
        "StatementError",
    )
