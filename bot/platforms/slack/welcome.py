"""The first message in a workspace, in the first channel the bot is invited to; and what its three
buttons do, there and on the Home tab.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.alerts.example import example_alert
from bot.commands.caller import Destination, Reply, refusal
from bot.commands.desk import Commands
from bot.errors import CommandError, QueryError
from bot.model.channel import PlatformName
from bot.platforms.slack.answers import COMMAND, Ack, Answers, Respond
from bot.platforms.slack.blocks import Json, context, section
from bot.platforms.slack.callers import Callers
from bot.platforms.slack.forms import EXAMPLE, FEED, WATCH, asked_form, notice_view, read_asked
from bot.platforms.slack.modals import SETTLE_S, AckView, Modals
from bot.platforms.slack.orders import Place
from bot.platforms.slack.render import render_alert
from bot.platforms.slack.replies import render_reply
from bot.topics.query import parse

log = structlog.get_logger()
Greets = Callable[[str], Awaitable[bool]]
"""Whether the workspace with that id of Slack's is to be greeted: once for good."""

ASK_WATCH, ASK_FEED, SHOW = "ww_hello_watch", "ww_hello_feed", "ww_hello_example"
_TEXT = (
    "*Hello! I watch the news for you.*\nTell me a topic, and this channel gets one message per"
    " story, which grows as more outlets report it. Nothing is posted until somebody asks for it."
)
_SMALL = "Or type `/news watch` in the channel that shall have the alerts. `/news help` shows all."


def register(
    app: AsyncApp, answers: Answers, hello: Hello, *, bot_user: str, greets: Greets | None
) -> None:
    """Listen to the bot being invited, to the buttons, and to the two forms being sent."""
    if greets is not None:

        @app.event("member_joined_channel")
        async def joined(event: Json, body: Json) -> None:
            if event["user"] == bot_user and await greets(body["team_id"]):
                await hello.say(event["channel"])

    for action, kind in ((ASK_WATCH, WATCH), (ASK_FEED, FEED)):
        app.action(action)(_opens(answers, hello, kind))

    @app.action(SHOW)
    async def example(ack: Ack, respond: Respond, body: Json) -> None:
        await ack()
        shown = hello.example()
        if body.get("response_url"):
            await respond(shown)
        else:  # on the Home tab nobody can be answered but in a form
            await hello.modals.open(body["trigger_id"], notice_view(EXAMPLE, shown["blocks"]))

    for kind in (WATCH, FEED):
        app.view(kind)(_sent(answers, hello, kind))


def hello_blocks() -> list[Json]:
    """The message, and what an empty Home tab begins with."""
    return [section(_TEXT), hello_buttons(), context(_SMALL)]


def hello_buttons() -> Json:
    """Watch a topic, add a feed, see an example."""
    labels = ((ASK_WATCH, "Watch a topic"), (ASK_FEED, "Add a feed"), (SHOW, "See an example"))
    buttons = [
        {
            "type": "button",
            "action_id": action,
            "text": {"type": "plain_text", "text": label, "emoji": False},
        }
        | ({"style": "primary"} if action == ASK_WATCH else {})
        for action, label in labels
    ]
    return {"type": "actions", "elements": buttons}


class Hello:
    """Says it, shows an example, opens the forms and does what they say."""

    def __init__(
        self,
        client: AsyncWebClient,
        commands: Commands,
        callers: Callers,
        modals: Modals,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._commands = commands
        self._callers = callers
        self.modals = modals
        self._now = now

    async def say(self, channel: str) -> None:
        """Post it. A channel that refuses it goes without."""
        try:
            await self._client.chat_postMessage(
                channel=channel, text="Hello! I watch the news for you.", blocks=hello_blocks()
            )
        except SlackApiError as error:
            log.warning("hello could not be said", channel=channel, error=str(error))

    def example(self) -> Json:
        """An alert of a made-up story, without the buttons that would ask about it."""
        body = render_alert(example_alert(self._now(), outlets=3), key="example").body
        shown = [block for block in body["blocks"] if block["type"] != "actions"]
        note = context("A made-up story. Only you see this.")
        return {
            "response_type": "ephemeral",
            "replace_original": False,
            "text": body["text"],
            "blocks": [*shown, note],
        }

    async def ask(self, kind: str, body: Json) -> None:
        """Open the form, in which the channel is proposed where the button was pressed.

        Raises CommandError for somebody who may not, before they fill it in for nothing; on the
        Home tab, where nobody can be answered, it is told in place of the form.
        """
        channel = str((body.get("channel") or {}).get("id", ""))
        try:
            await self._callers.member(body["user"]["id"], _HOME)
        except CommandError as error:
            if body.get("response_url"):
                raise
            told = list(render_reply(refusal(error))["blocks"])
            await self.modals.open(body["trigger_id"], notice_view(kind, told))
            return
        await self.modals.open(body["trigger_id"], asked_form(kind, channel))

    async def watch(self, user: str, words: str, channel: str) -> Reply:
        """As `/news watch WORDS in #channel`."""
        caller = await self._callers.poster(user, _HOME, Place(id=channel))
        return await self._commands.topics.watch(caller, words)

    async def add(self, user: str, url: str, _: str) -> Reply:
        """As `/news feed add URL`."""
        return await self._commands.feeds.add(await self._callers.member(user, _HOME), url)


_HOME = Destination(platform=PlatformName.SLACK, external_id="", name="the Home tab")


def _opens(answers: Answers, hello: Hello, kind: str) -> Callable[..., Awaitable[None]]:
    async def opened(ack: Ack, respond: Respond, body: Json) -> None:
        await answers.give(ack, respond, partial(hello.ask, kind, body), what=kind)

    return opened


def _sent(answers: Answers, hello: Hello, kind: str) -> Callable[..., Awaitable[None]]:
    work = hello.watch if kind == WATCH else hello.add

    async def sent(ack: AckView, view: Json, body: Json) -> None:
        said, channel = read_asked(view)
        if kind == WATCH and (error := _unreadable(said)):
            await ack(response_action="errors", errors={"said": error})
            return
        with answers.working():
            saving = notice_view(kind, [section("One moment …")])
            await ack(response_action="update", view=saving)
            asked: Callable[[], Awaitable[Any]] = partial(work, body["user"]["id"], said, channel)
            reply = await answers.outcome(asked, what=kind)
            await asyncio.sleep(SETTLE_S)
            if reply is not None:
                drawn = render_reply(reply.typed_after(f"{COMMAND} "))["blocks"]
                await hello.modals.tell(view["id"], notice_view(kind, list(drawn)))

    return sent


def _unreadable(query: str) -> str:
    try:
        parse(query)
    except QueryError as error:
        return f"{error.message} {error.hint}".strip()[:300]
    return ""
