"""The button under a digest answers why there are digests here."""

from __future__ import annotations

from bot.platforms.discord.adapter import DiscordPlatform
from tests.platforms.discord.test_adapter import KEY, place
from tests.platforms.samples import digest
from tests.servers.discord_client import LoopbackDiscord


async def test_it_tells_the_channels_settings_in_private(
    server: LoopbackDiscord, platform: DiscordPlatform
) -> None:
    payload = platform.render(digest(), key=KEY)
    posted = await platform.send(place(server.channel), payload, key=KEY)
    answer = await server.press(posted.remote_id, f"ww:wishes:{KEY}", messages=1)
    assert answer.private
    assert "cards an hour" in answer.text
