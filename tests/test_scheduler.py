"""Ticks run where nobody knows what time zone the machine is in."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import NoReturn

import pytest

from bot.scheduler import Ticks


async def test_a_machine_without_a_time_zone_ticks_quietly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nobody_knows() -> NoReturn:
        raise AssertionError("asked for the machine's own time zone")

    for module in ("schedulers.base", "triggers.interval"):
        monkeypatch.setattr(f"apscheduler.{module}.get_localzone", nobody_knows)
    ticked = asyncio.Event()

    async def tick() -> None:
        ticked.set()

    ticks = Ticks()
    ticks.every(timedelta(milliseconds=10), "tick", tick)
    ticks.start()
    await asyncio.wait_for(ticked.wait(), 10)
    ticks.stop()


async def test_a_tick_that_runs_when_we_stop_is_no_failure(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    running = asyncio.Event()

    async def tick() -> None:
        running.set()
        await asyncio.Event().wait()

    ticks = Ticks()
    ticks.every(timedelta(milliseconds=10), "tick", tick)
    ticks.start()
    await asyncio.wait_for(running.wait(), 10)
    ticks.stop()
    await asyncio.sleep(0.05)
    assert "failed" not in capsys.readouterr().out
    assert caplog.records == []
