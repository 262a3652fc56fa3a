"""What was told where, as JSON objects: alerts, digests, notices, and what was kept quiet.

The states of an alert, as people are told them:

    waiting    too few outlets report it yet        held       until when and why stand beside it
    pending    its card is on its way               sent       its card shows all there is
    behind     its card stands, an edit is coming   carried    it is a line of that digest
    abandoned  given up; last_error says why        closed     retracted, or deleted by a moderator
    merged     another alert of the channel tells its story now
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.alerts.compose import compose
from bot.model.alert import AlertState
from bot.model.channel import Channel
from bot.model.delivery import DeliveryKind, DeliveryStatus
from bot.model.text import flat
from bot.storage import alerts, channels, story_views, told
from bot.storage.alerts import SuppressedRow
from bot.storage.told import AlertRow, MessageRow


async def list_alerts(
    connection: AsyncConnection, *, limit: int, suppressed: bool = False
) -> list[dict[str, Any]]:
    """The newest `limit` alerts, oldest first; with `suppressed`, then the suppressed matches."""
    rows = await told.recent_alerts(connection, limit=limit)
    silent = await alerts.suppressed(connection, limit=limit) if suppressed else ()
    known = await channels.channels_by_id(
        connection, [row.channel for row in rows] + [row.channel for row in silent]
    )
    listed = [await _alert_json(connection, row, known[row.channel]) for row in reversed(rows)]
    return listed + [_suppressed_json(row, known[row.channel]) for row in reversed(silent)]


async def list_messages(connection: AsyncConnection, *, limit: int) -> list[dict[str, Any]]:
    """The newest `limit` digests and notices, oldest first."""
    kinds = (DeliveryKind.DIGEST, DeliveryKind.NOTICE)
    rows = await told.recent_messages(connection, kinds, limit=limit)
    known = await channels.channels_by_id(connection, [row.channel for row in rows])
    return [
        _where(known[row.channel])
        | _message_json(row)
        | {"stories": row.lines, "digest": row.digest, "title": row.title or None}
        for row in reversed(rows)
    ]


async def _alert_json(
    connection: AsyncConnection, row: AlertRow, channel: Channel
) -> dict[str, Any]:
    alert = compose(await story_views.view(connection, row.id))
    card = row.card
    return {
        "kind": "alert",
        "id": row.id,
        "story": row.story,
        "state": _state(row),
        **_where(channel),
        "headline": flat(alert.headline),
        "summary": flat(alert.summary),
        "url": alert.url or None,
        "outlets": [source.outlet for source in alert.sources],
        "topics": list(alert.topics),
        "matched_words": list(alert.words),
        "why": row.why,
        "held_until": _iso(row.held_until),
        "held_why": row.held_why,
        "published_at": alert.at.isoformat(),
        "decided_at": row.decided_at.isoformat(),
        "sent_at": _iso(card.sent_at if card else None),
        "key": card.key if card else None,
        "remote_id": card.remote_id if card else None,
        "revision_wanted": card.wanted if card else row.revision,
        "revision_shown": card.sent if card else 0,
        "attempts": card.attempts if card else 0,
        "last_error": card.last_error if card else None,
        "digest": _message_json(row.digest) if row.digest else None,
        "replies": [_message_json(one) for one in row.replies],
    }


def _state(row: AlertRow) -> str:
    """As the module's first lines say."""
    if row.card is None or row.state in (AlertState.CLOSED, AlertState.MERGED):
        return row.state.value
    return _message_state(row.card)


def _message_state(row: MessageRow) -> str:
    if row.status is DeliveryStatus.PENDING and row.wanted == 0:
        return "going"  # its deletion is on its way
    if row.status is DeliveryStatus.PENDING and row.remote_id is not None:
        return "behind"
    if row.status is DeliveryStatus.SENT and row.wanted == 0:
        return "gone"
    return row.status.value


def _message_json(row: MessageRow) -> dict[str, Any]:
    return {
        "kind": row.kind.value,
        "state": _message_state(row),
        "key": row.key,
        "remote_id": row.remote_id,
        "decided_at": row.created_at.isoformat(),
        "sent_at": _iso(row.sent_at),
        "attempts": row.attempts,
        "last_error": row.last_error,
    }


def _where(channel: Channel) -> dict[str, Any]:
    return {
        "workspace": channel.workspace,
        "platform": channel.platform,
        "channel": channel.label,
    }


def _iso(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None


def _suppressed_json(row: SuppressedRow, channel: Channel) -> dict[str, Any]:
    return {
        "kind": "alert",
        "story": row.story,
        "state": "suppressed",
        **_where(channel),
        "headline": row.title,
        "url": row.url or None,
        "topics": [row.subject],
        "why": row.why,
        "decided_at": row.decided_at.isoformat(),
    }
