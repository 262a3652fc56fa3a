"""Who counts as a member, and how a missing scope or a wrong place is told. Asks Slack nothing."""

from __future__ import annotations

from typing import Any

from slack_sdk.errors import SlackApiError

from bot.errors import CommandError
from bot.platforms.slack.failures import code_of, needed_scope
from bot.platforms.slack.scopes import ALL, HOW_TO_ADD


def is_full_member(user: dict[str, Any]) -> bool:
    """Slack's user object: no guest, no bot, nobody of another organisation, not deactivated."""
    outside = ("deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger")
    return not any(user.get(flag) for flag in outside)


def refuse_for_scope(error: SlackApiError) -> None:
    """A missing scope in words for a person; returns for any other error."""
    if code_of(error) != "missing_scope":
        return
    needed = [scope for scope in needed_scope(error).split(",") if scope]
    if needed and not any(scope in ALL for scope in needed):
        raise only_channels() from error  # im:read, mpim:read: not asked for
    scopes = " or ".join(scope for scope in needed if scope in ALL) or "for this"
    raise CommandError(f"The Slack app lacks the scope {scopes}.", hint=HOW_TO_ADD) from error


def only_channels() -> CommandError:
    return CommandError(
        "Alerts go to channels, not to direct messages.",
        hint="Name a channel, for example: `watch NATO in #general`",
    )
