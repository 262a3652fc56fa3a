"""Posting, editing and looking back, on the loopback Slack with the real SDK."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import aiohttp
import pytest

from bot.errors import Ambiguous, DeliveryError, FailureClass, Permanent, Retryable
from bot.model.channel import Channel, PlatformName
from bot.model.platform import Absent, Payload, Posted, Unknown
from bot.platforms.slack import client as client_module
from bot.platforms.slack import history
from bot.platforms.slack.adapter import SlackPlatform
from tests.clock import Clock
from tests.platforms.samples import alert, channel
from tests.platforms.slack.conftest import Connect
from tests.servers.slack_client import LoopbackSlack

KEY = "k3y0k3y0k3y0k3y0k3y0"


def in_slack(external_id: str) -> Channel:
    return channel(PlatformName.SLACK, external_id)


def card(platform: SlackPlatform, *, outlets: int = 1, image: bool = False) -> Payload:
    one = alert(outlets=outlets)
    if image:
        one = replace(one, image_url="https://outlet-0.example/picture.jpg")
    return platform.render(one, key=KEY)


async def refusal(platform: SlackPlatform, external_id: str) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await platform.send(in_slack(external_id), card(platform), key=KEY)
    return caught.value


async def test_a_card_is_posted_and_edited_in_place(
    slack: LoopbackSlack, posts: SlackPlatform
) -> None:
    here = in_slack(slack.channel)
    posted = await posts.send(here, card(posts, image=True), key=KEY)
    await posts.edit(here, posted.remote_id, card(posts, outlets=6))
    await posts.edit(here, posted.remote_id, card(posts, outlets=6))
    (message,) = await slack.messages()
    assert message.ts == posted.remote_id
    assert message.blocks == [
        {**block, "block_id": shown["block_id"]}
        for block, shown in zip(card(posts, outlets=6).body["blocks"], message.blocks, strict=True)
    ]
    assert message.content["unfurl_links"] is False
    assert message.content["unfurl_media"] is False
    assert message.metadata["event_payload"] == {"key": KEY}
    assert message.pings == []
    assert await slack.violations() == []


async def test_a_lost_post_is_found_and_not_doubled(
    slack: LoopbackSlack, posts: SlackPlatform, clock: Clock
) -> None:
    here = in_slack(slack.channel)
    await slack.drop("chat.postMessage", commit=True)
    assert isinstance(await refusal(posts, slack.channel), Ambiguous)
    found = await posts.reconcile(here, key=KEY, since=clock())
    (message,) = await slack.messages()
    assert found == Posted(remote_id=message.ts)
    assert len(await slack.requests("chat.postMessage")) == 1
    assert await posts.reconcile(here, key="another", since=clock()) == Absent()
    later = clock() + timedelta(minutes=5)
    assert await posts.reconcile(here, key=KEY, since=later) == Absent()


@pytest.mark.parametrize("commit", [True, False])
async def test_what_leaves_it_open(
    slack: LoopbackSlack, posts: SlackPlatform, clock: Clock, commit: bool
) -> None:
    """Whatever the answer looks like, reconciling tells what happened."""
    here = in_slack(slack.channel)
    for content_type in ("text/html", "text/plain", "application/json"):
        await slack.html_error("chat.postMessage", commit=commit, content_type=content_type)
        assert isinstance(await refusal(posts, slack.channel), Ambiguous)
    await slack.api_error("chat.postMessage", "internal_error", commit=commit)
    assert isinstance(await refusal(posts, slack.channel), Ambiguous)
    found = await posts.reconcile(here, key=KEY, since=clock())
    assert isinstance(found, Posted) == commit
    assert len(await slack.messages()) == (4 if commit else 0)


async def test_a_slow_answer_leaves_it_open(
    slack: LoopbackSlack, connect: Connect, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The post may land after we have given up: `settle_s` is for that."""
    monkeypatch.setattr(client_module, "_TIMEOUT", aiohttp.ClientTimeout(total=0.2))
    platform = connect(app_token="")
    await platform.start()
    await slack.delay("chat.postMessage", 0.4)
    assert isinstance(await refusal(platform, slack.channel), Ambiguous)
    here = in_slack(slack.channel)
    assert await platform.reconcile(here, key=KEY, since=clock()) == Absent()
    await asyncio.sleep(0.3)
    assert isinstance(await platform.reconcile(here, key=KEY, since=clock()), Posted)


