"""How things look on the wire: users, members, guilds, channels. Pure, nothing is changed.

Every required key of the OpenAPI document is here, so that each reply passes it.
"""

from __future__ import annotations

from tests.servers.discord.permissions import EVERYTHING, in_channel, in_guild
from tests.servers.discord.records import Json
from tests.servers.discord.state import (
    DM,
    FORUMS,
    VOICES,
    Channel,
    Guild,
    Member,
    Role,
    User,
    World,
)

# https://discord.com/developers/docs/resources/application#application-object-application-flags
# (the _LIMITED flags: what an application in fewer than 100 guilds gets from the portal's switch)
APPLICATION_FLAGS = {"presences": 1 << 13, "members": 1 << 15, "message_content": 1 << 19}


def user(each: User) -> Json:
    return {
        "id": each.id,
        "username": each.name,
        "global_name": None,
        "discriminator": "0",
        "avatar": None,
        "bot": each.bot,
        "public_flags": 0,
        "flags": 0,
        "primary_guild": None,
    }


def me(world: World) -> Json:
    own = user(world.users[world.application.bot_id])
    return own | {"mfa_enabled": True, "locale": "en-US", "verified": True, "email": None}


def application_flags(world: World) -> int:
    return sum(APPLICATION_FLAGS[name] for name in world.settings.privileged)


def application(world: World) -> Json:
    own = world.application
    flags = application_flags(world)
    return {
        "id": own.id,
        "name": own.name,
        "icon": None,
        "description": "",
        "type": None,
        "bot": user(world.users[own.bot_id]),
        "bot_public": False,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": flags,
        "flags_new": str(flags),
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "owner": user(world.users[own.owner_id]),
        "approximate_guild_count": len(world.bot_guilds()),
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": None,
        "eligible_oauth2_scopes": [],
    }


def role(each: Role) -> Json:
    return {
        "id": each.id,
        "name": each.name,
        "permissions": str(each.permissions),
        "position": each.position,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": each.managed,
        "mentionable": each.mentionable,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    }


def member(world: World, each: Member) -> Json:
    return {
        "user": user(world.users[each.user_id]),
        "nick": each.nick,
        "avatar": None,
        "banner": None,
        "roles": list(each.roles),
        "joined_at": each.joined_at,
        "premium_since": None,
        "communication_disabled_until": None,
        "pending": False,
        "mute": False,
        "deaf": False,
        "flags": 0,
    }


def channel(world: World, each: Channel) -> Json:
    """A guild's channel, a thread or a DM, whichever it is."""
    if each.guild_id is None:
        bot_id = world.application.bot_id
        others = [user(world.users[person]) for person in each.recipients if person != bot_id]
        return _any_channel(each) | {"recipients": others}
    own: Json = _any_channel(each) | {
        "guild_id": each.guild_id,
        "name": each.name,
        "parent_id": each.parent_id,
        "rate_limit_per_user": 0,
    }
    return own | (_thread(each) if each.is_thread else _guild_channel(each))


def _any_channel(each: Channel) -> Json:
    shown: Json = {"id": each.id, "type": each.type, "flags": each.flags}
    return shown | {"last_message_id": each.last_message_id}


def _guild_channel(each: Channel) -> Json:
    own: Json = {
        "topic": each.topic,
        "position": each.position,
        "nsfw": False,
        "permission_overwrites": [
            {"id": o.id, "type": o.type, "allow": str(o.allow), "deny": str(o.deny)}
            for o in each.overwrites.values()
        ],
    }
    if each.type in VOICES:
        own |= {"bitrate": 64_000, "user_limit": 0, "rtc_region": None}
    if each.type in FORUMS:
        own |= {
            "available_tags": each.tags,
            "default_reaction_emoji": None,
            "default_sort_order": None,
            "default_forum_layout": 0,
        }
    return own


