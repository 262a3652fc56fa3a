"""The slash commands: Discord's options in, a use case called, its Reply shown privately.

Discord shows all but /help to those with Manage Channels, unless the server says otherwise
(Server Settings → Integrations); whoever changes something needs it in the target channel.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from typing import Any

from discord import app_commands

from bot.commands.caller import Caller, Reply
from bot.commands.desk import Commands
from bot.commands.help import help_reply
from bot.commands.terms import UNCHANGED
from bot.commands.topics import MAX_DAYS
from bot.commands.watch import watch_topic
from bot.model.layout import template_named
from bot.model.text import plain
from bot.platforms.discord.answers import answer
from bot.platforms.discord.attention import (
    add_topic_verbs,
    digest_group,
    managers_group,
    settings_group,
)
from bot.platforms.discord.callers import (
    IN_SERVERS,
    INVITE_IT,
    Interaction,
    manager_in,
    manager_of,
    reader_of,
)
from bot.platforms.discord.mentioning import Mentionable, may_mention
from bot.platforms.discord.moving import add_move
from bot.platforms.discord.options import (
    Choices,
    Name,
    Outlets,
    Shown,
    Where,
    Words,
    offer_names,
    offer_sizes,
    offer_told,
)
from bot.platforms.discord.publishing import with_advice
from bot.platforms.discord.transfer import add_transfer
from bot.words import say

Days = app_commands.Range[int, 1, MAX_DAYS]


def add_commands(tree: app_commands.CommandTree, commands: Commands) -> None:
    """Everything that can be typed."""
    tree.add_command(_topic(commands))
    tree.add_command(_feed(commands))
    tree.add_command(settings_group(commands))
    tree.add_command(digest_group(commands))

    _add_told(tree, commands)
    _add_follow(tree, commands)

    @tree.command(name="help", description="What Wirewatch can be asked")
    async def help_(interaction: Interaction) -> None:
        async def ask() -> Reply:
            reply = help_reply(prefix="/")
            if interaction.guild_id is not None:
                return reply
            return replace(
                reply, title=say(IN_SERVERS), lines=(plain(say(INVITE_IT)), *reply.lines)
            )

        await answer(interaction, ask)


def _add_told(tree: app_commands.CommandTree, commands: Commands) -> None:
    @tree.command(name="story", description="Who reported a story, and when")
    @app_commands.describe(
        story="Its words, its number or a link; left out: the last one told here"
    )
    async def story_(interaction: Interaction, story: Words = "") -> None:
        async def ask() -> Reply:
            return await commands.stories.story(reader_of(interaction), story)

        await answer(interaction, ask)

    @tree.command(name="latest", description="The stories that were told here last")
    @app_commands.describe(topic="Only those of one topic")
    async def latest(interaction: Interaction, topic: Name = "") -> None:
        async def ask() -> Reply:
            return await commands.latest.latest(reader_of(interaction), topic)

        await answer(interaction, ask)

    @story_.autocomplete("story")
    async def offer_stories(interaction: Interaction, typed: str) -> Choices:
        return await offer_told(interaction, typed, commands.latest.headlines)

    @latest.autocomplete("topic")
    async def offer(interaction: Interaction, typed: str) -> Choices:
        return await offer_names(interaction, typed, commands.topics.list_all)


def _add_follow(tree: app_commands.CommandTree, commands: Commands) -> None:
    follows = commands.follows

    @tree.command(name="follow", description="Be told in person, by direct message")
    @app_commands.describe(
        query="The words to look for, or a topic watched here; or nothing",
        ping="Not by direct message: ping me at what this channel is told of it",
    )
    async def follow(interaction: Interaction, query: str = "", ping: bool = False) -> None:
        async def ask() -> Reply:
            return await follows.follow(reader_of(interaction), query, here=ping)

        await answer(interaction, ask)

    @tree.command(name="unfollow", description="Be told no longer")
    @app_commands.describe(name="What you follow, or: everything")
    async def unfollow(interaction: Interaction, name: str) -> None:
        async def ask() -> Reply:
            return await follows.unfollow(reader_of(interaction), name)

        await answer(interaction, ask)

    @follow.autocomplete("query")
    async def offer_topics(interaction: Interaction, typed: str) -> Choices:
        return await offer_names(interaction, typed, commands.topics.list_all)

    @unfollow.autocomplete("name")
    async def offer_own(interaction: Interaction, typed: str) -> Choices:
        return await offer_names(interaction, typed, follows.list_all)


def _add_watch(group: app_commands.Group, commands: Commands) -> None:
    @group.command(name="watch", description="Alert a channel about a topic")
    @app_commands.describe(
        query='The words to look for, e.g. Miami talks, or "child deportation" OR abduction',
        name="What to call it; the query itself if left out",
        channel="Where to alert; this channel if left out",
        outlets="From how many independent outlets on; 1 if left out",
        mention="A role or person to ping with each new story",
        template="compact, standard, full, or your own: *{headline}* · {outlet} · {time}",
    )
    async def watch(
        interaction: Interaction,
        query: str,
        name: Name = "",
        channel: Where | None = None,
        outlets: Outlets | None = None,
        mention: Mentionable | None = None,
        template: Shown | None = None,
    ) -> None:
        async def ask() -> Reply:
            caller, place = await manager_in(interaction, channel, posting=True)
            shown = template_named(template) if template else None
            terms = replace(UNCHANGED, outlets=outlets, template=shown)
            if mention is not None:
                terms = may_mention(mention, terms, place=place, interaction=interaction)
            reply = await watch_topic(commands, caller, query, name=name, terms=terms)
            return await with_advice(reply, commands, caller, place, topic=name or query)

        await answer(interaction, ask)

    watch.autocomplete("template")(offer_sizes)


def _topic(commands: Commands) -> app_commands.Group:
    group = managers_group("topic", "What to look for in the news")
    topics = commands.topics

    _add_watch(group, commands)

    @group.command(name="list", description="What is watched, and where")
    async def list_(interaction: Interaction) -> None:
        await answer(interaction, lambda: _reading(interaction, topics.list_all))

    @group.command(name="unwatch", description="Stop a topic in a channel")
    @app_commands.describe(name="The topic", channel="Where; this channel if left out")
    async def unwatch(interaction: Interaction, name: str, channel: Where | None = None) -> None:
        async def ask() -> Reply:
            caller, _ = await manager_in(interaction, channel, posting=False)
            return await topics.unwatch(caller, name)

        await answer(interaction, ask)

    @group.command(name="test", description="What a topic would have fired on, without a fuss")
    @app_commands.describe(query="The words to look for", days="How many days to look back")
    async def test(interaction: Interaction, query: str, days: Days = 14) -> None:
        async def ask() -> Reply:
            return await topics.test(reader_of(interaction), query, days=days)

        await answer(interaction, ask)

    @group.command(name="why", description="Why an article was alerted, or was not")
    @app_commands.describe(article="Its link, or its number")
    async def why(interaction: Interaction, article: str) -> None:
        async def ask() -> Reply:
            return await commands.why.why(reader_of(interaction), article)

        await answer(interaction, ask)

    add_topic_verbs(group, commands)
    add_move(group, commands)

    @unwatch.autocomplete("name")
    async def offer(interaction: Interaction, typed: str) -> Choices:
        return await offer_names(interaction, typed, topics.list_all)

    return group


def _feed(commands: Commands) -> app_commands.Group:
    group = managers_group("feed", "The sources that are read")
    feeds = commands.feeds

    @group.command(name="add", description="Read one more source")
    @app_commands.describe(url="The address of an RSS, Atom or JSON feed", name="What to call it")
    async def add(interaction: Interaction, url: str, name: Name = "") -> None:
        async def ask() -> Reply:
            return await feeds.add(manager_of(interaction), url, name=name)

        await answer(interaction, ask)

    @group.command(name="list", description="The sources, and how they do")
    async def list_(interaction: Interaction) -> None:
        await answer(interaction, lambda: _reading(interaction, feeds.list_all))

    @group.command(name="preview", description="What a feed, or a page's feeds, would bring")
    @app_commands.describe(url="The address of a feed, or of a page that has one")
    async def preview(interaction: Interaction, url: str) -> None:
        async def ask() -> Reply:
            return await feeds.preview(manager_of(interaction), url)

        await answer(interaction, ask)

    @group.command(name="health", description="How the sources do, those in trouble first")
    @app_commands.describe(name="One of them, in full")
    async def health(interaction: Interaction, name: str = "") -> None:
        async def ask() -> Reply:
            return await feeds.health(reader_of(interaction), name)

        await answer(interaction, ask)

    add_transfer(group, commands)

    async def offer(interaction: Interaction, typed: str) -> Choices:
        return await offer_names(interaction, typed, feeds.list_all)

    health.autocomplete("name")(offer)
    _feed_by_name(group, offer, "pause", "Stop reading a source for a while", feeds.pause)
    _feed_by_name(group, offer, "resume", "Read a paused source again", feeds.resume)
    _feed_by_name(group, offer, "remove", "Stop reading a source", feeds.remove)
    return group


def _feed_by_name(
    group: app_commands.Group,
    offer: Callable[[Interaction, str], Coroutine[Any, Any, Choices]],
    verb: str,
    description: str,
    use_case: Callable[[Caller, str], Awaitable[Reply]],
) -> None:
    """A verb that changes one feed, found by its name."""

    @group.command(name=verb, description=description)
    @app_commands.describe(name="Its name, or its address")
    async def change(interaction: Interaction, name: str) -> None:
        async def ask() -> Reply:
            return await use_case(manager_of(interaction), name)

        await answer(interaction, ask)

    change.autocomplete("name")(offer)


async def _reading(
    interaction: Interaction, list_all: Callable[[Caller], Awaitable[Reply]]
) -> Reply:
    return await list_all(reader_of(interaction))
