"""Joining a younger story to the older one that it is one event with, in the desk's transaction.

Its articles and decisions are the older story's from then on. Where a channel has an alert of the
younger alone, that becomes the older story's; where it has both, one goes on under the older
story's alert and the other is MERGED: its card, if it stands, becomes a line that points there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

from sqlalchemy import Row, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.alerts.joined import Side, younger_goes_on
from bot.model.alert import AlertState
from bot.model.delivery import DeliveryKind, DeliveryStatus
from bot.model.ids import AlertId, StoryId
from bot.storage.alerts import bump
from bot.storage.deliveries import insert_deliveries
from bot.storage.retraction import GONE
from bot.storage.revisions import next_revision
from bot.storage.tables import (
    alert,
    article,
    decision,
    delivery,
    digest_line,
    follow,
    shelved,
    story,
    topic,
)

_CALLED = "Told with another report of the same story."


async def join_stories(
    connection: AsyncConnection,
    joined: Mapping[StoryId, StoryId],
    *,
    installation: str,
    now: datetime,
) -> None:
    """Each younger story with the oldest that it is one with; the stories' rows are there."""
    for younger, older in sorted(joined.items()):
        alerts = await _alerts_of(connection, [younger, older])
        theirs = {row.channel_id: row for row in alerts if row.story_id == older}
        mine = {row.channel_id: row for row in alerts if row.story_id == younger}
        grown = [
            AlertId(row.id)
            for channel, row in theirs.items()
            if channel not in mine and row.state in (AlertState.READY, AlertState.HELD)
        ]
        await bump(connection, await _seeing(connection, grown, younger))
        for channel, row in mine.items():
            if channel in theirs:
                await _settle(connection, theirs[channel], row, installation=installation, now=now)
        alone = [AlertId(row.id) for channel, row in mine.items() if channel not in theirs]
        if alone:
            await connection.execute(
                update(alert).where(alert.c.id.in_(alone)).values(story_id=older)
            )
        open_ = [AlertId(r.id) for c, r in mine.items() if c not in theirs and _is_open(r)]
        await bump(connection, open_)
        await _move(connection, younger, older)


async def joined_of(
    connection: AsyncConnection, stories: Sequence[StoryId]
) -> dict[StoryId, StoryId]:
    """Those of the stories that were joined to older ones, with these."""
    found: dict[StoryId, StoryId] = {}
    for start in range(0, len(stories), 500):
        rows = await connection.execute(
            select(story.c.id, story.c.merged_into).where(
                story.c.id.in_(stories[start : start + 500]), story.c.merged_into.is_not(None)
            )
        )
        found.update((StoryId(row.id), StoryId(row.merged_into)) for row in rows)
    return found


async def told_instead(
    connection: AsyncConnection, merged: Sequence[AlertId]
) -> dict[AlertId, str]:
    """Of alerts that are MERGED, the remote ids of the cards that tell their stories now."""
    other = alert.alias()
    rows = await connection.execute(
        select(alert.c.id, delivery.c.remote_id)
        .join(story, story.c.id == alert.c.story_id)
        .join(
            other,
            (other.c.story_id == story.c.merged_into) & (other.c.channel_id == alert.c.channel_id),
        )
        .join(delivery, delivery.c.alert_id == other.c.id)
        .where(
            alert.c.id.in_(merged),
            delivery.c.kind == DeliveryKind.CARD,
            delivery.c.remote_id.is_not(None),
            delivery.c.wanted != GONE,
        )
    )
    return {AlertId(row.id): row.remote_id for row in rows}


async def _alerts_of(connection: AsyncConnection, stories: list[StoryId]) -> list[Row[Any]]:
    rows = await connection.execute(
        select(alert).where(alert.c.story_id.in_(stories)).order_by(alert.c.id)
    )
    return list(rows.all())


def _is_open(row: Row[Any]) -> bool:
    return row.state in (AlertState.READY, AlertState.HELD)


async def _seeing(
    connection: AsyncConnection, alerts: list[AlertId], younger: StoryId
) -> list[AlertId]:
    """Those of the alerts whose workspace follows a feed that reports the younger story."""
    if not alerts:
        return []
    seen = exists().where(
        follow.c.workspace_id == alert.c.workspace_id,
        ~follow.c.removed,
        follow.c.feed_id == article.c.feed_id,
        article.c.story_id == younger,
    )
    rows = await connection.execute(select(alert.c.id).where(alert.c.id.in_(alerts), seen))
    return [AlertId(row.id) for row in rows]


async def _move(connection: AsyncConnection, younger: StoryId, older: StoryId) -> None:
    for table in (article, shelved, decision):
        await connection.execute(
            update(table).where(table.c.story_id == younger).values(story_id=older)
        )
    watched = update(topic).where(topic.c.story_id == younger, ~topic.c.removed)
    if (await connection.execute(watched.values(story_id=older))).rowcount:
        revision = await next_revision(connection)
        again = update(topic).where(topic.c.story_id == older, ~topic.c.removed)
        await connection.execute(again.values(revision=revision))
    for column in (story.c.merged_into, story.c.follows):
        await connection.execute(
            update(story).where(column == younger).values({column.name: older})
        )
    await connection.execute(update(story).where(story.c.id == younger).values(merged_into=older))


