"""Who is on duty, on a real PostgreSQL: one at a time, and another one when he is gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.engine.cluster import ClusterEngine
from bot.engine.port import Job
from bot.errors import SettingsError
from bot.roles import watch
from bot.roles.watch import Standing, Watch
from bot.storage import runner
from bot.storage.database import Database
from bot.storage.duty import Duty, OffDuty, on_duty
from bot.wiring import utc_now

WITHIN_S = 15.0


class Noted:
    """Work that notes what it is told."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    async def begin(self) -> None:
        self.heard.append("begin")

    async def go_on(self) -> None:
        self.heard.append("go on")

    async def end(self) -> None:
        self.heard.append("end")


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not is_so():  # noqa: ASYNC110 - of the program's own state
            await asyncio.sleep(0.01)


@pytest.fixture
async def shared(
    postgresql_copy: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Callable[[], Database]]:
    """Makes databases as processes have them, each its own."""
    monkeypatch.setattr(watch, "LOOK_EVERY_S", 0.02)
    async with AsyncExitStack() as stack:

        def make() -> Database:
            made = Database(postgresql_copy)
            stack.push_async_callback(made.close)
            return made

        yield make


@asynccontextmanager
async def standing(database: Database, holder: str) -> AsyncIterator[tuple[Watch, Noted]]:
    work = Noted()
    duty = Duty(database, "desk", holder=holder, now=utc_now)
    made = Watch(database=database, duty=duty, work=work)
    task = asyncio.create_task(made.stand())
    try:
        yield made, work
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_another_one_takes_over(shared: Callable[[], Database]) -> None:
    here, there = shared(), shared()
    async with standing(there, "b") as (second, its_work):
        async with standing(here, "a") as (first, work):
            await until(lambda: Standing.ON_DUTY in (first.standing, second.standing))
            await until(lambda: Standing.WAITING in (first.standing, second.standing))
        await until(lambda: second.standing is Standing.ON_DUTY)
    assert its_work.heard == ["begin", "end"]
    assert work.heard in ([], ["begin", "end"])
    async with here.read() as connection:
        assert await on_duty(connection, now=utc_now()) == ()  # both have left


async def test_a_session_that_breaks_ends_nothing(shared: Callable[[], Database]) -> None:
    database = shared()
    async with standing(database, "a") as (first, work):
        await until(lambda: first.standing is Standing.ON_DUTY)
        await _break_sessions(shared())
        await until(lambda: "go on" in work.heard)
        async with database.write() as connection:
            await first.duty.guard(connection)
        assert work.heard == ["begin", "go on"]


async def _break_sessions(database: Database) -> None:
    async with database.session() as session:
        await _break_all_but(session)


async def _break_all_but(session: AsyncConnection) -> None:
    await session.execute(
        text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    )


async def test_who_was_replaced_writes_nothing(shared: Callable[[], Database]) -> None:
    database = shared()
    slow = Duty(database, "desk", holder="a", now=utc_now)
    quick = Duty(database, "desk", holder="b", now=utc_now)
    assert await slow.take()
    assert not await slow.take()
    assert await quick.take()
    with pytest.raises(OffDuty):
        async with database.write() as connection:
            await slow.guard(connection)
    async with database.write() as connection:
        await quick.guard(connection)
    assert await slow.take()  # it may come back, but as somebody new


async def test_what_a_dead_worker_had_begun_is_begun_again(
    shared: Callable[[], Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.engine.cluster.RESCUE_EVERY_S", 0.1)
    monkeypatch.setattr("bot.engine.cluster.POLL_S", 0.1)
    database = shared()
    engine = await ClusterEngine.open(database)
    async with database.write() as connection:
        await engine.defer(connection, [Job(kind="errand", args={"n": 1}, lock="l", once="o")])
        await connection.execute(text(_BEGUN))  # by a worker that was seen long ago
        again = [Job(kind="errand", args={"n": 2}, lock="l")]
        await engine.defer(connection, again)
    done: list[int] = []

    async def do(n: int) -> None:
        done.append(n)

    async with engine.serving("errand", do):
        await until(lambda: len(done) == 2)
    assert done == [1, 2]  # the dead one's lock is held until then


_BEGUN = """
    WITH dead AS (
        INSERT INTO procrastinate_workers (last_heartbeat)
        VALUES (now() - interval '7 seconds') RETURNING id
    )
    UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT id FROM dead)
"""


async def test_the_only_runner_stays_the_only_one(
    shared: Callable[[], Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "_LOOK_EVERY_S", 0.02)
    lost: list[bool] = []
    async with runner.only_runner(shared(), on_lost=lambda: lost.append(True)):
        await _break_sessions(shared())
        other = shared()
        refused = False
        async with asyncio.timeout(WITHIN_S):
            while not refused:
                try:
                    async with runner.only_runner(other):
                        await asyncio.sleep(0)  # it was quicker this time
                except SettingsError:
                    refused = True
        assert not lost


async def test_who_loses_the_database_hears_of_it(
    shared: Callable[[], Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "_LOOK_EVERY_S", 0.05)
    monkeypatch.setattr(runner, "_OURS_ENDS_WITHIN_S", 0.1)
    lost = asyncio.Event()
    async with runner.only_runner(shared(), on_lost=lost.set):
        thief = shared()
        async with thief.session() as session:
            while not await thief.own(session):
                await _break_all_but(session)
            async with asyncio.timeout(WITHIN_S):
                await lost.wait()
