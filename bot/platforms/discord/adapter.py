"""Discord as a Platform: connects, answers people, and hands messages to `posting`."""

from __future__ import annotations

from datetime import datetime

import discord

from bot.commands.desk import Commands
from bot.errors import Retryable
from bot.model.channel import DIRECT, Channel, PlatformName
from bot.model.platform import (
    Capabilities,
    Health,
    Message,
    Payload,
    Posted,
    Probe,
    Reconciled,
    Unknown,
)
from bot.platforms.discord import forum, forums, posting
from bot.platforms.discord.client import WireClient, use_api
from bot.platforms.discord.components import MOST_TEXT
from bot.platforms.discord.connection import Connection
from bot.platforms.discord.crosspost import crosspost
from bot.platforms.discord.direct import DirectMessages
from bot.platforms.discord.failures import Attempt, translate
from bot.platforms.discord.forum_history import find_post
from bot.platforms.discord.forums import Forums, is_in_post
from bot.platforms.discord.history import find_key
from bot.platforms.discord.message import rendered
from bot.platforms.discord.places import Place
from bot.platforms.discord.sync import Remember
from bot.platforms.lost import Greets, OnLost


class DiscordPlatform:
    """The platform `discord`. A channel's id is that of a text channel, voice chat, thread or
    forum; in a forum each message is a post of its own.

    What belongs into the thread of a message is posted as a reply to it, in the same channel:
    that needs no permission more, pings nobody, is found again in the channel's history, and a
    thread that fell asleep cannot swallow it.
    """

    name = PlatformName.DISCORD
    # Discord remembers a nonce for "the past few minutes"; a minute is surely within. Of the 50
    # requests a second that a bot has, people's commands keep a few. The limits of a channel come
    # with each answer, and discord.py keeps them.
    capabilities = Capabilities(
        edit=True,
        threads=True,
        buttons=True,
        resend_s=60,
        settle_s=5,
        max_characters=MOST_TEXT,
        requests_a_second=45,
        message_link="https://discord.com/channels/{server}/{channel}/{message}",
    )

    def __init__(
        self,
        *,
        token: str,
        commands: Commands,
        remember: Remember,
        api_url: str = "",
        gateway_url: str = "",
        on_lost: OnLost | None = None,
        greets: Greets | None = None,
    ) -> None:
        self._api_url = api_url
        self._direct = DirectMessages()
        self._forums = Forums()
        self._connection = Connection(
            lambda: WireClient(
                commands=commands,
                remember=remember,
                gateway_url=gateway_url,
                on_lost=on_lost,
                greets=greets,
            ),
            token=token,
        )

    async def start(self) -> None:
        """Log in, register changed commands, and wait until the servers are known."""
        use_api(self._api_url)
        await self._connection.open()

    async def stop(self) -> None:
        await self._forums.close()
        await self._connection.close()

    async def health(self) -> Health:
        return self._connection.health()

    async def probe(self, external_id: str) -> Probe:
        if external_id.startswith(DIRECT):
            return Probe(name="direct messages")
        if not external_id.isdecimal():
            how = "Settings → Advanced → Developer Mode, then right-click the channel → Copy ID"
            problem = f"{external_id!r} is not the id of a Discord channel: {how}"
            return Probe(name="", problems=(problem,))
        client = self._ready(external_id)
        try:
            found = await _look_up(client, int(external_id))
        except posting.SDK_ERRORS as error:
            raise translate(error, channel=external_id, attempt=Attempt()) from error
        if found is None:
            problem = f"{external_id} is a direct message: choose a channel of a server"
            return Probe(name="", problems=(problem,))
        place, guild = found
        return Probe(
            name=f"{place.label} in {guild.name}",
            workspace=str(guild.id),
            workspace_name=guild.name,
            problems=tuple(place.problems()),
        )

    def render(self, message: Message, *, key: str) -> Payload:
        return rendered(message, key=key)

    async def send(
        self, channel: Channel, payload: Payload, *, key: str, thread: str | None = None
    ) -> Posted:
        client = self._ready(channel.label)
        if thread and is_in_post(thread):
            return await forums.reply(client.http, channel, payload, key=key, thread=thread)
        if (found := await self._forums.find(client, channel)) is not None:
            return await forum.post(client.http, found, channel, payload, key=key)
        place = await self._direct.resolved(client.http, channel)
        return await posting.post(client.http, place, payload, key=key, thread=thread)

    def is_keyless(self, channel: Channel, thread: str | None) -> bool:
        """Discord takes no nonce with a new post in a forum, only with what is said in one."""
        if thread and is_in_post(thread):
            return False
        return self._forums.may_be(self._connection.client, channel)

    async def edit(self, channel: Channel, remote_id: str, payload: Payload) -> None:
        client = self._ready(channel.label)
        if is_in_post(remote_id):
            await self._forums.edit(client, channel, remote_id, payload)
            return
        http = client.http
        await posting.edit(http, await self._direct.resolved(http, channel), remote_id, payload)

    async def delete(self, channel: Channel, remote_id: str) -> None:
        http = self._ready(channel.label).http
        if is_in_post(remote_id):
            await forums.delete(http, channel, remote_id)
            return
        await posting.delete(http, await self._direct.resolved(http, channel), remote_id)

    async def publish(self, channel: Channel, remote_id: str) -> None:
        await crosspost(self._ready(channel.label).http, channel, remote_id)

    async def reconcile(
        self, channel: Channel, *, key: str, since: datetime, thread: str | None = None
    ) -> Reconciled:
        """In a forum a reply stands in its card's post; elsewhere in the channel as well, and
        `thread` makes no difference.

        Raises Retryable if the history could not be read now: nothing is known then.
        """
        client = self._ready(channel.label)
        try:
            place_id = posting.channel_id(await self._direct.resolved(client.http, channel))
            if client.user is None:
                return Unknown(reason="the bot's own account is not known")
            if not channel.person and (doubt := await _unreadable(client, place_id)):
                return Unknown(reason=doubt)
            author = client.user.id
            if thread and is_in_post(thread):
                return await forums.find_reply(
                    client.http, channel, author=author, key=key, since=since, thread=thread
                )
            if (found := await self._forums.find(client, channel)) is not None:
                return await find_post(client.http, found, author=author, key=key, since=since)
            return await find_key(client.http, place_id, author=author, key=key, since=since)
        except (discord.Forbidden, discord.NotFound) as error:
            return Unknown(reason=f"the history cannot be read: {error}")
        except posting.SDK_ERRORS as error:
            raise Retryable(channel.label, f"the history cannot be read now: {error}") from error

    def _ready(self, channel: str) -> WireClient:
        client = self._connection.client
        if client is None:
            raise Retryable(channel, "the connection to Discord is down")
        return client


async def _unreadable(client: WireClient, channel_id: int) -> str:
    """Why the channel's history is not for us: Discord would answer with an empty page."""
    found = await _look_up(client, channel_id)
    if found is None:
        return ""
    place, _ = found
    if place.bot.view_channel and place.bot.read_message_history:
        return ""
    return f"the bot lacks Read Message History in {place.label}"


async def _look_up(client: WireClient, channel_id: int) -> tuple[Place, discord.Guild] | None:
    """The channel as we are permitted there, with its server; None for a direct message."""
    channel = client.get_channel(channel_id) or await client.fetch_channel(channel_id)
    if isinstance(channel, discord.abc.PrivateChannel):
        return None
    guild = channel.guild
    bot = guild.get_member(client.user.id) if client.user else None
    permitted = channel.permissions_for(bot) if bot else discord.Permissions.none()
    return Place(id=channel.id, name=channel.name, kind=channel.type, bot=permitted), guild
