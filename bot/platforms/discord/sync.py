"""Registers the slash commands, but only when they changed: Discord allows 200 creations a day."""

from __future__ import annotations

import asyncio
import hashlib
import json
from typing import Any, Protocol, TypeAlias

import aiohttp
import discord
import structlog
from discord import app_commands

log = structlog.get_logger()

PATIENCE_S = 10.0  # alerts wait for it


AnyCommand: TypeAlias = (
    app_commands.Command[Any, ..., Any] | app_commands.Group | app_commands.ContextMenu
)


class Remember(Protocol):
    """Where a few words survive a restart."""

    async def get(self, name: str) -> str | None: ...

    async def put(self, name: str, value: str) -> None: ...


async def _payload(command: AnyCommand, tree: app_commands.CommandTree) -> dict[str, Any]:
    """With every language, so that a better word is registered too."""
    if tree.translator is None:
        return command.to_dict(tree)
    return await command.get_translated_payload(tree, tree.translator)


async def sync_commands(
    tree: app_commands.CommandTree, remember: Remember, *, application: int
) -> bool:
    """Register the tree globally if it is not what was registered last. Returns whether it did.

    A refusal is logged, not raised: the commands that Discord has go on working, and so do alerts.
    """
    name = f"discord_commands_{application}"
    payload = [await _payload(command, tree) for command in tree.get_commands()]
    canonical = json.dumps(payload, sort_keys=True).encode()
    wanted = hashlib.sha256(canonical).hexdigest()
    if await remember.get(name) == wanted:
        return False
    try:
        async with asyncio.timeout(PATIENCE_S):
            registered = await tree.sync()
    except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
        log.warning("the slash commands could not be registered", error=str(error))
        return False
    await remember.put(name, wanted)
    log.info("slash commands registered", count=len(registered))
    return True
