"""topic watch, list, unwatch, test: what a person gets back, and what stands afterwards."""

from __future__ import annotations

import pytest

from bot.commands.backtest_reply import backtest_reply
from bot.commands.caller import Caller, Destination, refusal
from bot.commands.topics import TopicCommands
from bot.errors import CommandError, QueryError
from bot.model.channel import PlatformName
from bot.model.text import flat
from bot.storage.database import Database
from tests.clock import START, Clock
from tests.newsdesk import LOCAL_WORKSPACE, Newsdesk, article, workspace

HERE = Destination(platform=PlatformName.WEBHOOK, external_id="desk", name="desk")
OTHER = Destination(platform=PlatformName.WEBHOOK, external_id="other", name="other")
CALLER = Caller(workspace=LOCAL_WORKSPACE, here=HERE)


@pytest.fixture
def topics(database: Database, clock: Clock) -> TopicCommands:
    return TopicCommands(database=database, now=clock)


def said(lines: tuple[tuple[object, ...], ...]) -> str:
    return "\n".join(flat(line) for line in lines)  # type: ignore[arg-type]


async def test_watch_says_how_it_reads_and_what_it_looks_at(topics: TopicCommands) -> None:
    reply = await topics.watch(CALLER, "Witkoff Miami -Heat", name="Miami talks")
    assert reply.title == "Watching “Miami talks” in desk"
    assert "Reads as" in said(reply.lines)
    assert "No feed is followed yet" in said(reply.lines)


async def test_the_name_is_the_query_unless_given(topics: TopicCommands) -> None:
    await topics.watch(CALLER, "NATO")
    assert "NATO" in said((await topics.list_all(CALLER)).lines)


async def test_the_same_topic_can_be_watched_in_a_second_channel(topics: TopicCommands) -> None:
    await topics.watch(CALLER, "NATO")
    await topics.watch(Caller(workspace=LOCAL_WORKSPACE, here=OTHER), "NATO")
    reply = await topics.list_all(CALLER)
    assert reply.title == "1 topic"
    assert "in desk, other" in said(reply.lines)


async def test_a_name_cannot_mean_two_queries(topics: TopicCommands) -> None:
    await topics.watch(CALLER, "NATO", name="alliance")
    with pytest.raises(CommandError, match="already"):
        await topics.watch(CALLER, "EU", name="Alliance")


@pytest.mark.parametrize(("name", "again"), [("НАТО", "нато"), ("Überblick", "ÜBERBLICK")])
async def test_names_are_the_same_in_any_case_of_any_script(
    topics: TopicCommands, name: str, again: str
) -> None:
    await topics.watch(CALLER, "NATO", name=name)
    await topics.watch(CALLER, "NATO", name=again)
    assert (await topics.list_all(CALLER)).title == "1 topic"
    await topics.unwatch(CALLER, again)
    await topics.watch(CALLER, "NATO", name=name)


async def test_a_bad_query_shows_the_place(topics: TopicCommands) -> None:
    with pytest.raises(QueryError) as caught:
        await topics.watch(CALLER, "Miami AND (Witkoff")
    reply = refusal(caught.value)
    assert not reply.ok
    assert "^" in said(reply.lines)
    assert (await topics.list_all(CALLER)).title == "No topics yet"


async def test_unwatch_leaves_other_channels_alone(topics: TopicCommands) -> None:
    await topics.watch(CALLER, "NATO")
    await topics.watch(Caller(workspace=LOCAL_WORKSPACE, here=OTHER), "NATO")
    reply = await topics.unwatch(CALLER, "nato")
    assert "Other channels" in said(reply.lines)
    assert "in other" in said((await topics.list_all(CALLER)).lines)
    with pytest.raises(CommandError, match="not watched in desk"):
        await topics.unwatch(CALLER, "nato")


async def test_an_unknown_topic_is_met_with_the_known_ones(topics: TopicCommands) -> None:
    await topics.watch(CALLER, "NATO")
    with pytest.raises(CommandError) as caught:
        await topics.unwatch(CALLER, "NATTO")
    assert "NATO" in caught.value.hint


async def test_a_removed_topic_can_come_back(topics: TopicCommands) -> None:
    await topics.watch(CALLER, "NATO")
    await topics.unwatch(CALLER, "NATO")
    assert (await topics.list_all(CALLER)).title == "No topics yet"
    await topics.watch(CALLER, "NATO membership", name="NATO")
    assert "NATO membership" in said((await topics.list_all(CALLER)).lines)


async def test_another_workspace_sees_nothing_of_it(topics: TopicCommands) -> None:
    await topics.watch(CALLER, "NATO")
    stranger = Caller(workspace=workspace("9"), here=OTHER)
    assert (await topics.list_all(stranger)).title == "No topics yet"
    with pytest.raises(CommandError):
        await topics.unwatch(stranger, "NATO")


async def test_a_channel_that_two_workspaces_share_is_a_channel_of_each(
    topics: TopicCommands,
) -> None:
    """As Slack Connect has them: neither sees what the other watches there."""
    await topics.watch(CALLER, "NATO")
    partner = Caller(workspace=workspace("9"), here=HERE)
    await topics.watch(partner, "Oslo")
    assert "NATO" not in said((await topics.list_all(partner)).lines)
    assert "Oslo" not in said((await topics.list_all(CALLER)).lines)
    await topics.unwatch(partner, "Oslo")
    with pytest.raises(CommandError):
        await topics.unwatch(partner, "NATO")
    assert "NATO" in said((await topics.list_all(CALLER)).lines)


async def test_a_backtest_counts_stories_and_says_its_coverage(
    database: Database, clock: Clock
) -> None:
    newsdesk = await Newsdesk.open(database, clock, backfill=True)
    first = await newsdesk.follow("https://a.example/feed", name="Meridian", polled=False)
    second = await newsdesk.follow("https://b.example/feed", name="Harbour", polled=False)
    await newsdesk.follow("https://c.example/feed", polled=False)
    await newsdesk.listed(first, article("Envoys meet again in Miami", at=START))
    await newsdesk.listed(
        second,
        article("Envoys meet again in Miami", at=START),
        article("Rain over the harbour again", at=START),
    )
    result = await newsdesk.topics.backtest(CALLER, "Miami", days=7)
    assert result.stories == 1
    assert result.per_day == (0, 0, 0, 0, 0, 0, 1)
    assert result.covers() == "2 of 3 feeds, 1 of 7 days"
    assert backtest_reply(result).title.startswith("Would have fired on 1 story in 7 days")
    stranger = Caller(workspace=workspace("9"), here=OTHER)
    assert (await newsdesk.topics.backtest(stranger, "Miami", days=7)).stories == 0


@pytest.mark.parametrize("days", [0, 91])
async def test_an_impossible_span_is_refused(topics: TopicCommands, days: int) -> None:
    with pytest.raises(CommandError, match="from 1 to 90"):
        await topics.backtest(CALLER, "NATO", days=days)
