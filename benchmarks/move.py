"""Moving a whole installation from SQLite to PostgreSQL: time, and whether it arrives.

A loopback PostgreSQL of the tests; the move is killed twice on its way, and goes on each time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg

from bot.storage.database import Database
from bot.storage.installation import migrate
from tests.clock import Clock
from tests.newsdesk import Newsdesk, article
from tests.servers.postgres import USER, postgres

ROOT = Path(__file__).parents[1]
WORDS = (
    *("harbour", "grain", "envoy", "river", "bridge", "winter", "treaty"),
    *("market", "border", "energy", "summit", "council"),
)


async def fill(path: Path, articles: int) -> None:
    """An installation as the desk makes it: every fourth article is a story's second."""
    dice, clock = random.Random(7), Clock()
    database = Database(f"sqlite:///{path}")
    await migrate(database)
    desk = await Newsdesk.open(database, clock)
    feeds = [await desk.follow(f"https://{n}.example/feed") for n in range(20)]
    await desk.watch("harbour summit")
    for start in range(0, articles, 500):
        batch = []
        for number in range(start, min(start + 500, articles)):
            told = number - (number % 4 == 3)
            title = f"{' '.join(random.Random(told).sample(WORDS, 5))} {told}"
            summary = " ".join(dice.choices(WORDS, k=60))
            batch.append(article(title, uid=str(number), summary=summary, at=clock()))
        await desk.listed(dice.choice(feeds), *batch)
        clock.forward(minutes=5)
    await database.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=2, help="before it is let to its end")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, postgres() as socket:
        path = Path(folder, "wirewatch.db")
        asyncio.run(fill(path, options.articles))
        with psycopg.connect(f"host={socket} user={USER} dbname=postgres", autocommit=True) as made:
            made.execute("CREATE DATABASE moved")
        command = [sys.executable, "-m", "bot", "migrate", "--from", f"sqlite:///{path}"]
        command += ["--to", f"postgresql://{USER}@/moved?host={socket}"]
        began = time.monotonic()
        for kill in range(options.kills):
            going = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)  # noqa: S603
            try:
                going.wait(8 + 8 * kill)
            except subprocess.TimeoutExpired:
                going.kill()
                going.wait()
        killed = time.monotonic()
        last = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
        ended = time.monotonic()
        print(
            json.dumps(
                {
                    "articles": options.articles,
                    "file_mb": round(path.stat().st_size / 1e6),
                    "kills": options.kills,
                    "until_the_last_kill_s": round(killed - began, 1),
                    "the_rest_s": round(ended - killed, 1),
                    "said": last.stdout.strip(),
                    "peak_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024,
                }
            )
        )


if __name__ == "__main__":
    main()
