"""The status page in a browser that runs no JavaScript: through the door, by keyboard, to the page.

With WIREWATCH_PICTURES=FOLDER it leaves a picture of each there, for who wants to look.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.errors import FailureClass, Permanent
from bot.storage.database import Database
from bot.storage.tables import channel, feed
from tests.clock import Clock
from tests.newsdesk import Newsdesk, article
from tests.recorder import Fault
from tests.servers.browser import NoChromium, chromium
from tests.web.test_status import TOKEN, site

__all__ = ["site"]
PICTURES = os.environ.get("WIREWATCH_PICTURES", "")


async def fill(database: Database, clock: Clock) -> None:
    """Two weeks of a small desk, with something for a person to do."""
    desk = await Newsdesk.open(database, clock, similar=True)
    names = ("Harbour Post", "Meridian Wire", "The Northern Ledger")
    sources = [
        await desk.follow(f"https://{n.split()[-1].lower()}.example/rss", name=n) for n in names
    ]
    await desk.watch("harbour", name="Harbours", channel="https://hooks.example/desk")
    await desk.watch('"grain deal" OR wheat', name="Grain", channel="https://hooks.example/grain")
    for day in range(1, 13):
        clock.forward(days=1)
        for number in range(day % 4):
            title = f"The harbour of {('Oslo', 'Kyiv', 'Lagos')[number]} day {day * 7919} begins"
            await desk.listed(sources[number], article(title, at=clock()))
        await desk.delivered()
    await desk.listed(sources[0], article("Wheat prices fall after the grain deal", at=clock()))
    await desk.listed(sources[1], article("After the grain deal wheat prices fall", at=clock()))
    await desk.delivered()
    blocked = Permanent("desk", "the receiver answered 413", failure=FailureClass.PAYLOAD)
    desk.recorder.faults.append(Fault(blocked))
    await desk.listed(sources[2], article("Ice closes a harbour in the north", at=clock()))
    await desk.delivered()
    clock.forward(minutes=20)
    async with database.write() as connection:
        await connection.execute(update(feed).values(next_poll_at=clock() + timedelta(hours=1)))
        failing = {"failures": 5, "last_error": "its server did not answer within 20 s"}
        await connection.execute(
            update(feed)
            .where(feed.c.id == sources[2])
            .values(**failing, failing_since=clock() - timedelta(days=2))
        )
        await connection.execute(
            update(channel)
            .where(channel.c.external_id == "https://hooks.example/grain")
            .values(disabled_reason="the receiver answered 410. Remove this channel, or change it.")
        )


async def test_a_browser_without_javascript_shows_everything(
    site: str, database: Database, clock: Clock, tmp_path: Path
) -> None:
    await fill(database, clock)
    try:
        async with chromium(tmp_path) as browser:
            await browser.resize(1200, 900)
            await browser.open(site)
            door = await browser.html()
            assert "The status page needs its token" in door
            assert "Harbour" not in door
            keep("door", await browser.picture())
            await browser.type("#token", "not-the-token-at-all")
            await browser.press_enter()
            assert "That is not the token" in await browser.html()
            assert [one for one in browser.complaints if "401" not in one] == []
            browser.complaints.clear()
            await browser.type("#token", TOKEN)
            await browser.press_enter()
            page = await browser.html()
            keep("page", await browser.picture())
            for said in (
                "Needs a person",
                "the receiver answered 413 · tried once",
                "given up",
                "the receiver answered 410. Remove this channel",
                "set aside",
                "its server did not answer within 20 s",
                "After the grain deal wheat prices fall",
                "2 reports",
            ):
                assert said in page, said
            assert "<script" not in page
            assert browser.complaints == [], "its policy lets its own style in, and nothing else"
            assert {url.partition("/status")[0] for url in browser.asked} == {
                site.removesuffix("/status")
            }
            assert await browser.style("section", "border-top-left-radius") == "12px"
            assert await browser.style("li .side", "display") == "flex"
            for width in (1200, 390):
                await browser.resize(width, 900, dark=width < 1000)
                assert await browser.width() == width, "nothing to scroll to at the side"
            assert await browser.style("body", "background-color") == "rgb(19, 21, 24)"
            keep("dark", await browser.picture())
    except NoChromium as error:
        pytest.skip(f"{error}: the page was read (test_status.py), not drawn")


def keep(name: str, picture: bytes) -> None:
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    if PICTURES:
        Path(PICTURES, f"{name}.png").write_bytes(picture)
