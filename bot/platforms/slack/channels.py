"""Channels as Slack knows them: looked up, joined, asked for their members. Posts nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.platforms.slack.failures import code_of

_PAGE = 200
_MOST_PAGES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A channel that the bot can see. `name` is without its #; a direct message has none."""

    id: str
    name: str
    is_private: bool
    is_member: bool
    is_archived: bool
    is_direct: bool = False

    @property
    def label(self) -> str:
        return f"#{self.name}" if self.name else "this direct message"

    @property
    def can_be_joined(self) -> bool:
        """Whether the bot may let itself in: https://docs.slack.dev/reference/methods/conversations.join"""
        return not (self.is_private or self.is_direct or self.is_archived)


def conversation_of(told: dict[str, Any]) -> Conversation:
    """Slack's conversation object."""
    direct = bool(told.get("is_im") or told.get("is_mpim"))
    return Conversation(
        id=told["id"],
        name=str(told.get("name") or "") if not direct else "",
        is_private=bool(told.get("is_private") or told.get("is_group")),
        is_member=direct or bool(told.get("is_member")),
        is_archived=bool(told.get("is_archived")),
        is_direct=direct,
    )


class Channels:
    """Every method raises SlackApiError as the SDK does, and aiohttp's errors."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def get(self, channel_id: str) -> Conversation:
        told = await self._client.conversations_info(channel=channel_id)
        return conversation_of(told["channel"])

    async def find(self, name: str) -> Conversation | None:
        """The channel of that name among those that the bot can see."""
        try:
            return await self._find(name, types="public_channel,private_channel")
        except SlackApiError as error:
            if code_of(error) != "missing_scope":
                raise
        return await self._find(name, types="public_channel")  # without groups:read

    async def _find(self, name: str, *, types: str) -> Conversation | None:
        cursor = ""
        for _ in range(_MOST_PAGES):
            page = await self._client.conversations_list(
                types=types, exclude_archived=True, limit=_PAGE, cursor=cursor or None
            )
            for told in page["channels"]:
                if name in (told.get("name"), told.get("name_normalized")):
                    return conversation_of(told)
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                break
        return None

    async def join(self, channel_id: str) -> bool:
        """Enter a public channel. False if Slack does not let us."""
        try:
            await self._client.conversations_join(channel=channel_id)
        except SlackApiError as error:
            if code_of(error) in ("ratelimited", ""):
                raise
            return False
        return True

    async def has_member(self, channel_id: str, user: str) -> bool:
        cursor = ""
        for _ in range(_MOST_PAGES):
            page = await self._client.conversations_members(
                channel=channel_id, limit=_PAGE, cursor=cursor or None
            )
            if user in page["members"]:
                return True
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                break
        return False
