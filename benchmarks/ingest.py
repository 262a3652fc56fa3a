"""The desk on SQLite and on PostgreSQL, in turns, in one run: articles a second, CPU an article.

The same polls go through the desk's transaction as the program does it: seen keys, articles, the
archive, stories, matches, decisions, alerts and deliveries of a hundred topics in five channels.
Both databases are as durable as they are delivered (SQLite: synchronous=FULL; PostgreSQL: fsync,
on a socket of this machine, from the wheel of the tests). CPU is this process's, and for PostgreSQL
its server's beside it. Prints one JSON object last.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psycopg

from bot.model.article import ParsedArticle, ParsedFeed
from bot.pipeline.polled import Poll
from bot.storage import feeds
from bot.storage.database import Database
from bot.storage.installation import migrate
from tests.clock import Clock
from tests.newsdesk import Newsdesk
from tests.servers.postgres import USER, postgres

FEEDS, TOPICS, CHANNELS = 200, 100, 5
POLLS, ITEMS = 50, 10
"""Of one batch: 500 articles, where the desk closes one."""
_DICE = random.Random(5)
WORDS = ["".join(_DICE.choices("abcdefghiklmnoprstuvwyz", k=6)) for _ in range(20_000)]
_WEIGHTS = list(itertools.accumulate(1 / (rank + 20) for rank in range(len(WORDS))))


def articles(count: int) -> list[ParsedArticle]:
    """Every fourth tells of an event that another has told, under another headline."""
    dice, made, event = random.Random(11), [], 0
    for number in range(count):
        event += dice.random() >= 0.25
        told = random.Random(event - dice.randint(0, min(50, event))).choices(WORDS, k=7)
        dice.shuffle(told)
        link = f"https://h{number % FEEDS}.example/{number}"
        made.append(
            ParsedArticle(
                uid=str(number),
                url=link,
                canonical_url=link,
                title=" ".join(told),
                summary=" ".join(told + dice.choices(WORDS, cum_weights=_WEIGHTS, k=50)),
                published_at=Clock()(),
            )
        )
    return made


@contextmanager
def server() -> Iterator[tuple[str, int]]:
    """The socket of a PostgreSQL, and the id of its first process."""
    with postgres(durable=True) as socket:
        pid = Path(socket, "data", "postmaster.pid").read_text(encoding="ascii").split()[0]
        yield socket, int(pid)


@asynccontextmanager
async def desk_on(url: str) -> AsyncIterator[Newsdesk]:
    """A desk that has followed its feeds and watched its topics."""
    database = Database(url)
    try:
        await migrate(database)
        desk = await Newsdesk.open(database, Clock(), similar=True)
        for number in range(FEEDS):
            await desk.follow(f"https://h{number}.example/feed", name=f"Outlet {number}")
        for number, word in enumerate(random.Random(3).sample(WORDS[200:6000], TOPICS)):
            await desk.watch(word, channel=f"channel {number % CHANNELS}")
        yield desk
    finally:
        await database.close()


async def batches(desk: Newsdesk, made: list[ParsedArticle]) -> list[list[Poll]]:
    """The articles as polls of all feeds, turn by turn."""
    clock = desk.clock
    async with desk.database.read() as connection:
        states = [await feeds.get_feed(connection, number + 1) for number in range(FEEDS)]
    lists = [made[start : start + ITEMS] for start in range(0, len(made), ITEMS)]
    polls = [
        Poll(
            feed=state,
            polled_at=clock(),
            next_poll_at=clock() + timedelta(minutes=10),
            parsed=ParsedFeed(title=f"Feed {state.id}", articles=tuple(listed)),
        )
        for state, listed in zip(itertools.cycle(states), lists, strict=False)
    ]
    return [polls[start : start + POLLS] for start in range(0, len(polls), POLLS)]


def server_cpu_s(postmaster: int) -> float:
    """Of the server's first process, of those that it waited for, and of those that live."""
    total = 0
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            stat = (folder / "stat").read_text(encoding="ascii").rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        if int(folder.name) == postmaster:
            total += sum(map(int, stat[11:15]))
        elif int(stat[1]) == postmaster:
            total += sum(map(int, stat[11:13]))
    return total / os.sysconf("SC_CLK_TCK")


async def one_pass(url: str, made: list[ParsedArticle], postmaster: int | None) -> dict[str, float]:
    """A new database, all the articles."""
    async with desk_on(url) as desk:
        work = await batches(desk, made)
        theirs = server_cpu_s(postmaster) if postmaster else 0.0
        cpu, began = time.process_time(), time.monotonic()
        for batch in work:
            await desk.desk.ingest(batch)
            desk.clock.forward(seconds=30)
        took, spent = time.monotonic() - began, time.process_time() - cpu
        theirs = server_cpu_s(postmaster) - theirs if postmaster else 0.0
    return {
        "articles_a_second": len(made) / took,
        "own_cpu_ms": 1000 * spent / len(made),
        "server_cpu_ms": 1000 * theirs / len(made),
    }


def size_mb(socket: str, name: str) -> float:
    with psycopg.connect(f"host={socket} user={USER} dbname={name}") as asked:
        row = asked.execute("SELECT pg_database_size(current_database())").fetchone()
    assert row is not None
    return float(row[0]) / 1e6


def measure(count: int, passes: int) -> dict[str, Any]:
    made = articles(count)
    found: dict[str, list[dict[str, float]]] = {"sqlite": [], "postgresql": []}
    sizes = {}
    with tempfile.TemporaryDirectory() as folder, server() as (socket, postmaster):
        for number in range(passes):
            file = Path(folder, f"{number}.db")
            found["sqlite"].append(asyncio.run(one_pass(f"sqlite:///{file}", made, None)))
            sizes["sqlite"] = file.stat().st_size / 1e6
            name = f"desk{number}"
            where = f"host={socket} user={USER} dbname=postgres"
            with psycopg.connect(where, autocommit=True) as asked:
                asked.execute(f"CREATE DATABASE {name}")
            url = f"postgresql://{USER}@/{name}?host={socket}"
            found["postgresql"].append(asyncio.run(one_pass(url, made, postmaster)))
            sizes["postgresql"] = size_mb(socket, name)
    middle = {
        which: {key: round(statistics.median(one[key] for one in all_), 3) for key in all_[0]}
        for which, all_ in found.items()
    }
    lite, post = middle["sqlite"], middle["postgresql"]
    whole = post["own_cpu_ms"] + post["server_cpu_ms"]
    return {
        "articles": count,
        "passes": passes,
        **middle,
        "bytes_an_article": {which: round(1e6 * mb / count) for which, mb in sizes.items()},
        "rate_ratio": round(post["articles_a_second"] / lite["articles_a_second"], 2),
        "cpu_ratio": round(whole / lite["own_cpu_ms"], 2),
        "every_pass": {
            which: [round(one["articles_a_second"]) for one in all_]
            for which, all_ in found.items()
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=20_000)
    parser.add_argument("--passes", type=int, default=3)
    options = parser.parse_args()
    print(json.dumps(measure(options.articles, options.passes)))


if __name__ == "__main__":
    main()
