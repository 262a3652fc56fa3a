"""/settings, /digest, and of /topic what is about attention: edit, mute, snooze.

Whoever changes something needs Manage Channels in the channel that it is about.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import discord
from discord import app_commands

from bot.commands.attention import Wishes
from bot.commands.caller import Caller, Destination, Reply
from bot.commands.desk import Commands
from bot.commands.edit import edit_topic
from bot.commands.pauses import PauseKind
from bot.commands.terms import Terms
from bot.model.attention import MAX_BUDGET, OnDoubt
from bot.model.channel import PlatformName
from bot.model.layout import template_named
from bot.model.topic import Updates
from bot.platforms.discord.aliases import add_aliases
from bot.platforms.discord.answers import answer
from bot.platforms.discord.callers import Interaction, manager_in, manager_of, reader_of
from bot.platforms.discord.mentioning import Mentionable, may_mention
from bot.platforms.discord.options import (
    Choices,
    Name,
    Outlets,
    Shown,
    Where,
    Words,
    offer_names,
    offer_sizes,
)
from bot.platforms.discord.oversight import add_oversight
from bot.platforms.discord.publishing import add_publishing
from bot.words import languages, own_name

Budget = app_commands.Range[int, 0, MAX_BUDGET]
LANGUAGES = [
    app_commands.Choice(name="auto", value="auto"),
    *(app_commands.Choice(name=own_name(one), value=one) for one in languages()),
]
UNTIL = "2h, 3 days, until 8:00, tomorrow, mon 09:00, or off to end it; a day if left out"
_DOUBTS = [app_commands.Choice(name=each.value, value=each.value) for each in OnDoubt]


def managers_group(name: str, description: str) -> app_commands.Group:
    """Discord shows it to those with Manage Channels, unless the server says otherwise."""
    return app_commands.Group(
        name=name,
        description=description,
        guild_only=True,
        default_permissions=discord.Permissions(manage_channels=True),
    )


def settings_group(commands: Commands) -> app_commands.Group:
    group = managers_group("settings", "When and how often a channel hears of the news")
    _add_settings(group, commands)
    _add_channel_pauses(group, commands)
    add_aliases(group, commands)
    add_publishing(group, commands)
    add_oversight(group, commands)
    return group


def _add_settings(group: app_commands.Group, commands: Commands) -> None:
    attention = commands.attention

    @group.command(name="show", description="How a channel hears of the news")
    @app_commands.describe(channel="Which; this channel if left out")
    async def show(interaction: Interaction, channel: Where | None = None) -> None:
        await answer(interaction, lambda: _reading(interaction, channel, attention.show))

    @group.command(name="change", description="Change how a channel hears of the news")
    @app_commands.describe(
        rhythm="immediate, hourly, daily 08:30 or weekly mon 09:00",
        quiet="Quiet hours, e.g. 22:00-07:00, or off",
        alerts="The most alerts an hour, the rest comes as a digest; 0 is no limit",
        doubt="If it is unclear whether a message arrived: send again, or leave it",
        all_quiet="When to say that all is quiet on days without news, e.g. 09:00, or off",
        timezone="Continent and city, e.g. Europe/Kyiv",
        channel="Which; this channel if left out",
    )
    @app_commands.choices(doubt=_DOUBTS)
    async def change(
        interaction: Interaction,
        rhythm: Words | None = None,
        quiet: Words | None = None,
        alerts: Budget | None = None,
        doubt: str | None = None,
        all_quiet: Words | None = None,
        timezone: Words | None = None,
        channel: Where | None = None,
    ) -> None:
        async def ask() -> Reply:
            caller, _ = await manager_in(interaction, channel, posting=False)
            wishes = Wishes(
                rhythm=rhythm,
                quiet=quiet,
                budget=alerts,
                on_doubt=doubt,
                all_quiet=all_quiet,
                timezone=timezone,
            )
            return await attention.change(caller, wishes)

        await answer(interaction, ask)

    @group.command(name="server", description="What all channels of this server share")
    @app_commands.describe(
        timezone="For channels without their own, e.g. Europe/Kyiv",
        notices="Where to say that a channel needs a hand",
        notices_by_dm="Say it to whoever put the channel here instead",
        language="In which I speak here; auto: to each person in their own, if I can",
    )
    @app_commands.choices(language=LANGUAGES)
    async def server(
        interaction: Interaction,
        timezone: Words | None = None,
        notices: Where | None = None,
        notices_by_dm: bool = False,
        language: str | None = None,
    ) -> None:
        async def ask() -> Reply:
            caller = manager_of(interaction)
            notices_to = None
            if notices_by_dm:
                notices_to = Destination(platform=PlatformName.DISCORD, external_id="")
            elif notices is not None:
                there, _ = await manager_in(interaction, notices, posting=True)
                notices_to = there.here
            return await attention.change_workspace(
                caller, timezone=timezone, notices_to=notices_to, language=language
            )

        await answer(interaction, ask)


def _add_channel_pauses(group: app_commands.Group, commands: Commands) -> None:
    async def pause(
        interaction: Interaction, until: str, channel: Where | None, kind: PauseKind
    ) -> Reply:
        caller, _ = await manager_in(interaction, channel, posting=False)
        return await commands.pauses.channel(caller, until, kind)

    @group.command(name="mute", description="Discard what comes for a channel for a while")
    @app_commands.describe(until=UNTIL, channel="Which; this channel if left out")
    async def mute(
        interaction: Interaction, until: Words = "", channel: Where | None = None
    ) -> None:
        await answer(interaction, lambda: pause(interaction, until, channel, PauseKind.MUTE))

    @group.command(name="snooze", description="Hold what comes for a while, then sum it up")
    @app_commands.describe(until=UNTIL, channel="Which; this channel if left out")
    async def snooze(
        interaction: Interaction, until: Words = "", channel: Where | None = None
    ) -> None:
        await answer(interaction, lambda: pause(interaction, until, channel, PauseKind.SNOOZE))


def digest_group(commands: Commands) -> app_commands.Group:
    group = managers_group("digest", "What is held for a channel")
    digest = commands.digest

    @group.command(name="show", description="What is held, and when it will be told")
    @app_commands.describe(channel="For which; this channel if left out")
    async def show(interaction: Interaction, channel: Where | None = None) -> None:
        await answer(interaction, lambda: _reading(interaction, channel, digest.show))

    @group.command(name="now", description="Tell at once what is held")
    @app_commands.describe(channel="For which; this channel if left out")
    async def now(interaction: Interaction, channel: Where | None = None) -> None:
        async def ask() -> Reply:
            caller, _ = await manager_in(interaction, channel, posting=False)
            return await digest.now(caller)

        await answer(interaction, ask)

    return group


def add_topic_verbs(group: app_commands.Group, commands: Commands) -> None:
    """Those of /topic that are about attention."""
    list_all = commands.topics.list_all

    @group.command(name="edit", description="What a topic looks for, and on which terms")
    @app_commands.describe(
        name="The topic",
        query="The words to look for from now on",
        outlets="From how many independent outlets on",
        mention="A role or person to ping with each new story",
        no_mention="Ping nobody",
        updates="Tell material changes in the story’s thread, or edit silently",
        template="compact, standard, full, or your own: *{headline}* · {outlet} · {time}",
        urgent="Through quiet hours, digests and the hourly limit, in every channel",
        channel="Where; this channel if left out",
    )
    async def edit(
        interaction: Interaction,
        name: Name,
        query: str = "",
        outlets: Outlets | None = None,
        mention: Mentionable | None = None,
        no_mention: bool = False,
        urgent: bool | None = None,
        updates: Updates | None = None,
        template: Shown | None = None,
        channel: Where | None = None,
    ) -> None:
        async def ask() -> Reply:
            caller, place = await manager_in(interaction, channel, posting=False)
            terms = Terms(
                outlets=outlets,
                no_mention=no_mention,
                urgent=urgent,
                updates=updates,
                template=template_named(template) if template else None,
            )
            if mention is not None:
                terms = may_mention(mention, terms, place=place, interaction=interaction)
            return await edit_topic(commands, caller, name, query=query, terms=terms)

        await answer(interaction, ask)

    async def pause(interaction: Interaction, name: str, until: str, kind: PauseKind) -> Reply:
        return await commands.pauses.topic(manager_of(interaction), name, until, kind)

    @group.command(name="mute", description="Discard a topic's stories for a while")
    @app_commands.describe(name="The topic", until=UNTIL)
    async def mute(interaction: Interaction, name: Name, until: Words = "") -> None:
        await answer(interaction, lambda: pause(interaction, name, until, PauseKind.MUTE))

    @group.command(name="snooze", description="Hold a topic's stories for a while, then sum up")
    @app_commands.describe(name="The topic", until=UNTIL)
    async def snooze(interaction: Interaction, name: Name, until: Words = "") -> None:
        await answer(interaction, lambda: pause(interaction, name, until, PauseKind.SNOOZE))

    async def offer(interaction: Interaction, typed: str) -> Choices:
        return await offer_names(interaction, typed, list_all)

    edit.autocomplete("name")(offer)
    edit.autocomplete("template")(offer_sizes)
    mute.autocomplete("name")(offer)
    snooze.autocomplete("name")(offer)


async def _reading(
    interaction: Interaction,
    channel: Where | None,
    ask: Callable[[Caller], Awaitable[Reply]],
) -> Reply:
    """For whoever sees the command, about this channel; about another one they must manage it."""
    if channel is None:
        return await ask(reader_of(interaction))
    caller, _ = await manager_in(interaction, channel, posting=False)
    return await ask(caller)
