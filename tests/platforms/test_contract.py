"""One contract, four platforms: whatever the pipeline may assume of an adapter, it keeps."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.errors import Ambiguous, FailureClass, Permanent, Retryable
from bot.model.platform import Absent, Message, Posted, Unknown
from bot.model.text import plain
from bot.storage.database import Database
from tests.platforms.samples import alert, digest, notice, overflow, reply
from tests.platforms.stages import (
    Stage,
    console_stage,
    discord_stage,
    slack_stage,
    webhook_stage,
)
from tests.servers import discord_client, slack_client

KEY, OTHER_KEY = "0123456789abcdef0123", "ffffffffffffffffffff"
PLATFORMS = ("console", "webhook", "discord", "slack")
MESSAGES: dict[str, tuple[Message, tuple[str, ...]]] = {
    "card": (alert(), ("Umerov", "Meridian Wire", "Miami talks")),
    "digest": (
        digest(),
        ("While it was quiet: 5 stories", "NATO", "air defence package", "The Harbour Post"),
    ),
    "overflow": (overflow(), ("37 more stories in the last hour", "Weather", "12")),
    "reply": (reply(), ("This story matches", "NATO", "4 outlets")),
    "notice": (notice(), ("Alerts to #desk are paused", "nothing is sent there", "14 stories")),
}
"""Each kind of message, and what a reader must find in it."""


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def discord_port() -> Iterator[int]:
    with discord_client.shared_server() as port:
        yield port


@pytest.fixture(scope="module")
def slack_port() -> Iterator[int]:
    with slack_client.shared_server() as port:
        yield port


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """No schema: nothing here asks the use cases."""
    opened = Database(f"sqlite:///{tmp_path / 'wirewatch.db'}")
    yield opened
    await opened.close()


@pytest.fixture(params=PLATFORMS)
async def stage(
    request: pytest.FixtureRequest,
    database: Database,
    discord_port: int,
    slack_port: int,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Stage]:
    monkeypatch.setattr("bot.platforms.discord.client.QUIET_S", 0.05)
    monkeypatch.setattr("bot.platforms.slack.socket_mode.PING_S", 0.2)
    opened = {
        "console": lambda: console_stage(now),
        "webhook": lambda: webhook_stage(now),
        "discord": lambda: discord_stage(discord_port, database, now),
        "slack": lambda: slack_stage(slack_port, database, now),
    }[request.param]()
    async with opened as stage:
        yield stage
        assert await stage.offences() == []


async def post(
    stage: Stage, message: Message | None = None, *, key: str = KEY, thread: str | None = None
) -> Posted:
    payload = stage.platform.render(message or alert(), key=key)
    return await stage.platform.send(stage.channel, payload, key=key, thread=thread)


async def test_a_post_of_each_kind_stands_in_the_channel(stage: Stage) -> None:
    for number, (message, said) in enumerate(MESSAGES.values()):
        posted = await post(stage, message, key=f"{number}" * 20)
        texts = await stage.seen()
        assert len(texts) == number + 1
        assert posted.remote_id
        for part in said:
            assert part in texts[-1].replace("\xa0", " ")
    assert await stage.pinged() == []


async def test_a_lost_answer_is_found_again_whatever_it_was(stage: Stage) -> None:
    """The key is in every template."""
    if stage.platform.name not in ("discord", "slack"):
        pytest.skip("it cannot be read back")
    for number, (message, _) in enumerate(MESSAGES.values()):
        key, began = f"{number}" * 20, now()
        await stage.lose_next_answer()
        with pytest.raises(Ambiguous):
            await post(stage, message, key=key)
        found = await stage.platform.reconcile(stage.channel, key=key, since=began)
        assert isinstance(found, Posted)
        shown = stage.platform.render(message, key=key)
        await stage.platform.edit(stage.channel, found.remote_id, shown)
        assert await stage.platform.reconcile(stage.channel, key=key, since=began) == found
        assert len(await stage.seen()) == number + 1


async def test_a_reply_belongs_to_its_card(stage: Stage) -> None:
    """And is found there, or known not to be there."""
    card = await post(stage)
    began = now()
    replied = await post(stage, reply(), key=OTHER_KEY, thread=card.remote_id)
    assert len(await stage.seen()) == 2
    thread = card.remote_id
    for key, expected in ((OTHER_KEY, replied), ("n" * 20, Absent())):
        found = await stage.platform.reconcile(stage.channel, key=key, since=began, thread=thread)
        assert found == expected or isinstance(found, Unknown)
        assert isinstance(found, Unknown) == (stage.platform.name in ("console", "webhook"))


async def test_a_reply_to_a_deleted_card_is_a_message_all_the_same(stage: Stage) -> None:
    if stage.platform.name == "webhook":
        pytest.skip("nothing can be deleted there")
    card = await post(stage)
    await stage.platform.delete(stage.channel, card.remote_id)
    await post(stage, reply(), key=OTHER_KEY, thread=card.remote_id)
    assert "This story matches" in (await stage.seen())[-1]


async def test_a_message_is_taken_away_once_and_again(stage: Stage) -> None:
    posted = await post(stage)
    if stage.platform.name == "webhook":
        with pytest.raises(Permanent):
            await stage.platform.delete(stage.channel, posted.remote_id)
        return
    for _ in range(2):  # one that is gone already is no error
        await stage.platform.delete(stage.channel, posted.remote_id)
    if stage.platform.name != "console":  # what is printed stays
        assert await stage.seen() == []
        found = await stage.platform.reconcile(
            stage.channel, key=KEY, since=now() - timedelta(minutes=1)
        )
        assert found == Absent()


async def test_exactly_the_configured_mention_is_pinged_and_once(stage: Stage) -> None:
    mention = await stage.mention()
    if mention is None:
        pytest.skip("nobody can be pinged there")
    hostile = f"@everyone <!channel> <@&1> <@U1> <!subteam^S1> {mention.external_id}"
    messages: tuple[Message, ...] = (
        replace(alert(headline=hostile, summary=hostile), mentions=(mention,)),
        replace(reply(mention), line=plain(hostile)),
    )
    for number, message in enumerate(messages, start=1):
        key = f"{number}" * 20
        posted = await post(stage, message, key=key)
        assert await stage.pinged() == [str(mention)] * number
        again = stage.platform.render(message, key=key)
        await stage.platform.edit(stage.channel, posted.remote_id, again)
        assert await stage.pinged() == [str(mention)] * number, "an edit pings nobody"


async def test_what_a_feed_says_pings_nobody(stage: Stage) -> None:
    hostile = "@everyone @here <!channel> <@&1> <@U1> [Reuters](https://evil.example) " + "x" * 9000
    messages: tuple[Message, ...] = (
        alert(headline=hostile, summary=hostile, outlets=6),
        replace(overflow(headline=hostile), title=hostile),
        replace(reply(), line=plain(hostile)),
        replace(notice(), title=hostile, lines=(plain(hostile),) * 9),
    )
    for number, message in enumerate(messages, start=1):
        await post(stage, message, key=f"{number}" * 20)
        assert len(await stage.seen()) == number
    assert await stage.pinged() == []


async def test_a_person_is_reached_by_direct_message(stage: Stage) -> None:
    person = await stage.direct()
    if person is None:
        pytest.skip("there are no people")
    assert (await stage.platform.probe(person.external_id)).problems == ()
    began = now()
    payload = stage.platform.render(notice(), key=KEY)
    posted = await stage.platform.send(person, payload, key=KEY)
    await stage.platform.edit(person, posted.remote_id, payload)
    assert await stage.platform.reconcile(person, key=KEY, since=began) == posted
    await stage.platform.delete(person, posted.remote_id)
    assert await stage.platform.reconcile(person, key=KEY, since=began) == Absent()
    assert await stage.seen() == [], "and nothing in the channel"


async def test_nobody_of_that_name_is_told_from_all_else(stage: Stage) -> None:
    person = await stage.direct()
    if person is None:
        pytest.skip("there are no people")
    nobody = replace(person, external_id="user:1")
    with pytest.raises(Permanent) as caught:
        await stage.platform.send(nobody, stage.platform.render(notice(), key=KEY), key=KEY)
    assert caught.value.failure is FailureClass.GONE
    assert caught.value.remedy


async def test_posts_stand_in_their_order(stage: Stage) -> None:
    for number in range(3):
        payload = stage.platform.render(
            alert(headline=f"Event number {number} of the day"), key=f"{number}" * 20
        )
        await stage.platform.send(stage.channel, payload, key=f"{number}" * 20)
    texts = await stage.seen()
    assert ["0" in texts[0], "1" in texts[1], "2" in texts[2]] == [True] * 3
    assert len(texts) == 3


async def test_an_edit_changes_the_message_and_adds_none(stage: Stage) -> None:
    if not stage.platform.capabilities.edit:
        with pytest.raises(Permanent):
            await stage.platform.edit(stage.channel, "x", stage.platform.render(alert(), key=KEY))
        return
    posted = await post(stage)
    grown = stage.platform.render(alert(outlets=6), key=KEY)
    for _ in range(2):  # repeating an edit is harmless
        await stage.platform.edit(stage.channel, posted.remote_id, grown)
    (text,) = await stage.seen()
    assert "6 outlets" in text


async def test_a_lost_answer_is_ambiguous_and_found_again(stage: Stage) -> None:
    if not await stage.lose_next_answer():
        pytest.skip("answers cannot be lost here")
    began = now()
    with pytest.raises(Ambiguous):
        await post(stage)
    if stage.platform.capabilities.resend_s > 0:
        await post(stage)  # the same key within the platform's memory
        assert len(await stage.seen()) == 1
    found = await stage.platform.reconcile(stage.channel, key=KEY, since=began)
    assert isinstance(found, Posted | Unknown)
    if isinstance(found, Posted) and stage.platform.capabilities.edit:
        grown = stage.platform.render(alert(outlets=2), key=KEY)
        await stage.platform.edit(stage.channel, found.remote_id, grown)
    assert len(await stage.seen()) == 1


async def test_what_was_never_posted_is_not_found(stage: Stage) -> None:
    await post(stage)
    found = await stage.platform.reconcile(
        stage.channel, key=OTHER_KEY, since=now() - timedelta(minutes=1)
    )
    assert isinstance(found, Absent | Unknown)
    if stage.platform.name in ("discord", "slack"):
        assert isinstance(found, Absent), "its history is readable here"


async def test_a_wish_for_patience_is_passed_on(stage: Stage) -> None:
    if not await stage.ask_for_patience(45):
        pytest.skip("nobody asks for patience here")
    with pytest.raises(Retryable) as caught:
        await post(stage)
    assert caught.value.retry_after == pytest.approx(45, abs=1)
    assert await stage.seen() == []


async def test_a_channel_that_is_gone_is_told_from_all_else(stage: Stage) -> None:
    if not await stage.take_channel_away():
        pytest.skip("it cannot go away")
    with pytest.raises(Permanent) as caught:
        await post(stage)
    assert caught.value.failure is FailureClass.GONE


async def test_it_says_how_it_is_and_where_it_posts(stage: Stage) -> None:
    assert (await stage.platform.health()).ok
    probe = await stage.platform.probe(stage.channel.external_id)
    assert probe.problems == ()


async def test_it_stops_twice_and_starts_again(stage: Stage) -> None:
    await stage.platform.stop()
    await stage.platform.stop()
    await stage.platform.start()
    await post(stage)
    assert len(await stage.seen()) == 1
