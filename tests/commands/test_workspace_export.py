"""All that a workspace owns, handed out: every table of it, and nothing of anybody else."""

from __future__ import annotations

import io
import json
import zipfile
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from bot.commands.audit import Did, note
from bot.commands.caller import Caller, Destination
from bot.commands.follows import FollowCommands
from bot.commands.workspace_export import FILES, ExportCommands, write_export
from bot.errors import CommandError
from bot.feeds.opml import parse_opml
from bot.model.channel import PlatformName
from bot.model.ids import TopicId
from bot.pipeline.purge import purge_workspace
from bot.storage import purge
from bot.storage.database import Database
from bot.storage.owned import NAMES, SHARED
from bot.storage.proposals import Proposed, keep_proposal
from bot.storage.tables import metadata
from tests.clock import START, Clock
from tests.newsdesk import Newsdesk, article, workspace

PAGE = Path(__file__).parents[2] / "docs/operate/export.md"
OURS, THEIRS = workspace("ours-1"), workspace("theirs-2")
HERE = Destination(platform=PlatformName.DISCORD, external_id="70", name="#news")
ANN = Caller(workspace=OURS, here=HERE, user="501")
BOB = replace(ANN, user="502")
ZOE = Caller(workspace=THEIRS, here=replace(HERE, external_id="80"), user="601")
FOREIGN = ("theirs", "token-of-theirs", "Sesame", "601", "Kyiv", "https://d.example/kyiv")
"""What only the other workspace has: its name, its address, its topic and what that brought."""


async def fill(database: Database, clock: Clock) -> Newsdesk:
    """Two workspaces with one feed between them and one of their own each, and people in both."""
    desk = await Newsdesk.open(database, clock)
    follows = FollowCommands(database=database, now=clock)
    for by in (OURS, THEIRS):
        shared = await desk.follow("https://shared.example/feed", by=by)
    ours = await desk.follow("https://c.example/feed?token=of-ours", by=OURS)
    theirs = await desk.follow("https://d.example/feed?token=token-of-theirs", by=THEIRS)
    await desk.watch("Miami", name="Talks", channel="ours-news", by=OURS)
    await desk.watch("Miami OR Kyiv", name="Sesame", channel="theirs-news", by=THEIRS)
    for caller, query in ((ANN, "Oslo"), (BOB, "Lisbon"), (ZOE, "Oslo")):
        await follows.follow(caller, query)
    for feed, title, url in (
        (shared, "Talks begin in Miami", "https://shared.example/miami"),
        (ours, "Oslo and Lisbon sign a treaty", "https://c.example/treaty"),
        (theirs, "Trains to Kyiv run again", "https://d.example/kyiv"),
    ):
        await desk.listed(feed, article(title, url=url, at=START))
    await desk.delivered()
    async with database.write() as connection:
        one = Proposed(topic=TopicId(1), before="Miami", after="Miami -Heat")
        await keep_proposal(connection, OURS.id, one, now=clock())
        for caller in (ANN, ZOE):
            await note(connection, caller, Did.SETTINGS, f"by {caller.user}", now=clock())
    return desk


async def exported(
    database: Database, clock: Clock, caller: Caller
) -> tuple[dict[str, list[dict[str, object]]], bytes]:
    """The rows by table, and every byte of every file."""
    reply = await ExportCommands(database=database, now=clock).export(caller)
    assert reply.file is not None
    with zipfile.ZipFile(io.BytesIO(reply.file.content)) as made:
        files = {name: made.read(name) for name in made.namelist()}
    rows = {
        name.removesuffix(".jsonl"): [json.loads(line) for line in body.splitlines()]
        for name, body in files.items()
        if name.endswith(".jsonl")
    }
    return rows, b"\n".join(files.values())


def test_no_table_of_a_workspace_is_forgotten() -> None:
    own = {one.name for one in metadata.sorted_tables if "workspace_id" in one.c}
    assert set(FILES) == own | {"workspace", *SHARED}
    assert set(NAMES) == set(FILES)
    written = PAGE.read_text(encoding="utf-8")
    assert [name for name in FILES if f"| `{name}.jsonl` |" not in written] == []


