"""Publishes a message of an announcement channel to the servers that follow it. Posts nothing.

https://discord.com/developers/docs/resources/message#crosspost-message
"""

from __future__ import annotations

from discord.http import HTTPClient, Route

from bot.errors import FailureClass, Permanent
from bot.model.channel import Channel
from bot.platforms.discord.posting import MESSAGE, channel_id, code_of, request
from bot.words import say

PUBLISH_S = 20.0
CROSSPOST = f"{MESSAGE}/crosspost"
PUBLISHED, WRONG_KIND = 40033, 50024


async def crosspost(http: HTTPClient, channel: Channel, remote_id: str) -> None:
    """Publish it. Discord carries later edits on by itself, and the message goes out once however
    often it is published: a second time it answers that it is, which is what was wanted."""
    # discord.py refuses the second request of a window that is longer than we let it wait, although
    # ten are allowed in this hour. So each message gets a limiter of its own, by what it takes for
    # a major parameter, and Discord's own answer says when it has been enough.
    route = Route(
        "POST",
        CROSSPOST,
        channel_id=channel_id(channel),
        message_id=remote_id,
        webhook_id=int(remote_id),
    )
    try:
        await request(http, channel, route, None, PUBLISH_S)
    except Permanent as error:
        if code_of(error) == PUBLISHED:
            return
        if code_of(error) == WRONG_KIND:
            raise Permanent(
                channel.label,
                say("it is no announcement channel any more"),
                failure=FailureClass.PERMISSION,
                remedy=say("Make it one: Edit Channel → Overview → Announcement Channel."),
            ) from error
        raise
