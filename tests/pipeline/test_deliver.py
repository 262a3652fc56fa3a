"""The lane: what is recorded for each way a send can end, and what is done after a doubt."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.errors import Ambiguous, FailureClass, Permanent, Retryable
from bot.model.channel import PlatformName
from bot.model.delivery import Delivery
from bot.model.ids import AlertId
from bot.model.platform import Capabilities
from bot.pipeline.deliver import Deliverer
from bot.pipeline.outcome import EDIT_SETTLES
from bot.storage import claims, deliveries, told
from bot.storage.claims import Intent
from bot.storage.database import Database
from bot.storage.deliveries import Stands
from bot.storage.retraction import want_alert_gone
from bot.storage.tables import alert, attempt, channel, delivery
from tests.clock import START, Clock
from tests.newsdesk import Newsdesk, article
from tests.recorder import Fault, Recorder


async def behind(
    database: Database, clock: Clock, recorder: Recorder, *, articles: int = 1
) -> Newsdesk:
    """A desk with some alerts that are decided and not delivered."""
    newsdesk = await Newsdesk.open(database, clock, recorder=recorder)
    await newsdesk.watch("Miami")
    feed = await newsdesk.follow("https://a.example/feed")
    days = [START + timedelta(minutes=n) for n in range(articles)]
    await newsdesk.listed(
        feed, *(article(f"Miami day {n} of the talks", at=at) for n, at in enumerate(days))
    )
    return newsdesk


async def statuses(database: Database) -> list[str]:
    async with database.read() as connection:
        return list((await connection.execute(select(delivery.c.status))).scalars())


async def test_a_refusal_is_tried_again_and_keeps_the_order(
    database: Database, clock: Clock
) -> None:
    recorder = Recorder()
    newsdesk = await behind(database, clock, recorder, articles=3)
    recorder.faults.append(Fault(Retryable("desk", "slow down", retry_after=30)))
    assert await newsdesk.delivered() == [], "the later ones wait for the first"
    clock.forward(seconds=29)
    assert await newsdesk.delivered() == []
    clock.forward(seconds=2)
    assert await newsdesk.delivered() == [f"Miami day {n} of the talks" for n in range(3)]


async def test_back_off_grows_and_is_capped(database: Database, clock: Clock) -> None:
    recorder = Recorder()
    newsdesk = await behind(database, clock, recorder)
    waits = []
    for _ in range(14):
        recorder.faults.append(Fault(Retryable("desk", "no")))
        await newsdesk.delivered()
        async with database.read() as connection:
            at = (await connection.execute(select(delivery.c.next_attempt_at))).scalar_one()
        waits.append((at - clock()).total_seconds())
        clock.forward(seconds=waits[-1])
    assert waits[0] <= 4
    assert 300 <= waits[-1] <= 600


@pytest.mark.parametrize("lands", [True, False])
async def test_a_lost_reply_is_reconciled_before_anything_is_sent_again(
    database: Database, clock: Clock, *, lands: bool
) -> None:
    recorder = Recorder()
    newsdesk = await behind(database, clock, recorder)
    recorder.faults.append(Fault(Ambiguous("desk", "the reply was lost"), lands=lands))
    await newsdesk.delivered()
    clock.forward(minutes=1)
    assert len(await newsdesk.delivered()) == 1
    clock.forward(minutes=1)
    await newsdesk.delivered()
    assert [call.split()[0] for call in recorder.calls][:2] == ["send", "reconcile"]
    assert len(recorder.messages) == 1
    assert await statuses(database) == ["sent"]


async def test_the_settle_time_is_waited_before_looking(database: Database, clock: Clock) -> None:
    recorder = Recorder(
        capabilities=Capabilities(
            edit=True, threads=False, buttons=False, resend_s=0.0, settle_s=20.0
        )
    )
    newsdesk = await behind(database, clock, recorder)
    recorder.faults.append(Fault(Ambiguous("desk", "lost"), lands=True))
    await newsdesk.delivered()
    clock.forward(seconds=15)
    await newsdesk.delivered()
    assert [call.split()[0] for call in recorder.calls] == ["send"]
    clock.forward(seconds=6)
    await newsdesk.delivered()
    assert [call.split()[0] for call in recorder.calls][:2] == ["send", "reconcile"]


async def test_within_the_platforms_memory_the_same_key_is_simply_sent_again(
    database: Database, clock: Clock
) -> None:
    recorder = Recorder(
        capabilities=Capabilities(edit=False, threads=False, buttons=False, resend_s=60.0)
    )
    newsdesk = await behind(database, clock, recorder)
    recorder.faults.append(Fault(Ambiguous("desk", "lost")))
    await newsdesk.delivered()
    clock.forward(seconds=10)
    await newsdesk.delivered()
    first, second = recorder.calls
    assert first == second
    assert first.startswith("send")


async def test_a_look_that_fails_leaves_the_doubt(database: Database, clock: Clock) -> None:
    recorder = Recorder()
    newsdesk = await behind(database, clock, recorder)
    recorder.faults.append(Fault(Ambiguous("desk", "lost"), lands=True))
    recorder.blind.append(Retryable("desk", "the history cannot be read now"))
    await newsdesk.delivered()
    for _ in range(3):
        clock.forward(minutes=1)
        await newsdesk.delivered()
    assert [call.split()[0] for call in recorder.calls][:3] == ["send", "reconcile", "reconcile"]
    assert len(recorder.messages) == 1


async def test_what_cannot_be_known_is_not_lost(database: Database, clock: Clock) -> None:
    recorder = Recorder(readable=False)
    newsdesk = await behind(database, clock, recorder)
    recorder.faults.append(Fault(Ambiguous("desk", "lost"), lands=False))
    await newsdesk.delivered()
    clock.forward(minutes=1)
    assert len(await newsdesk.delivered()) == 1


@pytest.mark.parametrize(
    "failure", [FailureClass.GONE, FailureClass.PERMISSION, FailureClass.CREDENTIAL]
)
async def test_a_channel_that_cannot_be_used_is_disabled_and_loses_nothing(
    database: Database, clock: Clock, failure: FailureClass
) -> None:
    recorder = Recorder()
    newsdesk = await behind(database, clock, recorder, articles=2)
    recorder.faults.append(
        Fault(Permanent("desk", "no entry", failure=failure, remedy="Invite the bot."))
    )
    await newsdesk.delivered()
    async with database.read() as connection:
        reason = (await connection.execute(select(channel.c.disabled_reason))).scalar_one()
    assert reason == "no entry. Invite the bot."
    clock.forward(hours=1)
    assert await newsdesk.delivered() == []
    await newsdesk.watch("Miami")  # a person acts: the command enables the channel again
    assert len(await newsdesk.delivered()) == 2


async def test_a_blocked_message_is_abandoned_and_the_next_goes_on(
    database: Database, clock: Clock
) -> None:
    recorder = Recorder()
    newsdesk = await behind(database, clock, recorder, articles=2)
    recorder.faults.append(Fault(Permanent("desk", "refused", failure=FailureClass.BLOCKED)))
    assert await newsdesk.delivered() == ["Miami day 1 of the talks"]
    assert await statuses(database) == ["abandoned", "sent"]


async def test_a_deleted_message_closes_its_alert_and_is_never_posted_again(
    database: Database, clock: Clock
) -> None:
    recorder = Recorder()
    newsdesk = await Newsdesk.open(database, clock, recorder=recorder)
    await newsdesk.watch("Miami")
    feeds = [await newsdesk.follow(f"https://{n}.example/feed", name=n) for n in "abc"]
    await newsdesk.listed(feeds[0], article("Envoys meet again in Miami", at=START))
    await newsdesk.delivered()
    recorder.faults.append(Fault(Permanent("desk", "gone", failure=FailureClass.MESSAGE_GONE)))
    await newsdesk.listed(feeds[1], article("Envoys meet again in Miami", at=START))
    await newsdesk.delivered()
    await newsdesk.listed(feeds[2], article("Envoys meet again in Miami", at=START))
    await newsdesk.delivered()
    async with database.read() as connection:
        assert (await connection.execute(select(alert.c.state))).scalar_one() == "closed"
    assert len(recorder.messages) == 1


async def test_edits_of_one_message_are_coalesced(database: Database, clock: Clock) -> None:
    newsdesk = await Newsdesk.open(database, clock, edit_interval=timedelta(minutes=1))
    await newsdesk.watch("Miami")
    feeds = [await newsdesk.follow(f"https://{n}.example/feed", name=n) for n in "abcde"]
    await newsdesk.listed(feeds[0], article("Envoys meet again in Miami", at=START))
    await newsdesk.delivered()
    for feed in feeds[1:]:
        clock.forward(seconds=10)
        await newsdesk.listed(feed, article("Envoys meet again in Miami", at=START))
        await newsdesk.delivered()
    assert [len(message.texts) for message in newsdesk.recorder.messages] == [1]
    clock.forward(minutes=1)
    await newsdesk.delivered()
    message = newsdesk.recorder.messages[0]
    assert len(message.texts) == 2
    assert len(message.alert.sources) == 5


async def test_a_platform_without_edits_is_not_asked_to_edit(
    database: Database, clock: Clock
) -> None:
    recorder = Recorder(
        capabilities=Capabilities(edit=False, threads=False, buttons=False, resend_s=0.0)
    )
    newsdesk = await Newsdesk.open(database, clock, recorder=recorder)
    await newsdesk.watch("Miami")
    feeds = [await newsdesk.follow(f"https://{n}.example/feed", name=n) for n in "ab"]
    for feed in feeds:
        await newsdesk.listed(feed, article("Envoys meet again in Miami", at=START))
        await newsdesk.delivered()
    assert len(recorder.calls) == 1
    assert await statuses(database) == ["sent"]


async def test_every_attempt_has_its_record(database: Database, clock: Clock) -> None:
    recorder = Recorder()
    newsdesk = await behind(database, clock, recorder)
    recorder.faults.append(Fault(Retryable("desk", "no")))
    await newsdesk.delivered()
    clock.forward(minutes=1)
    await newsdesk.delivered()
    async with database.read() as connection:
        rows = (await connection.execute(select(attempt).order_by(attempt.c.id))).all()
    assert [(row.action, row.outcome, row.detail) for row in rows] == [
        ("post", "retryable", "no"),
        ("post", "sent", None),
    ]


async def test_a_dead_channel_delays_no_other(database: Database, clock: Clock) -> None:
    recorder = Recorder()
    newsdesk = await behind(database, clock, recorder)
    await newsdesk.watch("Miami", channel="other")
    feed = await newsdesk.follow("https://a.example/feed")
    recorder.faults.append(Fault(Retryable("desk", "no", retry_after=3600)))
    await newsdesk.deliverer.drain(patience=timedelta(0))
    await newsdesk.listed(feed, article("Another Miami meeting", at=START))
    await newsdesk.delivered()
    assert [(one.channel, one.texts[0]) for one in recorder.messages] == [
        ("other", "Another Miami meeting")
    ]


async def test_a_message_that_cannot_be_drawn_holds_up_no_other(
    database: Database, clock: Clock
) -> None:
    recorder = Recorder(undrawable="Miami day 0")
    newsdesk = await behind(database, clock, recorder, articles=2)
    assert await newsdesk.delivered() == ["Miami day 1 of the talks"]
    assert await statuses(database) == ["abandoned", "sent"]


async def test_an_adapters_own_bug_counts_as_a_lost_reply(database: Database, clock: Clock) -> None:
    recorder = Recorder()
    newsdesk = await behind(database, clock, recorder)
    recorder.faults.append(Fault(KeyError("a bug"), lands=True))
    await newsdesk.delivered()
    clock.forward(minutes=1)
    await newsdesk.delivered()
    assert [call.split()[0] for call in recorder.calls][:2] == ["send", "reconcile"]
    assert len(recorder.messages) == 1


async def test_a_refused_resend_leaves_the_doubt_about_the_first(
    database: Database, clock: Clock
) -> None:
    recorder = Recorder(
        capabilities=Capabilities(edit=True, threads=False, buttons=False, resend_s=60.0)
    )
    newsdesk = await behind(database, clock, recorder)
    recorder.faults.append(Fault(Ambiguous("desk", "lost"), lands=True))
    recorder.faults.append(Fault(Retryable("desk", "slow down", retry_after=120)))
    await newsdesk.delivered()
    clock.forward(seconds=10)
    await newsdesk.delivered()
    clock.forward(minutes=3)
    await newsdesk.delivered()
    assert [call.split()[0] for call in recorder.calls][:3] == ["send", "send", "reconcile"]
    assert len(recorder.messages) == 1


async def test_a_clock_set_back_is_no_reason_to_send_blindly(
    database: Database, clock: Clock
) -> None:
    recorder = Recorder(
        capabilities=Capabilities(edit=True, threads=False, buttons=False, resend_s=60.0)
    )
    newsdesk = await behind(database, clock, recorder)
    recorder.faults.append(Fault(Ambiguous("desk", "lost"), lands=True))
    await newsdesk.delivered()
    async with database.write() as connection:
        await connection.execute(update(delivery).values(next_attempt_at=None))
    clock.forward(days=-1)
    await newsdesk.delivered()
    assert [call.split()[0] for call in recorder.calls][:2] == ["send", "reconcile"]


async def test_a_platform_that_is_not_connected_is_waited_for(
    database: Database, clock: Clock
) -> None:
    newsdesk = await behind(database, clock, Recorder())
    elsewhere = Deliverer(database=database, platforms={}, now=clock, edit_interval=timedelta(0))
    assert await elsewhere.drain(patience=timedelta(0)) == 1
    assert len(await newsdesk.delivered()) == 1


async def claim(database: Database, clock: Clock) -> list[Delivery]:
    """What the ledger does of a lane's behalf, without a platform."""
    async with database.write() as connection:
        found = await claims.turns(
            connection,
            [(await connection.execute(select(channel.c.id))).scalar_one()],
            now=clock(),
            edits_before=clock(),
            platforms=[PlatformName.WEBHOOK],
        )
        intents = [Intent(delivery=one, revision=1) for one in found]
        until = clock() + timedelta(seconds=90)
        held = await claims.claim(connection, intents, now=clock(), until=until)
    return [one for one, _ in held]


