"""Measures backtests on an archive of many articles: what rare, common and hostile queries take.

The archive is made of the paragraphs in --data, drawn at random into articles of about 120 words
from 200 feeds over 90 days, stored and indexed as the desk does. Times are wall-clock medians, and
the CPU time of the process for machines that are shared, beside a plain scan of the same days in
the same run: every article through Python and the real matcher. Also measured: what the index adds
to storing an article, in time and bytes, and how late the event loop is while a backtest runs.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy import insert, text

from bot.commands.trial import run_backtest
from bot.model.article import Article, ParsedArticle
from bot.model.channel import PlatformName, Workspace
from bot.model.ids import LOCAL, ArticleId, FeedId, StoryId
from bot.storage import archive, articles, channels, feeds, following
from bot.storage.archive import in_chunks, pick_passing, read_articles, shelf
from bot.storage.database import Database
from bot.storage.installation import migrate
from bot.storage.tables import story
from bot.topics.index import TopicIndex
from bot.topics.query import parse

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAYS = 90
FEEDS = 200
WORDS_AN_ARTICLE = 120
BATCH = 2000
SEED = 20251122
HERE = Workspace(id=LOCAL, platform=PlatformName.WEBHOOK, external_id="local")
QUERIES = {
    "rare word": "Witkoff",
    "rare phrase": '"Kansas City Chiefs"',
    "some": "volcano OR earthquake",
    "near": "Microsoft NEAR/5 Google",
    "common word": "government",
    "very common": "said",
    "wildcard": "int* -microsoft",
    "unindexed": "/[0-9]{4}-[0-9]{2}/",
}


def paragraphs(data: Path) -> list[str]:
    """The texts of the news data."""
    found = []
    for name in ("abc_paras.jsonl", "ag_news_test.jsonl"):
        with (data / name).open(encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines if line.strip()]
        found += [f"{row['title']} {row['summary']}".strip() for row in rows]
    return found


def drawn(texts: Sequence[str], number: int, count: int, dice: random.Random) -> Article:
    """One article of random paragraphs. One in 20,000 names somebody rare."""
    parts, words = [], 0
    while words < WORDS_AN_ARTICLE - 15:
        parts.append(dice.choice(texts))
        words += parts[-1].count(" ") + 1
    if number % 20_000 == 0:
        parts.append("Witkoff flew home.")
    seen = NOW - timedelta(days=DAYS) * (1 - number / count)
    link = f"https://outlet.example/{number}"
    title, _, rest = parts[0].partition(". ")
    parsed = ParsedArticle(
        uid=link,
        url=link,
        canonical_url=link,
        title=title[:200],
        summary=" ".join([rest, *parts[1:]])[:2000],
        published_at=seen,
        language="en",
    )
    return Article(
        id=ArticleId(number),
        feed=FeedId(1 + number % FEEDS),
        story=StoryId(1 + number * 2 // 3),
        parsed=parsed,
        outlet="",
        first_seen_at=seen,
    )


async def fill(database: Database, texts: Sequence[str], count: int) -> dict[str, Any]:
    """Store `count` articles; what that took with and without the index."""
    dice = random.Random(SEED)
    async with database.write() as connection:
        await channels.ensure_workspace(connection, HERE, now=NOW)
        for number in range(FEEDS):
            feed = await feeds.ensure_feed(
                connection, f"https://outlet.example/feed/{number}", now=NOW, interval_s=600
            )
            await following.put_follow(
                connection,
                workspace=HERE.id,
                feed_id=feed.id,
                name=f"Outlet {number}",
                from_file=False,
                now=NOW,
                revision=1,
            )
    stored = indexed = 0.0
    for start in range(1, count + 1, BATCH):
        batch = [drawn(texts, n, count, dice) for n in range(start, min(start + BATCH, count + 1))]
        opened = sorted({one.story for one in batch})
        async with database.write() as connection:
            await connection.execute(
                insert(story).prefix_with("OR IGNORE"),
                [{"id": id_, "opened_at": NOW, "last_article_at": NOW} for id_ in opened],
            )
            began = time.perf_counter()
            await articles.insert_articles(connection, batch)
            between = time.perf_counter()
            await archive.keep(connection, batch)
            indexed += time.perf_counter() - between
            stored += between - began
    async with database.read() as connection:
        sizes = await connection.execute(
            text("SELECT sum(pgsize) FROM dbstat WHERE name LIKE 'archive%'")
        )
        bytes_ = sizes.scalar_one() or 0
    return {
        "store_us": round(stored / count * 1e6, 1),
        "index_us": round(indexed / count * 1e6, 1),
        "index_bytes": round(bytes_ / count),
    }


async def measure(database: Database, passes: int) -> dict[str, Any]:
    """Each query a few times; the loop's worst delay meanwhile."""
    results: dict[str, Any] = {}
    for name, source in QUERIES.items():
        spent: list[float] = []
        cpu: list[float] = []
        late: list[float] = []
        for _ in range(passes):
            watch = asyncio.create_task(_lateness(late))
            began, busy = time.perf_counter(), time.process_time()
            async with database.read() as connection:
                found = await run_backtest(connection, HERE.id, parse(source), days=DAYS, now=NOW)
            spent.append((time.perf_counter() - began) * 1000)
            cpu.append((time.process_time() - busy) * 1000)
            watch.cancel()
        results[name] = {
            "query": source,
            "ms": round(statistics.median(spent), 1),
            "cpu_ms": round(statistics.median(cpu), 1),
            "stories": found.stories,
            "candidates": found.candidates,
            "judged": found.judged,
            "exact": found.one_in == 1,
            "loop_late_ms": round(max(late, default=0.0), 1),
        }
        print(f"{name}: {results[name]}", file=sys.stderr)
    return results


