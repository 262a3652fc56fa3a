"""The checker finds nothing wrong with a healthy desk, and each rule when it is broken."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import time, timedelta
from pathlib import Path
from typing import Any

from bot.errors import Ambiguous, FailureClass, Permanent, Retryable
from bot.model.attention import Rhythm
from bot.storage.database import Database
from bot.storage.tables import subscription
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
    ("DELETE FROM decision WHERE story_id = 2", "matched, and nothing was decided"),
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


async def unseen(
    database: Database, breaks: tuple[tuple[str, str], ...], folder: Path, **said: Any
) -> list[tuple[str, str]]:
    """The breaks that no rule finds: each in a copy of its own, behind everybody's back, foreign
    keys or not."""
    assert database.path is not None
    missed = []
    for number, (statements, words) in enumerate(breaks):
        copy = folder / f"broken-{number}.db"
        with closing(sqlite3.connect(database.path)) as db, closing(sqlite3.connect(copy)) as other:
            db.backup(other)
            other.executescript(statements)
        if not any(words in each for each in await violations(copy, **said)):
            missed.append((statements, words))
    return missed


async def test_every_broken_row_is_found(database: Database, clock: Clock, tmp_path: Path) -> None:
    await healthy(database, clock)
    assert await unseen(database, BREAKS, tmp_path) == []


async def attentive(database: Database, clock: Clock) -> Newsdesk:
    """A channel of two cards an hour: it got two, a digest of two lines, and a reply under the
    first card; one story waits for its gate in another channel, one is held for a day there."""
    newsdesk = await Newsdesk.open(database, clock)
    a, b = [await newsdesk.follow(f"https://{name}.example/feed", name=name) for name in "ab"]
    await newsdesk.watch("Miami")
    await newsdesk.watch("grain", name="Grain")
    await newsdesk.watch("Miami", channel="slow")
    await newsdesk.wishes(budget=2)
    await newsdesk.wishes("slow", rhythm=Rhythm.DAILY, at=time(8))
    await newsdesk.change(subscription, mention="role:7", mentioned_by="1")
    clock.forward(minutes=10)
    link = "https://outlet.example/shared"
    begin = clock() - timedelta(minutes=5)
    first = article("Miami talks begin", at=begin, url=link, uid="1")
    rest = [article(f"Miami, part {n} of it", at=begin + timedelta(seconds=n)) for n in (1, 2, 3)]
    await newsdesk.listed(a, first, *rest)
    await told(newsdesk)
    clock.forward(minutes=50)
    await told(newsdesk)
    clock.forward(minutes=20)
    await newsdesk.listed(b, article("Grain at the talks", at=clock(), url=link, uid="2"))
    await told(newsdesk)
    return newsdesk


async def told(newsdesk: Newsdesk) -> list[str]:
    await newsdesk.holds.release()
    return await newsdesk.delivered()


_IN_TWO = """
    DROP INDEX IF EXISTS x; CREATE TABLE twice AS SELECT * FROM digest_line;
    DROP TABLE digest_line; ALTER TABLE twice RENAME TO digest_line;
    INSERT INTO digest_line SELECT * FROM digest_line"""
_LINE_OF_A_CARD = """
    INSERT INTO digest_line SELECT 1, id, workspace_id FROM alert WHERE state = 'ready'"""
_LINE_OF_THE_HELD = """
    INSERT INTO digest_line SELECT 1, id, workspace_id FROM alert WHERE state = 'held'"""
_ANOTHER_DIGEST = """
    INSERT INTO digest (workspace_id, channel_id, kind, since, until)
    SELECT workspace_id, channel_id, kind, since, until FROM digest"""
_REPEATED_REPLY = """
    INSERT INTO delivery (workspace_id, channel_id, alert_id, body, kind, key, wanted, status,
                          created_at)
    SELECT workspace_id, channel_id, alert_id, body, kind, 'again', wanted, 'pending', created_at
    FROM delivery WHERE kind = 'reply'"""
_NO_CARD_TO_REPLY_TO = """
    DELETE FROM delivery WHERE kind = 'card'
    AND alert_id IN (SELECT alert_id FROM delivery WHERE kind = 'reply')"""
_TOO_MANY_CARDS = "UPDATE delivery SET posted_at = (SELECT max(posted_at) FROM delivery)"
_REPLY_COUNTS = """
    UPDATE delivery SET posted_at = (SELECT posted_at FROM delivery WHERE kind = 'reply')
    WHERE kind = 'card'"""
_THREE_DIGESTS = """
    INSERT INTO delivery (workspace_id, channel_id, digest_id, kind, key, wanted, status,
                          created_at, posted_at)
    SELECT workspace_id, channel_id, other.column1, kind, key || other.column1, wanted, status,
           created_at, posted_at
    FROM delivery, (VALUES (8), (9)) AS other WHERE kind = 'digest'"""
_FOREIGN_FEED = "DELETE FROM follow WHERE feed_id = 1"
_FOREIGN_TOPIC = "UPDATE topic SET workspace_id = 'x' WHERE id = 1"
_CALLED_DELETED = "UPDATE delivery SET wanted = 0 WHERE id = 1"
ATTENTIVE_BREAKS = (
    (_IN_TWO, "the alert is carried and has 2 lines"),
    (_LINE_OF_A_CARD, "told by a card and by a line, and not urgent"),
    (_LINE_OF_THE_HELD, "the alert is held and has 1 lines"),
    ("DELETE FROM digest_line", "the alert is carried and has no line"),
    ("DELETE FROM digest_line", "digest 1 in channel desk: empty"),
    ("DELETE FROM delivery WHERE kind = 'digest'", "digest 1 in channel desk: 0 deliveries"),
    (_ANOTHER_DIGEST, "2 overflow digests for"),
    ("UPDATE digest SET channel_id = 2", "which is elsewhere"),
    ("UPDATE digest SET workspace_id = 'x'", "digest 1 belongs to x"),
    ("UPDATE alert SET held_why = NULL", "held, and does not say why"),
    ("UPDATE alert SET held_why = 'snoozed'", "and still has a hold"),
    ("UPDATE alert SET state = 'waiting' WHERE state = 'held'", "nobody waits"),
    ("UPDATE decision SET why = ''", "was answered without a reason"),
    (_REPEATED_REPLY, "2 replies ping role:7 for the same"),
    (_NO_CARD_TO_REPLY_TO, "a reply, and no card that it belongs to"),
    ("UPDATE delivery SET posted_at = NULL WHERE kind = 'card'", "was posted before its card"),
    ("UPDATE delivery SET posted_at = NULL", "shown, and nobody knows when"),
    (_TOO_MANY_CARDS, "3 cards and replies in an hour, of 2"),
    (_REPLY_COUNTS, "3 cards and replies in an hour, of 2"),
    (_THREE_DIGESTS, "digests in an hour"),
    (_FOREIGN_FEED, "is from a feed that is not followed there"),
    (_FOREIGN_TOPIC, "follows topic 1 of x"),
    ("UPDATE subscription SET workspace_id = 'x'", "subscription 1 belongs to x"),
    ("UPDATE delivery SET created_at = '2026-09-01 00:00:00.000000' WHERE id = 1",
     "decided before"),
)  # fmt: skip


async def test_what_people_wish_is_kept_and_every_breach_is_found(
    database: Database, clock: Clock, tmp_path: Path
) -> None:
    newsdesk = await attentive(database, clock)
    kinds = [type(message.said).__name__ for message in newsdesk.recorder.messages]
    assert kinds == ["Alert", "Alert", "Digest", "ThreadReply"]
    assert await violations(database, drained=True, now=clock()) == []
    assert await unseen(database, ATTENTIVE_BREAKS, tmp_path) == []


async def test_a_hold_may_not_outlive_its_end_by_more_than_a_rhythm(
    database: Database, clock: Clock
) -> None:
    await attentive(database, clock)
    clock.forward(days=1)
    assert await violations(database, now=clock()) == []
    clock.forward(days=1)
    late = await violations(database, now=clock())
    assert len(late) == 4
    assert all("and not told since" in each for each in late)


async def test_a_message_may_not_come_late(database: Database, clock: Clock) -> None:
    await attentive(database, clock)
    assert await violations(database, patience=timedelta(0)) == []
    recorder_clock = clock.forward(minutes=1)
    assert database.path is not None
    with closing(sqlite3.connect(database.path)) as db, db:
        db.execute(
            "UPDATE delivery SET posted_at = ? WHERE id = 1", (f"{recorder_clock:%F %T.%f}",)
        )
    (only,) = await violations(database, patience=timedelta(minutes=5))
    assert "after it was decided" in only


async def test_a_message_called_deleted_must_not_stand(database: Database, clock: Clock) -> None:
    newsdesk = await attentive(database, clock)
    shown = {
        "desk": [(f"m{n}", message.key) for n, message in enumerate(newsdesk.recorder.messages)]
    }
    assert await violations(database, ledgers=shown) == []
    assert database.path is not None
    with closing(sqlite3.connect(database.path)) as db, db:
        db.execute(_CALLED_DELETED)
    (only,) = await violations(database, ledgers=shown)
    assert "delivery 1 is called deleted, and m0 stands there" in only


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
