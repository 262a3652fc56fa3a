"""What a batch of polls causes, on a real database: articles in, messages out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from bot.model.alert import AlertState
from bot.model.delivery import DeliveryStatus
from bot.model.ids import FeedId
from bot.model.text import Mark
from bot.pipeline.ingest import waves
from bot.storage import topics, window
from bot.storage.database import Database
from bot.storage.revisions import next_revision
from bot.storage.tables import alert, channel, decision, delivery, follow, topic
from bot.storage.tables import article as article_table
from bot.storage.tables import feed as feed_table
from tests.clock import START, Clock
from tests.newsdesk import LOCAL_WORKSPACE, Newsdesk, article, workspace

HOUR = timedelta(hours=1)


async def opened(database: Database, clock: Clock, query: str = "Miami") -> Newsdesk:
    """A desk that watches one topic."""
    newsdesk = await Newsdesk.open(database, clock)
    await newsdesk.watch(query)
    return newsdesk


async def whys(database: Database) -> list[str]:
    async with database.read() as connection:
        rows = await connection.execute(select(decision.c.why).order_by(decision.c.article_id))
        return [row.why for row in rows]


async def test_a_matching_article_is_posted_and_another_is_not(
    database: Database, clock: Clock
) -> None:
    newsdesk = await opened(database, clock)
    feed = await newsdesk.follow("https://a.example/feed")
    await newsdesk.listed(feed, article("Talks in Miami", at=START), article("Rain in Kyiv"))
    assert await newsdesk.delivered() == ["Talks in Miami"]


async def test_a_second_outlet_edits_the_same_message(database: Database, clock: Clock) -> None:
    newsdesk = await opened(database, clock)
    first = await newsdesk.follow("https://a.example/feed", name="Meridian")
    second = await newsdesk.follow("https://b.example/feed", name="Harbour")
    await newsdesk.listed(first, article("Envoys meet again in Miami", at=START))
    await newsdesk.delivered()
    await newsdesk.listed(second, article("Envoys meet again in Miami | Harbour", at=START))
    assert len(await newsdesk.delivered()) == 1
    shown = newsdesk.recorder.messages[0].alert
    assert [source.outlet for source in shown.sources] == ["Meridian", "Harbour"]
    assert await whys(database) == ["matched", "the story already has its alert here"]


async def test_two_topics_of_a_channel_share_the_message(database: Database, clock: Clock) -> None:
    newsdesk = await opened(database, clock)
    await newsdesk.watch("Witkoff")
    feed = await newsdesk.follow("https://a.example/feed")
    await newsdesk.listed(feed, article("Witkoff goes to Miami", at=START))
    assert len(await newsdesk.delivered()) == 1
    assert set(newsdesk.recorder.messages[0].alert.topics) == {"Miami", "Witkoff"}


async def test_two_channels_get_one_each(database: Database, clock: Clock) -> None:
    newsdesk = await opened(database, clock)
    await newsdesk.watch("Miami", channel="other")
    feed = await newsdesk.follow("https://a.example/feed")
    await newsdesk.listed(feed, article("Talks in Miami", at=START))
    await newsdesk.delivered()
    assert sorted(message.channel for message in newsdesk.recorder.messages) == ["desk", "other"]


async def test_what_was_listed_before_is_not_news(database: Database, clock: Clock) -> None:
    newsdesk = await opened(database, clock)
    feed = await newsdesk.follow("https://a.example/feed")
    link = "https://a.example/1"
    first = article("Talks in Miami begin", uid="1", url=link, at=START)
    await newsdesk.listed(feed, first)
    await newsdesk.listed(feed)  # an empty answer, then everything again
    await newsdesk.listed(feed, first)
    churned = article("Talks in Miami begin", uid="other-id", url=link, at=START)
    await newsdesk.listed(feed, churned)
    edited = article("Talks in Miami begin today", uid="1", url=link, at=START)
    await newsdesk.listed(feed, edited)
    await newsdesk.delivered()
    assert len(newsdesk.recorder.messages) == 1
    async with database.read() as connection:
        count = await connection.execute(select(func.count()).select_from(article_table))
        assert count.scalar_one() == 1


async def test_an_edit_shows_as_corrected_and_can_start_to_match(
    database: Database, clock: Clock
) -> None:
    newsdesk = await opened(database, clock)
    feed = await newsdesk.follow("https://a.example/feed")
    await newsdesk.listed(feed, article("Talks in Florida", uid="1", at=START))
    assert await newsdesk.delivered() == []
    clock.forward(hours=1)
    await newsdesk.listed(feed, article("Talks in Miami", uid="1", at=START))
    assert await newsdesk.delivered() == ["Talks in Miami"]
    assert newsdesk.recorder.messages[0].alert.corrected


async def test_an_edit_after_a_day_is_ignored(database: Database, clock: Clock) -> None:
    newsdesk = await opened(database, clock)
    feed = await newsdesk.follow("https://a.example/feed")
    await newsdesk.listed(feed, article("Talks in Florida", uid="1", at=START))
    clock.forward(hours=25)
    await newsdesk.listed(feed, article("Talks in Miami", uid="1", at=START))
    assert await newsdesk.delivered() == []


async def test_a_first_poll_alerts_the_newest_three_of_a_day(
    database: Database, clock: Clock
) -> None:
    newsdesk = await opened(database, clock)
    feed = await newsdesk.follow("https://a.example/feed", polled=False)
    recent = [article(f"Miami meeting number {n}", at=START - n * HOUR) for n in range(5)]
    old = article("Miami meeting of last week", at=START - 100 * HOUR)
    undated = article("Miami meeting of some day")
    await newsdesk.listed(feed, *recent, old, undated)
    assert await newsdesk.delivered() == [f"Miami meeting number {n}" for n in (2, 1, 0)]
    assert sorted(await whys(database)) == [
        "beyond the newest 3 when the feed was first read",
        "beyond the newest 3 when the feed was first read",
        "matched",
        "matched",
        "matched",
        "older than 24 h when the feed was first read",
        "undated when the feed was first read",
    ]


async def test_backfill_alerts_all_of_it_oldest_first(database: Database, clock: Clock) -> None:
    newsdesk = await Newsdesk.open(database, clock, backfill=True)
    await newsdesk.watch("Miami")
    feed = await newsdesk.follow("https://a.example/feed", polled=False)
    await newsdesk.listed(
        feed, *(article(f"Miami meeting number {n}", at=START - n * 30 * HOUR) for n in range(5))
    )
    assert await newsdesk.delivered() == [f"Miami meeting number {n}" for n in (4, 3, 2, 1, 0)]


async def test_a_workspace_hears_only_of_feeds_that_it_follows(
    database: Database, clock: Clock
) -> None:
    newsdesk = await opened(database, clock)
    theirs = workspace("2")
    await newsdesk.follow("https://ours.example/feed", name="Ours")
    secret = await newsdesk.follow("https://theirs.example/feed?token=x", name="Theirs", by=theirs)
    await newsdesk.watch("Miami", channel="their desk", by=theirs)
    ours = await newsdesk.follow("https://ours.example/feed", name="Ours")
    await newsdesk.listed(secret, article("Envoys meet again in Miami", at=START))
    await newsdesk.listed(ours, article("Envoys meet again in Miami", at=START))
    await newsdesk.delivered()
    by_channel = {message.channel: message for message in newsdesk.recorder.messages}
    assert [one.outlet for one in by_channel["desk"].alert.sources] == ["Ours"]
    assert [one.outlet for one in by_channel["their desk"].alert.sources] == ["Theirs"]
    assert len(by_channel["their desk"].texts) == 1, "a stranger's report must not even edit it"


async def test_a_new_topic_matches_the_next_article_without_a_restart(
    database: Database, clock: Clock
) -> None:
    newsdesk = await opened(database, clock)
    feed = await newsdesk.follow("https://a.example/feed")
    await newsdesk.listed(feed, article("NATO meets in Oslo", at=START))
    await newsdesk.watch("NATO")
    await newsdesk.listed(feed, article("NATO meets in Riga", at=START))
    assert await newsdesk.delivered() == ["NATO meets in Riga"]


async def test_an_unwatched_topic_is_silent_at_once(database: Database, clock: Clock) -> None:
    newsdesk = await opened(database, clock)
    feed = await newsdesk.follow("https://a.example/feed")
    await newsdesk.listed(feed, article("Talks in Miami", at=START))
    async with database.write() as connection:
        found = await topics.find_topic(connection, LOCAL_WORKSPACE.id, "miami")
        assert found is not None
        await topics.remove_topic(connection, found.id, revision=await next_revision(connection))
    await newsdesk.listed(feed, article("More talks in Miami", at=START))
    assert await newsdesk.delivered() == ["Talks in Miami"]


async def test_a_mute_discards_and_records(database: Database, clock: Clock) -> None:
    newsdesk = await opened(database, clock)
    feed = await newsdesk.follow("https://a.example/feed")
    async with database.write() as connection:
        await connection.execute(
            update(topic).values(muted_until=START + HOUR, revision=await next_revision(connection))
        )
    await newsdesk.listed(feed, article("Talks in Miami", at=START))
    clock.forward(hours=2)
    await newsdesk.listed(feed, article("More talks in Miami", at=clock()))
    assert await newsdesk.delivered() == ["More talks in Miami"]
    assert (await whys(database))[0] == "the topic is muted"


async def test_a_snooze_holds_and_then_releases_with_all_that_came(
    database: Database, clock: Clock
) -> None:
    newsdesk = await opened(database, clock)
    feed = await newsdesk.follow("https://a.example/feed", name="A")
    other = await newsdesk.follow("https://b.example/feed", name="B")
    async with database.write() as connection:
        await connection.execute(
            update(channel).values(
                snoozed_until=START + HOUR, revision=await next_revision(connection)
            )
        )
    await newsdesk.listed(feed, article("Envoys meet again in Miami", at=START))
    await newsdesk.listed(other, article("Envoys meet again in Miami", at=START))
    assert await newsdesk.holds.release() == 0
    assert await newsdesk.delivered() == []
    clock.forward(hours=1)
    assert await newsdesk.holds.release() == 1
    assert await newsdesk.delivered() == ["Envoys meet again in Miami"]
    assert len(newsdesk.recorder.messages[0].alert.sources) == 2
    assert await newsdesk.holds.release() == 0


async def test_stories_survive_a_restart(database: Database, clock: Clock) -> None:
    newsdesk = await opened(database, clock)
    first = await newsdesk.follow("https://a.example/feed")
    second = await newsdesk.follow("https://b.example/feed")
    await newsdesk.listed(first, article("Envoys meet again in Miami", at=START))
    await newsdesk.delivered()
    again = await Newsdesk.open(database, clock, recorder=newsdesk.recorder)
    await again.listed(second, article("Envoys meet again in Miami", at=START))
    await again.delivered()
    assert [len(message.texts) for message in newsdesk.recorder.messages] == [2]


async def test_a_batch_is_all_or_nothing(database: Database, clock: Clock) -> None:
    """A failure after half of the work leaves no trace, and the same poll then succeeds."""
    newsdesk = await opened(database, clock)
    feed = await newsdesk.follow("https://a.example/feed")
    poll = await newsdesk.poll(feed, [article("Talks in Miami", at=START)])
    judge = newsdesk.desk._judge.judge

    async def judge_and_fail(*arguments: object) -> None:
        await judge(*arguments)  # type: ignore[arg-type]
        raise OSError("disk full")

    newsdesk.desk._judge.judge = judge_and_fail  # type: ignore[assignment,method-assign]
    try:
        await newsdesk.desk.ingest([poll])
    except OSError:
        pass
    else:
        raise AssertionError("the failure was swallowed")
    async with database.read() as connection:
        for table in (article_table, decision, alert, delivery):
            count = await connection.execute(select(func.count()).select_from(table))
            assert count.scalar_one() == 0, table.name
    newsdesk.desk._judge.judge = judge  # type: ignore[method-assign]
    await newsdesk.desk.ingest([poll])
    assert await newsdesk.delivered() == ["Talks in Miami"]


async def test_a_whole_feed_can_be_subscribed_to(database: Database, clock: Clock) -> None:
    newsdesk = await opened(database, clock)
    feed = await newsdesk.follow("https://a.example/feed", name="Meridian")
    async with database.write() as connection:
        found = (await connection.execute(select(channel.c.id, channel.c.workspace_id))).one()
        await topics.put_subscription(
            connection,
            workspace=found.workspace_id,
            channel=found.id,
            feed_id=feed,
            from_file=False,
            now=clock(),
            revision=await next_revision(connection),
        )
    await newsdesk.listed(feed, article("Rain in Kyiv", at=START))
    assert await newsdesk.delivered() == ["Rain in Kyiv"]
    assert newsdesk.recorder.messages[0].alert.topics == ("Meridian",)


async def test_the_states_agree_in_the_end(database: Database, clock: Clock) -> None:
    newsdesk = await opened(database, clock)
    feed = await newsdesk.follow("https://a.example/feed")
    await newsdesk.listed(
        feed, *(article(f"Miami day {n} of the talks", at=START) for n in range(4))
    )
    await newsdesk.delivered()
    async with database.read() as connection:
        states = (await connection.execute(select(alert.c.state))).scalars().all()
        statuses = (await connection.execute(select(delivery.c.status))).scalars().all()
    assert states == [AlertState.READY] * 4
    assert statuses == [DeliveryStatus.SENT] * 4


async def test_a_corrected_title_keeps_its_old_name_through_a_restart(
    database: Database, clock: Clock
) -> None:
    newsdesk = await opened(database, clock)
    first = await newsdesk.follow("https://a.example/feed")
    second = await newsdesk.follow("https://b.example/feed")
    await newsdesk.listed(first, article("Envoys meet again in Miami", uid="1", at=START))
    await newsdesk.listed(first, article("Miami hosts the envoys", uid="1", at=START))
    again = await Newsdesk.open(database, clock, recorder=newsdesk.recorder)
    await again.listed(second, article("Envoys meet again in Miami", at=START))
    assert len(await again.delivered()) == 1


async def test_a_long_story_keeps_its_first_title_through_a_restart(
    database: Database, clock: Clock
) -> None:
    newsdesk = await opened(database, clock)
    feed = await newsdesk.follow("https://a.example/feed")
    link = "https://a.example/live"
    for day in range(3):
        await newsdesk.listed(
            feed, article(f"Miami talks, day {day} of them", url=link, uid=f"{day}", at=clock())
        )
        clock.forward(hours=40)
    again = await Newsdesk.open(database, clock, recorder=newsdesk.recorder)
    other = await again.follow("https://b.example/feed")
    await again.listed(other, article("Miami talks, day 0 of them", at=clock()))
    assert len(await again.delivered()) == 1


async def test_an_empty_first_answer_is_no_first_poll(database: Database, clock: Clock) -> None:
    newsdesk = await opened(database, clock)
    feed = await newsdesk.follow("https://a.example/feed", polled=False)
    await newsdesk.listed(feed)
    await newsdesk.listed(
        feed, *(article(f"Miami {n} of last month", at=START - 800 * HOUR) for n in range(9))
    )
    assert await newsdesk.delivered() == []


async def test_an_edit_makes_no_news_of_what_is_old(database: Database, clock: Clock) -> None:
    newsdesk = await Newsdesk.open(database, clock)
    feed = await newsdesk.follow("https://a.example/feed", polled=False)
    old = START - 800 * HOUR
    await newsdesk.listed(feed, article("Miami of last month", uid="1", at=old))
    await newsdesk.watch("Miami")
    await newsdesk.listed(feed, article("Miami of last month", uid="1", summary="Touched.", at=old))
    assert await newsdesk.delivered() == []


async def test_two_items_alike_are_not_corrected_at_every_poll(
    database: Database, clock: Clock
) -> None:
    newsdesk = await opened(database, clock)
    feed = await newsdesk.follow("https://a.example/feed")
    listed = [
        article("Talks in Miami", uid="1", url="https://a.example/1", summary=summary, at=START)
        for summary in ("One of two.", "Two of two.")
    ]
    for _ in range(3):
        await newsdesk.listed(feed, *listed)
        await newsdesk.delivered()
    (message,) = newsdesk.recorder.messages
    assert not message.alert.corrected


async def test_after_a_correction_nothing_wrong_is_marked(database: Database, clock: Clock) -> None:
    newsdesk = await opened(database, clock)
    feed = await newsdesk.follow("https://a.example/feed")
    await newsdesk.listed(feed, article("Talks in Miami", uid="1", at=START))
    await newsdesk.listed(feed, article("Envoys have left Miami", uid="1", at=START))
    await newsdesk.delivered()
    headline = newsdesk.recorder.messages[-1].alert.headline
    assert [span.text for span in headline if span.mark is Mark.STRONG] in ([], ["Miami"])


async def test_a_feed_without_a_name_shows_its_host_and_no_secret(
    database: Database, clock: Clock
) -> None:
    newsdesk = await opened(database, clock)
    feed = await newsdesk.follow("https://a.example/feed?token=canary")
    async with database.write() as connection:
        await connection.execute(update(follow).values(name=""))
    poll = await newsdesk.poll(feed, [article("Talks in Miami", at=START)])
    assert poll.parsed is not None
    await newsdesk.desk.ingest([replace(poll, parsed=replace(poll.parsed, title=""))])
    async with database.write() as connection:
        await connection.execute(update(feed_table).values(title=""))
    await newsdesk.delivered()
    (source,) = newsdesk.recorder.messages[0].alert.sources
    assert source.outlet == "a.example"


def test_a_feed_is_taken_in_once_at_a_time() -> None:
    a, b, c = map(FeedId, (1, 2, 3))
    assert waves([]) == []
    assert waves([a, b, c]) == [[0, 1, 2]]
    assert waves([a, b, a, c, a, b]) == [[0, 1, 3], [2, 5], [4]]


async def test_the_window_is_read_in_pieces_and_is_whole(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start that held every article's words at once took twice the memory, and kept it."""
    desk = await Newsdesk.open(database, clock, similar=True)
    feed = await desk.follow("https://a.example/feed")
    words = ("harbour grain envoy", "river bridge winter", "treaty market border")
    await desk.listed(feed, *(article(title, at=clock()) for title in words))
    monkeypatch.setattr(window, "_BATCH", 2)
    async with database.read() as connection:
        pieces = [
            len(some) async for some in window.placed_since(connection, START.replace(year=2000))
        ]
    assert pieces == [2, 1]
    again = await Newsdesk.open(database, clock, similar=True)
    assert len(again.desk._window) == len(desk.desk._window) == 3
