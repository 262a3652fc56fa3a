"""Puts a payload into a channel: posts it, makes it the card, edits and deletes it. Draws nothing.

Messages go through discord.py's HTTP client as the JSON that `render` made: its rate limits and
retries are wanted, its models are not. A LayoutView built from it would be the same JSON again,
and discord.py would keep every view with a button in memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp
import discord
import structlog
from discord.http import HTTPClient, Route

from bot.errors import DeliveryError, FailureClass, Permanent
from bot.model.channel import Channel
from bot.model.platform import Payload, Posted
from bot.platforms.discord.components import NO_MENTIONS, Json
from bot.platforms.discord.failures import INVITE, Attempt, translate
from bot.platforms.discord.render import first_post, is_in_two_steps, plainer

log = structlog.get_logger()

POST_S, EDIT_S, WAKE_S = 40.0, 30.0, 10.0
"""Together less than a delivery's lease (90 s). They hold discord.py's own retries of a 5xx."""
REQUEST = aiohttp.ClientTimeout(total=15)
CHANNEL = "/channels/{channel_id}"
MESSAGES = f"{CHANNEL}/messages"
MESSAGE = f"{MESSAGES}/{{message_id}}"
SDK_ERRORS = (discord.DiscordException, aiohttp.ClientError, OSError, RuntimeError)
"""RuntimeError is what a session raises that was closed meanwhile."""
UNKNOWN_MESSAGE, THREAD_ARCHIVED, NO_HISTORY_TO_REPLY = 10008, 50083, 160002


async def post(
    http: HTTPClient, channel: Channel, payload: Payload, *, key: str, thread: str | None = None
) -> Posted:
    """Post the payload's words, then make them the card at once.

    A Components V2 message has no content, and push notifications of it are empty
    (https://github.com/discord/discord-api-docs/issues/7854). If the second step fails, a
    readable message with its buttons stands, which is not `complete` yet.

    `thread` is the message that it is a reply to.
    """
    remote_id = await _first(http, channel, first_post(payload), key, thread)
    if not is_in_two_steps(payload):
        return Posted(remote_id=remote_id)
    try:
        # With its mentions, as Discord would take them off the message else; an edit pings nobody.
        await _show(http, channel, remote_id, payload.body)
    except Permanent as error:
        if error.failure is FailureClass.MESSAGE_GONE:
            raise
        report("a card was refused, and stays words", error, key)
    except DeliveryError as error:
        log.info("words stand, and become a card later", reason=error.reason, key=key)
        return Posted(remote_id=remote_id, complete=False)
    return Posted(remote_id=remote_id)


async def edit(http: HTTPClient, channel: Channel, remote_id: str, payload: Payload) -> None:
    """Make the message show the payload. Nobody is pinged, whatever the payload says."""
    body = {**payload.body, "allowed_mentions": NO_MENTIONS}
    await _awake(http, channel, lambda: _show(http, channel, remote_id, body))


async def delete(http: HTTPClient, channel: Channel, remote_id: str) -> None:
    """Take the message away; no error if it is gone already."""
    route = Route("DELETE", MESSAGE, channel_id=channel_id(channel), message_id=remote_id)

    async def take_away() -> None:
        try:
            await request(http, channel, route, None, EDIT_S)
        except Permanent as error:
            if code_of(error) != UNKNOWN_MESSAGE:
                raise

    await _awake(http, channel, take_away)


async def _first(
    http: HTTPClient, channel: Channel, first: Json, key: str, thread: str | None
) -> str:
    """The post itself; with less in it when Discord certainly refused more."""
    if thread:
        # A reply to a message that was deleted meanwhile is an ordinary message.
        reference = {"message_id": thread, "fail_if_not_exists": False}
        pinged = {**first["allowed_mentions"], "replied_user": False}
        replying = {**first, "message_reference": reference, "allowed_mentions": pinged}
        try:
            return await _degraded(http, channel, replying, key)
        except Permanent as error:
            if code_of(error) != NO_HISTORY_TO_REPLY:
                raise
            report("a reply needs Read Message History, and is posted as a message", error, key)
    return await _degraded(http, channel, first, key)


async def _degraded(http: HTTPClient, channel: Channel, first: Json, key: str) -> str:
    try:
        return await _create(http, channel, first, key)
    except Permanent as error:
        if error.failure is not FailureClass.PAYLOAD:
            raise
        report("a message was malformed, and is posted without links", error, key)
        return await _create(http, channel, plainer(first), key)


async def _show(
    http: HTTPClient, channel: Channel, remote_id: str, body: Mapping[str, Any]
) -> None:
    """Nulled content is what lets words become components."""
    route = Route("PATCH", MESSAGE, channel_id=channel_id(channel), message_id=remote_id)
    await request(http, channel, route, {"content": None, **body}, EDIT_S)


async def _awake(http: HTTPClient, channel: Channel, call: Callable[[], Awaitable[None]]) -> None:
    """`call`, and once more if its thread had fallen asleep and could be woken.

    A thread archives itself after a while without posts; whoever may post in it may wake it,
    unless it is locked: https://discord.com/developers/docs/topics/threads#active--archived-threads
    """
    try:
        return await call()
    except Permanent as error:
        if code_of(error) != THREAD_ARCHIVED:
            raise
        await _wake(http, channel, error)
    return await call()


async def _wake(http: HTTPClient, channel: Channel, asleep: Permanent) -> None:
    """Open the thread again. Raises `asleep` if we may not, as in one that was locked as well."""
    route = Route("PATCH", CHANNEL, channel_id=channel_id(channel))
    try:
        await request(http, channel, route, {"archived": False}, WAKE_S)
    except Permanent as error:
        if error.failure is FailureClass.PERMISSION:
            raise asleep from asleep.__cause__
        raise


async def _create(http: HTTPClient, channel: Channel, body: Json, key: str) -> str:
    """Within minutes, the same nonce gives the message that stands, and posts nothing."""
    route = Route("POST", MESSAGES, channel_id=channel_id(channel))
    wanted = {**body, "nonce": key, "enforce_nonce": True}
    return await request(http, channel, route, wanted, POST_S)


async def request(
    http: HTTPClient, channel: Channel, route: Route, body: Json | None, limit_s: float
) -> str:
    """The id in Discord's answer, "" if it answers without a body."""
    attempt = Attempt()
    more: dict[str, Any] = {} if body is None else {"json": body}
    try:
        async with asyncio.timeout(limit_s):
            answer: dict[str, Any] | str = await http.request(
                route, timeout=REQUEST, trace_request_ctx=attempt, **more
            )
            return str(answer["id"]) if isinstance(answer, dict) else ""
    except Exception as error:
        # Whatever it was, half an answer too: the lane has to know whether a message may stand.
        raise translate(error, channel=channel.label, attempt=attempt) from error


def code_of(error: Permanent) -> int:
    """Discord's code behind it; 0 if there is none."""
    cause = error.__cause__
    return cause.code if isinstance(cause, discord.HTTPException) else 0


def report(event: str, error: DeliveryError, key: str) -> None:
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
