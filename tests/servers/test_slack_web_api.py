"""The loopback Slack's Web API, checked with the real slack_sdk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.servers.slack_app import careful, client_of, code_of, section
from tests.servers.slack_client import LoopbackSlack, shared_server


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with shared_server() as shared:
        yield shared


@pytest.fixture
async def slack(port: int) -> AsyncIterator[LoopbackSlack]:
    async with LoopbackSlack(port=port) as server:
        yield server


async def test_the_default_client_posts_twice_when_the_answer_is_lost(slack: LoopbackSlack) -> None:
    await slack.drop("chat.postMessage", commit=True)
    await client_of(slack).chat_postMessage(channel=slack.channel, text="Talks resume")
    assert len(await slack.messages()) == 2

    await slack.drop("chat.postMessage", commit=True)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await careful(slack).chat_postMessage(channel=slack.channel, text="Talks resume")
    assert len(await slack.messages()) == 3


async def test_a_lost_post_is_found_by_its_metadata(slack: LoopbackSlack) -> None:
    metadata = {"event_type": "wirewatch", "event_payload": {"delivery": "d-17"}}
    client = careful(slack)

    async def found() -> list[str]:
        page = await client.conversations_history(
            channel=slack.channel, include_all_metadata=True, limit=15
        )
        kept = [message.get("metadata", {}) for message in page["messages"]]
        return [item["event_payload"]["delivery"] for item in kept if item]

    await slack.late_commit("chat.postMessage", 0.2)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await client.chat_postMessage(channel=slack.channel, text="Talks", metadata=metadata)
    assert await found() == []
    await asyncio.sleep(0.3)
    assert await found() == ["d-17"]
    bare = await client.conversations_history(channel=slack.channel)
    assert "metadata" not in bare["messages"][0]


async def test_faults(slack: LoopbackSlack) -> None:
    client = careful(slack)
    await slack.html_error("chat.postMessage", status=503, commit=True)
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=slack.channel, text="one")
    assert caught.value.response.data == {}
    await slack.rate_limit("chat.postMessage", 7)
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=slack.channel, text="two")
    assert caught.value.response.headers["Retry-After"] == "7"
    await slack.api_error("chat.postMessage", "internal_error", commit=True)
    lost = client.chat_postMessage(channel=slack.channel, text="three")
    assert await code_of(lost) == "internal_error"
    await slack.delay("auth.test", 0.1)
    await client.auth_test()
    assert [posted.text for posted in await slack.messages()] == ["one", "three"]
    assert [request.status for request in await slack.requests("chat.postMessage")] == [
        503,
        429,
        200,
    ]


async def test_what_slack_refuses(slack: LoopbackSlack) -> None:
    client = careful(slack)

    def post(**content: Any) -> Awaitable[Any]:
        return client.chat_postMessage(**{"channel": slack.channel, **content})

    assert await code_of(post(channel="C404", text="hi")) == "channel_not_found"
    blank = client.api_call("chat.postMessage", json={"channel": slack.channel, "text": " "})
    assert await code_of(blank) == "no_text"
    assert await code_of(post(text="x" * 40_001)) == "msg_too_long"
    assert await code_of(post(text="x", blocks=[section("x" * 3001)])) == "invalid_blocks"
    assert await code_of(post(text="x", blocks=[section("x" * 2999)] * 5)) == "msg_blocks_too_long"
    outside = await slack.add_channel("elsewhere", with_bot=False)
    assert await code_of(post(channel=outside, text="hi")) == "not_in_channel"
    await client.conversations_join(channel=outside)
    await post(channel=outside, text="hi")
    hidden = await slack.add_channel("secret", is_private=True, with_bot=False)
    assert await code_of(post(channel=hidden, text="hi")) == "channel_not_found"
    await slack.archive(outside)
    assert await code_of(post(channel=outside, text="hi")) == "is_archived"
    theirs = await slack.say(slack.channel, "mine")
    edit = client.chat_update(channel=slack.channel, ts=theirs, text="ours")
    assert await code_of(edit) == "cant_update_message"
    own = await post(text="ours")
    await slack.delete_message(own["ts"])
    gone = client.chat_update(channel=slack.channel, ts=own["ts"], text="again")
    assert await code_of(gone) == "message_not_found"
    await slack.remove_scope("channels:history")
    with pytest.raises(SlackApiError) as caught:
        await client.conversations_history(channel=slack.channel)
    assert caught.value.response["needed"] == "channels:history"
    assert "chat:write" in caught.value.response["provided"]
    await slack.revoke("account_inactive")
    assert await code_of(post(text="hi")) == "account_inactive"
    stranger = AsyncWebClient(token="xoxb-none", base_url=slack.api_url)
    assert await code_of(stranger.auth_test()) == "invalid_auth"
    problems = [violation.problem for violation in await slack.violations()]
    assert "must be less than 3001 characters [json-pointer:/blocks/0/text/text]" in problems


async def test_an_edit_with_text_alone_takes_the_blocks_away(slack: LoopbackSlack) -> None:
    client = careful(slack)
    posted = await client.chat_postMessage(
        channel=slack.channel, text="a", blocks=[section("<!channel> <@U1> &lt;!here&gt;")]
    )
    await client.chat_update(channel=slack.channel, ts=posted["ts"], text="b")
    (card,) = await slack.messages()
    assert (card.text, card.blocks, len(card.edits)) == ("b", [], 1)
    assert card.pings == ["<!channel>", "<@U1>"]


async def test_history_limits_of_unlisted_apps(slack: LoopbackSlack) -> None:
    client = careful(slack)
    for number in range(17):
        await slack.say(slack.channel, str(number))
    await slack.settings(history_tier="unlisted")
    page = await client.conversations_history(channel=slack.channel, limit=100)
    assert [len(page["messages"]), page["has_more"]] == [15, True]
    assert page["messages"][0]["text"] == "16"
    again = client.conversations_history(channel=slack.channel)
    assert await code_of(again) == "ratelimited"
    await slack.settings(history_tier="off", post_interval=5)
    rest = await client.conversations_history(
        channel=slack.channel, cursor=page["response_metadata"]["next_cursor"]
    )
    assert [message["text"] for message in rest["messages"]] == ["1", "0"]
    await client.chat_postMessage(channel=slack.channel, text="first")
    soon = client.chat_postMessage(channel=slack.channel, text="second")
    assert await code_of(soon) == "ratelimited"


# slack_sdk 3.47 builds aiohttp's BasicAuth for oauth.v2.access, which aiohttp 3.14 deprecates.
@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")
async def test_files_installation_and_people(slack: LoopbackSlack) -> None:
    client = careful(slack)
    await client.files_upload_v2(channel=slack.channel, content="a,b", filename="export.csv")
    (message,) = await slack.messages()
    assert message.current["files"][0]["name"] == "export.csv"
    other = await slack.add_team("Elsewhere")
    credentials = {"client_id": slack.client_id, "client_secret": slack.client_secret}
    code = await slack.oauth_code(team=other.id, scope="chat:write")
    granted = await client.oauth_v2_access(**credentials, code=code)
    assert granted["access_token"] == other.bot_token
    assert await code_of(client.oauth_v2_access(**credentials, code=code)) == "invalid_code"
    assert (await client.users_info(user=slack.admin))["user"]["is_admin"]
    assert "chat:write" in (await client.auth_test()).headers["x-oauth-scopes"].split(",")
    direct = await client.conversations_open(users=slack.member)
    await client.chat_postMessage(channel=direct["channel"]["id"], text="hello")
    listed = await client.conversations_list(types="public_channel,im")
    assert {channel["id"] for channel in listed["channels"]} == {
        slack.channel,
        direct["channel"]["id"],
    }


@pytest.mark.parametrize("content_type", ["text/html", "text/plain", "application/json"])
async def test_a_gateways_page_is_an_api_error_without_a_code(
    slack: LoopbackSlack, content_type: str
) -> None:
    """What slack_sdk puts into `response` differs by content type; none of them has `error`."""
    await slack.html_error("chat.postMessage", status=500, content_type=content_type)
    with pytest.raises(SlackApiError) as caught:
        await careful(slack).chat_postMessage(channel=slack.channel, text="lost")
    response = caught.value.response
    kinds = {"text/html": dict, "text/plain": str}
    data = getattr(response, "data", None)
    assert type(data) is kinds.get(content_type, type(None))
    assert getattr(response, "status_code", getattr(response, "status", 0)) == 500


async def test_a_server_of_its_own_without_validation() -> None:
    async with LoopbackSlack(validate=False) as slack:
        await careful(slack).chat_postMessage(
            channel=slack.channel, text="a", blocks=[section("x" * 3001)]
        )
        assert len(await slack.messages()) == 1
        assert await slack.requests() == []
