"""Move a whole installation from one database to another, table by table.

Each batch is one transaction in the target, and so is the note of how far its table has come: a
move that was interrupted goes on where it stopped. The full-text archive is not copied but written
anew, because every database keeps its own. The target becomes an installation only with the last
transaction, when every table has been counted and summed up on both sides.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import blake2b
from typing import Any

from sqlalchemy import Column, Row, Table, and_, delete, func, insert, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import SettingsError
from bot.storage.archive import archive_rows
from bot.storage.database import Database
from bot.storage.dialect import reset_numbering
from bot.storage.tables import article, installation, metadata

BATCH = 1000
_FROM = "moving from"
_COME = "moved "
_TABLES = tuple(one for one in metadata.sorted_tables if one is not installation)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """How many rows of a table stand in the target, of how many."""

    table: str
    rows: int
    of: int


async def move(
    source: Database, target: Database, *, told: Callable[[Moved], None] = lambda _: None
) -> dict[str, int]:
    """Copy everything, verify it, and make the target the installation. Returns rows by table.

    Both schemas are up to date, and nobody else writes to either. Raises SettingsError if the
    target belongs to another installation, and if what arrived is not what was sent.
    """
    await _begin(source, target)
    for table in _TABLES:
        await _copy(source, target, table, told)
    await _verify(source, target)
    return await _end(source, target)


async def _begin(source: Database, target: Database) -> None:
    async with source.read() as connection:
        identity = await _value(connection, "id")
    async with target.write() as connection:
        marked = await _value(connection, _FROM)
        if marked == identity:
            return
        used = [one.name for one in _TABLES if await _count(connection, one)]
        if used or marked is not None:
            raise SettingsError(
                "the target database holds another installation"
                f" (there are rows in {', '.join(used[:3]) or 'installation'}): name an empty one"
            )
        await connection.execute(insert(installation).values(name=_FROM, value=identity))


async def _copy(
    source: Database, target: Database, table: Table, told: Callable[[Moved], None]
) -> None:
    async with source.read() as connection:
        of = await _count(connection, table)
    async with target.read() as connection:
        come = await _value(connection, _COME + table.name)
        rows = await _count(connection, table)
    last = None if come is None else _key_of(table, json.loads(come))
    told(Moved(table=table.name, rows=rows, of=of))
    while batch := await _batch(source, table, last):
        last = _key(table, batch[-1])
        async with target.write() as connection:
            await connection.execute(insert(table), [dict(row._mapping) for row in batch])  # noqa: SLF001
            if table is article:
                await archive_rows(connection, batch)
            await _put(connection, _COME + table.name, json.dumps(last, default=_written))
        rows += len(batch)
        told(Moved(table=table.name, rows=rows, of=of))


async def _batch(source: Database, table: Table, last: tuple[Any, ...] | None) -> list[Row[Any]]:
    query = select(table).order_by(*table.primary_key).limit(BATCH)
    if last is not None:
        query = query.where(_after(list(table.primary_key), last))
    async with source.read() as connection:
        return list((await connection.execute(query)).all())


def _after(key: list[Column[Any]], last: tuple[Any, ...]) -> Any:
    """The rows whose key comes after `last`, column by column."""
    return or_(
        *(
            and_(*(key[at] == last[at] for at in range(place)), key[place] > last[place])
            for place in range(len(key))
        )
    )


def _key(table: Table, row: Row[Any]) -> tuple[Any, ...]:
    return tuple(row._mapping[column] for column in table.primary_key)  # noqa: SLF001


def _key_of(table: Table, stored: list[Any]) -> tuple[Any, ...]:
    """A key as it was noted; a date is noted as text."""
    return tuple(
        column.type.python_type.fromisoformat(value)
        if column.type.python_type in (date, datetime)
        else value
        for column, value in zip(table.primary_key, stored, strict=True)
    )


async def _verify(source: Database, target: Database) -> None:
    for table in _TABLES:
        sent, arrived = await checksum(source, table), await checksum(target, table)
        if sent != arrived:
            raise SettingsError(
                f"{table.name} did not arrive as it was sent ({sent[0]} rows, {arrived[0]} there):"
                " something wrote to one of the databases. Empty the target and move again"
            )


async def checksum(database: Database, table: Table) -> tuple[int, int]:
    """How many rows there are, and a sum over them that does not depend on their order."""
    rows, total = 0, 0
    async with aclosing(_rows(database, table)) as found:
        async for row in found:
            rows += 1
            said = json.dumps([_written(value) for value in row], sort_keys=True)
            digest = blake2b(said.encode("utf-8", "surrogatepass"), digest_size=16).digest()
            total = (total + int.from_bytes(digest)) % (1 << 128)
    return rows, total


async def _rows(database: Database, table: Table) -> AsyncGenerator[Row[Any]]:
    async with database.read() as connection, connection.stream(select(table)) as found:
        async for row in found:
            yield row


def _written(value: Any) -> Any:
    """A value as JSON has it, the same from either database."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    return value


async def _end(source: Database, target: Database) -> dict[str, int]:
    async with source.read() as connection:
        facts = (await connection.execute(select(installation))).all()
    async with target.write() as connection:
        await connection.execute(delete(installation))
        await connection.execute(
            insert(installation), [{"name": one.name, "value": one.value} for one in facts]
        )
        for statement in reset_numbering(connection.dialect.name, _numbered()):
            await connection.execute(text(statement))
        return {one.name: await _count(connection, one) for one in _TABLES}


def _numbered() -> list[str]:
    return [one.name for one in _TABLES if "id" in one.c and one.c.id is one.autoincrement_column]


async def _count(connection: AsyncConnection, table: Table) -> int:
    return int((await connection.execute(select(func.count()).select_from(table))).scalar_one())


async def _value(connection: AsyncConnection, name: str) -> str | None:
    found = await connection.execute(
        select(installation.c.value).where(installation.c.name == name)
    )
    return found.scalar_one_or_none()


async def _put(connection: AsyncConnection, name: str, value: str) -> None:
    changed = await connection.execute(
        update(installation).where(installation.c.name == name).values(value=value)
    )
    if changed.rowcount == 0:
        await connection.execute(insert(installation).values(name=name, value=value))
