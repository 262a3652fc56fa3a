"""The port's contract, over both adapters; Procrastinate on a real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from bot.engine.cluster import ClusterEngine
from bot.engine.local import LocalEngine
from bot.engine.port import Engine, Job
from bot.storage.database import Database
from bot.storage.installation import Remembered

WITHIN_S = 15.0


@pytest.fixture(params=["local", "cluster"])
def where(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    monkeypatch.setattr("bot.engine.cluster.POLL_S", 0.1)
    monkeypatch.setattr("bot.engine.cluster.AGAIN_AFTER_S", 0)
    named = {"local": "storage_url", "cluster": "postgresql_copy"}
    return request.param, str(request.getfixturevalue(named[request.param]))


@pytest.fixture
async def ground(where: tuple[str, str]) -> AsyncIterator[tuple[Database, Engine]]:
    """A database and an engine that defers in its transactions."""
    kind, url = where
    database = Database(url)
    engine: Engine
    if kind == "local":
        engine = LocalEngine()
    else:
        engine = await ClusterEngine.open(database)
    yield database, engine
    await database.close()


class Done:
    """Notes what was done, and lets a test wait for it."""

    def __init__(self) -> None:
        self.saw: list[Any] = []
        self.running = self.most = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self._news = asyncio.Condition()

    async def __call__(self, **args: Any) -> None:
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await self.gate.wait()
            async with self._news:
                self.saw.append(args.get("n"))
                self._news.notify_all()
        finally:
            self.running -= 1

    async def until(self, number: int) -> list[Any]:
        async with asyncio.timeout(WITHIN_S), self._news:
            await self._news.wait_for(lambda: len(self.saw) >= number)
        return self.saw


async def _defer(ground: tuple[Database, Engine], *jobs: Job) -> tuple[bool, ...]:
    database, engine = ground
    async with database.write() as connection:
        return await engine.defer(connection, jobs)


async def test_a_job_is_done_with_its_arguments(ground: tuple[Database, Engine]) -> None:
    done = Done()
    async with ground[1].serving("errand", done):
        assert await _defer(ground, Job(kind="errand", args={"n": [1, "é", None]})) == (True,)
        assert await done.until(1) == [[1, "é", None]]


async def test_what_is_rolled_back_is_never_done(ground: tuple[Database, Engine]) -> None:
    done = Done()
    database, engine = ground
    with pytest.raises(RuntimeError, match="no"):
        async with database.write() as connection:
            await engine.defer(connection, [Job(kind="errand", args={"n": 1})])
            raise RuntimeError("no")
    async with engine.serving("errand", done):
        await _defer(ground, Job(kind="errand", args={"n": 2}))
        assert await done.until(1) == [2]


async def test_one_that_waits_is_enough_and_spares_the_transaction(
    ground: tuple[Database, Engine],
) -> None:
    done = Done()
    database, engine = ground
    jobs = [Job(kind="errand", args={"n": n}, once="x") for n in (1, 2)]
    assert await _defer(ground, *jobs) == (True, False)
    async with database.write() as connection:
        again = [Job(kind="errand", args={"n": n}, once=once) for n, once in ((3, "x"), (4, "y"))]
        assert await engine.defer(connection, again) == (False, True)
    await Remembered(database).put("after", "it")  # the database is none the worse
    async with engine.serving("errand", done):
        assert await done.until(2) == [1, 4]
        assert await _defer(ground, Job(kind="errand", args={"n": 5}, once="x")) == (True,)
        assert await done.until(3) == [1, 4, 5]


async def test_jobs_with_one_lock_take_turns_in_order(ground: tuple[Database, Engine]) -> None:
    done = Done()
    locked = [Job(kind="errand", args={"n": n}, lock="channel 1") for n in range(4)]
    await _defer(ground, *locked)
    async with ground[1].serving("errand", done, at_once=4):
        assert await done.until(4) == [0, 1, 2, 3]
    assert done.most == 1


async def test_others_go_on_side_by_side(ground: tuple[Database, Engine]) -> None:
    done = Done()
    done.gate.clear()
    await _defer(ground, *(Job(kind="errand", args={"n": n}, lock=f"c {n}") for n in range(3)))
    async with ground[1].serving("errand", done, at_once=3):
        async with asyncio.timeout(WITHIN_S):
            while done.running < 3:  # noqa: ASYNC110 - a count, not an event
                await asyncio.sleep(0.01)
        done.gate.set()
        assert sorted(await done.until(3)) == [0, 1, 2]


async def test_a_failure_is_tried_again(ground: tuple[Database, Engine]) -> None:
    done, failures = Done(), iter([RuntimeError("once")])

    async def fails_once(**args: Any) -> None:
        for failure in failures:
            raise failure
        await done(**args)

    async with ground[1].serving("errand", fails_once):
        await _defer(ground, Job(kind="errand", args={"n": 1}))
        assert await done.until(1) == [1]


async def test_what_comes_up_by_itself(ground: tuple[Database, Engine]) -> None:
    done = Done()
    least = timedelta(seconds=1 if isinstance(ground[1], ClusterEngine) else 0.01)
    async with ground[1].serving("tick", done, every=least):
        assert await done.until(1) == [None]
