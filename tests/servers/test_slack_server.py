"""The loopback Slack's interactions, checked with the real slack-bolt."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.oauth.installation_store import FileInstallationStore
from slack_sdk.oauth.state_store import FileOAuthStateStore
from slack_sdk.web.async_client import AsyncWebClient

from tests.servers.slack.records import Json
from tests.servers.slack_app import (
    MODAL,
    Ask,
    buttons,
    careful,
    client_of,
    code_of,
    connected,
    section,
    serving,
)
from tests.servers.slack_client import ControlError, LoopbackSlack, SignedHttp, shared_server


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with shared_server() as shared:
        yield shared


@pytest.fixture
async def slack(port: int) -> AsyncIterator[LoopbackSlack]:
    async with LoopbackSlack(port=port) as server:
        yield server


async def test_a_slash_command_is_acked_and_answered(slack: LoopbackSlack) -> None:
    async with connected(slack):
        exchange = await slack.slash("watch “Miami talks”", replies=2)
        assert exchange.acked
        assert exchange.ack_seconds is not None
        assert exchange.ack_seconds < 1
        # Bolt polls for the ack every 10 ms, so what follows it may arrive before it.
        assert {reply.kind for reply in exchange.replies} == {"ack", "response_url"}
        assert "acked watch “Miami talks”" in exchange.text
        private = await slack.slash("private")
        assert [reply.kind for reply in private.replies] == ["ephemeral"]
        await slack.settings(ack_seconds=0.3)
        late = await slack.slash("slow")
        assert not late.acked
    assert await slack.messages() == []


async def test_a_button_edits_its_message(slack: LoopbackSlack) -> None:
    async with connected(slack):
        blocks = [section("*<https://example.org/a|Talks resume>*"), buttons("mute")]
        posted = await careful(slack).chat_postMessage(
            channel=slack.channel, text="Talks resume", blocks=blocks
        )
        exchange = await slack.press("mute", posted["ts"], replies=1)
        assert exchange.acked
        with pytest.raises(ControlError, match="there are: none"):
            await slack.press("mute", posted["ts"])
    (card,) = await slack.messages()
    assert card.text == "muted"
    assert card.blocks == []
    assert [link.label for link in card.links] == ["Talks resume"]
    assert card.pings == []


async def test_a_modal_is_filled_in(slack: LoopbackSlack) -> None:
    async with connected(slack):
        (view,) = (await slack.slash("modal")).views()
        with pytest.raises(ControlError, match="query is required"):
            await slack.submit_view(view["id"], {})
        refused = await slack.submit_view(view["id"], {"query": "(("})
        assert refused.text == "unbalanced"
        assert await slack.view(view["id"]) is not None
        (above,) = (await slack.submit_view(view["id"], {"query": "more"})).views()
        assert above["previous_view_id"] == view["id"]
        await slack.submit_view(above["id"], {"query": "NATO"})
        assert await slack.view(above["id"]) is None
        assert await slack.view(view["id"]) is not None
        await slack.open_home()
        home = await slack.home()
        assert home is not None
        assert home["type"] == "home"
        ts = await slack.say(slack.channel, "it rained")
        answer = await slack.shortcut("why", message=ts, replies=1)
        assert answer.text == "because it rained"
    assert await slack.violations() == []


async def test_the_app_reconnects(slack: LoopbackSlack) -> None:
    async with connected(slack):
        await slack.refresh()
        await slack.connected()
        assert (await slack.slash("after refresh")).acked
        await slack.drop_links()
        await slack.connected()
        assert (await slack.slash("after a cut")).acked
        assert (await slack.connections())[1] == 3


async def test_an_event_nobody_acks_is_delivered_again(slack: LoopbackSlack) -> None:
    await slack.settings(ack_seconds=0.1)
    async with aiohttp.ClientSession() as session:
        opened = await client_of(slack).apps_connections_open(app_token=slack.app_token)
        async with session.ws_connect(opened["url"]) as link:
            assert (await link.receive_json())["type"] == "hello"
            sending = asyncio.create_task(slack.event({"type": "channel_archive"}))
            first, second = await link.receive_json(), await link.receive_json()
            await link.send_json({"envelope_id": second["envelope_id"]})
            exchange = await sending
    assert exchange.acked
    assert exchange.attempts == 2
    assert second["retry_attempt"] == 1
    assert first["payload"]["event_id"] == second["payload"]["event_id"]


async def test_signed_http_and_its_forgeries(slack: LoopbackSlack) -> None:
    async with serving(slack) as signed:
        assert (await slack.verify_url(signed, "c-1")).body == '{"challenge": "c-1"}'
        exchange = await slack.slash("list", replies=2, via=signed)
        assert {reply.text for reply in exchange.replies} == {"acked list", "and answered"}
        wrong = SignedHttp(url=signed.url, secret="another")
        assert (await slack.slash("list", via=wrong)).status == 401
        old = SignedHttp(url=signed.url, offset=-301)
        assert (await slack.slash("list", via=old)).status == 401
        odd = SignedHttp(url=signed.url, timestamp="abc")
        assert (await slack.slash("list", via=odd)).status == 500
        slack.via = signed
        assert (await slack.open_home()).attempts == 1


async def test_a_trigger_opens_one_modal_within_three_seconds(slack: LoopbackSlack) -> None:
    client = careful(slack)
    async with connected(slack):
        trigger = (await slack.slash("list")).payload["trigger_id"]
        opened = await client.views_open(trigger_id=trigger, view=MODAL)
        again = client.views_open(trigger_id=trigger, view=MODAL)
        assert await code_of(again) == "exchanged_trigger_id"
        await slack.settings(trigger_seconds=0.0)
        trigger = (await slack.slash("list")).payload["trigger_id"]
        assert await code_of(client.views_open(trigger_id=trigger, view=MODAL)) == (
            "expired_trigger_id"
        )
    view_id = opened["view"]["id"]
    stale = client.views_update(view_id=view_id, view=MODAL, hash="0")
    assert await code_of(stale) == "hash_conflict"
    await client.views_update(view_id=view_id, view=MODAL, hash=opened["view"]["hash"])
    long = {**MODAL, "title": {"type": "plain_text", "text": "x" * 25}}
    assert await code_of(client.views_update(view_id=view_id, view=long)) == "invalid_arguments"


async def test_a_response_url_is_good_for_five_posts(slack: LoopbackSlack) -> None:
    async with connected(slack), aiohttp.ClientSession() as session:
        url = (await slack.slash("private")).payload["response_url"]
        statuses = []
        for number in range(6):
            body = {"text": str(number), "response_type": "in_channel"}
            async with session.post(url, json=body) as answer:
                statuses.append(answer.status)
    assert statuses == [200] * 5 + [404]
    assert [posted.text for posted in await slack.messages()] == ["0", "1", "2", "3", "4"]


async def test_buttons_of_private_messages_are_for_their_reader(slack: LoopbackSlack) -> None:
    sent = await careful(slack).chat_postEphemeral(
        channel=slack.channel, user=slack.member, text="Why?", blocks=[buttons("mute")]
    )
    async with connected(slack):
        with pytest.raises(ControlError, match="does not see"):
            await slack.press("mute", sent["message_ts"], user=slack.admin)
        exchange = await slack.press("mute", sent["message_ts"], replies=1)
    assert exchange.payload["container"]["is_ephemeral"]
    assert "message" not in exchange.payload
    assert exchange.replies[0].text == "muted"
    assert await slack.messages() == []


async def test_a_link_button_must_be_acked_too(slack: LoopbackSlack) -> None:
    """Nothing handles `open` here: Bolt answers 404 and sends no ack, so Slack shows an error."""
    posted = await careful(slack).chat_postMessage(
        channel=slack.channel, text="a", blocks=[buttons("open")]
    )
    await slack.settings(ack_seconds=0.2)
    async with connected(slack):
        assert not (await slack.press("open", posted["ts"])).acked


async def test_threads_and_several_links(slack: LoopbackSlack) -> None:
    client = careful(slack)
    parent = await client.chat_postMessage(channel=slack.channel, text="Talks resume")
    await client.chat_postMessage(channel=slack.channel, text="More", thread_ts=parent["ts"])
    page = await client.conversations_history(channel=slack.channel)
    assert [(m["text"], m["reply_count"]) for m in page["messages"]] == [("Talks resume", 1)]
    thread = await client.conversations_replies(channel=slack.channel, ts=parent["ts"])
    assert [message["text"] for message in thread["messages"]] == ["Talks resume", "More"]
    async with connected(slack), connected(slack):
        await slack.connected(2)
        for number in range(4):
            assert (await slack.slash(f"n{number}")).acked
    assert (await slack.connections())[1] == 2


async def test_the_app_is_removed(slack: LoopbackSlack) -> None:
    async with connected(slack):
        await slack.settings(ack_seconds=0.2, redeliver=[])
        await slack.uninstall()
    assert await code_of(careful(slack).auth_test()) == "account_inactive"


# slack_sdk 3.47 builds aiohttp's BasicAuth for oauth.v2.access, which aiohttp 3.14 deprecates.
@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")
async def test_a_team_installs_the_app(slack: LoopbackSlack, tmp_path: Path) -> None:
    """The install page, the consent and the redirect back, through Bolt's own OAuth flow."""
    oauth = AsyncOAuthSettings(
        client_id=slack.client_id,
        client_secret=slack.client_secret,
        scopes=["chat:write", "commands"],
        authorization_url=f"{slack.base_url}/oauth/v2/authorize",
        redirect_uri="http://127.0.0.1/slack/oauth_redirect",
        installation_store=FileInstallationStore(base_dir=str(tmp_path)),
        state_store=FileOAuthStateStore(expiration_seconds=60, base_dir=str(tmp_path)),
        install_page_rendering_enabled=False,
    )
    app = AsyncApp(
        client=AsyncWebClient(base_url=slack.api_url),
        signing_secret=slack.signing_secret,
        oauth_settings=oauth,
    )

    @app.command("/news")
    async def news(ack: Ask, client: AsyncWebClient, command: Json) -> None:
        await ack()
        await client.chat_postMessage(channel=command["channel_id"], text="installed")

    async with serving(slack, app) as signed, aiohttp.ClientSession() as session:
        site = signed.url.removesuffix("/slack/events")
        async with session.get(f"{site}/slack/install", allow_redirects=False) as install:
            cookie = install.headers["Set-Cookie"].split(";")[0]
        async with session.get(install.headers["Location"], allow_redirects=False) as consent:
            back = consent.headers["Location"].replace("http://127.0.0.1/", f"{site}/")
        async with session.get(back, headers={"Cookie": cookie}) as done:
            assert done.status == 200
        assert (await slack.slash("hello", replies=0, via=signed)).acked
        await slack.settled("chat.postMessage")
    assert [posted.text for posted in await slack.messages()] == ["installed"]


async def test_what_is_delayed_does_not_land_in_the_next_test(port: int) -> None:
    async with LoopbackSlack(port=port) as before:
        await before.delay("chat.postMessage", 0.3)
        late = asyncio.create_task(
            client_of(before).chat_postMessage(channel=before.channel, text="late")
        )
        await asyncio.sleep(0.1)
        async with LoopbackSlack(port=port) as after:
            await asyncio.gather(late, return_exceptions=True)
            assert await after.messages() == []
