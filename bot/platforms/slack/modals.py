"""Opens the forms, and does what they say when they are sent.

A form is acknowledged with errors in its fields, with the outcome, or, where that takes long,
with "Saving …". Who may do it is asked again then, for hours may have gone by.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Protocol

import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.commands.caller import Caller, Destination, Reply
from bot.commands.desk import Commands
from bot.commands.edit import edit_topic
from bot.commands.terms import UNCHANGED
from bot.errors import CommandError
from bot.model.channel import PlatformName
from bot.model.text import plain
from bot.platforms.slack.answers import COMMAND, Answers
from bot.platforms.slack.blocks import Json, section
from bot.platforms.slack.callers import Callers
from bot.platforms.slack.failures import code_of
from bot.platforms.slack.forms import (
    EDIT,
    SETTINGS,
    Change,
    notice_view,
    read_settings,
    read_topic,
    settings_form,
    topic_form,
)
from bot.platforms.slack.members import refuse_for_scope
from bot.platforms.slack.orders import Place
from bot.platforms.slack.replies import render_reply

log = structlog.get_logger()
PATIENCE_S = 0.4
"""How long a form waits for its outcome: an ack is due within 3 s, and people notice half a one."""
SETTLE_S = 1.0
"""Bolt sends an ack a moment after it is given: an outcome shown before it would be overwritten."""
LOST = frozenset({"expired_trigger_id", "invalid_trigger_id", "exchanged_trigger_id"})
NOTHING = Reply(title="Nothing was changed", lines=(plain("The form says what stands already."),))


class AckView(Protocol):
    """Bolt's `ack` of a form: with what becomes of the view."""

    def __call__(self, **response: Any) -> Awaitable[Any]: ...


def register(app: AsyncApp, answers: Answers, modals: Modals) -> None:
    """Listen to both forms being sent."""

    @app.view(SETTINGS)
    async def settings(ack: AckView, view: Json, body: Json) -> None:
        await sent(ack, view, body, read_settings(view), modals.change_settings)

    @app.view(EDIT)
    async def edit(ack: AckView, view: Json, body: Json) -> None:
        await sent(ack, view, body, read_topic(view), modals.change_topic)

    async def sent(
        ack: AckView,
        view: Json,
        body: Json,
        change: Change,
        work: Callable[[str, Change], Awaitable[Reply]],
    ) -> None:
        if change.errors:
            await ack(response_action="errors", errors=change.errors)
            return
        what = view["callback_id"]
        with answers.working():
            asked = partial(work, body["user"]["id"], change)
            task = asyncio.ensure_future(answers.outcome(asked, what=what))
            if (await asyncio.wait({task}, timeout=PATIENCE_S))[0]:
                shown = notice_view(what, _drawn(task.result()))
                await ack(response_action="update", view=shown)
                return
            saving = notice_view(what, [section("Saving …")])
            await ack(response_action="update", view=saving)
            reply = await task
            await asyncio.sleep(SETTLE_S)
            await modals.tell(view["id"], notice_view(what, _drawn(reply)))


def _drawn(reply: Reply | None) -> list[Json]:
    return list(render_reply(reply or NOTHING)["blocks"])


class Modals:
    """The two forms of a workspace."""

    def __init__(self, client: AsyncWebClient, commands: Commands, callers: Callers) -> None:
        self._client = client
        self._commands = commands
        self._callers = callers

    async def open_settings(self, trigger: str, caller: Caller) -> None:
        """Raises CommandError if Slack does not open it any more."""
        attention = self._commands.attention
        shown = (await attention.show(caller)).typed_after(f"{COMMAND} ")
        blocks = render_reply(shown)["blocks"]
        form = settings_form(caller.here, await attention.standing(caller), blocks)
        await self.open(trigger, form)

    async def open_topic(self, trigger: str, caller: Caller, name: str) -> bool:
        """The same for a topic; False if the configuration file owns it: nothing to fill in."""
        topic, subscription = await self._commands.attention.heard(caller, name)
        if topic.from_file or subscription.from_file:
            return False
        await self.open(trigger, topic_form(caller.here, topic, subscription))
        return True

    async def open(self, trigger: str, view: Json) -> None:
        """Raises CommandError if Slack does not open it any more."""
        try:
            await self._client.views_open(trigger_id=trigger, view=view)
        except SlackApiError as error:
            refuse_for_scope(error)
            if code_of(error) not in LOST:
                raise
            raise CommandError(
                "The form came too late: Slack waits 3 seconds for it.",
                hint="Type the command again, or say it in words: `settings daily 8:30`,"
                " `edit NATO outlets 3`",
            ) from error

    async def change_settings(self, user: str, change: Change) -> Reply:
        """Raises CommandError for what the person may not do (any more), or the file owns."""
        caller = await self._manager(user, change)
        if not change.wishes.said():
            return NOTHING
        return await self._commands.attention.change(caller, change.wishes)

    async def change_topic(self, user: str, change: Change) -> Reply:
        """Raises as `change_settings` does."""
        caller = await self._manager(user, change)
        if not change.query and change.terms == UNCHANGED:
            return NOTHING
        return await edit_topic(
            self._commands, caller, change.topic, query=change.query, terms=change.terms
        )

    async def _manager(self, user: str, change: Change) -> Caller:
        """Typed nowhere: so that of a private channel Slack is asked who is in it now."""
        nowhere = Destination(platform=PlatformName.SLACK, external_id="")
        return await self._callers.manager(user, nowhere, Place(id=change.channel))

    async def tell(self, view_id: str, shown: Json) -> None:
        """Show the outcome in the view; who closed it meanwhile has seen enough."""
        try:
            await self._client.views_update(view_id=view_id, view=shown)
        except SlackApiError as error:
            if code_of(error) != "not_found":
                raise
            log.info("a form was closed before its outcome")
