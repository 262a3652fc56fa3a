"""Statements are compiled once a test process, not once a test: each test has an engine of its own,
and each engine would compile what the one before it has compiled."""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects.postgresql.psycopg import PGDialectAsync_psycopg
from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite
from sqlalchemy.engine import Engine
from sqlalchemy.util import LRUCache

_compiled: LRUCache[Any, Any] = LRUCache(5000)


def compile_once() -> None:
    """From now on, in this process. A dialect is part of a compiled statement's key, by identity:
    those of one kind are one."""
    for dialect in (SQLiteDialect_aiosqlite, PGDialectAsync_psycopg):
        kind: Any = dialect
        kind.__eq__ = lambda self, other: type(self) is type(other)
        kind.__hash__ = lambda self: hash(type(self))
    engine: Any = Engine
    engine._compiled_cache = property(lambda self: _compiled, lambda self, own: None)