async def test_every_row_of_ours_and_none_of_theirs(database: Database, clock: Clock) -> None:
    await fill(database, clock)
    follows = FollowCommands(database=database, now=clock)
    await follows.unfollow(BOB, "Lisbon")  # what is removed stays another person's
    rows, everything = await exported(database, clock, ANN)
    assert [one["id"] for one in rows["workspace"]] == [OURS.id]
    for name, of_table in rows.items():
        if name not in ("workspace", *SHARED):
            assert {one["workspace_id"] for one in of_table} <= {OURS.id}, name
    said = everything.decode()
    assert [word for word in FOREIGN if word in said] == []
    assert {one["url"] for one in rows["feed"]} == {
        "https://shared.example/feed",
        "https://c.example/feed?token=of-ours",
    }
    assert {one["title"] for one in rows["article"]} == {
        "Talks begin in Miami",
        "Oslo and Lisbon sign a treaty",
    }
    assert {one["status"] for one in rows["delivery"]} == {"sent", "pending"}
    assert [one["after"] for one in rows["proposal"]] == ["Miami -Heat"]
    assert "token" not in rows["proposal"][0]
    assert [one["detail"] for one in rows["audit"]] == ["“Talks”: Miami", "by 501"]
    other, _ = await exported(database, clock, ZOE)
    assert {one["name"] for one in other["topic"]} == {"Sesame", "Oslo"}


async def test_what_others_follow_is_only_counted(database: Database, clock: Clock) -> None:
    await fill(database, clock)
    rows, everything = await exported(database, clock, ANN)
    assert {one["name"] for one in rows["topic"]} == {"Talks", "Oslo"}
    assert {one["external_id"] for one in rows["channel"]} == {"ours-news", "user:501@ours-1"}
    assert b"502" not in everything
    bobs, _ = await exported(database, clock, BOB)
    assert {one["name"] for one in bobs["topic"]} == {"Talks", "Lisbon"}
    nobody: dict[str, io.BytesIO] = {}
    counts = await write_export(
        database,
        OURS,
        lambda name: nullcontext(nobody.setdefault(name, io.BytesIO())),
        person="",
        now=clock(),
    )
    assert counts["topic"] == 1
    assert set(nobody) == {f"{name}.jsonl" for name in NAMES} | {"feeds.opml", "about.json"}
    about = json.loads(nobody["about.json"].getvalue())
    assert about["left_out"] == {
        "what other people follow for themselves": {"people": 2, "follows": 2}
    }


async def test_all_that_purge_deletes_was_in_it(database: Database, clock: Clock) -> None:
    """But for what is another person's, which is deleted as well."""
    await fill(database, clock)
    follows = FollowCommands(database=database, now=clock)
    async with database.read() as connection:
        with_bobs = await purge.count_rows(connection, OURS.id)
    rows, _ = await exported(database, clock, ANN)
    bobs, _ = await exported(database, clock, BOB)
    for name, count in with_bobs.items():
        either = {json.dumps(one, sort_keys=True) for one in (*rows[name], *bobs[name])}
        noted = name == "audit"  # the second export knows of the first
        assert len(either) == count + noted, name
    await purge_workspace(database, OURS.id, now=clock, pause=_at_once)
    async with database.read() as connection:
        assert await purge.count_rows(connection, OURS.id) == {}
        assert await purge.count_rows(connection, THEIRS.id) != {}
    left, everything = await exported(database, clock, ANN)
    assert sum(map(len, left.values())) == 0
    assert b"of-ours" not in everything
    assert "nothing here yet" in (await follows.list_all(ANN)).title


async def test_what_is_too_large_for_a_chat_is_refused(database: Database, clock: Clock) -> None:
    await fill(database, clock)
    commands = ExportCommands(database=database, now=clock, most_bytes=500)
    with pytest.raises(CommandError, match="more than the 0 MB that fit") as refused:
        await commands.export(ANN)
    assert "wirewatch workspace export discord:ours-1 --to FILE.zip" in refused.value.hint


async def test_the_feeds_go_into_any_reader(database: Database, clock: Clock) -> None:
    await fill(database, clock)
    reply = await ExportCommands(database=database, now=clock).export(ANN)
    assert reply.file is not None
    assert reply.file.name == f"wirewatch-{clock():%Y-%m-%d}.zip"
    with zipfile.ZipFile(io.BytesIO(reply.file.content)) as made:
        listed = parse_opml(made.read("feeds.opml"))
        about = json.loads(made.read("about.json"))
    assert len(listed) == 2
    assert about["files"]["topic.jsonl"]["rows"] == 2
    assert about["left_out"] == {
        "what other people follow for themselves": {"people": 1, "follows": 1}
    }


async def _at_once(_: float) -> None:
    """No time for anybody."""
