"""One Web API call as its method sees it: arguments, token, scopes, the channel it names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.servers.slack.state import Channel, Slack, SlackError, Team, Token, found

if TYPE_CHECKING:
    from tests.servers.slack.desk import Desk
    from tests.servers.slack.records import Json

FAMILIES = ("channels", "groups", "im")


class RateLimited(Exception):
    """429 with Retry-After, in seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    method: str
    args: Json
    token: Token
    desk: Desk

    @property
    def base(self) -> str:
        return self.desk.base

    @property
    def slack(self) -> Slack:
        return self.desk.slack

    @property
    def team(self) -> Team:
        return self.slack.teams[self.token.team]

    def text(self, key: str, error: str = "invalid_arguments") -> str:
        """A required argument as text."""
        value = self.args.get(key)
        if value in (None, ""):
            raise SlackError(error, messages=[f"missing required field: {key}"])
        return str(value)

    def flag(self, key: str, *, default: bool = False) -> bool:
        """A boolean: JSON sends true, a form "true" or "1"."""
        value = self.args.get(key)
        return default if value is None else value in (True, "true", "True", "1", 1)

    def number(self, key: str, default: int) -> int:
        try:
            return int(self.args.get(key) or default)
        except ValueError:
            raise SlackError("invalid_arguments") from None

    def need(self, *scopes: str) -> None:
        """Refuse unless the token has one of these scopes."""
        if not self.token.scopes.intersection(scopes):
            provided = ",".join(sorted(self.token.scopes))
            raise SlackError("missing_scope", needed=",".join(scopes), provided=provided)

    def readable(self, action: str) -> Channel:
        """The channel that the call names, if the scopes let the bot `read` it or its history.

        Slack hides what the bot is not in: an unseen private channel is `channel_not_found`.
        """
        self.need(*(f"{family}:{action}" for family in FAMILIES))
        channel = self.channel(self.text("channel", "channel_not_found"))
        self.need(f"{channel.family}:{action}")
        return channel

    def channel(self, name: str) -> Channel:
        """By id; a private one only if the bot is in it."""
        channel = found(self.slack.channels, name, "channel_not_found")
        hidden = channel.family != "channels" and not self.is_member(channel)
        if channel.deleted or channel.team != self.token.team or hidden:
            raise SlackError("channel_not_found")
        return channel

    def is_member(self, channel: Channel) -> bool:
        return self.team.bot_user in channel.members
