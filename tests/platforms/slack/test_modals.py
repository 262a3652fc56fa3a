"""The forms of settings and topics: opened, filled in and sent by people on the loopback Slack."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.commands.attention import AttentionCommands
from bot.commands.caller import Destination, Reply
from bot.errors import CommandError
from bot.model.channel import PlatformName
from bot.model.ids import ChannelId, SubscriptionId, TopicId, WorkspaceId
from bot.model.topic import Subscription, Topic
from bot.platforms.slack import modals
from bot.platforms.slack.adapter import SlackPlatform
from bot.platforms.slack.forms import read_topic, topic_form
from tests.platforms.slack.test_commands import news
from tests.servers.slack.records import Json
from tests.servers.slack_client import LoopbackSlack


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is, an outcome comes with the ack."""
    monkeypatch.setattr(modals, "PATIENCE_S", 4.0)


async def opened(slack: LoopbackSlack, typed: str, *, user: str = "", channel: str = "") -> Json:
    """The form that the words open, and nothing else."""
    exchange = await slack.slash(typed, user=user, channel=channel)
    (reply,) = exchange.replies
    assert reply.kind == "view", reply
    assert reply.content["submit"]["text"] == "Save"
    return reply.content


async def outcome(slack: LoopbackSlack, view: Json, user: str = "", **values: object) -> str:
    """What the form says once it was saved, or was not."""
    exchange = await slack.submit_view(view["id"], values, user=user, replies=1)
    assert exchange.acked
    now = await slack.view(view["id"])
    assert now is not None
    assert not now["submit"], "nothing is left to send"
    assert "Saving" not in str(now["blocks"])
    return str(now["blocks"])


async def test_settings_are_changed_in_a_form(
    slack: LoopbackSlack, platform: SlackPlatform
) -> None:
    view = await opened(slack, "settings")
    assert "How #news hears of the news" in str(view["blocks"])
    told = await outcome(slack, view, rhythm="weekly", weekday="fri", at="07:15", budget="3")
    assert "Settings of #news changed" in told
    assert "eekly fri 07:15" in told
    again = await opened(slack, "settings")
    fields = {block["block_id"]: block.get("element") for block in again["blocks"]}
    assert fields["weekday"]["initial_option"]["value"] == "fri"
    assert fields["budget"]["initial_value"] == "3"
    assert "Nothing was changed" in await outcome(slack, again)
    assert await slack.messages() == []
    assert await slack.violations() == []


async def test_what_does_not_read_is_told_beneath_its_field(
    slack: LoopbackSlack, platform: SlackPlatform
) -> None:
    view = await opened(slack, "settings")
    wrong = {"quiet": "8:00-8:00", "budget": "lots", "timezone": "Europe/Kyjiv"}
    exchange = await slack.submit_view(view["id"], wrong, replies=1)
    (reply,) = exchange.replies
    assert reply.kind == "errors"
    errors = reply.content["errors"]
    assert set(errors) == set(wrong)
    assert "Europe/Kyiv" in errors["timezone"]
    assert "`" not in exchange.text
    assert "quiet 22:00-06:00" in await outcome(slack, view, quiet="22-6")


async def test_a_topic_is_changed_in_a_form(slack: LoopbackSlack, platform: SlackPlatform) -> None:
    await news(slack, "watch NATO")
    view = await opened(slack, "topic edit NATO")
    wrong = await slack.submit_view(view["id"], {"query": "(NATO", "outlets": "99"}, replies=1)
    assert set(wrong.replies[0].content["errors"]) == {"query", "outlets"}
    told = await outcome(slack, view, query="NATO OR\n Alliance ", outlets="3", urgent=["urgent"])
    assert "looks for something else now" in told
    assert "once 3 outlets report it" in told
    assert "Urgent" in told
    again = await opened(slack, "edit NATO")
    values = {block["block_id"]: block.get("element") for block in again["blocks"]}
    assert values["query"]["initial_value"] == "NATO OR Alliance"
    assert values["outlets"]["initial_value"] == "3"
    assert values["urgent"]["initial_options"]
    assert "Nothing was changed" in await outcome(slack, again)
    assert await slack.violations() == []


