"""What Slack tells of its own accord: a team or a channel that is gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.commands.desk import Commands
from bot.platforms.lost import Lost
from bot.platforms.slack import socket_mode
from bot.platforms.slack.adapter import SlackPlatform
from tests.clock import Clock
from tests.servers.slack_client import LoopbackSlack


@pytest.fixture
async def heard(
    slack: LoopbackSlack, commands: Commands, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[list[Lost]]:
    """What an adapter that is connected has told so far."""
    monkeypatch.setattr(socket_mode, "PING_S", 0.2)
    told: list[Lost] = []

    async def note(lost: Lost) -> None:
        told.append(lost)

    platform = SlackPlatform(
        bot_token=slack.bot_token,
        app_token=slack.app_token,
        api_url=slack.api_url,
        commands=commands,
        now=clock,
        on_lost=note,
    )
    await platform.start()
    yield told
    await platform.stop()


async def until(heard: list[Lost], count: int) -> None:
    for _ in range(200):
        if len(heard) >= count:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(heard)


async def test_channels_and_teams_that_are_gone(slack: LoopbackSlack, heard: list[Lost]) -> None:
    old, gone, left = [await slack.add_channel(name) for name in ("old", "gone", "left")]
    await slack.archive(old, notify=True)
    await until(heard, 1)
    await slack.delete_channel(gone, notify=True)
    await until(heard, 2)
    await slack.kick_bot(left, notify=True)
    await until(heard, 3)
    others = {"oauth": ["U1"], "bot": []}
    await slack.event({"type": "tokens_revoked", "tokens": others})
    await slack.uninstall()
    await until(heard, 5)
    team = slack.team.id
    assert [(one.workspace, one.channel, one.reason) for one in heard[:3]] == [
        (team, old, "the channel was archived"),
        (team, gone, "the channel was deleted"),
        (team, left, "the bot was removed from the channel"),
    ]
    assert {(one.workspace, one.channel, one.reason) for one in heard[3:]} == {
        (team, "", "the bot's token was revoked"),
        (team, "", "the app was uninstalled"),
    }
