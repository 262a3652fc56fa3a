"""Who may do what, for every command of the tree: one table, walked cell by cell.

A server's Integrations page may show every command to everybody, and it does here: what is refused
is refused by us. What Discord hides until then is the table's first column.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from bot.platforms.discord.adapter import DiscordPlatform
from bot.platforms.discord.answers import APOLOGY
from bot.storage.database import Database
from bot.storage.tables import metadata
from tests.clock import Clock
from tests.platforms.discord.test_commands import MANAGE, open_wire
from tests.servers.discord.people import MESSAGE_COMMAND
from tests.servers.discord_client import LoopbackDiscord

ROLES = ("owner", "manages here", "manages elsewhere", "plain")
REFUSED = ("You need Manage Channels in ", "You need Manage Server ")
OURS = "Ourwire"  # what stands in the first server, and must not be read in the other
TABLE = """
                        shown to   | own: owner here elsewhere plain | other: the same four people
    topic watch         managers   |       +     +      -       -    |       -     -     -     -
    topic edit          managers   |       +     +      -       -    |       -     -     -     -
    topic unwatch       managers   |       +     +      -       -    |       -     -     -     -
    topic move          managers   |       +     +      -       -    |       -     -     -     -
    topic mute          managers   |       +     +      -       -    |       -     -     -     -
    topic snooze        managers   |       +     +      -       -    |       -     -     -     -
    topic list          managers   |       +     +      +       +    |       +     +     +     +
    topic test          managers   |       +     +      +       +    |       +     +     +     +
    topic why           managers   |       +     +      +       +    |       +     +     +     +
    feed add            managers   |       +     +      -       -    |       -     -     -     -
    feed remove         managers   |       +     +      -       -    |       -     -     -     -
    feed import         managers   |       +     +      -       -    |       -     -     -     -
    feed export         managers   |       +     +      -       -    |       -     -     -     -
    feed pause          managers   |       +     +      -       -    |       -     -     -     -
    feed resume         managers   |       +     +      -       -    |       -     -     -     -
    feed preview        managers   |       +     +      -       -    |       -     -     -     -
    feed list           managers   |       +     +      +       +    |       +     +     +     +
    feed health         managers   |       +     +      +       +    |       +     +     +     +
    settings show       managers   |       +     +      +       +    |       +     +     +     +
    settings change     managers   |       +     +      -       -    |       -     -     -     -
    settings server     managers   |       +     +      -       -    |       -     -     -     -
    settings mute       managers   |       +     +      -       -    |       -     -     -     -
    settings snooze     managers   |       +     +      -       -    |       -     -     -     -
    settings crosspost  managers   |       +     +      -       -    |       -     -     -     -
    settings tags       managers   |       +     +      -       -    |       -     -     -     -
    settings audit      managers   |       +     +      -       -    |       -     -     -     -
    settings export     managers   |       +     -      -       -    |       -     -     -     -
    settings test       managers   |       +     +      -       -    |       -     -     -     -
    settings aliases list    managers |    +     +      +       +    |       +     +     +     +
    settings aliases add     managers |    +     +      -       -    |       -     -     -     -
    settings aliases remove  managers |    +     +      -       -    |       -     -     -     -
    digest show         managers   |       +     +      +       +    |       +     +     +     +
    digest now          managers   |       +     +      -       -    |       -     -     -     -
    story               all        |       +     +      +       +    |       +     +     +     +
    latest              all        |       +     +      +       +    |       +     +     +     +
    follow              all        |       +     +      +       +    |       +     +     +     +
    unfollow            all        |       +     +      +       +    |       +     +     +     +
    help                all        |       +     +      +       +    |       +     +     +     +
"""
"""+ is done or told, - is refused. Typed in #news, which "manages elsewhere" does not manage."""

VALUES = {
    "query": "Oslo",
    "name": "Talks",
    "url": "http://127.0.0.1/rss",  # whoever may is told that this one is in a private network
    "article": "1",
    "names": "Acme, ACM",
    "rhythm": "hourly",
    "timezone": "Europe/Kyiv",
    "until": "2h",
    "publish": True,
}
"""For each option by its name; the others are left out."""
BARE = {"follow"}
"""Typed without options: with a query it is everybody's to change, for themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A row of the table."""

    shown_to: str
    own: tuple[bool, ...]
    other: tuple[bool, ...]


def rules() -> dict[str, Rule]:
    found = {}
    for line in TABLE.strip().splitlines()[1:]:
        named, own, other = line.split("|")
        *command, shown_to = named.split()
        found[" ".join(command)] = Rule(shown_to=shown_to, own=_cells(own), other=_cells(other))
    return found


def is_refused(text: str) -> bool:
    return any(said in text for said in REFUSED)


