"""Less like this: an edit that leaves the story out, with its backtest, taken up once."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.commands.caller import Caller, Destination
from bot.commands.feedback import FeedbackCommands
from bot.errors import CommandError
from bot.model.channel import PlatformName
from bot.model.text import flat
from bot.storage.database import Database
from bot.storage.tables import delivery
from tests.clock import START, Clock
from tests.newsdesk import LOCAL_WORKSPACE, Newsdesk, article, workspace

HERE = Destination(platform=PlatformName.WEBHOOK, external_id="desk", name="desk")
OURS = Caller(workspace=LOCAL_WORKSPACE, here=HERE)
THEIRS = Caller(workspace=workspace("9"), here=HERE)


async def alerted(
    database: Database, clock: Clock, query: str, *titles: str
) -> tuple[Newsdesk, str]:
    """A desk with a topic, and the key of the alert about the last title."""
    newsdesk = await Newsdesk.open(database, clock)
    feed = await newsdesk.follow("https://a.example/feed", name="Meridian")
    await newsdesk.watch(query, name="Talks")
    for title in titles:
        await newsdesk.listed(feed, article(title, at=START))
    await newsdesk.delivered()
    async with database.read() as connection:
        keys = await connection.execute(select(delivery.c.key).order_by(delivery.c.id.desc()))
        return newsdesk, str(keys.scalars().first())


@pytest.fixture
def commands(database: Database, clock: Clock) -> FeedbackCommands:
    return FeedbackCommands(database=database, now=clock)


HEAT = (
    "Envoys meet again in Miami",
    "Miami hosts the peace envoys",
    "Third round of talks: Miami",
    "Miami Heat lose to Boston",
    "Miami Heat win game seven",
)


async def test_a_word_that_unwanted_stories_share_is_left_out(
    commands: FeedbackCommands, database: Database, clock: Clock
) -> None:
    newsdesk, key = await alerted(database, clock, "Miami", *HEAT)
    proposal = await commands.propose(OURS, key)
    assert proposal.after == "Miami -Heat"
    assert proposal.backtest.change is not None
    assert (proposal.backtest.change.lost, proposal.backtest.stories) == (2, 3)
    reply = await commands.apply(OURS, proposal.token)
    assert reply.title == "“Talks” was changed"
    topic = (await newsdesk.topics.list_all(OURS)).lines[0]
    assert "Miami -Heat" in flat(topic)
    assert "already" in (await commands.apply(OURS, proposal.token)).title


async def test_an_or_gets_its_parentheses(
    commands: FeedbackCommands, database: Database, clock: Clock
) -> None:
    _, key = await alerted(database, clock, "Miami OR Geneva", *HEAT)
    assert (await commands.propose(OURS, key)).after == "(Miami OR Geneva) -Heat"


async def test_a_stem_is_made_exact(
    commands: FeedbackCommands, database: Database, clock: Clock
) -> None:
    _, key = await alerted(
        database, clock, "talks", "Talks in Oslo", "Talks in Rome", "Talks in Cairo", "He talked"
    )
    proposal = await commands.propose(OURS, key)
    assert proposal.after == '"talks"'
    assert proposal.why == "Finds “talks” in this spelling alone, not “talked”."


async def test_a_proposal_for_a_query_that_has_changed_is_not_taken_up(
    commands: FeedbackCommands, database: Database, clock: Clock
) -> None:
    newsdesk, key = await alerted(database, clock, "Miami", *HEAT)
    proposal = await commands.propose(OURS, key)
    await newsdesk.topics.edit(OURS, "Talks", "Oslo")
    with pytest.raises(CommandError, match="edited meanwhile"):
        await commands.apply(OURS, proposal.token)


async def test_strangers_learn_and_change_nothing(
    commands: FeedbackCommands, database: Database, clock: Clock
) -> None:
    _, key = await alerted(database, clock, "Miami", *HEAT)
    with pytest.raises(CommandError, match="not known"):
        await commands.propose(THEIRS, key)
    proposal = await commands.propose(OURS, key)
    with pytest.raises(CommandError, match="not known"):
        await commands.apply(THEIRS, proposal.token)


async def test_when_no_word_tells_it_apart(
    commands: FeedbackCommands, database: Database, clock: Clock
) -> None:
    _, key = await alerted(database, clock, "Miami", "Miami")
    with pytest.raises(CommandError, match="No single word"):
        await commands.propose(OURS, key)
