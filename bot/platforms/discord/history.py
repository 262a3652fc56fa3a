"""Looks in a channel's history for the message that hides a key. Posts nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import discord
from discord.http import HTTPClient, Route

from bot.model.platform import Absent, Posted, Reconciled, Unknown
from bot.platforms.discord.components import walk
from bot.platforms.discord.render import hidden_key

PAGE = 100
PAGES = 20
"""2,000 messages since the post was begun: beyond, the channel is too busy to be read."""
CLOCK_SKEW = timedelta(seconds=60)


async def find_key(
    http: HTTPClient, channel_id: int, *, author: int, key: str, since: datetime
) -> Reconciled:
    """Read from shortly before `since` until now. The caller knows that we may read: without
    Read Message History Discord answers with an empty page, and no error.

    History never returns a nonce; the key is in the buttons' custom_ids.
    """
    after = discord.utils.time_snowflake(since - CLOCK_SKEW)
    for _ in range(PAGES):
        route = Route("GET", "/channels/{channel_id}/messages", channel_id=channel_id)
        page: list[dict[str, Any]] = await http.request(
            route, params={"after": str(after), "limit": str(PAGE)}
        )
        for message in page:
            if int(message["author"]["id"]) == author and hides(message, key):
                return Posted(remote_id=str(message["id"]))
        if len(page) < PAGE:
            return Absent()
        after = max(int(message["id"]) for message in page)
    return Unknown(reason=f"more than {PAGE * PAGES} messages have come since")


def hides(message: dict[str, Any], key: str) -> bool:
    """Whether one of its buttons has the key."""
    components = message.get("components") or ()
    return any(hidden_key(one.get("custom_id") or "") == key for one in walk(components))
