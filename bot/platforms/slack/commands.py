"""`/news …`: what was typed -> the use case -> a Reply. Registers its listener explicitly."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from slack_bolt.app.async_app import AsyncApp

from bot.commands.caller import Destination, Reply
from bot.commands.desk import Commands
from bot.commands.help import help_reply
from bot.model.channel import PlatformName
from bot.platforms.slack.answers import Ack, Answers, Respond
from bot.platforms.slack.callers import Callers
from bot.platforms.slack.parsing import Order, Verb, parse_order, unquoted

DAYS = 14


def register(app: AsyncApp, answers: Answers, news: NewsCommand) -> None:
    """Listen to whatever the app's command is called: the manifest says /news, people may not."""

    @app.command(re.compile("^/"))
    async def typed(ack: Ack, respond: Respond, command: dict[str, Any]) -> None:
        await answers.give(ack, respond, partial(news.answer, command), what="command")


class NewsCommand:
    """One use case per verb."""

    def __init__(self, commands: Commands, callers: Callers) -> None:
        self._commands = commands
        self._callers = callers

    async def answer(self, command: dict[str, Any]) -> Reply:
        """Raises CommandError for what cannot be read, done or permitted."""
        order = parse_order(command.get("text") or "")
        if order.verb is Verb.HELP:
            return help_reply(prefix=f"{command['command']} ")
        user, here = command["user_id"], _here(command)
        match order.verb:
            case Verb.WATCH | Verb.UNWATCH | Verb.LIST | Verb.TEST:
                return await self._topics(order, user, here)
            case _:
                return await self._feeds(order, user, here)

    async def _topics(self, order: Order, user: str, here: Destination) -> Reply:
        topics = self._commands.topics
        match order.verb:
            case Verb.WATCH:
                caller = await self._callers.poster(user, here, order.place)
                name = order.name or unquoted(order.words)
                return await topics.watch(caller, order.words, name=name)
            case Verb.UNWATCH:
                caller = await self._callers.manager(user, here, order.place)
                return await topics.unwatch(caller, order.words)
            case Verb.TEST:
                caller = await self._callers.member(user, here)
                days = DAYS if order.days is None else order.days
                return await topics.test(caller, order.words, days=days)
            case _:
                return await topics.list_all(await self._callers.member(user, here))

    async def _feeds(self, order: Order, user: str, here: Destination) -> Reply:
        feeds = self._commands.feeds
        caller = await self._callers.member(user, here)
        match order.verb:
            case Verb.FEED_ADD:
                return await feeds.add(caller, order.words, name=order.name)
            case Verb.FEED_REMOVE:
                return await feeds.remove(caller, order.words)
            case Verb.FEED_PREVIEW:
                return await feeds.preview(caller, order.words)
            case Verb.FEED_HEALTH:
                return await feeds.health(caller, order.words)
            case Verb.FEED_PAUSE:
                return await feeds.pause(caller, order.words)
            case Verb.FEED_RESUME:
                return await feeds.resume(caller, order.words)
            case _:
                return await feeds.list_all(caller)


def _here(command: dict[str, Any]) -> Destination:
    """Where it was typed. Slack calls every private channel "privategroup" here."""
    name = command.get("channel_name") or ""
    shown = "this channel" if name in ("", "privategroup", "directmessage") else f"#{name}"
    return Destination(platform=PlatformName.SLACK, external_id=command["channel_id"], name=shown)
