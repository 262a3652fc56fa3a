"""Built-in examples of what stands before and beside the alerts: the first message, the forms, the
Home tab. Made by the adapters' own code, of an empty database made for the occasion."""

from __future__ import annotations

from datetime import datetime

from bot.commands.attention import AttentionCommands
from bot.commands.caller import Caller, Destination, Reply
from bot.commands.overview import OverviewCommands
from bot.commands.starters import Starter, Starters
from bot.commands.terms import Terms
from bot.commands.topics import TopicCommands
from bot.model.channel import PlatformName, Workspace
from bot.model.ids import WorkspaceId
from bot.platforms.discord import welcome as discord_hello
from bot.platforms.discord.callers import Interaction
from bot.platforms.slack.blocks import Json
from bot.platforms.slack.forms import WATCH, asked_form, settings_form, topic_form
from bot.platforms.slack.home import home_view
from bot.platforms.slack.importing import import_form
from bot.platforms.slack.replies import render_reply
from bot.platforms.slack.welcome import hello_blocks
from bot.preview.page import Drawn, Shown
from bot.storage.database import Database

_WORKSPACE = Workspace(
    id=WorkspaceId("slack:T1"), platform=PlatformName.SLACK, external_id="T1", name="Newsroom"
)
_NO_HOME = "In Discord: /topic list, /settings show and /feed health"
_STARTERS = Starters(
    feeds=tuple(Starter(url=f"https://outlet-{one}.example/rss", name="") for one in range(7))
)


def _caller(channel: str) -> Caller:
    """Somebody in a channel. Its id is its name, for a page shows no other."""
    here = Destination(platform=PlatformName.SLACK, external_id=channel, name=f"#{channel}")
    return Caller(workspace=_WORKSPACE, here=here, user="U1")


def first_run() -> Shown:
    """What a workspace is greeted with."""
    hello = Drawn(discord=discord_hello.welcome_body(), slack={"blocks": hello_blocks()})
    return Shown(title="First message in a workspace", message=hello)


async def entrances(database: Database, now: datetime) -> tuple[Shown, ...]:
    """The Home tab and the forms. `now` is aware; the database has its schema, and no rows."""
    topics = TopicCommands(database=database, now=lambda: now, starters=_STARTERS)
    desk = _caller("desk")
    await topics.watch(
        desk,
        "Miami (talks OR envoys) -Heat",
        name="Miami talks",
        terms=Terms(outlets=3, urgent=True),
    )
    await topics.watch(desk, "NATO")
    await topics.watch(_caller("markets"), '"interest rate" OR "central bank"', name="Rates")
    attention = AttentionCommands(database=database, now=lambda: now)
    overview = await OverviewCommands(database=database, now=lambda: now).overview(desk)
    home = home_view(overview, list(overview.channels), above=[])
    topic, subscription = await attention.heard(desk, "Miami talks")
    shown = render_reply((await attention.show(desk)).typed_after("/news "))["blocks"]
    settings = settings_form(desk.here, await attention.standing(desk), shown)
    watch = discord_hello.question(discord_hello.WATCH, _asked).to_dict()
    forms = (
        ("Form: watch a topic", Drawn(discord=watch, slack=_proposing(desk.here))),
        (
            "Form: edit a topic",
            Drawn(
                slack=topic_form(desk.here, topic, subscription),
                instead="In Discord: /topic edit, with an option for each of these",
            ),
        ),
        (
            "Form: settings",
            Drawn(
                slack=settings,
                instead="In Discord: /settings change, with an option for each of these",
            ),
        ),
        (
            "Form: import feeds",
            Drawn(slack=import_form(), instead="In Discord: /feed import, with the file attached"),
        ),
    )
    return (
        Shown(title="Home tab", message=Drawn(slack=home, instead=_NO_HOME)),
        *(Shown(title=title, message=form) for title, form in forms),
    )


def _proposing(here: Destination) -> Json:
    """The form as it opens in a channel. Slack would show the name of the id that is proposed."""
    form = asked_form(WATCH, "C1")
    form["blocks"][1]["element"]["initial_conversation"] = here.external_id
    return form


async def _asked(_: Interaction, __: str) -> Reply:
    raise RuntimeError("a form on a page is never sent")
