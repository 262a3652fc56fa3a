"""What a template looks like: a story that was told here, else a made-up one, drawn as it would be.

A reply carries the alert itself, and each platform draws it as it draws its cards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot.alerts.compose import compose_in, in_template
from bot.alerts.example import example_alert
from bot.commands.caller import Caller, Reply
from bot.commands.here import channel_here, topic_named
from bot.commands.terms import Terms
from bot.model.alert import Alert
from bot.model.template import Template
from bot.model.text import plain
from bot.storage import story_views, told
from bot.storage.database import Database
from bot.words import say

_OUTLETS = 3


class ShowingCommands:
    """Previews of templates."""

    def __init__(self, *, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def with_preview(self, caller: Caller, name: str, terms: Terms, reply: Reply) -> Reply:
        """The reply with how a story of the topic looks from now on, where its template was set."""
        if terms.template is None:
            return reply
        shown = await self._told_last(caller, name, terms.template)
        if shown is not None:
            words = say("The last story that was told here would look like this:")
        else:
            words = say("Nothing was told here yet. A made-up story would look like this:")
            shown = in_template(example_alert(self._now(), outlets=_OUTLETS), terms.template)
        return replace(reply, lines=(*reply.lines, plain(words)), shown=shown)

    async def _told_last(self, caller: Caller, name: str, template: Template) -> Alert | None:
        async with self._database.read() as connection:
            channel = await channel_here(connection, caller)
            if channel is None:
                return None
            topic = await topic_named(connection, caller, name)
            newest = await told.told_here(connection, channel.id, topic_id=topic.id, limit=1)
            for alert in newest:
                view = await story_views.view(connection, alert)
                return compose_in(view, template)
        return None
