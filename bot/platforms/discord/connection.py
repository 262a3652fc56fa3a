"""Keeps one login to Discord up. discord.py reconnects by itself; when it gives up, we log in anew.

That is so after a defect in an event, or when Discord asks for more shards (4011); not after a
refused token or intent, which only a person can put right.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import structlog

from bot.errors import SettingsError
from bot.model.platform import Health
from bot.platforms.discord.client import WireClient, settings_error
from bot.platforms.discord.places import invite_url

log = structlog.get_logger()

START_S = 30.0
AGAIN_S, AGAIN_CAP_S = 2.0, 300.0
STATUS_PAGE = "https://discordstatus.com"


class Connection:
    """`login` makes a client; it is called again for each login, as a closed one is spent."""

    def __init__(self, login: Callable[[], WireClient], *, token: str) -> None:
        self._login = login
        self._token = token
        self._client: WireClient | None = None
        self._task: asyncio.Task[None] | None = None
        self._up = asyncio.Event()

    @property
    def client(self) -> WireClient | None:
        """The client, if one can send now."""
        if self._client is None or not self._up.is_set() or self._client.is_closed():
            return None
        return self._client

    async def open(self) -> None:
        """Log in, and wait until the servers are known. Raises SettingsError."""
        if self._task is not None and not self._task.done():
            return
        await self.close()
        self._task = asyncio.create_task(self._keep(), name="discord")
        ready = asyncio.create_task(self._up.wait())
        try:
            await asyncio.wait(
                {self._task, ready}, timeout=START_S, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            ready.cancel()
        if self._up.is_set():
            return
        error = self._task.exception() if self._task.done() else None
        await self.close()
        if error is not None:
            raise _start_error(error) from error
        raise SettingsError(
            f"Discord did not answer within {START_S:.0f} s: check the network and"
            f" {STATUS_PAGE}, then start again"
        )

    async def close(self) -> None:
        """Safe to call twice, or before `open`."""
        task, self._task = self._task, None
        client, self._client = self._client, None
        self._up.clear()
        if client is not None:
            # Before the task is cancelled, which would cut a closing that has begun short.
            await _closed(client)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def health(self) -> Health:
        if self._task is None:
            return Health(ok=False, detail="not started")
        if self._task.done():
            error = None if self._task.cancelled() else self._task.exception()
            told = settings_error(error) if error else None
            return Health(ok=False, detail=str(told or error or "closed"))
        client = self.client
        if client is None or any(shard.is_closed() for shard in client.shards.values()):
            return Health(ok=False, detail="reconnecting to Discord")
        return Health(ok=True, detail=f"connected as {client.user} {_where(client)}")

    async def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        wait_s, opened = AGAIN_S, False
        while True:
            began = loop.time()
            client = self._client = self._login()
            client.when_ready = self._up.set
            try:
                await client.start(self._token)
            except Exception as error:
                # The boundary of one login: alerts must go on when discord.py has given up.
                opened = opened or self._up.is_set()
                if not opened:
                    raise
                # Without a traceback: its frames hold the token.
                reason = f"{type(error).__name__}: {error}"
                log.error("the connection to Discord ended", reason=reason)  # noqa: TRY400
                if settings_error(error) is not None:
                    raise
            finally:
                self._up.clear()
                await _closed(client)
            if loop.time() - began > AGAIN_CAP_S:
                wait_s = AGAIN_S
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, AGAIN_CAP_S)


def _where(client: WireClient) -> str:
    count = len(client.guilds)
    if count == 0 and client.application_id is not None:
        return f"in no server yet: invite it with {invite_url(client.application_id)}"
    return f"in {count} server{'s' if count != 1 else ''}"


async def _closed(client: WireClient) -> None:
    with contextlib.suppress(AttributeError):  # of a client that has not begun to log in
        await client.close()


def _start_error(error: BaseException) -> SettingsError:
    return settings_error(error) or SettingsError(
        f"Discord cannot be reached: {error}. Check the network, {STATUS_PAGE}, and"
        " WIREWATCH_DISCORD__API_URL if it is set"
    )
