"""The control verbs that build and change the world; each announces it on the gateway."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tests.servers.discord import shapes
from tests.servers.discord.channels import Channels
from tests.servers.discord.messages import Messages
from tests.servers.discord.permissions import parse
from tests.servers.discord.records import Json
from tests.servers.discord.state import (
    CHANNEL_TYPES,
    REQUIRE_TAG,
    Channel,
    Guild,
    Member,
    Overwrite,
    Role,
    World,
)


class Arrange:
    def __init__(self, world: World, channels: Channels, messages: Messages) -> None:
        self._world, self._channels, self._messages = world, channels, messages

    def verbs(self) -> dict[str, Callable[[Json], object | Awaitable[object]]]:
        return {
            "add_guild": self.add_guild,
            "change_guild": self.change_guild,
            "add_channel": self.add_channel,
            "change_channel": self.change_channel,
            "delete_channel": self.delete_channel,
            "overwrite": self.overwrite,
            "add_role": self.add_role,
            "change_role": self.change_role,
            "add_member": self.add_member,
            "change_member": self.change_member,
            "remove_member": self.remove_member,
            "open_dm": self.open_dm,
            "delete_message": self.delete_message,
            "set_token": self.set_token,
        }

    def add_guild(self, order: Json) -> str:
        """A guild with the bot in it, and one text channel unless `channel` is empty."""
        world = self._world
        owner = order.get("owner") or world.application.owner_id
        guild = world.add_guild(order["name"], owner, order.get("id", ""))
        name = order.get("channel", "general")
        if name:
            world.add_channel(
                Channel(id=world.snowflakes.next(), type=0, name=name, guild_id=guild.id)
            )
        world.emit("GUILD_CREATE", shapes.guild_joined(world, guild), guild.id)
        return guild.id

    def change_guild(self, order: Json) -> None:
        """`available` False is an outage; `bot` False removes the bot, True invites it again."""
        world, guild = self._world, self._world.guilds[order["guild"]]
        bot_id = world.application.bot_id
        if "name" in order:
            guild.name = order["name"]
            world.emit("GUILD_UPDATE", shapes.guild(world, guild), guild.id)
        if "available" in order:
            guild.available = order["available"]
            if not guild.available:
                world.emit("GUILD_DELETE", {"id": guild.id, "unavailable": True}, guild.id)
        if order.get("bot") is False and bot_id in guild.members:
            del guild.members[bot_id]
            world.emit("GUILD_DELETE", {"id": guild.id}, guild.id)
        if order.get("bot"):
            guild.members[bot_id] = Member(user_id=bot_id)
        if order.get("bot"):
            world.emit("GUILD_CREATE", shapes.guild_joined(world, guild), guild.id)
        elif order.get("available"):
            world.emit("GUILD_CREATE", shapes.guild_create(world, guild), guild.id)

    def add_channel(self, order: Json) -> str:
        world = self._world
        channel = world.add_channel(
            Channel(
                id=order.get("id") or world.snowflakes.next(),
                type=CHANNEL_TYPES[order.get("type", "text")],
                name=order["name"],
                guild_id=order["guild"],
                parent_id=order.get("parent"),
                topic=order.get("topic"),
                owner_id=world.application.owner_id,
                flags=REQUIRE_TAG if order.get("require_tag") else 0,
                tags=[self._tag(name) for name in order.get("tags") or ()],
            )
        )
        event = "THREAD_CREATE" if channel.is_thread else "CHANNEL_CREATE"
        world.emit(event, shapes.channel(world, channel), channel.guild_id)
        return channel.id

    def _tag(self, name: str) -> Json:
        """One of a forum; a name with "!" before it is only for who manages threads."""
        return {
            "id": self._world.snowflakes.next(),
            "name": name.removeprefix("!"),
            "moderated": name.startswith("!"),
            "emoji_id": None,
            "emoji_name": None,
        }

    def change_channel(self, order: Json) -> None:
        channel = self._world.channel(order["channel"])
        for key in ("name", "topic", "archived", "locked", "parent_id"):
            if key in order:
                setattr(channel, key, order[key])
        if "type" in order:
            channel.type = CHANNEL_TYPES[order["type"]]
        self._channels.announce_change(channel)

    def delete_channel(self, order: Json) -> None:
        self._channels.remove(self._world.channel(order["channel"]))

    def overwrite(self, order: Json) -> None:
        """Set a channel's overwrite for a role or member; "everyone" and "bot" are known names."""
        channel = self._world.channel(order["channel"])
        guild = self._world.guilds[channel.guild_id or ""]
        names = {"everyone": guild.id, "bot": self._world.application.bot_id}
        target: str = names.get(order["target"]) or order["target"]
        channel.overwrites[target] = Overwrite(
            id=target,
            type=0 if target in guild.roles else 1,
            allow=parse(order.get("allow", 0)),
            deny=parse(order.get("deny", 0)),
        )
        self._channels.announce_change(channel)

    def add_role(self, order: Json) -> str:
        guild = self._guild(order)
        role = Role(
            id=order.get("id") or self._world.snowflakes.next(),
            name=order["name"],
            permissions=parse(order.get("permissions", 0)),
            position=len(guild.roles),
            mentionable=order.get("mentionable", False),
        )
        guild.roles[role.id] = role
        event = {"guild_id": guild.id, "role": shapes.role(role)}
        self._world.emit("GUILD_ROLE_CREATE", event, guild.id)
        return role.id

    def change_role(self, order: Json) -> None:
        """Give a role (or "everyone") other permissions."""
        guild = self._guild(order)
        role = guild.roles[guild.id if order["role"] == "everyone" else order["role"]]
        role.permissions = parse(order["permissions"])
        event = {"guild_id": guild.id, "role": shapes.role(role)}
        self._world.emit("GUILD_ROLE_UPDATE", event, guild.id)

    def add_member(self, order: Json) -> str:
        """A new person, or `user` who is known already, joins; `permissions` beside the roles'."""
        world, guild = self._world, self._guild(order)
        user_id: str = order.get("user") or world.add_user(order["name"]).id
        granted = None if order.get("permissions") is None else parse(order["permissions"])
        member = Member(user_id=user_id, roles=list(order.get("roles") or []), granted=granted)
        guild.members[user_id] = member
        event = shapes.member(world, member) | {"guild_id": guild.id}
        world.emit("GUILD_MEMBER_ADD", event, guild.id)
        return user_id

    def change_member(self, order: Json) -> None:
        guild = self._guild(order)
        user_id = self._world.application.bot_id if order["user"] == "bot" else order["user"]
        member = guild.members[user_id]
        if "roles" in order:
            member.roles = list(order["roles"])
        if "permissions" in order:
            granted = order["permissions"]
            member.granted = None if granted is None else parse(granted)
        if "dms_open" in order:
            self._world.users[user_id].dms_open = order["dms_open"]
        event = shapes.member(self._world, member) | {"guild_id": guild.id}
        self._world.emit("GUILD_MEMBER_UPDATE", event, guild.id)

    def remove_member(self, order: Json) -> None:
        guild = self._guild(order)
        del guild.members[order["user"]]
        event = {"guild_id": guild.id, "user": shapes.user(self._world.users[order["user"]])}
        self._world.emit("GUILD_MEMBER_REMOVE", event, guild.id)

    def open_dm(self, order: Json) -> str:
        return self._channels.dm(order["user"]).id

    def delete_message(self, order: Json) -> None:
        """As a moderator would."""
        message = self._world.find_message(order["message"])
        if message is None:
            raise ValueError(f"no message {order['message']}")
        self._messages.remove(self._world.channels[message.channel_id], message)

    def set_token(self, order: Json) -> None:
        """Another token: the old one is refused from now on, as after a reset in the portal."""
        self._world.application.token = order["token"]

    def _guild(self, order: Json) -> Guild:
        return self._world.guilds[order["guild"]]
