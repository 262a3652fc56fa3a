"""How many articles each feed brought on each (UTC) day: what a backtest can tell, without a count.

Kept in step with the archive, in the same transactions.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import Date, bindparam, delete, func, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.ids import WorkspaceId
from bot.storage.tables import coverage, follow

_COUNT = text(
    "INSERT INTO coverage (feed_id, day, articles) VALUES (:feed_id, :day, :articles)"
    " ON CONFLICT (feed_id, day) DO UPDATE SET articles = coverage.articles + excluded.articles"
).bindparams(bindparam("day", type_=Date))
_CHUNK = 200


def day_of(at: datetime) -> date:
    """The day that an article reported at that moment counts for."""
    return at.astimezone(UTC).date()


async def count_articles(connection: AsyncConnection, days: Counter[tuple[int, date]]) -> None:
    """Count so many articles more, or fewer, for each (feed, day)."""
    rows = [
        {"feed_id": feed_id, "day": day, "articles": count}
        for (feed_id, day), count in days.items()
        if count
    ]
    if rows:
        await connection.execute(_COUNT, rows)
    fewer = [key for key, count in days.items() if count < 0]
    for start in range(0, len(fewer), _CHUNK):
        some = tuple_(coverage.c.feed_id, coverage.c.day).in_(fewer[start : start + _CHUNK])
        await connection.execute(delete(coverage).where(some, coverage.c.articles <= 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What the archive holds of a workspace's feeds in a stretch of days."""

    feeds_followed: int
    feeds_with_articles: int
    days_with_articles: int
    articles: int


async def covered(
    connection: AsyncConnection, workspace: WorkspaceId, first_day: date, last_day: date
) -> Coverage:
    """How much there is to look at, both days included."""
    followed = (
        select(follow.c.feed_id)
        .where(follow.c.workspace_id == workspace, ~follow.c.removed)
        .subquery()
    )
    row = (
        await connection.execute(
            select(
                func.count(coverage.c.feed_id.distinct()),
                func.count(coverage.c.day.distinct()),
                func.coalesce(func.sum(coverage.c.articles), 0),
            )
            .join(followed, followed.c.feed_id == coverage.c.feed_id)
            .where(coverage.c.day.between(first_day, last_day))
        )
    ).one()
    total = await connection.execute(select(func.count()).select_from(followed))
    return Coverage(
        feeds_followed=int(total.scalar_one()),
        feeds_with_articles=row[0],
        days_with_articles=row[1],
        articles=row[2],
    )
