"""German on the loopback Discord: for a server that chose it, and for a person whose client is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.model.channel import PlatformName
from bot.pipeline.holds import Holds
from bot.platforms.discord.adapter import DiscordPlatform
from bot.storage.database import Database
from tests.clock import Clock
from tests.platforms.newsroom import ChatNews
from tests.servers.discord_client import LoopbackDiscord


@pytest.fixture
async def news(
    server: LoopbackDiscord, platform: DiscordPlatform, database: Database, clock: Clock
) -> ChatNews:
    return await ChatNews.open(
        database, clock, name=PlatformName.DISCORD, workspace=server.guild, platform=platform
    )


async def asked(server: LoopbackDiscord, command: str, **options: object) -> str:
    there = await server.interact(command, dict(options), user=server.admin)
    assert there.private
    return there.text.replace("\\", "")


async def test_a_german_server(
    server: LoopbackDiscord, news: ChatNews, database: Database, clock: Clock
) -> None:
    changed = await asked(server, "settings server", language="de")
    assert "Einstellungen des Workspace geändert" in changed
    assert "Sprache: Deutsch." in changed
    watched = await asked(server, "topic watch", query="Miami")
    assert "„Miami“ wird in #" in watched
    assert "Diese Klammer wird nie geschlossen." in await asked(
        server, "topic watch", query="(Miami"
    )
    await news.reports(0, "Envoys arrive in Miami")
    await news.reports(1, "Envoys arrive in Miami")
    await news.deliverer.drain(patience=timedelta(0))
    [card] = await server.ledger()
    assert "Passt zu **Miami**" in card.text
    assert "2 Medien" in card.text
    assert {"Öffnen", "Warum?", "Verlauf", "Stumm", "Weniger davon"} <= set(card.buttons)
    await asked(server, "settings change", rhythm="hourly")
    await news.reports(0, "Miami votes today")
    clock.forward(hours=2)
    await Holds(database=database, now=clock).release()
    await news.deliverer.drain(patience=timedelta(0))
    digest = (await server.ledger())[-1]
    assert "Stundendigest: 1 Story" in digest.text
    back = await asked(server, "settings server", language="auto")
    assert "Sprache: Englisch" in back, "said in the language that it was asked in"
    assert "Language: English" in await asked(server, "settings show")
    assert "language de" in await asked(server, "settings audit")
    assert await server.violations() == []


async def test_a_german_client_is_answered_in_german(
    server: LoopbackDiscord, platform: DiscordPlatform
) -> None:
    there = await server.interact("topic list", {}, user=server.admin, locale="de")
    assert "Noch keine Themen" in there.text
    there = await server.interact("topic list", {}, user=server.admin, locale="fr")
    assert "No topics yet" in there.text
    await asked(server, "settings server", language="en")
    there = await server.interact("topic list", {}, user=server.admin, locale="de")
    assert "No topics yet" in there.text, "the server has chosen"
