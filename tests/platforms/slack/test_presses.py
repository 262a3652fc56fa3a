"""The buttons under an alert on Slack: by whom, after a restart, and of other workspaces."""

from __future__ import annotations

from bot.model.channel import PlatformName
from bot.platforms.slack.adapter import SlackPlatform
from bot.storage.database import Database
from tests.clock import Clock
from tests.platforms.newsroom import ChatNews
from tests.platforms.presses import PRESSES, REPORTS, THEIRS, Press, When, Who, foreign_key
from tests.platforms.samples import alert
from tests.platforms.samples import channel as sample_channel
from tests.platforms.slack.conftest import Connect
from tests.servers.slack_client import LoopbackSlack

ACTIONS = {
    "Open": "ww_open",
    "Why?": "ww_why",
    "Timeline": "ww_timeline",
    "Mute": "ww_mute",
    "Less like this": "ww_less",
}


async def test_every_button(
    slack: LoopbackSlack,
    platform: SlackPlatform,
    connect: Connect,
    database: Database,
    clock: Clock,
) -> None:
    key = await foreign_key(database, clock)
    news = await ChatNews.open(
        database, clock, name=PlatformName.SLACK, workspace=slack.team.id, platform=platform
    )
    await slack.slash('watch Miami as "Talks"')
    for said in REPORTS:
        await news.reports(0, said)
    where = sample_channel(PlatformName.SLACK, slack.channel)
    await platform.send(where, platform.render(alert(), key=key), key=key)
    *_, card, foreign = await slack.messages()
    guest = await slack.add_user("guest", is_restricted=True)
    wrong: list[str] = []

    async def press(one: Press) -> None:
        target = foreign.ts if one.when is When.FOREIGN else card.ts
        user = guest if one.who is Who.ANYBODY else slack.member
        there = await slack.press(
            ACTIONS[one.button], target, user=user, replies=1 if one.slack else 0
        )
        shared = any(reply.in_channel for reply in there.replies)
        if not there.acked or shared or one.slack not in there.text or THEIRS in there.text:
            wrong.append(f"{one.button} by {one.who}{one.when}: {there.text}")

    for one in PRESSES:
        if one.when is When.STANDING:
            await press(one)
    await platform.stop()
    await connect().start()
    for one in PRESSES:
        if one.when is not When.STANDING:
            await press(one)
    assert not wrong, "\n".join(wrong)
    assert await slack.violations() == []
