"""What a message is called where it is a post of its own: a forum's posts have names. Pure."""

from __future__ import annotations

from bot.model.alert import Alert
from bot.model.digest import Digest, Notice
from bot.model.platform import Message
from bot.model.text import flat
from bot.platforms.discord.markdown import clean, units
from bot.platforms.discord.render import UNTITLED

MOST_NAME = 100
"""https://discord.com/developers/docs/resources/channel#channel-object: `name`."""


def title_of(message: Message) -> str:
    """The headline, or the title; of one line, what it says. No markup is read in a name."""
    match message:
        case Alert():
            said = flat(message.headline)
        case Digest() | Notice():
            said = message.title
        case _:
            said = flat(message.line)
    return _cut(clean(said)) or UNTITLED


def topics_of(message: Message) -> tuple[str, ...]:
    """The topics that it is about."""
    match message:
        case Alert():
            return message.topics
        case Digest():
            return tuple(dict.fromkeys(group.topic for group in message.groups))
        case _:
            return ()


def is_renamed(old: str, new: str) -> bool:
    """Whether people would read another name: not for a comma, or a capital letter."""
    return _letters(old) != _letters(new)


def _letters(name: str) -> list[str]:
    return "".join(ch if ch.isalnum() else " " for ch in name.casefold()).split()


def _cut(name: str) -> str:
    """At a word, if there is one near the end."""
    if units(name) <= MOST_NAME:
        return name
    kept = name[: MOST_NAME - 1]
    while units(kept) > MOST_NAME - 1:
        kept = kept[:-1]
    at_word = kept.rpartition(" ")[0]
    return f"{(at_word if len(at_word) > MOST_NAME // 2 else kept).rstrip()}…"
