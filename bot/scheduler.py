"""The ticks. Sole importer of apscheduler; due times are rows, never jobs.

Why these settings (docs/decisions/001): with the library's defaults a tick that is one second
late is skipped silently, and overlapping ticks would start side by side.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, timedelta
from typing import Any

import structlog
from apscheduler.events import EVENT_JOB_ERROR
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

log = structlog.get_logger()


class Ticks:
    """Calls each registered coroutine every so often, never twice at a time."""

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,  # else the machine is asked for its own, and not every one has one
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        logging.getLogger("apscheduler.executors.default").setLevel(logging.CRITICAL)  # as we do
        self._scheduler.add_listener(_report, EVENT_JOB_ERROR)

    def every(self, interval: timedelta, name: str, tick: Callable[[], Awaitable[Any]]) -> None:
        """Register a tick; it runs first one interval after `start`."""
        trigger = IntervalTrigger(seconds=interval.total_seconds(), timezone=UTC)
        self._scheduler.add_job(tick, trigger, id=name, name=name)

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        """Start no tick any more; one that runs is not waited for."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)


def _report(event: Any) -> None:
    # A tick that fails is tried again at its next turn; nothing it had claimed is lost.
    if isinstance(event.exception, asyncio.CancelledError):
        return  # it ran when we stopped
    log.error("a tick failed", tick=event.job_id, exc_info=event.exception)
