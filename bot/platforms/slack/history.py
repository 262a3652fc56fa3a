"""Looks for a post by its delivery key, when its answer was lost. Posts nothing."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import Retryable
from bot.model.channel import Channel
from bot.model.platform import Absent, Posted, Reconciled, Unknown
from bot.platforms.slack.failures import code_of, failure, needed_scope
from bot.platforms.slack.posting import SDK_ERRORS
from bot.platforms.slack.render import key_of

EARLIER = timedelta(seconds=60)
"""Our clock may run ahead of Slack's: a post would then seem older than its beginning."""
PATIENCE_S = 30.0
"""A rate limit shorter than this is waited out; the lane's lease is 90 s."""
_PAGE, _MOST_PAGES = 200, 20
_CANNOT_READ = {"missing_scope", "not_in_channel", "channel_not_found", "no_permission"}


class History:
    """Reads back what the bot has posted."""

    def __init__(self, client: AsyncWebClient, *, bot_user: str) -> None:
        self._client = client
        self._bot_user = bot_user

    async def find(
        self, channel: Channel, *, key: str, since: datetime, thread: str | None = None
    ) -> Reconciled:
        """Posted, Absent, or Unknown if the channel may not be read. Raises Retryable when Slack
        cannot be asked now: taking that for Absent would double the message.

        A thread that is no more holds no reply.
        """
        oldest, cursor = f"{(since - EARLIER).timestamp():.6f}", ""
        for _ in range(_MOST_PAGES):
            try:
                page = await self._page(channel, oldest, cursor, thread)
            except SlackApiError as error:
                code = code_of(error)
                if thread and code == "thread_not_found":
                    return Absent()
                if code in _CANNOT_READ:
                    return Unknown(reason=f"{code} {needed_scope(error)}".strip())
                raise self._later(channel, error) from error
            except SDK_ERRORS as error:
                raise self._later(channel, error) from error
            for message in page["messages"]:
                if message.get("user") == self._bot_user and key_of(message) == key:
                    return Posted(remote_id=message["ts"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return Absent()
        return Unknown(reason=f"more than {_PAGE * _MOST_PAGES} messages since")

    async def _page(
        self, channel: Channel, oldest: str, cursor: str, thread: str | None
    ) -> AsyncSlackResponse:
        """One page of the channel, or of a thread; a short rate limit is waited out once."""

        async def ask() -> AsyncSlackResponse:
            wanted: dict[str, Any] = {
                "channel": channel.external_id,
                "oldest": oldest,
                "limit": _PAGE,
                "cursor": cursor or None,
                "include_all_metadata": True,
            }
            if thread:
                return await self._client.conversations_replies(ts=thread, **wanted)
            return await self._client.conversations_history(**wanted)

        try:
            return await ask()
        except SlackApiError as error:
            wish = getattr(failure(error, channel.label), "retry_after", None)
            if wish is None or wish > PATIENCE_S:
                raise
            await asyncio.sleep(wish)
        return await ask()

    def _later(self, channel: Channel, error: Exception) -> Retryable:
        meant = failure(error, channel.label)
        wish = meant.retry_after if isinstance(meant, Retryable) else None
        reason = f"the channel's history cannot be read now: {meant.reason}"
        return Retryable(channel.label, reason, retry_after=wish)
