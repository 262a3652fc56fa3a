"""The archive: filled for older installations, kept in step, and searched by either dialect."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from bot.model.ids import LOCAL
from bot.storage import archive
from bot.storage.database import Database
from bot.storage.dialect import CREATE, fts5, put_statement, tsquery
from bot.storage.installation import migrate, migrations
from bot.topics.aliases import BUILT_IN
from bot.topics.query import parse
from bot.topics.sieve import sieve_of
from tests.clock import START

OLD = """
INSERT INTO workspace (id, platform, external_id, created_at)
VALUES ('local', 'webhook', 'local', '2026-03-01');
INSERT INTO feed (id, url, interval_s, next_poll_at, created_at)
VALUES (1, 'https://a.example/feed', 600, '2026-03-01', '2026-03-01');
INSERT INTO follow (workspace_id, feed_id, name, created_at, revision)
VALUES ('local', 1, 'Meridian', '2026-03-01', 1);
INSERT INTO story (id, opened_at, last_article_at) VALUES (1, '2026-03-01', '2026-03-01');
INSERT INTO article
    (id, feed_id, story_id, uid, url, canonical_url, title, placed_url, placed_title, summary,
     first_seen_at, authors, categories, language, outlet)
VALUES
    (7, 1, 1, 'u', 'https://a.example/1', 'https://a.example/1', 'Envoys talked in Kiev', '', '',
     '', '2026-03-02 10:00:00.000000', '[]', '[]', 'en', '')
"""


@pytest.fixture
async def older(tmp_path: Path) -> Database:
    """An installation from before the archive, with one article."""
    database = Database(f"sqlite:///{tmp_path / 'older.db'}")

    def build(connection: Connection) -> None:
        config = migrations(connection)
        scripts = ScriptDirectory.from_config(config).walk_revisions()
        before = next(one.down_revision for one in scripts if one.path.endswith("_archive.py"))
        command.upgrade(config, str(before))
        for statement in OLD.split(";"):
            connection.exec_driver_sql(statement)

    async with database.alter() as connection:
        await connection.run_sync(build)
    return database


async def test_what_was_stored_before_is_archived(older: Database) -> None:
    await migrate(older)
    async with older.read() as connection:
        shelf = await archive.shelf(connection, LOCAL, START.replace(year=2026, month=3, day=1))
        for query, count in (("Kyiv", 1), ("talks", 1), ("Oslo", 0)):
            sieve = sieve_of(parse(query), BUILT_IN)
            assert await archive.count_passing(connection, shelf, sieve) == count, query
        days = (await connection.execute(text("SELECT feed_id, day, articles FROM coverage"))).all()
    await older.close()
    assert [tuple(map(str, row)) for row in days] == [("1", "2026-03-02", "1")]


def test_each_dialect_can_do_it_all() -> None:
    for dialect in CREATE:
        assert put_statement(dialect).text.startswith("INSERT INTO archive")


@pytest.mark.parametrize(
    ("query", "sqlite", "postgresql"),
    [
        ("Oslo", '{title summary} : "oslo"', "'oslo':AB"),
        ('title:"white house"', 'title : "white house"', "'white':A <-> 'house':A"),
        ("ukrain*", '{title summary} : "ukrain" *', "'ukrain':*AB"),
        (
            "lang:es Oslo",
            '(keys : "=es") AND ({title summary} : "oslo")',
            "('=es':C) & ('oslo':AB)",
        ),
    ],
)
def test_a_sieve_in_both_languages(query: str, sqlite: str, postgresql: str) -> None:
    sieve = sieve_of(parse(query), BUILT_IN)
    assert sieve is not None
    assert fts5(sieve) == sqlite
    assert tsquery(sieve) == postgresql