@pytest.mark.lawless("its attempts end nowhere")
async def test_only_the_newest_claim_records_an_outcome(database: Database, clock: Clock) -> None:
    newsdesk = await behind(database, clock, Recorder())
    (old,) = await claim(database, clock)
    clock.forward(hours=1)
    (new,) = await claim(database, clock)
    async with database.write() as connection:
        for one, lost in ((old, (old,)), (new, ())):
            stands = Stands(delivery=one, remote_id="m", revision=1)
            assert await deliveries.record_shown(connection, [stands], now=clock()) == lost
    assert newsdesk.recorder.messages == []


@pytest.mark.lawless("its attempts end nowhere")
async def test_a_claimed_delivery_is_not_claimed_again_before_its_lease_ends(
    database: Database, clock: Clock
) -> None:
    await behind(database, clock, Recorder())
    assert len(await claim(database, clock)) == 1
    assert await claim(database, clock) == []
    clock.forward(seconds=91)
    assert len(await claim(database, clock)) == 1


async def test_what_was_refused_once_is_tried_again_with_what_is_new(
    database: Database, clock: Clock
) -> None:
    recorder = Recorder()
    newsdesk = await Newsdesk.open(database, clock, recorder=recorder)
    await newsdesk.watch("Miami")
    feeds = [await newsdesk.follow(f"https://{n}.example/feed", name=n) for n in "ab"]
    recorder.faults.append(Fault(Permanent("desk", "refused", failure=FailureClass.BLOCKED)))
    await newsdesk.listed(feeds[0], article("Envoys meet again in Miami", at=START))
    assert await newsdesk.delivered() == []
    await newsdesk.listed(feeds[1], article("Envoys meet again in Miami", at=START))
    assert await newsdesk.delivered() == ["Envoys meet again in Miami"]


