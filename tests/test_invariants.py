"""The checker finds nothing wrong with a healthy desk, and each rule when it is broken."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from bot.errors import Ambiguous, FailureClass, Permanent, Retryable
from bot.storage.database import Database
from tests.clock import START, Clock
from tests.invariants import Ledger, violations
from tests.newsdesk import Newsdesk, article
from tests.recorder import Fault, Recorder

STORIES = 3


async def healthy(database: Database, clock: Clock, recorder: Recorder | None = None) -> Newsdesk:
    """Two channels with a card of each of three stories; the first card was edited."""
    newsdesk = await Newsdesk.open(database, clock, recorder=recorder)
    for channel in ("desk", "other"):
        await newsdesk.watch("Miami", channel=channel)
    feeds = [await newsdesk.follow(f"https://{name}.example/feed", name=name) for name in "ab"]
    told = [
        article(f"Miami day {n} of the talks", at=START + timedelta(minutes=n))
        for n in range(STORIES)
    ]
    await newsdesk.listed(feeds[0], *told)
    await newsdesk.delivered()
    await newsdesk.listed(feeds[1], article("Miami day 0 of the talks", at=START))
    await newsdesk.delivered()
    return newsdesk


def ledgers(recorder: Recorder) -> dict[str, Ledger]:
    """What the recorder's channels show."""
    return {
        channel: [
            (f"m{number}", message.key)
            for number, message in enumerate(recorder.messages)
            if message.channel == channel
        ]
        for channel in ("desk", "other")
    }


async def test_a_healthy_desk_breaks_no_rule(database: Database, clock: Clock) -> None:
    newsdesk = await healthy(database, clock)
    shown = ledgers(newsdesk.recorder)
    assert [len(messages) for messages in shown.values()] == [STORIES, STORIES]
    assert await violations(database, ledgers=shown, drained=True) == []


async def test_a_file_will_do_as_well(database: Database, clock: Clock) -> None:
    await healthy(database, clock)
    assert database.path is not None
    assert await violations(database.path, drained=True) == []


_NO_CARD = "DELETE FROM attempt WHERE delivery_id = 1; DELETE FROM delivery WHERE id = 1;"
_NO_ALERT = "DELETE FROM alert WHERE id = 1; DELETE FROM delivery WHERE id = 1"
_TWIN = """
    INSERT INTO delivery (key, attempts, fence, workspace_id, channel_id, alert_id, kind, wanted,
                          sent, status, created_at)
    SELECT 'another', 0, 0, workspace_id, channel_id, alert_id, kind, wanted, sent, status,
           created_at FROM delivery WHERE id = 1"""
_POSTED_AGAIN = """
    INSERT INTO attempt (workspace_id, delivery_id, revision, action, began_at, outcome)
    SELECT workspace_id, delivery_id, revision, action, began_at, outcome FROM attempt"""
_SWAPPED = """
    UPDATE attempt SET delivery_id = -1 WHERE delivery_id = 1;
    UPDATE attempt SET delivery_id = 1 WHERE delivery_id = 3;
    UPDATE attempt SET delivery_id = 3 WHERE delivery_id = -1"""
_CLOSED = """
    UPDATE alert SET state = 'closed' WHERE id = 1;
    UPDATE delivery SET status = 'pending', wanted = 9 WHERE id = 1"""
BREAKS = (
    (_NO_CARD, "has no card"),
    (_NO_ALERT, "there is no alert"),
    ("DELETE FROM decision WHERE story_id = 1", "an alert that nothing opened"),
    ("DELETE FROM decision WHERE story_id = 1", "matched, and nothing was decided"),
    ("UPDATE alert SET state = 'held' WHERE id = 1", "the alert is held and has 1 card"),
    (_CLOSED, "the alert is closed, and its card"),
    (_TWIN, "has 2 cards"),
    ("UPDATE delivery SET remote_id = 'm0' WHERE channel_id = 1", "3 deliveries claim the message"),
    (_SWAPPED, "was begun before"),
    ("UPDATE delivery SET workspace_id = 'x' WHERE id = 1", "delivery 1 belongs to x"),
    ("UPDATE alert SET workspace_id = 'x' WHERE id = 1", "alert 1 belongs to x"),
    ("UPDATE decision SET workspace_id = 'x' WHERE article_id = 1", "decided for x"),
    ("UPDATE delivery SET alert_id = 2 WHERE id = 1", "its alert is another channel's"),
    ("UPDATE delivery SET status = 'pending'", "the channel shows what is wanted"),
    ("UPDATE delivery SET wanted = wanted + 1", "called sent, though the channel is behind"),
    ("UPDATE delivery SET remote_id = NULL", "called shown, without a message"),
    ("UPDATE delivery SET status = 'abandoned'", "abandoned, and does not say why"),
    ("UPDATE delivery SET next_attempt_at = created_at", "waiting, and does not say why"),
    ("UPDATE delivery SET unsure_since = created_at", "called sent, and unsure"),
    ("UPDATE delivery SET unsure_since = created_at, attempts = 0", "that was never begun"),
    ("UPDATE delivery SET lease_until = created_at, fence = 0", "leased to nobody"),
    ("UPDATE delivery SET attempts = attempts + 1", "on record"),
    (_POSTED_AGAIN, "posted and recorded 2 times"),
)


