"""The link on which Slack tells of commands and buttons. Knows nothing of what they mean."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

import aiohttp
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.errors import SettingsError
from bot.platforms.slack.client import REFUSED, unreachable
from bot.platforms.slack.failures import code_of

HELLO_S = 30.0
PING_S = 5.0
"""slack_sdk looks this often whether its link still stands."""
APP_SETTING = "WIREWATCH_SLACK__APP_TOKEN"
_HOW = (
    "make one under Basic Information, App-Level Tokens, with the scope connections:write (xapp-…)"
)


class Busy:
    """The tasks that the SDKs start and never await, so that stopping can wait for them."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        """Count the current task in while the block runs."""
        task = asyncio.current_task()
        if task is None or task in self._tasks:
            yield
            return
        self._tasks.add(task)
        try:
            yield
        finally:
            self._tasks.discard(task)

    async def finish(self, *, patience_s: float) -> None:
        """Wait for them, then cancel those that are late."""
        if not self._tasks:
            return
        _done, late = await asyncio.wait(self._tasks, timeout=patience_s)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)


class _Handler(AsyncSocketModeHandler):
    """Bolt's handler, with the envelopes under way counted."""

    def __init__(self, app: AsyncApp, app_token: str, busy: Busy) -> None:
        super().__init__(app, app_token, ping_interval=PING_S)
        self._busy = busy

    async def handle(  # type: ignore[override]  # as Bolt's own narrows it
        self, client: SocketModeClient, req: SocketModeRequest
    ) -> None:
        with self._busy.working():
            await super().handle(client, req)


class SocketMode:
    """The link on which Slack tells us of commands and buttons. slack_sdk keeps it up."""

    def __init__(self, app: AsyncApp, app_token: str, busy: Busy) -> None:
        self._client = app.client
        self._handler = _Handler(app, app_token, busy)
        self._token = app_token
        self._hello = asyncio.Event()
        self._handler.client.message_listeners.append(self._listen)

    async def open(self) -> None:
        """Return once Slack has said hello. Raises SettingsError if it does not within 30 s."""
        await self._check_token()
        try:
            async with asyncio.timeout(HELLO_S):
                await self._handler.connect_async()  # type: ignore[no-untyped-call]
                await self._hello.wait()
        except TimeoutError as error:
            raise SettingsError(
                f"Slack's Socket Mode said nothing for {HELLO_S:.0f} s: check that the network"
                " lets WebSockets (wss://…slack.com, port 443) through, then start again"
            ) from error

    async def _check_token(self) -> None:
        """One call of our own first: the SDK would try for ever, and only log why."""
        try:
            opened = await self._client.apps_connections_open(app_token=self._token)
        except SlackApiError as error:
            raise self._refused(code_of(error)) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise unreachable(self._client, type(error).__name__) from error
        self._handler.client.wss_uri = opened["url"]

    def _refused(self, code: str) -> SettingsError:
        if code == "missing_scope":
            reason = "it lacks the scope connections:write"
        elif code in REFUSED:
            reason = f"Slack refuses this token ({code})"
        else:
            return unreachable(self._client, code or "no answer")
        return SettingsError(f"{APP_SETTING}: {reason}: {_HOW}")

    async def _listen(
        self, _client: object, message: dict[str, Any], _raw: str | None = None
    ) -> None:
        if message.get("type") == "hello":
            self._hello.set()

    async def is_open(self) -> bool:
        return await self._handler.client.is_connected()

    async def close(self) -> None:
        """Close the link, and await the tasks that slack_sdk cancels without awaiting them."""
        client = self._handler.client
        own = (client.message_processor, client.current_session_monitor, client.message_receiver)
        await self._handler.close_async()  # type: ignore[no-untyped-call]
        await asyncio.gather(*(task for task in own if task), return_exceptions=True)