async def test_a_message_that_fails_for_a_day_is_given_up_with_its_reason(
    database: Database, clock: Clock
) -> None:
    recorder = Recorder()
    newsdesk = await behind(database, clock, recorder, articles=2)
    recorder.faults.append(Fault(Retryable("desk", "a strange refusal")))
    await newsdesk.delivered()
    clock.forward(hours=25)
    recorder.faults.append(Fault(Retryable("desk", "a strange refusal")))
    assert await newsdesk.delivered() == ["Miami day 1 of the talks"]
    async with database.read() as connection:
        told = (await connection.execute(select(delivery.c.last_error))).scalars().first()
    assert told == "given up after a day of trying: a strange refusal"


@pytest.mark.parametrize(("lands", "resend_s"), [(True, 0.0), (False, 0.0), (True, 3600.0)])
async def test_a_doubtful_message_that_is_wanted_no_more_is_looked_for_and_taken_away(
    database: Database, clock: Clock, lands: bool, resend_s: float
) -> None:
    recorder = Recorder(
        capabilities=Capabilities(edit=True, threads=True, buttons=True, resend_s=resend_s)
    )
    newsdesk = await behind(database, clock, recorder)
    recorder.faults.append(Fault(Ambiguous("desk", "lost"), lands=lands))
    await newsdesk.delivered()
    async with database.write() as connection:
        await want_alert_gone(connection, AlertId(1))
    for _ in range(4):
        clock.forward(minutes=5)
        await newsdesk.delivered()
    sends = [call for call in recorder.calls if call.startswith("send")]
    assert len(sends) == 1, "nobody wants it any more"
    assert all(message.deleted for message in recorder.messages)
    assert await statuses(database) == ["sent"]


