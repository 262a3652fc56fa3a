"""The message shortcuts "Why this?" and "Watch this story": on our alerts, and on any message with
a link. Keeps nothing.

What a shortcut is about is read from the message that Slack sends along.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from slack_bolt.app.async_app import AsyncApp

from bot.commands.caller import Destination, Reply
from bot.commands.desk import Commands
from bot.errors import CommandError
from bot.model.channel import PlatformName
from bot.platforms.slack.answers import Ack, Answers, Respond
from bot.platforms.slack.blocks import Json
from bot.platforms.slack.callers import Callers
from bot.platforms.slack.render import key_of
from bot.words import say

WHY_THIS, WATCH_STORY = "ww_why_this", "ww_watch_story"
"""As docs/slack-manifest.yaml calls them."""
_LINK = re.compile(r"<(https?://[^<>|\s]+)(?:\|[^<>]*)?>")
_DEEPEST = 12


def register(app: AsyncApp, answers: Answers, shortcuts: Shortcuts) -> None:
    """Answer in private, to the person who asked."""

    @app.message_shortcut(WHY_THIS)
    async def why(ack: Ack, respond: Respond, body: dict[str, Any]) -> None:
        await answers.give(ack, respond, partial(shortcuts.why, body), what="why this")

    @app.message_shortcut(WATCH_STORY)
    async def watch(ack: Ack, respond: Respond, body: dict[str, Any]) -> None:
        await answers.give(ack, respond, partial(shortcuts.watch, body), what="watch this story")


class Shortcuts:
    """What people ask of a message."""

    def __init__(self, commands: Commands, callers: Callers, *, bot_user: str, bot_id: str) -> None:
        self._commands = commands
        self._callers = callers
        self._ours = {bot_user, bot_id}

    async def why(self, body: Json) -> Reply:
        """Of an alert: why it came. Of any other message: what became of the link in it.

        As the button and the command do: whoever sees an alert may ask why, and full members
        about any link. Raises CommandError for a message that has neither.
        """
        user, here, key = self._asked(body)
        if key:
            return await self._commands.alerts.why(self._callers.anyone(user, here), key)
        url = _link_in(body, say("`why https://outlet.example/story` asks by its address."))
        return await self._commands.why.why(await self._callers.member(user, here), url)

    async def watch(self, body: Json) -> Reply:
        """Tell the person how the story of the alert, or of the link, goes on; or stop.

        For full members, as `follow` is. Raises CommandError as `why` does.
        """
        user, here, key = self._asked(body)
        caller = await self._callers.member(user, here)
        if key:
            return await self._commands.story_follows.of_alert(caller, key)
        url = _link_in(body, say("`latest` lists what was told here."))
        return await self._commands.story_follows.of_link(caller, url)

    def _asked(self, body: Json) -> tuple[str, Destination, str]:
        """Who asked, where, and the alert's key if the message is one."""
        message, channel = body["message"], body.get("channel") or {}
        name = channel.get("name") or ""
        here = Destination(
            platform=PlatformName.SLACK,
            external_id=channel.get("id", ""),
            name=f"#{name}" if name else "this channel",
        )
        return body["user"]["id"], here, key_of(message) if self._is_ours(message) else ""

    def _is_ours(self, message: Json) -> bool:
        """Another app's message may look like ours: only who posted it tells."""
        return bool(self._ours & {message.get("user"), message.get("bot_id")})


def _link_in(body: Json, next_step: str) -> str:
    url = next(links_of(body["message"]), "")
    if not url:
        raise CommandError(
            say("This message is no alert of mine, and there is no link in it."),
            hint=say("Choose one with a link to an article.") + f" {next_step}",
        )
    return url


def links_of(message: Json) -> Iterator[str]:
    """Addresses in a message, in reading order: those of its blocks, then those of its text."""
    yield from _in_blocks(message.get("blocks") or [], _DEEPEST)
    yield from (_address(found) for found in _LINK.findall(str(message.get("text") or "")))


def _in_blocks(part: object, depth: int) -> Iterator[str]:
    if depth == 0:
        return
    if isinstance(part, list):
        for one in part:
            yield from _in_blocks(one, depth - 1)
    elif isinstance(part, dict):
        url = part.get("url")
        if part.get("type") == "link" and isinstance(url, str) and url.startswith("http"):
            yield url
        elif part.get("type") == "mrkdwn":
            yield from (_address(found) for found in _LINK.findall(str(part.get("text") or "")))
        else:
            yield from _in_blocks(list(part.values()), depth - 1)


def _address(found: str) -> str:
    return found.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
