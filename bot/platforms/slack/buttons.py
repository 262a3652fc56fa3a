"""The buttons of an alert. Their `value` is the delivery's key, so they answer after a restart."""

from __future__ import annotations

from functools import partial
from typing import Any

from slack_bolt.app.async_app import AsyncApp

from bot.commands.caller import Destination, Reply
from bot.commands.desk import Commands
from bot.model.channel import PlatformName
from bot.platforms.slack.answers import Ack, Answers, Respond
from bot.platforms.slack.callers import Callers
from bot.platforms.slack.render import LESS, MUTE, OPEN, TIMELINE, WHY
from bot.platforms.slack.replies import APPLY
from bot.words import say


def register(app: AsyncApp, answers: Answers, buttons: AlertButtons) -> None:
    """Open is a link, and Slack waits for its ack all the same."""

    @app.action(OPEN)
    async def opened(ack: Ack) -> None:
        await ack()

    @app.action(WHY)
    async def why(ack: Ack, respond: Respond, action: dict[str, Any], body: dict[str, Any]) -> None:
        await answers.give(ack, respond, partial(buttons.why, action, body), what="why")

    @app.action(TIMELINE)
    async def timeline(
        ack: Ack, respond: Respond, action: dict[str, Any], body: dict[str, Any]
    ) -> None:
        await answers.give(ack, respond, partial(buttons.timeline, action, body), what="timeline")

    @app.action(MUTE)
    async def mute(
        ack: Ack, respond: Respond, action: dict[str, Any], body: dict[str, Any]
    ) -> None:
        await answers.give(ack, respond, partial(buttons.mute, action, body), what="mute")

    @app.action(LESS)
    async def less(
        ack: Ack, respond: Respond, action: dict[str, Any], body: dict[str, Any]
    ) -> None:
        await answers.give(ack, respond, partial(buttons.less, action, body), what="less")

    @app.action(APPLY)
    async def apply(
        ack: Ack, respond: Respond, action: dict[str, Any], body: dict[str, Any]
    ) -> None:
        await answers.give(ack, respond, partial(buttons.apply, action, body), what="apply")


class AlertButtons:
    """All answer in private, to the person who pressed."""

    def __init__(self, commands: Commands, callers: Callers) -> None:
        self._alerts = commands.alerts
        self._feedback = commands.feedback
        self._stories = commands.stories
        self._callers = callers

    async def why(self, action: dict[str, Any], body: dict[str, Any]) -> Reply:
        """For everybody who sees the alert."""
        caller = self._callers.anyone(body["user"]["id"], _here(body))
        return await self._alerts.why(caller, action["value"])

    async def timeline(self, action: dict[str, Any], body: dict[str, Any]) -> Reply:
        """For everybody who sees the alert, as Why?."""
        caller = self._callers.anyone(body["user"]["id"], _here(body))
        return await self._stories.of_alert(caller, action["value"])

    async def mute(self, action: dict[str, Any], body: dict[str, Any]) -> Reply:
        """For full members; who sees the alert is in its channel."""
        caller = await self._callers.member(body["user"]["id"], _here(body))
        return await self._alerts.mute(caller, action["value"])

    async def less(self, action: dict[str, Any], body: dict[str, Any]) -> Reply:
        """For full members, as Mute."""
        caller = await self._callers.member(body["user"]["id"], _here(body))
        return await self._feedback.less(caller, action["value"])

    async def apply(self, action: dict[str, Any], body: dict[str, Any]) -> Reply:
        """Take up what `less` proposed; the `value` is the proposal's token."""
        caller = await self._callers.member(body["user"]["id"], _here(body))
        return await self._feedback.apply(caller, action["value"])


def _here(body: dict[str, Any]) -> Destination:
    channel = body.get("channel") or {}
    name = channel.get("name") or ""
    return Destination(
        platform=PlatformName.SLACK,
        external_id=channel.get("id", ""),
        name=f"#{name}" if name else say("this channel"),
    )
