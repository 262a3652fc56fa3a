"""Whom a message would ping, after `allowed_mentions`; pure.

https://discord.com/developers/docs/resources/message#allowed-mentions-object: without the object
everything is parsed. Stricter than Discord in one point: mentions inside code spans count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tests.servers.discord.components import texts
from tests.servers.discord.permissions import Permission
from tests.servers.discord.records import Json
from tests.servers.discord.state import Channel, World

EVERYONE = re.compile(r"@(everyone|here)")
USER = re.compile(r"<@!?(\d+)>")
ROLE = re.compile(r"<@&(\d+)>")


@dataclass(slots=True)
class Mentions:
    everyone: str = ""  # "@everyone" or "@here"
    users: list[str] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)

    def pings(self) -> list[str]:
        users, roles = (f"<@{each}>" for each in self.users), (f"<@&{each}>" for each in self.roles)
        return [*([self.everyone] if self.everyone else []), *users, *roles]


def read(world: World, channel: Channel, payload: Json, allowed: int) -> Mentions:
    """Embeds never ping, text displays do. `allowed` are the author's permissions."""
    said = "\n".join([payload.get("content") or "", *texts(payload.get("components") or ())])
    found = Mentions()
    policy = payload.get("allowed_mentions")
    if "@" in said:
        _read_text(world, channel, said, policy, allowed, found)
    _read_reply(channel, world, payload, policy, found)
    return found


def _read_text(
    world: World, channel: Channel, said: str, policy: Json | None, allowed: int, found: Mentions
) -> None:
    parse = _parse_list(policy)
    everyone = EVERYONE.search(said)
    may_ping_all = bool(allowed & Permission.MENTION_EVERYONE)
    if everyone and "everyone" in parse and may_ping_all:
        found.everyone = everyone.group()
    for user_id in dict.fromkeys(USER.findall(said)):
        if user_id in world.users and ("users" in parse or user_id in _named(policy, "users")):
            found.users.append(user_id)
    guild = world.guilds.get(channel.guild_id or "")
    for role_id in dict.fromkeys(ROLE.findall(said)):
        role = guild.roles.get(role_id) if guild else None
        if role is None or not (role.mentionable or may_ping_all):
            continue
        if "roles" in parse or role_id in _named(policy, "roles"):
            found.roles.append(role_id)


def _read_reply(
    channel: Channel, world: World, payload: Json, policy: Json | None, found: Mentions
) -> None:
    """A reply pings its addressee unless a policy is given that leaves it out."""
    reference = payload.get("message_reference") or {}
    replied = channel.messages.get(str(reference.get("message_id", "")))
    wanted = policy is None or bool(policy.get("replied_user"))
    if replied is None or not wanted or world.users[replied.author_id].bot:
        return
    if replied.author_id not in found.users:
        found.users.append(replied.author_id)


def _parse_list(policy: Json | None) -> set[str]:
    if policy is None:
        return {"everyone", "users", "roles"}
    return set(policy.get("parse") or ())


def _named(policy: Json | None, key: str) -> set[str]:
    return {str(each) for each in (policy or {}).get(key) or ()}