async def test_two_people_do_not_undo_one_another(
    slack: LoopbackSlack, platform: SlackPlatform
) -> None:
    first = await opened(slack, "settings")
    second = await opened(slack, "settings", user=slack.admin)
    await outcome(slack, first, budget="3")
    assert "at most 3 cards an hour, quiet 22:00-06:00" in await outcome(
        slack, second, slack.admin, quiet="22:00-06:00"
    )


async def test_who_may_is_asked_again_when_it_is_sent(
    slack: LoopbackSlack, platform: SlackPlatform
) -> None:
    secret = await slack.add_channel("secret", is_private=True)
    view = await opened(slack, "settings", channel=secret)
    await slack.ask("member", channel=secret, user=slack.member, inside=False)
    assert "not a member of #secret" in await outcome(slack, view, budget="3")
    guest = await slack.add_user("gus", is_restricted=True)
    assert "Only full members" in await news(slack, "settings", user=guest)
    public = await opened(slack, "settings")
    told = await outcome(slack, public, guest, budget="3")
    assert "Only full members" in told
    assert "at most 10 cards an hour" in str((await opened(slack, "settings"))["blocks"])


async def test_a_form_that_comes_too_late_is_told_in_words(
    slack: LoopbackSlack, platform: SlackPlatform
) -> None:
    await slack.settings(trigger_seconds=0)
    told = await news(slack, "settings")
    assert "too late" in told
    assert "/news settings daily 8:30" in told


async def test_what_has_no_form_is_told_in_words(
    slack: LoopbackSlack, platform: SlackPlatform
) -> None:
    await news(slack, "watch NATO")
    elsewhere = await slack.add_channel("other")
    assert "not watched in #other" in await news(slack, "edit NATO", channel=elsewhere)
    assert "There is no topic" in await news(slack, "edit Nothing")
    view = {
        "private_metadata": '{"channel":"C1","topic":"NATO","was":{"query":"","outlets":"1",'
        '"urgent":false}}',
        "state": {
            "values": {
                "query": {"query": {"value": "NATO"}},
                "outlets": {"outlets": {"value": "²"}},
                "urgent": {"urgent": {"selected_options": []}},
            }
        },
    }
    assert "Write a whole number" in read_topic(view).errors["outlets"]


async def test_a_slow_change_is_acknowledged_first(
    slack: LoopbackSlack, platform: SlackPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = await opened(slack, "settings")
    whole, may = AttentionCommands.change, asyncio.Event()

    async def slow(*args: Any, **kwargs: Any) -> Reply:
        await may.wait()
        return await whole(*args, **kwargs)

    monkeypatch.setattr(AttentionCommands, "change", slow)
    monkeypatch.setattr(modals, "PATIENCE_S", 0.0)
    monkeypatch.setattr(modals, "SETTLE_S", 0.05)
    exchange = await slack.submit_view(view["id"], {"budget": "3"}, replies=1)
    assert "Saving" in str(exchange.views())
    may.set()
    (request,) = await slack.settled("views.update")
    assert "Settings of #news changed" in str(request.args)


def test_a_query_that_no_field_holds_is_changed_in_words() -> None:
    topic = Topic(
        id=TopicId(1),
        workspace=WorkspaceId("slack:T1"),
        name="NATO",
        query=" OR ".join(f"word{number}" for number in range(400)),
    )
    one = Subscription(
        id=SubscriptionId(1), workspace=topic.workspace, channel=ChannelId(1), topic=topic.id
    )
    here = Destination(platform=PlatformName.SLACK, external_id="C1", name="#news")
    with pytest.raises(CommandError, match="longer than a form takes"):
        topic_form(here, topic, one)
