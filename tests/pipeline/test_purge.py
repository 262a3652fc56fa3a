"""A workspace is deleted with all its rows, and nobody else's, also while a desk runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from bot.commands.newcomers import NewWorkspaces
from bot.model.attention import Rhythm
from bot.model.channel import PlatformName, Workspace
from bot.model.ids import LOCAL, FeedId, WorkspaceId
from bot.pipeline.purge import purge_workspace
from bot.storage import purge
from bot.storage.database import Database
from bot.storage.tables import (
    alert,
    alias_group,
    channel,
    delivery,
    feed,
    feed_notice,
    metadata,
    proposal,
    slack_team,
    topic,
    usual,
    written_summary,
)
from bot.storage.tables import workspace as workspace_table
from tests.clock import START, Clock
from tests.newsdesk import LOCAL_WORKSPACE, Newsdesk, article, workspace

HARBOUR = workspace("8100")
DESK_OF = {HARBOUR.id: "harbour desk", LOCAL: "desk"}
Row = tuple[Any, ...]


@pytest.fixture
async def newsdesk(database: Database, clock: Clock) -> Newsdesk:
    return await Newsdesk.open(database, clock)


async def both(newsdesk: Newsdesk) -> FeedId:
    """Two workspaces that share a feed, each with rows of every kind."""
    shared = await newsdesk.follow("https://a.example/feed")
    for by in (HARBOUR, LOCAL_WORKSPACE):
        await newsdesk.follow("https://a.example/feed", by=by)
        await newsdesk.follow(f"https://{by.external_id}.example/feed", by=by)
        await newsdesk.watch("Miami", by=by, channel=DESK_OF[by.id])
        await newsdesk.watch("Kyiv", by=by, channel=f"{by.id} daily")
        await newsdesk.wishes(f"{by.id} daily", rhythm=Rhythm.DAILY)
    await newsdesk.listed(
        shared,
        article("Talks in Miami", at=START),
        article("Rain in Kyiv", at=START),
        article("Snow in Kyiv", at=START),
    )
    newsdesk.clock.forward(days=1)
    await newsdesk.holds.release()
    await newsdesk.delivered()
    for by in (HARBOUR, LOCAL_WORKSPACE):
        await more_rows(newsdesk.database, by, shared)
    return shared


async def more_rows(database: Database, by: Workspace, feed_id: FeedId) -> None:
    """What the pipeline of a test does not bring about."""
    own = {"workspace_id": by.id}
    async with database.write() as connection:
        topics = select(topic.c.id).where(topic.c.workspace_id == by.id).limit(1)
        topic_id = (await connection.execute(topics)).scalar_one()
        alerts = select(alert.c.id).where(alert.c.workspace_id == by.id).limit(1)
        alert_id = (await connection.execute(alerts)).scalar_one()
        said: tuple[tuple[Any, dict[str, Any]], ...] = (
            (feed_notice, {"feed_id": feed_id, "kind": "x", "reason": "x", "due_at": START}),
            (alias_group, {"names": ["a", "b"], "created_at": START, "revision": 1}),
            (
                proposal,
                {
                    "token": by.id, "topic_id": topic_id, "before": "", "after": "",
                    "created_at": START,
                },
            ),
            (
                written_summary,
                {
                    "alert_id": alert_id, "step": 1, "revision": 1, "sources": "", "text": "",
                    "model": "", "refused": "", "at": START,
                },
            ),
            (
                usual,
                {"subject": "topic", "subject_id": topic_id, "through": START, "profile": {}},
            ),
        )  # fmt: skip
        for table, values in said:
            await connection.execute(insert(table).values({**values, **own}))
        await connection.execute(
            insert(slack_team).values(workspace_id=by.id, bot_token="xoxb-1", installed_at=START)
        )
        if by is HARBOUR:
            everybodys = {"subject": "feed", "subject_id": feed_id, "workspace_id": None}
            await connection.execute(
                insert(usual).values({**everybodys, "through": START, "profile": {}})
            )


async def everything(database: Database) -> dict[str, list[Row]]:
    async with database.read() as connection:
        return {
            one.name: [
                tuple(row)
                for row in await connection.execute(select(one).order_by(*one.primary_key))
            ]
            for one in metadata.sorted_tables
        }


def without(rows: dict[str, list[Row]], workspace_id: WorkspaceId) -> dict[str, list[Row]]:
    """The rows of others, and those of everybody."""
    kept = {}
    for table in metadata.sorted_tables:
        names = [one.name for one in table.c]
        own = "id" if table is workspace_table else "workspace_id"
        at = names.index(own) if own in names else None
        kept[table.name] = [
            row for row in rows[table.name] if at is None or row[at] != workspace_id
        ]
    return kept


async def test_only_its_own_rows_go(newsdesk: Newsdesk, database: Database) -> None:
    await both(newsdesk)
    before = await everything(database)
    async with database.read() as connection:
        counts = await purge.count_rows(connection, HARBOUR.id)
    assert set(counts) == {one.name for one in purge.OWN}, "a row of every kind"
    expected = without(before, HARBOUR.id)
    assert {n: len(before[n]) - len(expected[n]) for n in counts} == counts
    await purge_workspace(database, HARBOUR.id, now=newsdesk.clock)
    after = await everything(database)
    changed = {name for name in after if after[name] != expected[name]}
    # The feed that only it followed starts over when somebody follows it again.
    assert changed == {"feed", "installation"}
    assert [row[:2] for row in after["feed"]] == [row[:2] for row in before["feed"]]
    counters = {str(row[0]) for row in set(after["installation"]) ^ set(before["installation"])}
    assert counters == {"revision", "purges"}
    async with database.read() as connection:
        polled = select(feed.c.first_polled_at).order_by(feed.c.id)
        left = [row is None for row in (await connection.execute(polled)).scalars()]
    assert left == [False, True, False]


async def test_a_running_desk_goes_on_for_the_others(
    newsdesk: Newsdesk, database: Database
) -> None:
    shared = await both(newsdesk)
    told = len(newsdesk.recorder.messages)
    await purge_workspace(database, HARBOUR.id, now=newsdesk.clock)
    await newsdesk.listed(shared, article("More talks in Miami", at=newsdesk.clock()))
    await newsdesk.delivered()
    assert [one.channel for one in newsdesk.recorder.messages[told:]] == ["desk"]


async def test_who_comes_back_is_new(newsdesk: Newsdesk, database: Database) -> None:
    shared = await both(newsdesk)
    newcomers = NewWorkspaces(database=database, now=newsdesk.clock)
    external = HARBOUR.external_id
    assert not await newcomers.is_to_be_greeted(PlatformName.DISCORD, external)
    await purge_workspace(database, HARBOUR.id, now=newsdesk.clock)
    assert await newcomers.is_to_be_greeted(PlatformName.DISCORD, external)
    told = len(newsdesk.recorder.messages)
    # On SQLite its rows have the numbers again that others had before, for a desk that still runs.
    await newsdesk.follow("https://a.example/feed", by=HARBOUR)
    await newsdesk.watch("Odesa", by=HARBOUR, channel="harbour desk")
    await newsdesk.listed(
        shared,
        article("Ships leave Odesa", at=newsdesk.clock()),
        article("Snow in Kyiv again", at=newsdesk.clock()),
        article("Envoys in Miami", at=newsdesk.clock()),
    )
    await newsdesk.delivered()
    assert sorted((one.channel, one.texts[0]) for one in newsdesk.recorder.messages[told:]) == [
        ("desk", "Envoys in Miami"),
        ("harbour desk", "Ships leave Odesa"),
    ]


async def test_it_waits_for_what_is_being_sent(newsdesk: Newsdesk, database: Database) -> None:
    await both(newsdesk)
    async with database.write() as connection:
        one = select(delivery.c.id).where(delivery.c.workspace_id == HARBOUR.id).limit(1)
        await connection.execute(
            update(delivery)
            .where(delivery.c.id == one.scalar_subquery())
            .values(lease_until=newsdesk.clock() + timedelta(seconds=3))
        )
    seen: list[bool] = []

    async def pause(seconds: float) -> None:
        async with database.read() as connection:
            there = await purge.count_rows(connection, HARBOUR.id)
            disabled = await connection.execute(
                select(channel.c.disabled_reason).where(channel.c.workspace_id == HARBOUR.id)
            )
            seen.append("delivery" in there and set(disabled.scalars()) == {purge.REASON})
        newsdesk.clock.forward(seconds=seconds)

    await purge_workspace(database, HARBOUR.id, now=newsdesk.clock, pause=pause)
    assert seen == [True] * 3
    async with database.read() as connection:
        assert await purge.count_rows(connection, HARBOUR.id) == {}


async def test_an_interrupted_purge_goes_on(newsdesk: Newsdesk, database: Database) -> None:
    await both(newsdesk)
    expected = without(await everything(database), HARBOUR.id)
    async with database.write() as connection:
        await purge.set_aside(connection, HARBOUR.id)
    for table in purge.OWN[:5]:
        async with database.write() as connection:
            keys = await purge.keys_of(connection, HARBOUR.id, table)
            for some in purge.in_steps(table, keys):
                await purge.delete_keys(connection, table, some)
    await purge_workspace(database, HARBOUR.id, now=newsdesk.clock)
    after = await everything(database)
    assert {n for n in after if after[n] != expected[n]} == {"feed", "installation"}
