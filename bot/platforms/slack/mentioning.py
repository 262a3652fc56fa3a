"""Whether somebody may have a person or a user group pinged in a channel. Asks Slack, pings nobody.

Slack lets every full member mention a user group or a colleague; guests may not ask for it here.
A person must be able to read the channel; @here, @channel and @everyone are never pinged.
"""

from __future__ import annotations

from dataclasses import replace

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.commands.caller import Caller
from bot.commands.terms import Terms
from bot.errors import CommandError
from bot.model.mention import Mention, MentionKind
from bot.platforms.slack.channels import Channels
from bot.platforms.slack.failures import code_of
from bot.platforms.slack.members import is_full_member, refuse_for_scope
from bot.platforms.slack.targets import Target, TargetKind
from bot.words import say


class Mentioning:
    """Every method raises CommandError for what may not be, and SlackApiError as the SDK does."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._channels = Channels(client)

    async def may_mention(self, target: Target, caller: Caller, terms: Terms) -> Terms:
        """`terms` with the mention that is meant. `caller` is a full member, and `caller.here` the
        channel where it will be pinged."""
        match target.kind:
            case TargetKind.NOBODY:
                return replace(terms, no_mention=True)
            case TargetKind.EVERYBODY:
                raise CommandError(
                    say("I never ping everybody at once."),
                    hint=say("Name a user group or a person."),
                )
            case TargetKind.NAMED:
                raise CommandError(
                    say("I cannot tell who @{name} is.", name=target.name),
                    hint=say("Type @ and choose the name from Slack’s list."),
                )
            case TargetKind.USER:
                name = await self._person(target, caller)
                mention = Mention(kind=MentionKind.USER, external_id=target.id)
            case TargetKind.GROUP:
                name = await self._group(target)
                mention = Mention(kind=MentionKind.GROUP, external_id=target.id)
        return replace(terms, mention=mention, mentioned=f"@{name}")

    async def _person(self, target: Target, caller: Caller) -> str:
        try:
            told = (await self._client.users_info(user=target.id))["user"]
        except SlackApiError as error:
            refuse_for_scope(error)
            if code_of(error) not in ("user_not_found", "user_not_visible"):
                raise
            raise _unknown(say("a person with the id {id}", id=target.id)) from error
        name = str(told.get("name") or target.name or target.id)
        if told.get("deleted") or told.get("is_bot"):
            raise _unknown(say("a person who reads along as @{name}", name=name))
        may_not_see = not is_full_member(
            told, team=caller.workspace.external_id
        ) or await self._is_private(caller)
        if may_not_see and not await self._channels.has_member(caller.here.external_id, target.id):
            raise CommandError(
                say("@{name} cannot read {channel}.", name=name, channel=caller.here.name),
                hint=say("Invite them into the channel first."),
            )
        return name

    async def _is_private(self, caller: Caller) -> bool:
        return (await self._channels.get(caller.here.external_id)).is_private

    async def _group(self, target: Target) -> str:
        try:
            told = await self._client.usergroups_list(include_disabled=False)
        except SlackApiError as error:
            refuse_for_scope(error)
            raise
        for group in told["usergroups"]:
            if group["id"] == target.id:
                return str(group.get("handle") or target.name or target.id)
        raise _unknown(say("a user group @{name}", name=target.name or target.id))


def _unknown(whom: str) -> CommandError:
    return CommandError(
        say("There is not {whom} in this workspace.", whom=whom),
        hint=say("Type @ and choose the name from Slack’s list."),
    )
