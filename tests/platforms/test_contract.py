"""One contract, four platforms: whatever the pipeline may assume of an adapter, it keeps."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import Ambiguous, FailureClass, Permanent, Retryable
from bot.model.platform import Absent, Posted, Unknown
from bot.storage.database import Database
from tests.platforms.samples import alert
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


@pytest.fixture(params=PLATFORMS)
async def stage(
    request: pytest.FixtureRequest, database: Database, discord_port: int, slack_port: int
) -> AsyncIterator[Stage]:
    opened = {
        "console": lambda: console_stage(now),
        "webhook": lambda: webhook_stage(now),
        "discord": lambda: discord_stage(discord_port, database, now),
        "slack": lambda: slack_stage(slack_port, database, now),
    }[request.param]()
    async with opened as stage:
        yield stage
        assert await stage.offences() == []


async def post(stage: Stage, *, outlets: int = 1, key: str = KEY) -> Posted:
    payload = stage.platform.render(alert(outlets=outlets), key=key)
    return await stage.platform.send(stage.channel, payload, key=key)


async def test_a_post_stands_in_the_channel(stage: Stage) -> None:
    posted = await post(stage)
    (text,) = await stage.seen()
    assert posted.remote_id
    for part in ("Umerov", "Meridian Wire", "Miami talks"):
        assert part in text


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


async def test_nobody_is_pinged_and_nothing_breaks_the_limits(stage: Stage) -> None:
    hostile = "@everyone <!channel> <@&1> [Reuters](https://evil.example) *b* `c` " + "x" * 9000
    payload = stage.platform.render(alert(headline=hostile, summary=hostile, outlets=6), key=KEY)
    await stage.platform.send(stage.channel, payload, key=KEY)
    assert len(await stage.seen()) == 1  # the stage asserts the rest


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
