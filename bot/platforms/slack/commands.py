"""`/news …`: what was typed -> the use case -> a Reply. Registers its listener explicitly."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from slack_bolt.app.async_app import AsyncApp

from bot.commands.caller import Caller, Destination, Reply
from bot.commands.desk import Commands
from bot.commands.edit import edit_topic
from bot.commands.help import help_reply
from bot.commands.pauses import PauseKind
from bot.commands.terms import Terms
from bot.commands.watch import watch_topic
from bot.errors import CommandError
from bot.model.channel import PlatformName
from bot.platforms.slack.answers import Ack, Answers, Respond
from bot.platforms.slack.callers import Callers
from bot.platforms.slack.importing import import_form
from bot.platforms.slack.modals import Modals
from bot.platforms.slack.orders import Order, Verb
from bot.platforms.slack.parsing import parse_order, parse_place, unquoted
from bot.platforms.slack.wishes import parse_shared, parse_wishes
from bot.words import say

DAYS = 14
_ALIASES = re.compile(r"aliases(?: (?P<verb>list|add|remove)(?: (?P<names>.+))?)?", re.IGNORECASE)
_BY_PING = re.compile(r"\s+by (?:ping|mention)$", re.IGNORECASE)
_NOWHERE = frozenset({"off", "none", "nowhere"})


def register(app: AsyncApp, answers: Answers, news: NewsCommand) -> None:
    """Listen to whatever the app's command is called: the manifest says /news, people may not."""

    @app.command(re.compile("^/"))
    async def typed(ack: Ack, respond: Respond, command: dict[str, Any]) -> None:
        work = partial(news.answer, command)
        await answers.give(ack, respond, work, what="command", command=command["command"])


