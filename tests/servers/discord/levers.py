"""What a test pulls: the world's levers, faults, and the gateway's. Asks the control, typed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any, TypeAlias

from tests.servers.discord.seen import GatewayState, Guild
from tests.servers.process import Process

Permissions: TypeAlias = int | list[str]


class Levers(Process):
    """Ids are strings. A guild left out is the first one, a channel `#news`, a user ben."""

    module = "tests.servers.discord"

    token: str
    application: str  # the bot's user id, too
    guild: str
    channel: str
    admin: str  # ada, who owns the guild
    member: str  # ben
    document: bool  # bodies are checked against Discord's OpenAPI document

    @property
    def api_url(self) -> str:
        return f"{self.base_url}/api/v10"

    @property
    def gateway_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/gateway"

    async def started(self) -> None:
        await self.refresh()

    async def call(self, method: str, path: str, body: Any = None, *, token: str = "") -> Any:
        """A request to the API itself, without discord.py; the reply's JSON, None for none."""
        headers = {"Authorization": f"Bot {token}"} if token else {}
        url = f"{self.base_url}/api/v10{path}"
        async with self._session.request(method, url, json=body, headers=headers) as answer:
            return None if answer.status == 204 else await answer.json()

    async def refresh(self) -> None:
        info = await self.ask("info")
        self.token, self.application = info["token"], info["application"]
        self.document = info["document"]
        first = info["guilds"][0]
        self.guild, self.admin = first["id"], first["owner"]
        self.channel = first["channels"]["news"]
        self.member = info["users"]["ben"]

    # --- the world

    async def settings(self, **changes: Any) -> None:
        """Change fields of `tests.servers.discord.state.Settings`."""
        await self.ask("settings", **changes)

    async def guilds(self) -> list[Guild]:
        return [Guild(**each) for each in (await self.ask("info"))["guilds"]]

    async def add_guild(
        self, name: str, *, guild_id: str = "", channel: str = "general", owner: str = ""
    ) -> str:
        """`owner` left out is ada."""
        order = {"name": name, "id": guild_id, "channel": channel, "owner": owner}
        return str(await self.ask("add_guild", **order))

    async def outage(self, guild: str, *, over: bool = False) -> None:
        """GUILD_DELETE with `unavailable`, or the guild's return."""
        await self.ask("change_guild", guild=guild, available=over)

    async def kick_bot(self, guild: str) -> None:
        await self.ask("change_guild", guild=guild, bot=False)

    async def invite_bot(self, guild: str) -> None:
        await self.ask("change_guild", guild=guild, bot=True)

    async def add_channel(
        self,
        name: str,
        *,
        kind: str = "text",
        guild: str = "",
        parent: str | None = None,
        tags: Sequence[str] = (),
        require_tag: bool = False,
    ) -> str:
        """`kind`: text, news, forum, media, voice, stage, category, public_thread, private_thread.
        `tags` and `require_tag` are a forum's; a tag with "!" before it is a moderated one."""
        home = guild or self.guild
        order: dict[str, Any] = {"name": name, "type": kind, "guild": home, "parent": parent}
        order |= {"tags": list(tags), "require_tag": require_tag}
        return str(await self.ask("add_channel", **order))

    async def change_channel(self, channel: str, **changes: Any) -> None:
        """Change `name`, `topic`, `type`, `archived` or `locked`."""
        await self.ask("change_channel", channel=channel, **changes)

    async def delete_channel(self, channel: str) -> None:
        await self.ask("delete_channel", channel=channel)

    async def overwrite(
        self,
        channel: str,
        target: str = "bot",
        *,
        allow: Permissions = 0,
        deny: Permissions = 0,
    ) -> None:
        """`target`: "bot", "everyone", a role or a user; permissions by name or as bits."""
        await self.ask("overwrite", channel=channel, target=target, allow=allow, deny=deny)

    async def add_role(
        self, name: str, *, guild: str = "", permissions: Permissions = 0, mentionable: bool = False
    ) -> str:
        order = {"name": name, "permissions": permissions, "mentionable": mentionable}
        return str(await self.ask("add_role", guild=guild or self.guild, **order))

    async def change_role(self, role: str, permissions: Permissions, *, guild: str = "") -> None:
        """`role` may be "everyone"."""
        home = guild or self.guild
        await self.ask("change_role", guild=home, role=role, permissions=permissions)

    async def add_member(
        self,
        name: str,
        *,
        guild: str = "",
        roles: list[str] | None = None,
        permissions: Permissions | None = None,
        user: str = "",
    ) -> str:
        """Somebody new, or `user`, joins; `permissions` come on top of the roles'."""
        order = {"name": name, "user": user, "roles": roles or [], "permissions": permissions}
        return str(await self.ask("add_member", guild=guild or self.guild, **order))

    async def change_member(self, user: str, *, guild: str = "", **changes: Any) -> None:
        """Change `roles`, `permissions` or `dms_open`; `user` may be "bot"."""
        await self.ask("change_member", guild=guild or self.guild, user=user, **changes)

    async def open_dm(self, user: str) -> str:
        return str(await self.ask("open_dm", user=user))

    async def say(self, content: str, *, user: str = "", channel: str = "") -> str:
        """A person posts; the message's id."""
        order = {"content": content, "user": user or self.member}
        return str(await self.ask("say", channel=channel or self.channel, **order))

    async def delete_message(self, message: str) -> None:
        """As a moderator would."""
        await self.ask("delete_message", message=message)

    async def reset_token(self, token: str) -> None:
        """The old token is refused from now on; `token` is the new one."""
        await self.ask("set_token", token=token)

    # --- faults

    async def fault(self, method: str = "*", route: str = "*", **how: Any) -> None:
        """Fields of `tests.servers.discord.faults.Fault`, which explains them."""
        await self.ask("fault", method=method, route=route, **how)

    async def waiting_faults(self) -> int:
        return len(await self.ask("faults"))

    async def clear_faults(self) -> None:
        await self.ask("faults", clear=True)

    # --- the gateway

    async def gateway(self, action: str = "", **order: Any) -> GatewayState:
        """`reconnect`; `invalidate` (resumable); `close` (code); `drop`; `refuse` (code: for every
        identify, 0 ends it); `mute` (on: no heartbeat ACKs); `send` (event, data, guild)."""
        return GatewayState(**await self.ask("gateway", action=action, **order))

    async def wait_for_sessions(self, count: int = 1, *, seconds: float = 5.0) -> GatewayState:
        """Until `count` sessions are connected."""
        until = time.monotonic() + seconds
        while (state := await self.gateway()).connected < count:
            if time.monotonic() > until:
                raise TimeoutError(f"no {count} sessions after {seconds} s")
            await asyncio.sleep(0.02)
        return state
