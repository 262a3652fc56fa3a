"""topic watch as people type it: the topic, its terms, and how its stories will look."""

from __future__ import annotations

from bot.commands.caller import Caller, Reply
from bot.commands.desk import Commands
from bot.commands.terms import UNCHANGED, Terms


async def watch_topic(
    commands: Commands, caller: Caller, query: str, *, name: str = "", terms: Terms = UNCHANGED
) -> Reply:
    """Raises what `TopicCommands.watch` does."""
    reply = await commands.topics.watch(caller, query, name=name, terms=terms)
    return await commands.showing.with_preview(caller, name or query, terms, reply)