async def _settle(
    connection: AsyncConnection,
    older: Row[Any],
    younger: Row[Any],
    *,
    installation: str,
    now: datetime,
) -> None:
    """Of a channel's two alerts, one goes on as the older story's; the other is MERGED."""
    rows = await connection.execute(
        select(delivery).where(delivery.c.alert_id.in_([older.id, younger.id]))
    )
    shown = rows.all()
    takes_over = younger_goes_on(_side(older, shown), _side(younger, shown))
    first, second = (younger, older) if takes_over else (older, younger)
    revision = max(older.revision, younger.revision) + 1
    if takes_over:
        await _swap(connection, older.id, younger.id, shown)
    state = AlertState(first.state)
    await connection.execute(
        update(alert)
        .where(alert.c.id == older.id)
        .values(
            state=state,
            revision=revision,
            held_until=first.held_until,
            held_why=first.held_why,
            urgent=older.urgent or younger.urgent,
        )
    )
    await connection.execute(
        update(alert)
        .where(alert.c.id == younger.id)
        .values(state=AlertState.MERGED, revision=revision, held_until=None, held_why=None)
    )
    for one in shown:
        if one.kind == DeliveryKind.CARD and one.wanted != GONE:
            goes_on = one.alert_id == first.id
            await _want(connection, one, revision, first.state if goes_on else None)
    given_up = [one for one in shown if one.alert_id == second.id and _is_unposted(one)]
    pinged = {mention for one in shown if one not in given_up for mention in _mentions(one)}
    called = [mention for one in given_up for mention in _mentions(one) if mention not in pinged]
    if called and state is AlertState.READY:
        await insert_deliveries(connection, [_call(older, younger, called, installation, now)])


def _side(one: Row[Any], shown: Any) -> Side:
    """What there is of the alert in its channel. A post in doubt may have got there."""
    stands = any(
        each.alert_id == one.id
        and each.kind == DeliveryKind.CARD
        and each.wanted != GONE
        and (each.remote_id is not None or each.unsure_since is not None)
        for each in shown
    )
    return Side(state=AlertState(one.state), urgent=one.urgent, stands=stands)


def _mentions(one: Row[Any]) -> list[str]:
    return list((one.body or {}).get("mentions", ()))


def _is_unposted(one: Row[Any]) -> bool:
    return (
        one.kind == DeliveryKind.CARD
        and one.remote_id is None
        and one.wanted != GONE
        and one.status == DeliveryStatus.PENDING
    )


async def _swap(connection: AsyncConnection, older: int, younger: int, shown: Any) -> None:
    """Each alert gets what the other one has shown."""
    for here, there in ((older, younger), (younger, older)):
        ids = [one.id for one in shown if one.alert_id == here]
        if ids:
            await connection.execute(
                update(delivery).where(delivery.c.id.in_(ids)).values(alert_id=there)
            )
    lines = await connection.execute(
        select(digest_line.c.alert_id).where(digest_line.c.alert_id.in_([older, younger]))
    )
    carried = [row.alert_id for row in lines]
    if len(carried) == 1:
        other = older if carried[0] == younger else younger
        await connection.execute(
            update(digest_line).where(digest_line.c.alert_id == carried[0]).values(alert_id=other)
        )


async def _want(
    connection: AsyncConnection, card: Row[Any], revision: int, state: str | None
) -> None:
    """The card that goes on shows what the story has become; of the other a line is left, or
    nothing if it is not there. What a moderator deleted stays so."""
    changes: dict[str, Any] = {
        "wanted": revision,
        "status": DeliveryStatus.PENDING,
        "edit_after": None,
    }
    if state == AlertState.CLOSED or (state is None and card.status == DeliveryStatus.ABANDONED):
        return
    if state is None and card.remote_id is None:
        changes = {
            "wanted": GONE,
            "status": DeliveryStatus.PENDING,
            "next_attempt_at": None,
            "last_error": None,
        }
    await connection.execute(update(delivery).where(delivery.c.id == card.id).values(changes))


def _call(
    older: Row[Any], younger: Row[Any], called: list[str], installation: str, now: datetime
) -> dict[str, Any]:
    """Whom the card that is posted no more would have pinged, in the thread of the other."""
    name = f"{installation}/{older.channel_id}/{younger.story_id}/joined"
    return {
        "workspace_id": older.workspace_id,
        "channel_id": older.channel_id,
        "alert_id": older.id,
        "kind": DeliveryKind.REPLY,
        "key": blake2b(name.encode(), digest_size=10).hexdigest(),
        "body": {"mentions": called, "line": _CALLED},
        "wanted": 1,
        "status": DeliveryStatus.PENDING,
        "created_at": now,
    }
