"""topic edit: another query, other terms, or both at once."""

from __future__ import annotations

from dataclasses import replace

from bot.commands.caller import Caller, Reply
from bot.commands.desk import Commands
from bot.commands.terms import UNCHANGED, Terms
from bot.topics.query import parse


async def edit_topic(
    commands: Commands, caller: Caller, name: str, *, query: str = "", terms: Terms = UNCHANGED
) -> Reply:
    """Change what a topic looks for, and on which terms the caller's channel hears of it.

    Raises what `TopicCommands.edit` and `AttentionCommands.edit` do, each before it changes
    anything; with both asked for, the terms come first.
    """
    if not query.strip():
        told = await commands.attention.edit(caller, name, terms)
        return await commands.showing.with_preview(caller, name, terms, told)
    if terms == UNCHANGED:
        return await commands.topics.edit(caller, name, query)
    parse(query)
    told = await commands.attention.edit(caller, name, terms)
    reply = await commands.topics.edit(caller, name, query)
    both = replace(reply, lines=(*told.lines, *reply.lines))
    return await commands.showing.with_preview(caller, name, terms, both)
