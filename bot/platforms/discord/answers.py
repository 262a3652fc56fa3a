"""Answers an interaction privately: defers at once, asks the use case, shows what came back."""

from __future__ import annotations

import io
import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import discord
import structlog
from discord.http import Route

from bot.commands.caller import Reply, ReplyFile, refusal
from bot.errors import CommandError
from bot.model.ids import WorkspaceId
from bot.model.text import plain
from bot.platforms.discord.callers import Interaction
from bot.platforms.discord.components import Json
from bot.platforms.discord.replies import reply_body
from bot.words import later, say, speaking

log = structlog.get_logger()

APOLOGY = later("That went wrong on my side.")
Speaks = Callable[[WorkspaceId], Awaitable[str]]
"""The language that a workspace has chosen; "" if none."""
_LOST = (discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError)


async def answer(interaction: Interaction, ask: Callable[[], Awaitable[Reply]]) -> None:
    """Run `ask` and show its Reply, or its refusal. Discord waits 3 s for the deferral and
    15 minutes for the rest. Never raises: a lost interaction can only be logged."""
    if await _deferred(interaction):
        with speaking(await _language(interaction)):
            reply = await _asked(interaction, ask)
            await _show(interaction, reply_body(reply.typed_after("/")), reply.file)


async def _language(interaction: Interaction) -> str:
    """The one that the server has chosen, else the person's own."""
    own = str(interaction.locale)
    speaks: Speaks | None = getattr(interaction.client, "speaks", None)
    if speaks is None or interaction.guild_id is None:
        return own
    try:
        return await speaks(WorkspaceId(f"discord:{interaction.guild_id}")) or own
    except Exception:
        # What is asked for will fail, or not, by itself, and is answered all the same.
        log.exception("a server's language could not be read", guild=interaction.guild_id)
        return own


async def answer_with(interaction: Interaction, body: Json) -> None:
    """Show a message that stands already, privately. Never raises either."""
    if await _deferred(interaction):
        await _show(interaction, body)


async def _deferred(interaction: Interaction) -> bool:
    try:
        await interaction.response.defer(ephemeral=True, thinking=True)
    except (*_LOST, discord.InteractionResponded) as error:
        log.warning("an interaction was lost", interaction=interaction.id, error=str(error))
        return False
    return True


async def _show(interaction: Interaction, body: Json, file: ReplyFile | None = None) -> None:
    route = Route(
        "PATCH",
        "/webhooks/{webhook_id}/{webhook_token}/messages/@original",
        webhook_id=interaction.application_id,
        webhook_token=interaction.token,
    )
    try:
        if file is None:
            await interaction.client.http.request(route, json=body)
            return
        sent = discord.File(io.BytesIO(file.content), filename=file.name)
        form: list[dict[str, Any]] = [
            {"name": "payload_json", "value": json.dumps(body)},
            {
                "name": "files[0]",
                "value": sent.fp,
                "filename": sent.filename,
                "content_type": "application/octet-stream",
            },
        ]
        await interaction.client.http.request(route, form=form, files=[sent])
    except _LOST as error:
        log.warning("an answer was lost", interaction=interaction.id, error=str(error))


async def answer_failure(
    interaction: Interaction, error: discord.app_commands.AppCommandError
) -> None:
    """What discord.py could not hand to a command: most often one that a client still shows."""
    log.warning("a command was not understood", interaction=interaction.id, error=str(error))

    async def ask() -> Reply:
        raise CommandError(
            say("Discord still shows you an older form of this command."),
            hint=say("Press Ctrl+R in Discord, or restart the app, then type it again."),
        )

    if interaction.type is discord.InteractionType.application_command:
        await answer(interaction, ask)


async def _asked(interaction: Interaction, ask: Callable[[], Awaitable[Reply]]) -> Reply:
    try:
        return await ask()
    except CommandError as error:
        return refusal(error)
    except _LOST as error:
        # Without a traceback: discord.py's frames hold the token.
        log.error("a command failed", interaction=interaction.id, reason=str(error))  # noqa: TRY400
        return _apology()
    except Exception:
        # The boundary of one command: a person waits for an answer, and the bot goes on.
        log.exception("a command failed", interaction=interaction.id, guild=interaction.guild_id)
        return _apology()


def _apology() -> Reply:
    next_step = say("It is in the log. Try again in a minute; if it stays, tell whoever runs me.")
    return Reply(title=say(APOLOGY), lines=(plain(next_step),), ok=False)
