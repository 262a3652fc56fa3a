"""Notices about feeds that workspaces are owed. Who sends them, and how, is decided elsewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.feed import FeedNotice, NoticeKind
from bot.model.ids import FeedId, WorkspaceId
from bot.storage.tables import feed_notice, follow

WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class DueNotice:
    """One row of `feed_notice` that nobody was told yet."""

    id: int
    workspace: WorkspaceId
    feed: FeedId
    kind: NoticeKind
    reason: str
    due_at: datetime


async def put_notices(
    connection: AsyncConnection, notices: Sequence[tuple[FeedId, FeedNotice]], *, now: datetime
) -> None:
    """Owe each follower of these feeds its notice. One that was not told yet is replaced: what
    broke and is well again before anybody heard of it is nobody's business."""
    for feed_id, notice in notices:
        rows = await connection.execute(
            select(follow.c.workspace_id).where(
                follow.c.feed_id == feed_id, ~follow.c.removed, ~follow.c.paused
            )
        )
        followers = [row.workspace_id for row in rows]
        withdrawn = await connection.execute(
            update(feed_notice)
            .where(feed_notice.c.feed_id == feed_id, feed_notice.c.told_at.is_(None))
            .values(told_at=now, kind=WITHDRAWN)
            .returning(feed_notice.c.workspace_id)
        )
        unheard = {row.workspace_id for row in withdrawn}
        if notice.kind is NoticeKind.RECOVERED:
            followers = [one for one in followers if one not in unheard]
        if followers:
            await connection.execute(
                insert(feed_notice),
                [
                    {
                        "workspace_id": workspace,
                        "feed_id": feed_id,
                        "kind": str(notice.kind),
                        "reason": notice.reason,
                        "due_at": now,
                    }
                    for workspace in followers
                ],
            )


async def due_notices(
    connection: AsyncConnection, *, workspace: WorkspaceId | None = None, limit: int = 100
) -> dict[WorkspaceId, list[DueNotice]]:
    """What is owed, oldest first, by workspace."""
    query = select(feed_notice).where(feed_notice.c.told_at.is_(None))
    if workspace is not None:
        query = query.where(feed_notice.c.workspace_id == workspace)
    owed: defaultdict[WorkspaceId, list[DueNotice]] = defaultdict(list)
    for row in await connection.execute(query.order_by(feed_notice.c.id).limit(limit)):
        owed[WorkspaceId(row.workspace_id)].append(
            DueNotice(
                id=row.id,
                workspace=WorkspaceId(row.workspace_id),
                feed=FeedId(row.feed_id),
                kind=NoticeKind(row.kind),
                reason=row.reason,
                due_at=row.due_at,
            )
        )
    return dict(owed)


async def mark_told(connection: AsyncConnection, ids: Sequence[int], *, now: datetime) -> None:
    """These were said; they are not owed any more."""
    await connection.execute(
        update(feed_notice).where(feed_notice.c.id.in_(ids)).values(told_at=now)
    )


async def last_told(connection: AsyncConnection, workspace: WorkspaceId) -> datetime | None:
    """When the workspace was last told anything about its feeds."""
    found = await connection.execute(
        select(func.max(feed_notice.c.told_at)).where(
            feed_notice.c.workspace_id == workspace, feed_notice.c.kind != WITHDRAWN
        )
    )
    at: datetime | None = found.scalar_one()
    return at


async def names_of(
    connection: AsyncConnection, workspace: WorkspaceId, feeds: Sequence[FeedId]
) -> dict[int, str]:
    """What the workspace calls these feeds."""
    rows = await connection.execute(
        select(follow.c.feed_id, follow.c.name).where(
            follow.c.workspace_id == workspace, follow.c.feed_id.in_(feeds)
        )
    )
    return {row.feed_id: row.name for row in rows}


async def count_followed(connection: AsyncConnection, workspace: WorkspaceId) -> int:
    """How many feeds the workspace follows and has not paused."""
    counted = await connection.execute(
        select(func.count()).where(
            follow.c.workspace_id == workspace, ~follow.c.removed, ~follow.c.paused
        )
    )
    return int(counted.scalar_one())
