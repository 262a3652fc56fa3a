"""`wirewatch settings …` and `wirewatch digest …`: the chat's verbs for local channels."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.app import App
from bot.cli_desk import UntilArgument, WorkspaceOption, ask, caller_of, here_of
from bot.commands.attention import Wishes
from bot.commands.caller import Destination, Reply
from bot.commands.declared import LOCAL_WORKSPACE
from bot.commands.pauses import PauseKind
from bot.terminal import ConfigOption

settings_app = typer.Typer(help="When and how often a channel hears of the news.")
digest_app = typer.Typer(help="What is held for a channel.")
aliases_app = typer.Typer(help="Names that mean the same.", no_args_is_help=True)
settings_app.add_typer(aliases_app, name="aliases")

ChannelOption = Annotated[str, typer.Option("--channel", help="Default: this terminal.")]


@settings_app.callback(invoke_without_command=True)
def show(context: typer.Context, channel: ChannelOption = "", config: ConfigOption = None) -> None:
    """How a channel hears of the news."""

    async def question(wire: App) -> Reply:
        return await wire.commands.attention.show(await here_of(wire, channel))

    if context.invoked_subcommand is None:
        ask(config, question)


@settings_app.command("change")
def change(
    rhythm: Annotated[str | None, typer.Option(help="immediate, hourly, daily 08:30 …")] = None,
    quiet: Annotated[str | None, typer.Option(help="22:00-07:00, or off.")] = None,
    alerts: Annotated[str | None, typer.Option(help="The most an hour; 0: no limit.")] = None,
    doubt: Annotated[str | None, typer.Option(help="never lose, or never double.")] = None,
    all_quiet: Annotated[str | None, typer.Option(help="09:00, or off.")] = None,
    timezone: Annotated[str | None, typer.Option(help="E.g. Europe/Kyiv.")] = None,
    channel: ChannelOption = "",
    config: ConfigOption = None,
) -> None:
    """Change it; what is not named stays as it is."""
    wishes = Wishes(
        rhythm=rhythm,
        quiet=quiet,
        budget=alerts,
        on_doubt=doubt,
        all_quiet=all_quiet,
        timezone=timezone,
    )

    async def question(wire: App) -> Reply:
        return await wire.commands.attention.change(await here_of(wire, channel), wishes)

    ask(config, question)


@settings_app.command("workspace")
def workspace(
    timezone: Annotated[str | None, typer.Option(help="For channels without their own.")] = None,
    notices: Annotated[str | None, typer.Option(help="A local channel for notices.")] = None,
    config: ConfigOption = None,
) -> None:
    """What all local channels share."""

    async def question(wire: App) -> Reply:
        there: Destination | None = None
        if notices is not None:
            there = (await here_of(wire, notices)).here
        return await wire.commands.attention.change_workspace(
            caller_of(), timezone=timezone, notices_to=there
        )

    ask(config, question)


@settings_app.command("audit")
def audit(workspace: WorkspaceOption = LOCAL_WORKSPACE.id, config: ConfigOption = None) -> None:
    """Who changed what, newest first."""
    ask(config, lambda wire: wire.commands.audit.show(caller_of(workspace)))


@settings_app.command("test")
def post_test(channel: ChannelOption = "", config: ConfigOption = None) -> None:
    """A message that says it is a test; a running bot posts it within seconds."""

    async def question(wire: App) -> Reply:
        return await wire.commands.rehearsal.post(await here_of(wire, channel))

    ask(config, question)


@settings_app.command("mute")
def mute(
    until: UntilArgument = "", channel: ChannelOption = "", config: ConfigOption = None
) -> None:
    """Discard what comes for a channel for a while; it is recorded."""
    _pause(PauseKind.MUTE, until, channel, config)


@settings_app.command("snooze")
def snooze(
    until: UntilArgument = "", channel: ChannelOption = "", config: ConfigOption = None
) -> None:
    """Hold what comes for a channel for a while, then sum it up."""
    _pause(PauseKind.SNOOZE, until, channel, config)


def _pause(kind: PauseKind, until: str, channel: str, config: ConfigOption) -> None:
    async def question(wire: App) -> Reply:
        return await wire.commands.pauses.channel(await here_of(wire, channel), until, kind)

    ask(config, question)


@digest_app.callback(invoke_without_command=True)
def digest(
    context: typer.Context, channel: ChannelOption = "", config: ConfigOption = None
) -> None:
    """What is held for a channel, and when it will be told."""

    async def question(wire: App) -> Reply:
        return await wire.commands.digest.show(await here_of(wire, channel))

    if context.invoked_subcommand is None:
        ask(config, question)


@digest_app.command("now")
def digest_now(channel: ChannelOption = "", config: ConfigOption = None) -> None:
    """Tell at once what is held; a running bot does so within seconds."""

    async def question(wire: App) -> Reply:
        return await wire.commands.digest.now(await here_of(wire, channel))

    ask(config, question)


@aliases_app.command("list")
def aliases_list(
    workspace: WorkspaceOption = LOCAL_WORKSPACE.id, config: ConfigOption = None
) -> None:
    """The workspace's own groups, beside the built-in ones."""
    ask(config, lambda wire: wire.commands.aliases.list_all(caller_of(workspace)))


@aliases_app.command("add")
def aliases_add(
    names: Annotated[str, typer.Argument(help='With commas: "Acme, Acme Corporation".')],
    workspace: WorkspaceOption = LOCAL_WORKSPACE.id,
    config: ConfigOption = None,
) -> None:
    """Let each of the NAMES find the others."""
    ask(config, lambda wire: wire.commands.aliases.add(caller_of(workspace), names))


@aliases_app.command("remove")
def aliases_remove(
    name: str, workspace: WorkspaceOption = LOCAL_WORKSPACE.id, config: ConfigOption = None
) -> None:
    """Forget the group that has NAME."""
    ask(config, lambda wire: wire.commands.aliases.remove(caller_of(workspace), name))
