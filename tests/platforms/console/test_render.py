"""What a terminal shows, character for character."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console, RenderableType

from bot.errors import Retryable
from bot.model.alert import KeyPoint
from bot.model.channel import PlatformName
from bot.platforms.console.adapter import ConsolePlatform
from bot.platforms.console.digest import digest_panel, notice_panel, reply_line, withdrawn
from bot.platforms.console.render import clock, panel, update
from tests.clock import START
from tests.platforms.samples import alert, channel, digest, notice, overflow, reply


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


def test_key_points_stand_below_the_summary_each_with_its_outlet() -> None:
    said = KeyPoint(text="[b]Talks[/b] start at nine.", outlet="Open Bulletin", url="")
    shown = drawn(panel(replace(alert(), key_points=(said,)), timezone="UTC", now=START))
    assert "│ • [b]Talks[/b] start at nine. Open Bulletin" in shown
    assert shown.index("since Moscow.") < shown.index("•")


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


def test_a_digest() -> None:
    assert drawn(digest_panel(digest()), width=84) == (
        "╭─ While it was quiet: 5 stories ──────────────────────────────────────────────────╮\n"
        "│ Mon 2 Mar, 00:00 – 14:00 EET                                                     │\n"
        "│                                                                                  │\n"
        "│ Miami talks                                                                      │\n"
        "│ • Witkoff to meet Umerov in Miami for a new round of talks  Meridian Wire · 6    │\n"
        "│ outlets · 11:39                                                                  │\n"
        "│   https://outlet-0.example/news/3                                                │\n"
        "│ • Kremlin says it has “not yet” seen the revised plan  Continental Courier · 2   │\n"
        "│ outlets · 06:57                                                                  │\n"
        "│   https://outlet-3.example/news/9                                                │\n"
        "│ • Hotel workers in Miami Beach brace for motorcades  Northgate Dispatch · 04:36  │\n"
        "│   https://outlet-4.example/news/12                                               │\n"
        "│                                                                                  │\n"
        "│ NATO                                                                             │\n"
        "│ • NATO ministers agree on air defence package  The Harbour Post · 4 outlets ·    │\n"
        "│ 10:05                                                                            │\n"
        "│   https://outlet-1.example/news/5                                                │\n"
        "│ • Why the alliance’s newest battlegroup trains in the snow  Open Bulletin ·      │\n"
        "│ 03:02                                                                            │\n"
        "│   https://outlet-2.example/news/14                                               │\n"
        "╰──────────────────────────────────────────────────────────────────────────────────╯\n"
    )


def test_a_digest_says_how_many_it_leaves_out() -> None:
    assert "… and 12 more" in drawn(digest_panel(overflow()), width=90)


def test_markup_and_odd_addresses_in_a_digest_stay_text() -> None:
    hostile = "[bold red]urgent[/] [link=https://evil.example]Reuters[/link]"
    url = "https://x.example/ not dim [b] link https://evil.example"
    shown = drawn(digest_panel(overflow(headline=hostile, url=url)), width=140)
    assert shown.count(hostile) == 25
    assert shown.count(url) == 25


def test_a_reply_a_notice_and_what_is_withdrawn() -> None:
    said = drawn(reply_line(reply()), width=80)
    assert said == "  ↳ This story matches NATO as well, with 4 outlets.\n"
    told = drawn(notice_panel(notice()), width=90)
    assert "Alerts to #desk are paused" in told
    assert "nothing is sent there." in told
    assert drawn(withdrawn("k" * 20)) == f"  ✕ withdrawn: {'k' * 20}\n"
