"""Any message -> Discord's payload. Pure: what the adapter posts, and what a preview draws."""

from __future__ import annotations

from dataclasses import replace

from bot.model.alert import Alert, Moved, ThreadReply
from bot.model.digest import Digest, Notice
from bot.model.platform import Message, Payload
from bot.platforms.discord import notes
from bot.platforms.discord.digest import digest_message
from bot.platforms.discord.render import card
from bot.platforms.discord.titles import title_of, topics_of


def rendered(message: Message, *, key: str) -> Payload:
    """The payload; `key` is hidden in it."""
    payload = _drawn(message, key=key)
    return replace(payload, title=title_of(message), topics=topics_of(message))


def _drawn(message: Message, *, key: str) -> Payload:
    match message:
        case Alert():
            return card(message, key=key)
        case Moved():
            return notes.moved(message, key=key)
        case Digest():
            return digest_message(message, key=key)
        case ThreadReply():
            return notes.reply(message, key=key)
        case Notice():
            return notes.notice(message, key=key)
