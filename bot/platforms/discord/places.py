"""A channel or thread as Discord describes it: may we post there, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass

import discord

from bot.words import say

POSTABLE = frozenset(
    {
        discord.ChannelType.text,
        discord.ChannelType.news,
        discord.ChannelType.voice,
        discord.ChannelType.stage_voice,
        discord.ChannelType.public_thread,
        discord.ChannelType.private_thread,
        discord.ChannelType.news_thread,
        discord.ChannelType.forum,
        discord.ChannelType.media,
    }
)
FORUMS = frozenset({discord.ChannelType.forum, discord.ChannelType.media})
VOICE = frozenset({discord.ChannelType.voice, discord.ChannelType.stage_voice})
THREADS = frozenset(
    {
        discord.ChannelType.public_thread,
        discord.ChannelType.private_thread,
        discord.ChannelType.news_thread,
    }
)
PERMISSIONS_PAGE = "Edit Channel → Permissions"
_NAMES = {
    "view_channel": "View Channel",
    "send_messages": "Send Messages",
    "send_messages_in_threads": "Send Messages in Threads",
    "read_message_history": "Read Message History",
}
_CONNECT = "Connect"


NEEDED = discord.Permissions(**dict.fromkeys(_NAMES, True))


def invite_url(application: int) -> str:
    """Where an administrator adds the bot to a server, with exactly what it needs there."""
    return discord.utils.oauth_url(
        application, permissions=NEEDED, scopes=("bot", "applications.commands")
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A channel with what the bot may do in it; `asker` is what the person who asks may do. A forum
    has `tags`, of which each post may need one."""

    id: int
    name: str
    kind: discord.ChannelType
    bot: discord.Permissions
    asker: discord.Permissions = discord.Permissions.none()  # noqa: RUF009  it is only read
    needs_tag: bool = False
    tags: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return f"#{self.name}" if self.name else say("channel {id}", id=self.id)

    @property
    def is_postable(self) -> bool:
        return self.kind in POSTABLE

    def missing(self) -> list[str]:
        """The names of the permissions without which nothing can be posted."""
        post = ["send_messages_in_threads" if self.kind in THREADS else "send_messages"]
        if self.kind in FORUMS:
            post.append("send_messages_in_threads")  # the replies to what was posted
        missing = [_NAMES[one] for one in ("view_channel", *post) if not getattr(self.bot, one)]
        # Who may not connect to a voice channel may not read or write its chat either.
        return [*missing, _CONNECT] if self.kind in VOICE and not self.bot.connect else missing

    def problems(self) -> list[str]:
        """For a person, each with what to do; [] if all is well."""
        if not self.is_postable:
            kind = self.kind.name.replace("_", " ")
            return [
                say(
                    "{label} is a {kind} channel: choose a text channel, a thread or a forum",
                    label=self.label,
                    kind=kind,
                )
            ]
        missing = self.missing()
        if missing:
            return [
                say(
                    "give the bot {names} in {label} ({permissions_page})",
                    names=say(" and ").join(missing),
                    label=self.label,
                    permissions_page=PERMISSIONS_PAGE,
                )
            ]
        return [] if self.bot.read_message_history else [self.advice()]

    def advice(self) -> str:
        """What goes wrong without the history, which is not needed to post."""
        return say(
            "give the bot Read Message History in {label}: without it, an alert whose"
            " answer was lost in an outage may be posted twice",
            label=self.label,
        )
