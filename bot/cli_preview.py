"""`wirewatch preview`: what a message looks like in both chats, without posting it anywhere."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from bot.errors import CommandError
from bot.pipeline.draw import Moot, draw, gather
from bot.preview.answers import answers
from bot.preview.page import Shown, page
from bot.preview.samples import samples
from bot.settings import Settings
from bot.storage import channels, deliveries
from bot.terminal import ConfigOption, settings_of, stdout
from bot.wiring import open_database, utc_now


def preview(
    keys: Annotated[
        list[str] | None,
        typer.Argument(help="Of messages; “wirewatch alerts --json --messages” shows the keys."),
    ] = None,
    sample: Annotated[bool, typer.Option("--sample", help="Built-in examples.")] = False,
    out: Annotated[Path, typer.Option(help="The page to write.")] = Path("preview.html"),
    config: ConfigOption = None,
) -> None:
    """Write a page that shows messages as Discord and as Slack draw them, as they stand now."""
    if not keys and not sample:
        raise CommandError(
            "There is nothing to show.",
            hint="Name the key of a message (“wirewatch alerts --json” shows them), or --sample.",
        )
    now = utc_now()
    shown = (*samples(now), *asyncio.run(answers(now))) if sample else ()
    if keys:
        shown += asyncio.run(stored(settings_of(config), keys))
    try:
        out.write_text(page(shown, now=now), encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{out} cannot be written: {error.strerror}.") from error
    stdout.print(f"{len(shown)} shown in {out}: open it in a browser.", soft_wrap=True)


async def stored(settings: Settings, keys: list[str]) -> tuple[Shown, ...]:
    """The messages with these keys. Raises CommandError for a key of none."""
    async with open_database(settings) as database, database.read() as connection:
        found = [await deliveries.find_by_key(connection, key) for key in keys]
        known = [one for one in found if one is not None]
        if len(known) < len(found):
            missing = ", ".join(key for key, one in zip(keys, found, strict=True) if one is None)
            raise CommandError(
                f"There is no message with the key {missing}.",
                hint="“wirewatch alerts --json --messages” shows the keys.",
            )
        where = await channels.channels_by_id(connection, [one.channel for one in known])
        material = await gather(connection, known)
    shown = []
    for one in known:
        drawing = draw(one, where[one.channel], material, now=utc_now())
        if isinstance(drawing, Moot):
            raise CommandError(f"The message {one.key} says nothing any more: {drawing.reason}.")
        title = f"{one.kind.value.capitalize()} {one.key} in {where[one.channel].label}"
        shown.append(Shown(title=title, message=drawing.message, key=one.key))
    return tuple(shown)
