"""settings and topic edit: what is kept, what is answered, and what held stories do then."""

from __future__ import annotations

from datetime import time

import pytest

from bot.commands.attention import AttentionCommands, Wishes
from bot.commands.caller import Caller, Destination, Reply
from bot.commands.terms import Terms
from bot.errors import CommandError
from bot.model.attention import Attention, OnDoubt, Rhythm
from bot.model.channel import Channel, PlatformName
from bot.model.mention import Mention, MentionKind
from bot.model.text import Mark, Span, flat
from bot.storage import channels, holds, topics
from bot.storage.database import Database
from tests.clock import START, Clock
from tests.newsdesk import LOCAL_WORKSPACE, Newsdesk, article, workspace

HERE = Destination(platform=PlatformName.WEBHOOK, external_id="desk", name="desk")
OTHER = Destination(platform=PlatformName.WEBHOOK, external_id="other", name="other")
CALLER = Caller(workspace=LOCAL_WORKSPACE, here=HERE, user="U1")
EDITORS = Mention(kind=MentionKind.ROLE, external_id="7")


@pytest.fixture
def settings(database: Database, clock: Clock) -> AttentionCommands:
    return AttentionCommands(database=database, now=clock)


def said(reply: Reply) -> str:
    return "\n".join([reply.title, *(flat(line) for line in reply.lines)])


async def stored(database: Database, here: Destination = HERE) -> Channel:
    async with database.read() as connection:
        found = await channels.find_channel(connection, here.platform, here.external_id)
    assert found is not None
    return found


async def held(database: Database, channel: Channel) -> list[str]:
    async with database.read() as connection:
        return [str(one.until) for one in await holds.held_in(connection, channel.id)]


async def test_nothing_was_ever_asked(settings: AttentionCommands) -> None:
    shown = said(await settings.show(CALLER))
    assert "How desk hears of the news" in shown
    assert "Immediate, no quiet hours (UTC)" in shown
    assert "time zone UTC; notices go to whoever put the channel here" in shown


async def test_every_wish_is_kept_and_shown_in_one_line(
    settings: AttentionCommands, database: Database
) -> None:
    wishes = Wishes(
        rhythm="weekly mon 9:00",
        quiet="22:00-07:00",
        budget="5",
        on_doubt="never double",
        timezone="europe/kyiv",
    )
    changed = said(await settings.change(CALLER, wishes))
    assert "Weekly mon 09:00, quiet 22:00-07:00 (Europe/Kyiv)" in changed
    assert "never double" in changed
    assert (await stored(database)).attention == Attention(
        rhythm=Rhythm.WEEKLY,
        at=time(9),
        weekday=0,
        quiet_from=time(22),
        quiet_to=time(7),
        budget=5,
        on_doubt=OnDoubt.NEVER_DOUBLE,
        timezone="Europe/Kyiv",
    )
    assert "Weekly mon 09:00, quiet 22:00-07:00 (Europe/Kyiv)" in said(await settings.show(CALLER))


async def test_what_is_not_said_stays(settings: AttentionCommands, database: Database) -> None:
    await settings.change(CALLER, Wishes(rhythm="daily 8:30", quiet="22:00-07:00"))
    await settings.change(CALLER, Wishes(quiet="off"))
    attention = (await stored(database)).attention
    assert (attention.rhythm, attention.at, attention.quiet_from) == (
        Rhythm.DAILY,
        time(8, 30),
        None,
    )


async def test_a_mistake_changes_nothing(settings: AttentionCommands, database: Database) -> None:
    await settings.change(CALLER, Wishes(rhythm="hourly"))
    with pytest.raises(CommandError, match="Kyjiw") as caught:
        await settings.change(CALLER, Wishes(rhythm="daily", timezone="Kyjiw"))
    assert caught.value.hint
    assert (await stored(database)).attention.rhythm is Rhythm.HOURLY


async def test_a_workspaces_zone_is_that_of_its_channels(
    settings: AttentionCommands, database: Database
) -> None:
    other = Caller(workspace=LOCAL_WORKSPACE, here=OTHER)
    await settings.change(CALLER, Wishes(rhythm="daily 8:00"))
    await settings.change(other, Wishes(timezone="Asia/Tokyo"))
    changed = await settings.change_workspace(CALLER, timezone="Europe/Kyiv", notices_to=OTHER)
    assert "time zone Europe/Kyiv; notices go to other" in said(changed)
    assert (await stored(database)).attention.timezone == "Europe/Kyiv"
    assert (await stored(database, OTHER)).attention.timezone == "Asia/Tokyo"
    async with database.read() as connection:
        kept = await channels.get_workspace(connection, LOCAL_WORKSPACE.id)
    assert kept is not None
    assert (kept.timezone, kept.notices_to) == ("Europe/Kyiv", "other")


async def test_another_workspaces_channel_is_not_ours(settings: AttentionCommands) -> None:
    await settings.change(CALLER, Wishes(rhythm="hourly"))
    partner = Caller(workspace=workspace("9"), here=HERE)
    assert "Hourly" not in said(await settings.show(partner))
    await settings.change(partner, Wishes(rhythm="weekly mon 9:00"))
    assert "Hourly" in said(await settings.show(CALLER))
    assert "Weekly" in said(await settings.show(partner))


