"""The Home tab: who hears of what, what the person follows, and forms to change it.

A person sees public channels, and private ones that they are in. Nothing is kept: the tab is drawn
anew whenever it is opened.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.commands.caller import Destination, Reply, refusal
from bot.commands.desk import Commands
from bot.commands.overview import Hearing, Overview
from bot.errors import CommandError
from bot.model.attention import describe
from bot.model.channel import PlatformName
from bot.model.topic import Topic
from bot.platforms.slack.answers import Ack, Answers
from bot.platforms.slack.blocks import DOT, Json, context, divider, header, section
from bot.platforms.slack.callers import Callers
from bot.platforms.slack.channels import Channels
from bot.platforms.slack.modals import Modals
from bot.platforms.slack.mrkdwn import inert
from bot.platforms.slack.orders import Place
from bot.platforms.slack.replies import render_reply
from bot.platforms.slack.text import cut
from bot.platforms.slack.welcome import hello_buttons

SETTINGS, EDIT = "ww_home_settings", "ww_home_edit"
CHANNELS, TOPICS = 12, 15
"""As many as fit: a view takes 100 blocks. The rest is counted."""
_NAME, _QUERY = 80, 200
_ANYWHERE = Destination(platform=PlatformName.SLACK, external_id="", name="the Home tab")


def register(app: AsyncApp, answers: Answers, home: Home) -> None:
    """Listen to the tab being opened, and to its buttons."""

    @app.event("app_home_opened")
    async def opened(event: dict[str, Any]) -> None:
        if event.get("tab") == "home":
            with answers.working():
                await home.show(event["user"])

    @app.action(SETTINGS)
    async def settings(ack: Ack, action: Json, body: Json) -> None:
        await pressed(ack, body, partial(home.settings, body, action["value"]))

    @app.action(EDIT)
    async def edit(ack: Ack, action: Json, body: Json) -> None:
        await pressed(ack, body, partial(home.edit, body, action["value"]))

    async def pressed(ack: Ack, body: Json, work: Any) -> None:
        with answers.working():
            await ack()
            refused = await answers.outcome(work, what="home")
            if refused is not None:
                await home.show(body["user"]["id"], above=refused)


class Home:
    """One person's view of the workspace."""

    def __init__(
        self, client: AsyncWebClient, commands: Commands, callers: Callers, modals: Modals
    ) -> None:
        self._client = client
        self._commands = commands
        self._callers = callers
        self._channels = Channels(client)
        self._modals = modals

    async def show(self, user: str, *, above: Reply | None = None) -> None:
        """Publish the tab; `above` is a refusal to be read first."""
        try:
            caller = await self._callers.member(user, _ANYWHERE)
        except CommandError as error:
            view = _view(render_reply(refusal(error))["blocks"])
        else:
            overview = await self._commands.overview.overview(caller)
            seen = [one for one in overview.channels if await self._sees(user, one)]
            told = render_reply(above.typed_after("/news "))["blocks"] if above else []
            view = home_view(overview, seen, above=told)
        await self._client.views_publish(user_id=user, view=view)

    async def settings(self, body: Json, channel: str) -> None:
        """The form of a channel. Raises CommandError as the command does."""
        caller = await self._callers.manager(body["user"]["id"], _ANYWHERE, Place(id=channel))
        await self._modals.open_settings(body["trigger_id"], caller)

    async def edit(self, body: Json, value: str) -> None:
        """The form of a topic in a channel; `value` is both, as the button has it."""
        channel, _, name = value.partition(" ")
        caller = await self._callers.manager(body["user"]["id"], _ANYWHERE, Place(id=channel))
        if not await self._modals.open_topic(body["trigger_id"], caller, name):
            raise CommandError(
                f"“{name}” belongs to the configuration file.",
                hint="Change it in the file, or mute it.",
            )

    async def _sees(self, user: str, one: Hearing) -> bool:
        try:
            channel = await self._channels.get(one.channel.external_id)
            return not channel.is_private or await self._channels.has_member(channel.id, user)
        except SlackApiError:
            return False  # gone, or out of the bot's sight: then nobody is shown its name


def home_view(overview: Overview, seen: list[Hearing], *, above: list[Json]) -> Json:
    """The whole tab. Pure."""
    blocks = [*above, header("Wirewatch: one alert per story"), context(_feeds(overview))]
    room = TOPICS
    for one in seen[:CHANNELS]:
        blocks += [divider(), _channel(one)]
        shown = one.topics[: max(0, room)]
        room -= len(shown)
        blocks += [_topic(topic, one) for topic, _ in shown]
        if left := len(one.topics) - len(shown):
            blocks.append(context(f"… and {left} more: `/news list`"))
    if len(seen) > CHANNELS:
        blocks.append(context(f"… and {len(seen) - CHANNELS} more channels: `/news list`"))
    if not seen:
        blocks.append(section(_NOTHING))
    blocks += [divider(), hello_buttons(), divider(), section(_own(overview.own)), context(_NEXT)]
    return _view(blocks)


_NOTHING = (
    "Nothing is watched in a channel that you see. Watch a topic, and its channel gets one message"
    " per story, which grows as more outlets report it."
)
_NEXT = "In any channel: `/news watch`, `/news test`, `/news latest`, `/news story`, `/news help`"


def _feeds(overview: Overview) -> str:
    if not overview.feeds:
        return "No feed is read yet: `/news feed add https://outlet.example/rss`"
    count = f"{overview.feeds} feed{'s' if overview.feeds != 1 else ''} read"
    if not overview.failing:
        return f"{count}{DOT}all well"
    named = ", ".join(inert(cut(one, _NAME)) for one in overview.failing[:3])
    more = f" and {len(overview.failing) - 3} more" if len(overview.failing) > 3 else ""
    return f"{count}{DOT}in trouble: {named}{more}{DOT}`/news feed health`"


def _channel(one: Hearing) -> Json:
    rhythm = describe(one.channel.attention)
    lines = [f"*<#{one.channel.external_id}>*", f"{rhythm[:1].upper()}{rhythm[1:]}"]
    if one.channel.disabled_reason:
        lines.append(f"⚠️ Nothing is sent here: {inert(cut(one.channel.disabled_reason, _QUERY))}")
    if one.feeds:
        lines.append(f"Every article of {one.feeds} feed{'s' if one.feeds != 1 else ''}")
    return _with_button("\n".join(lines), "Settings", SETTINGS, one.channel.external_id)


def _topic(topic: Topic, one: Hearing) -> Json:
    query = "" if topic.query == topic.name else f"  `{_code(topic.query)}`"
    muted = "  (muted)" if topic.muted_until else ""
    said = f"• *{inert(cut(topic.name, _NAME), starts_line=False)}*{query}{muted}"
    value = f"{one.channel.external_id} {topic.name}"
    return _with_button(said, "Edit", EDIT, value)


def _own(own: tuple[Topic, ...]) -> str:
    if not own:
        return "*You* follow nothing in person. `/news follow Witkoff` writes to you directly."
    named = ", ".join(f"“{inert(cut(one.name, _NAME), starts_line=False)}”" for one in own)
    return f"*You* follow {cut(named, 2000)} in direct messages."


def _code(query: str) -> str:
    return inert(cut(query, _QUERY)).replace("`", "'")


def _with_button(text: str, label: str, action: str, value: str) -> Json:
    said = {"type": "plain_text", "text": label, "emoji": False}
    button = {"type": "button", "action_id": action, "text": said, "value": value}
    return {**section(text), "accessory": button}


def _view(blocks: list[Json]) -> Json:
    return {"type": "home", "blocks": blocks}
