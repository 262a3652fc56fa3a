"""`wirewatch status`: how the installation is, on one screen."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from rich.text import Text

from bot.model.glance import ago
from bot.settings import Settings
from bot.storage import told
from bot.storage.duty import OnDuty, on_duty
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
        there = await on_duty(connection, now=now)
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
        duties = [{"name": one.name, "since": one.since.isoformat()} for one in there]
        print_json(
            shown | {"on_duty": duties, "problems": [*problems(found, now=now), *missing(there)]}
        )
        return
    for head, said in (*lines(found, now=now), *roles(there, now=now)):
        stdout.print(Text(f"{head:<12}", style="bold").append(said, style="not bold"))
    for problem in (*problems(found, now=now), *missing(there)):
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


def roles(there: Sequence[OnDuty], *, now: datetime) -> Iterator[tuple[str, str]]:
    """Who does what, if several processes share the work."""
    fetchers = [one for one in there if one.name.startswith("fetcher ")]
    others = [one for one in there if one not in fetchers]
    said = [f"{one.name} for {ago(now - one.since)} on {_where(one)}" for one in others]
    if fetchers:
        noun = "fetcher" if len(fetchers) == 1 else "fetchers"
        said.append(f"{len(fetchers)} {noun} on {', '.join(sorted({*map(_where, fetchers)}))}")
    if said:
        yield "Roles", " · ".join(said)


def _where(one: OnDuty) -> str:
    """The machine that the process is on."""
    return one.holder.partition(":")[0]


def missing(there: Sequence[OnDuty]) -> Iterator[str]:
    """Roles that nobody plays while others do."""
    played = {one.name.partition(" ")[0] for one in there}
    for role in ("fetcher", "desk", "sender"):
        if played and role not in played:
            yield f"no {role} runs: start “wirewatch run --role {role}”"


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
