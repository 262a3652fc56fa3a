"""German on the loopback Slack, for a workspace that chose it."""

from __future__ import annotations

import json

from bot.platforms.slack.adapter import SlackPlatform
from bot.storage.database import Database
from tests.clock import Clock
from tests.platforms.slack.test_alerts import opened
from tests.servers.slack_client import LoopbackSlack


async def test_a_german_workspace(
    slack: LoopbackSlack, platform: SlackPlatform, database: Database, clock: Clock
) -> None:
    wire = await opened(slack, platform, database, clock)
    admin = await slack.add_user("admin", is_admin=True)
    refused = (await slack.slash("settings workspace language klingon", user=admin)).text
    assert "“klingon” is no language that I speak." in refused
    assert "de (Deutsch), or auto" in refused
    changed = (await slack.slash("settings workspace language Deutsch", user=admin)).text
    assert "Sprache: Deutsch." in changed
    assert "„Miami“ wird in #news beobachtet" in (await slack.slash("watch Miami")).text
    assert "Diese Klammer wird nie geschlossen." in (await slack.slash("watch (Miami")).text
    await wire.report("Talks resume in Miami")
    await wire.report("Talks resume in Miami", feed=1)
    await wire.deliver()
    [card] = await slack.messages()
    assert "passt zu *Miami*" in json.dumps(card.current, ensure_ascii=False)
    assert "2 Medien" in card.drawn.text
    assert "Warum?" in json.dumps(card.current, ensure_ascii=False)
    await slack.open_home(user=admin)
    view = await slack.home(admin)
    assert view is not None
    assert "2 Feeds werden gelesen" in json.dumps(view["blocks"], ensure_ascii=False)
    back = (await slack.slash("settings workspace language auto", user=admin)).text
    assert "Sprache: Englisch" in back, "said in the language that it was asked in"
    assert "No topics" not in (await slack.slash("list")).text
    assert "1 topic" in (await slack.slash("list")).text
    assert await slack.violations() == []
