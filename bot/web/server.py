"""One small HTTP server: it is given its pages, and knows none of them."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from aiohttp import web

from bot.errors import SettingsError

BODY_BYTES = 1_000_000


class WebServer:
    """Listens on `host:port` inside this async context manager. Raises SettingsError if it cannot.

    No access log: addresses may hold secrets.
    """

    def __init__(self, *, host: str, port: int, routes: Sequence[web.RouteDef]) -> None:
        self._host, self._port = host, port
        app = web.Application(client_max_size=BODY_BYTES)
        app.add_routes(routes)
        # Signatures are of the bytes as sent; and a kilobyte could become a gigabyte here.
        self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=5.0, auto_decompress=False
        )

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError as error:
            await self._runner.cleanup()
            where = f"{self._host}:{self._port}"
            raise SettingsError(
                f"web.listen: cannot listen on {where} ({error.strerror or error}):"
                " name another port, or leave it empty"
            ) from error
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._runner.cleanup()

    @property
    def address(self) -> str:
        """Where it listens, the port it was given if it asked for 0."""
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"
