"""Summaries that a model wrote, by alert, and what the model cost on each day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.alert import AlertState
from bot.model.delivery import DeliveryKind
from bot.model.ids import AlertId, WorkspaceId
from bot.storage.tables import alert, delivery, model_spending, story, written_summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a model wrote at `step` outlets; `refused` says why `text` is "". `revision` is that of
    the alert when it was last looked at, `sources` names the reports that were read."""

    alert: AlertId
    workspace: WorkspaceId
    step: int
    revision: int
    sources: str = ""
    text: str = ""
    model: str = ""
    refused: str = ""


async def to_write(
    connection: AsyncConnection, *, since: datetime, limit: int
) -> tuple[AlertId, ...]:
    """Alerts whose card stands in its channel, whose story had an article after `since`, and that
    changed since they were last looked at. The newest first."""
    rows = await connection.execute(
        select(alert.c.id)
        .join(delivery, delivery.c.alert_id == alert.c.id)
        .join(story, story.c.id == alert.c.story_id)
        .outerjoin(written_summary, written_summary.c.alert_id == alert.c.id)
        .where(
            alert.c.state == AlertState.READY,
            alert.c.revision > 1,  # one report, told once
            delivery.c.kind == DeliveryKind.CARD,
            delivery.c.sent > 0,
            story.c.last_article_at > since,
            or_(
                written_summary.c.alert_id.is_(None),
                written_summary.c.revision < alert.c.revision,
            ),
        )
        .order_by(alert.c.id.desc())
        .limit(limit)
    )
    return tuple(AlertId(row.id) for row in rows)


async def get_written(
    connection: AsyncConnection, alerts: Sequence[AlertId]
) -> dict[AlertId, Written]:
    """What was written for these alerts."""
    rows = await connection.execute(
        select(written_summary).where(written_summary.c.alert_id.in_(alerts))
    )
    return {
        AlertId(row.alert_id): Written(
            alert=AlertId(row.alert_id),
            workspace=WorkspaceId(row.workspace_id),
            step=row.step,
            revision=row.revision,
            sources=row.sources,
            text=row.text,
            model=row.model,
            refused=row.refused,
        )
        for row in rows
    }


async def written_from(connection: AsyncConnection, sources: str, model: str) -> str:
    """What the model wrote of the same reports for another alert; "" if it did not."""
    found = await connection.execute(
        select(written_summary.c.text)
        .where(
            written_summary.c.sources == sources,
            written_summary.c.model == model,
            written_summary.c.text != "",
        )
        .limit(1)
    )
    return str(found.scalar_one_or_none() or "")


async def put_written(connection: AsyncConnection, one: Written, *, now: datetime) -> None:
    """Keep what was written, in the place of what was before."""
    values = {
        "workspace_id": one.workspace,
        "step": one.step,
        "revision": one.revision,
        "sources": one.sources,
        "text": one.text,
        "model": one.model,
        "refused": one.refused,
        "at": now,
    }
    done = await connection.execute(
        update(written_summary).where(written_summary.c.alert_id == one.alert).values(values)
    )
    if not done.rowcount:
        await connection.execute(insert(written_summary).values(alert_id=one.alert, **values))


async def spent_on(connection: AsyncConnection, day: datetime) -> int:
    """Tokens of that (UTC) day."""
    found = await connection.execute(
        select(model_spending.c.tokens).where(model_spending.c.day == day.date())
    )
    return int(found.scalar_one_or_none() or 0)


async def spend(connection: AsyncConnection, tokens: int, *, now: datetime) -> None:
    """Count `tokens` for today (UTC)."""
    done = await connection.execute(
        update(model_spending)
        .where(model_spending.c.day == now.date())
        .values(tokens=model_spending.c.tokens + tokens)
    )
    if not done.rowcount:
        await connection.execute(insert(model_spending).values(day=now.date(), tokens=tokens))
