"""The connection to Discord: as little of discord.py as alerts and commands need.

It keeps guilds, channels and roles, for permissions; no members, no messages, no presences.
"""

from __future__ import annotations

from collections.abc import Callable

import discord
import structlog
import yarl
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.commands.desk import Commands
from bot.errors import SettingsError
from bot.platforms.discord.answers import answer_failure
from bot.platforms.discord.buckets import LONGEST_RATELIMIT_S, use_buckets
from bot.platforms.discord.buttons import alert_buttons
from bot.platforms.discord.commands import add_commands
from bot.platforms.discord.failures import watched
from bot.platforms.discord.menus import add_menus
from bot.platforms.discord.sync import Remember, sync_commands
from bot.platforms.discord.welcome import welcome, welcome_buttons
from bot.platforms.discord.words import Words
from bot.platforms.lost import Greets, Lost, OnLost

log = structlog.get_logger()

PUBLIC_API = Route.BASE
PUBLIC_GATEWAY = DiscordWebSocket.DEFAULT_GATEWAY
QUIET_S = 0.4
"""Ready is when no guild has come for so long; discord.py's own 2 s would slow each start."""
PORTAL = "https://discord.com/developers/applications"


# We never speak, so what voice would need is not missed.
discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False


class WireClient(discord.AutoShardedClient):
    """One login. Not used again after `close`."""

    def __init__(
        self,
        *,
        commands: Commands,
        remember: Remember,
        gateway_url: str,
        on_lost: OnLost | None = None,
        greets: Greets | None = None,
    ) -> None:
        use_buckets()
        super().__init__(
            intents=discord.Intents(guilds=True),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            allowed_mentions=discord.AllowedMentions.none(),
            guild_ready_timeout=QUIET_S,
            http_trace=watched(),
        )
        self._remember = remember
        self._on_lost = on_lost
        self._greets = greets
        self._gateway = yarl.URL(gateway_url) if gateway_url else None
        self.speaks = commands.attention.language
        self.tree = app_commands.CommandTree(self)
        self.tree.error(answer_failure)
        self.when_ready: Callable[[], None] = lambda: None
        add_commands(self.tree, commands)
        add_menus(self.tree, commands)
        self.add_dynamic_items(*alert_buttons(commands), *welcome_buttons(commands))

    async def setup_hook(self) -> None:
        """Once logged in, before the first event can come."""
        if self.application_id is not None:
            await self.tree.set_translator(Words())
            await sync_commands(self.tree, self._remember, application=self.application_id)
        # The constructor takes no less than 30 s. Logging in and commands may wait as they like.
        self.http.max_ratelimit_timeout = LONGEST_RATELIMIT_S

    async def launch_shard(
        self, gateway: yarl.URL, shard_id: int, *, initial: bool = False
    ) -> None:
        """With the gateway's override, which reconnecting must use as well."""
        url = self._gateway or gateway
        DiscordWebSocket.DEFAULT_GATEWAY = url
        await super().launch_shard(url, shard_id, initial=initial)

    async def on_ready(self) -> None:
        self.when_ready()

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Not at a start, nor after an outage: discord.py tells of new guilds alone."""
        if self._greets is not None and await self._greets(str(guild.id)):
            await welcome(self.http, guild)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Not at an outage: discord.py keeps a guild that is only unavailable."""
        await self._lost(
            Lost(workspace=str(guild.id), reason="the bot was removed from the server")
        )

    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        await self._channel_lost(channel.guild.id, channel.id, "the channel was deleted")

    async def on_raw_thread_delete(self, thread: discord.RawThreadDeleteEvent) -> None:
        await self._channel_lost(thread.guild_id, thread.thread_id, "the thread was deleted")

    async def _channel_lost(self, guild: int, channel: int, reason: str) -> None:
        await self._lost(Lost(workspace=str(guild), channel=str(channel), reason=reason))

    async def _lost(self, lost: Lost) -> None:
        if self._on_lost is not None:
            await self._on_lost(lost)


def use_api(api_url: str) -> None:
    """Point discord.py at a Discord-compatible base, or back at Discord. It knows only one
    address for the whole process, kept in a class."""
    Route.BASE = api_url.rstrip("/") or PUBLIC_API
    DiscordWebSocket.DEFAULT_GATEWAY = PUBLIC_GATEWAY


def settings_error(error: BaseException) -> SettingsError | None:
    """The error as a setting that is wrong; None if it is something else."""
    code = error.code if isinstance(error, discord.ConnectionClosed) else None
    if isinstance(error, discord.LoginFailure) or code == 4004:
        return SettingsError(
            "WIREWATCH_DISCORD__TOKEN is refused by Discord: open your application at"
            f" {PORTAL}, page Bot, press Reset Token, and set it to the new one"
        )
    if isinstance(error, discord.PrivilegedIntentsRequired) or code in (4013, 4014):
        return SettingsError(
            "Discord refuses the intents of the bot that WIREWATCH_DISCORD__TOKEN belongs to:"
            f" open its application at {PORTAL}, page Bot, and check that the bot is not"
            " restricted; Wirewatch asks only for the intent Guilds, which every bot has"
        )
    return None
