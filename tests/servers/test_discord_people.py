"""Commands, buttons, forms and places of the loopback Discord, under the real discord.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.servers.discord_bot import Bot, Card, discord, running
from tests.servers.discord_client import ControlError, LoopbackDiscord, attachment, shared_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

CALLBACK = "/interactions/{interaction_id}/{interaction_token}/callback"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with shared_server() as shared:
        yield shared


@pytest.fixture
async def server(port: int) -> AsyncIterator[LoopbackDiscord]:
    async with LoopbackDiscord(port=port) as loopback:
        yield loopback
        assert await loopback.violations() == []


@pytest.fixture
async def bot(server: LoopbackDiscord) -> AsyncIterator[Bot]:
    async with running(server) as bot:
        yield bot


async def test_a_slash_command_is_answered_in_private(server: LoopbackDiscord, bot: Bot) -> None:
    await bot.tree.sync()

    there = await server.interact("topic watch", {"query": "NATO", "channel": server.channel})

    assert there.acked
    assert there.latency is not None
    assert there.latency < 1
    assert there.private
    assert there.text == f"Watching NATO <#{server.channel}>"
    assert await server.command_writes() == 1
    assert await server.ledger() == []  # nobody else saw it


async def test_autocomplete_offers_choices(server: LoopbackDiscord, bot: Bot) -> None:
    await bot.tree.sync()

    offered = await server.autocomplete("topic watch", "query", {"query": "Miami"})

    assert offered.choices == [{"name": "Miami talks", "value": "Miami talks"}]


async def test_a_deferred_answer_and_a_follow_up(server: LoopbackDiscord, bot: Bot) -> None:
    await bot.tree.sync()

    told = await server.interact("topic test", {"days": 7}, messages=2)

    assert [each.text for each in told.messages] == ["3 in 7 days", "That is all."]
    assert not told.pending
    assert told.private


async def test_a_file_and_an_edited_original(server: LoopbackDiscord, bot: Bot) -> None:
    await bot.tree.sync()

    told = await server.interact("import", {"file": attachment("feeds.opml", b"<opml/>")})

    assert told.text == "feeds.opml: <opml/>"
    assert not told.private


async def test_a_form_is_opened_and_sent(server: LoopbackDiscord, bot: Bot) -> None:
    await bot.tree.sync()
    opened = await server.interact("edit", user=server.admin)
    assert opened.modal is not None
    assert opened.modal["title"] == "Edit topic"

    sent = await server.submit(opened.id, {"query": "Miami OR NATO"})

    assert sent.text == "saved Miami OR NATO"


async def test_people_are_offered_only_what_discord_shows_them(
    server: LoopbackDiscord, bot: Bot
) -> None:
    await bot.tree.sync()

    with pytest.raises(ControlError, match="does not show /edit to ben"):
        await server.interact("edit")
    with pytest.raises(ControlError, match="needs a subcommand"):
        await server.interact("topic")
    with pytest.raises(ControlError, match="days"):
        await server.interact("topic test", {"days": 99})


async def test_a_dynamic_button_works_after_a_restart(server: LoopbackDiscord) -> None:
    async with running(server) as before:
        card = await before.place(server.channel).send(view=Card(7, "Talks in Miami"))
    async with running(server):
        pressed = await server.press(str(card.id), "mute:7", messages=1)

    assert pressed.updated is not None
    assert pressed.updated.edits == 1
    assert "### muted" in pressed.updated.text
    assert pressed.text == "Story 7 is muted."
    assert pressed.private
    assert pressed.updated.buttons["Open"]["url"] == "https://news.example/1"


async def test_an_interaction_is_answered_once_and_in_time(server: LoopbackDiscord) -> None:
    """40060 for the second answer, 10062 for a late or an invented one."""
    async with running(server) as bot:
        await bot.tree.sync()
        told = await server.interact("topic watch", {"query": "NATO"})
        [callback] = await server.requests("POST", CALLBACK)
        twice = await server.call("POST", callback.path, {"type": 5})
        invented = await server.call("POST", f"/interactions/{told.id}/no/callback", {"type": 5})
        assert (twice["code"], invented["code"]) == (40060, 10062)
        await server.settings(interaction_deadline=0.0)
        late = await server.interact("topic watch", {"query": "NATO"}, seconds=0.2)
    assert not late.acked


async def test_threads_forums_files_and_dms(server: LoopbackDiscord, bot: Bot) -> None:
    forum_id = await server.add_channel("forum", kind="forum")
    news = await bot.fetch_channel(int(server.channel))
    assert isinstance(news, discord.TextChannel)
    card = await news.send(view=Card(1, "Talks"))
    thread = await card.create_thread(name="Timeline")
    await thread.send("08:00 It began")
    forum = await bot.fetch_channel(int(forum_id))
    assert isinstance(forum, discord.ForumChannel)
    post = await forum.create_thread(name="Talks", content="First")
    file = discord.File(__file__, filename="digest.py")
    await post.thread.send("All of it", file=file)
    guild = await bot.fetch_guild(int(server.guild))
    ben = await guild.fetch_member(int(server.member))
    await ben.send("Your feed is gone")

    assert [each.text for each in await server.ledger(str(thread.id))] == ["08:00 It began"]
    first, second = await server.ledger(str(post.thread.id))
    assert first.id == str(post.thread.id)
    assert second.shown["attachments"][0]["filename"] == "digest.py"
    dm = await server.open_dm(server.member)
    assert [each.text for each in await server.ledger(dm)] == ["Your feed is gone"]


async def test_an_announcement_is_crossposted_once(server: LoopbackDiscord, bot: Bot) -> None:
    news = await bot.fetch_channel(int(await server.add_channel("wire", kind="news")))
    assert isinstance(news, discord.TextChannel)
    sent = await news.send("Talks")
    await sent.publish()
    with pytest.raises(discord.HTTPException) as refused:
        await sent.publish()
    assert refused.value.code == 40033
