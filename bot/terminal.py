"""What every command shares: its options, how it prints, where it logs. Decides nothing."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import structlog
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.commands.caller import Reply, refusal
from bot.errors import CommandError, WirewatchError
from bot.platforms.console.render import panel, rich_text
from bot.settings import LogSettings, Settings, load_settings
from bot.wiring import utc_now

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", help="TOML file; else $WIREWATCH_CONFIG, else config/wirewatch.toml."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]

stdout = Console(highlight=False)
stderr = Console(stderr=True, highlight=False)


def settings_of(config: Path | None) -> Settings:
    """The settings that a command runs with, and the log as they say."""
    settings = load_settings(config, os.environ)
    set_up_log(settings.log)
    return settings


def print_json(value: object) -> None:
    """One value on one line of standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")


def print_reply(console: Console, reply: Reply) -> None:
    """A title and its lines; an error's title is red."""
    reply = reply.typed_after("wirewatch ")
    mark, style = ("✓", "bold green") if reply.ok else ("✗", "bold red")
    title = Text(f"{mark} ", style=style)
    title.append(reply.title, style="bold")
    console.print(title, soft_wrap=True)
    for line in reply.lines:
        drawn = Text("  ")
        drawn.append_text(rich_text(line))
        console.print(drawn, soft_wrap=not reply.ok)
    if reply.shown is not None:
        console.print(panel(reply.shown, timezone="UTC", now=utc_now()))


def print_error(console: Console, error: WirewatchError) -> None:
    """What happened and the next step, without a traceback."""
    if isinstance(error, CommandError):
        print_reply(console, refusal(error))
    else:
        console.print(Text("✗ ", style="bold red").append(str(error), style="not bold"))


def table(columns: Iterable[str], rows: Iterable[Iterable[str | Text]]) -> Table:
    """A quiet table: bold heads, no frame."""
    drawn = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in rows:
        drawn.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in row))
    return drawn


def set_up_log(settings: LogSettings) -> None:
    """structlog and the libraries' logging, both to stderr: lines for people, or JSON."""
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    as_json = settings.format == "json" or (settings.format == "auto" and not sys.stderr.isatty())
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if as_json
        # The pretty formatter prints local variables, tokens among them.
        else structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    )
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, last]
        if as_json
        else [*shared, last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    # Libraries speak up only when something is wrong; their chatter names tokens and URLs.
    logging.basicConfig(level=max(level, logging.WARNING), stream=sys.stderr)
