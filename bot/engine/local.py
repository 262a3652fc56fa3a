"""The engine of a process that plays all roles: jobs are its own tasks, and end with it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.engine.port import Handler, Job
from bot.storage.database import after_commit

log = structlog.get_logger()

TRIES = 5
_PAUSE_S = 0.1


class LocalEngine:
    """Jobs wait in memory: in the order of their commits, by kind."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[Job]] = {}
        self._news: dict[str, asyncio.Event] = {}
        self._locked: set[str] = set()

    async def defer(self, connection: AsyncConnection, jobs: Sequence[Job]) -> tuple[bool, ...]:
        waiting = {one.once for queue in self._waiting.values() for one in queue if one.once}
        taken: list[Job] = []
        said: list[bool] = []
        for job in jobs:
            said.append(job.once is None or job.once not in waiting)
            if said[-1]:
                taken.append(job)
                waiting |= {job.once} if job.once else set()
        if taken:
            after_commit(connection, lambda: self._enqueue(taken))
        return tuple(said)

    def now(self, job: Job) -> None:
        """Have the job done: what it is about is committed."""
        self._enqueue([job])

    def _enqueue(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            queue = self._waiting.setdefault(job.kind, deque())
            if job.once is None or all(one.once != job.once for one in queue):
                queue.append(job)
                self._tell(job.kind)

    def _tell(self, kind: str) -> None:
        self._news.setdefault(kind, asyncio.Event()).set()

    @asynccontextmanager
    async def serving(
        self, kind: str, handler: Handler, *, at_once: int = 1, every: timedelta | None = None
    ) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(self._serve(kind, handler, at_once), name=f"serving {kind}")]
        if every is not None:
            tasks.append(asyncio.create_task(self._come_up(kind, every), name=f"every {kind}"))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _come_up(self, kind: str, every: timedelta) -> None:
        while True:
            await asyncio.sleep(every.total_seconds())
            self._enqueue([Job(kind=kind, once=f"every {kind}")])

    async def _serve(self, kind: str, handler: Handler, at_once: int) -> None:
        running: set[asyncio.Task[None]] = set()
        news = self._news.setdefault(kind, asyncio.Event())
        try:
            while True:
                while len(running) < at_once and (job := self._next(kind)) is not None:
                    task = asyncio.create_task(self._do(job, handler), name=f"job {kind}")
                    running.add(task)
                    task.add_done_callback(running.discard)
                    task.add_done_callback(lambda _: self._tell(kind))
                news.clear()
                await news.wait()
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    def _next(self, kind: str) -> Job | None:
        """The first job whose lock is free, taken out and locked."""
        queue = self._waiting.setdefault(kind, deque())
        for job in queue:
            if job.lock is None or job.lock not in self._locked:
                queue.remove(job)
                self._locked |= {job.lock} if job.lock else set()
                return job
        return None

    async def _do(self, job: Job, handler: Handler) -> None:
        try:
            for left in reversed(range(TRIES)):
                try:
                    await handler(**job.args)
                except Exception:  # the boundary of one job
                    log.exception("a job failed", kind=job.kind, tries_left=left)
                    await asyncio.sleep(_PAUSE_S)
                else:
                    return
        finally:
            if job.lock:
                self._locked.discard(job.lock)
                for kind in self._news:
                    self._tell(kind)
