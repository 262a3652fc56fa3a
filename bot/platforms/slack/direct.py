"""Direct messages: the conversation in which a person is reached. Posts nothing."""

from __future__ import annotations

from dataclasses import replace

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import Ambiguous, FailureClass, Permanent, Retryable
from bot.model.channel import Channel
from bot.platforms.slack.failures import code_of, failure
from bot.platforms.slack.posting import SDK_ERRORS

_NOBODY = frozenset({"user_not_found", "users_not_found", "user_disabled", "user_not_visible"})


class DirectMessages:
    """Opens each conversation once. https://docs.slack.dev/reference/methods/conversations.open"""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._opened: dict[str, str] = {}

    async def resolved(self, channel: Channel) -> Channel:
        """`channel` under the id that Slack posts to. Raises Permanent or Retryable: nothing was
        posted yet, so a lost answer is no doubt."""
        if not channel.person:
            return channel
        if channel.person not in self._opened:
            self._opened[channel.person] = await self._open(channel)
        return replace(
            channel, external_id=self._opened[channel.person], name=channel.name or channel.label
        )

    async def _open(self, channel: Channel) -> str:
        try:
            opened = await self._client.conversations_open(users=channel.person)
            return str(opened["channel"]["id"])
        except SDK_ERRORS as error:
            if isinstance(error, SlackApiError) and code_of(error) in _NOBODY:
                raise Permanent(
                    channel.label,
                    f"this person cannot be reached ({code_of(error)})",
                    failure=FailureClass.GONE,
                    remedy="Choose a channel for notices.",
                ) from error
            meant = failure(error, channel.label)
            if isinstance(meant, Ambiguous):
                raise Retryable(channel.label, meant.reason) from error
            raise meant from error
