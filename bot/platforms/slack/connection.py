"""Connecting and disconnecting: session, client, identity, scopes, and the Socket Mode link."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import aiohttp
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import SettingsError
from bot.model.platform import Health
from bot.platforms.slack import scopes
from bot.platforms.slack.client import BOT_SETTING, Identity, identify, open_session, web_client
from bot.platforms.slack.socket_mode import APP_SETTING, Busy, SocketMode

STOP_S = 5.0
"""How long people's commands under way may still take when the program stops."""


@dataclass(slots=True, kw_only=True)
class Connection:
    """What is open. `socket` is None when alerts are posted and nobody is listened to."""

    session: aiohttp.ClientSession
    client: AsyncWebClient
    identity: Identity
    socket: SocketMode | None = None
    busy: Busy = field(default_factory=Busy)

    async def listen(
        self, app_token: str, signing_secret: str, register: Callable[[AsyncApp, Connection], None]
    ) -> None:
        """Open Socket Mode for the listeners that `register` adds."""
        app = AsyncApp(name="wirewatch", client=self.client, signing_secret=signing_secret)
        register(app, self)
        self.socket = SocketMode(app, app_token, self.busy)
        await self.socket.open()

    async def close(self) -> None:
        """Hear nothing new, finish what was heard, and close every socket."""
        if self.socket is not None:
            await self.socket.close()
        await self.busy.finish(patience_s=STOP_S)
        await self.session.close()

    async def health(self) -> Health:
        """Asks Slack once. Never raises."""
        try:
            await identify(self.client)
        except SettingsError as error:
            return Health(ok=False, detail=str(error))
        who = f"connected as @{self.identity.name} to {self.identity.team}"
        if self.socket is None:
            who += f"; it posts only: for commands and buttons set {APP_SETTING}"
        elif not await self.socket.is_open():
            return Health(ok=False, detail=f"{who}; the Socket Mode link is being made again")
        if lacking := scopes.missing(self.identity.scopes, scopes.ADVISED):
            who += f"; without {scopes.named(lacking)}"
        return Health(ok=True, detail=who)


async def connect(bot_token: str, api_url: str, *, commands: bool) -> Connection:
    """Raises SettingsError for a refused token, or one without a scope that is needed."""
    session = open_session()
    try:
        client = web_client(bot_token, api_url, session)
        identity = await identify(client)
        _check_scopes(identity, commands=commands)
    except BaseException:
        await session.close()
        raise
    return Connection(session=session, client=client, identity=identity)


def _check_scopes(identity: Identity, *, commands: bool) -> None:
    if lacking := scopes.missing(identity.scopes, scopes.required(commands=commands)):
        raise SettingsError(
            f"{BOT_SETTING}: the token lacks {scopes.named(lacking)}. {scopes.HOW_TO_ADD}"
        )
