"""One hosted app, two Slack teams: installed by OAuth, reached by signed HTTP, never mixed up."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

import aiohttp
import pytest
from sqlalchemy import select
from yarl import URL

from bot.commands.departures import Departures
from bot.commands.desk import Commands
from bot.errors import Permanent
from bot.model.channel import PlatformName
from bot.model.ids import WorkspaceId
from bot.platforms.lost import Lost
from bot.platforms.slack.hosted import HostedSlack
from bot.platforms.slack.http import EventPages
from bot.platforms.slack.install import InstallPages
from bot.storage.database import Database
from bot.storage.slack_teams import SlackTeams
from bot.storage.tables import audit, slack_team, workspace
from bot.web.server import WebServer
from tests.clock import Clock
from tests.platforms.newsroom import ChatNews
from tests.platforms.samples import alert
from tests.platforms.samples import channel as sample_channel
from tests.servers.slack_client import LoopbackSlack, SignedHttp, Team


@dataclass(slots=True)
class Hosting:
    """The program as a hosting runs it, as far as Slack is concerned."""

    slack: LoopbackSlack
    hosted: HostedSlack
    teams: SlackTeams
    url: str

    @property
    def via(self) -> SignedHttp:
        return SignedHttp(url=f"{self.url}/slack/events")

    async def add(self, team: Team) -> None:
        await self.hosted.install(team.id, name=team.name, token=team.bot_token, by="U1")


@pytest.fixture
async def hosting(
    slack: LoopbackSlack, commands: Commands, database: Database, clock: Clock
) -> AsyncIterator[Hosting]:
    departures = Departures(database=database, now=clock)

    async def lost(told: Lost) -> None:
        await departures.record(
            PlatformName.SLACK, workspace=told.workspace, channel=told.channel, reason=told.reason
        )

    teams = SlackTeams(database, now=clock)
    hosted = HostedSlack(
        tokens=teams, api_url=slack.api_url, commands=commands, now=clock, on_lost=lost
    )
    pages = EventPages(hosted, signing_secret=slack.signing_secret, now=clock).routes()
    pages += InstallPages(
        hosted,
        client_id=slack.client_id,
        client_secret=slack.client_secret,
        public_url="http://127.0.0.1",
        api_url=slack.api_url,
        now=clock,
    ).routes()
    async with WebServer(host="127.0.0.1", port=0, routes=pages) as server:
        yield Hosting(slack=slack, hosted=hosted, teams=teams, url=server.address)
    await hosted.stop()


async def until(found: Callable[[Database], Awaitable[object]], database: Database) -> None:
    """Slack is answered at once, and what was asked is done a moment later."""
    for _ in range(500):
        if await found(database):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it was never done")


async def watched(database: Database) -> int:
    """How often somebody watched something."""
    async with database.read() as connection:
        rows = await connection.execute(select(audit).where(audit.c.what == "topic watch"))
        return len(rows.all())


async def left(database: Database) -> datetime | None:
    """When the only workspace was left."""
    async with database.read() as connection:
        found: datetime | None = await connection.scalar(select(workspace.c.left_at))
        return found


async def status(hosting: Hosting, via: SignedHttp, text: str = "help") -> int | None:
    exchange = await hosting.slack.slash(text, via=via, replies=0)
    return exchange.status


async def test_a_team_is_added_by_its_browser_and_answered_from_then_on(
    hosting: Hosting, slack: LoopbackSlack
) -> None:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        begun = await browser.get(f"{hosting.url}/slack/install", allow_redirects=False)
        consent = URL(begun.headers["Location"])
        assert (consent.host, consent.query["client_id"]) == ("slack.com", slack.client_id)
        assert "chat:write" in consent.query["scope"]
        state, code = consent.query["state"], await slack.oauth_code()
        back = f"{hosting.url}/slack/oauth_redirect"
        added = await browser.get(back, params={"code": code, "state": state})
        assert added.status == 200
        assert f"Wirewatch is in {slack.team.name}" in await added.text()
        again = await browser.get(back, params={"code": code, "state": state})
        assert again.status == 403, "a state is good once"
    exchange = await slack.slash("watch NATO", via=hosting.via)
    assert "Watching “NATO” in #news" in exchange.text
    assert exchange.replies[0].kind == "response_url"
    assert await hosting.teams.all() == (slack.team.id,)
    assert await slack.violations() == []


@pytest.mark.parametrize("how", ["forged", "another browser", "too late", "no cookie", "cancelled"])
async def test_nobody_else_adds_a_team(
    hosting: Hosting, slack: LoopbackSlack, clock: Clock, how: str
) -> None:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as browser, aiohttp.ClientSession() as other:
        begun = await browser.get(f"{hosting.url}/slack/install", allow_redirects=False)
        state = URL(begun.headers["Location"]).query["state"]
        query = {"code": await slack.oauth_code(), "state": state}
        asking = browser
        match how:
            case "forged":
                query["state"] = state[::-1]
            case "another browser":
                await other.get(f"{hosting.url}/slack/install", allow_redirects=False)
                asking = other
            case "too late":
                clock.forward(minutes=10)
            case "no cookie":
                jar.clear()
            case _:
                query = {"error": "access_denied", "state": state}
        answer = await asking.get(f"{hosting.url}/slack/oauth_redirect", params=query)
        assert answer.status == (200 if how == "cancelled" else 403)
        assert "slack/install" in await answer.text(), "it says how to begin again"
    assert await hosting.teams.all() == ()


async def test_only_what_slack_signed_just_now_is_heard(
    hosting: Hosting, slack: LoopbackSlack
) -> None:
    await hosting.add(slack.team)
    url = hosting.via.url
    assert await status(hosting, hosting.via) == 200
    for forged in (
        SignedHttp(url=url, secret="another"),
        SignedHttp(url=url, offset=-301),
        SignedHttp(url=url, offset=90),
        SignedHttp(url=url, timestamp="abc"),
        SignedHttp(url=url, timestamp=""),
        SignedHttp(url=url, signature="v0=" + "0" * 64),
        SignedHttp(url=url, signature="é"),
    ):
        assert await status(hosting, forged) == 401, forged
    verified = await slack.verify_url(hosting.via, "a challenge")
    assert verified.status == 200


async def test_a_request_that_comes_again_does_nothing_again(
    hosting: Hosting, slack: LoopbackSlack, database: Database, clock: Clock
) -> None:
    await hosting.add(slack.team)
    body = f"team_id={slack.team.id}&text=watch+Oslo&command=%2Fnews&user_id={slack.admin}"
    body += f"&channel_id={slack.channel}&channel_name=news&trigger_id=1.2&response_url="
    stamp = str(int(clock().timestamp()))
    said = f"v0:{stamp}:{body}".encode()
    headers = {
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": "v0="
        + hmac.new(slack.signing_secret.encode(), said, sha256).hexdigest(),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    async with aiohttp.ClientSession() as session:
        for _ in range(2):
            answer = await session.post(hosting.via.url, data=body, headers=headers)
            assert answer.status == 200
            await until(watched, database)
    await hosting.hosted.stop()  # which finishes what was heard
    assert await watched(database) == 1


async def test_each_team_has_its_own_token_topics_and_channels(
    hosting: Hosting, slack: LoopbackSlack, database: Database, clock: Clock
) -> None:
    other = await slack.add_team("Elsewhere")
    theirs = await slack.add_channel("theirs", team=other.id)
    boss = await slack.add_user("boss", is_admin=True, team=other.id)
    for team in (slack.team, other):
        await hosting.add(team)
    assert "Watching" in (await slack.slash("watch Oslo", via=hosting.via)).text
    told = await slack.slash("watch Miami", user=boss, channel=theirs, via=hosting.via)
    assert "Watching “Miami” in #theirs" in told.text
    assert "Miami" not in (await slack.slash("list", via=hosting.via)).text.replace(
        "Miami talks", ""
    )
    news = await ChatNews.open(
        database, clock, name=PlatformName.SLACK, workspace=other.id, platform=hosting.hosted
    )
    await news.reports(0, "Envoys arrive in Miami")
    [posted] = await slack.messages(theirs)
    assert "Envoys arrive in Miami" in posted.text
    assert await slack.messages() == [], "nothing in the first team's channel"
    asked = {one.team for one in await slack.requests("chat.postMessage")}
    assert asked == {other.id}, "whose token it was"


async def test_who_removes_the_app_is_forgotten_at_once_and_may_come_back(
    hosting: Hosting, slack: LoopbackSlack, database: Database
) -> None:
    await hosting.add(slack.team)
    await slack.slash("watch Oslo", via=hosting.via)
    await slack.event({"type": "app_uninstalled"}, via=hosting.via)
    await until(left, database)
    assert await hosting.teams.token(slack.team.id) is None
    here = replace(
        sample_channel(PlatformName.SLACK, slack.channel),
        workspace=WorkspaceId(f"slack:{slack.team.id}"),
    )
    payload = hosting.hosted.render(alert(), key="k" * 20)
    with pytest.raises(Permanent, match="not installed"):
        await hosting.hosted.send(here, payload, key="k" * 20)
    exchange = await slack.slash("list", via=hosting.via, replies=0)
    assert exchange.status == 200
    await hosting.add(slack.team)
    listed = (await slack.slash("list", via=hosting.via)).text
    assert "Oslo" in listed
    assert "set aside" not in listed, "its channels go on"
    assert await left(database) is None
    async with database.read() as connection:
        assert len((await connection.execute(select(slack_team))).all()) == 1


async def test_a_token_is_nowhere_but_in_its_row(hosting: Hosting, slack: LoopbackSlack) -> None:
    await hosting.add(slack.team)
    health = await hosting.hosted.health()
    assert slack.team.bot_token not in json.dumps(health.detail)
    assert WorkspaceId(f"slack:{slack.team.id}")
