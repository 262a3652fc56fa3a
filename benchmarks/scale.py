"""A model on paper of a very large installation, computed from unit costs that were measured.

Without options it prints the model: what so many feeds and subscriptions need in processor cores,
memory, database and chat tokens, which limit is met first, and the tables of docs/scale.md (a test
holds the page to them). The unit costs stand in `MEASURED`, each with where it was measured; three
kinds are measured here:

    --rhythm DATA    how often real feeds have news, and so how often they would be polled
    --roster 30000   what subscriptions take: database, memory, start, and CPU of an article
    --window 12000   what open stories take at the desk's start, of each beyond a third of them

Prints one JSON object last.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import itertools
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy import Table, insert

from bot.errors import ParseError
from bot.feeds.parse import parse as read_feed
from bot.feeds.rhythm import from_dates
from bot.feeds.schedule import JITTER, Wishes, next_interval
from bot.model.ids import FeedId
from bot.pipeline.ingest import Desk
from bot.pipeline.roster import Roster
from bot.storage.database import Database
from bot.storage.installation import migrate
from bot.storage.revisions import next_revision
from bot.storage.roster import changes_since
from bot.storage.tables import channel, feed, follow, subscription, topic, workspace
from bot.topics.document import Document
from tests.clock import START, Clock

DAY = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Unit costs: CPU milliseconds, bytes, and rates, on one core of the machine of
    docs/benchmarks.md."""

    poll_304_ms: float = 0.47  # feeds, polls
    poll_same_ms: float = 0.60  # feeds, polls
    poll_changed_ms: float = 5.65  # feeds, polls: program and worker, two new articles
    ingest_ms: float = 2.86  # ingest, PostgreSQL: the desk's own CPU an article
    ingest_server_ms: float = 0.30  # ingest, PostgreSQL: its server's
    article_bytes: float = 5882  # ingest, PostgreSQL: all that follows from an article
    delivery_ms: float = 1.9  # delivery, throughput: Discord
    window_bytes: float = 4310  # --window
    polls_a_day: float = 16.9  # --rhythm
    articles_a_day: float = 9.1  # --rhythm
    subscription_bytes: float = 980  # --roster: in the database, with its topic and channel
    subscription_memory: float = 3620  # --roster: in the desk
    subscription_start_ms: float = 0.16  # --roster: of the desk's start
    matching_ms: float = 1.5  # --roster: of an article, at MATCHED_AT subscriptions
    matching_grows: float = 2.34  # --roster: times as much for ten times as many


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumed:
    """What nobody measured here: how people would use it."""

    feeds: int = 1_000_000
    subscriptions: int = 10_000_000
    topics_a_workspace: int = 10
    follows_a_workspace: int = 50
    share_304: float = 0.70
    share_same: float = 0.15
    posts_a_workspace: float = 5.0  # a day
    keep_days: int = 90
    story_days: float = 3.0
    discord_calls_a_post: float = 2.0
    discord_calls_a_second: float = 45.0  # our own cap for a token, below Discord's 50
    peak: float = 3.0  # the busiest hour, in times of the mean
    busy: float = 0.6  # of a core, at the peak


MATCHED_AT = 300_000
MEASURED = Measured()


def model(costs: Measured, wished: Assumed) -> dict[str, float]:
    """What it takes, at the mean of a day unless it says peak."""
    workspaces = wished.subscriptions / wished.topics_a_workspace
    polls = wished.feeds * costs.polls_a_day / DAY
    articles = wished.feeds * costs.articles_a_day / DAY
    posts = workspaces * wished.posts_a_workspace / DAY
    changed = 1 - wished.share_304 - wished.share_same
    poll_ms = (
        wished.share_304 * costs.poll_304_ms
        + wished.share_same * costs.poll_same_ms
        + changed * costs.poll_changed_ms
    )
    decades = _decades(wished.subscriptions / MATCHED_AT)
    match_ms = costs.matching_ms * costs.matching_grows**decades
    load = wished.peak / wished.busy / 1000
    kept = articles * DAY * wished.keep_days
    tokens = posts * wished.peak * wished.discord_calls_a_post / wished.discord_calls_a_second
    return {
        "workspaces": workspaces,
        "polls_a_second": polls,
        "articles_a_second": articles,
        "posts_a_second": posts,
        "fetcher_cores": polls * poll_ms * load,
        "desk_cores": articles * (costs.ingest_ms + match_ms) * load,
        "database_cores": articles * costs.ingest_server_ms * load,
        "sender_cores": posts * costs.delivery_ms * load,
        "discord_tokens": tokens,
        "desk_memory_gb": (
            wished.subscriptions * costs.subscription_memory
            + articles * DAY * wished.story_days * costs.window_bytes
        )
        / 1e9,
        "desk_start_minutes": wished.subscriptions * costs.subscription_start_ms / 60_000,
        "database_gb": (
            kept * costs.article_bytes + wished.subscriptions * costs.subscription_bytes
        )
        / 1e9,
    }


