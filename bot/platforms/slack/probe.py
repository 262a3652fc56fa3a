"""A channel looked at as we would post there: its name, its team, and what stands in the way."""

from __future__ import annotations

from slack_sdk.errors import SlackApiError

from bot.errors import FailureClass, Permanent, Retryable
from bot.model.platform import Probe
from bot.platforms.slack import scopes
from bot.platforms.slack.channels import Channels, Conversation
from bot.platforms.slack.client import Identity
from bot.platforms.slack.failures import code_of, failure, needed_scope
from bot.platforms.slack.posting import SDK_ERRORS


async def look(channels: Channels, identity: Identity, external_id: str) -> Probe:
    """Raises Permanent if the bot cannot see the channel, Retryable if Slack cannot be asked."""
    try:
        channel = await channels.get(external_id)
    except SlackApiError as error:
        code = code_of(error)
        if code == "missing_scope":
            scope = needed_scope(error) or "a scope"
            return _probe(identity, external_id, f"the app lacks {scope}. {scopes.HOW_TO_ADD}")
        if code == "channel_not_found":
            raise Permanent(
                external_id,
                _unseen(identity, external_id),
                failure=FailureClass.GONE,
            ) from error
        raise _told(error, external_id) from error
    except SDK_ERRORS as error:
        raise _told(error, external_id) from error
    return _probe(identity, f"{channel.label} in {identity.team}", *_problems(channel, identity))


def _problems(channel: Conversation, identity: Identity) -> tuple[str, ...]:
    if channel.is_archived:
        return (f"{channel.label} is archived: unarchive it, or choose another channel",)
    may_join = not scopes.missing(identity.scopes, ("channels:join",))
    if channel.is_member or (channel.can_be_joined and may_join):
        return ()
    return (f"the bot is not in {channel.label}: type /invite @{identity.name} there",)


def _probe(identity: Identity, name: str, *problems: str) -> Probe:
    return Probe(
        name=name, workspace=identity.team_id, workspace_name=identity.team, problems=problems
    )


def _unseen(identity: Identity, external_id: str) -> str:
    if not external_id[:1].isupper() or not external_id.isalnum():
        return (
            f"“{external_id}” is not a channel's id: open the channel's details in Slack and copy"
            " the id at the bottom (C…)"
        )
    return (
        f"there is no channel {external_id} that the bot can see; if it is private, type"
        f" /invite @{identity.name} there"
    )


def _told(error: Exception, external_id: str) -> Permanent | Retryable:
    """Nothing was to be posted, so nothing is ambiguous."""
    meant = failure(error, external_id)
    if isinstance(meant, Permanent | Retryable):
        return meant
    return Retryable(external_id, meant.reason)
