"""Who may do what, for every verb of `/news`: one table, walked cell by cell.

People of another workspace meet the bot in a channel that both share; Slack need not call them
strangers there. The other workspace has topics of its own, which nobody here may read.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from sqlalchemy import select

from bot.commands.caller import Caller, Destination
from bot.commands.desk import Commands
from bot.model.channel import PlatformName, Workspace
from bot.model.ids import WorkspaceId
from bot.platforms.slack.adapter import SlackPlatform
from bot.platforms.slack.orders import NOUNS, VERBS, Verb
from bot.platforms.slack.parsing import parse_order
from bot.platforms.slack.replies import APOLOGY
from bot.storage.database import Database
from bot.storage.tables import metadata
from tests.servers.slack_client import LoopbackSlack

ROLES = ("admin", "member", "guest")
REFUSED = (
    "Only full members of this workspace may do that.",
    "Only admins of this workspace may do that.",
)
THEIRS = "Theirwire"  # what stands in the other workspace
TABLE = """
                                          | own: admin member guest | other: the same three
    watch Oslo as "Talks"                 |        +     +      -   |        -     -     -
    edit Talks                            |        +     +      -   |        -     -     -
    edit Talks query Oslo OR Kyiv         |        +     +      -   |        -     -     -
    move Talks to #wire                   |        +     +      -   |        -     -     -
    mute Talks 2h                         |        +     +      -   |        -     -     -
    mute here 2h                          |        +     +      -   |        -     -     -
    snooze Talks 2h                       |        +     +      -   |        -     -     -
    snooze here off                       |        +     +      -   |        -     -     -
    list                                  |        +     +      -   |        -     -     -
    test Oslo                             |        +     +      -   |        -     -     -
    why 1                                 |        +     +      -   |        -     -     -
    unwatch Talks                         |        +     +      -   |        -     -     -
    settings                              |        +     +      -   |        -     -     -
    settings hourly                       |        +     +      -   |        -     -     -
    settings workspace timezone Europe/Kyiv |      +     +      -   |        -     -     -
    settings aliases                      |        +     +      -   |        -     -     -
    settings aliases add Acme, ACM        |        +     +      -   |        -     -     -
    settings aliases remove ACM           |        +     +      -   |        -     -     -
    settings audit                        |        +     +      -   |        -     -     -
    settings export                       |        +     -      -   |        -     -     -
    settings test                         |        +     +      -   |        -     -     -
    digest                                |        +     +      -   |        -     -     -
    digest now                            |        +     +      -   |        -     -     -
    feed add http://127.0.0.1:9/rss       |        +     +      -   |        -     -     -
    feed list                             |        +     +      -   |        -     -     -
    feed preview http://127.0.0.1:9/      |        +     +      -   |        -     -     -
    feed health                           |        +     +      -   |        -     -     -
    feed pause Meridian                   |        +     +      -   |        -     -     -
    feed resume Meridian                  |        +     +      -   |        -     -     -
    feed remove Meridian                  |        +     +      -   |        -     -     -
    feed import http://127.0.0.1:9/f.opml |        +     +      -   |        -     -     -
    feed export                           |        +     +      -   |        -     -     -
    follow                                |        +     +      -   |        -     -     -
    unfollow Talks                        |        +     +      -   |        -     -     -
    story                                 |        +     +      -   |        -     -     -
    latest                                |        +     +      -   |        -     -     -
    help                                  |        +     +      +   |        +     +     +
"""
"""+ is done or told (or refused for another reason than who asks), - is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A row of the table."""

    own: tuple[bool, ...]
    other: tuple[bool, ...]


def rules() -> dict[str, Rule]:
    """By what is typed."""
    found = {}
    for line in TABLE.strip().splitlines()[1:]:
        typed, own, other = line.split("|")
        found[typed.strip()] = Rule(own=_cells(own), other=_cells(other))
    return found


def is_refused(text: str) -> bool:
    return any(said in text for said in REFUSED)


def _cells(part: str) -> tuple[bool, ...]:
    assert set(part.split()) <= {"+", "-"}
    assert len(part.split()) == len(ROLES)
    return tuple(cell == "+" for cell in part.split())


def test_every_verb_has_its_row() -> None:
    walked = {*VERBS.values(), *(verb for noun in NOUNS.values() for verb in noun.values())}
    assert {parse_order(typed).verb for typed in rules()} == walked | set(Verb)


@pytest.fixture
async def other(slack: LoopbackSlack, commands: Commands) -> Workspace:
    """Another workspace of this installation, with a topic, a name and a setting of its own."""
    team = await slack.add_team("Elsewhere")
    there = Workspace(
        id=WorkspaceId(f"slack:{team.id}"), platform=PlatformName.SLACK, external_id=team.id
    )
    place = Destination(platform=PlatformName.SLACK, external_id="C9", name=f"#{THEIRS}")
    caller = Caller(workspace=there, here=place, user="U9")
    await commands.topics.watch(caller, THEIRS, name="Talks")
    await commands.aliases.add(caller, f"{THEIRS}, {THEIRS}s")
    await commands.rehearsal.post(caller)
    return there


async def test_every_verb_by_every_role_of_both_workspaces(
    slack: LoopbackSlack, platform: SlackPlatform, database: Database, other: Workspace
) -> None:
    table = rules()
    people = {
        place: [
            await slack.add_user(
                f"{role}-{place}",
                is_admin=role == "admin",
                is_restricted=role == "guest",
                team=team,
            )
            for role in ROLES
        ]
        for place, team in (("own", slack.team.id), ("other", other.external_id))
    }
    await slack.slash('watch Rome as "Talks"', user=people["own"][0])
    await slack.forget()
    wrong: list[str] = []

    async def walk(number: int, place: str) -> None:
        for typed, rule in table.items():
            exchange = await slack.slash(typed, user=people[place][number])
            text = exchange.text + str(exchange.views())
            if is_refused(text) == getattr(rule, place)[number] or APOLOGY in text:
                wrong.append(f"{typed} by {ROLES[number]} of {place}: {text}")
            if THEIRS in text:
                wrong.append(f"{typed} tells of another workspace: {text}")
            if any(reply.in_channel for reply in exchange.replies):
                wrong.append(f"{typed} is answered to everybody")

    stranger = people["other"][0]
    assert is_refused((await slack.slash("list", user=stranger)).text), "not seen at all"
    await slack.settings(shares_channels=True)
    ours, theirs = f"slack:{slack.team.id}", other.id
    before, elsewhere = await _rows(database, ours), await _rows(database, theirs)
    for number, _ in enumerate(ROLES):
        await walk(number, "other")
    await walk(ROLES.index("guest"), "own")
    assert await _rows(database, ours) == before, "nobody has changed anything yet"
    await walk(ROLES.index("member"), "own")
    await walk(ROLES.index("admin"), "own")
    assert wrong == []
    assert await _rows(database, ours) != before
    assert await _rows(database, theirs) == elsewhere
    assert await slack.violations() == []


async def _rows(database: Database, workspace: str) -> list[object]:
    """All that stands in the database of one workspace."""
    found: list[object] = []
    async with database.read() as connection:
        for table in metadata.sorted_tables:
            if "workspace_id" in table.c:
                rows = await connection.execute(
                    select(table).where(table.c.workspace_id == workspace)
                )
                found += [tuple(row) for row in rows]
    return found
