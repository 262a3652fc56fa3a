"""Direct messages: the channel in which a person is reached. Posts nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from discord.http import HTTPClient

from bot.errors import Ambiguous, FailureClass, Permanent, Retryable
from bot.model.channel import Channel
from bot.platforms.discord.failures import Attempt, translate

OPEN_S = 10.0
"""Before a post, within the same lease."""


class DirectMessages:
    """Opens each channel once: Discord limits how many a bot opens in a short time.

    https://discord.com/developers/docs/resources/user#create-dm
    """

    def __init__(self) -> None:
        self._opened: dict[str, str] = {}

    async def resolved(self, http: HTTPClient, channel: Channel) -> Channel:
        """`channel` under the id that Discord posts to. Raises Permanent or Retryable: nothing
        was posted yet, so a lost answer is no doubt."""
        if not channel.person:
            return channel
        if channel.person not in self._opened:
            self._opened[channel.person] = await _open(http, channel)
        return replace(
            channel, external_id=self._opened[channel.person], name=channel.name or channel.label
        )


async def _open(http: HTTPClient, channel: Channel) -> str:
    if not channel.person.isdecimal():
        raise Permanent(
            channel.label,
            f"{channel.person!r} is not the id of a Discord user",
            failure=FailureClass.GONE,
            remedy="Choose a channel for notices.",
        )
    try:
        async with asyncio.timeout(OPEN_S):
            opened = await http.start_private_message(int(channel.person))
        return str(opened["id"])
    except Exception as error:
        # Whatever it was: the lane has to hear of it as of any other failure.
        meant = translate(error, channel=channel.label, attempt=Attempt())
        if isinstance(meant, Ambiguous):
            raise Retryable(channel.label, meant.reason) from error
        raise meant from error
