"""The first message in a server that the bot has just joined, and what its three buttons do.

The buttons are found by their custom_id alone, so they outlive a restart.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any, Self

import discord
import structlog
from discord.http import HTTPClient, Route

from bot.alerts.example import example_alert
from bot.commands.caller import Reply, refusal
from bot.commands.desk import Commands
from bot.errors import CommandError
from bot.platforms.discord import components as ui
from bot.platforms.discord.answers import answer, answer_with
from bot.platforms.discord.callers import Interaction, manager_in, manager_of
from bot.platforms.discord.components import Json
from bot.platforms.discord.posting import MESSAGES, SDK_ERRORS
from bot.platforms.discord.render import card
from bot.platforms.discord.replies import reply_body

log = structlog.get_logger()
Ask = Callable[[Interaction, str], Awaitable[Reply]]
"""What is done with the line that somebody filled in."""

HELLO = "ww:hello:"
WATCH, FEED, EXAMPLE = "watch", "feed", "example"
ACCENT = 0x3E8EDE
_TEXT = (
    "### Hello! I watch the news for you.\n"
    "Tell me a topic, and this channel gets one message per story, which grows as more outlets"
    " report it. Nothing is posted until somebody asks for it."
)
_SMALL = "-# Or type `/topic watch` in the channel that shall have the alerts. `/help` shows all."


def welcome_body() -> Json:
    """The message."""
    labels = ((WATCH, "Watch a topic"), (FEED, "Add a feed"), (EXAMPLE, "See an example"))
    buttons = [ui.button(label, f"{HELLO}{what}", first=what == WATCH) for what, label in labels]
    parts = [ui.text(_TEXT), ui.row(buttons), ui.text(_SMALL)]
    return ui.message([ui.container(parts, accent=ACCENT)])


def first_writable(guild: discord.Guild) -> discord.TextChannel | None:
    """The system channel, else the topmost text channel in which the bot may write."""
    system = [guild.system_channel] if guild.system_channel is not None else []
    for channel in (*system, *guild.text_channels):
        may = channel.permissions_for(guild.me)
        if may.view_channel and may.send_messages:
            return channel
    return None


async def welcome(http: HTTPClient, guild: discord.Guild) -> None:
    """Post it. A server where the bot may write nowhere, or that refuses it, goes without."""
    channel = first_writable(guild)
    if channel is None:
        log.info("nowhere to say hello", guild=guild.id)
        return
    try:
        await http.request(Route("POST", MESSAGES, channel_id=channel.id), json=welcome_body())
    except SDK_ERRORS as error:
        log.warning("hello could not be said", guild=guild.id, error=str(error))


def example_body(interaction: Interaction) -> Json:
    """An alert of a made-up story, without the buttons that would ask about it."""
    body = card(example_alert(interaction.created_at, outlets=3), key="example").body
    (container,) = body["components"]
    parts = [one for one in container["components"] if one["type"] != ui.ROW]
    note = ui.text("-# A made-up story. Only you see this.")
    return {**body, "components": [{**container, "components": parts}, note]}


class Question(discord.ui.Modal):
    """One line to fill in, which then is a command's only option."""

    def __init__(
        self,
        *,
        title: str,
        label: str,
        example: str,
        ask: Ask,
    ) -> None:
        super().__init__(title=title)
        self._ask = ask
        self.line: discord.ui.TextInput[Self] = discord.ui.TextInput(
            placeholder=example, max_length=500, custom_id="line"
        )
        self.add_item(discord.ui.Label(text=label, component=self.line))

    async def on_submit(self, interaction: Interaction) -> None:
        await answer(interaction, lambda: self._ask(interaction, self.line.value))


def question(what: str, ask: Ask) -> Question:
    """The form behind the button WATCH or FEED."""
    if what == WATCH:
        return Question(
            title="Watch a topic",
            label="Which words shall I look for?",
            example="Miami talks",
            ask=ask,
        )
    return Question(
        title="Add a feed",
        label="Its address, or a page that has one",
        example="https://example.com/news",
        ask=ask,
    )


def welcome_buttons(commands: Commands) -> tuple[type[discord.ui.DynamicItem[Any]], ...]:
    """The item class to register, bound to the use cases that it calls."""

    async def watch(interaction: Interaction, words: str) -> Reply:
        caller, _ = await manager_in(interaction, None, posting=True)
        return await commands.topics.watch(caller, words)

    async def add(interaction: Interaction, url: str) -> Reply:
        return await commands.feeds.add(manager_of(interaction), url.strip())

    class WelcomeButton(
        discord.ui.DynamicItem[discord.ui.Button[discord.ui.LayoutView]],
        template=f"{HELLO}(?P<what>{WATCH}|{FEED}|{EXAMPLE})",
    ):
        def __init__(self, what: str) -> None:
            super().__init__(discord.ui.Button(custom_id=f"{HELLO}{what}"))
            self.what = what

        @classmethod
        async def from_custom_id(
            cls, _: Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
        ) -> Self:
            return cls(match["what"])

        async def callback(self, interaction: Interaction) -> None:
            if self.what == EXAMPLE:
                await answer_with(interaction, example_body(interaction))
                return
            try:
                manager_of(interaction)  # before somebody fills in a form for nothing
            except CommandError as error:
                await answer_with(interaction, reply_body(refusal(error).typed_after("/")))
                return
            await interaction.response.send_modal(
                question(self.what, watch if self.what == WATCH else add)
            )

    return (WelcomeButton,)
