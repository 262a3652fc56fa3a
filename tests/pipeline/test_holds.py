"""What is held is told once: as a card, in a digest, or recorded as a silence."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import select, update

from bot.errors import Retryable
from bot.model.attention import Rhythm
from bot.model.ids import FeedId
from bot.model.mention import Mention, MentionKind
from bot.pipeline.running import Running
from bot.storage import holds
from bot.storage.database import Database
from bot.storage.tables import alert, channel, decision, delivery, subscription, topic
from tests.clock import START, Clock
from tests.invariants import violations
from tests.newsdesk import Newsdesk, article
from tests.recorder import Fault, Recorder

HOUR = timedelta(hours=1)


@pytest.fixture
async def desk(database: Database, clock: Clock) -> Newsdesk:
    newsdesk = await Newsdesk.open(database, clock)
    await newsdesk.follow("https://a.example/feed", name="A")
    await newsdesk.follow("https://b.example/feed", name="B")
    await newsdesk.follow("https://c.example/feed", name="C")
    await newsdesk.watch("Miami")
    return newsdesk


A, B, C = FeedId(1), FeedId(2), FeedId(3)
STORIES = ("Envoys arrive in Miami", "Miami hosts a summit on grain", "Storm nears Miami coast",
           "Police close a Miami bridge", "Budget vote due in Miami")  # fmt: skip


async def listed(desk: Newsdesk, *titles: str, feed: FeedId = A) -> None:
    """A feed lists these, a second apart, the first the oldest."""
    at = desk.clock() - timedelta(seconds=len(titles))
    await desk.listed(
        feed,
        *(article(title, at=at + timedelta(seconds=i)) for i, title in enumerate(titles)),
    )


async def told(desk: Newsdesk) -> list[str]:
    await desk.holds.release()
    return await desk.delivered()


async def states(database: Database) -> list[str]:
    async with database.read() as connection:
        rows = await connection.execute(select(alert.c.state).order_by(alert.c.id))
        return [row.state for row in rows]


async def test_beyond_the_budget_the_rest_is_one_digest_at_the_full_hour(
    desk: Newsdesk, clock: Clock
) -> None:
    await desk.wishes(budget=2)
    clock.forward(minutes=10)
    await listed(desk, *STORIES)
    assert await told(desk) == list(STORIES[:2])
    clock.forward(minutes=49)
    assert len(await told(desk)) == 2, "not before the hour"
    clock.forward(minutes=1)
    assert (await told(desk))[2:] == ["3 more stories in the last hour"]
    digest = desk.recorder.messages[2].digest
    lines = [line.headline for group in digest.groups for line in group.lines]
    assert sorted(lines) == sorted(STORIES[2:])
    assert await states(desk.database) == ["ready"] * 2 + ["carried"] * 3
    clock.forward(hours=3)
    assert len(await told(desk)) == 3, "once"
    assert await violations(desk.database, drained=True) == []


async def test_a_single_story_beyond_the_budget_is_a_card_once_there_is_room(
    desk: Newsdesk, clock: Clock
) -> None:
    await desk.wishes(budget=1)
    await listed(desk, *STORIES[:2])
    assert await told(desk) == [STORIES[0]]
    clock.forward(hours=1)
    assert await told(desk) == list(STORIES[:2])


async def test_quiet_hours_hold_and_then_summarise(desk: Newsdesk, clock: Clock) -> None:
    await desk.wishes(quiet_from=time(11), quiet_to=time(15), timezone="Europe/Kyiv")
    await listed(desk, *STORIES[:3])  # 12:00 UTC is 14:00 in Kyiv
    assert await told(desk) == []
    clock.forward(hours=1)
    assert await told(desk) == ["While it was quiet: 3 stories"]


async def test_an_urgent_topic_wakes_and_the_others_wait(desk: Newsdesk, clock: Clock) -> None:
    await desk.watch("grain", name="Grain")
    await desk.wishes(rhythm=Rhythm.DAILY, at=time(8))
    async with desk.database.write() as connection:
        await connection.execute(update(topic).where(topic.c.name == "Grain").values(urgent=True))
    await desk.change(topic)
    await listed(desk, *STORIES[:2])
    assert await told(desk) == [STORIES[1]]
    clock.forward(hours=20)
    assert (await told(desk))[1:] == ["Daily digest, Tue 3 Mar: 1 story"]


async def test_an_urgent_joiner_promotes_a_digest_s_line_to_one_card(
    desk: Newsdesk, clock: Clock
) -> None:
    await desk.wishes(rhythm=Rhythm.HOURLY)
    await listed(desk, *STORIES[:2])
    clock.forward(hours=1)
    assert len(await told(desk)) == 1
    await desk.change(topic, urgent=True)
    await listed(desk, STORIES[0], feed=B)
    assert (await told(desk))[1:] == [STORIES[0]]
    assert await states(desk.database) == ["ready", "carried"]
    assert await violations(desk.database, drained=True) == []


async def test_a_later_report_does_not_revive_a_line(desk: Newsdesk, clock: Clock) -> None:
    await desk.wishes(rhythm=Rhythm.HOURLY)
    await listed(desk, *STORIES[:2])
    clock.forward(hours=1)
    await told(desk)
    await listed(desk, STORIES[0], feed=B)
    clock.forward(hours=5)
    assert len(await told(desk)) == 1


async def test_changed_wishes_are_heard_by_what_is_held(desk: Newsdesk, clock: Clock) -> None:
    await desk.wishes(rhythm=Rhythm.WEEKLY)
    await listed(desk, *STORIES[:2])
    assert await told(desk) == []
    await desk.wishes(rhythm=Rhythm.IMMEDIATE)
    assert await told(desk) == list(STORIES[:2])


async def test_asking_for_the_digest_cuts_it_now(desk: Newsdesk, clock: Clock) -> None:
    await desk.wishes(rhythm=Rhythm.DAILY)
    await listed(desk, *STORIES[:2])
    async with desk.database.write() as connection:
        assert await holds.tell_now(connection, now=clock()) == 2
    assert await told(desk) == ["2 more stories in the last hour"]


async def test_a_digest_that_nobody_has_seen_takes_in_more(
    database: Database, clock: Clock
) -> None:
    recorder = Recorder()
    desk = await Newsdesk.open(database, clock, recorder=recorder)
    await desk.follow("https://a.example/feed", name="A")
    await desk.watch("Miami")
    await desk.wishes(rhythm=Rhythm.HOURLY)
    for hour in range(3):
        await listed(desk, STORIES[hour])
        clock.forward(hours=1)
        recorder.faults.append(Fault(Retryable("desk", "the platform is down", retry_after=1.0)))
        assert await told(desk) == []
    recorder.faults.clear()
    clock.forward(minutes=15)
    assert await told(desk) == ["Hourly digest: 3 stories since 12:00"]
    assert await violations(database, drained=True, faults=9) == []


async def test_no_third_digest_within_an_hour(desk: Newsdesk, clock: Clock) -> None:
    await desk.wishes(rhythm=Rhythm.DAILY)
    for number in range(3):
        await listed(desk, STORIES[number])
        async with desk.database.write() as connection:
            await holds.tell_now(connection, now=clock())
        assert len(await told(desk)) == min(number + 1, 2)
        clock.forward(minutes=10)
    clock.forward(hours=1)
    assert len(await told(desk)) == 3
    assert await violations(desk.database, drained=True) == []


async def test_a_clock_that_comes_by_again_cuts_no_second_digest(
    desk: Newsdesk, clock: Clock
) -> None:
    await desk.wishes(rhythm=Rhythm.DAILY, at=time(14))
    await listed(desk, STORIES[0])
    clock.forward(hours=2)
    assert len(await told(desk)) == 1
    clock.forward(hours=-2)
    await listed(desk, STORIES[1])
    clock.forward(hours=2)
    assert len(await told(desk)) == 1, "today's is told"
    clock.forward(hours=24)
    assert len(await told(desk)) == 2


async def test_a_mute_during_a_hold_discards_and_records(desk: Newsdesk, clock: Clock) -> None:
    await desk.wishes(rhythm=Rhythm.HOURLY)
    await listed(desk, STORIES[0])
    await desk.change(topic, muted_until=START + 3 * HOUR)
    clock.forward(hours=1)
    assert await told(desk) == []
    async with desk.database.read() as connection:
        rows = (await connection.execute(select(decision.c.outcome, decision.c.why))).all()
    assert [tuple(row) for row in rows] == [("suppress", "the topic is muted")]
    clock.forward(hours=3)
    await listed(desk, STORIES[0], feed=B)
    clock.forward(hours=1)
    assert len(await told(desk)) == 1, "a later report opens it anew"
    assert await violations(desk.database, drained=True) == []


async def test_what_nobody_watches_any_more_is_not_told(desk: Newsdesk, clock: Clock) -> None:
    await desk.wishes(rhythm=Rhythm.HOURLY)
    await listed(desk, STORIES[0])
    await desk.change(subscription, removed=True)
    clock.forward(hours=1)
    assert await told(desk) == []
    assert await states(desk.database) == []


async def test_a_gate_tells_when_enough_outlets_report_even_if_the_last_does_not_match(
    desk: Newsdesk, clock: Clock
) -> None:
    await desk.change(subscription, gate=3)
    await listed(desk, STORIES[0])
    await listed(desk, STORIES[0], feed=B)
    assert await told(desk) == []
    assert await states(desk.database) == ["waiting"]
    await listed(desk, STORIES[0], feed=C)
    assert await told(desk) == [STORIES[0]]
    assert len(desk.recorder.messages[0].alert.sources) == 3
    async with desk.database.read() as connection:
        rows = (await connection.execute(select(decision.c.outcome))).all()
    assert "wait" not in {row.outcome for row in rows}
    assert await violations(desk.database, drained=True) == []


async def test_a_lower_gate_lets_out_what_waits_but_nothing_old(
    desk: Newsdesk, clock: Clock
) -> None:
    await desk.change(subscription, gate=3)
    await listed(desk, STORIES[0])
    clock.forward(hours=25)
    await listed(desk, STORIES[1])
    assert await told(desk) == []
    await desk.change(subscription, gate=1)
    await desk.listed(B)  # any poll, though it brings nothing
    assert await told(desk) == [STORIES[1]]
    assert await states(desk.database) == ["waiting", "ready"]
    assert await violations(desk.database, drained=True) == []


@pytest.mark.lawless("the order of decisions is read from a clock that goes back")
async def test_a_clock_set_back_a_day_does_not_leave_the_budget_spent(
    desk: Newsdesk, clock: Clock
) -> None:
    await desk.wishes(budget=1)
    clock.forward(days=1)
    await listed(desk, STORIES[0])
    assert await told(desk) == [STORIES[0]]
    clock.forward(days=-1)
    await listed(desk, STORIES[1])
    assert await told(desk) == list(STORIES[:2])


async def test_a_joiner_with_a_mention_pings_once_in_the_thread(
    desk: Newsdesk, clock: Clock
) -> None:
    await desk.watch("summit", name="Summits")
    async with desk.database.write() as connection:
        await connection.execute(
            update(subscription)
            .where(subscription.c.id == 2)
            .values(mention="role:7", mentioned_by="1")
        )
    await desk.change(subscription)
    await listed(desk, "Miami talks go on")
    await told(desk)
    shared = "https://outlet.example/shared"
    await desk.listed(A, article("Leaders fly to Miami", at=clock(), url=shared, uid="1"))
    await told(desk)
    await desk.listed(B, article("Leaders at the summit", at=clock(), url=shared, uid="2"))
    assert (await told(desk))[2:] == ["This story now matches “Summits” too."]
    reply = desk.recorder.messages[2]
    assert reply.thread == "m1"
    await desk.listed(C, article("More of the summit", at=clock(), url=shared, uid="3"))
    assert len(await told(desk)) == 3, "once"
    assert reply.texts == ["This story now matches “Summits” too."], "and never edited"
    assert await violations(desk.database, drained=True) == []


async def test_a_card_pings_for_those_who_speak_in_its_first_post(
    desk: Newsdesk, clock: Clock
) -> None:
    await desk.change(subscription, mention="role:7", mentioned_by="1")
    await listed(desk, STORIES[0])
    await told(desk)
    ping = (Mention(kind=MentionKind.ROLE, external_id="7"),)
    assert desk.recorder.messages[0].alert.mentions == ping
    clock.forward(minutes=2)
    await listed(desk, STORIES[0], feed=B)
    await told(desk)
    assert len(desk.recorder.messages) == 1
    assert not desk.recorder.messages[0].alert.mentions, "an edit pings nobody"


async def test_a_snoozed_topic_holds_only_itself(desk: Newsdesk, clock: Clock) -> None:
    await desk.watch("grain", name="Grain")
    async with desk.database.write() as connection:
        await connection.execute(
            update(topic).where(topic.c.name == "Grain").values(snoozed_until=START + HOUR)
        )
    await desk.change(topic)
    await listed(desk, "Grain prices rise", "Grain of Miami")
    assert await told(desk) == ["Grain of Miami"]
    clock.forward(hours=1)
    assert (await told(desk))[1:] == ["Grain prices rise"]


async def test_daily_digests_come_once_on_both_sundays(database: Database, clock: Clock) -> None:
    """The clocks of Berlin go forward on 29 March and back on 25 October 2026."""
    recorder = Recorder()
    for day in (datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)):
        clock.forward(seconds=(day - clock()).total_seconds())
        already = len(recorder.messages)
        desk = await Newsdesk.open(database, clock, recorder=recorder)
        feed = await desk.follow("https://a.example/feed", name="A")
        await desk.watch("Miami")
        await desk.wishes(rhythm=Rhythm.DAILY, at=time(2, 30), timezone="Europe/Berlin")
        for step in range(3 * 24 * 2):
            if step % 16 == 0:
                await listed(desk, f"Miami report {day:%b} {step}", feed=feed)
            clock.forward(minutes=30)
            await told(desk)
        new = recorder.messages[already:]
        titles = [message.digest.title.split(":")[0] for message in new]
        assert len(titles) == len(set(titles)) == 3, titles
    async with database.read() as connection:
        rows = (await connection.execute(select(delivery.c.key))).all()
    assert len(rows) == 6


async def test_a_channel_snooze_ended_early_tells_at_the_next_tick(
    desk: Newsdesk, clock: Clock
) -> None:
    await desk.change(channel, snoozed_until=START + 5 * HOUR)
    await listed(desk, STORIES[0])
    assert await told(desk) == []
    await desk.change(channel, snoozed_until=None)
    await desk.wishes()
    assert await told(desk) == [STORIES[0]]


async def test_a_new_subscription_is_told_in_one_digest_of_what_runs_already(
    desk: Newsdesk, clock: Clock
) -> None:
    running = Running(database=desk.database, now=clock)
    assert await running.catch_up() == 1, "the fixture's own, which finds nothing"
    await listed(desk, *STORIES[:2], "Nothing to see")
    assert len(await told(desk)) == 2
    clock.forward(hours=2)
    await desk.watch("Miami OR nothing", name="Later", channel="elsewhere")
    assert await running.catch_up() == 1
    assert (await told(desk))[2:] == ["Already running: 3 stories"]
    assert desk.recorder.messages[2].channel == "elsewhere"
    assert await running.catch_up() == 0
    await listed(desk, STORIES[0], feed=B)
    assert len(await told(desk)) == 3, "a later report revives no line"
    assert await violations(desk.database, drained=True) == []


async def test_what_stands_in_the_channel_is_joined_by_a_new_subscription(
    desk: Newsdesk, clock: Clock
) -> None:
    running = Running(database=desk.database, now=clock)
    await running.catch_up()
    await listed(desk, "Miami hosts a summit on grain")
    await told(desk)
    await desk.watch("grain", name="Grain")
    await running.catch_up()
    clock.forward(minutes=2)
    assert len(await told(desk)) == 1
    assert desk.recorder.messages[0].alert.topics == ("Miami", "Grain")


async def test_a_running_story_waits_for_the_gate_of_a_new_subscription(
    desk: Newsdesk, clock: Clock
) -> None:
    running = Running(database=desk.database, now=clock)
    await listed(desk, STORIES[0])
    await listed(desk, STORIES[0], STORIES[3], feed=B)
    await desk.watch("Miami", name="Later", channel="elsewhere")
    await desk.change(subscription, gate=2)
    await running.catch_up()
    await desk.holds.release()
    assert await states(desk.database) == ["ready", "ready", "carried", "waiting"]
    await listed(desk, STORIES[3], feed=C)
    await told(desk)
    elsewhere = [each.texts[0] for each in desk.recorder.messages if each.channel == "elsewhere"]
    assert elsewhere == ["Already running: 1 story", STORIES[3]]


async def test_a_mute_leaves_what_waits_for_its_gate_waiting(
    desk: Newsdesk, clock: Clock, database: Database
) -> None:
    await desk.change(subscription, gate=2)
    await listed(desk, STORIES[0])
    await desk.change(topic, muted_until=START + HOUR)
    await listed(desk, STORIES[0], feed=B)
    assert await told(desk) == []
    assert await states(database) == ["waiting"]
    clock.forward(hours=2)
    await listed(desk, STORIES[0], feed=C)
    assert await told(desk) == [STORIES[0]]


async def test_what_is_posted_while_a_batch_waits_for_its_turn_is_spent(
    desk: Newsdesk, clock: Clock
) -> None:
    await desk.wishes(budget=1)
    clock.forward(seconds=2)
    await listed(desk, STORIES[0])
    assert await told(desk) == [STORIES[0]]
    clock.forward(seconds=-1)  # a batch that took its time before the post was recorded
    await listed(desk, STORIES[1])
    assert await told(desk) == [STORIES[0]]