def _decades(times: float) -> float:
    """How often ten times."""
    decades = 0.0
    while times >= 10:
        times, decades = times / 10, decades + 1
    return decades + (times - 1) / 9


def first_limit(costs: Measured, wished: Assumed) -> dict[str, float]:
    """What share of the wished size each thing that there is only one of would bear."""
    found = model(costs, wished)
    return {
        "one desk's core": 1 / found["desk_cores"],
        "one bot token's 45 calls a second": 1 / found["discord_tokens"],
        "64 GB of memory for the desk": 64 / found["desk_memory_gb"],
        "4 TB of database": 4000 / found["database_gb"],
    }


def tables(costs: Measured, wished: Assumed) -> str:
    """The tables of docs/scale.md."""
    sizes = [
        (10_000, 100_000),
        (100_000, 1_000_000),
        (wished.feeds, wished.subscriptions),
    ]
    asked = [Assumed(feeds=feeds, subscriptions=subscriptions) for feeds, subscriptions in sizes]
    found = [model(costs, one) for one in asked]
    lines = [
        "| feeds, subscriptions | " + " | ".join(f"{f:,}, {s:,}" for f, s in sizes) + " |",
        "|---" * (len(sizes) + 1) + "|",
        *(
            f"| {said} | " + " | ".join(_shown(one[name]) for one in found) + " |"
            for name, said in _ROWS.items()
        ),
        "",
        "| there is only one of | bears so much of the largest size |",
        "|---|---|",
        *(
            f"| {said} | {share:.0%} |" if share < 10 else f"| {said} | more than ten times |"
            for said, share in sorted(first_limit(costs, wished).items(), key=lambda one: one[1])
        ),
    ]
    return "\n".join(lines)


_ROWS = {
    "workspaces": "workspaces",
    "polls_a_second": "polls a second",
    "articles_a_second": "articles a second",
    "posts_a_second": "posts a second",
    "fetcher_cores": "cores for fetchers and their parsers",
    "desk_cores": "cores for the desk (it has one)",
    "database_cores": "cores for PostgreSQL's writes",
    "sender_cores": "cores for senders",
    "discord_tokens": "Discord tokens, a sender each",
    "desk_memory_gb": "GB of memory for the desk",
    "desk_start_minutes": "minutes for the desk to start",
    "database_gb": "GB of database (90 days)",
}


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def rhythm(data: Path) -> dict[str, float]:
    """Of the real feeds whose dates tell: polls and new articles a day."""
    from feeds import corpus

    polls, news = [], []
    for path, kind, body in corpus(data):
        if kind != "real":
            continue
        try:
            read = read_feed(body, url=f"https://{path}", now=START)
        except ParseError:
            continue
        dates = sorted(one.published_at for one in read.articles if one.published_at)
        found = from_dates(dates)
        if found.gap_s is None:
            continue
        interval = next_interval(Wishes(base_s=600, gap_s=found.gap_s))
        polls.append(DAY / (interval * (1 + JITTER / 2)))
        span_s = max((dates[-1] - dates[0]).total_seconds(), 1.0)
        news.append(min((len(dates) - 1) * DAY / span_s, 500.0))
    return {
        "feeds": len(polls),
        "polls_a_day": round(statistics.mean(polls), 1),
        "articles_a_day": round(statistics.mean(news), 1),
        "articles_a_day_median": round(statistics.median(news), 2),
    }


_DICE = random.Random(5)
WORDS = ["".join(_DICE.choices("abcdefghiklmnoprstuvwyz", k=6)) for _ in range(20_000)]
_WEIGHTS = list(itertools.accumulate(1 / (rank + 20) for rank in range(len(WORDS))))


