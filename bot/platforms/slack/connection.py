"""Connecting and disconnecting: session, client, identity, scopes, and the Socket Mode link."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import aiohttp
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
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
    app: AsyncApp | None = None  # where requests by HTTP are answered
    busy: Busy = field(default_factory=Busy)

    async def listen(
        self, app_token: str, register: Callable[[AsyncApp, Connection], None]
    ) -> None:
        """Open Socket Mode for the listeners that `register` adds."""
        self.socket = SocketMode(self._app(register), app_token, self.busy)
        await self.socket.open()

    def take_requests(self, register: Callable[[AsyncApp, Connection], None]) -> None:
        """Be ready for `dispatch`."""
        self.app = self._app(register)

    async def dispatch(self, request: AsyncBoltRequest) -> BoltResponse:
        """Hand a request to the listeners; returns once one has acknowledged it."""
        if self.app is None:
            raise RuntimeError("this connection takes no requests")
        with self.busy.working():
            return await self.app.async_dispatch(request)

    def _app(self, register: Callable[[AsyncApp, Connection], None]) -> AsyncApp:
        """Over Socket Mode nothing is signed, and by HTTP signature.py has judged already."""
        app = AsyncApp(
            name="wirewatch",
            client=self.client,
            signing_secret="unused",  # noqa: S106
            request_verification_enabled=False,
        )
        register(app, self)
        return app

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