async def test_history_is_read_page_by_page(
    slack: LoopbackSlack, posts: SlackPlatform, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "_PAGE", 2)
    here = in_slack(slack.channel)
    posted = await posts.send(here, card(posts), key=KEY)
    for number in range(5):
        await slack.say(slack.channel, f"chatter {number}")
    assert await posts.reconcile(here, key=KEY, since=clock()) == posted
    monkeypatch.setattr(history, "_MOST_PAGES", 2)
    assert isinstance(await posts.reconcile(here, key=KEY, since=clock()), Unknown)


async def test_history_that_may_not_be_read(
    slack: LoopbackSlack, posts: SlackPlatform, clock: Clock
) -> None:
    here = in_slack(slack.channel)
    await slack.rate_limit("conversations.history", 1)
    assert await posts.reconcile(here, key=KEY, since=clock()) == Absent()
    await slack.rate_limit("conversations.history", 3600)
    with pytest.raises(Retryable) as caught:
        await posts.reconcile(here, key=KEY, since=clock())
    assert caught.value.retry_after == 3600
    await slack.drop("conversations.history", commit=False, count=2)  # aiohttp asks a GET twice
    with pytest.raises(Retryable):
        await posts.reconcile(here, key=KEY, since=clock())
    await slack.remove_scope("channels:history", "groups:history", "im:history")
    unknown = await posts.reconcile(here, key=KEY, since=clock())
    assert isinstance(unknown, Unknown)
    assert "missing_scope" in unknown.reason


async def test_a_rate_limit_is_the_pipelines_to_wait_for(
    slack: LoopbackSlack, posts: SlackPlatform
) -> None:
    await slack.rate_limit("chat.postMessage", 7)
    error = await refusal(posts, slack.channel)
    assert isinstance(error, Retryable)
    assert error.retry_after == 7
    assert len(await slack.requests("chat.postMessage")) == 1


async def test_a_public_channel_is_joined_once(slack: LoopbackSlack, posts: SlackPlatform) -> None:
    outside = await slack.add_channel("elsewhere", with_bot=False)
    await posts.send(in_slack(outside), card(posts), key=KEY)
    assert len(await slack.messages(outside)) == 1
    assert len(await slack.requests("conversations.join")) == 1
    await slack.kick_bot(outside)
    await slack.remove_scope("channels:join")
    error = await refusal(posts, outside)
    assert isinstance(error, Permanent)
    assert error.failure is FailureClass.PERMISSION
    assert "/invite @wirewatch" in error.remedy


async def test_channels_that_are_gone(slack: LoopbackSlack, posts: SlackPlatform) -> None:
    hidden = await slack.add_channel("secret", is_private=True, with_bot=False)
    archived = await slack.add_channel("old")
    await slack.archive(archived)
    for external_id in (hidden, archived, "C404"):
        error = await refusal(posts, external_id)
        assert isinstance(error, Permanent)
        assert error.failure is FailureClass.GONE
    await slack.revoke()
    error = await refusal(posts, slack.channel)
    assert isinstance(error, Permanent)
    assert error.failure is FailureClass.CREDENTIAL


async def test_a_deleted_message_cannot_be_edited(
    slack: LoopbackSlack, posts: SlackPlatform
) -> None:
    here = in_slack(slack.channel)
    posted = await posts.send(here, card(posts), key=KEY)
    await slack.delete_message(posted.remote_id)
    with pytest.raises(Permanent) as caught:
        await posts.edit(here, posted.remote_id, card(posts, outlets=2))
    assert caught.value.failure is FailureClass.MESSAGE_GONE