async def test_a_channel_whose_history_is_forbidden_for_good_is_set_aside(
    database: Database, clock: Clock
) -> None:
    recorder = Recorder()
    newsdesk = await behind(database, clock, recorder)
    recorder.faults.append(Fault(Ambiguous("desk", "lost"), lands=True))
    recorder.blind.extend(
        Permanent("desk", "kicked", failure=FailureClass.PERMISSION) for _ in range(9)
    )
    for _ in range(3):
        await newsdesk.delivered()
        clock.forward(hours=1)
    async with database.read() as connection:
        reason = (await connection.execute(select(channel.c.disabled_reason))).scalar_one()
    assert reason.startswith("kicked")


async def test_every_doubt_is_counted_by_how_it_ended(database: Database, clock: Clock) -> None:
    recorder = Recorder(readable=False)
    newsdesk = await behind(database, clock, recorder)
    recorder.faults.append(Fault(Ambiguous("desk", "lost")))
    await newsdesk.delivered()
    async with database.read() as connection:
        assert await deliveries.doubts(connection) == {"open": 1}
    clock.forward(minutes=1)
    assert len(await newsdesk.delivered()) == 1
    async with database.read() as connection:
        assert await deliveries.doubts(connection) == {"risked": 1}
        by_channel = await told.doubts_by_channel(connection)
    assert list(by_channel.values()) == [{"risked": 1}]


