"""The commands of `wirewatch`. Each opens what it needs, asks a use case, and prints."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from bot import __version__
from bot.app import App, only_runner, open_app, open_database, utc_now
from bot.check import check_all
from bot.commands.alerts import list_alerts
from bot.commands.caller import Caller, Destination, Reply
from bot.commands.declared import LOCAL_WORKSPACE, TERMINAL, Declared, effective_channels
from bot.commands.exchange import export_feeds, import_feeds
from bot.commands.help import help_reply
from bot.commands.topics import backtest_reply
from bot.demo.run import run_demo
from bot.errors import CommandError, WirewatchError
from bot.feed_check import check_feed, print_feed
from bot.model.channel import PlatformName, Workspace
from bot.model.ids import WorkspaceId
from bot.model.text import Mark, Span, plain
from bot.settings import Settings, load_settings
from bot.storage import channels
from bot.terminal import print_error, print_reply, set_up_log, table
from bot.topics.explain import explain
from bot.topics.query import parse

app = typer.Typer(
    name="wirewatch",
    help="A news wire desk inside Discord and Slack: one self-updating alert per story.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
topic_app = typer.Typer(help="What is watched.", no_args_is_help=True)
feed_app = typer.Typer(help="What is read.", no_args_is_help=True)
app.add_typer(topic_app, name="topic")
app.add_typer(feed_app, name="feed")

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", help="TOML file; else $WIREWATCH_CONFIG, else config/wirewatch.toml."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]

stdout = Console(highlight=False)
stderr = Console(stderr=True, highlight=False)


def main() -> None:
    """Run a command; an expected error is one or two lines and exit code 2."""
    try:
        app()
    except WirewatchError as error:
        print_error(stderr, error)
        sys.exit(2)


def _settings(config: Path | None) -> Settings:
    settings = load_settings(config, os.environ)
    set_up_log(settings.log)
    return settings


def _print_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")


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
) -> None:
    """The bot: poll, match, and post until stopped."""
    asyncio.run(_run(_settings(config), once=once, backfill=backfill))


async def _run(settings: Settings, *, once: bool, backfill: bool) -> None:
    async with open_app(settings, console=stdout, backfill=backfill) as wire:
        with only_runner(wire.database):
            _announce(settings, await wire.prepare())
            stop = asyncio.Event()
            for number in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(number, stop.set)
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
    problems = asyncio.run(check_all(_settings(config), stdout))
    raise typer.Exit(1 if problems else 0)


@app.command()
def alerts(
    config: ConfigOption = None,
    as_json: JsonOption = False,
    limit: Annotated[int, typer.Option(help="How many, newest last.")] = 1000,
    suppressed: Annotated[
        bool, typer.Option("--suppressed", help="Also what was matched and not sent, and why.")
    ] = False,
) -> None:
    """What was sent where and when, and why. With --json one object a line."""
    asyncio.run(_alerts(_settings(config), as_json, limit, suppressed))


async def _alerts(settings: Settings, as_json: bool, limit: int, suppressed: bool) -> None:
    async with open_database(settings) as database, database.read() as connection:
        listed = await list_alerts(connection, limit=limit, suppressed=suppressed)
    if as_json:
        for one in listed:
            _print_json(one)
        return
    if not listed:
        stdout.print("No alerts yet. Is a topic watched? “wirewatch topic list” shows them.")
        return
    columns = ("when", "channel", "state", "headline", "outlets", "topics", "why")
    rows = [
        (
            (one.get("sent_at") or one["decided_at"])[:16].replace("T", " "),
            f"{one['platform']} {one['channel']}",
            one["state"],
            one["headline"],
            str(len(one.get("outlets", ()))) or "",
            ", ".join(one["topics"]),
            one["why"],
        )
        for one in listed
    ]
    stdout.print(table(columns, rows))


@app.command("import")
def import_(file: Path, config: ConfigOption = None) -> None:
    """Follow every feed of an OPML file."""

    settings = _settings(config)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error

    async def work() -> Reply:
        async with open_database(settings) as database:
            return await import_feeds(
                database,
                content,
                workspace=LOCAL_WORKSPACE,
                interval_s=settings.polling.interval_minutes * 60,
                allow_private=settings.polling.allow_private_addresses,
                now=utc_now(),
            )

    print_reply(stdout, asyncio.run(work()))


@app.command()
def export(
    file: Annotated[Path | None, typer.Argument(help="Default: standard output.")] = None,
    config: ConfigOption = None,
) -> None:
    """Write the followed feeds as OPML."""

    async def work() -> bytes:
        async with open_database(_settings(config)) as database:
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


# --- topics -------------------------------------------------------------------------------------

WorkspaceOption = Annotated[
    str, typer.Option("--workspace", help="local, discord:<guild> or slack:<team>.")
]


def _caller(workspace: str = LOCAL_WORKSPACE.id, here: Destination | None = None) -> Caller:
    platform, _, external_id = workspace.partition(":")
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


def _ask(config: Path | None, question: Any) -> None:
    """Open the app, ask `question(wire)`, print the reply."""

    async def work() -> Reply:
        async with open_app(_settings(config), console=stdout) as wire:
            reply: Reply = await question(wire)
            return reply

    print_reply(stdout, asyncio.run(work()))


@topic_app.command("watch")
def topic_watch(
    query: str,
    name: Annotated[str, typer.Option(help="Default: the query itself.")] = "",
    channel: Annotated[str, typer.Option(help="Default: this terminal.")] = "",
    config: ConfigOption = None,
) -> None:
    """Alert a channel about QUERY; a running bot takes it up with the next article."""

    async def question(wire: App) -> Reply:
        return await wire.topics.watch(await _here(wire, channel), query, name=name)

    _ask(config, question)


@topic_app.command("list")
def topic_list(config: ConfigOption = None) -> None:
    """What is watched, and where."""
    _ask(config, lambda wire: wire.topics.list_all(_caller()))


@topic_app.command("unwatch")
def topic_unwatch(name: str, config: ConfigOption = None) -> None:
    """Stop a topic in every channel."""
    _ask(config, lambda wire: wire.topics.unwatch(_caller(), name, everywhere=True))


@topic_app.command("test")
def topic_test(
    query: str,
    days: Annotated[int, typer.Option(help="How far back.")] = 14,
    workspace: WorkspaceOption = LOCAL_WORKSPACE.id,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """What QUERY would have fired on, without switching it on."""

    async def question(wire: App) -> Reply:
        result = await wire.topics.backtest(_caller(workspace), query, days=days)
        if as_json:
            _print_json(result.to_json())
            raise typer.Exit
        return backtest_reply(result)

    _ask(config, question)


@topic_app.command("explain")
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


# --- feeds --------------------------------------------------------------------------------------


@feed_app.command("add")
def feed_add(url: str, name: str = "", config: ConfigOption = None) -> None:
    """Read one more source."""
    _ask(config, lambda wire: wire.feeds.add(_caller(), url, name=name))


@feed_app.command("list")
def feed_list(config: ConfigOption = None) -> None:
    """The sources, and how they do."""
    _ask(config, lambda wire: wire.feeds.list_all(_caller()))


@feed_app.command("remove")
def feed_remove(name: str, config: ConfigOption = None) -> None:
    """Stop reading a source, by its name or URL."""
    _ask(config, lambda wire: wire.feeds.remove(_caller(), name))


@feed_app.command("check")
def feed_check(source: str, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Fetch or read one feed and print its articles and its health."""
    feed = asyncio.run(check_feed(source, _settings(config)))
    if as_json:
        for article in feed.articles:
            _print_json(article)
    else:
        print_feed(stdout, feed)
