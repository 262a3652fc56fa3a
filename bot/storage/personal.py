"""What one person follows is shown to nobody else: in direct messages alone."""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_

from bot.model.channel import DIRECT
from bot.storage.tables import channel, topic


def is_shown_there() -> ColumnElement[bool]:
    """Of rows with a `topic` (or none) and a `channel`: whether the topic may be named there."""
    return or_(topic.c.id.is_(None), topic.c.person == "", channel.c.external_id.startswith(DIRECT))