async def test_what_stands_and_is_not_complete_is_edited_at_once(
    database: Database, clock: Clock
) -> None:
    recorder = Recorder(incomplete=1)
    newsdesk = await behind(database, clock, recorder)
    newsdesk.deliverer._edit_interval = timedelta(hours=1)
    await newsdesk.delivered()
    assert [call.split()[0] for call in recorder.calls] == ["send", "edit"]
    assert await statuses(database) == ["sent"]


async def test_an_older_card_is_edited_more_slowly(database: Database, clock: Clock) -> None:
    newsdesk = await Newsdesk.open(database, clock, edit_interval=timedelta(minutes=1))
    await newsdesk.watch("Miami")
    feeds = [await newsdesk.follow(f"https://{n}.example/feed", name=n) for n in "abcd"]
    edits = []
    for feed, minutes in zip(feeds, (0, 40, 2, 4), strict=True):
        clock.forward(minutes=minutes)
        await newsdesk.listed(feed, article("Envoys meet again in Miami", at=clock()))
        await newsdesk.delivered()
        edits.append(len(newsdesk.recorder.messages[0].texts))
    assert edits == [1, 2, 2, 3]
    assert len(newsdesk.recorder.messages[0].alert.sources) == 4


async def test_a_correction_does_not_wait_for_the_pace(database: Database, clock: Clock) -> None:
    newsdesk = await Newsdesk.open(database, clock, edit_interval=timedelta(minutes=1))
    await newsdesk.watch("Miami")
    feed = await newsdesk.follow("https://a.example/feed")
    other = await newsdesk.follow("https://b.example/feed")
    said = article("Envoys meet again in Miami", uid="1", at=START)
    await newsdesk.listed(feed, said)
    await newsdesk.delivered()
    clock.forward(minutes=40)
    await newsdesk.listed(other, article("Envoys meet again in Miami", at=clock()))
    await newsdesk.delivered()
    clock.forward(minutes=2)
    await newsdesk.listed(feed, replace(said, summary="They did not meet after all."))
    await newsdesk.delivered()
    assert len(newsdesk.recorder.messages[0].texts) == 3


