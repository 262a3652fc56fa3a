"""Full-text search, where SQLite and PostgreSQL differ: the only file that knows which it is.

SQLite keeps the archive in an FTS5 table, PostgreSQL in a table with a tsvector under a GIN index.
Both are given words that are already cut and folded (`topics/sieve.py`) and change none of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Integer, Select, TextClause, column, select, text

from bot.topics.sieve import KEYS, SUMMARY, TITLE, Every, IndexedText, Row, Sieve

ARCHIVE = "archive"
ARCHIVE_TABLES = frozenset(
    (ARCHIVE, *(f"{ARCHIVE}_{part}" for part in ("data", "idx", "content", "docsize", "config")))
)
"""What the archive is made of: the tables that `tables.py` does not describe."""

CREATE: Mapping[str, tuple[str, ...]] = {
    # The ascii tokenizer takes every character beyond ASCII for part of a word: ours are cut.
    # Without content of its own the index takes half the space; a row is then taken out by what
    # it was put in with (SQLite deletes such rows by itself only from 3.43).
    "sqlite": (
        """CREATE VIRTUAL TABLE archive USING fts5(
            title, summary, keys, content='', columnsize=0, tokenize="ascii tokenchars '~%=-'")""",
    ),
    "postgresql": (
        "CREATE TABLE archive (id BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)",
        "CREATE INDEX ix_archive_words ON archive USING gin (words)",
    ),
}
_PUT = {
    "sqlite": "INSERT INTO archive (rowid, title, summary, keys)"
    " VALUES (:id, :title, :summary, :keys)",
    "postgresql": "INSERT INTO archive (id, words) VALUES (:id, CAST(:words AS TSVECTOR))",
}
_TAKE_OUT = {
    "sqlite": "INSERT INTO archive (archive, rowid, title, summary, keys)"
    " VALUES ('delete', :id, :title, :summary, :keys)",
    "postgresql": "DELETE FROM archive WHERE id = :id",
}
_FIND = {
    "sqlite": "SELECT rowid AS id FROM archive WHERE archive MATCH :sieve AND rowid >= :first",
    "postgresql": "SELECT id FROM archive WHERE words @@ CAST(:sieve AS TSQUERY) AND id >= :first",
}
_WEIGHTS = {TITLE: "A", SUMMARY: "B", KEYS: "C", "": "AB"}
_MOST_POSITIONS = 16383  # PostgreSQL's limit of a position in a tsvector


def put_statement(dialect: str) -> TextClause:
    """Add an article's words; takes `put_values`."""
    return text(_PUT[dialect])


def take_out_statement(dialect: str) -> TextClause:
    """The reverse of `put_statement`; takes `put_values` of what was put in."""
    return text(_TAKE_OUT[dialect])


def put_values(dialect: str, article: int, words: IndexedText) -> dict[str, object]:
    """An article as `put_statement` and `take_out_statement` take it."""
    if dialect == "postgresql":
        return {"id": article, "words": tsvector(words)}
    return {"id": article, "title": words.title, "summary": words.summary, "keys": words.keys}


def passing(dialect: str, sieve: Sieve, *, first: int) -> Select[tuple[int]]:
    """The ids, from `first` on, of the archived articles that pass a sieve, as a subselect."""
    written = fts5(sieve) if dialect == "sqlite" else tsquery(sieve)
    found = text(_FIND[dialect]).bindparams(sieve=written, first=first)
    rows = found.columns(column("id", Integer)).subquery("passing")
    return select(rows.c.id)


def reset_numbering(dialect: str, tables: Sequence[str]) -> list[str]:
    """What lets a table whose rows were inserted with their ids number the next one by itself.
    SQLite goes on from the highest; PostgreSQL has to be told."""
    if dialect == "sqlite":
        return []
    return [
        f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM {name}"  # noqa: S608
        for name in tables
    ]


def fts5(sieve: Sieve) -> str:
    """A sieve in FTS5's language: https://www.sqlite.org/fts5.html#full_text_query_syntax"""
    if isinstance(sieve, Row):
        where = sieve.column or f"{{{TITLE} {SUMMARY}}}"
        phrase = " ".join(sieve.words).replace('"', '""')
        return f'{where} : "{phrase}"{" *" * sieve.prefix}'
    operator = " AND " if isinstance(sieve, Every) else " OR "
    return operator.join(f"({fts5(part)})" for part in sieve.parts)


def tsquery(sieve: Sieve) -> str:
    """A sieve in PostgreSQL's language: the input of its type tsquery."""
    if isinstance(sieve, Row):
        weights = _WEIGHTS[sieve.column]
        words = [f"{_quoted(word)}:{weights}" for word in sieve.words]
        if sieve.prefix:
            words[-1] = f"{_quoted(sieve.words[-1])}:*{weights}"
        return " <-> ".join(words)
    operator = " & " if isinstance(sieve, Every) else " | "
    return operator.join(f"({tsquery(part)})" for part in sieve.parts)


def tsvector(words: IndexedText) -> str:
    """An article's words in the input form of PostgreSQL's type tsvector."""
    title, summary = words.title.split(), words.summary.split()
    placed = [f"{_quoted(word)}:{at}A" for at, word in enumerate(title, start=1)]
    placed += [
        f"{_quoted(word)}:{min(at, _MOST_POSITIONS)}B"
        for at, word in enumerate(summary, start=len(title) + 2)
    ]
    return " ".join(placed + [f"{_quoted(key)}:1C" for key in words.keys.split()])


def _quoted(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"
