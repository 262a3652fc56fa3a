"""All that a workspace owns, read to be handed out: every table with a `workspace_id`.

What belongs to everybody is read only as far as the workspace's own rows name it: the feeds that
it follows or followed, and the articles that its topics matched. Left out are what opens a door
(`WITHHELD`) and what other people follow for themselves, of which only the count is told.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Table, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.channel import DIRECT
from bot.model.ids import WorkspaceId
from bot.storage.purge import OWN
from bot.storage.tables import (
    article,
    channel,
    decision,
    feed,
    follow,
    match,
    topic,
    usual,
    workspace,
)

WITHHELD: Mapping[str, frozenset[str]] = {
    "proposal": frozenset({"token"}),  # whoever has it may take the edit up
    "slack_team": frozenset({"bot_token"}),
    "topic": frozenset({"name_key"}),
}
"""Columns that are not handed out."""
FEED_COLUMNS = (
    feed.c.id,
    feed.c.url,
    feed.c.lives_at,
    feed.c.title,
    feed.c.first_polled_at,
    feed.c.last_success_at,
    feed.c.last_new_at,
    feed.c.last_error,
)
ARTICLE_COLUMNS = (
    article.c.id,
    article.c.feed_id,
    article.c.story_id,
    article.c.title,
    article.c.url,
    article.c.outlet,
    article.c.language,
    article.c.published_at,
    article.c.first_seen_at,
    article.c.corrected_at,
)
SHARED = {"feed": FEED_COLUMNS, "article": ARTICLE_COLUMNS}
"""What of everybody's tables is handed out."""
NAMES = ("workspace", *sorted((*(one.name for one in OWN), *SHARED)))
"""The tables that are handed out, in the order they are."""
_BATCH = 500
_BY_NAME = {one.name: one for one in OWN}


async def rows_of(
    connection: AsyncConnection, name: str, workspace_id: WorkspaceId, *, person: str
) -> AsyncGenerator[list[dict[str, Any]]]:
    """The rows of one of `NAMES`, some at a time, each as JSON has it, by their keys. `person` is
    who is shown what they follow for themselves; "" is nobody."""
    query = _query(name, workspace_id, person)
    async with connection.stream(query) as found, aclosing(found.partitions(_BATCH)) as parts:
        async for rows in parts:
            yield [_written(row) for row in rows]


async def left_out(
    connection: AsyncConnection, workspace_id: WorkspaceId, *, person: str
) -> dict[str, int]:
    """How many people follow something for themselves beside `person`, and how many follows."""
    query = select(
        func.count(topic.c.person.distinct()).label("people"), func.count().label("follows")
    ).where(
        topic.c.workspace_id == workspace_id,
        topic.c.person.not_in(("", person)),
        topic.c.removed.is_(False),
    )
    row = (await connection.execute(query)).one()
    return {"people": row.people, "follows": row.follows}


def _query(name: str, workspace_id: WorkspaceId, person: str) -> Select[Any]:
    if name == "workspace":
        return select(workspace).where(workspace.c.id == workspace_id)
    if name == "feed":
        followed = select(follow.c.feed_id).where(follow.c.workspace_id == workspace_id)
        return select(*FEED_COLUMNS).where(feed.c.id.in_(followed)).order_by(feed.c.id)
    if name == "article":
        named = [
            select(table.c.article_id).where(_shown(table, workspace_id, person))
            for table in (match, decision)
        ]
        told = or_(*(article.c.id.in_(one) for one in named))
        return select(*ARTICLE_COLUMNS).where(told).order_by(article.c.id)
    table = _BY_NAME[name]
    columns = [one for one in table.c if one.name not in WITHHELD.get(name, ())]
    shown = _shown(table, workspace_id, person)
    return select(*columns).where(shown).order_by(*table.primary_key)


def _shown(table: Table, workspace_id: WorkspaceId, person: str) -> ColumnElement[bool]:
    """The workspace's rows of the table without those of other people: a row that refers to one
    that is not shown is not shown either."""
    conditions: list[ColumnElement[bool]] = [table.c.workspace_id == workspace_id]
    if table is topic:
        conditions.append(topic.c.person.in_(("", person)))
    elif table is channel:
        conditions.append(_is_shown_channel(person))
    elif table is usual:
        topics = select(topic.c.id).where(_shown(topic, workspace_id, person))
        conditions.append(or_(usual.c.subject != "topic", usual.c.subject_id.in_(topics)))
    for key in table.foreign_keys:
        parent = key.column.table
        if parent.name in _BY_NAME:
            stand = select(key.column).where(_shown(parent, workspace_id, person))
            refers = key.parent.in_(stand)
            conditions.append(or_(key.parent.is_(None), refers) if key.parent.nullable else refers)
    return and_(*conditions)


def _is_shown_channel(person: str) -> ColumnElement[bool]:
    """Any channel but the direct messages with others."""
    shared = ~channel.c.external_id.startswith(DIRECT, autoescape=True)
    if not person:
        return shared
    own = f"{DIRECT}{person}"
    followed = channel.c.external_id.startswith(f"{own}@", autoescape=True)
    return or_(shared, channel.c.external_id == own, followed)


def _written(row: Row[Any]) -> dict[str, Any]:
    """A row as JSON has it: times are ISO 8601 in UTC, bytes hexadecimal."""
    return {name: _value(value) for name, value in row._mapping.items()}  # noqa: SLF001


def _value(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if isinstance(value, date) else value  # a datetime is one too