async def test_a_refused_card_is_posted_with_less_in_it(
    slack: LoopbackSlack, posts: SlackPlatform
) -> None:
    """Slack refuses the whole message when it cannot fetch the picture."""
    here = in_slack(slack.channel)
    await slack.api_error("chat.postMessage", "invalid_blocks")
    posted = await posts.send(here, card(posts, image=True), key=KEY)
    (message,) = await slack.messages()
    assert "accessory" not in message.blocks[0]
    assert [block["type"] for block in message.blocks] == ["section", "context", "actions"]

    await slack.api_error("chat.update", "invalid_blocks", count=2)
    await posts.edit(here, posted.remote_id, card(posts, outlets=6, image=True))
    (message,) = await slack.messages()
    assert [block["type"] for block in message.blocks] == ["section"]
    assert message.metadata["event_payload"] == {"key": KEY}

    await slack.api_error("chat.postMessage", "msg_blocks_too_long", count=2)
    error = await refusal(posts, slack.channel)
    assert isinstance(error, Permanent)
    assert error.failure is FailureClass.PAYLOAD
    assert len(await slack.messages()) == 1


async def test_slack_that_cannot_be_reached(
    slack: LoopbackSlack, posts: SlackPlatform, unused_tcp_port: int
) -> None:
    assert posts._open is not None
    posts._open.client.base_url = f"http://127.0.0.1:{unused_tcp_port}/api/"
    assert isinstance(await refusal(posts, slack.channel), Retryable)
    with pytest.raises(Retryable):
        await posts.probe(slack.channel)
    assert not (await posts.health()).ok


async def test_probe(slack: LoopbackSlack, posts: SlackPlatform) -> None:
    seen = await posts.probe(slack.channel)
    assert seen.name == f"#news in {slack.team.name}"
    assert (seen.workspace, seen.workspace_name) == (slack.team.id, slack.team.name)
    assert seen.problems == ()
    outside = await slack.add_channel("elsewhere", with_bot=False)
    assert (await posts.probe(outside)).problems == (), "it can be joined"
    await slack.archive(outside)
    assert "is archived" in (await posts.probe(outside)).problems[0]
    with pytest.raises(Permanent, match="/invite @wirewatch"):
        await posts.probe("C404")
    with pytest.raises(Permanent, match="not a channel's id"):
        await posts.probe("#news")
    await slack.remove_scope("channels:read", "groups:read", "im:read")
    problem = (await posts.probe(slack.channel)).problems[0]
    assert "channels:read" in problem
    assert "OAuth & Permissions" in problem


async def test_probe_of_a_channel_that_cannot_be_joined(
    slack: LoopbackSlack, connect: Connect
) -> None:
    await slack.remove_scope("channels:join")
    platform = connect(app_token="")
    await platform.start()
    outside = await slack.add_channel("elsewhere", with_bot=False)
    assert "/invite @wirewatch" in (await platform.probe(outside)).problems[0]
    assert "channels:join" in (await platform.health()).detail


async def test_once_is_quick_and_leaves_nothing_behind(
    slack: LoopbackSlack, connect: Connect
) -> None:
    """start, send, stop, as `run --once` does."""
    before = asyncio.all_tasks()
    started = asyncio.get_running_loop().time()
    platform = connect()
    await platform.start()
    await platform.start()
    await platform.send(in_slack(slack.channel), card(platform), key=KEY)
    await platform.stop()
    await platform.stop()
    assert asyncio.get_running_loop().time() - started < 3
    assert asyncio.all_tasks() == before
    assert not (await platform.health()).ok
    with pytest.raises(Retryable):
        await platform.send(in_slack(slack.channel), card(platform), key=KEY)
