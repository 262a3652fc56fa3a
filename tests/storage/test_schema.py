"""The migrations build exactly the schema that the program uses, and run again harmlessly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.exc import IntegrityError, StatementError

from bot.errors import SettingsError
from bot.storage.database import Database, database_url
from bot.storage.dialect import ARCHIVE_TABLES
from bot.storage.installation import installation_id, migrate, migrations, newest
from bot.storage.tables import metadata, workspace


async def test_the_migrations_build_the_tables(database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        opts = {"include_name": lambda name, kind, _: kind != "table" or name not in ARCHIVE_TABLES}
        return list(compare_metadata(MigrationContext.configure(connection, opts=opts), metadata))

    async with database.read() as connection:
        assert await connection.run_sync(differences) == []


async def test_migrating_again_changes_nothing(database: Database) -> None:
    async with database.read() as connection:
        before = await installation_id(connection)
    await migrate(database)
    async with database.read() as connection:
        assert await installation_id(connection) == before


async def test_the_newest_migration_is_known_without_alembic(database: Database) -> None:
    def heads(connection: Connection) -> list[str]:
        return ScriptDirectory.from_config(migrations(connection)).get_heads()

    async with database.read() as connection:
        assert await connection.run_sync(heads) == [newest()]


async def test_every_row_of_a_workspace_carries_its_id() -> None:
    shared = {
        "installation",
        "workspace",
        "feed",
        "seen",
        "listing",
        "story",
        "article",
        "article_terms",
        "page_text",
        "coverage",
        "shelved",
        "push",
        "model_spending",
        "duty",
        "handed",
        "host_pause",
    }
    for table in metadata.sorted_tables:
        if table.name not in shared:
            assert "workspace_id" in table.c, table.name


@pytest.mark.sqlite
async def test_sqlite_is_opened_as_promised(database: Database) -> None:
    async with database.read() as connection:
        for pragma, value in (
            ("journal_mode", "wal"),
            ("foreign_keys", 1),
            ("synchronous", 2),
            ("busy_timeout", 15000),
        ):
            found = (await connection.execute(text(f"PRAGMA {pragma}"))).scalar_one()
            assert found == value, pragma


async def test_a_failed_write_leaves_nothing(database: Database) -> None:
    with pytest.raises(IntegrityError):
        async with database.write() as connection:
            await connection.execute(insert(workspace).values(**_row("a")))
            await connection.execute(insert(workspace).values(**_row("a")))
    async with database.read() as connection:
        assert (await connection.execute(select(workspace))).all() == []


async def test_times_come_back_as_aware_utc(database: Database) -> None:
    at = datetime(2026, 3, 1, 14, 30, 5, 123456, tzinfo=timezone(timedelta(hours=2)))
    async with database.write() as connection:
        await connection.execute(insert(workspace).values(**_row("a", at)))
    async with database.read() as connection:
        found = (await connection.execute(select(workspace.c.created_at))).scalar_one()
    assert found == at
    assert found.tzinfo is UTC


async def test_a_naive_time_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="naive"):
        async with database.write() as connection:
            naive = datetime(2026, 3, 1)  # noqa: DTZ001 - what must be refused
            await connection.execute(insert(workspace).values(**_row("a", naive)))


@pytest.mark.parametrize("url", ["mysql://x/y", "wirewatch.db", ""])
def test_an_address_that_cannot_be_opened_is_named(url: str) -> None:
    with pytest.raises(SettingsError, match=r"storage\.url"):
        database_url(url)


def _row(id_: str, at: datetime | None = None) -> dict[str, object]:
    return {
        "id": id_,
        "platform": "console",
        "external_id": id_,
        "created_at": at or datetime(2026, 3, 1, tzinfo=UTC),
    }
