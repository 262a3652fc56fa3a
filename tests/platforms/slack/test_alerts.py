"""From a slash command to a message and its buttons, through the real pipeline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest

from bot.model.channel import PlatformName, Workspace
from bot.model.ids import FeedId, WorkspaceId
from bot.pipeline.deliver import Deliverer
from bot.platforms.slack.adapter import SlackPlatform
from bot.platforms.slack.shortcuts import WHY_THIS
from bot.storage.database import Database
from tests.clock import Clock
from tests.newsdesk import Newsdesk, article
from tests.platforms.slack.conftest import Connect
from tests.platforms.slack.test_commands import assert_private
from tests.servers.slack_client import LoopbackSlack


@dataclass(slots=True)
class Wire:
    """A desk whose alerts go to Slack, and two feeds that it follows."""

    newsdesk: Newsdesk
    deliverer: Deliverer
    feeds: tuple[FeedId, FeedId]

    async def report(self, title: str, *, feed: int = 0) -> None:
        one = article(title, at=self.newsdesk.clock())
        await self.newsdesk.listed(self.feeds[feed], one)

    async def deliver(self) -> None:
        await self.deliverer.drain(patience=timedelta(0))


async def opened(
    slack: LoopbackSlack, platform: SlackPlatform, database: Database, clock: Clock
) -> Wire:
    newsdesk = await Newsdesk.open(database, clock)
    team = Workspace(
        id=WorkspaceId(f"slack:{slack.team.id}"),
        platform=PlatformName.SLACK,
        external_id=slack.team.id,
    )
    first = await newsdesk.follow("https://a.example/feed", name="Meridian Wire", by=team)
    second = await newsdesk.follow("https://b.example/feed", name="Harbour Post", by=team)
    return Wire(newsdesk, delivers(platform, database, clock), (first, second))


def delivers(platform: SlackPlatform, database: Database, clock: Clock) -> Deliverer:
    return Deliverer(
        database=database,
        platforms={PlatformName.SLACK: platform},
        now=clock,
        edit_interval=timedelta(0),
    )


@pytest.fixture
async def wire(
    slack: LoopbackSlack, platform: SlackPlatform, database: Database, clock: Clock
) -> Wire:
    """`/news watch Miami` was typed, and one story has come in since."""
    wire = await opened(slack, platform, database, clock)
    assert "Watching “Miami”" in (await slack.slash("watch Miami")).text
    await wire.report("Talks resume in Miami after a pause")
    return wire


async def test_a_command_and_the_next_article(slack: LoopbackSlack, wire: Wire) -> None:
    await wire.deliver()
    await wire.deliver()
    (card,) = await slack.messages()
    assert "Talks resume in Miami after a pause" in card.drawn.text
    assert "matched Miami" not in card.text
    await wire.report("Talks resume in Miami after a pause", feed=1)
    await wire.deliver()
    (grown,) = await slack.messages()
    assert grown.ts == card.ts
    assert "2 outlets" in grown.drawn.text
    assert "Also Harbour Post" in grown.drawn.text
    assert len(grown.edits) == 1
    assert await slack.violations() == []


@pytest.mark.parametrize("answer", ["drop", "html", "error"])
async def test_a_lost_answer_makes_one_message(
    slack: LoopbackSlack, wire: Wire, clock: Clock, answer: str
) -> None:
    await slack.fault("chat.postMessage", answer=answer, commit="yes")
    await wire.deliver()
    assert len(await slack.messages()) == 1
    clock.forward(seconds=60)
    await wire.deliver()
    await wire.deliver()
    (card,) = await slack.messages()
    assert len(await slack.requests("chat.postMessage")) == 1
    assert len(await slack.requests("conversations.history")) == 1
    assert "Talks resume" in card.drawn.text


async def test_a_post_that_never_landed_is_posted_once(
    slack: LoopbackSlack, wire: Wire, clock: Clock
) -> None:
    await slack.drop("chat.postMessage", commit=False)
    await wire.deliver()
    assert await slack.messages() == []
    clock.forward(seconds=60)
    await wire.deliver()
    assert len(await slack.messages()) == 1


async def test_why_and_mute(slack: LoopbackSlack, wire: Wire, clock: Clock) -> None:
    await wire.deliver()
    (card,) = await slack.messages()
    why = await slack.press("ww_why", card.ts, user=slack.admin, replies=1)
    assert_private(why)
    assert "Why this alert" in why.text
    assert "“Miami” in Meridian Wire" in why.text
    chosen = await slack.shortcut(WHY_THIS, message=card.ts, user=slack.admin, replies=1)
    assert_private(chosen)
    assert chosen.text == why.text, "the shortcut says what the button says"
    assert (await slack.press("ww_open", card.ts)).acked
    mute = await slack.press("ww_mute", card.ts, replies=1)
    assert_private(mute)
    assert "Muted “Miami” until" in mute.text
    await wire.report("A hotel opens in Miami Beach")
    await wire.deliver()
    (same,) = await slack.messages()
    assert "Muted until" in str(same.current)
    assert "A hotel opens" not in str(same.current)


async def test_the_timeline_by_button_and_by_words(
    slack: LoopbackSlack, platform: SlackPlatform, database: Database, clock: Clock
) -> None:
    wire = await opened(slack, platform, database, clock)
    assert "Nothing was told here yet" in (await slack.slash("latest")).text
    assert "No story has been told here yet" in (await slack.slash("story")).text
    await slack.slash("watch Miami")
    await wire.report("Envoys of <!channel> meet in *Miami*")
    await wire.deliver()
    (card,) = await slack.messages()
    pressed = await slack.press("ww_timeline", card.ts, replies=1)
    assert_private(pressed)
    assert "Story 1: 1 report, 1 independent outlet" in pressed.text
    for asked in ("story", "story 1", "story #1", "timeline envoys miami"):
        assert (await slack.slash(asked)).text == pressed.text
    assert "has “Kyiv”" in (await slack.slash("story Kyiv")).text
    linked = await slack.slash("story <https://elsewhere.example/1|elsewhere>")
    assert "No feed that is followed here has listed" in linked.text
    assert "The latest in #" in (await slack.slash("latest")).text
    assert "The latest of “Miami”" in (await slack.slash('latest "Miami"')).text
    assert await slack.violations() == []


async def test_following_in_person(
    slack: LoopbackSlack, platform: SlackPlatform, database: Database, clock: Clock
) -> None:
    wire = await opened(slack, platform, database, clock)
    assert "You follow nothing here yet" in (await slack.slash("follow")).text
    assert "You follow “Witkoff”" in (await slack.slash("follow Witkoff")).text
    await wire.report("Witkoff lands in Miami")
    await wire.deliver()
    assert await slack.messages() == [], "nothing in the channel"
    [post] = await slack.requests("chat.postMessage")
    [card] = await slack.messages(post.args["channel"])
    assert "Witkoff lands" in card.text
    for action in ("ww_why", "ww_timeline", "ww_mute"):
        assert "Witkoff" in (await slack.press(action, card.ts, replies=1)).text
    assert "You no longer follow “Witkoff”" in (await slack.slash("unfollow witkoff")).text
    assert await slack.violations() == []


async def test_feeds_as_a_file(
    slack: LoopbackSlack, platform: SlackPlatform, database: Database, clock: Clock
) -> None:
    await opened(slack, platform, database, clock)
    assert "direct messages with me" in (await slack.slash("feed export")).text
    [opened_] = await slack.requests("conversations.open")
    assert opened_.args["users"] == slack.member
    [done] = await slack.requests("files.completeUploadExternal")
    assert "2 feeds as OPML" in str(done.args["files"])
    assert await slack.violations() == []


async def test_another_query_aliases_and_why(slack: LoopbackSlack, wire: Wire) -> None:
    there = await slack.slash("edit Miami query Acme OR Rain")
    assert "“Miami” looks for something else now" in there.text
    added = await slack.slash("settings aliases add Acme, Coyote Supplies")
    assert "also finds 1 other name" in added.text
    assert "Coyote Supplies" in (await slack.slash("settings aliases")).text
    await wire.report("Coyote Supplies opens a shop")
    assert "(alias)" in (await slack.slash("why 2")).text
    assert "No feed that is followed here" in (await slack.slash("why https://a.example/x")).text
    assert "Forgot Acme" in (await slack.slash("settings aliases remove ACME")).text


async def test_less_like_this_changes_the_topic_with_one_more_press(
    slack: LoopbackSlack, wire: Wire, clock: Clock
) -> None:
    await wire.report("Miami Heat win game seven")
    await wire.deliver()
    clock.forward(seconds=2)  # a second between two posts in a channel
    await wire.deliver()
    card = next(one for one in await slack.messages() if "Heat" in one.drawn.text)
    less = await slack.press("ww_less", card.ts, replies=1)
    assert_private(less)
    assert "Miami -Heat" in less.text
    offer = next(one for one in await slack.ledger() if one.text.startswith("Less like this"))
    changed = await slack.press("ww_apply", offer.ts, replies=1)
    assert_private(changed)
    assert "“Miami” was changed" in changed.text
    assert "Miami -Heat" in (await slack.slash("list")).text
    again = await slack.press("ww_apply", offer.ts, replies=1)
    assert "was changed" not in again.text, "the second press of one offer changes nothing"
    assert await slack.violations() == []


async def test_buttons_answer_after_a_restart(
    slack: LoopbackSlack,
    wire: Wire,
    platform: SlackPlatform,
    connect: Connect,
    database: Database,
    clock: Clock,
) -> None:
    await wire.deliver()
    await platform.stop()
    again = connect()
    await again.start()
    (card,) = await slack.messages()
    assert "Why this alert" in (await slack.press("ww_why", card.ts, replies=1)).text
    await wire.report("Talks resume in Miami after a pause", feed=1)
    await delivers(again, database, clock).drain(patience=timedelta(0))
    (grown,) = await slack.messages()
    assert grown.ts == card.ts
    assert len(grown.edits) == 1


async def test_a_button_of_an_alert_that_is_not_known(
    slack: LoopbackSlack, platform: SlackPlatform, wire: Wire
) -> None:
    """A forged or purged key tells nothing, and other teams' keys are as unknown."""
    await wire.deliver()
    (card,) = await slack.messages()
    assert platform._open is not None
    forged = [
        {**block, "elements": [{**one, "value": "x" * 20} for one in block["elements"]]}
        if block["type"] == "actions"
        else block
        for block in card.blocks
    ]
    sent = await platform._open.client.chat_postMessage(
        channel=slack.channel, text="forged", blocks=forged
    )
    exchange = await slack.press("ww_why", sent["ts"], replies=1)
    assert "This alert is not known here any more." in exchange.text
