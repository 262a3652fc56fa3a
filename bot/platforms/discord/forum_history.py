"""Looks in a forum for the post that hides a key. Posts nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import discord
from discord.http import HTTPClient, Route

from bot.model.platform import Absent, Posted, Reconciled, Unknown
from bot.platforms.discord.forum import BETWEEN, Forum
from bot.platforms.discord.history import CLOCK_SKEW, PAGE, hides
from bot.words import say

PAGES = 5
CANDIDATES = 200
"""Posts of ours since the one in doubt was begun. A lane that is in doubt begins no other, so more
than a few are another installation's."""
Thread = dict[str, Any]


async def find_post(
    http: HTTPClient, forum: Forum, *, author: int, key: str, since: datetime
) -> Reconciled:
    """Read what we opened there from shortly before `since` on, archived or not. As in a channel,
    the caller knows that we may read, and the key is in the buttons of the first message."""
    after = discord.utils.time_snowflake(since - CLOCK_SKEW)
    looked = 0
    async for thread in _threads(http, forum, after=after):
        if int(thread["id"]) < after or str(thread.get("owner_id")) != str(author):
            continue
        looked += 1
        if looked > CANDIDATES:
            return Unknown(
                reason=say(
                    "more than {candidates} posts of ours were opened since", candidates=CANDIDATES
                )
            )
        if await _begins_with(http, thread["id"], key):
            return Posted(remote_id=f"{thread['id']}{BETWEEN}{thread['id']}")
    return Absent()


async def _threads(http: HTTPClient, forum: Forum, *, after: int) -> AsyncIterator[Thread]:
    """The forum's open posts, then those archived since then."""
    route = Route("GET", "/guilds/{guild_id}/threads/active", guild_id=forum.guild)
    for thread in (await http.request(route))["threads"]:
        if str(thread.get("parent_id")) == str(forum.id):
            yield thread
    archived = Route("GET", "/channels/{channel_id}/threads/archived/public", channel_id=forum.id)
    opened = discord.utils.snowflake_time(after)
    asked: dict[str, str] = {"limit": str(PAGE)}
    for _ in range(PAGES):
        page = await http.request(archived, params=asked)
        for thread in page["threads"]:
            yield thread
        if not page["has_more"] or not page["threads"]:
            return
        last = page["threads"][-1]["thread_metadata"]["archive_timestamp"]
        if discord.utils.parse_time(last) < opened:
            return  # none that was archived before can have been opened after
        asked["before"] = last


async def _begins_with(http: HTTPClient, thread: str, key: str) -> bool:
    route = Route(
        "GET",
        "/channels/{channel_id}/messages/{message_id}",
        channel_id=int(thread),
        message_id=int(thread),
    )
    try:
        return hides(await http.request(route), key)
    except discord.NotFound:
        return False  # its first message was deleted