async def test_every_broken_row_is_found(database: Database, clock: Clock, tmp_path: Path) -> None:
    """Each break in a copy of its own, behind everybody's back, foreign keys or not."""
    await healthy(database, clock)
    assert database.path is not None
    unseen = []
    for number, (statements, words) in enumerate(BREAKS):
        copy = tmp_path / f"broken-{number}.db"
        with closing(sqlite3.connect(database.path)) as db, closing(sqlite3.connect(copy)) as other:
            db.backup(other)
            other.executescript(statements)
        if not any(words in each for each in await violations(copy)):
            unseen.append((statements, words))
    assert unseen == []


async def test_a_suppressed_match_needs_no_alert(database: Database, clock: Clock) -> None:
    newsdesk = await Newsdesk.open(database, clock)
    await newsdesk.watch("Miami")
    feed = await newsdesk.follow("https://a.example/feed", polled=False)
    await newsdesk.listed(feed, article("Miami long ago", at=START - timedelta(days=9)))
    assert await newsdesk.delivered() == []
    assert await violations(database, drained=True) == []


async def test_pending_is_wrong_only_where_all_should_be_done(
    database: Database, clock: Clock
) -> None:
    recorder = Recorder()
    recorder.faults.append(Fault(Retryable("desk", "slow down", retry_after=600)))
    await healthy(database, clock, recorder)
    assert await violations(database, faults=1) == []
    (first, *_) = await violations(database, faults=1, drained=True)
    assert "still pending: slow down" in first


async def test_a_disabled_channel_may_wait(database: Database, clock: Clock) -> None:
    recorder = Recorder()
    refusal = Permanent("desk", "no entry", failure=FailureClass.PERMISSION)
    recorder.faults.append(Fault(refusal))
    await healthy(database, clock, recorder)
    assert await violations(database, drained=True) == []


async def test_each_attempt_more_needs_a_fault(database: Database, clock: Clock) -> None:
    recorder = Recorder()
    recorder.faults.append(Fault(Ambiguous("desk", "the reply was lost"), lands=False))
    newsdesk = await healthy(database, clock, recorder)
    clock.forward(minutes=1)
    await newsdesk.delivered()
    assert await violations(database, faults=1, drained=True) == []
    (only,) = await violations(database, faults=0, drained=True)
    assert "1 attempts more than needed, with 0 faults" in only


async def test_a_double_is_seen_in_the_ledger(database: Database, clock: Clock) -> None:
    recorder = Recorder(readable=False)
    recorder.faults.append(Fault(Ambiguous("desk", "the reply was lost"), lands=True))
    newsdesk = await healthy(database, clock, recorder)
    clock.forward(minutes=1)
    await newsdesk.delivered()
    found = await violations(database, ledgers=ledgers(recorder), faults=1, drained=True)
    assert any("doubled, 2 messages have the key" in each for each in found)
    assert any("has no delivery" in each for each in found)


async def test_a_lost_message_is_missed_unless_it_was_deleted(
    database: Database, clock: Clock
) -> None:
    newsdesk = await healthy(database, clock)
    shown = ledgers(newsdesk.recorder)
    gone, _ = shown["desk"][1]
    shown["desk"] = [entry for entry in shown["desk"] if entry[0] != gone]
    (only,) = await violations(database, ledgers=shown)
    assert f"called shown as {gone}" in only
    assert await violations(database, ledgers=shown, deleted=[gone]) == []


async def test_another_order_and_another_key_are_seen(database: Database, clock: Clock) -> None:
    newsdesk = await healthy(database, clock)
    shown = ledgers(newsdesk.recorder)
    backwards = {**shown, "desk": list(reversed(shown["desk"]))}
    assert any("stands below" in each for each in await violations(database, ledgers=backwards))
    (first, _), *rest = shown["desk"]
    relabelled = {**shown, "desk": [(first, ""), *rest]}
    assert any("has the key" in each for each in await violations(database, ledgers=relabelled))
