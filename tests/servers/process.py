"""A loopback server as a child process, and the one way to ask it something."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import aiohttp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

ROOT = Path(__file__).parents[2]


class ControlError(Exception):
    """The server could not do that: no such command, a disabled button, an empty field."""


class Process:
    """Starts `python -m {module}` and ends it; `ask` is its control HTTP.

    With a `port` it attaches to a server that runs, as `shared` gives one, and resets it.
    """

    module: ClassVar[str]

    def __init__(self, *, validate: bool = True, port: int = 0, state: Path | None = None) -> None:
        self._validate, self._state = validate, state
        self._process: asyncio.subprocess.Process | None = None
        self.port = port

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @classmethod
    @contextmanager
    def shared(cls, *, validate: bool = True) -> Iterator[int]:
        """A server for many tests, each of which attaches to the port that this yields."""
        arguments = cls.arguments(validate=validate)
        with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE) as process:
            if process.stdout is None:
                raise RuntimeError("the server has no stdout")
            try:
                yield json.loads(process.stdout.readline())["port"]
            finally:
                process.terminate()

    @classmethod
    def arguments(cls, *, validate: bool, state: Path | None = None) -> list[str]:
        """`state`: a file in which the server's world outlives it, where the server knows that."""
        options = [] if validate else ["--no-validation"]
        options += [] if state is None else ["--state", str(state)]
        return [sys.executable, "-m", cls.module, "--port", "0", *options]

    async def __aenter__(self) -> Self:
        attached = bool(self.port)
        if not attached:
            self.port = await self._start()
        self._session = aiohttp.ClientSession()
        if attached:
            await self.ask("reset")
        await self.started()
        return self

    async def _start(self) -> int:
        arguments = self.arguments(validate=self._validate, state=self._state)
        self._process = await asyncio.create_subprocess_exec(
            *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        if self._process.stdout is None:
            raise RuntimeError("the server has no stdout")
        line = await asyncio.wait_for(self._process.stdout.readline(), 20)
        return int(json.loads(line)["port"])

    async def started(self) -> None:
        """Called once the server answers; subclasses learn its ids and tokens here."""

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
