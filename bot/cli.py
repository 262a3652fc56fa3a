"""The commands of `wirewatch`. Each opens what it needs, asks a use case, and prints."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Coroutine
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text
from sqlalchemy.exc import SQLAlchemyError

from bot import __version__
from bot.app import App, open_app
from bot.check import check_all
from bot.cli_alerts import alerts_app
from bot.cli_backup import backup_command, restore_command
from bot.cli_desk import feed_app, latest, story, why
from bot.cli_move import migrate_command
from bot.cli_preview import preview
from bot.cli_purge import purge_command
from bot.cli_settings import digest_app, settings_app
from bot.cli_status import status_command
from bot.cli_topic import topic_app
from bot.cli_workspace import workspace_app
from bot.commands.declared import LOCAL_WORKSPACE, Declared, effective_channels
from bot.commands.exchange import (
    AT_ONCE,
    Imported,
    export_feeds,
    import_all,
    imported_reply,
)
from bot.commands.help import help_reply
from bot.demo.run import run_demo
from bot.errors import CommandError, SettingsError, WirewatchError
from bot.model.channel import PlatformName
from bot.roles.process import Role, run_roles
from bot.settings import Settings
from bot.storage.runner import only_runner
from bot.terminal import (
    ConfigOption,
    print_error,
    print_json,
    print_reply,
    settings_of,
    stderr,
    stdout,
)
from bot.wiring import open_database, utc_now

app = typer.Typer(
    name="wirewatch",
    help="A news wire desk inside Discord and Slack: one self-updating alert per story.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(topic_app, name="topic")
app.add_typer(feed_app, name="feed")
app.command("why")(why)
app.add_typer(alerts_app, name="alerts")
app.add_typer(settings_app, name="settings")
app.add_typer(digest_app, name="digest")
app.add_typer(workspace_app, name="workspace")
app.command()(story)
app.command()(latest)
app.command()(preview)
app.command("migrate")(migrate_command)
app.command("backup")(backup_command)
app.command("status")(status_command)
app.command("restore")(restore_command)
app.command("purge")(purge_command)


def main() -> None:
    """Run a command; an expected error is one or two lines and exit code 2."""
    try:
        app()
    except WirewatchError as error:
        print_error(stderr, error)
        sys.exit(2)
    except (OSError, SQLAlchemyError) as error:
        reason = str(getattr(error, "orig", None) or error)
        print_error(stderr, SettingsError(f"{reason}. Check the path, and storage.url."))
        sys.exit(2)


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        stdout.print(f"wirewatch {__version__}")
        raise typer.Exit


@app.command()
def run(
    config: ConfigOption = None,
    once: Annotated[
        bool, typer.Option("--once", help="Poll every feed once, deliver everything, exit.")
    ] = False,
    backfill: Annotated[
        bool,
        typer.Option("--backfill", help="Alert on all that a new feed lists, however old."),
    ] = False,
    role: Annotated[
        list[Role] | None,
        typer.Option(help="Do only this, beside other processes on one PostgreSQL; repeatable."),
    ] = None,
) -> None:
    """The bot: poll, match, and post until stopped."""
    settings = settings_of(config)
    if not role:
        asyncio.run(_run(settings, once=once, backfill=backfill))
    elif once:
        raise SettingsError("--once does everything in one process: leave --role out")
    else:
        asyncio.run(_run_roles(settings, role, backfill=backfill))


async def _run_roles(settings: Settings, roles: list[Role], *, backfill: bool) -> None:
    await run_roles(settings, roles, _stopping(), console=stdout, backfill=backfill)


def _stopping() -> asyncio.Event:
    """Set when the process is asked to end."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def _run(settings: Settings, *, once: bool, backfill: bool) -> None:
    stop = _stopping()
    async with (
        open_app(settings, console=stdout, backfill=backfill) as wire,
        only_runner(wire.database, on_lost=stop.set),
    ):
        _announce(settings, await wire.prepare())
        if once:
            await _until(stop, _once(wire))
        else:
            await wire.run(stop)


async def _until(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> None:
    """Do the work, or as much of it as there is time for before `stop`."""
    tasks = (asyncio.ensure_future(work), asyncio.ensure_future(stop.wait()))
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    if isinstance(results[0], Exception):
        raise results[0]


async def _once(wire: App) -> None:
    waiting = await wire.run_once()
    if waiting:
        noun = "delivery waits" if waiting == 1 else "deliveries wait"
        stderr.print(f"{waiting} {noun} for a later run: “wirewatch alerts” says why.")


def _announce(settings: Settings, declared: Declared) -> None:
    """On stderr, so that stdout is the wire alone."""
    for problem in declared.problems:
        stderr.print(Text("! ", style="bold yellow").append(problem, style="not bold"))
    if not settings.feed and not settings.topic:
        stderr.print("No feeds or topics in the configuration. Try: wirewatch demo")
    where = {entry.platform for entry in effective_channels(settings)}
    if where <= {PlatformName.CONSOLE} and not settings.chat_configured:
        stderr.print(
            "Posting to this terminal. To post to Discord or Slack, set WIREWATCH_DISCORD__TOKEN"
            " or WIREWATCH_SLACK__BOT_TOKEN; “wirewatch check” says what else is missing."
        )


@app.command()
def demo() -> None:
    """The main job on bundled feeds: no accounts, no network, half a minute."""
    asyncio.run(run_demo(stdout))


@app.command()
def check(config: ConfigOption = None) -> None:
    """Validate configuration, database, platforms, channels and feeds; say what to do."""
    problems = asyncio.run(check_all(settings_of(config), stdout))
    raise typer.Exit(1 if problems else 0)


@app.command("import")
def import_(
    file: Path,
    config: ConfigOption = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="What became of each feed, one JSON object a line.")
    ] = False,
) -> None:
    """Follow every feed of an OPML file."""

    settings = settings_of(config)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error

    def progress(done: int, of: int) -> None:
        if of > AT_ONCE:
            stderr.print(f"{done} of {of} feeds")

    async def work() -> tuple[Imported, ...]:
        async with open_database(settings) as database:
            return await import_all(
                database,
                content,
                workspace=LOCAL_WORKSPACE,
                interval_s=settings.polling.interval_minutes * 60,
                allow_private=settings.polling.allow_private_addresses,
                now=utc_now(),
                progress=progress,
            )

    results = asyncio.run(work())
    reply = imported_reply(results)
    if as_json:
        for one in results:
            print_json(asdict(one))
    else:
        print_reply(stdout, reply)
    raise typer.Exit(0 if reply.ok else 1)


@app.command()
def export(
    file: Annotated[Path | None, typer.Argument(help="Default: standard output.")] = None,
    config: ConfigOption = None,
) -> None:
    """Write the followed feeds as OPML."""

    async def work() -> bytes:
        async with open_database(settings_of(config)) as database:
            return await export_feeds(database, LOCAL_WORKSPACE)

    content = asyncio.run(work())
    if file is None:
        sys.stdout.write(content.decode())
    else:
        file.write_bytes(content)
        stdout.print(f"Wrote {file}")


@app.command("help")
def help_() -> None:
    """The verbs and the query language, in one screen."""
    print_reply(stdout, help_reply(prefix="wirewatch "))
