"""What people changed in a workspace: written with each change, read newest first, kept a year.

It decides nothing and hides nothing: who may read it is asked by the adapters.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.ids import WorkspaceId
from bot.storage.tables import audit

KEPT_FOR = timedelta(days=365)
MOST_DETAIL = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """One change. `who` is the platform's id of a person, "" for somebody at a terminal; `channel`
    is what it was called then."""

    at: datetime
    who: str
    what: str
    detail: str
    channel: str


async def record(connection: AsyncConnection, workspace: WorkspaceId, one: Audited) -> None:
    """Keep it, in the transaction of the change itself; those of more than a year ago go."""
    await connection.execute(
        delete(audit).where(audit.c.workspace_id == workspace, audit.c.at < one.at - KEPT_FOR)
    )
    detail = " ".join(one.detail.split())
    if len(detail) > MOST_DETAIL:
        detail = detail[: MOST_DETAIL - 1].rstrip() + "…"
    await connection.execute(
        insert(audit).values(
            workspace_id=workspace,
            at=one.at,
            who=one.who,
            what=one.what,
            detail=detail,
            channel=one.channel,
        )
    )


async def newest(
    connection: AsyncConnection, workspace: WorkspaceId, *, limit: int
) -> tuple[Audited, ...]:
    """The workspace's last changes, newest first."""
    rows = await connection.execute(
        select(audit)
        .where(audit.c.workspace_id == workspace)
        .order_by(audit.c.at.desc(), audit.c.id.desc())
        .limit(limit)
    )
    return tuple(
        Audited(at=row.at, who=row.who, what=row.what, detail=row.detail, channel=row.channel)
        for row in rows
    )
