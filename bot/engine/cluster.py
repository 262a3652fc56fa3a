"""The engine of several processes on one PostgreSQL: jobs are rows of Procrastinate's.

Sole importer of procrastinate. Its tables hold errands only; nothing is lost with them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import procrastinate
import structlog
from procrastinate import exceptions
from procrastinate.jobs import Job as Row
from procrastinate.jobs import Status
from psycopg import AsyncConnection as DriverConnection
from psycopg import OperationalError
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.engine.port import EngineDown, Handler, Job
from bot.storage.database import Database

log = structlog.get_logger()

HEARTBEAT_S, DEAD_AFTER_S, RESCUE_EVERY_S = 1.5, 6.0, 2.0
"""A worker that was killed is noticed after at most DEAD_AFTER_S + RESCUE_EVERY_S, and what it had
begun is begun again by another one; a busy event loop may be silent for a while."""
POLL_S = 2.0
"""New jobs are notified; this is for a notification that is lost with its connection."""
TRIES, AGAIN_AFTER_S = 10, 1
STOPS_WITHIN_S, ANSWERS_WITHIN_S = 5.0, 5.0
PAUSE_FIRST_S, PAUSE_CAP_S = 0.2, 2.0
CONNECTIONS, WRITE_TRIES = 4, 50
TIDY_EVERY_S, FAILED_KEPT_HOURS = 600.0, 24


class ClusterEngine:
    """Procrastinate, on the database that everything else is on."""

    def __init__(self, url: URL) -> None:
        self._conninfo = url.set(drivername="postgresql").render_as_string(hide_password=False)
        # Defers on the callers' connections alone: it has none of its own.
        self._deferring = procrastinate.App(connector=procrastinate.PsycopgConnector())

    @classmethod
    async def open(cls, database: Database) -> ClusterEngine:
        """With its tables made, if there are none."""
        async with database.write() as connection:
            found = await connection.execute(text("SELECT to_regclass('procrastinate_jobs')"))
            if found.scalar_one() is None:
                schema = procrastinate.schema.SchemaManager.get_schema()
                await (await _driver_of(connection)).execute(schema)
        return cls(database.url)

    async def defer(self, connection: AsyncConnection, jobs: Sequence[Job]) -> tuple[bool, ...]:
        if not jobs:
            return ()
        waiting = await self._waiting(connection, [one.once for one in jobs if one.once])
        taken: list[Job] = []
        said: list[bool] = []
        for job in jobs:
            said.append(job.once is None or job.once not in waiting)
            if said[-1]:
                taken.append(job)
                waiting |= {job.once} if job.once else set()
        if taken and not await self._put(connection, taken):
            # One came back to wait just now, from a worker that died: ask for each by itself.
            each = iter([await self._put(connection, [job]) for job in taken])
            said = [was and next(each) for was in said]
        return tuple(said)

    async def _waiting(self, connection: AsyncConnection, once: Sequence[str]) -> set[str]:
        if not once:
            return set()
        query = text(
            "SELECT queueing_lock FROM procrastinate_jobs"
            " WHERE status = 'todo' AND queueing_lock = ANY(:once)"
        )
        return set((await connection.execute(query, {"once": list(once)})).scalars())

    async def _put(self, connection: AsyncConnection, jobs: Sequence[Job]) -> bool:
        """All of them or none. A refusal would abort the caller's transaction: hence the savepoint
        (Procrastinate's AlreadyEnqueued comes from a unique index)."""
        rows = [
            Row(
                queue=one.kind,
                task_name=one.kind,
                task_kwargs=dict(one.args),
                lock=one.lock,
                queueing_lock=one.once,
            )
            for one in jobs
        ]
        try:
            async with connection.begin_nested():
                driver = await _driver_of(connection)
                await self._deferring.job_manager.batch_defer_jobs_async(rows, connection=driver)
        except exceptions.AlreadyEnqueued:
            return False
        except exceptions.ConnectorException as error:
            raise EngineDown(str(error.__cause__ or error)) from error
        return True

    @asynccontextmanager
    async def serving(
        self, kind: str, handler: Handler, *, at_once: int = 1, every: timedelta | None = None
    ) -> AsyncIterator[None]:
        worker = asyncio.create_task(
            self._work(kind, handler, at_once, every), name=f"serving {kind}"
        )
        try:
            yield
        finally:
            worker.cancel()
            await asyncio.gather(worker, return_exceptions=True)

    async def _work(
        self, kind: str, handler: Handler, at_once: int, every: timedelta | None
    ) -> None:
        """A worker, and another one when it ended because the database went away."""
        pause = PAUSE_FIRST_S
        while True:
            began = asyncio.get_running_loop().time()
            try:
                await self._work_once(kind, handler, at_once, every)
                why = "its database went away"
            except (exceptions.ProcrastinateException, OperationalError, OSError) as error:
                why = str(error.__cause__ or error)
            log.warning("a worker starts again", kind=kind, why=why.strip())
            if asyncio.get_running_loop().time() - began > PAUSE_CAP_S:
                pause = PAUSE_FIRST_S
            await asyncio.sleep(pause)
            pause = min(2 * pause, PAUSE_CAP_S)

    async def _work_once(
        self, kind: str, handler: Handler, at_once: int, every: timedelta | None
    ) -> None:
        # A pool that is opened while the database is away tries ever more rarely: so ask first.
        await (await DriverConnection.connect(self._conninfo)).close()
        connector = procrastinate.PsycopgConnector(
            conninfo=self._conninfo, min_size=1, max_size=CONNECTIONS, timeout=ANSWERS_WITHIN_S
        )
        app = procrastinate.App(connector=connector)
        _register(app, kind, handler, every)
        _end_surely(app)
        async with app.open_async():
            rescue = asyncio.create_task(_rescue(app, kind), name=f"rescue {kind}")
            try:
                await app.run_worker_async(
                    queues=[kind],
                    name=kind,
                    concurrency=at_once,
                    fetch_job_polling_interval=POLL_S,
                    shutdown_graceful_timeout=STOPS_WITHIN_S,
                    delete_jobs="successful",
                    install_signal_handlers=False,
                    update_heartbeat_interval=HEARTBEAT_S,
                    stalled_worker_timeout=DEAD_AFTER_S,
                )
            finally:
                rescue.cancel()
                await asyncio.gather(rescue, return_exceptions=True)


def _register(app: procrastinate.App, kind: str, handler: Handler, every: timedelta | None) -> None:
    async def do(**args: Any) -> None:
        args.pop("timestamp", None)  # a periodic job is told when it was due
        try:
            await handler(**args)
        except Exception:
            log.exception("a job failed", kind=kind)
            raise

    again = procrastinate.RetryStrategy(max_attempts=TRIES, wait=AGAIN_AFTER_S)
    task: Any = app.task(name=kind, queue=kind, retry=again)(do)
    if every is not None:
        seconds = int(every.total_seconds())
        # Six fields: the seconds come last.
        app.periodic(cron=f"* * * * * */{seconds}", queueing_lock=f"every {kind}")(task)


def _end_surely(app: procrastinate.App) -> None:
    """A job whose end could not be written, because the database was away, would count as running
    for as long as its worker lives, and keep its lock: so it is written until it is."""
    manager: Any = app.job_manager
    finish, retry = manager.finish_job, manager.retry_job

    async def finish_surely(job: Row, status: Status, delete_job: bool) -> None:
        await _until_written(lambda: finish(job=job, status=status, delete_job=delete_job))

    async def retry_surely(job: Row, **how: Any) -> None:
        try:
            await _until_written(lambda: retry(job=job, **how))
        except (exceptions.AlreadyEnqueued, exceptions.UniqueViolation):
            await finish_surely(job, Status.FAILED, delete_job=True)  # another one waits

    manager.finish_job, manager.retry_job = finish_surely, retry_surely


async def _until_written(write: Callable[[], Awaitable[None]]) -> None:
    for left in reversed(range(WRITE_TRIES)):
        try:
            await write()
        except exceptions.UniqueViolation:
            raise
        except exceptions.ConnectorException:
            if not left:
                raise
            await asyncio.sleep(PAUSE_FIRST_S)
        else:
            return


async def _rescue(app: procrastinate.App, kind: str) -> None:
    """Procrastinate leaves what a killed worker had begun: it is begun again, or dropped where
    another that waits does the same."""
    manager, loop = app.job_manager, asyncio.get_running_loop()
    tidied = loop.time()
    while True:
        await asyncio.sleep(RESCUE_EVERY_S)
        try:
            stalled = await manager.get_stalled_jobs(
                queue=kind, seconds_since_heartbeat=DEAD_AFTER_S
            )
            for job in stalled:
                await _again(app, job)
            await manager.prune_stalled_workers(10 * DEAD_AFTER_S)
            if loop.time() - tidied > TIDY_EVERY_S:
                tidied = loop.time()
                await manager.delete_old_jobs(
                    FAILED_KEPT_HOURS, queue=kind, include_failed=True, include_aborted=True
                )
        except exceptions.ConnectorException as error:
            log.info("no rescue now", kind=kind, why=str(error.__cause__ or error).strip())


async def _again(app: procrastinate.App, job: Row) -> None:
    if job.id is None:
        return
    log.warning("a worker died", kind=job.task_name, job=job.id)
    try:
        await app.job_manager.retry_job_by_id_async(job.id, retry_at=datetime.now(UTC))
    except (exceptions.AlreadyEnqueued, exceptions.UniqueViolation):
        with suppress(exceptions.ConnectorException):
            await app.job_manager.finish_job_by_id_async(job.id, Status.FAILED, delete_job=True)
    except exceptions.ConnectorException as error:
        # Another rescuer was quicker.
        log.info("not rescued", job=job.id, why=str(error.__cause__ or error).strip())


async def _driver_of(connection: AsyncConnection) -> Any:
    """psycopg's own connection, in the caller's transaction."""
    return (await connection.get_raw_connection()).driver_connection
