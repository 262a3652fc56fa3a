"""Who is on duty: what one process at a time may do, by name. PostgreSQL's advisory locks and rows.

The lock says who may begin, and ends with the session of whoever dies. The term is the fence: it
counts the holders, and a transaction of one that was replaced without noticing fails by it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.database import Database
from bot.storage.tables import duty

SEEN_EVERY = timedelta(seconds=5)
GONE_AFTER = timedelta(seconds=20)
"""Whoever was not seen for so long is not there."""
_FORGOTTEN_AFTER = timedelta(hours=1)
_LOCKS = 0x77697265


class OffDuty(Exception):
    """Another process has this duty now: what was begun is not to be finished."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDuty:
    """Who has a duty, since when, and when he was last seen. Nobody has it if `holder` is empty."""

    name: str
    holder: str
    since: datetime
    seen_at: datetime

    def is_there(self, now: datetime) -> bool:
        return bool(self.holder) and now - self.seen_at < GONE_AFTER


class Duty:
    """One duty as one process sees it."""

    def __init__(
        self, database: Database, name: str, *, holder: str, now: Callable[[], datetime]
    ) -> None:
        self.name = name
        self._database = database
        self._holder = holder
        self._now = now
        self._term: int | None = None

    async def lock(self, session: AsyncConnection) -> bool:
        """Whether the lock is ours now, for as long as the session lasts."""
        query = text("SELECT pg_try_advisory_lock(:locks, hashtext(:name))")
        got = await session.execute(query, {"locks": _LOCKS, "name": self.name})
        return bool(got.scalar_one())

    async def take(self) -> bool:
        """With the lock: begin a term. False if ours goes on, because nobody had it meanwhile."""
        now = self._now()
        async with self._database.write() as connection:
            row = (
                await connection.execute(select(duty).where(duty.c.name == self.name))
            ).one_or_none()
            if row is not None and self._term == row.term and row.holder == self._holder:
                return False
            values = {"holder": self._holder, "since": now, "seen_at": now}
            if row is None:
                term = 1
                await connection.execute(insert(duty).values(name=self.name, term=1, **values))
            else:
                term = row.term + 1
                await connection.execute(
                    update(duty).where(duty.c.name == self.name).values(term=term, **values)
                )
        self._term = term
        return True

    async def guard(self, connection: AsyncConnection) -> None:
        """Raises OffDuty if the transaction is not of the holder's term."""
        found = await connection.execute(select(duty.c.term).where(duty.c.name == self.name))
        if found.scalar_one_or_none() != self._term:
            raise OffDuty(self.name)

    async def be_seen(self) -> None:
        """Say that we are there, and forget who has not said so for long."""
        now = self._now()
        async with self._database.write() as connection:
            await connection.execute(
                update(duty)
                .where(duty.c.name == self.name, duty.c.term == self._term)
                .values(seen_at=now)
            )
            await connection.execute(
                delete(duty).where(
                    duty.c.name.like("fetcher %"), duty.c.seen_at < now - _FORGOTTEN_AFTER
                )
            )

    async def leave(self) -> None:
        """Nobody has it now. The term stays, for whoever comes next."""
        async with self._database.write() as connection:
            await connection.execute(
                update(duty)
                .where(duty.c.name == self.name, duty.c.term == self._term)
                .values(holder="")
            )


async def on_duty(connection: AsyncConnection, *, now: datetime) -> tuple[OnDuty, ...]:
    """All who are there, by the names of their duties."""
    rows = await connection.execute(select(duty).order_by(duty.c.name))
    known = (
        OnDuty(name=row.name, holder=row.holder, since=row.since, seen_at=row.seen_at)
        for row in rows
    )
    return tuple(one for one in known if one.is_there(now))
