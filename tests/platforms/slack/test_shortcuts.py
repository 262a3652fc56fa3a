"""The message shortcut "Why this?", chosen by people on the loopback Slack."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.web.async_client import AsyncWebClient

from bot.pipeline.running import Running
from bot.platforms.slack.adapter import SlackPlatform
from bot.platforms.slack.shortcuts import WATCH_STORY, WHY_THIS, links_of
from bot.storage.database import Database
from tests.clock import Clock
from tests.platforms.slack.test_alerts import opened
from tests.platforms.slack.test_commands import assert_private
from tests.servers.slack_client import LoopbackSlack


async def why(slack: LoopbackSlack, message: str, user: str = "", *, menu: str = WHY_THIS) -> str:
    exchange = await slack.shortcut(menu, message=message, user=user, replies=1)
    assert_private(exchange)
    return exchange.text


async def test_why_of_a_message_that_is_not_ours(
    slack: LoopbackSlack, platform: SlackPlatform
) -> None:
    said = await slack.say(slack.channel, "good morning")
    told = await why(slack, said)
    assert "no alert of mine" in told
    assert "/news why https://outlet.example/story" in told
    linked = await slack.say(slack.channel, "look: <https://m.example/1?a=1&amp;b=2|this>")
    assert "No feed that is followed here has listed this" in await why(slack, linked)
    guest = await slack.add_user("gus", is_restricted=True)
    assert "Only full members" in await why(slack, linked, guest)
    assert await slack.violations() == []


async def test_a_story_is_watched_and_let_go(
    slack: LoopbackSlack, platform: SlackPlatform, database: Database, clock: Clock
) -> None:
    wire = await opened(slack, platform, database, clock)
    await slack.slash("watch Miami")
    await wire.report("Talks resume in Miami")
    await wire.deliver()
    [card] = await slack.messages()
    told = await why(slack, card.ts, menu=WATCH_STORY)
    assert "You watch this story" in told
    assert "/news unfollow Talks resume in Miami" in told
    await Running(database=database, now=clock).catch_up()
    await wire.deliver()
    client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)
    opened_ = (await client.conversations_open(users=slack.member))["channel"]["id"]
    direct = await slack.messages(opened_)
    assert ["Talks resume in Miami" in one.drawn.text for one in direct] == [True]
    assert "one story" in (await slack.slash("follow")).text
    assert "You no longer watch" in await why(slack, direct[0].ts, menu=WATCH_STORY)
    assert "follow nothing here yet" in (await slack.slash("follow")).text
    guest = await slack.add_user("gus", is_restricted=True)
    assert "Only full members" in await why(slack, card.ts, guest, menu=WATCH_STORY)
    said = await slack.say(slack.channel, "good morning")
    assert "no alert of mine" in await why(slack, said, menu=WATCH_STORY)
    assert await slack.violations() == []


def test_links_in_reading_order() -> None:
    message = {
        "text": "<https://c.example/?x=1&amp;y=2|c> <mailto:a@b.example> <@U1>",
        "blocks": [
            {"type": "section", "text": {"type": "mrkdwn", "text": "*<https://a.example/1|A>*"}},
            {
                "type": "rich_text",
                "elements": [
                    {
                        "type": "rich_text_section",
                        "elements": [
                            {"type": "link", "url": "mailto:x@y.example"},
                            {"type": "link", "url": "https://b.example/2"},
                        ],
                    }
                ],
            },
        ],
    }
    assert list(links_of(message)) == [
        "https://a.example/1",
        "https://b.example/2",
        "https://c.example/?x=1&y=2",
    ]


@given(
    st.recursive(
        st.none() | st.text(max_size=9) | st.just("mrkdwn") | st.just("link"),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["type", "text", "url", "blocks"]), inner)
        ),
        max_leaves=12,
    )
)
def test_no_message_of_strangers_breaks_it(blocks: object) -> None:
    assert all(url.startswith("http") for url in links_of({"text": "", "blocks": blocks}))
