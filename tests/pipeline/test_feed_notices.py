"""A workspace is told once of a feed that broke, and once when it is well again."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from bot.model.digest import Notice
from bot.model.feed import FeedNotice, NoticeKind
from bot.model.ids import FeedId
from bot.pipeline.feed_notices import FeedNotices, told_of
from bot.storage import feed_notices
from bot.storage.database import Database
from bot.storage.feed_notices import DueNotice
from bot.storage.tables import channel, workspace
from tests.clock import Clock
from tests.newsdesk import LOCAL_WORKSPACE, Newsdesk

BROKEN = FeedNotice(kind=NoticeKind.BROKEN, reason="no answer")
WELL = FeedNotice(kind=NoticeKind.RECOVERED, reason="it can be read again")


@pytest.fixture
async def desk(database: Database, clock: Clock) -> Newsdesk:
    """A workspace with three feeds and a channel for notices."""
    opened = await Newsdesk.open(database, clock)
    for name in "abc":
        await opened.follow(f"https://{name}.example/feed", name=f"Outlet {name.upper()}")
    await opened.watch("harbour", channel="notices")
    async with database.write() as connection:
        await connection.execute(update(workspace).values(notices_to="notices"))
    return opened


async def owe(desk: Newsdesk, *owed: tuple[int, FeedNotice]) -> None:
    async with desk.database.write() as connection:
        pairs = [(FeedId(feed), notice) for feed, notice in owed]
        await feed_notices.put_notices(connection, pairs, now=desk.clock())


async def told(desk: Newsdesk) -> list[Notice]:
    """What stands in the channels by now."""
    await FeedNotices(database=desk.database, now=desk.clock).tick()
    await desk.delivered()
    said = [message.said for message in desk.recorder.messages]
    assert all(isinstance(one, Notice) for one in said)
    return [one for one in said if isinstance(one, Notice)]


async def test_one_when_it_breaks_and_one_when_it_is_well(desk: Newsdesk, clock: Clock) -> None:
    await owe(desk, (1, BROKEN))
    (first,) = await told(desk)
    assert first.title == "“Outlet A” cannot be read"
    assert next(span.text for line in first.lines for span in line) == "no answer"
    assert len(await told(desk)) == 1, "nothing more is owed"
    clock.forward(hours=2)
    await owe(desk, (1, WELL))
    assert [one.title for one in await told(desk)][1:] == ["“Outlet A” is well again"]


async def test_many_at_once_are_one_message_and_an_hour_passes_before_the_next(
    desk: Newsdesk, clock: Clock
) -> None:
    await owe(desk, (1, BROKEN), (2, BROKEN), (3, BROKEN))
    (notice,) = await told(desk)
    lines = [span.text for line in notice.lines for span in line]
    assert notice.title == "3 feeds need a look"
    assert lines[0] == "Outlet A: cannot be read: no answer"
    assert "the network of this bot" in lines[-1]
    clock.forward(minutes=40)
    await owe(desk, (1, WELL))
    assert len(await told(desk)) == 1
    clock.forward(minutes=30)
    assert [one.title for one in await told(desk)][1:] == ["“Outlet A” is well again"]


async def test_what_is_well_before_anybody_heard_of_it_is_not_told(
    desk: Newsdesk, clock: Clock
) -> None:
    await owe(desk, (1, BROKEN))
    await owe(desk, (1, WELL))
    assert await told(desk) == []


async def test_without_a_channel_for_notices_whoever_set_up_a_channel_is_told(
    desk: Newsdesk, clock: Clock
) -> None:
    async with desk.database.write() as connection:
        await connection.execute(update(workspace).values(notices_to=""))
        await connection.execute(update(channel).values(added_by="7"))
    await owe(desk, (2, BROKEN))
    assert [one.title for one in await told(desk)] == ["“Outlet B” cannot be read"]
    assert [message.channel for message in desk.recorder.messages] == ["user:7"]


async def test_where_nobody_can_be_told_it_is_owed_no_more(desk: Newsdesk, clock: Clock) -> None:
    async with desk.database.write() as connection:
        await connection.execute(update(workspace).values(notices_to=""))
    await owe(desk, (2, BROKEN))
    assert await told(desk) == []
    async with desk.database.read() as connection:
        assert await feed_notices.due_notices(connection) == {}


async def test_a_crash_before_the_commit_leaves_it_owed_and_after_it_told_once(
    desk: Newsdesk, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await owe(desk, (1, BROKEN))

    async def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("bot.pipeline.feed_notices.notices.put_notice", crash)
        with pytest.raises(KeyboardInterrupt):
            await FeedNotices(database=desk.database, now=clock).tick()
    assert len(await told(desk)) == 1
    assert len(await told(desk)) == 1


def test_a_long_list_is_cut_and_the_worst_comes_first(clock: Clock) -> None:
    def due(number: int, kind: NoticeKind) -> DueNotice:
        return DueNotice(
            id=number,
            workspace=LOCAL_WORKSPACE.id,
            feed=FeedId(number),
            kind=kind,
            reason="it can be read again" if kind is NoticeKind.RECOVERED else "no answer",
            due_at=clock(),
        )

    owed = [due(0, NoticeKind.RECOVERED), *(due(n, NoticeKind.BROKEN) for n in range(1, 13))]
    names = {number: f"Feed {number}" for number in range(13)}
    title, lines = told_of(owed, names, followed=100)
    assert title == "12 feeds need a look"
    assert lines[0] == "Feed 1: cannot be read: no answer"
    assert lines[-1] == "and 3 more"
    assert told_of([due(0, NoticeKind.RECOVERED)] * 2, names, followed=9) == (
        "2 feeds are well again",
        ["Feed 0: it can be read again"] * 2,
    )
