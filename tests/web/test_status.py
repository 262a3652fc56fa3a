"""The status page over HTTP: who is let in, what it shows, and what it never shows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import pytest
from sqlalchemy import update

from bot.errors import FailureClass, Permanent, SettingsError
from bot.settings import load_settings
from bot.storage.database import Database
from bot.storage.tables import channel, delivery, feed
from bot.web.health import HealthPages
from bot.web.server import WebServer
from bot.web.status import COOKIE, StatusPages
from bot.web.status_door import VISIT, Door
from tests.clock import Clock
from tests.newsdesk import Newsdesk, article
from tests.recorder import Fault

TOKEN = "correct-horse-battery"


@pytest.fixture
async def site(database: Database, clock: Clock) -> AsyncIterator[str]:
    health = HealthPages(database=database, platforms={}, now=clock)
    pages = StatusPages(token=TOKEN, database=database, checks=health.checks, now=clock)
    async with WebServer(host="127.0.0.1", port=0, routes=pages.routes()) as server:
        yield f"{server.address}/status"


@pytest.fixture
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield session


async def seen(browser: aiohttp.ClientSession, site: str) -> str:
    async with browser.post(site, data={"token": TOKEN}) as answer:
        assert answer.status == 200
        return await answer.text()


async def test_without_the_token_there_is_only_the_door(
    site: str, browser: aiohttp.ClientSession, database: Database, clock: Clock
) -> None:
    desk = await Newsdesk.open(database, clock)
    await desk.follow("https://a.example/feed", name="Harbour Post")
    for tried in ("", "wrong", TOKEN[:-1], TOKEN + "x", "\udcff"):
        form = f"token={tried}".encode("utf-8", "surrogateescape")
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        async with browser.post(site, data=form, headers=kind) as answer:
            assert answer.status == 401
            assert "Harbour Post" not in await answer.text()
            assert not answer.cookies
    async with browser.get(site) as answer:
        assert (answer.status, "Harbour Post" in await answer.text()) == (401, False)
    async with browser.get(site, params={"token": TOKEN}) as answer:
        assert answer.status == 401, "a token in an address ends in logs"
    async with browser.post(site, json={"token": TOKEN}) as answer:
        assert answer.status == 400


async def test_the_cookie_is_not_the_token_and_ends(
    site: str, browser: aiohttp.ClientSession, clock: Clock
) -> None:
    data = {"token": TOKEN}
    https = {"X-Forwarded-Proto": "https"}
    async with browser.post(site, data=data, headers=https, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/status")
        cookie = answer.cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/status")
    assert cookie["secure"]
    assert TOKEN not in cookie.value
    await seen(browser, site)
    async with browser.get(site) as answer:
        assert answer.status == 200
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "unsafe" not in policy
        assert answer.headers["Cache-Control"] == "no-store"
    clock.forward(seconds=VISIT.total_seconds())
    async with browser.get(site) as answer:
        assert answer.status == 401


def test_a_pass_cannot_be_made_up(clock: Clock) -> None:
    door, later = Door(TOKEN), clock() + VISIT
    good = door.pass_at(clock())
    assert door.lets_in(good, now=clock())
    assert not door.lets_in(good, now=later)
    end, _, mac = good.partition(".")
    for forged in ("", ".", end, f"{int(end) + 1}.{mac}", f"x.{mac}", good[:-1], f"{end}.é"):
        assert not door.lets_in(forged, now=clock())
    assert not Door("another-token-now").lets_in(good, now=clock())


async def test_an_empty_installation(site: str, browser: aiohttp.ClientSession) -> None:
    page = await seen(browser, site)
    assert "All is well" in page
    for said in ("Nothing does.", "No topic yet", "No feed yet", "Nothing that a topic asked for"):
        assert said in page


async def test_what_runs_and_what_needs_a_person(
    site: str, browser: aiohttp.ClientSession, database: Database, clock: Clock
) -> None:
    desk = await Newsdesk.open(database, clock)
    source = await desk.follow("https://a.example/feed?key=s3cret", name="Harbour Post")
    broken = await desk.follow("https://user.b.example/s3cret/rss", name="Broken One")
    await desk.watch("harbour", name="Harbours")
    clock.forward(days=2)
    await desk.listed(source, article("The harbour is open", at=clock()))
    await desk.delivered()
    clock.forward(days=2)
    refused = "https://hooks.example/s3cret said 404"
    desk.recorder.faults.append(
        Fault(Permanent("desk", refused, failure=FailureClass.BLOCKED, remedy="look"))
    )
    await desk.listed(source, article("A harbour froze over", at=clock()))
    await desk.delivered()
    async with database.write() as connection:
        failing = {
            "failures": 4,
            "last_error": "it was not found (404) at https://x.example/s3cret",
        }
        since = clock() - timedelta(days=3)
        await connection.execute(
            update(feed).where(feed.c.id == broken).values(**failing, failing_since=since)
        )
        await connection.execute(update(channel).values(disabled_reason="it may not post there"))
        await connection.execute(update(feed).values(next_poll_at=clock() + timedelta(hours=1)))
    page = await seen(browser, site)
    assert "Needs a person" in page
    assert "All is well" not in page
    for said in (
        "A harbour froze over",
        "The harbour is open",
        "1 report · 1 outlet · 1 channel",
        "<b>Broken One</b><small>user.b.example · it was not found (404) at x.example</small>",
        '<span class="pill bad">broken</span>',
        '<span class="pill bad">set aside</span>',
        "it may not post there",
        '<span class="pill bad">given up</span>',
        "hooks.example said 404",
        'aria-label="2 alerts in 14 days">···········█·█</span> 2',
    ):
        assert said in page
    assert "s3cret" not in page


async def test_strangers_words_stay_words(
    site: str, browser: aiohttp.ClientSession, database: Database, clock: Clock
) -> None:
    desk = await Newsdesk.open(database, clock)
    evil = "<script>alert(1)</script>\"'><img src=x onerror=y>\u202e"
    source = await desk.follow("https://a.example/feed", name=evil)
    await desk.watch("harbour", name=f"t{evil}")
    await desk.listed(source, article(f"The harbour {evil}", at=clock()))
    await desk.delivered()
    async with database.write() as connection:
        await connection.execute(update(feed).values(failures=1, last_error=evil))
        await connection.execute(update(channel).values(name=evil, disabled_reason=evil))
        await connection.execute(update(delivery).values(status="abandoned", last_error=evil))
    page = await seen(browser, site)
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 7
    for live in ("<script", "<img", "\u202e"):
        assert live not in page
    assert "https://" not in page, "nothing is loaded or linked from elsewhere"


@pytest.mark.parametrize(
    ("token", "listen", "said"),
    [("short", "127.0.0.1:1", "at least 16 characters"), (TOKEN, "", "needs listen as well")],
)
def test_a_token_that_guards_nothing_is_refused(token: str, listen: str, said: str) -> None:
    environ = {"WIREWATCH_WEB__STATUS_TOKEN": token, "WIREWATCH_WEB__LISTEN": listen}
    with pytest.raises(SettingsError, match=said) as refused:
        load_settings(None, environ)
    assert token not in str(refused.value).replace("status_token", "")
