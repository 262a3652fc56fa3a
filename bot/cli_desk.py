"""`wirewatch feed …`, `story`, `latest`, `why`: the use cases of the chat, typed in a terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer

from bot.app import App, open_app
from bot.commands.account import account_reply
from bot.commands.caller import Caller, Destination, Reply
from bot.commands.declared import LOCAL_WORKSPACE, TERMINAL
from bot.errors import CommandError
from bot.feed_check import check_feed, print_feed
from bot.model.channel import PlatformName, Workspace
from bot.model.ids import WorkspaceId
from bot.storage import channels
from bot.terminal import ConfigOption, JsonOption, print_json, print_reply, settings_of, stdout

feed_app = typer.Typer(help="What is read.", no_args_is_help=True)

WorkspaceOption = Annotated[
    str, typer.Option("--workspace", help="local, discord:<guild> or slack:<team>.")
]
UntilArgument = Annotated[str, typer.Argument(help="2h, until 8:00, tomorrow, off; default a day.")]


def caller_of(workspace: str = LOCAL_WORKSPACE.id, here: Destination | None = None) -> Caller:
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


async def here_of(wire: App, channel: str) -> Caller:
    """The local workspace's channel of that name or id; the terminal by default."""
    if not channel:
        return caller_of()
    async with wire.database.read() as connection:
        known = await channels.list_channels(connection, LOCAL_WORKSPACE.id)
    for one in known:
        if channel in (one.name, one.external_id):
            here = Destination(platform=one.platform, external_id=one.external_id, name=one.label)
            return caller_of(here=here)
    names = ", ".join(one.label for one in known) or "none yet"
    raise CommandError(f"There is no channel “{channel}” here.", hint=f"There are: {names}.")


def ask(config: Path | None, question: Callable[[App], Awaitable[Reply]]) -> None:
    """Open the app, ask `question(wire)`, print the reply."""

    async def work() -> Reply:
        async with open_app(settings_of(config), console=stdout) as wire:
            return await question(wire)

    print_reply(stdout, asyncio.run(work()))


def story(
    asked: Annotated[
        list[str] | None,
        typer.Argument(help="Its number, the link of an article, or words; else the last told."),
    ] = None,
    workspace: WorkspaceOption = LOCAL_WORKSPACE.id,
    config: ConfigOption = None,
) -> None:
    """Who reported a story, what and when."""
    words = " ".join(asked or ())
    ask(config, lambda wire: wire.commands.stories.story(caller_of(workspace), words))


def latest(
    topic: Annotated[str, typer.Argument(help="Only what this topic had a part in.")] = "",
    channel: Annotated[str, typer.Option(help="Default: this terminal.")] = "",
    config: ConfigOption = None,
) -> None:
    """The stories that a channel was told last, as they stand now."""

    async def question(wire: App) -> Reply:
        return await wire.commands.latest.latest(await here_of(wire, channel), topic)

    ask(config, question)


@feed_app.command("add")
def feed_add(
    url: str,
    name: str = "",
    full_text: Annotated[
        bool, typer.Option("--full-text", help="Read its articles' pages for better summaries.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Read one more source: a feed's address, or a page's that has one."""
    ask(
        config,
        lambda wire: wire.commands.feeds.add(caller_of(), url, name=name, full_text=full_text),
    )


@feed_app.command("list")
def feed_list(config: ConfigOption = None) -> None:
    """The sources, and how they do."""
    ask(config, lambda wire: wire.commands.feeds.list_all(caller_of()))


@feed_app.command("preview")
def feed_preview(url: str, config: ConfigOption = None) -> None:
    """What a feed, or the feeds of a page, would bring."""
    ask(config, lambda wire: wire.commands.feeds.preview(caller_of(), url))


@feed_app.command("health")
def feed_health(
    name: Annotated[str, typer.Argument(help="Its name or URL; all of them if left out.")] = "",
    config: ConfigOption = None,
) -> None:
    """How the sources do, those in trouble first, and how soon news is posted."""
    ask(config, lambda wire: wire.commands.feeds.health(caller_of(), name))


@feed_app.command("pause")
def feed_pause(name: str, config: ConfigOption = None) -> None:
    """Stop reading a source for a while."""
    ask(config, lambda wire: wire.commands.feeds.pause(caller_of(), name))


@feed_app.command("resume")
def feed_resume(name: str, config: ConfigOption = None) -> None:
    """Read a paused source again."""
    ask(config, lambda wire: wire.commands.feeds.resume(caller_of(), name))


@feed_app.command("remove")
def feed_remove(name: str, config: ConfigOption = None) -> None:
    """Stop reading a source, by its name or URL."""
    ask(config, lambda wire: wire.commands.feeds.remove(caller_of(), name))


@feed_app.command("check")
def feed_check(source: str, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Fetch or read one feed and print its articles and its health."""
    feed = asyncio.run(check_feed(source, settings_of(config)))
    if as_json:
        for article in feed.articles:
            print_json(article)
    else:
        print_feed(stdout, feed)


def why(
    article: Annotated[str, typer.Argument(help="Its link, or its number.")],
    workspace: WorkspaceOption = LOCAL_WORKSPACE.id,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Why an article was alerted, or was not: the stage that decided, topic by topic."""

    async def question(wire: App) -> Reply:
        account = await wire.commands.why.account(caller_of(workspace), article)
        if as_json:
            print_json(account.to_json())
            raise typer.Exit
        return account_reply(account)

    ask(config, question)
