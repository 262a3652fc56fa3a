"""Slack's own word that the app, its token or a channel is gone. Decides nothing."""

from __future__ import annotations

from typing import Any

from slack_bolt.app.async_app import AsyncApp

from bot.platforms.lost import Lost, OnLost

GONE = {
    "channel_archive": "the channel was archived",
    "channel_deleted": "the channel was deleted",
    "group_archive": "the channel was archived",
    "group_deleted": "the channel was deleted",
    "channel_left": "the bot was removed from the channel",
    "group_left": "the bot was removed from the channel",
}
"""By the event's type: https://docs.slack.dev/reference/events"""


def register(app: AsyncApp, on_lost: OnLost, *, bot_user: str) -> None:
    """Listen to every one of them; they are acknowledged first, and told once each."""

    async def uninstalled(body: dict[str, Any]) -> None:
        await on_lost(Lost(workspace=body["team_id"], reason="the app was uninstalled"))

    async def revoked(body: dict[str, Any], event: dict[str, Any]) -> None:
        if bot_user in (event.get("tokens") or {}).get("bot", ()):
            await on_lost(Lost(workspace=body["team_id"], reason="the bot's token was revoked"))

    async def gone(body: dict[str, Any], event: dict[str, Any]) -> None:
        lost = Lost(workspace=body["team_id"], channel=event["channel"], reason=GONE[event["type"]])
        await on_lost(lost)

    app.event("app_uninstalled")(uninstalled)
    app.event("tokens_revoked")(revoked)
    for kind in GONE:
        app.event(kind)(gone)