async def test_what_was_held_is_decided_again_when_the_wishes_change(
    settings: AttentionCommands, database: Database, clock: Clock
) -> None:
    newsdesk = await Newsdesk.open(database, clock)
    feed = await newsdesk.follow("https://a.example/feed")
    await newsdesk.watch("Miami")
    await settings.change(CALLER, Wishes(rhythm="daily 8:30"))
    await newsdesk.listed(feed, article("Talks in Miami", at=START))
    assert "08:30" in (await held(database, await stored(database)))[0]
    assert await newsdesk.delivered() == []
    assert "1 story is held" in said(await settings.show(CALLER))
    await settings.change(CALLER, Wishes(rhythm="immediate"))
    await newsdesk.holds.release()
    assert await held(database, await stored(database)) == []
    assert len(await newsdesk.delivered()) == 1


async def test_the_terms_of_a_topic_are_kept_and_shown(
    settings: AttentionCommands, database: Database, clock: Clock
) -> None:
    newsdesk = await Newsdesk.open(database, clock)
    await newsdesk.watch("Miami", name="Talks")
    terms = Terms(outlets=3, mention=EDITORS, mentioned="@editors", urgent=True)
    changed = said(await settings.edit(CALLER, "talks", terms))
    for told in ("once 3 outlets report it", "Pings @editors", "Urgent"):
        assert told in changed
    async with database.read() as connection:
        (one,) = await topics.list_subscriptions(connection, LOCAL_WORKSPACE.id)
        topic = await topics.find_topic(connection, LOCAL_WORKSPACE.id, "Talks")
    assert (one.gate, one.mention, one.mentioned_by) == (3, EDITORS, "U1")
    assert topic is not None
    assert topic.urgent
    shown = await settings.show(CALLER)
    assert "Talks  urgent, from 3 outlets on, pings 7" in said(shown)
    assert Span(text="7", mark=Mark.ROLE) in [span for line in shown.lines for span in line]
    await settings.edit(CALLER, "Talks", Terms(no_mention=True, urgent=False, outlets=1))
    assert "On no terms of its own" in said(await settings.edit(CALLER, "Talks", Terms()))


async def test_terms_can_be_given_while_watching(database: Database, clock: Clock) -> None:
    newsdesk = await Newsdesk.open(database, clock)
    reply = await newsdesk.topics.watch(
        CALLER, "Miami", terms=Terms(outlets=2, mention=EDITORS, mentioned="@editors")
    )
    assert "Pings @editors" in said(reply)
    feed = await newsdesk.follow("https://a.example/feed", name="Meridian")
    second = await newsdesk.follow("https://b.example/feed", name="Harbour")
    await newsdesk.listed(feed, article("Talks in Miami begin", at=START))
    assert await newsdesk.delivered() == []
    await newsdesk.listed(second, article("Talks in Miami begin", at=START))
    assert await newsdesk.delivered() == ["Talks in Miami begin"]


async def test_a_topic_that_comes_back_pings_nobody_from_before(
    database: Database, clock: Clock
) -> None:
    newsdesk = await Newsdesk.open(database, clock)
    await newsdesk.topics.watch(CALLER, "Miami", terms=Terms(outlets=2, mention=EDITORS))
    await newsdesk.topics.watch(CALLER, "Miami")
    async with database.read() as connection:
        (one,) = await topics.list_subscriptions(connection, LOCAL_WORKSPACE.id)
    assert (one.gate, one.mention) == (2, EDITORS), "it stands already, and stays as it is"
    await newsdesk.topics.unwatch(CALLER, "Miami")
    await newsdesk.topics.watch(CALLER, "Miami")
    async with database.read() as connection:
        (one,) = await topics.list_subscriptions(connection, LOCAL_WORKSPACE.id)
    assert (one.gate, one.mention, one.mentioned_by) == (1, None, "")


@pytest.mark.parametrize("outlets", [0, 21])
async def test_an_impossible_gate_is_refused(
    settings: AttentionCommands, database: Database, clock: Clock, outlets: int
) -> None:
    newsdesk = await Newsdesk.open(database, clock)
    with pytest.raises(CommandError, match="from 1 to 20"):
        await newsdesk.topics.watch(CALLER, "Miami", terms=Terms(outlets=outlets))
    with pytest.raises(CommandError, match="from 1 to 20"):
        await settings.edit(CALLER, "Miami", Terms(outlets=outlets))


async def test_a_topic_that_is_not_watched_here_has_no_terms_here(
    settings: AttentionCommands, database: Database, clock: Clock
) -> None:
    newsdesk = await Newsdesk.open(database, clock)
    await newsdesk.watch("Miami", channel="other")
    with pytest.raises(CommandError, match="not watched in desk"):
        await settings.edit(CALLER, "Miami", Terms(outlets=2))
    with pytest.raises(CommandError, match="no topic “NATO”") as caught:
        await settings.edit(CALLER, "NATO", Terms(outlets=2))
    assert "“Miami”" in caught.value.hint
