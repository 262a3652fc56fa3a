"""Which channels are forums, and what follows from it for a message. Draws nothing.

discord.py keeps every channel of a server, but no archived threads; of what it does not know
Discord is asked once.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import discord
from discord.http import HTTPClient

from bot.errors import Ambiguous, Retryable
from bot.model.channel import Channel
from bot.model.platform import Payload, Posted, Reconciled
from bot.platforms.discord import forum, posting
from bot.platforms.discord.failures import Attempt, translate
from bot.platforms.discord.forum import BETWEEN, Forum, forum_of, is_in_post, located
from bot.platforms.discord.history import find_key
from bot.platforms.discord.renames import Renames
from bot.platforms.discord.titles import is_renamed


class Forums:
    """What is known of channels for as long as the process lives."""

    def __init__(self) -> None:
        self._plain: set[int] = set()  # no forums, and never will be
        self._renames = Renames()

    async def close(self) -> None:
        await self._renames.close()

    def may_be(self, client: discord.Client | None, channel: Channel) -> bool:
        """Whether the channel is a forum, or is not known not to be."""
        if channel.person or not channel.external_id.isdecimal():
            return False
        id_ = int(channel.external_id)
        found = client.get_channel(id_) if client is not None else None
        if found is not None:
            return forum_of(found) is not None
        return id_ not in self._plain

    async def find(self, client: discord.Client, channel: Channel) -> Forum | None:
        """The channel as a forum; None if it is none. Raises Retryable or Permanent."""
        if not self.may_be(client, channel):
            return None
        id_ = int(channel.external_id)
        try:
            found = client.get_channel(id_) or await client.fetch_channel(id_)
        except posting.SDK_ERRORS as error:
            meant = translate(error, channel=channel.label, attempt=Attempt())
            if isinstance(meant, Ambiguous):  # nothing was posted yet
                raise Retryable(channel.label, meant.reason) from error
            raise meant from error
        known = forum_of(found, bot=client.user.id if client.user else 0)
        if known is None:
            self._plain.add(id_)
        return known

    async def edit(
        self, client: discord.Client, channel: Channel, remote_id: str, payload: Payload
    ) -> None:
        """Make a message in a post show the payload; the first one's title is the post's."""
        place, message = located(channel, remote_id)
        with forum.one_post_only(remote_id):
            await posting.edit(client.http, place, message, payload)
        thread = client.get_channel(int(place.external_id))
        if message != place.external_id or not isinstance(thread, discord.Thread):
            return
        if is_renamed(thread.name, payload.title):
            self._renames.want(client.http, channel, message, payload.title)


async def reply(
    http: HTTPClient, channel: Channel, payload: Payload, *, key: str, thread: str
) -> Posted:
    """Say it in the post that the card `thread` begins: it takes a nonce, as any message does."""
    place, _ = located(channel, thread)
    with forum.one_post_only(thread):
        posted = await posting.post(http, place, payload, key=key)
    return replace(posted, remote_id=f"{place.external_id}{BETWEEN}{posted.remote_id}")


async def delete(http: HTTPClient, channel: Channel, remote_id: str) -> None:
    """Take away a whole post if it is a card's, where we may; else the one message."""
    place, message = located(channel, remote_id)
    if message == place.external_id and await forum.take_away(http, channel, message):
        return
    with forum.one_post_only(remote_id):
        await posting.delete(http, place, message)


async def find_reply(
    http: HTTPClient, channel: Channel, *, author: int, key: str, since: datetime, thread: str
) -> Reconciled:
    """Look for a reply in the post of the card `thread`."""
    place, _ = located(channel, thread)
    found = await find_key(http, posting.channel_id(place), author=author, key=key, since=since)
    if isinstance(found, Posted):
        return Posted(remote_id=f"{place.external_id}{BETWEEN}{found.remote_id}")
    return found


__all__ = ["Forums", "delete", "find_reply", "is_in_post", "reply"]
