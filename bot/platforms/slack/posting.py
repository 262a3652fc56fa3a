"""chat.postMessage, chat.update and chat.delete: one attempt each. Raises DeliveryErrors only.

A second call follows only a certain refusal: after joining the channel, and with less in the
message when Slack takes the card for malformed. So a message is never doubled here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import FailureClass, Permanent
from bot.model.channel import Channel
from bot.platforms.slack.channels import Channels
from bot.platforms.slack.failures import code_of, failure
from bot.platforms.slack.render import story_alone, without_image

log = structlog.get_logger()

SDK_ERRORS = (SlackApiError, aiohttp.ClientError, TimeoutError, OSError)
_EDITED = ("text", "blocks", "metadata")
_Call = Callable[[Mapping[str, Any]], Awaitable[str]]


class Poster:
    """Posts and edits in channels that it may have to join first."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._channels = Channels(client)

    async def post(
        self, channel: Channel, body: Mapping[str, Any], *, thread: str | None = None
    ) -> str:
        """The message's ts. In a thread it is not shown in the channel as well."""

        async def call(part: Mapping[str, Any]) -> str:
            posted = await self._client.chat_postMessage(
                channel=channel.external_id, thread_ts=thread, **part
            )
            return str(posted["ts"])

        return await _degraded(channel, body, call=self._joining(channel, call))

    async def edit(self, channel: Channel, ts: str, body: Mapping[str, Any]) -> None:
        """Always with blocks: text alone would take them off the message."""

        async def call(part: Mapping[str, Any]) -> str:
            shown = {name: part[name] for name in _EDITED}
            await self._client.chat_update(channel=channel.external_id, ts=ts, **shown)
            return ts

        await _degraded(channel, body, call=call)

    async def delete(self, channel: Channel, ts: str) -> None:
        """No error if it is gone already."""
        try:
            await self._client.chat_delete(channel=channel.external_id, ts=ts)
        except SDK_ERRORS as error:
            if not (isinstance(error, SlackApiError) and code_of(error) == "message_not_found"):
                raise failure(error, channel.label) from error

    def _joining(self, channel: Channel, call: _Call) -> _Call:
        """`call`, and once more if the bot was not in the channel and could let itself in."""

        async def joining(part: Mapping[str, Any]) -> str:
            try:
                return await call(part)
            except SlackApiError as error:
                if code_of(error) != "not_in_channel":
                    raise
                if not await self._channels.join(channel.external_id):
                    raise
            return await call(part)

        return joining


async def _degraded(channel: Channel, body: Mapping[str, Any], *, call: _Call) -> str:
    """Call with the card, then with less of it while Slack refuses what it is made of."""
    *fuller, least = _ever_less(body)
    for part in fuller:
        try:
            return await _translated(channel, part, call)
        except Permanent as refused:
            if refused.failure is not FailureClass.PAYLOAD:
                raise
            log.warning("slack refused a card", channel=channel.label, reason=refused.reason)
    return await _translated(channel, least, call)


async def _translated(channel: Channel, part: Mapping[str, Any], call: _Call) -> str:
    try:
        return await call(part)
    except SDK_ERRORS as error:
        raise failure(error, channel.label) from error


def _ever_less(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield body
    if (bare := without_image(body)) is not None:
        yield bare
    if (least := story_alone(body)) != body:
        yield least
