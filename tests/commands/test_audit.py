"""settings audit: every change a person makes is recorded with it, for their workspace alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot.commands.attention import Wishes
from bot.commands.audit import SHOWN, Did
from bot.commands.caller import Caller, Destination
from bot.commands.desk import Commands
from bot.commands.edit import edit_topic
from bot.commands.exchange import import_all
from bot.commands.pauses import PauseKind
from bot.commands.terms import Terms
from bot.errors import CommandError
from bot.feeds.opml import OpmlFeed, write_opml
from bot.model.channel import PlatformName
from bot.model.text import Mark, flat
from bot.storage import audit, proposals, topics
from bot.storage.audit import KEPT_FOR, MOST_DETAIL, Audited
from bot.storage.database import Database
from bot.storage.tables import audit as table
from bot.storage.tables import delivery
from tests.clock import START, Clock
from tests.newsdesk import LOCAL_WORKSPACE, Newsdesk, article, workspace
from tests.platforms.stages import use_cases

HERE = Destination(platform=PlatformName.WEBHOOK, external_id="desk", name="desk")
ANNA = Caller(workspace=LOCAL_WORKSPACE, here=HERE, user="17")
THEIRS = Caller(
    workspace=workspace("9"),
    here=Destination(platform=PlatformName.DISCORD, external_id="91", name="#theirs"),
    user="90",
)


@pytest.fixture
def commands(database: Database, clock: Clock) -> Commands:
    return use_cases(database, clock)


async def recorded(database: Database, of: Caller = ANNA) -> list[tuple[str, str]]:
    """What and its details, oldest first."""
    async with database.read() as connection:
        found = await audit.newest(connection, of.workspace.id, limit=100)
    assert all((one.who, one.channel) == (of.user, of.here.name) for one in found)
    return [(one.what, one.detail) for one in reversed(found)]


async def test_what_people_do_to_topics_and_settings(
    commands: Commands, database: Database
) -> None:
    await commands.topics.watch(ANNA, "NATO", name="Alliance")
    await edit_topic(commands, ANNA, "Alliance", query="NATO summit", terms=Terms(outlets=3))
    await commands.pauses.topic(ANNA, "Alliance", "2h", PauseKind.MUTE)
    await commands.pauses.topic(ANNA, "Alliance", "off", PauseKind.SNOOZE)
    await commands.attention.change(ANNA, Wishes(rhythm="daily 8:30", budget="5"))
    await commands.attention.change_workspace(ANNA, timezone="Europe/Kyiv", notices_to=HERE)
    await commands.pauses.channel(ANNA, "1h", PauseKind.SNOOZE)
    await commands.pauses.channel(ANNA, "off", PauseKind.MUTE)
    await commands.aliases.add(ANNA, "Acme, ACM")
    await commands.aliases.remove(ANNA, "acme")
    await commands.topics.unwatch(ANNA, "alliance")
    assert await recorded(database) == [
        (Did.TOPIC_WATCH, "“Alliance”: NATO"),
        (Did.TOPIC_EDIT, "“Alliance”: Told once 3 outlets report it."),
        (Did.TOPIC_EDIT, "“Alliance”: NATO summit; before: NATO"),
        (Did.TOPIC_MUTE, "“Alliance” until Mon 2 Mar 14:00 UTC"),
        (Did.TOPIC_SNOOZE, "“Alliance” off"),
        (Did.SETTINGS, "rhythm daily 8:30, alerts an hour 5"),
        (Did.SETTINGS_SHARED, "timezone Europe/Kyiv, notices to desk"),
        (Did.SETTINGS_SNOOZE, "until Mon 2 Mar 15:00 Europe/Kyiv"),
        (Did.SETTINGS_MUTE, "off"),
        (Did.ALIASES_ADD, "Acme, ACM"),
        (Did.ALIASES_REMOVE, "Acme, ACM"),
        (Did.TOPIC_UNWATCH, "“Alliance”"),
    ]


async def test_what_people_do_to_feeds_without_the_secrets_in_their_addresses(
    commands: Commands, database: Database, clock: Clock
) -> None:
    secret = "https://a.example/feed?token=s3cr3t"
    found = await import_all(
        database,
        write_opml([OpmlFeed(url=secret, name="", category="")], title="ours"),
        workspace=LOCAL_WORKSPACE,
        interval_s=600,
        allow_private=False,
        now=clock(),
        who=ANNA.user,
    )
    assert len(found) == 1
    await commands.feeds.pause(ANNA, secret)
    await commands.feeds.resume(ANNA, secret)
    await commands.feeds.remove(ANNA, secret)
    async with database.read() as connection:
        rows = (await connection.execute(select(table).order_by(table.c.id))).all()
    assert [row.what for row in rows] == [
        Did.FEED_IMPORT,
        Did.FEED_PAUSE,
        Did.FEED_RESUME,
        Did.FEED_REMOVE,
    ]
    assert rows[0].detail == "1 feed"
    assert not [row for row in rows if "s3cr3t" in row.detail]


async def test_what_people_do_under_an_alert(
    commands: Commands, database: Database, clock: Clock
) -> None:
    newsdesk = await Newsdesk.open(database, clock)
    feed = await newsdesk.follow("https://a.example/feed", name="Meridian")
    await newsdesk.watch("Miami", name="Talks")
    await newsdesk.listed(feed, article("Envoys meet in Miami", at=START))
    await newsdesk.delivered()
    async with database.read() as connection:
        key = str((await connection.execute(select(delivery.c.key))).scalar_one())
        topic = await topics.find_topic(connection, LOCAL_WORKSPACE.id, "Talks")
    assert topic is not None
    await commands.alerts.mute(ANNA, key)
    proposed = proposals.Proposed(topic=topic.id, before="Miami", after="Miami -Heat")
    async with database.write() as connection:
        token = await proposals.keep_proposal(connection, LOCAL_WORKSPACE.id, proposed, now=clock())
    await commands.feedback.apply(ANNA, token)
    await commands.alerts.retract(ANNA, key)
    await commands.alerts.retract(ANNA, key)  # it is retracted already
    async with database.read() as connection:
        found = await audit.newest(connection, LOCAL_WORKSPACE.id, limit=3)
    assert [(one.what, one.detail) for one in reversed(found)] == [
        (Did.TOPIC_MUTE, "“Talks” for 24 h, under an alert"),
        (Did.LESS, "“Talks”: Miami -Heat; before: Miami"),
        (Did.RETRACT, f"alert {key}"),
    ]


async def test_what_is_refused_or_only_asked_leaves_nothing(
    commands: Commands, database: Database
) -> None:
    await commands.attention.change(ANNA, Wishes())
    await commands.attention.change_workspace(ANNA)
    await commands.topics.list_all(ANNA)
    for refused in (
        commands.topics.watch(ANNA, "NATO AND ("),
        commands.topics.unwatch(ANNA, "Oslo"),
        commands.pauses.topic(ANNA, "Oslo", "2h", PauseKind.MUTE),
        commands.attention.change(ANNA, Wishes(timezone="Nowhere")),
        commands.feeds.remove(ANNA, "Oslo"),
        commands.aliases.remove(ANNA, "Oslo"),
    ):
        with pytest.raises(CommandError):
            await refused
    assert await recorded(database) == []


async def test_a_change_that_is_rolled_back_takes_its_line_with_it(
    commands: Commands, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One transaction: neither the change without the line nor the line without the change."""

    async def fails(*_: object, **__: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(audit, "record", fails)
    with pytest.raises(RuntimeError):
        await commands.topics.watch(ANNA, "NATO")
    assert (await commands.topics.list_all(ANNA)).title == "No topics yet"


async def test_one_workspace_does_not_read_of_another(
    commands: Commands, database: Database
) -> None:
    await commands.topics.watch(ANNA, "NATO", name="ours")
    await commands.topics.watch(THEIRS, "Oslo", name="theirs")
    assert await recorded(database) == [(Did.TOPIC_WATCH, "“ours”: NATO")]
    assert await recorded(database, THEIRS) == [(Did.TOPIC_WATCH, "“theirs”: Oslo")]
    for caller, own, others in ((ANNA, "ours", "theirs"), (THEIRS, "theirs", "ours")):
        shown = "\n".join(flat(line) for line in (await commands.audit.show(caller)).lines)
        assert own in shown
        assert others not in shown
    nobody = Caller(workspace=workspace("10"), here=THEIRS.here, user="90")
    assert (await commands.audit.show(nobody)).title == "Nothing was changed here yet"


async def test_the_newest_come_first_in_local_time(
    commands: Commands, database: Database, clock: Clock
) -> None:
    assert (await commands.audit.show(ANNA)).title == "Nothing was changed here yet"
    await commands.attention.change_workspace(ANNA, timezone="Europe/Kyiv")
    for number in range(SHOWN):
        clock.forward(minutes=1)
        await commands.topics.watch(ANNA, f"word{number}")
    clock.forward(days=1)
    await commands.topics.watch(Caller(workspace=LOCAL_WORKSPACE, here=HERE), "last")
    reply = await commands.audit.show(ANNA)
    assert reply.title == f"The last {SHOWN} changes, newest first (times in Europe/Kyiv)"
    first, second = reply.lines[0], reply.lines[1]
    assert flat(first) == "14:20  the terminal  topic watch  “last”: last in desk"
    assert flat(second) == "Mon 2 Mar 14:20  17  topic watch  “word19”: word19 in desk"
    assert [span.text for span in second if span.mark is Mark.PERSON] == ["17"]


async def test_a_year_is_kept_and_details_are_short(database: Database, clock: Clock) -> None:
    newsdesk = await Newsdesk.open(database, clock)
    await newsdesk.follow("https://a.example/feed")
    for age, detail in ((KEPT_FOR + timedelta(days=1), "old"), (timedelta(0), "x" * 999)):
        async with database.write() as connection:
            one = Audited(at=clock() - age, who="", what="t", detail=detail, channel="")
            await audit.record(connection, LOCAL_WORKSPACE.id, one)
    async with database.read() as connection:
        assert (await connection.execute(select(func.count()).select_from(table))).scalar_one() == 1
        [one] = await audit.newest(connection, LOCAL_WORKSPACE.id, limit=9)
    assert len(one.detail) == MOST_DETAIL
