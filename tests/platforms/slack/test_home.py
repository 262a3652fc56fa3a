"""The Home tab on the loopback Slack: what whom is shown, and the forms that open from it."""

from __future__ import annotations

import json

from bot.platforms.slack.adapter import SlackPlatform
from bot.platforms.slack.home import EDIT, SETTINGS
from bot.storage.database import Database
from tests.clock import Clock
from tests.platforms.slack.test_alerts import opened
from tests.servers.slack_client import LoopbackSlack


async def home(slack: LoopbackSlack, user: str = "") -> str:
    await slack.open_home(user=user)
    view = await slack.home(user)
    assert view is not None
    return json.dumps(view["blocks"], ensure_ascii=False)


async def test_before_anything_is_watched(slack: LoopbackSlack, platform: SlackPlatform) -> None:
    said = await home(slack)
    assert "No feed is read yet" in said
    assert "Nothing is watched in a channel that you see" in said
    assert "You* follow nothing in person" in said
    guest = await slack.add_user("gus", is_restricted=True)
    assert "Only full members" in await home(slack, guest)
    assert await slack.violations() == []


async def test_who_hears_of_what_and_the_forms(
    slack: LoopbackSlack, platform: SlackPlatform, database: Database, clock: Clock
) -> None:
    await opened(slack, platform, database, clock)
    await slack.slash('watch "*Miami* <!channel> talks" as "Talks & <@U1> *more*"')
    await slack.slash("watch NATO")
    await slack.slash("follow Witkoff")
    said = await home(slack)
    assert "2 feeds read · all well" in said
    assert f"<#{slack.channel}>" in said
    assert "Immediate, at most 10 cards an hour" in said
    assert "*NATO*" in said
    assert "<!channel>" not in said
    assert "<@U1>" not in said
    assert "“Witkoff” in direct messages" in said
    view = await slack.home()
    assert view is not None
    form = await slack.press(SETTINGS, view["id"], value=slack.channel, replies=1)
    assert form.views(), "the settings' form"
    assert await slack.violations() == []


async def test_a_private_channel_is_shown_to_its_members_alone(
    slack: LoopbackSlack, platform: SlackPlatform, database: Database, clock: Clock
) -> None:
    await opened(slack, platform, database, clock)
    private = await slack.add_channel("sources", is_private=True)
    await slack.slash("watch Informant", channel=private)
    assert "Informant" in await home(slack)
    stranger = await slack.add_user("zoe")
    assert "Informant" not in await home(slack, stranger)
    assert EDIT not in await home(slack, stranger)
    assert await slack.violations() == []
