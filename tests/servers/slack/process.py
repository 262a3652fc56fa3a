"""The loopback Slack as a child process, and the one way to ask it something."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import aiohttp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

ROOT = Path(__file__).parents[3]


class ControlError(Exception):
    """The server could not do that: no such button, a required field left empty."""


def command(*, validate: bool) -> list[str]:
    options = [] if validate else ["--no-validation"]
    return [sys.executable, "-m", "tests.servers.slack", "--port", "0", *options]


@contextmanager
def shared_server(*, validate: bool = True) -> Iterator[int]:
    """A server for many tests, each of which attaches to the port that this yields."""
    arguments = command(validate=validate)
    with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE) as process:
        if process.stdout is None:
            raise RuntimeError("the server has no stdout")
        try:
            yield json.loads(process.stdout.readline())["port"]
        finally:
            process.terminate()


class Process:
    """Starts `python -m tests.servers.slack` and ends it; `ask` is its control HTTP.

    With a `port` it attaches to a server that runs, as `shared_server` does, and resets it.
    """

    def __init__(self, *, validate: bool = True, port: int = 0) -> None:
        self._validate = validate
        self._process: asyncio.subprocess.Process | None = None
        self.port = port

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        shared = bool(self.port)
        if not shared:
            self.port = await self._start()
        self._session = aiohttp.ClientSession()
        if shared:
            await self.ask("reset")
        await self.started()
        return self

    async def _start(self) -> int:
        arguments = command(validate=self._validate)
        self._process = await asyncio.create_subprocess_exec(
            *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        if self._process.stdout is None:
            raise RuntimeError("the server has no stdout")
        line = await asyncio.wait_for(self._process.stdout.readline(), 20)
        return int(json.loads(line)["port"])

    async def started(self) -> None:
        """Called once the server answers; subclasses learn its tokens here."""

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._session.close()
        if self._process is None:
            return
        if self._process.returncode is None:
            self._process.terminate()
        await asyncio.wait_for(self._process.communicate(), 10)

    async def ask(self, verb: str, **order: Any) -> Any:
        """What the verb of `control.py` answers; its refusal is a ControlError."""
        async with self._session.post(f"{self.base_url}/_control/{verb}", json=order) as answer:
            body = await answer.json()
        if "error" in body:
            raise ControlError(body["error"])
        return body["result"]