async def test_a_card_rests_once_its_story_has_cooled(database: Database, clock: Clock) -> None:
    newsdesk = await Newsdesk.open(database, clock)
    await newsdesk.watch("Miami")
    feed = await newsdesk.follow("https://a.example/feed")
    same = "Envoys meet again in Miami"
    await newsdesk.listed(feed, article(same, at=START))
    await newsdesk.delivered()
    clock.forward(hours=25)
    await newsdesk.listed(feed, article(same, at=clock()))
    await newsdesk.delivered()
    assert newsdesk.recorder.calls == newsdesk.recorder.calls[:1]
    await newsdesk.watch("envoys")
    clock.forward(hours=25)
    await newsdesk.listed(feed, article(same, at=clock()))
    await newsdesk.delivered()
    assert [call.split()[0] for call in newsdesk.recorder.calls] == ["send", "edit"]
    assert set(newsdesk.recorder.messages[0].alert.topics) == {"Miami", "envoys"}


async def test_a_lost_edit_is_left_time_to_surface(database: Database, clock: Clock) -> None:
    """Landing late it would undo a newer one."""
    newsdesk = await Newsdesk.open(database, clock)
    await newsdesk.watch("Miami")
    feeds = [await newsdesk.follow(f"https://o{n}.example/feed", name=f"O{n}") for n in range(2)]
    await newsdesk.listed(feeds[0], article("Talks in Miami", at=clock()))
    await newsdesk.delivered()
    newsdesk.recorder.faults.append(Fault(Ambiguous("desk", "the answer was lost"), lands=True))
    await newsdesk.listed(feeds[1], article("Talks in Miami", at=clock()))
    await newsdesk.delivered()
    async with database.read() as connection:
        row = (await connection.execute(select(delivery))).one()
    assert row.status == "pending"
    assert row.next_attempt_at >= clock() + EDIT_SETTLES
