"""Posts in forums: each message is a post of its own, a thread whose first message has its id.

Its remote id is "THREAD/MESSAGE", so that edits, replies and deletions find it by that alone: a
card's is "7/7", that of a reply under it "7/9".
https://discord.com/developers/docs/resources/channel#start-thread-in-forum-or-media-channel
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import discord
from discord.http import HTTPClient, Route

from bot.errors import FailureClass, Permanent
from bot.model.channel import Channel
from bot.model.platform import Payload, Posted
from bot.platforms.discord.components import Json
from bot.platforms.discord.posting import (
    CHANNEL,
    POST_S,
    THREAD_ARCHIVED,
    channel_id,
    code_of,
    report,
    request,
)
from bot.platforms.discord.render import first_post, plainer
from bot.platforms.discord.tags import Tag, applied
from bot.words import say

POSTS = f"{CHANNEL}/threads"
BETWEEN = "/"
DELETE_S = 20.0
UNKNOWN_CHANNEL, THREAD_LOCKED, NO_PERMISSION, TAG_REQUIRED = 10003, 160005, 50013, 40067


@dataclass(frozen=True, slots=True, kw_only=True)
class Forum:
    """A forum or media channel, as a post there needs to know it."""

    id: int
    guild: int
    tags: tuple[Tag, ...] = ()
    manages: bool = False  # we may use its moderated tags


def forum_of(found: object, *, bot: int = 0) -> Forum | None:
    """The channel as a forum, for the user `bot`; None if it is another kind."""
    if not isinstance(found, discord.ForumChannel):
        return None
    tags = [Tag(id=one.id, name=one.name, moderated=one.moderated) for one in found.available_tags]
    ours = found.guild.get_member(bot)
    manages = ours is not None and found.permissions_for(ours).manage_threads
    return Forum(id=found.id, guild=found.guild.id, tags=tuple(tags), manages=manages)


async def post(
    http: HTTPClient, forum: Forum, channel: Channel, payload: Payload, *, key: str
) -> Posted:
    """Open a post. It takes no nonce: a second one with the same key would be a double, so whoever
    does not know how the first ended has to look (`forum_history`).

    It needs no words of the old kind first: its name is what a notification says.
    """
    named = channel.attention.tags.split(",")
    body = {
        "name": payload.title,
        "message": dict(payload.body),
        "applied_tags": applied(
            forum.tags, named=named, topics=payload.topics, manages=forum.manages
        ),
    }
    try:
        thread = await _create(http, channel, body)
    except Permanent as error:
        if error.failure is not FailureClass.PAYLOAD:
            raise
        report("a forum post was malformed, and is posted without links", error, key)
        thread = await _create(http, channel, {**body, "message": plainer(first_post(payload))})
    return Posted(remote_id=f"{thread}{BETWEEN}{thread}")


async def _create(http: HTTPClient, channel: Channel, body: Json) -> str:
    route = Route("POST", POSTS, channel_id=channel_id(channel))
    try:
        return await request(http, channel, route, body, POST_S)
    except Permanent as error:
        if code_of(error) != TAG_REQUIRED:
            raise
        raise Permanent(
            channel.label,
            say("the forum asks for a tag, and none of its tags is called like the topic"),
            failure=FailureClass.PERMISSION,
            remedy=say("Choose one with “settings tags”, or call one like the topic."),
        ) from error


def is_in_post(remote_id: str) -> bool:
    """Whether it stands in a post of a forum."""
    return BETWEEN in remote_id


def located(channel: Channel, remote_id: str) -> tuple[Channel, str]:
    """Where the message stands, as a channel, and its own id there."""
    thread, _, message = remote_id.partition(BETWEEN)
    if not message:
        return channel, remote_id
    return replace(channel, external_id=thread, name=channel.label), message


@contextmanager
def one_post_only(remote_id: str) -> Iterator[None]:
    """What is wrong with a post is not wrong with its forum: one that was deleted, or closed for
    good by a moderator, takes no more words, and the others go on."""
    try:
        yield
    except Permanent as error:
        code = code_of(error)
        if is_in_post(remote_id) and code == UNKNOWN_CHANNEL:
            reason = say("the post was deleted")
        elif is_in_post(remote_id) and code in (THREAD_LOCKED, THREAD_ARCHIVED):
            reason = say("the post was closed")
        else:
            raise
        raise Permanent(error.channel, reason, failure=FailureClass.MESSAGE_GONE) from error


async def take_away(http: HTTPClient, channel: Channel, thread: str) -> bool:
    """Delete a whole post, with what people said under it. False: we may not, which needs Manage
    Threads; True as well if it is gone already."""
    route = Route("DELETE", CHANNEL, channel_id=int(thread))
    try:
        await request(http, channel, route, None, DELETE_S)
    except Permanent as error:
        if code_of(error) == UNKNOWN_CHANNEL:
            return True
        if code_of(error) != NO_PERMISSION:
            raise
        return False
    return True
