"""`wirewatch alerts`: what was sent where and why, and taking a message back."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Any

import typer

from bot.app import open_app
from bot.commands.caller import Caller, Destination, Reply
from bot.commands.declared import TERMINAL
from bot.commands.sent import list_alerts, list_messages
from bot.errors import CommandError
from bot.model.channel import PlatformName, Workspace
from bot.settings import Settings
from bot.storage import channels, deliveries
from bot.terminal import (
    ConfigOption,
    JsonOption,
    print_json,
    print_reply,
    settings_of,
    stdout,
    table,
)
from bot.wiring import open_database

alerts_app = typer.Typer(help="What was sent where and when, and why.")


@alerts_app.callback(invoke_without_command=True)
def alerts(
    context: typer.Context,
    config: ConfigOption = None,
    as_json: JsonOption = False,
    limit: Annotated[int, typer.Option(help="How many, newest last.")] = 1000,
    suppressed: Annotated[
        bool, typer.Option("--suppressed", help="Also what was matched and not sent, and why.")
    ] = False,
    messages: Annotated[
        bool, typer.Option("--messages", help="Also digests, and notices to who is in charge.")
    ] = False,
) -> None:
    """What was sent where and when, and why. With --json one object a line."""
    if context.invoked_subcommand is None:
        asyncio.run(_list(settings_of(config), as_json, limit, suppressed, messages))


async def _list(
    settings: Settings, as_json: bool, limit: int, suppressed: bool, messages: bool
) -> None:
    async with open_database(settings) as database, database.read() as connection:
        listed = await list_alerts(connection, limit=limit, suppressed=suppressed)
        if messages:
            listed += await list_messages(connection, limit=limit)
    if as_json:
        for one in listed:
            print_json(one)
        return
    if not listed:
        stdout.print("No alerts yet. Is a topic watched? “wirewatch topic list” shows them.")
        return
    columns = ("when", "channel", "state", "headline", "outlets", "topics", "why")
    stdout.print(table(columns, [_row(one) for one in listed]))


def _row(one: dict[str, Any]) -> tuple[str, ...]:
    """Times in UTC, as in the JSON."""
    return (
        _minute(one.get("sent_at") or one["decided_at"]),
        f"{one['platform']} {one['channel']}",
        one["state"],
        one.get("headline") or one.get("title") or _digest(one),
        str(len(one.get("outlets", ()))) or "",
        ", ".join(one.get("topics", ())),
        _why(one),
    )


def _why(one: dict[str, Any]) -> str:
    """What decided, and where it has got to if that is not a message in its channel."""
    match one["state"]:
        case "held":
            until = one["held_until"]
            return f"{one['held_why']}; until {_minute(until) if until else 'the next look'}"
        case "carried":
            digest = one["digest"]
            return f"{one['why']}; in digest {digest['key']} ({digest['state']})"
        case "abandoned" | "pending" | "behind" | "going" if one.get("last_error"):
            return str(one["last_error"])
        case _:
            said = str(one.get("why", ""))
            replies = [f"reply {reply['state']}" for reply in one.get("replies", ())]
            return "; ".join([said, *replies] if said else replies)


def _digest(one: dict[str, Any]) -> str:
    return f"{one['digest']} digest of {one['stories']}" if one.get("digest") else one["kind"]


def _minute(instant: str) -> str:
    return f"{datetime.fromisoformat(instant):%Y-%m-%d %H:%M}"


@alerts_app.command("retract")
def retract(key: str, config: ConfigOption = None) -> None:
    """Delete the message with this KEY (“wirewatch alerts --json” shows keys); it closes the alert.

    A running bot does so within seconds, else the next one that runs.
    """
    print_reply(stdout, asyncio.run(_retract(settings_of(config), key)))


async def _retract(settings: Settings, key: str) -> Reply:
    async with open_app(settings, console=stdout) as wire:
        async with wire.database.read() as connection:
            found = await deliveries.find_by_key(connection, key)
            owner = None
            if found is not None:
                owner = await channels.get_workspace(connection, found.workspace)
        if owner is None:
            raise CommandError(
                f"There is no message with the key {key}.",
                hint="“wirewatch alerts --json --messages” shows the keys.",
            )
        return await wire.commands.alerts.retract(_operator(owner), key)


def _operator(owner: Workspace) -> Caller:
    """Whoever runs the bot, on behalf of the workspace."""
    here = Destination(platform=PlatformName.CONSOLE, external_id=TERMINAL, name=TERMINAL)
    return Caller(workspace=owner, here=here)