def _thread(each: Channel) -> Json:
    posted = len(each.messages)
    return {
        "owner_id": each.owner_id,
        "applied_tags": each.applied_tags,
        "thread_metadata": {
            "archived": each.archived,
            "archive_timestamp": each.archived_at,
            "auto_archive_duration": each.auto_archive,
            "locked": each.locked,
            "create_timestamp": each.created_at,
        },
        "message_count": sum(message.deleted_at is None for message in each.messages.values()),
        "member_count": 1,
        "total_message_sent": posted,
    }


def thread_member(world: World, each: Channel) -> Json:
    return {
        "id": each.id,
        "user_id": world.application.bot_id,
        "join_timestamp": each.created_at,
        "flags": 0,
    }


def guild(world: World, each: Guild) -> Json:
    """As GET /guilds/{id} has it: no channels, no members."""
    return {
        "id": each.id,
        "name": each.name,
        "icon": None,
        "description": None,
        "home_header": None,
        "splash": None,
        "discovery_splash": None,
        "features": [],
        "banner": None,
        "owner_id": each.owner_id,
        "application_id": None,
        "region": "deprecated",
        "afk_channel_id": None,
        "afk_timeout": 300,
        "system_channel_id": None,
        "system_channel_flags": 0,
        "widget_enabled": False,
        "widget_channel_id": None,
        "verification_level": 0,
        "roles": [role(one) for one in each.roles.values()],
        "default_message_notifications": 0,
        "mfa_level": 0,
        "explicit_content_filter": 0,
        "max_presences": None,
        "max_members": 500_000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "vanity_url_code": None,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "preferred_locale": each.locale,
        "rules_channel_id": None,
        "safety_alerts_channel_id": None,
        "public_updates_channel_id": None,
        "premium_progress_bar_enabled": False,
        "nsfw": False,
        "nsfw_level": 0,
        "emojis": [],
        "stickers": [],
        "incidents_data": None,
    }


def guild_joined(world: World, each: Guild) -> Json:
    """Of a guild that the bot was just invited to: `unavailable` is left out, and only then. It is
    what discord.py tells a new guild from one that is back by (state.py, parse_guild_create)."""
    create = guild_create(world, each)
    return {name: value for name, value in create.items() if name != "unavailable"}


def guild_create(world: World, each: Guild) -> Json:
    """As the gateway has it; without the members intent, only the bot is a listed member."""
    bot = each.members[world.application.bot_id]
    places = [world.channels[channel_id] for channel_id in each.channels]
    places = [place for place in places if not place.deleted]
    return guild(world, each) | {
        "joined_at": bot.joined_at,
        "large": False,
        "unavailable": False,
        "member_count": len(each.members),
        "members": [member(world, bot)],
        "channels": [channel(world, place) for place in places if not place.is_thread],
        "threads": [
            channel(world, place) for place in places if place.is_thread and not place.archived
        ],
        "voice_states": [],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def my_guild(world: World, each: Guild) -> Json:
    """As GET /users/@me/guilds has it."""
    bot = each.members[world.application.bot_id]
    return {
        "id": each.id,
        "name": each.name,
        "icon": None,
        "banner": None,
        "owner": each.owner_id == bot.user_id,
        "permissions": str(in_guild(each, bot)),
        "features": [],
    }


def interaction_place(world: World, place: Channel, person: User) -> Json:
    """The parts of an interaction that say who is where and may do what."""
    bot_id = world.application.bot_id
    seen: Json = channel(world, place)
    seen["permissions"] = str(in_channel(world, place, person.id))
    if place.guild_id is None:
        return {
            "channel": seen,
            "channel_id": place.id,
            "user": user(person),
            "app_permissions": str(EVERYTHING),
            "context": 1 if place.type == DM else 2,
            "authorizing_integration_owners": {"0": "0"},
        }
    owner = world.guilds[place.guild_id]
    acting = member(world, owner.members[person.id]) | {"permissions": seen["permissions"]}
    return {
        "channel": seen,
        "channel_id": place.id,
        "guild": {"id": owner.id, "locale": owner.locale, "features": []},
        "guild_id": owner.id,
        "guild_locale": owner.locale,
        "member": acting,
        "app_permissions": str(in_channel(world, place, bot_id)),
        "context": 0,
        "authorizing_integration_owners": {"0": owner.id},
    }
