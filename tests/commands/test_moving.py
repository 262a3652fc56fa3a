"""topic move: what was still to be told is not lost, and nothing that was told is told twice."""

from __future__ import annotations

from datetime import time

import pytest
from sqlalchemy import select

from bot.commands.caller import Caller, Destination
from bot.commands.moving import MoveCommands
from bot.commands.terms import Terms
from bot.errors import CommandError
from bot.model.attention import Rhythm
from bot.model.channel import PlatformName
from bot.model.ids import FeedId
from bot.model.mention import Mention, MentionKind
from bot.model.text import flat
from bot.storage import channels
from bot.storage.database import Database
from bot.storage.tables import decision, subscription
from tests.clock import Clock
from tests.invariants import violations
from tests.newsdesk import LOCAL_WORKSPACE, Newsdesk, article, workspace

DESK = Destination(platform=PlatformName.WEBHOOK, external_id="desk", name="desk")
ALERTS = Destination(platform=PlatformName.WEBHOOK, external_id="alerts", name="alerts")
CALLER = Caller(workspace=LOCAL_WORKSPACE, here=DESK)
A, B = FeedId(1), FeedId(2)


@pytest.fixture
async def desk(database: Database, clock: Clock) -> Newsdesk:
    newsdesk = await Newsdesk.open(database, clock)
    await newsdesk.follow("https://a.example/feed", name="A")
    await newsdesk.follow("https://b.example/feed", name="B")
    await newsdesk.watch("Miami")
    return newsdesk


@pytest.fixture
def moving(database: Database, clock: Clock) -> MoveCommands:
    return MoveCommands(database=database, now=clock)


def shown(desk: Newsdesk) -> dict[str, list[str]]:
    """The headlines that stand in each channel."""
    said: dict[str, list[str]] = {"desk": [], "alerts": []}
    for message in desk.recorder.messages:
        said[message.channel].append(flat(message.alert.headline))
    return said


async def test_what_was_told_is_not_told_again_and_goes_on_growing(
    desk: Newsdesk, moving: MoveCommands, clock: Clock, database: Database
) -> None:
    await desk.listed(A, article("Envoys arrive in Miami", at=clock()))
    await desk.delivered()
    reply = await moving.move(CALLER, "miami", ALERTS)
    assert reply.title == "“Miami” moved to alerts"
    clock.forward(minutes=5)
    await desk.listed(B, article("Envoys arrive in Miami", at=clock()))
    await desk.listed(A, article("Storm nears Miami coast", at=clock()))
    await desk.holds.release()
    await desk.delivered()
    assert shown(desk) == {
        "desk": ["Envoys arrive in Miami"],
        "alerts": ["Storm nears Miami coast"],
    }
    assert len(desk.recorder.messages[0].texts) == 2, (
        "the card that stands hears of its second outlet"
    )
    async with database.read() as connection:
        whys = (await connection.execute(select(decision.c.why))).scalars().all()
        assert "told in the channel that the topic was moved from" in whys
    assert await violations(database) == []


async def test_a_story_of_another_topic_there_is_joined(
    desk: Newsdesk, moving: MoveCommands, clock: Clock
) -> None:
    await desk.watch("summit", channel="alerts")
    await desk.listed(A, article("Miami hosts a summit", at=clock()))
    await moving.move(CALLER, "Miami", ALERTS)
    await desk.listed(B, article("Miami hosts a summit", at=clock()))
    await desk.delivered()
    assert shown(desk) == {"desk": ["Miami hosts a summit"], "alerts": ["Miami hosts a summit"]}


async def test_what_was_held_is_told_there_by_its_wishes(
    desk: Newsdesk, moving: MoveCommands, clock: Clock, database: Database
) -> None:
    await desk.wishes(rhythm=Rhythm.DAILY, at=time(8))
    await desk.listed(A, article("Envoys arrive in Miami", at=clock()))
    assert await desk.delivered() == []
    reply = await moving.move(CALLER, "Miami", ALERTS)
    assert "1 story that was still to be told is told there." in [
        flat(line) for line in reply.lines
    ]
    await desk.holds.release()
    await desk.delivered()
    assert shown(desk) == {"desk": [], "alerts": ["Envoys arrive in Miami"]}
    assert await violations(database) == []