def _cells(part: str) -> tuple[bool, ...]:
    assert set(part.split()) <= {"+", "-"}
    assert len(part.split()) == len(ROLES)
    return tuple(cell == "+" for cell in part.split())


def leaves(command: dict[str, Any], path: str = "") -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Each thing that can be typed, with its options, out of what was registered."""
    if command.get("type") == MESSAGE_COMMAND:
        return  # chosen at a message: test_menus.py
    name = f"{path} {command['name']}".strip()
    options = command.get("options") or []
    inner = [each for each in options if each["type"] in (1, 2)]
    if not inner:
        yield name, options
    for each in inner:
        yield from leaves(each, name)


async def test_every_command_by_every_role_in_both_servers(
    server: LoopbackDiscord, platform: DiscordPlatform, database: Database, clock: Clock
) -> None:
    table = rules()
    registered = await server.commands()
    typed = {name: options for command in registered for name, options in leaves(command)}
    assert set(typed) == set(table), "a command without its row, or a row without its command"
    shown = {each["name"]: each["default_member_permissions"] for each in registered}
    for name, rule in table.items():
        hidden = shown[name.split()[0]] == str(1 << 4)  # Manage Channels
        assert hidden == (rule.shown_to == "managers"), name
    people, there = await _people(server)
    await server.settings(shows_everything=True)
    wire = await open_wire(database, clock, server, platform)
    await server.interact("topic watch", {"query": OURS, "name": "Talks"}, user=people[0])
    await server.interact("settings aliases add", {"names": f"{OURS}, {OURS}s"}, user=people[0])
    await wire.reports(0, f"{OURS} and others meet in Miami")
    assert len(await server.ledger()) == 1
    wrong: list[str] = []

    async def walk(number: int, place: str) -> None:
        channel = there if place == "other" else server.channel
        for name, rule in table.items():
            text = await _type(server, name, typed, people[number], channel)
            if is_refused(text) == getattr(rule, place)[number]:
                wrong.append(f"{name} by “{ROLES[number]}” in {place}: {text}")
            if place == "other" and OURS in text:
                wrong.append(f"{name} in the other server tells of ours: {text}")

    ours = f"discord:{server.guild}"
    before = await _rows(database, ours)
    for number, _ in enumerate(ROLES):
        await walk(number, "other")
    await walk(ROLES.index("plain"), "own")
    await walk(ROLES.index("manages elsewhere"), "own")
    assert await _rows(database, ours) == before, "nobody has changed anything yet"
    await walk(ROLES.index("manages here"), "own")
    await walk(ROLES.index("owner"), "own")
    assert wrong == []
    assert await _rows(database, ours) != before
    assert await server.pings() == []


async def test_another_channel_is_judged_by_itself(
    server: LoopbackDiscord, platform: DiscordPlatform
) -> None:
    """Every command that names a channel: where somebody may not manage, and where they may."""
    registered = await server.commands()
    typed = {name: options for command in registered for name, options in leaves(command)}
    people, _ = await _people(server)
    await server.settings(shows_everything=True)
    places = (await server.guilds())[0].channels
    elsewhere = people[ROLES.index("manages elsewhere")]
    naming = [
        name for name, options in typed.items() if any(o["name"] == "channel" for o in options)
    ]
    assert len(naming) >= 10
    wrong = []
    for name in naming:
        for here, target in (("board", "news"), ("news", "board")):
            text = await _type(server, name, typed, elsewhere, places[here], channel=places[target])
            if is_refused(text) != (target == "news"):
                wrong.append(f"{name} typed in #{here} for #{target}: {text}")
    assert wrong == []


async def _people(server: LoopbackDiscord) -> tuple[list[str], str]:
    """One for each role, all of them plain members of the other server; that server's channel."""
    board = await server.add_channel("board")
    people = [server.admin]
    people += [await server.add_member(name) for name in ("here", "elsewhere", "plain")]
    await server.overwrite(server.channel, people[1], allow=MANAGE)
    await server.overwrite(board, people[2], allow=MANAGE)
    stranger = await server.add_member("zoe")
    other = await server.add_guild("Elsewhere", owner=stranger)
    for person in people:
        await server.add_member("", guild=other, user=person)
    channels = {each.id: each.channels for each in await server.guilds()}
    return people, channels[other]["general"]


async def _type(
    server: LoopbackDiscord,
    name: str,
    typed: dict[str, list[dict[str, Any]]],
    person: str,
    here: str,
    **more: str,
) -> str:
    known = {option["name"] for option in typed[name]}
    given = {"to": more.get("channel", here), **VALUES, **more}
    options = {key: value for key, value in given.items() if key in known}
    if name in BARE:
        options = {}
    exchange = await server.interact(name, options, user=person, channel=here)
    assert exchange.private, name
    assert APOLOGY not in exchange.text, name
    return exchange.text


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
