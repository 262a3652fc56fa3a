"""Puts a payload into a channel: posts it, makes it the card, edits it. Draws nothing.

Messages go through discord.py's HTTP client as the JSON that `render` made: its rate limits and
retries are wanted, its models are not. A LayoutView built from it would be the same JSON again,
and discord.py would keep every view with a button in memory.
"""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import discord
import structlog
from discord.http import HTTPClient, Route

from bot.errors import Ambiguous, DeliveryError, FailureClass, Permanent
from bot.model.channel import Channel
from bot.model.platform import Payload
from bot.platforms.discord.components import Json
from bot.platforms.discord.failures import INVITE, Attempt, translate
from bot.platforms.discord.render import first_post, without_links

log = structlog.get_logger()

POST_S, EDIT_S = 40.0, 30.0
"""Together less than a delivery's lease (90 s). They hold discord.py's own retries of a 5xx."""
REQUEST = aiohttp.ClientTimeout(total=15)
MESSAGES = "/channels/{channel_id}/messages"
MESSAGE = f"{MESSAGES}/{{message_id}}"
SDK_ERRORS = (discord.DiscordException, aiohttp.ClientError, OSError, RuntimeError)
"""RuntimeError is what a session raises that was closed meanwhile."""


async def post(http: HTTPClient, channel: Channel, payload: Payload, *, key: str) -> str:
    """Post the payload's words, then make them the card at once. Returns the message's id.

    A Components V2 message has no content, and push notifications of it are empty
    (https://github.com/discord/discord-api-docs/issues/7854). If the second step fails, a
    readable message with its buttons stands, and a repeat with the same nonce goes on there.
    """
    first = first_post(payload)
    try:
        remote_id = await _create(http, channel, first, key)
    except Permanent as error:
        if error.failure is not FailureClass.PAYLOAD:
            raise
        _report("a message was malformed, and is posted without links", error, key)
        remote_id = await _create(http, channel, without_links(first), key)
    try:
        await edit(http, channel, remote_id, payload)
    except Permanent as error:
        if error.failure is FailureClass.MESSAGE_GONE:
            raise
        _report("a card was refused, and stays words", error, key)
    except DeliveryError as error:
        reason = f"it stands, but not yet as a card: {error.reason}"
        raise Ambiguous(channel.label, reason) from error
    return remote_id


async def edit(http: HTTPClient, channel: Channel, remote_id: str, payload: Payload) -> None:
    """Make the message show the card. Nulled content is what lets words become components."""
    route = Route("PATCH", MESSAGE, channel_id=channel_id(channel), message_id=remote_id)
    await _request(http, channel, route, {"content": None, **payload.body}, EDIT_S)


async def _create(http: HTTPClient, channel: Channel, body: Json, key: str) -> str:
    """Within minutes, the same nonce gives the message that stands, and posts nothing."""
    route = Route("POST", MESSAGES, channel_id=channel_id(channel))
    wanted = {**body, "nonce": key, "enforce_nonce": True}
    return await _request(http, channel, route, wanted, POST_S)


async def _request(
    http: HTTPClient, channel: Channel, route: Route, body: Json, limit_s: float
) -> str:
    """The message's id, from Discord's answer."""
    attempt = Attempt()
    try:
        async with asyncio.timeout(limit_s):
            answer: dict[str, Any] = await http.request(
                route, json=body, timeout=REQUEST, trace_request_ctx=attempt
            )
            return str(answer["id"])
    except Exception as error:
        # Whatever it was, half an answer too: the lane has to know whether a message may stand.
        raise translate(error, channel=channel.label, attempt=attempt) from error


def _report(event: str, error: DeliveryError, key: str) -> None:
    """Without a traceback: discord.py's frames hold the token in their headers."""
    log.error(event, reason=error.reason, key=key)


def channel_id(channel: Channel) -> int:
    """The id as Discord has it. Raises Permanent if it is none."""
    if not channel.external_id.isdecimal():
        raise Permanent(
            channel.label,
            f"{channel.external_id!r} is not the id of a Discord channel",
            failure=FailureClass.GONE,
            remedy=INVITE,
        )
    return int(channel.external_id)
