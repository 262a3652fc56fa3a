"""The disk is full: nothing is sent that was not committed to, and all is told once there is room.

SQLite is told how many pages its file may have, so it refuses to grow as it does on a full disk.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from bot.model.channel import Channel
from bot.model.platform import Payload, Posted
from bot.storage.database import Database
from tests.clock import Clock
from tests.invariants import violations
from tests.newsdesk import Newsdesk, article
from tests.recorder import Recorder

pytestmark = pytest.mark.sqlite

PLENTY = 1_000_000
STORIES = 60
"""Their attempts need more room than the pages that are there have left."""


class Witness(Recorder):
    """A recorder that looks, at each send, whether its intent stands in the database."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        assert database.path is not None
        self._path = database.path
        self.unannounced: list[str] = []

    async def send(
        self, channel: Channel, payload: Payload, *, key: str, thread: str | None = None
    ) -> Posted:
        with closing(sqlite3.connect(self._path)) as other:
            begun = other.execute(
                "SELECT count(*) FROM attempt JOIN delivery ON delivery.id = delivery_id"
                " WHERE key = ? AND ended_at IS NULL AND unsure_since IS NOT NULL",
                (key,),
            ).fetchone()
        if begun == (0,):
            self.unannounced.append(key)
        return await super().send(channel, payload, key=key, thread=thread)


class Disk:
    """Says before each transaction how many pages the file may have."""

    def __init__(self, database: Database) -> None:
        assert database.path is not None
        self._path = database.path
        self._limit = PLENTY
        event.listen(database._engine.sync_engine, "begin", self._say)

    def _say(self, connection: Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {self._limit}")

    @contextmanager
    def full(self) -> Iterator[None]:
        """No room but what the pages that are there have left."""
        with closing(sqlite3.connect(self._path)) as db:
            (self._limit,) = db.execute("PRAGMA page_count").fetchone()
        yield
        self._limit = PLENTY


async def desk(database: Database, clock: Clock) -> tuple[Newsdesk, Witness]:
    witness = Witness(database)
    newsdesk = await Newsdesk.open(database, clock, recorder=witness)
    await newsdesk.follow("https://a.example/feed")
    await newsdesk.watch("harbour")
    return newsdesk, witness


def reports(clock: Clock) -> list[str]:
    return [f"Harbour report {n}, of {n * 7919} and {n * 104729}" for n in range(STORIES)]


async def test_what_is_not_committed_to_is_not_sent(database: Database, clock: Clock) -> None:
    newsdesk, witness = await desk(database, clock)
    disk = Disk(database)
    titles = reports(clock)
    begin = clock() - timedelta(minutes=5)
    told = [article(title, at=begin + timedelta(seconds=n)) for n, title in enumerate(titles)]
    await newsdesk.listed((await newsdesk.follow("https://a.example/feed")), *told)
    with disk.full(), capture_logs() as logs:
        for _ in range(3):
            sent = await newsdesk.delivered()
            clock.forward(minutes=11)
    assert len(sent) < STORIES, "there was room for all of them"
    assert "error" in {entry["log_level"] for entry in logs}, "nobody was told"
    for _ in range(3):
        clock.forward(minutes=11)
        sent = await newsdesk.delivered()
    assert sent == titles
    assert witness.unannounced == []
    shown = [(f"m{n}", message.key) for n, message in enumerate(witness.messages)]
    assert await violations(database, ledgers={"desk": shown}, drained=True) == []


async def test_a_poll_that_cannot_be_stored_is_not_forgotten(
    database: Database, clock: Clock
) -> None:
    newsdesk, _ = await desk(database, clock)
    disk = Disk(database)
    feed = await newsdesk.follow("https://a.example/feed")
    told = [article(title, at=clock()) for title in reports(clock)]
    with disk.full(), pytest.raises(OperationalError, match="full"):
        await newsdesk.listed(feed, *told)
    assert await newsdesk.delivered() == []
    await newsdesk.listed(feed, *told)
    assert len(await newsdesk.delivered()) == STORIES