class NewsCommand:
    """One use case per verb."""

    def __init__(self, commands: Commands, callers: Callers, modals: Modals) -> None:
        self._commands = commands
        self._callers = callers
        self._modals = modals

    async def answer(self, command: dict[str, Any]) -> Reply | None:
        """None where a form was opened. Raises CommandError for what cannot be read, done or
        permitted."""
        order = parse_order(command.get("text") or "")
        if order.verb is Verb.HELP:
            return help_reply(prefix=f"{command['command']} ")
        user, here = command["user_id"], _here(command)
        if asks_for_form(order) and await self._form(order, user, here, command["trigger_id"]):
            return None
        match order.verb:
            case Verb.MOVE:
                return await self._move(order, user, here)
            case Verb.WATCH | Verb.UNWATCH | Verb.LIST | Verb.TEST | Verb.EDIT | Verb.WHY:
                return await self._topics(order, user, here)
            case Verb.STORY | Verb.LATEST | Verb.FOLLOW | Verb.UNFOLLOW:
                return await self._reading(order, user, here)
            case Verb.MUTE | Verb.SNOOZE:
                return await self._pause(order, user, here)
            case Verb.TEST_POST | Verb.AUDIT | Verb.EXPORT:
                return await self._oversight(order, user, here)
            case Verb.SETTINGS | Verb.SHARED | Verb.DIGEST | Verb.DIGEST_NOW:
                return await self._channel(order, user, here)
            case _:
                return await self._feeds(order, user, here)

    async def _form(self, order: Order, user: str, here: Destination, trigger: str) -> bool:
        """Open it. False where there is nothing to fill in: then words tell what stands."""
        if order.verb is Verb.FEED_IMPORT:
            await self._callers.member(user, here)
            await self._modals.open(trigger, import_form())
            return True
        caller = await self._callers.manager(user, here, order.place)
        if order.verb is Verb.EDIT:
            return await self._modals.open_topic(trigger, caller, order.words)
        _refuse_direct(caller)
        await self._modals.open_settings(trigger, caller)
        return True

    async def _topics(self, order: Order, user: str, here: Destination) -> Reply:
        topics = self._commands.topics
        match order.verb:
            case Verb.WATCH:
                caller = await self._callers.poster(user, here, order.place)
                name = order.name or unquoted(order.words)
                terms = await self._terms(order, caller)
                return await watch_topic(
                    self._commands, caller, order.words, name=name, terms=terms
                )
            case Verb.EDIT:
                caller = await self._callers.manager(user, here, order.place)
                terms = await self._terms(order, caller)
                name, _, query = order.words.partition(" query ")
                return await edit_topic(
                    self._commands, caller, unquoted(name), query=query, terms=terms
                )
            case Verb.WHY:
                return await self._commands.why.why(
                    await self._callers.member(user, here), order.words
                )
            case Verb.UNWATCH:
                caller = await self._callers.manager(user, here, order.place)
                return await topics.unwatch(caller, order.words)
            case Verb.TEST:
                caller = await self._callers.member(user, here)
                days = DAYS if order.days is None else order.days
                return await topics.test(caller, order.words, days=days)
            case _:
                return await topics.list_all(await self._callers.member(user, here))

    async def _move(self, order: Order, user: str, here: Destination) -> Reply:
        caller = await self._callers.manager(user, here, order.place)
        if order.to is None:
            raise CommandError(
                say("Where to?"),
                hint=say("For example: `move {topic} to #general`", topic=order.words),
            )
        target = await self._callers.poster(user, here, order.to)
        return await self._commands.moving.move(caller, order.words, target.here)

    async def _reading(self, order: Order, user: str, here: Destination) -> Reply:
        caller = await self._callers.member(user, here)
        match order.verb:
            case Verb.STORY:
                return await self._commands.stories.story(caller, order.words)
            case Verb.FOLLOW:
                words = _BY_PING.sub("", order.words)
                by_ping = words != order.words
                return await self._commands.follows.follow(caller, words, here=by_ping)
            case Verb.UNFOLLOW:
                return await self._commands.follows.unfollow(caller, order.words)
            case _:
                return await self._commands.latest.latest(caller, order.words)

    async def _terms(self, order: Order, caller: Caller) -> Terms:
        """With whom it pings, once it is sure that they may be."""
        terms = Terms(
            outlets=order.outlets,
            urgent=order.urgent,
            updates=order.updates,
            template=order.template,
        )
        if order.mention is None:
            return terms
        return await self._callers.mentioning.may_mention(order.mention, caller, terms)

    async def _pause(self, order: Order, user: str, here: Destination) -> Reply:
        caller = await self._callers.manager(user, here, order.place)
        pauses, kind = self._commands.pauses, PauseKind(order.verb.value)
        if order.words:
            return await pauses.topic(caller, order.words, order.until, kind)
        _refuse_direct(caller)
        return await pauses.channel(caller, order.until, kind)

    async def _channel(self, order: Order, user: str, here: Destination) -> Reply:
        caller = await self._callers.manager(user, here, order.place)
        attention, digest = self._commands.attention, self._commands.digest
        if order.verb is Verb.SHARED:
            return await self._shared(order, caller)
        if order.verb is Verb.SETTINGS and (found := _ALIASES.fullmatch(order.words)):
            return await self._aliases(caller, (found["verb"] or "").lower(), found["names"] or "")
        _refuse_direct(caller)
        match order.verb:
            case Verb.DIGEST:
                return await digest.show(caller)
            case Verb.DIGEST_NOW:
                return await digest.now(caller)
            case _:
                return await attention.change(caller, parse_wishes(order.words))

    async def _aliases(self, caller: Caller, verb: str, names: str) -> Reply:
        aliases = self._commands.aliases
        if verb in ("", "list"):
            return await aliases.list_all(caller)
        work = aliases.add if verb == "add" else aliases.remove
        return await work(caller, names)

    async def _shared(self, order: Order, caller: Caller) -> Reply:
        said = parse_shared(order.words)
        where = said.get("notices")
        notices_to = None
        if where is not None and where.casefold() in _NOWHERE:
            notices_to = Destination(platform=PlatformName.SLACK, external_id="")
        elif where is not None:
            place = parse_place(where)
            poster = await self._callers.poster(caller.user, caller.here, place)
            notices_to = poster.here
        return await self._commands.attention.change_workspace(
            caller,
            timezone=said.get("timezone"),
            notices_to=notices_to,
            language=said.get("language"),
        )

    async def _oversight(self, order: Order, user: str, here: Destination) -> Reply:
        match order.verb:
            case Verb.TEST_POST:
                poster = await self._callers.poster(user, here, order.place)
                return await self._commands.rehearsal.post(poster)
            case Verb.EXPORT:
                administrator = await self._callers.administrator(user, here)
                exported = await self._commands.exports.export(administrator)
                return await self._callers.hand_over(user, exported)
            case _:
                manager = await self._callers.manager(user, here, order.place)
                return await self._commands.audit.show(manager)

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
            case Verb.FEED_IMPORT:
                return await self._commands.transfer.import_url(caller, order.words)
            case Verb.FEED_EXPORT:
                return await self._callers.hand_over(
                    user, await self._commands.transfer.export(caller)
                )
            case _:
                return await feeds.list_all(caller)


def asks_for_form(order: Order) -> bool:
    """Whether nothing is said but what is to be changed: `settings`, `edit NAME`, or the like."""
    match order.verb:
        case Verb.SETTINGS | Verb.FEED_IMPORT:
            return not order.words
        case Verb.EDIT:
            terms = (order.outlets, order.mention, order.urgent, order.updates, order.template)
            return " query " not in order.words and terms == (None,) * 5
        case _:
            return False


def _refuse_direct(caller: Caller) -> None:
    if caller.here.external_id.startswith("D"):
        raise CommandError(
            say("A direct message has no settings of its own."),
            hint=say("Name a channel at the end, for example: `settings in #general`"),
        )


def _here(command: dict[str, Any]) -> Destination:
    """Where it was typed. Slack calls every private channel "privategroup" here."""
    name = command.get("channel_name") or ""
    shown = say("this channel") if name in ("", "privategroup", "directmessage") else f"#{name}"
    return Destination(platform=PlatformName.SLACK, external_id=command["channel_id"], name=shown)
