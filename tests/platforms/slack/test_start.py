"""Connecting: which token is wrong, which scope is missing, and what to do about it."""

from __future__ import annotations

import pytest

from bot.errors import SettingsError
from bot.platforms.slack import socket_mode
from tests.platforms.slack.conftest import Connect
from tests.servers.slack_client import LoopbackSlack


async def refused(connect: Connect, **tokens: str) -> str:
    with pytest.raises(SettingsError) as caught:
        await connect(**tokens).start()
    return str(caught.value)


@pytest.mark.parametrize("token", ["xoxb-none", "x\u00e4pp"])
async def test_a_wrong_bot_token(connect: Connect, token: str) -> None:
    told = await refused(connect, bot_token=token)
    assert told.startswith("WIREWATCH_SLACK__BOT_TOKEN: Slack refuses this token (invalid_auth)")
    assert "OAuth & Permissions" in told
    assert token not in told


async def test_a_revoked_bot_token(slack: LoopbackSlack, connect: Connect) -> None:
    await slack.revoke("account_inactive")
    assert "WIREWATCH_SLACK__BOT_TOKEN" in await refused(connect)


async def test_tokens_the_wrong_way_round(slack: LoopbackSlack, connect: Connect) -> None:
    told = await refused(connect, bot_token=slack.app_token)
    assert "WIREWATCH_SLACK__BOT_TOKEN" in told
    assert "xoxb-" in told
    told = await refused(connect, app_token=slack.bot_token)
    assert "WIREWATCH_SLACK__APP_TOKEN" in told
    assert "xapp-" in told


async def test_a_wrong_app_token(slack: LoopbackSlack, connect: Connect) -> None:
    told = await refused(connect, app_token="xapp-none")
    assert told.startswith("WIREWATCH_SLACK__APP_TOKEN: Slack refuses this token (invalid_auth)")
    assert "connections:write" in told
    await slack.remove_scope("connections:write", token=slack.app_token)
    told = await refused(connect)
    assert "WIREWATCH_SLACK__APP_TOKEN: it lacks the scope connections:write" in told
    assert (await slack.connections())[0] == 0


async def test_missing_scopes_are_named(slack: LoopbackSlack, connect: Connect) -> None:
    await slack.remove_scope("users:read", "commands")
    told = await refused(connect)
    assert "commands (for /news)" in told
    assert "users:read (to tell members from guests)" in told
    assert "chat:write" not in told
    assert "install the app again" in told
    await connect(app_token="").start()  # which posting does without


async def test_scopes_that_are_only_advised(slack: LoopbackSlack, connect: Connect) -> None:
    await slack.remove_scope("channels:history", "groups:history")
    platform = connect(app_token="")
    await platform.start()
    health = await platform.health()
    assert health.ok
    assert "without channels:history (to check whether a lost post has arrived" in health.detail


async def test_no_token_and_no_network(connect: Connect, unused_tcp_port: int) -> None:
    nowhere = f"http://127.0.0.1:{unused_tcp_port}/api"
    told = await refused(connect, api_url=nowhere)
    assert nowhere in told
    assert "WIREWATCH_SLACK__API_URL" in told


async def test_slack_that_is_ill(slack: LoopbackSlack, connect: Connect) -> None:
    await slack.html_error("auth.test", status=503)
    assert "(503)" in await refused(connect)
    await slack.html_error("apps.connections.open", status=503)
    assert "does not answer" in await refused(connect)


async def test_socket_mode_that_says_nothing(
    slack: LoopbackSlack, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_mode, "HELLO_S", 0.3)
    await slack.settings(max_connections=0)
    told = await refused(connect)
    assert "Socket Mode said nothing for" in told
    assert "WebSockets" in told
    assert (await slack.connections())[0] == 0


async def test_health(slack: LoopbackSlack, connect: Connect) -> None:
    platform = connect()
    health = await platform.health()
    assert (health.ok, health.detail) == (False, "not connected")
    await platform.start()
    health = await platform.health()
    assert (health.ok, health.detail) == (True, "connected as @wirewatch to Newsroom")
    await slack.revoke()
    assert "WIREWATCH_SLACK__BOT_TOKEN" in (await platform.health()).detail
    await slack.restore()
    posting = connect(app_token="")
    await posting.start()
    health = await posting.health()
    assert health.ok
    assert health.detail.endswith("for commands and buttons set WIREWATCH_SLACK__APP_TOKEN")


async def test_an_address_of_slack_with_or_without_its_slash(
    slack: LoopbackSlack, connect: Connect
) -> None:
    await connect(api_url=slack.api_url.rstrip("/"), app_token="").start()
    await connect(api_url=slack.api_url, app_token="").start()
