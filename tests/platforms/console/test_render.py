"""What a terminal shows, character for character."""

from __future__ import annotations

import io

import pytest
from rich.console import Console, RenderableType

from bot.errors import Retryable
from bot.model.channel import PlatformName
from bot.platforms.console.adapter import ConsolePlatform
from bot.platforms.console.render import clock, panel, update
from tests.clock import START
from tests.platforms.samples import alert, channel


def drawn(what: RenderableType, *, width: int = 60) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(what)
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


def test_the_card_of_a_story() -> None:
    assert drawn(panel(alert(outlets=3), timezone="UTC", now=START)) == (
        "╭─ Miami talks · Witkoff ──────────────────────────────────╮\n"
        "│ Witkoff to meet Umerov in Miami for a new round of talks │\n"
        "│ Meridian Wire · 12:00 UTC · 3 outlets: Meridian Wire,    │\n"
        "│ The Harbour Post, Open Bulletin                          │\n"
        "│                                                          │\n"
        "│ The US envoy meets the head of Ukraine’s security        │\n"
        "│ council in Miami on Thursday. It is their first meeting  │\n"
        "│ since Moscow.                                            │\n"
        "│                                                          │\n"
        "│ https://outlet-0.example/story                           │\n"
        "╰───────────────────────────── matched “Witkoff”, “Miami” ─╯\n"
    )


def test_an_update_is_one_line() -> None:
    line = (
        "  ↻ 6 outlets  Witkoff to meet Umerov in Miami for a new round of talks  + Dnipro Ledger"
    )
    assert drawn(update(alert(outlets=6)), width=100) == line + "\n"
    assert drawn(update(alert(outlets=6)), width=40) == line[:39] + "…\n"


def test_markup_in_a_headline_stays_text() -> None:
    hostile = "[bold red]urgent[/] [link=https://evil.example]Reuters[/link] :warning:"
    assert hostile in drawn(panel(alert(headline=hostile), timezone="UTC", now=START), width=120)


def test_another_day_is_named_and_the_zone_always() -> None:
    assert clock(START, "Europe/Kyiv", START) == "14:00 EET"
    assert clock(START, "UTC", START.replace(day=4)) == "2 Mar 12:00 UTC"


async def test_a_full_disk_is_tried_again() -> None:
    class Full(io.StringIO):
        def write(self, _text: str) -> int:
            raise OSError(28, "No space left on device")

    platform = ConsolePlatform(Console(file=Full(), color_system=None), now=lambda: START)
    payload = platform.render(alert(), key="k")
    with pytest.raises(Retryable):
        await platform.send(channel(PlatformName.CONSOLE, "terminal"), payload, key="k")
