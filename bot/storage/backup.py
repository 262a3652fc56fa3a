"""Copies of the database file: consistent while the program writes to it, and back again.

PostgreSQL has its own tools for this (pg_dump, pg_restore); here is SQLite's.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from bot.errors import SettingsError


def back_up(database: Path, to: Path) -> int:
    """Copy a database as it is at one moment; returns the copy's bytes. `to` appears only when it
    is whole. Raises SettingsError if there is nothing to copy or the place is taken."""
    if not database.exists():
        raise SettingsError(f"there is no database at {database}: see storage.url")
    if to.exists():
        raise SettingsError(f"{to} exists already: name another file")
    to.parent.mkdir(parents=True, exist_ok=True)
    part = to.with_name(f"{to.name}.part")
    part.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(part)) as copy:
            source.execute("PRAGMA busy_timeout=15000")
            source.backup(copy)  # all pages in one step: one moment
        _into_place(part, to)
    except sqlite3.Error as error:
        raise SettingsError(f"{database} could not be copied: {error}") from error
    finally:
        part.unlink(missing_ok=True)
    return to.stat().st_size


def before_migration(database: Path, version: str) -> Path:
    """The copy that is made before the schema changes, beside the database and named by the schema
    that it has: the program that fits it can go on from there."""
    to = database.with_name(f"{database.name}.schema-{version}")
    to.unlink(missing_ok=True)
    back_up(database, to)
    return to


def restore(copy: Path, database: Path, *, now: datetime) -> Path | None:
    """Put a copy in the database's place; returns where what was there is kept, if anything was.

    Nobody may run on the database meanwhile. Raises SettingsError, with nothing changed, unless
    the copy is a sound database of ours.
    """
    _check(copy)
    part = database.with_name(f"{database.name}.part")
    part.unlink(missing_ok=True)
    back_up(copy, part)
    kept = None
    if database.exists():
        kept = database.with_name(f"{database.name}.replaced-{now:%Y%m%dT%H%M%SZ}")
        back_up(database, kept)
    for log in ("-wal", "-shm"):  # of the old file: the new one must not read them
        database.with_name(f"{database.name}{log}").unlink(missing_ok=True)
    _into_place(part, database)
    return kept


def _check(copy: Path) -> None:
    if not copy.is_file():
        raise SettingsError(f"there is no file {copy}")
    try:
        with closing(sqlite3.connect(f"{copy.absolute().as_uri()}?mode=ro", uri=True)) as opened:
            (said,) = opened.execute("PRAGMA integrity_check").fetchone()
            opened.execute("SELECT value FROM installation WHERE name = 'id'").fetchone()[0]
    except (sqlite3.Error, TypeError) as error:
        raise SettingsError(f"{copy} is not a database of Wirewatch ({error})") from error
    if said != "ok":
        raise SettingsError(f"{copy} is damaged: {said}. Try an older copy")


def _into_place(part: Path, to: Path) -> None:
    """Rename, and be sure that both the file and its name are on the disk."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(to)
    folder = os.open(to.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
