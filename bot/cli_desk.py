"""`wirewatch topic …` and `wirewatch feed …`: the use cases of the chat, typed in a terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer

from bot.app import App, open_app
from bot.commands.caller import Caller, Destination, Reply
from bot.commands.declared import LOCAL_WORKSPACE, TERMINAL
from bot.commands.topics import backtest_reply
from bot.errors import CommandError
from bot.feed_check import check_feed, print_feed
from bot.model.channel import PlatformName, Workspace
from bot.model.ids import WorkspaceId
from bot.model.text import Mark, Span, plain
from bot.storage import channels
from bot.terminal import ConfigOption, JsonOption, print_json, print_reply, settings_of, stdout
from bot.topics.explain import explain
from bot.topics.query import parse

MINUS_IS_NOT = {"ignore_unknown_options": True}
"""A query may begin with a minus."""

topic_app = typer.Typer(help="What is watched.", no_args_is_help=True)
feed_app = typer.Typer(help="What is read.", no_args_is_help=True)

WorkspaceOption = Annotated[
    str, typer.Option("--workspace", help="local, discord:<guild> or slack:<team>.")
]


def _caller(workspace: str = LOCAL_WORKSPACE.id, here: Destination | None = None) -> Caller:
    platform, _, external_id = workspace.partition(":")
    if external_id and platform not in set(PlatformName):
        raise CommandError(
            f"There is no workspace “{workspace}”.",
            hint="Write local, discord:<guild id> or slack:<team id>.",
        )
    of = (
        Workspace(
            id=WorkspaceId(workspace), platform=PlatformName(platform), external_id=external_id
        )
        if external_id
        else LOCAL_WORKSPACE
    )
    terminal = Destination(platform=PlatformName.CONSOLE, external_id=TERMINAL, name=TERMINAL)
    return Caller(workspace=of, here=here or terminal)


async def _here(wire: App, channel: str) -> Caller:
    """The local workspace's channel of that name or id; the terminal by default."""
    if not channel:
        return _caller()
    async with wire.database.read() as connection:
        known = await channels.list_channels(connection, LOCAL_WORKSPACE.id)
    for one in known:
        if channel in (one.name, one.external_id):
            here = Destination(platform=one.platform, external_id=one.external_id, name=one.label)
            return _caller(here=here)
    names = ", ".join(one.label for one in known) or "none yet"
    raise CommandError(f"There is no channel “{channel}” here.", hint=f"There are: {names}.")


def _ask(config: Path | None, question: Callable[[App], Awaitable[Reply]]) -> None:
    """Open the app, ask `question(wire)`, print the reply."""

    async def work() -> Reply:
        async with open_app(settings_of(config), console=stdout) as wire:
            return await question(wire)

    print_reply(stdout, asyncio.run(work()))


def story(
    number: Annotated[int, typer.Argument(help="As “wirewatch alerts --json” gives it.")],
    workspace: WorkspaceOption = LOCAL_WORKSPACE.id,
    config: ConfigOption = None,
) -> None:
    """Who reported a story, what and when."""
    _ask(config, lambda wire: wire.commands.stories.story(_caller(workspace), number))


@topic_app.command("watch", context_settings=MINUS_IS_NOT)
def topic_watch(
    query: str,
    name: Annotated[str, typer.Option(help="Default: the query itself.")] = "",
    channel: Annotated[str, typer.Option(help="Default: this terminal.")] = "",
    config: ConfigOption = None,
) -> None:
    """Alert a channel about QUERY; a running bot takes it up with the next article."""

    async def question(wire: App) -> Reply:
        return await wire.commands.topics.watch(await _here(wire, channel), query, name=name)

    _ask(config, question)


@topic_app.command("list")
def topic_list(config: ConfigOption = None) -> None:
    """What is watched, and where."""
    _ask(config, lambda wire: wire.commands.topics.list_all(_caller()))


@topic_app.command("unwatch")
def topic_unwatch(name: str, config: ConfigOption = None) -> None:
    """Stop a topic in every channel."""
    _ask(config, lambda wire: wire.commands.topics.unwatch(_caller(), name, everywhere=True))


@topic_app.command("test", context_settings=MINUS_IS_NOT)
def topic_test(
    query: str,
    days: Annotated[int, typer.Option(help="How far back.")] = 14,
    workspace: WorkspaceOption = LOCAL_WORKSPACE.id,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """What QUERY would have fired on, without switching it on."""

    async def question(wire: App) -> Reply:
        result = await wire.commands.topics.backtest(_caller(workspace), query, days=days)
        if as_json:
            print_json(result.to_json())
            raise typer.Exit
        return backtest_reply(result)

    _ask(config, question)


@topic_app.command("explain", context_settings=MINUS_IS_NOT)
def topic_explain(query: str) -> None:
    """How QUERY is understood, with warnings."""
    told = explain(parse(query))
    lines = [
        (Span(text="Reads as  "), Span(text=told.reading, mark=Mark.CODE)),
        *(
            (Span(text=word, mark=Mark.CODE), Span(text=f"  also finds {', '.join(more)}"))
            for word, more in told.expansions
        ),
        *(plain(f"Note: {warning}") for warning in told.warnings),
    ]
    print_reply(stdout, Reply(title=query, lines=tuple(lines)))


@feed_app.command("add")
def feed_add(url: str, name: str = "", config: ConfigOption = None) -> None:
    """Read one more source."""
    _ask(config, lambda wire: wire.commands.feeds.add(_caller(), url, name=name))


@feed_app.command("list")
def feed_list(config: ConfigOption = None) -> None:
    """The sources, and how they do."""
    _ask(config, lambda wire: wire.commands.feeds.list_all(_caller()))


@feed_app.command("remove")
def feed_remove(name: str, config: ConfigOption = None) -> None:
    """Stop reading a source, by its name or URL."""
    _ask(config, lambda wire: wire.commands.feeds.remove(_caller(), name))


@feed_app.command("check")
def feed_check(source: str, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Fetch or read one feed and print its articles and its health."""
    feed = asyncio.run(check_feed(source, settings_of(config)))
    if as_json:
        for article in feed.articles:
            print_json(article)
    else:
        print_feed(stdout, feed)
