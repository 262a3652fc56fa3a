"""The buttons under an alert, as somebody would press them, mistakes among it.

Both platforms' tests go through it; docs/commands.md has it below the commands.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import select

from bot.storage.tables import delivery
from tests.newsdesk import Newsdesk, article, workspace

if TYPE_CHECKING:
    from bot.storage.database import Database
    from tests.clock import Clock

THEIRS = "Theirwire"
"""A topic of another workspace, of which nobody here may read."""


class Who(StrEnum):
    """Who presses: the least that there is on both platforms, and who may change things."""

    ANYBODY = "anybody who sees it"
    MANAGER = "who may change things"


class When(StrEnum):
    """Under which card."""

    STANDING = ""
    RESTARTED = ", after a restart"
    FOREIGN = ", with another workspace’s alert behind it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """`button` by its label. What comes back on Discord, and on Slack."""

    button: str
    who: Who
    discord: str
    slack: str
    when: When = When.STANDING
    wrong: bool = False


def _done(button: str, who: Who, says: str, when: When = When.STANDING) -> Press:
    return Press(button=button, who=who, discord=says, slack=says, when=when)


def _refused(button: str) -> Press:
    return Press(
        button=button,
        who=Who.ANYBODY,
        discord="You need Manage Channels",
        slack="Only full members of this workspace may do that.",
        wrong=True,
    )


def _foreign(button: str) -> Press:
    says = "This alert is not known here any more."
    who, when = Who.MANAGER, When.FOREIGN
    return Press(button=button, who=who, discord=says, slack=says, when=when, wrong=True)


PRESSES = (
    _done("Open", Who.ANYBODY, ""),
    _done("Why?", Who.ANYBODY, "Why this alert"),
    _done("Timeline", Who.ANYBODY, "1 independent outlet"),
    _refused("Mute"),
    _refused("Less like this"),
    _done("Less like this", Who.MANAGER, "Less like this in “Talks”"),
    _done("Mute", Who.MANAGER, "Muted “Talks”"),
    _done("Why?", Who.ANYBODY, "Why this alert", When.RESTARTED),
    _done("Timeline", Who.ANYBODY, "1 independent outlet", When.RESTARTED),
    _done("Less like this", Who.MANAGER, "Less like this in “Talks”", When.RESTARTED),
    _done("Mute", Who.MANAGER, "Muted “Talks”", When.RESTARTED),
    _foreign("Why?"),
    _foreign("Timeline"),
    _foreign("Less like this"),
    _foreign("Mute"),
)
REPORTS = ("Envoys meet in Miami for talks", "Miami Heat win game seven")
"""What is told first, so that a word tells the last card from another."""


async def foreign_key(database: Database, clock: Clock) -> str:
    """The key of an alert that stands in another workspace."""
    newsdesk = await Newsdesk.open(database, clock)
    there = workspace("elsewhere")
    await newsdesk.watch(THEIRS, by=there, channel="theirs")
    feed = await newsdesk.follow("https://theirs.example/feed", by=there)
    await newsdesk.listed(feed, article(f"{THEIRS} wins a prize", at=clock()))
    await newsdesk.delivered()
    async with database.read() as connection:
        return str((await connection.execute(select(delivery.c.key))).scalar_one())


def table() -> list[str]:
    """The part of docs/commands.md."""
    lines = ["| button | pressed by | Discord | Slack |", "|---|---|---|---|"]
    for one in PRESSES:
        mark = "⚠ " if one.wrong else ""
        both = [f"{mark}{said}" if said else "the article" for said in (one.discord, one.slack)]
        lines.append(f"| {one.button} | {one.who}{one.when} | {both[0]} | {both[1]} |")
    return lines
