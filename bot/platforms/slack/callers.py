"""Who asks, about which channel, and whether they and the bot may. Raises CommandError if not.

Whoever is a full member of the workspace may ask and change things; guests may not, for the lists
name channels that they do not see. In a private channel one must be a member of it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.commands.caller import Caller, Destination, Reply
from bot.errors import CommandError
from bot.model.channel import PlatformName, Workspace
from bot.model.ids import WorkspaceId
from bot.model.text import plain
from bot.platforms.slack.channels import Channels, Conversation
from bot.platforms.slack.client import Identity
from bot.platforms.slack.failures import code_of
from bot.platforms.slack.members import is_full_member, only_channels, refuse_for_scope
from bot.platforms.slack.mentioning import Mentioning
from bot.platforms.slack.orders import Place
from bot.words import say

_UNSEEN = {"channel_not_found", "not_in_channel"}
_UNKNOWN = {"user_not_found", "user_not_visible"}
"""What Slack says of people of elsewhere whom this workspace does not see."""


def workspace_of(identity: Identity) -> Workspace:
    """The tenant that the bot token belongs to."""
    return Workspace(
        id=WorkspaceId(f"{PlatformName.SLACK}:{identity.team_id}"),
        platform=PlatformName.SLACK,
        external_id=identity.team_id,
        name=identity.team,
    )


class Callers:
    """Makes the Caller of a command or a button. `here` is where it was typed or pressed."""

    def __init__(self, client: AsyncWebClient, identity: Identity) -> None:
        self._client = client
        self._channels = Channels(client)
        self._identity = identity
        self.mentioning = Mentioning(client)

    def anyone(self, user: str, here: Destination) -> Caller:
        """Nothing is checked: for what everybody who sees the message may ask."""
        return Caller(workspace=workspace_of(self._identity), here=here, user=user)

    async def member(self, user: str, here: Destination) -> Caller:
        """A full member of the workspace."""
        await self._full_member(user)
        return self.anyone(user, here)

    async def administrator(self, user: str, here: Destination) -> Caller:
        """An admin or owner of the workspace."""
        told = await self._full_member(user)
        if not (told.get("is_admin") or told.get("is_owner")):
            raise CommandError(
                say("Only admins of this workspace may do that."),
                hint=say("Ask one of them, or whoever runs the bot."),
            )
        return self.anyone(user, here)

    async def _full_member(self, user: str) -> dict[str, Any]:
        """As Slack tells of them."""
        try:
            told = await self._client.users_info(user=user)
        except SlackApiError as error:
            refuse_for_scope(error)
            if code_of(error) not in _UNKNOWN:
                raise
            raise _no_member() from error
        person: dict[str, Any] = told["user"]
        if not is_full_member(person, team=self._identity.team_id):
            raise _no_member()
        return person

    async def manager(self, user: str, here: Destination, place: Place | None) -> Caller:
        """A full member who may decide for the channel that is meant, whether or not the bot is
        in it: enough to stop something there."""
        caller = await self.member(user, here)
        if place is None:
            return caller
        channel = await self._resolve(place)
        await self._check_membership(channel, user, here)
        return self.anyone(user, _destination(channel))

    async def poster(self, user: str, here: Destination, place: Place | None) -> Caller:
        """The same, in a channel that the bot can post to: it joins a public one."""
        await self.member(user, here)
        channel = await self._resolve(place or Place(id=here.external_id))
        await self._check_membership(channel, user, here)
        if channel.is_archived:
            raise CommandError(
                say("{channel} is archived.", channel=channel.label),
                hint=say("Unarchive it, or name another channel."),
            )
        if not channel.is_member and not (
            channel.can_be_joined and await self._channels.join(channel.id)
        ):
            raise CommandError(
                say("I am not in {channel}.", channel=channel.label),
                hint=self._invite(channel.label),
            )
        return self.anyone(user, _destination(channel))

    async def hand_over(self, user: str, reply: Reply) -> Reply:
        """The reply's file into the person's direct messages: a private answer holds none."""
        if reply.file is None:
            return reply
        try:
            opened = await self._client.conversations_open(users=user)
            await self._client.files_upload_v2(
                channel=opened["channel"]["id"],
                filename=reply.file.name,
                title=reply.title,
                content=reply.file.content,
            )
        except SlackApiError as error:
            refuse_for_scope(error)
            raise
        return replace(
            reply, lines=(*reply.lines, plain(say("It is in your direct messages with me.")))
        )

    async def _resolve(self, place: Place) -> Conversation:
        """The channel, if the bot can see it: private ones it sees only from inside."""
        shown = f"#{place.name}" if place.name else say("this channel")
        if place.id.startswith("D"):
            raise only_channels()
        try:
            if place.id:
                return await self._channels.get(place.id)
            found = await self._channels.find(place.name)
        except SlackApiError as error:
            refuse_for_scope(error)
            if code_of(error) not in _UNSEEN:
                raise
            found = None
        if found is None:
            raise CommandError(say("I cannot see {shown}.", shown=shown), hint=self._invite(shown))
        return found

    async def _check_membership(self, channel: Conversation, user: str, here: Destination) -> None:
        """Who types in a private channel is in it; of another one Slack has to be asked."""
        if not channel.is_private or channel.id == here.external_id:
            return
        if not await self._channels.has_member(channel.id, user):
            raise CommandError(
                say("You are not a member of {channel}.", channel=channel.label),
                hint=say("Only its members may decide what is posted there."),
            )

    def _invite(self, shown: str) -> str:
        return say(
            "Type /invite @{name} in {shown}, then the command again.",
            name=self._identity.name,
            shown=shown,
        )


def _no_member() -> CommandError:
    return CommandError(
        say("Only full members of this workspace may do that."),
        hint=say("Ask a colleague who is not a guest here."),
    )


def _destination(channel: Conversation) -> Destination:
    return Destination(platform=PlatformName.SLACK, external_id=channel.id, name=channel.label)
