"""A small bot on the real discord.py, with one of each thing Wirewatch will use. For tests."""

from __future__ import annotations

import asyncio
import contextlib
import warnings
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Self

from tests.servers.discord_client import LoopbackDiscord, pointed_at

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import discord
    from discord import app_commands

__all__ = ["Bot", "Card", "MuteButton", "discord", "running"]

if TYPE_CHECKING:
    import re
    from collections.abc import AsyncIterator

Interaction = discord.Interaction[discord.Client]


Button = discord.ui.Button[discord.ui.LayoutView]


class MuteButton(discord.ui.DynamicItem[Button], template=r"mute:(?P<story>\d+)"):
    """Works after a restart, for it is found by its custom_id alone."""

    def __init__(self, story: int) -> None:
        super().__init__(Button(label="Mute", custom_id=f"mute:{story}"))
        self.story = story

    @classmethod
    async def from_custom_id(
        cls, _: Interaction, item: discord.ui.Item[Any], match: re.Match[str]
    ) -> Self:
        return cls(int(match["story"]))

    async def callback(self, interaction: Interaction) -> None:
        await interaction.response.edit_message(view=Card(self.story, "muted"))
        await interaction.followup.send(f"Story {self.story} is muted.", ephemeral=True)


class Card(discord.ui.LayoutView):
    def __init__(self, story: int, headline: str) -> None:
        super().__init__(timeout=None)
        thumbnail = discord.ui.Thumbnail[discord.ui.LayoutView]("https://news.example/picture.png")
        link = Button(label="Open", url="https://news.example/1")
        row = discord.ui.ActionRow[discord.ui.LayoutView](link).add_item(MuteButton(story))
        self.add_item(
            discord.ui.Container(
                discord.ui.Section(f"### {headline}", "-# Reuters", accessory=thumbnail),
                discord.ui.Separator(),
                discord.ui.TextDisplay("-# Matched **NATO**"),
                row,
                accent_colour=0xCC0000,
            )
        )


class Note(discord.ui.Modal, title="Edit topic"):
    query = discord.ui.TextInput[Self](label="Query", custom_id="query", max_length=200)

    async def on_submit(self, interaction: Interaction) -> None:
        await interaction.response.send_message(f"saved {self.query.value}", ephemeral=True)


class Bot(discord.AutoShardedClient):
    def __init__(self, **options: Any) -> None:
        options.setdefault("intents", discord.Intents(guilds=True))
        # The default waits 2 s after the last guild before it is ready.
        super().__init__(guild_ready_timeout=0.05, **options)
        self.tree = app_commands.CommandTree(self)
        self.task: asyncio.Task[None] | None = None  # ends with what ended the bot
        self.up, self.resumed = asyncio.Event(), asyncio.Event()
        self.seen: asyncio.Queue[str] = asyncio.Queue()
        self.tree.add_command(topic_commands())
        self.tree.add_command(edit_command)
        self.tree.add_command(import_command)

    async def setup_hook(self) -> None:
        self.add_dynamic_items(MuteButton)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """discord.py's own waits 5 s before every identify but the first."""

    async def on_ready(self) -> None:
        self.up.set()

    async def on_shard_resumed(self, _: int) -> None:
        self.resumed.set()

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        self.seen.put_nowait(f"removed {guild.name}")

    async def on_guild_unavailable(self, guild: discord.Guild) -> None:
        self.seen.put_nowait(f"unavailable {guild.name}")

    def place(self, channel_id: str) -> discord.PartialMessageable:
        return self.get_partial_messageable(int(channel_id))


def topic_commands() -> app_commands.Group:
    group = app_commands.Group(name="topic", description="Topics", guild_only=True)

    @group.command(name="watch", description="Watch a topic")
    async def watch(
        interaction: Interaction, query: str, channel: discord.TextChannel | None = None
    ) -> None:
        where = channel.mention if channel else "here"
        await interaction.response.send_message(f"Watching {query} {where}", ephemeral=True)

    @watch.autocomplete("query")
    async def offer(_: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return [app_commands.Choice(name=f"{typed} talks", value=f"{typed} talks")]

    @group.command(name="test", description="Try a topic: takes its time")
    async def test(interaction: Interaction, days: app_commands.Range[int, 1, 14]) -> None:
        await interaction.response.defer(ephemeral=True)
        await interaction.followup.send(f"3 in {days} days")
        await interaction.followup.send("That is all.", ephemeral=True)

    return group


@app_commands.command(name="edit", description="Edit a topic in a form")
@app_commands.default_permissions(manage_channels=True)
async def edit_command(interaction: Interaction) -> None:
    await interaction.response.send_modal(Note())


@app_commands.command(name="import", description="Import feeds")
async def import_command(interaction: Interaction, file: discord.Attachment) -> None:
    content = await file.read()
    await interaction.response.defer()
    await interaction.edit_original_response(content=f"{file.filename}: {content.decode()}")


@asynccontextmanager
async def running(server: LoopbackDiscord, **options: Any) -> AsyncIterator[Bot]:
    """A bot that is logged in and ready, and closed in the end."""
    with pointed_at(server.api_url, server.gateway_url):
        bot = Bot(**options)
        bot.task = task = asyncio.create_task(bot.start(server.token))
        try:
            ready = asyncio.create_task(bot.up.wait())
            await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED, timeout=5)
            ready.cancel()
            if task.done():
                await task  # raises what ended it
            yield bot
        finally:
            await bot.close()
            with contextlib.suppress(discord.DiscordException):
                await task
