"""A transaction that has begun is finished, whoever is cancelled meanwhile."""

from __future__ import annotations

import asyncio
import random
import threading
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, text

from bot.storage.database import Database
from bot.storage.driver import connect
from bot.storage.tables import installation


@pytest.mark.sqlite
async def test_a_cancelled_transaction_is_committed_whole_and_then_cancelled(
    database: Database,
) -> None:
    begun = asyncio.Event()

    async def write() -> None:
        async with database.write() as connection:
            await connection.execute(insert(installation).values(name="a", value="1"))
            begun.set()
            for _ in range(50):
                await connection.execute(text("SELECT 1"))
            await connection.execute(insert(installation).values(name="b", value="2"))
        raise AssertionError("the cancellation was swallowed")

    task = asyncio.create_task(write())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with database.read() as connection:
        names = select(func.count()).where(installation.c.name.in_(["a", "b"]))
        assert (await connection.execute(names)).scalar_one() == 2


async def test_a_failed_transaction_that_was_cancelled_leaves_nothing(database: Database) -> None:
    begun = asyncio.Event()

    async def write() -> None:
        async with database.write() as connection:
            await connection.execute(insert(installation).values(name="a", value="1"))
            begun.set()
            for _ in range(50):
                await connection.execute(text("SELECT 1"))
            raise ValueError("a bug")

    task = asyncio.create_task(write())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with database.read() as connection:
        found = await connection.execute(select(installation).where(installation.c.name == "a"))
        assert found.all() == []


async def test_no_moment_to_be_cancelled_hangs_or_breaks_the_engine(database: Database) -> None:
    dice = random.Random(7)

    async def work(number: int) -> None:
        while True:
            async with database.write() if number % 2 else database.read() as connection:
                await connection.execute(text("SELECT 1"))

    for _ in range(25):
        tasks = [asyncio.create_task(work(number)) for number in range(6)]
        await asyncio.sleep(dice.random() * 0.02)
        for task in tasks:
            task.cancel()
        results = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 10)
        assert all(isinstance(result, asyncio.CancelledError) for result in results), results
    async with database.write() as connection:
        await connection.execute(text("SELECT 1"))


@pytest.mark.sqlite
def test_a_connection_that_is_given_up_answers_no_loop_that_has_ended(tmp_path: Path) -> None:
    """pytest fails a test in which a thread raises."""
    busy = threading.Event()
    given_up = []

    async def give_up() -> None:
        connection = await connect(str(tmp_path / "a.db"))
        given_up.append(connection)
        connection._tx.put_nowait((None, lambda: busy.wait(5)))
        connection.stop()  # as SQLAlchemy does for a cancelled task: it does not wait

    asyncio.run(give_up())
    busy.set()
    [connection] = given_up
    connection._thread.join(5)
    assert not connection._thread.is_alive()
    assert connection._connection is None


@pytest.mark.sqlite
async def test_a_connection_that_is_closed_is_waited_for(tmp_path: Path) -> None:
    connection = await connect(str(tmp_path / "a.db"))
    await connection.close()
    connection._thread.join(5)
    assert not connection._thread.is_alive()