async def test_what_waits_for_a_second_outlet_waits_there(
    desk: Newsdesk, moving: MoveCommands, clock: Clock, database: Database
) -> None:
    await desk.change(subscription, gate=2)
    await desk.listed(A, article("Envoys arrive in Miami", at=clock()))
    await moving.move(CALLER, "Miami", ALERTS)
    await desk.holds.release()
    assert await desk.delivered() == []
    await desk.listed(B, article("Envoys arrive in Miami", at=clock()))
    await desk.delivered()
    assert shown(desk) == {"desk": [], "alerts": ["Envoys arrive in Miami"]}


async def test_there_and_back_again(desk: Newsdesk, moving: MoveCommands, clock: Clock) -> None:
    await desk.listed(A, article("Envoys arrive in Miami", at=clock()))
    await moving.move(CALLER, "Miami", ALERTS)
    await desk.listed(A, article("Storm nears Miami coast", at=clock()))
    await moving.move(Caller(workspace=LOCAL_WORKSPACE, here=ALERTS), "Miami", DESK)
    for title in ("Envoys arrive in Miami", "Storm nears Miami coast"):
        await desk.listed(B, article(title, at=clock()))
    await desk.delivered()
    assert shown(desk) == {
        "desk": ["Envoys arrive in Miami"],
        "alerts": ["Storm nears Miami coast"],
    }


async def test_the_rules_go_along_and_the_ping_does_not(
    desk: Newsdesk, moving: MoveCommands, database: Database
) -> None:
    role = Mention(kind=MentionKind.ROLE, external_id="7")
    await desk.topics.watch(CALLER, "Oslo", terms=Terms(outlets=3, mention=role))
    reply = await moving.move(CALLER, "Oslo", ALERTS)
    assert any("pings nobody" in flat(line) for line in reply.lines)
    async with database.read() as connection:
        rows = await connection.execute(select(subscription).where(~subscription.c.removed))
        found = {(row.gate, row.mention) for row in rows}
    assert found == {(1, None), (3, None)}


async def test_where_it_is_watched_already_its_rules_stay(
    desk: Newsdesk, moving: MoveCommands, clock: Clock
) -> None:
    await desk.watch("Miami", channel="alerts")
    await desk.holds.release()
    reply = await moving.move(CALLER, "Miami", ALERTS)
    assert any("watched there already" in flat(line) for line in reply.lines)
    await desk.listed(A, article("Envoys arrive in Miami", at=clock()))
    await desk.delivered()
    assert shown(desk) == {"desk": [], "alerts": ["Envoys arrive in Miami"]}


@pytest.mark.parametrize(
    ("name", "to", "problem"),
    [
        ("Kyiv", ALERTS, "There is no topic “Kyiv”"),
        ("Miami", DESK, "“Miami” is in desk already"),
    ],
)
async def test_what_cannot_be_moved_is_refused(
    desk: Newsdesk, moving: MoveCommands, name: str, to: Destination, problem: str
) -> None:
    with pytest.raises(CommandError, match=problem):
        await moving.move(CALLER, name, to)
    await moving.move(CALLER, "Miami", ALERTS)
    with pytest.raises(CommandError, match="not watched in desk"):
        await moving.move(CALLER, "Miami", ALERTS)


async def test_into_a_channel_that_is_shared_with_others(
    desk: Newsdesk, moving: MoveCommands, database: Database
) -> None:
    await desk.watch("Oslo", channel="shared", by=workspace("elsewhere"))
    shared = Destination(platform=PlatformName.WEBHOOK, external_id="shared", name="shared")
    await moving.move(CALLER, "Miami", shared)
    async with database.read() as connection:
        ours = await channels.list_channels(connection, CALLER.workspace.id)
        theirs = await channels.list_channels(connection, workspace("elsewhere").id)
    assert "shared" in {one.external_id for one in ours}
    assert {one.external_id for one in theirs} == {"shared"}
