"""On PostgreSQL: the same schema, one writer at a time, one process, and a story's whole way.

All tests of storage, pipeline and commands run there too: `scripts/test --postgresql`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from bot.errors import SettingsError
from bot.storage.database import Database
from bot.storage.dialect import ARCHIVE_TABLES
from bot.storage.runner import only_runner
from bot.storage.tables import installation, metadata
from tests.clock import Clock
from tests.invariants import violations
from tests.newsdesk import Newsdesk, article


@pytest.fixture
async def database(postgresql_copy: str) -> AsyncIterator[Database]:
    opened = Database(postgresql_copy)
    yield opened
    await opened.close()


async def test_the_migrations_build_the_tables(database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        opts = {"include_name": lambda name, kind, _: kind != "table" or name not in ARCHIVE_TABLES}
        return list(compare_metadata(MigrationContext.configure(connection, opts=opts), metadata))

    async with database.read() as connection:
        assert await connection.run_sync(differences) == []


async def test_writers_of_several_processes_take_turns(
    database: Database, postgresql_copy: str
) -> None:
    """Each adds one to what it read: without turns, some would be lost."""
    async with database.write() as connection:
        await connection.execute(insert(installation).values(name="count", value="0"))

    async def count(times: int) -> None:
        own = Database(postgresql_copy)
        counter = installation.c.name == "count"
        for _ in range(times):
            async with own.write() as connection:
                read = await connection.execute(select(installation.c.value).where(counter))
                value = str(int(read.scalar_one()) + 1)
                await asyncio.sleep(0)
                await connection.execute(update(installation).where(counter).values(value=value))
        await own.close()

    await asyncio.gather(*(count(20) for _ in range(4)))
    async with database.read() as connection:
        total = select(installation.c.value).where(installation.c.name == "count")
        assert (await connection.execute(total)).scalar_one() == "80"


async def test_a_reader_sees_one_moment_and_cannot_write(database: Database) -> None:
    count = text("SELECT count(*) FROM installation")
    async with database.read() as connection:
        before = (await connection.execute(count)).scalar_one()
        async with database.write() as writer:
            await writer.execute(insert(installation).values(name="a", value="1"))
        assert (await connection.execute(count)).scalar_one() == before
    with pytest.raises(DBAPIError, match="read-only"):
        async with database.read() as connection:
            await connection.execute(insert(installation).values(name="b", value="1"))


async def test_only_one_process_runs_on_it(database: Database, postgresql_copy: str) -> None:
    other = Database(postgresql_copy)
    async with only_runner(database):
        with pytest.raises(SettingsError, match="another wirewatch runs"):
            async with only_runner(other):
                pass
    async with only_runner(other):
        pass
    await other.close()


async def test_a_story_from_a_feed_to_an_edited_message(database: Database, clock: Clock) -> None:
    desk = await Newsdesk.open(database, clock)
    a = await desk.follow("https://a.example/feed")
    b = await desk.follow("https://b.example/feed")
    await desk.watch("harbour OR Hafen*", name="Harbour")
    await desk.listed(a, article("The harbour is open", at=clock(), url="https://a.example/1"))
    assert await desk.delivered() == ["The harbour is open"]
    clock.forward(minutes=5)
    await desk.listed(b, article("The harbour is open", at=clock(), url="https://b.example/1"))
    await desk.listed(b, article("The harbour is open", at=clock(), url="https://b.example/1"))
    assert await desk.delivered() == ["The harbour is open"]
    (message,) = desk.recorder.messages
    assert len(message.alert.sources) == 2
    assert await violations(database, drained=True) == []
