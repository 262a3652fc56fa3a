"""What a person asks about an alert: why it fired, to be spared its topic, what was sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.alerts.compose import compose
from bot.commands.caller import Caller, Reply
from bot.errors import CommandError
from bot.model.alert import AlertState
from bot.model.channel import Channel
from bot.model.delivery import Delivery, DeliveryStatus
from bot.model.text import Mark, RichText, Span, flat, plain
from bot.storage import alerts, channels, deliveries, topics
from bot.storage.alerts import AlertRow, SuppressedRow
from bot.storage.database import Database
from bot.storage.roster import next_revision

MUTED_FOR = timedelta(hours=24)


class AlertCommands:
    """The verbs of an alert's buttons. `key` is the delivery's, as hidden in the message."""

    def __init__(self, *, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def why(self, caller: Caller, key: str) -> Reply:
        """Which topics matched, by which words, and who reports the story.

        Raises CommandError if the alert is unknown in the caller's workspace.
        """
        async with self._database.read() as connection:
            delivery = await self._delivery(connection, caller, key)
            view = await alerts.view(connection, delivery.alert)
        alert = compose(view)
        lines: list[RichText] = []
        for one in view.speaking:
            found = next(each for each in view.articles if each.id == one.article)
            words = ", ".join(dict.fromkeys(f"“{hit.text}”" for hit in one.hits))
            lines.append(
                (
                    Span(text=one.subject, mark=Mark.STRONG),
                    Span(text=f"  {words or 'every article'} in {found.outlet}: "),
                    Span(text=found.parsed.title, url=found.parsed.url or None),
                )
            )
        outlets = ", ".join(source.outlet for source in alert.sources)
        lines.append(plain(f"Reported by {outlets}."))
        return Reply(title="Why this alert", lines=tuple(lines))

    async def mute(self, caller: Caller, key: str) -> Reply:
        """Mute the alert's topics for a day. Raises CommandError as `why` does."""
        until = self._now() + MUTED_FOR
        async with self._database.write() as connection:
            delivery = await self._delivery(connection, caller, key)
            view = await alerts.view(connection, delivery.alert)
            revision = await next_revision(connection)
            muted = {one.topic: f"“{one.subject}”" for one in view.speaking if one.topic}
            for topic_id in muted:
                await topics.mute_topic(connection, topic_id, until=until, revision=revision)
        if not muted:
            raise CommandError(
                "This alert comes from a whole feed, not from a topic.",
                hint="“feed remove” stops the feed.",
            )
        return Reply(
            title=f"Muted {', '.join(muted.values())} until {until:%-d %b %H:%M} UTC",
            lines=(plain("What would have fired meanwhile is recorded and not sent."),),
        )

    async def _delivery(self, connection: AsyncConnection, caller: Caller, key: str) -> Delivery:
        delivery = await deliveries.find_by_key(connection, key)
        if delivery is None or delivery.workspace != caller.workspace.id:
            raise CommandError(
                "This alert is not known here any more.", hint="“help” shows what can be asked."
            )
        return delivery


async def list_alerts(
    connection: AsyncConnection, *, limit: int, suppressed: bool = False
) -> list[dict[str, Any]]:
    """The newest `limit` alerts, oldest first, as JSON objects; then the suppressed matches."""
    rows = await alerts.recent(connection, limit=limit)
    silent = await alerts.suppressed(connection, limit=limit) if suppressed else ()
    known = await channels.channels_by_id(
        connection, [row.channel for row in rows] + [row.channel for row in silent]
    )
    told = [await _alert_json(connection, row, known[row.channel]) for row in reversed(rows)]
    return told + [_suppressed_json(row, known[row.channel]) for row in reversed(silent)]


async def _alert_json(
    connection: AsyncConnection, row: AlertRow, channel: Channel
) -> dict[str, Any]:
    alert = compose(await alerts.view(connection, row.id))
    return {
        "id": row.id,
        "story": row.story,
        "state": _state(row),
        "workspace": channel.workspace,
        "platform": channel.platform,
        "channel": channel.label,
        "headline": flat(alert.headline),
        "summary": flat(alert.summary),
        "url": alert.url or None,
        "outlets": [source.outlet for source in alert.sources],
        "topics": list(alert.topics),
        "matched_words": list(alert.words),
        "why": row.why,
        "published_at": alert.at.isoformat(),
        "decided_at": row.decided_at.isoformat(),
        "sent_at": row.sent_at.isoformat() if row.sent_at else None,
        "key": row.key,
        "remote_id": row.remote_id,
        "revision_wanted": row.wanted,
        "revision_shown": row.sent,
        "attempts": row.attempts,
        "last_error": row.last_error,
    }


def _state(row: AlertRow) -> str:
    """`sent`, `pending` or `abandoned` once there is a delivery, else the alert's own state."""
    if row.status is None or row.state is AlertState.CLOSED:
        return row.state.value
    if row.status is DeliveryStatus.PENDING and row.remote_id is not None:
        return "behind"  # the message stands, and an edit is on its way
    return row.status.value


def _suppressed_json(row: SuppressedRow, channel: Channel) -> dict[str, Any]:
    return {
        "story": row.story,
        "state": "suppressed",
        "workspace": channel.workspace,
        "platform": channel.platform,
        "channel": channel.label,
        "headline": row.title,
        "url": row.url or None,
        "topics": [row.subject],
        "why": row.why,
        "decided_at": row.decided_at.isoformat(),
    }
