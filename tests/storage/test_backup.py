"""Copies are of one moment, and put back only when they are whole."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, insert, select, text

from bot.errors import SettingsError
from bot.storage.backup import back_up, restore
from bot.storage.database import Database
from bot.storage.installation import installation_id, migrate, migrations
from bot.storage.tables import installation
from tests.clock import START

pytestmark = pytest.mark.sqlite


async def count(database: Database) -> int:
    async with database.read() as connection:
        query = select(func.count()).select_from(installation)
        return int((await connection.execute(query)).scalar_one())


async def test_a_copy_is_of_one_moment_while_others_write(
    database: Database, tmp_path: Path
) -> None:
    """Facts are written two by two: no copy has an odd one."""
    assert database.path is not None
    before = await count(database)
    stop = asyncio.Event()

    async def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            async with database.write() as connection:
                for half in "ab":
                    fact = {"name": f"{number}{half}", "value": "x" * 4000}
                    await connection.execute(insert(installation).values(fact))

    writing = asyncio.create_task(write())
    counts = []
    for number in range(5):
        to = tmp_path / f"copy-{number}.db"
        await asyncio.to_thread(back_up, database.path, to)
        copy = Database(f"sqlite:///{to}")
        counts.append(await count(copy) - before)
        await copy.close()
    stop.set()
    await writing
    assert all(number % 2 == 0 for number in counts)
    assert counts[-1] > counts[0] >= 0


async def test_there_and_back(database: Database, tmp_path: Path) -> None:
    assert database.path is not None
    copy = tmp_path / "copy.db"
    back_up(database.path, copy)
    async with database.write() as connection:
        await connection.execute(insert(installation).values(name="later", value="1"))
    later = await count(database)
    await database.close()
    kept = restore(copy, database.path, now=START)
    assert kept is not None
    for path, expected in ((database.path, later - 1), (kept, later)):
        opened = Database(f"sqlite:///{path}")
        assert await count(opened) == expected
        await opened.close()


@pytest.mark.parametrize("what", ["nothing", "a text", "another database", "cut short"])
def test_what_is_no_sound_copy_changes_nothing(tmp_path: Path, blank: Path, what: str) -> None:
    copy, stands = tmp_path / "copy.db", tmp_path / "wirewatch.db"
    stands.write_bytes(blank.read_bytes())
    match what:
        case "a text":
            copy.write_text("no database", encoding="utf-8")
        case "another database":
            with closing(sqlite3.connect(copy)) as other, other:
                other.execute("CREATE TABLE installation (name, value)")
        case "cut short":
            copy.write_bytes(blank.read_bytes()[:-9000])
    with pytest.raises(SettingsError):
        restore(copy, stands, now=START)
    assert stands.read_bytes() == blank.read_bytes()
    assert not list(tmp_path.glob("*.part"))


def test_a_copy_overwrites_nothing(tmp_path: Path, blank: Path) -> None:
    (tmp_path / "taken.db").write_text("precious", encoding="utf-8")
    with pytest.raises(SettingsError, match="exists already"):
        back_up(blank, tmp_path / "taken.db")
    with pytest.raises(SettingsError, match="there is no database"):
        back_up(tmp_path / "missing.db", tmp_path / "copy.db")
    assert (tmp_path / "taken.db").read_text("utf-8") == "precious"


async def test_an_older_schema_is_copied_before_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "older.db"
    database = Database(f"sqlite:///{path}")
    older: list[str] = []

    def build(connection: Connection) -> None:
        config = migrations(connection)
        script = ScriptDirectory.from_config(config)
        newest = script.get_current_head()
        assert newest is not None
        older.append(str(script.get_revision(newest).down_revision))
        command.upgrade(config, older[0])

    async with database.alter() as connection:
        await connection.run_sync(build)
    await migrate(database)
    await migrate(database)
    copy = Database(f"sqlite:///{path}.schema-{older[0]}")
    async with database.read() as now, copy.read() as before:
        versions = [
            (await each.execute(text("SELECT version_num FROM alembic_version"))).scalar_one()
            for each in (before, now)
        ]
        assert await installation_id(now) == await installation_id(before)
    assert versions[0] == older[0] != versions[1]
    await copy.close()
    await database.close()