async def _lateness(late: list[float]) -> None:
    while True:
        began = time.perf_counter()
        await asyncio.sleep(0.005)
        late.append((time.perf_counter() - began - 0.005) * 1000)


async def scan(database: Database, source: str, limit: int) -> float:
    """Milliseconds that the plain way takes for `limit` of the articles."""
    index: TopicIndex[str] = TopicIndex()
    index.add("it", parse(source))
    async with database.read() as connection:
        place = await shelf(connection, HERE.id, NOW - timedelta(days=DAYS + 1))
        ids = (await pick_passing(connection, place, None))[:limit]
        began = time.perf_counter()
        for chunk in in_chunks(ids):
            for one in await read_articles(connection, HERE.id, chunk):
                index.match(one.document)
    return (time.perf_counter() - began) * 1000


async def run(arguments: argparse.Namespace) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        kept = arguments.database
        path = kept or Path(folder) / "archive.db"
        fresh = not path.exists()
        database = Database(f"sqlite:///{path}")
        await migrate(database)
        filled = (
            await fill(database, paragraphs(arguments.data), arguments.articles) if fresh else {}
        )
        few = min(arguments.articles, 20_000)
        scanned = await scan(database, "Witkoff", few) * arguments.articles / few
        results = await measure(database, arguments.passes)
        await database.close()
    rare = results["rare word"]["ms"]
    return {
        "benchmark": "backtest",
        "articles": arguments.articles,
        **filled,
        "scan_ms": round(scanned),
        "scan_scaled_from": few,
        "times_faster_than_scan": round(scanned / rare),
        "queries": results,
    }


def main() -> None:
    """Fill an archive and measure; the last line printed is one JSON object."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--data", type=Path, default=Path("../shared/data/text"))
    asked.add_argument("--articles", type=int, default=1_000_000)
    asked.add_argument("--passes", type=int, default=3, help="timed runs a query; medians count")
    asked.add_argument("--database", type=Path, help="kept and used again; default: thrown away")
    print(json.dumps(asyncio.run(run(asked.parse_args()))))


if __name__ == "__main__":
    main()
