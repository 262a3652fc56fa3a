"""Who may do what where, computed as Discord documents it; knows nothing of HTTP.

https://discord.com/developers/docs/topics/permissions#permission-overwrites
"""

from __future__ import annotations

from enum import IntFlag
from typing import TYPE_CHECKING

from tests.servers.discord.records import missing_access, missing_permissions

if TYPE_CHECKING:
    from tests.servers.discord.state import Channel, Guild, Member, World


class Permission(IntFlag):
    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    CONNECT = 1 << 20
    MANAGE_ROLES = 1 << 28
    MANAGE_WEBHOOKS = 1 << 29
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    CREATE_PRIVATE_THREADS = 1 << 36
    SEND_MESSAGES_IN_THREADS = 1 << 38


EVERYTHING = (1 << 53) - 1
# What a new guild's @everyone may do, as far as it matters here.
EVERYONE = int(
    Permission.ADD_REACTIONS
    | Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.MENTION_EVERYONE
    | Permission.CONNECT
    | Permission.USE_APPLICATION_COMMANDS
    | Permission.CREATE_PUBLIC_THREADS
    | Permission.CREATE_PRIVATE_THREADS
    | Permission.SEND_MESSAGES_IN_THREADS
)


def parse(value: str | int | list[str]) -> int:
    """A bit set from a number or from names: `["VIEW_CHANNEL", "SEND_MESSAGES"]`."""
    if isinstance(value, list):
        return int(sum({Permission[name.upper()] for name in value}))
    return int(value)


def in_guild(guild: Guild, member: Member) -> int:
    if member.user_id == guild.owner_id:
        return EVERYTHING
    allowed = guild.roles[guild.id].permissions
    for role in member.roles:
        allowed |= guild.roles[role].permissions
    if member.granted is not None:
        allowed |= member.granted
    return EVERYTHING if allowed & Permission.ADMINISTRATOR else allowed


def in_channel(world: World, channel: Channel, user_id: str) -> int:
    """The user's permissions in a channel, thread or DM; 0 for a stranger."""
    if channel.guild_id is None:
        return EVERYTHING & ~Permission.ADMINISTRATOR if user_id in channel.recipients else 0
    guild = world.guilds.get(channel.guild_id)
    member = guild.members.get(user_id) if guild else None
    if guild is None or member is None:
        return 0
    allowed = in_guild(guild, member)
    if allowed == EVERYTHING:
        return allowed
    place = (
        world.channels[channel.parent_id] if channel.is_thread and channel.parent_id else channel
    )
    return _overwritten(allowed, place, guild.id, member)


def _overwritten(allowed: int, channel: Channel, everyone: str, member: Member) -> int:
    """@everyone's overwrite, then all role overwrites at once, then the member's own."""
    overwrites = channel.overwrites
    if not overwrites:
        return allowed
    if everyone in overwrites:
        allowed = allowed & ~overwrites[everyone].deny | overwrites[everyone].allow
    roles = [overwrites[role] for role in member.roles if role in overwrites]
    for overwrite in roles:
        allowed &= ~overwrite.deny
    for overwrite in roles:
        allowed |= overwrite.allow
    if member.user_id in overwrites:
        own = overwrites[member.user_id]
        allowed = allowed & ~own.deny | own.allow
    return allowed


def require(world: World, channel: Channel, *needed: Permission) -> int:
    """The bot's permissions here, or the refusal Discord would send.

    An invisible channel is "Missing Access" whatever else is missing.
    """
    allowed = in_channel(world, channel, world.application.bot_id)
    if not allowed & Permission.VIEW_CHANNEL:
        raise missing_access()
    for permission in needed:
        if not allowed & permission:
            raise missing_permissions()
    return allowed
