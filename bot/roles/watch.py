"""Standing watch: does a duty whenever nobody else has it, and survives its database.

    wait for the lock -> take the term -> begin, or go on -> look each second if the lock is ours

A session that breaks does not end the work: it goes on if nobody had the duty meanwhile, and what
it writes is fenced by the term. It ends when somebody else has the lock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from enum import StrEnum
from typing import Protocol, TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import WirewatchError
from bot.storage.database import Database
from bot.storage.duty import SEEN_EVERY, Duty

log = structlog.get_logger()
T = TypeVar("T")

LOOK_EVERY_S = 1.0
ANSWERS_WITHIN_S = 5.0
"""A database that is silent for longer than that is away; the lock may be anybody's."""
PAUSE_FIRST_S, PAUSE_CAP_S, RETRIES_CAP_S = 0.2, 2.0, 15.0


class Standing(StrEnum):
    """Where a watch stands."""

    BEGINNING = "is beginning"
    WAITING = "standing by"
    ON_DUTY = "ok"
    CUT_OFF = "cannot reach the database"
    UNABLE = "cannot begin; the log says why"


class Work(Protocol):
    """What is done on duty."""

    async def begin(self) -> None:
        """Nobody else does it, and whoever did before is gone. May fail: then it is begun again."""
        ...

    async def go_on(self) -> None:
        """The database was away; nobody had the duty meanwhile."""
        ...

    async def end(self) -> None:
        """Finish what can be finished. Also called after a `begin` that failed."""
        ...


class Watch:
    """One duty of this process."""

    def __init__(self, *, database: Database, duty: Duty, work: Work) -> None:
        self.duty = duty
        self.standing = Standing.BEGINNING
        self._database = database
        self._work = work
        self._is_working = False

    async def stand(self) -> None:
        """Until cancelled."""
        pause = PAUSE_FIRST_S
        try:
            while True:
                began = asyncio.get_running_loop().time()
                try:
                    async with self._database.session() as session:
                        await self._stand(session)
                except (SQLAlchemyError, OSError) as error:
                    log.warning("a watch is cut off", duty=self.duty.name, why=str(error))
                    self.standing, cap = Standing.CUT_OFF, PAUSE_CAP_S
                except WirewatchError as error:
                    # A chat that is away keeps nobody from the others; and the lock is free.
                    log.error("a duty cannot be begun", duty=self.duty.name, why=str(error))  # noqa: TRY400
                    self.standing, cap = Standing.UNABLE, RETRIES_CAP_S
                except Exception:
                    log.exception("a duty could not be begun", duty=self.duty.name)
                    self.standing, cap = Standing.UNABLE, RETRIES_CAP_S
                if asyncio.get_running_loop().time() - began > cap:
                    pause = PAUSE_FIRST_S
                await asyncio.sleep(pause)
                pause = min(2 * pause, cap)
        finally:
            await self._leave()

    async def _stand(self, session: AsyncConnection) -> None:
        while not (await _answer(self._database.share(session)) and await self._lock(session)):
            await self._end()
            self.standing = Standing.WAITING
            await asyncio.sleep(LOOK_EVERY_S)
        is_new = await self.duty.take()
        if is_new:
            await self._end()
            log.info("on duty", duty=self.duty.name)
        if self._is_working:
            await self._work.go_on()
        else:
            self._is_working = True
            try:
                await self._work.begin()
            except BaseException:
                await self._end()
                raise
        self.standing = Standing.ON_DUTY
        await self._keep(session)

    async def _lock(self, session: AsyncConnection) -> bool:
        return await _answer(self.duty.lock(session))

    async def _keep(self, session: AsyncConnection) -> None:
        loop = asyncio.get_running_loop()
        seen = loop.time()
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            await _answer(session.exec_driver_sql("SELECT 1"))
            if loop.time() - seen >= SEEN_EVERY.total_seconds():
                seen = loop.time()
                await self.duty.be_seen()

    async def _end(self) -> None:
        if self._is_working:
            self._is_working = False
            await self._work.end()

    async def _leave(self) -> None:
        was_working = self._is_working
        await self._end()
        if was_working:
            try:
                await self.duty.leave()
            except (SQLAlchemyError, OSError) as error:
                log.warning("left without a word", duty=self.duty.name, why=str(error))


async def _answer(question: Awaitable[T]) -> T:
    async with asyncio.timeout(ANSWERS_WITHIN_S):
        return await question
