"""Somebody's first two days with Wirewatch on Slack: every verb, mistakes among it."""

from __future__ import annotations

from bot.commands.caller import Caller, Destination
from bot.commands.desk import Commands
from bot.model.channel import PlatformName, Workspace
from bot.model.ids import WorkspaceId
from bot.platforms.slack.adapter import SlackPlatform
from bot.platforms.slack.orders import NOUNS, VERBS
from bot.platforms.slack.parsing import parse_order
from bot.platforms.slack.replies import APOLOGY
from bot.storage.database import Database
from tests.clock import Clock
from tests.platforms.newsroom import RSS, SITE, ChatNews, opml
from tests.platforms.walkthrough import FIRST_DAY, SECOND_DAY, STEPS, Step
from tests.servers.feeds import Page, feed_server
from tests.servers.slack_client import LoopbackSlack


def test_every_verb_is_walked() -> None:
    verbs = {*VERBS.values(), *(verb for noun in NOUNS.values() for verb in noun.values())}
    walked = set()
    for step in STEPS:
        if "{headlin}" not in step.slack:  # that one does not read
            walked.add(parse_order(step.slack).verb)
    assert verbs - walked == set(), "tests/platforms/walkthrough.py lacks a step"


async def test_two_days(
    slack: LoopbackSlack,
    platform: SlackPlatform,
    commands: Commands,
    database: Database,
    clock: Clock,
) -> None:
    admin = await slack.add_user("admin", is_admin=True)
    await slack.add_channel("desk")
    there = Workspace(id=WorkspaceId("slack:T9"), platform=PlatformName.SLACK, external_id="T9")
    place = Destination(platform=PlatformName.SLACK, external_id="C9", name="#theirs")
    await commands.topics.watch(
        Caller(workspace=there, here=place, user="U9"), "Theirwire", name="Talks"
    )
    news = await ChatNews.open(
        database, clock, name=PlatformName.SLACK, workspace=slack.team.id, platform=platform
    )
    wrong: list[str] = []

    async def walk(steps: tuple[Step, ...], publisher: str) -> None:
        for step in (one for one in steps if one.slack):
            typed = step.slack.replace("{feeds}", publisher)
            exchange = await slack.slash(typed, user=admin)
            said = exchange.text + str(exchange.views())
            shared = any(reply.in_channel for reply in exchange.replies)
            if shared or step.says not in said or APOLOGY in said or "Theirwire" in said:
                wrong.append(f"/news {typed}: {said}")
            clock.forward(seconds=1)

    async with feed_server() as publisher:
        publisher.put("/feed", Page(body=RSS))
        publisher.put("/second", Page(body=RSS))
        publisher.put("/site", Page(body=SITE, content_type="text/html"))
        publisher.put("/list.opml", Page(body=opml(publisher.url("/second"))))
        await walk(FIRST_DAY, publisher.url(""))
        await news.reports(0, "Envoys arrive in Miami")
        await news.reports(1, "Envoys arrive in Miami")
        await walk(SECOND_DAY, publisher.url(""))
    assert not wrong, "\n".join(wrong)
    assert await slack.violations() == []
