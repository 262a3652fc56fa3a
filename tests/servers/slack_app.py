"""A small real Bolt app with one of everything, and ways to run it for one test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.servers.slack_client import LoopbackSlack, SignedHttp

if TYPE_CHECKING:
    from tests.servers.slack.records import Json

Ask = Callable[..., Awaitable[Any]]

MODAL: Json = {
    "type": "modal",
    "callback_id": "watch",
    "title": {"type": "plain_text", "text": "Watch a topic"},
    "submit": {"type": "plain_text", "text": "Watch"},
    "blocks": [
        {
            "type": "input",
            "block_id": "query",
            "label": {"type": "plain_text", "text": "Query"},
            "element": {"type": "plain_text_input", "action_id": "query", "max_length": 100},
        }
    ],
}
HOME: Json = {"type": "home", "blocks": [{"type": "divider"}]}
# What the modal's submission is acked with, by the query in it; nothing closes it.
SUBMISSIONS: dict[str, Json] = {
    "((": {"response_action": "errors", "errors": {"query": "unbalanced"}},
    "more": {"response_action": "push", "view": MODAL},
}


def section(text: str) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def buttons(*action_ids: str) -> Json:
    elements = [
        {"type": "button", "action_id": name, "text": {"type": "plain_text", "text": name.title()}}
        for name in action_ids
    ]
    return {"type": "actions", "elements": elements}


def client_of(slack: LoopbackSlack, **options: Any) -> AsyncWebClient:
    return AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, timeout=5, **options)


def careful(slack: LoopbackSlack) -> AsyncWebClient:
    """The client that Wirewatch posts with: it never sends twice."""
    return client_of(slack, retry_handlers=[])


def news_app(slack: LoopbackSlack) -> AsyncApp:
    """A small app with one of everything."""
    app = AsyncApp(client=client_of(slack), signing_secret=slack.signing_secret)

    @app.command("/news")
    async def news(ack: Ask, respond: Ask, command: Json, client: AsyncWebClient) -> None:
        match command["text"]:
            case "modal":
                await ack()
                await client.views_open(trigger_id=command["trigger_id"], view=MODAL)
            case "private":
                await ack()
                where = {"channel": command["channel_id"], "user": command["user_id"]}
                await client.chat_postEphemeral(**where, text="only you")
            case "slow":
                await asyncio.sleep(1)
                await ack("late")
            case text:
                await ack(f"acked {text}")
                await respond("and answered")

    @app.action("mute")
    async def mute(ack: Ask, respond: Ask) -> None:
        await ack()
        await respond("muted", replace_original=True)

    @app.view("watch")
    async def watch(ack: Ask, view: Json) -> None:
        query = view["state"]["values"]["query"]["query"]["value"]
        await ack(**SUBMISSIONS.get(query, {}))

    @app.event("app_home_opened")
    async def home(event: Json, client: AsyncWebClient) -> None:
        await client.views_publish(user_id=event["user"], view=HOME)

    @app.shortcut("why")
    async def why(ack: Ask, respond: Ask, shortcut: Json) -> None:
        await ack()
        await respond(f"because {shortcut['message']['text']}")

    return app


@asynccontextmanager
async def connected(slack: LoopbackSlack) -> AsyncIterator[None]:
    """The app, connected by Socket Mode; ended so that no task outlives the test."""
    handler = AsyncSocketModeHandler(news_app(slack), slack.app_token, ping_interval=0.2)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    await slack.connected()
    try:
        yield
    finally:
        await stop(handler)


async def stop(handler: AsyncSocketModeHandler) -> None:
    """Close, and await the tasks that slack_sdk cancels without awaiting them."""
    client = handler.client
    tasks = (client.message_processor, client.current_session_monitor, client.message_receiver)
    await handler.close_async()  # type: ignore[no-untyped-call]
    running = [task for task in tasks if task is not None]
    await asyncio.gather(*running, return_exceptions=True)


@asynccontextmanager
async def serving(slack: LoopbackSlack, app: AsyncApp | None = None) -> AsyncIterator[SignedHttp]:
    """The same app, or another, behind Bolt's own HTTP server."""
    runner = web.AppRunner((app or news_app(slack)).web_app(path="/slack/events"))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        yield SignedHttp(url=f"http://127.0.0.1:{port}/slack/events")
    finally:
        await runner.cleanup()


async def code_of(call: Awaitable[Any]) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])
