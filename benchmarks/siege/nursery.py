"""The siege's side of the cradle: lives are born, waited for and killed here."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


class Life:
    """A running process. `code` is its exit code once it has ended, -9 if it was killed."""

    def __init__(self, pid: int, ended: asyncio.Task[int]) -> None:
        self.pid, self._ended = pid, ended

    @property
    def code(self) -> int | None:
        return self._ended.result() if self._ended.done() else None

    async def wait(self, *, seconds: float) -> int | None:
        """Its exit code, or None if it still runs then."""
        await asyncio.wait([self._ended], timeout=seconds)
        return self.code

    async def stop(self, *, seconds: float) -> int | None:
        """As SIGTERM asks for; its exit code, or None if it still runs then."""
        if not self._ended.done():
            os.kill(self.pid, 15)
        return await self.wait(seconds=seconds)

    async def kill(self) -> int:
        """As SIGKILL does, unless it has ended. Its exit code."""
        if not self._ended.done():
            os.kill(self.pid, 9)
        return await self._ended


class Cradle:
    """The process that lives are forked from, one at a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._orders, self._answers = process.stdin, process.stdout

    async def bear(self, **order: Any) -> Life:
        """Begin a life: see `cradle.py` for the order."""
        self._orders.write(json.dumps(order).encode() + b"\n")
        born = json.loads(await self._answers.readline())
        return Life(born["pid"], asyncio.create_task(self._ended()))

    async def _ended(self) -> int:
        return int(json.loads(await self._answers.readline())["code"])


@asynccontextmanager
async def cradle() -> AsyncIterator[Cradle]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.siege.cradle"),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},  # for the workers that a life starts
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Cradle(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()
