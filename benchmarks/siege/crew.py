"""The processes of a cluster under siege: two fetchers, two desks and a sender, each in a slot that
is filled again when whoever was in it is dead. Judges nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from benchmarks.siege.nursery import Cradle, Life, cradle

SLOTS = ("fetcher", "fetcher", "desk", "desk", "sender")
STOPS_WITHIN_S = 25


class Crew:
    """Who is alive, slot by slot."""

    def __init__(self, folder: Path, environment: Mapping[str, str], nurseries: list[Cradle]):
        self.folder = folder
        self.lives: dict[int, Life] = {}
        self.born = 0
        self.strange: list[str] = []
        self.ahead_s = 0.0
        self._environment = dict(environment)
        self._nurseries = nurseries
        self._since: dict[int, float] = {}

    async def fill(self, slot: int) -> None:
        self.born += 1
        self._since[slot] = time.monotonic()
        self.lives[slot] = await self._nurseries[slot].bear(
            folder=str(self.folder),
            environment=self._environment,
            arguments=["run", "--role", SLOTS[slot], "--config", "siege.toml"],
            point="",
            ahead_s=self.ahead_s,
        )

    async def fill_all(self) -> None:
        for slot in range(len(SLOTS)):
            if slot not in self.lives:
                await self.fill(slot)

    async def kill(self, slot: int) -> int:
        """Its process id, and the slot is empty."""
        life = self.lives.pop(slot)
        code = await life.kill()
        if code != -9:
            self.strange.append(f"{SLOTS[slot]}: had ended with exit code {code}")
        return life.pid

    async def mind(self) -> None:
        """Note who ended without being killed, and fill his slot, as a supervisor does."""
        for slot, life in list(self.lives.items()):
            if life.code is not None:
                self.strange.append(f"{SLOTS[slot]}: exit code {life.code}")
                del self.lives[slot]
                await self.fill(slot)

    async def stop_all(self) -> float:
        """As SIGTERM asks for. How long the slowest took."""
        began = time.monotonic()
        ended = await asyncio.gather(
            *(life.stop(seconds=STOPS_WITHIN_S) for life in self.lives.values())
        )
        for slot, code in zip(self.lives, ended, strict=True):
            if code != 0:
                self.strange.append(f"{SLOTS[slot]}: SIGTERM: ended with {code}")
        took = time.monotonic() - began
        for life in self.lives.values():
            await life.kill()
        self.lives.clear()
        return took


@asynccontextmanager
async def crew(folder: Path, environment: Mapping[str, str]) -> AsyncIterator[Crew]:
    async with AsyncExitStack() as stack:
        nurseries = [await stack.enter_async_context(cradle()) for _ in SLOTS]
        made = Crew(folder, environment, nurseries)
        try:
            yield made
        finally:
            for life in made.lives.values():
                await life.kill()
