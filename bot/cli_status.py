"""`wirewatch status`: how the installation is, on one screen."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta

from rich.text import Text

from bot.model.glance import ago
from bot.settings import Settings
from bot.storage import told
from bot.storage.vitals import Vitals, vitals
from bot.terminal import ConfigOption, JsonOption, print_json, settings_of, stdout
from bot.wiring import open_database, utc_now

LATE_POLL = timedelta(minutes=10)
LATE_POST = timedelta(minutes=2)
"""Later than this nobody is at work, or somebody is overworked."""


def status_command(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """How it is: feeds, articles, deliveries, and what needs a person."""
    asyncio.run(_status(settings_of(config), as_json))


async def _status(settings: Settings, as_json: bool) -> None:
    now = utc_now()
    async with open_database(settings) as database, database.read() as connection:
        found = await vitals(connection, now=now)
        aside = [
            (f"{one.platform} {one.label}", one.disabled_reason)
            for one in await told.hearing_channels(connection)
            if one.disabled_reason is not None
        ]
    if as_json:
        shown = {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in asdict(found).items()
        }
        print_json(shown | {"problems": list(problems(found, now=now))})
        return
    for head, said in lines(found, now=now):
        stdout.print(Text(f"{head:<12}", style="bold").append(said, style="not bold"))
    for problem in problems(found, now=now):
        stdout.print(Text("! ", style="bold yellow").append(problem, style="not bold"))
    for where, why in aside:
        stdout.print(Text("! ", style="bold yellow").append(f"{where}: {why}", style="not bold"))


def lines(found: Vitals, *, now: datetime) -> Iterator[tuple[str, str]]:
    """A head and what is to be said under it."""
    feeds = [f"{found.feeds:,} followed", f"{found.failing:,} failing", f"{found.due:,} due now"]
    if found.polled_at is not None:
        feeds.append(f"last polled {ago(now - found.polled_at)} ago")
    yield "Feeds", " · ".join(feeds)
    articles = [f"{found.articles:,} stored", f"{found.articles_today:,} in 24 hours"]
    if found.newest_at is not None:
        articles.append(f"newest {ago(now - found.newest_at)} ago")
    yield "Articles", " · ".join(articles)
    kinds = ", ".join(f"{count:,} {kind}s" for kind, count in found.posted.items())
    yield "Posted", f"{kinds.replace('replys', 'replies') or 'nothing'} in 24 hours"
    yield "Waiting", f"{found.pending:,} deliveries · {found.held:,} alerts held for a digest"
    yield "Channels", f"{found.channels:,} · {found.set_aside:,} set aside"
    if found.doubts:
        doubts = ", ".join(f"{count:,} {how}" for how, count in sorted(found.doubts.items()))
        yield "Doubts", f"{doubts} (lost answers, by how they ended)"


def problems(found: Vitals, *, now: datetime) -> Iterator[str]:
    """What does not look after itself."""
    if found.due_since is not None and now - found.due_since > LATE_POLL:
        late = ago(now - found.due_since)
        yield f"A feed has been due for {late}: is “wirewatch run” running?"
    if found.pending_since is not None and now - found.pending_since > LATE_POST:
        late = ago(now - found.pending_since)
        yield f"A post has waited for {late}: “wirewatch alerts” says why."
    if found.abandoned:
        yield f"{found.abandoned:,} given up in 24 hours: “wirewatch alerts” says why."
