"""digest: what is held is shown with its time, and told at once if somebody asks."""

from __future__ import annotations

from itertools import pairwise

import pytest

from bot.commands.attention import AttentionCommands, Wishes
from bot.commands.caller import Caller, Destination, Reply
from bot.commands.digest import DigestCommands
from bot.commands.terms import Terms
from bot.model.channel import PlatformName
from bot.model.text import flat
from bot.storage.database import Database
from tests.clock import START, Clock
from tests.newsdesk import LOCAL_WORKSPACE, Newsdesk, article, workspace

HERE = Destination(platform=PlatformName.WEBHOOK, external_id="desk", name="desk")
CALLER = Caller(workspace=LOCAL_WORKSPACE, here=HERE)


@pytest.fixture
def digest(database: Database, clock: Clock) -> DigestCommands:
    return DigestCommands(database=database, now=clock)


def said(reply: Reply) -> str:
    return "\n".join([reply.title, *(flat(line) for line in reply.lines)])


async def daily(database: Database, clock: Clock, *titles: str) -> Newsdesk:
    """A desk that holds these for the daily digest at 8:30 in Kyiv."""
    newsdesk = await Newsdesk.open(database, clock)
    feed = await newsdesk.follow("https://a.example/feed", name="Meridian")
    await newsdesk.watch("Miami")
    await AttentionCommands(database=database, now=clock).change(
        CALLER, Wishes(rhythm="daily 8:30", timezone="Europe/Kyiv")
    )
    for title in titles:
        await newsdesk.listed(feed, article(title, at=START))
    return newsdesk


async def test_nothing_is_held(digest: DigestCommands, database: Database, clock: Clock) -> None:
    assert "Nothing is watched here yet" in said(await digest.show(CALLER))
    await daily(database, clock)
    shown = said(await digest.show(CALLER))
    assert "Nothing is held for desk" in shown
    assert "next digest is due at Tue 3 Mar 08:30 Europe/Kyiv" in shown
    assert "Nothing is held" in said(await digest.now(CALLER))


async def test_what_is_held_is_shown_with_its_time_and_reason(
    digest: DigestCommands, database: Database, clock: Clock
) -> None:
    await daily(database, clock, "Talks in Miami", "Storm nears Miami beaches")
    reply = await digest.show(CALLER)
    assert reply.title == "2 stories held for desk"
    assert flat(reply.lines[0]) == ("At Tue 3 Mar 08:30 Europe/Kyiv: the channel reads digests")
    assert flat(reply.lines[1]) == "• Talks in Miami  Meridian · Miami"
    assert "digest now" in said(reply)


async def test_it_is_told_at_once_if_somebody_asks(
    digest: DigestCommands, database: Database, clock: Clock
) -> None:
    newsdesk = await daily(database, clock, "Talks in Miami", "Storm nears Miami beaches")
    assert (await digest.now(CALLER)).title == "2 stories for desk"
    assert "Within a minute: somebody asked" in said(await digest.show(CALLER))
    await newsdesk.holds.release()
    assert len(await newsdesk.delivered()) == 1, "one digest of both"
    assert "Nothing is held" in said(await digest.show(CALLER))


async def test_a_long_list_is_counted_and_waiting_stories_too(
    digest: DigestCommands, database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.commands.digest.SHOWN", 5)
    words = ["Amber", "Birch", "Cedar", "Delta", "Ember", "Fjord", "Grove", "Haven"]
    titles = [f"{one} {two} Miami" for one, two in pairwise(words)]
    newsdesk = await daily(database, clock, *titles)
    await newsdesk.topics.watch(CALLER, "Kyiv", terms=Terms(outlets=2))
    feed = await newsdesk.follow("https://a.example/feed")
    await newsdesk.listed(feed, article("Rain in Kyiv", at=START))
    reply = await digest.show(CALLER)
    assert reply.title == "7 stories held for desk"
    assert "… and 2 more." in said(reply)
    assert "1 more story waits for further outlets" in said(reply)


async def test_a_stranger_neither_sees_nor_tells(
    digest: DigestCommands, database: Database, clock: Clock
) -> None:
    await daily(database, clock, "Talks in Miami")
    stranger = Caller(workspace=workspace("9"), here=HERE)
    assert "Nothing is watched here yet" in said(await digest.show(stranger))
    assert "Nothing is held" in said(await digest.now(stranger))
    assert "1 story" in said(await digest.show(CALLER))
