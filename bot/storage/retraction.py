"""Taking back what was said: asks for messages to be gone. The lane deletes them."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.delivery import DeliveryStatus
from bot.model.ids import AlertId, DeliveryId
from bot.storage.tables import delivery

GONE = 0
"""The `wanted` of a delivery whose message shall not be there: see Delivery.is_deletion."""


async def want_gone(connection: AsyncConnection, delivery_id: DeliveryId) -> None:
    """Ask for one message to be deleted, or never posted."""
    await connection.execute(update(delivery).where(delivery.c.id == delivery_id).values(_ASKED))


async def want_alert_gone(connection: AsyncConnection, alert_id: AlertId) -> None:
    """The same for an alert's card and the replies under it."""
    await connection.execute(update(delivery).where(delivery.c.alert_id == alert_id).values(_ASKED))


_ASKED = {
    "wanted": GONE,
    "status": DeliveryStatus.PENDING,
    "next_attempt_at": None,
    "last_error": None,
}
