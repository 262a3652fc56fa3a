"""Where alerts go: the workspace is the tenant, the channel the destination."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit

from bot.model.ids import ChannelId, WorkspaceId


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A destination. `external_id` is the platform's own id for it (a webhook's is its URL)."""

    id: ChannelId
    workspace: WorkspaceId
    platform: PlatformName
    external_id: str
    name: str = ""
    timezone: str | None = None  # None: the workspace's
    snoozed_until: datetime | None = None  # a snooze holds, then summarises
    disabled_reason: str | None = None  # why nothing is sent here until a person acts

    @property
    def label(self) -> str:
        """How people see it. A webhook's path may be a secret, so only its host is shown."""
        if self.platform is PlatformName.WEBHOOK and not self.name:
            return f"{urlsplit(self.external_id).scheme}://{urlsplit(self.external_id).hostname}/…"
        return self.name or self.external_id
