"""What carries work from one role to another: a port with two adapters, local.py and cluster.py.

Jobs are wake-ups and errands. The truth stands in rows elsewhere: a job that is lost is made good
by a sweep, and one that runs twice does no harm. Why so: docs/decisions/018.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

Handler = Callable[..., Awaitable[object]]
"""Does a job; called with its `args` as keywords. What it raises is logged, and the job tried
again a few times."""


class EngineDown(Exception):
    """The engine's database does not answer: nothing was deferred, and later is soon enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One errand. `kind` says whose; `args` are plain values, as JSON has them. Of the jobs that
    share a `lock` one runs at a time, in the order in which they were deferred. A job is dropped
    if one with the same `once` still waits to begin: that one will do."""

    kind: str
    args: Mapping[str, Any] = field(default_factory=dict)
    lock: str | None = None
    once: str | None = None


class Engine(Protocol):
    """Defers jobs and has them done, in this process or in another one."""

    async def defer(self, connection: AsyncConnection, jobs: Sequence[Job]) -> tuple[bool, ...]:
        """Have the jobs done once the caller's transaction is committed, and never if it is not.
        Whether each was taken, or dropped for one that waits. Raises EngineDown."""
        ...

    def serving(
        self, kind: str, handler: Handler, *, at_once: int = 1, every: timedelta | None = None
    ) -> AbstractAsyncContextManager[None]:
        """Do jobs of this kind inside the block, so many at once; with `every`, one without args
        comes up by itself so often (whole seconds), for one process of all that serve it."""
        ...
