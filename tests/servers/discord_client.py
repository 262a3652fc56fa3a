"""`LoopbackDiscord`: starts the loopback Discord in its own process and plays the people in it.

The bot under test uses only `api_url`, `gateway_url` and `token`; the rest is the test's side.
"""

from __future__ import annotations

import asyncio
import base64
import time
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import yarl

from tests.servers.discord.levers import Levers
from tests.servers.discord.seen import Exchange, Posted, Request, Violation
from tests.servers.process import ControlError

with warnings.catch_warnings():
    # discord.py imports audioop, deprecated in 3.11: an error where warnings are errors.
    warnings.simplefilter("ignore", DeprecationWarning)
    from discord.gateway import DiscordWebSocket
    from discord.http import Route

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "ControlError",
    "Exchange",
    "LoopbackDiscord",
    "Posted",
    "attachment",
    "pointed_at",
    "shared_server",
]


def attachment(filename: str, content: bytes, content_type: str = "text/plain") -> dict[str, str]:
    """The value of a slash command's attachment option."""
    encoded = base64.b64encode(content).decode()
    return {"filename": filename, "content": encoded, "content_type": content_type}


@contextmanager
def pointed_at(api_url: str, gateway_url: str) -> Iterator[None]:
    """discord.py's two addresses changed, and put back: they are global to the process."""
    before = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = api_url, yarl.URL(gateway_url)
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = before


class LoopbackDiscord(Levers):
    """An async context manager. It starts with one guild: `admin`, `member`, `channel` (#news)."""

    # --- the records

    async def ledger(self, channel: str = "", *, gone: bool = False) -> list[Posted]:
        """The messages of a channel in order; ephemeral ones never, deleted ones with `gone`."""
        entries = await self.ask("ledger", channel=channel or self.channel)
        posted = [Posted.of(each) for each in entries]
        return [each for each in posted if not each.ephemeral and (gone or not each.deleted)]

    async def all_messages(self) -> list[Posted]:
        """Every message of every channel, ephemeral and deleted ones too."""
        return [Posted.of(each) for each in await self.ask("ledger")]

    async def pings(self) -> list[str]:
        """Everybody whom the bot's messages pinged, in all channels."""
        bots = [each for each in await self.all_messages() if each.via != "person"]
        return [ping for each in bots for ping in each.pings]

    async def wait_for_messages(
        self, count: int, channel: str = "", *, seconds: float = 5.0
    ) -> list[Posted]:
        """The ledger once it has `count` messages; TimeoutError when it does not get them."""
        until = time.monotonic() + seconds
        while len(posted := await self.ledger(channel)) < count:
            if time.monotonic() > until:
                raise TimeoutError(f"{len(posted)} of {count} messages after {seconds} s")
            await asyncio.sleep(0.02)
        return posted

    async def stats(self) -> dict[str, Any]:
        stats: dict[str, Any] = await self.ask("stats")
        return stats

    async def requests(self, method: str | None = None, route: str | None = None) -> list[Request]:
        """`route` as documented: "/channels/{channel_id}/messages"."""
        return [Request(**each) for each in await self.ask("requests", method=method, route=route)]

    async def violations(self) -> list[Violation]:
        """What the OpenAPI document does not allow, of the bot's and of this server's bodies."""
        return [Violation(**each) for each in await self.ask("violations")]

    async def forget(self) -> None:
        """Empty the request log and the violations."""
        await self.ask("forget")

    async def commands(self, guild: str | None = None) -> list[dict[str, Any]]:
        """The commands registered globally, or for `guild`."""
        return list((await self.ask("commands", guild=guild))["commands"])

    async def command_writes(self, guild: str | None = None) -> int:
        return int((await self.ask("commands", guild=guild))["writes"])

    # --- the people: each waits until the bot has answered, or for `seconds`

    async def interact(
        self,
        command: str,
        options: dict[str, Any] | None = None,
        *,
        user: str = "",
        channel: str = "",
        messages: int = 0,
        seconds: float = 3.0,
        locale: str = "",
    ) -> Exchange:
        """Type "/topic watch" with `options` by name; waits for `messages` answers at least.
        `locale` is that of the person's client."""
        order: dict[str, Any] = {"command": command, "options": options or {}, "locale": locale}
        return await self._act("slash", user, channel, messages, seconds, order)

    async def autocomplete(
        self,
        command: str,
        focused: str,
        options: dict[str, Any],
        *,
        user: str = "",
        channel: str = "",
    ) -> Exchange:
        """The choices offered while the option `focused` is typed."""
        order = {"command": command, "focused": focused, "options": options}
        return await self._act("autocomplete", user, channel, 0, 3.0, order)

    async def choose(
        self,
        command: str,
        *,
        message: str,
        user: str = "",
        messages: int = 0,
        seconds: float = 3.0,
    ) -> Exchange:
        """Choose "Why this?" in the menu of a message."""
        order = {"command": command, "message": message}
        return await self._act("menu", user, "", messages, seconds, order)

    async def press(
        self,
        message: str,
        custom_id: str,
        *,
        values: list[str] | None = None,
        user: str = "",
        messages: int = 0,
        seconds: float = 3.0,
    ) -> Exchange:
        """Press a button, or choose `values` in a select, of a message."""
        order = {"message": message, "custom_id": custom_id, "values": values}
        return await self._act("press", user, "", messages, seconds, order)

    async def submit(
        self, exchange: str, values: dict[str, Any], *, messages: int = 0, seconds: float = 3.0
    ) -> Exchange:
        """Fill in the modal that the exchange with this id opened; `values` by custom_id."""
        order = {"id": exchange, "values": values}
        return await self._act("submit", "", "", messages, seconds, order)

    async def exchange(self, exchange: str, *, messages: int = 0, seconds: float = 0.0) -> Exchange:
        """The exchange as it is by now, or once it has `messages`."""
        return await self._act("exchange", "", "", messages, seconds, {"id": exchange})

    async def _act(
        self,
        verb: str,
        user: str,
        channel: str,
        messages: int,
        seconds: float,
        order: dict[str, Any],
    ) -> Exchange:
        people = {"user": user or self.member, "channel": channel or self.channel}
        waits = {"messages": messages, "seconds": seconds}
        return Exchange.of(await self.ask(verb, **people, **waits, **order))


shared_server = LoopbackDiscord.shared