def roster(count: int, wished: Assumed) -> dict[str, float]:
    """What so many subscriptions take, each to a topic of two words of its own."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "roster.db")
        empty = asyncio.run(_fill(file, 0, wished))
        file.unlink()
        size = asyncio.run(_fill(file, count, wished)) - empty
        gc.collect()
        before, cpu = _resident(), time.process_time()
        standing = asyncio.run(_read(file))
        start_s = time.process_time() - cpu
        gc.collect()
        memory = _resident() - before
    feeds = count * wished.feeds // wished.subscriptions
    documents = [_document(number) for number in range(400)]
    for one in documents[:100]:
        list(standing.watching(FeedId(1), one))
    cpu, heard = time.process_time(), 0
    for number, one in enumerate(documents):
        heard += len(list(standing.watching(FeedId(number % feeds + 1), one)))
    return {
        "subscriptions": count,
        "bytes": round(size / count),
        "memory": round(memory / count),
        "start_ms": round(1000 * start_s / count, 3),
        "matching_ms": round(1000 * (time.process_time() - cpu) / len(documents), 2),
        "heard_by": round(heard / len(documents), 2),
    }


async def _fill(file: Path, count: int, wished: Assumed) -> int:
    """A database with so many. Returns its bytes."""
    database = Database(f"sqlite:///{file}")
    await migrate(database)
    for table, rows in _rows(count, wished) if count else ():
        async with database.write() as connection:
            await connection.execute(insert(table), rows)
    async with database.write() as connection:
        await next_revision(connection)
    await database.close()
    return file.stat().st_size  # noqa: ASYNC240 - nothing else runs here


async def _read(file: Path) -> Roster:
    database, standing = Database(f"sqlite:///{file}"), Roster()
    async with database.read() as connection:
        standing.apply(await changes_since(connection, 0))
    await database.close()
    return standing


def _rows(count: int, wished: Assumed) -> Iterator[tuple[Table, Sequence[dict[str, Any]]]]:
    """Everything that stands in the database for so many subscriptions."""
    dice = random.Random(7)
    stamp = {"created_at": START, "revision": 1}
    feeds = count * wished.feeds // wished.subscriptions
    spaces = [f"discord:{number}" for number in range(count // wished.topics_a_workspace)]
    each = wished.topics_a_workspace
    yield (
        workspace,
        [
            {"id": s, "platform": "discord", "external_id": s[8:], "created_at": START}
            for s in spaces
        ],
    )
    yield (
        feed,
        [
            {
                "url": f"https://h{number}.example/rss",
                "interval_s": 600.0,
                "next_poll_at": START,
                "created_at": START,
            }
            for number in range(feeds)
        ],
    )
    yield (
        channel,
        [
            {"workspace_id": s, "platform": "discord", "external_id": f"1{s[8:]}", **stamp}
            for s in spaces
        ],
    )
    yield (
        topic,
        [
            {
                "workspace_id": s,
                "name": (name := _asked(dice)),
                "name_key": f"{name} {number}",
                "query": name,
                **stamp,
            }
            for s in spaces
            for number in range(each)
        ],
    )
    yield (
        subscription,
        [
            {
                "workspace_id": s,
                "channel_id": at + 1,
                "topic_id": at * each + number + 1,
                "started_at": START,
                **stamp,
            }
            for at, s in enumerate(spaces)
            for number in range(each)
        ],
    )
    for start in range(0, len(spaces), 500):
        yield (
            follow,
            [
                {"workspace_id": s, "feed_id": number + 1, "name": f"Outlet {number}", **stamp}
                for s in spaces[start : start + 500]
                for number in dice.sample(range(feeds), wished.follows_a_workspace)
            ],
        )


def _asked(dice: random.Random) -> str:
    """Three of ten topics are broad: both words stand in every twentieth article."""
    words = WORDS[100:600] if dice.random() < 0.3 else WORDS[200:]
    return " ".join(dice.sample(words, 2))


def _document(number: int) -> Document:
    dice = random.Random(number)
    text = " ".join(dice.choices(WORDS, cum_weights=_WEIGHTS, k=110))
    return Document(title=" ".join(dice.choices(WORDS, k=8)), summary=text)


def window(count: int) -> dict[str, float]:
    """Resident bytes of a desk that starts with so many articles in its window, in a process of
    its own, and of each beyond a third of them."""
    found = []
    for size in (count // 3, count):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "window.db")
            asyncio.run(_tell(file, size))
            loading = [sys.executable, __file__, "--load", str(file)]
            ended = subprocess.run(loading, capture_output=True, text=True, check=True)  # noqa: S603
            found.append(int(ended.stdout))
    small, large = found
    return {
        "articles": count,
        "megabytes": round(large / 1e6, 1),
        "bytes": round((large - small) / (count - count // 3)),
    }


async def _tell(file: Path, count: int) -> None:
    from benchmarks.ingest import articles, batches, desk_on

    async with desk_on(f"sqlite:///{file}") as desk:
        for batch in await batches(desk, articles(count)):
            await desk.desk.ingest(batch)
            desk.clock.forward(seconds=30)


async def load(file: Path) -> int:
    """What the desk takes that starts on it."""
    clock, database = Clock(), Database(f"sqlite:///{file}")
    desk = Desk(database=database, now=clock, similar=True)
    gc.collect()
    before = _resident()
    await desk.start()
    await database.close()
    gc.collect()
    return _resident() - before


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rhythm", type=Path, help="measure: the folder of feeds-dev.tar.xz")
    parser.add_argument("--roster", type=int, help="measure: so many subscriptions")
    parser.add_argument("--window", type=int, help="measure: so many articles in open stories")
    parser.add_argument("--load", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.load:
        print(asyncio.run(load(options.load)))
    elif options.window:
        print(json.dumps(window(options.window)))
    elif options.rhythm:
        print(json.dumps(rhythm(options.rhythm)))
    elif options.roster:
        print(json.dumps(roster(options.roster, Assumed())))
    else:
        print(tables(MEASURED, Assumed()))
        print(json.dumps(asdict(MEASURED) | model(MEASURED, Assumed())))


if __name__ == "__main__":
    main()
