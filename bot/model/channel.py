"""Where alerts go: the workspace is the tenant, the channel the destination."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit

from bot.model.attention import Attention
from bot.model.ids import ChannelId, WorkspaceId

DIRECT = "user:"
"""Before a person's id, it makes the `external_id` of the direct messages with them."""


class PlatformName(StrEnum):
    """The platforms there are adapters for."""

    CONSOLE = "console"
    WEBHOOK = "webhook"
    DISCORD = "discord"
    SLACK = "slack"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A tenant: this installation ("local"), a Discord guild or a Slack team."""

    id: WorkspaceId
    platform: PlatformName
    external_id: str
    name: str = ""
    timezone: str = "UTC"
    notices_to: str = ""  # the external id of the channel for notices; "": to whoever added it
    language: str = ""  # in which it is spoken to; "": English, and to each person in their own


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A destination. `external_id` is the platform's own id for it (a webhook's is its URL), or
    "user:" and a person's id for direct messages; "user:ID@WORKSPACE" for what the person follows
    there, so that two workspaces can tell one person."""

    id: ChannelId
    workspace: WorkspaceId
    platform: PlatformName
    external_id: str
    name: str = ""
    attention: Attention = field(default_factory=Attention)
    muted_until: datetime | None = None  # a mute discards and records
    snoozed_until: datetime | None = None  # a snooze holds, then summarises
    disabled_reason: str | None = None  # why nothing is sent here until a person acts
    added_by: str = ""  # the platform's id of the person who last put something here
    language: str = ""  # its workspace's

    @property
    def person(self) -> str:
        """Whose direct messages these are, as the platform's id; "" for any other channel."""
        if not self.external_id.startswith(DIRECT):
            return ""
        return self.external_id[len(DIRECT) :].partition("@")[0]

    @property
    def label(self) -> str:
        """How people see it. A webhook's path may be a secret, so only its host is shown."""
        if self.platform is PlatformName.WEBHOOK and not self.name:
            return f"{urlsplit(self.external_id).scheme}://{urlsplit(self.external_id).hostname}/…"
        return self.name or self.external_id
