"""Who counts as a member, and how a missing scope or a wrong place is told. Asks Slack nothing."""

from __future__ import annotations

from typing import Any

from slack_sdk.errors import SlackApiError

from bot.errors import CommandError
from bot.platforms.slack.failures import code_of, needed_scope
from bot.platforms.slack.scopes import ALL, HOW_TO_ADD
from bot.words import say


def is_full_member(user: dict[str, Any], *, team: str) -> bool:
    """Slack's user object: no guest, no bot, nobody of another organisation, not deactivated.

    Whoever comes from elsewhere by a channel that both share need not be marked as a stranger, so
    the team is looked at as well; in an Enterprise Grid people can be of several.
    https://docs.slack.dev/apis/slack-connect
    """
    outside = ("deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger")
    if any(user.get(flag) for flag in outside):
        return False
    teams = (user.get("enterprise_user") or {}).get("teams") or []
    return user.get("team_id", team) == team or team in teams


def refuse_for_scope(error: SlackApiError) -> None:
    """A missing scope in words for a person; returns for any other error."""
    if code_of(error) != "missing_scope":
        return
    needed = [scope for scope in needed_scope(error).split(",") if scope]
    if needed and not any(scope in ALL for scope in needed):
        raise only_channels() from error  # im:read, mpim:read: not asked for
    scopes = say(" or ").join(scope for scope in needed if scope in ALL) or say("for this")
    raise CommandError(
        say("The Slack app lacks the scope {scopes}.", scopes=scopes), hint=HOW_TO_ADD
    ) from error


def only_channels() -> CommandError:
    return CommandError(
        say("Alerts go to channels, not to direct messages."),
        hint=say("Name a channel, for example: `watch NATO in #general`"),
    )
