"""An installation moves whole, to either kind of database, however often it is interrupted."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from bot.errors import SettingsError
from bot.storage import moving
from bot.storage.database import Database
from bot.storage.installation import installation_id
from bot.storage.moving import Moved, checksum, move
from bot.storage.tables import article, installation, metadata
from tests.clock import Clock
from tests.invariants import violations
from tests.newsdesk import Newsdesk
from tests.newsdesk import article as an_article
from tests.recorder import Recorder

pytestmark = pytest.mark.sqlite  # the source; the target is of either kind


@pytest.fixture(params=["sqlite", "postgresql"])
async def target(request: pytest.FixtureRequest, other_url: str) -> AsyncIterator[Database]:
    opened = Database(other_url)
    yield opened
    await opened.close()


@pytest.fixture
def other_url(request: pytest.FixtureRequest, tmp_path: Path, blank: Path) -> str:
    if request.node.callspec.params["target"] == "postgresql":
        return str(request.getfixturevalue("postgresql_copy"))
    path = tmp_path / "other.db"
    shutil.copy(blank, path)
    with closing(sqlite3.connect(path)) as opened, opened:
        opened.execute("UPDATE installation SET value = 'its own' WHERE name = 'id'")
    return f"sqlite:///{path}"


@pytest.fixture
def chat() -> Recorder:
    return Recorder()


@pytest.fixture
async def source(database: Database, clock: Clock, chat: Recorder) -> Database:
    """An installation with articles, alerts, deliveries and a digest's worth of holds."""
    desk = await Newsdesk.open(database, clock, recorder=chat)
    feed = await desk.follow("https://a.example/feed")
    await desk.watch("harbour")
    for number in range(25):
        title = f"Harbour {number} hears of {number * 7919} & “{number * 104729}” Київ 北京"
        await desk.listed(feed, an_article(title, at=clock()))
        clock.forward(minutes=1)
    await desk.delivered()
    return database


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "BATCH", 7)


async def test_everything_arrives_and_the_desk_goes_on(
    source: Database, target: Database, clock: Clock, chat: Recorder
) -> None:
    rows = await move(source, target)
    assert rows["article"] == 25
    for table in metadata.sorted_tables:
        assert await checksum(source, table) == await checksum(target, table), table.name
    async with source.read() as here, target.read() as there:
        assert await installation_id(here) == await installation_id(there)
    desk = await Newsdesk.open(target, clock, recorder=chat)
    feed = await desk.follow("https://b.example/feed")
    await desk.listed(feed, an_article("The harbour is open", at=clock()))
    assert (await desk.delivered())[25:] == ["The harbour is open"]
    await desk.watch("harbour NEAR/3 hears", name="Again")
    assert await violations(target, drained=True, now=clock()) == []


async def test_an_interrupted_move_goes_on_where_it_stopped(
    source: Database, target: Database
) -> None:
    seen: list[Moved] = []

    def stop_in_the_articles(moved: Moved) -> None:
        seen.append(moved)
        if moved.table == "article" and moved.rows == 14:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await move(source, target, told=stop_in_the_articles)
    again: list[Moved] = []
    await move(source, target, told=again.append)
    assert [one.rows for one in again if one.table == "article"] == [14, 21, 25]
    for table in metadata.sorted_tables:
        assert await checksum(source, table) == await checksum(target, table), table.name


async def test_a_database_in_use_is_not_moved_onto(source: Database, target: Database) -> None:
    async with target.write() as connection:
        await connection.execute(
            insert(installation).values(name="moving from", value="another installation")
        )
    with pytest.raises(SettingsError, match="another installation"):
        await move(source, target)


async def test_what_does_not_arrive_as_it_was_sent_is_noticed(
    source: Database, target: Database
) -> None:
    def stop_at_the_alerts(moved: Moved) -> None:
        if moved.table == "alert":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await move(source, target, told=stop_at_the_alerts)
    async with target.write() as connection:
        await connection.execute(update(article).where(article.c.id == 3).values(title="?"))
    with pytest.raises(SettingsError, match=r"article did not arrive .* \(25 rows, 25 there\)"):
        await move(source, target)
    async with source.read() as here, target.read() as there:
        assert await installation_id(here) != await installation_id(there)
