"""Fetch and parse with one fetcher and with two, as processes on one PostgreSQL.

    --feeds N      feeds, all due at once, spread over 64 loopback addresses; default: 1,000
    --passes N     passes of each kind, in turns; the medians count; default: 5
    --core-each    every fetcher, with its parse worker, on a core of its own

No desk runs: what is measured ends with the row that hands a poll over. Every poll is a whole
document of 20 items, none of them known. The publisher, the database and the other fetcher share
the machine; CPU is the fetchers' alone. Prints one JSON object last.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import psycopg  # noqa: E402
from aiohttp import web  # noqa: E402

from bot.storage.database import Database  # noqa: E402
from bot.storage.installation import migrate  # noqa: E402
from tests.clock import Clock  # noqa: E402
from tests.newsdesk import Newsdesk  # noqa: E402
from tests.servers.postgres import USER, restartable  # noqa: E402

HOSTS, ITEMS = 64, 20
CONFIG = """
[polling]
allow_private_addresses = true
interval_minutes = 60
[log]
level = "error"
"""
DURABLE = ("fsync=off", "autovacuum=off", "max_connections=100")
WORDS = (
    *("harbour", "grain", "envoy", "river", "bridge", "winter", "treaty"),
    *("market", "border", "energy", "summit", "council"),
)


def document() -> bytes:
    """As a paper of middling length lists its news."""
    items = "".join(
        f"<item><guid>https://wire.example/{n}</guid><link>https://wire.example/{n}</link>"
        f"<title>{' '.join(WORDS[n % 5 : n % 5 + 7])} {n}</title>"
        f"<description>&lt;p&gt;{' '.join(WORDS * 6)}&lt;/p&gt;</description>"
        "<pubDate>Sun, 01 Mar 2026 14:30:00 GMT</pubDate></item>"
        for n in range(ITEMS)
    )
    return f"<rss version='2.0'><channel><title>Wire</title>{items}</channel></rss>".encode()


async def publish() -> None:
    """In a process of its own: the same document for whoever asks, at each address."""
    body = document()

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/rss+xml")

    app = web.Application()
    app.router.add_get("/{name}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    first = web.TCPSite(runner, "127.0.0.1", 0)
    await first.start()
    port = runner.addresses[0][1]
    for number in range(2, HOSTS + 1):
        await web.TCPSite(runner, f"127.0.0.{number}", port).start()
    print(port, flush=True)
    await asyncio.Event().wait()


async def follow(url: str, port: int, feeds: int) -> None:
    database = Database(url)
    await migrate(database)
    desk = await Newsdesk.open(database, Clock())
    for number in range(feeds):
        host = f"127.0.0.{1 + number % HOSTS}"
        await desk.follow(f"http://{host}:{port}/{number}", polled=False)
    await database.close()


@contextmanager
def fetchers(count: int, folder: Path, url: str, *, core_each: bool) -> Iterator[list[int]]:
    """So many processes `wirewatch run --role fetcher`; their ids."""
    environment = {**os.environ, "WIREWATCH_STORAGE__URL": url, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "bot", "run", "--role", "fetcher", "--config", "fetch.toml"]
    with ExitStack() as stack:
        found = []
        for number in range(count):
            pin = ["taskset", "-c", str(number % (os.cpu_count() or 1))] if core_each else []
            process = subprocess.Popen(  # noqa: S603
                [*pin, *command], cwd=folder, env=environment
            )
            stack.callback(process.wait)
            stack.callback(process.terminate)
            found.append(process.pid)
        yield found


def cpu_s(pids: Sequence[int]) -> float:
    """What these processes and their children have used, those that have ended included."""
    ticks, family = 0, set(pids)
    stats = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        stats.append((int(path.parent.name), int(fields[1]), sum(map(int, fields[11:15]))))
    for _ in range(3):
        family |= {pid for pid, parent, _ in stats if parent in family}
    ticks = sum(used for pid, _, used in stats if pid in family)
    return ticks / os.sysconf("SC_CLK_TCK")


def one_pass(
    connection: psycopg.Connection[Any], count: int, feeds: int, folder: Path, url: str, core: bool
) -> dict[str, float]:
    """From the moment when all feeds are due until the last is handed over; twice, of which the
    second counts: the first warms up."""
    connection.execute("DELETE FROM duty")
    connection.execute("UPDATE feed SET next_poll_at = '2100-01-01'")
    took = used = 0.0
    with fetchers(count, folder, url, core_each=core) as pids:
        while _number(connection, "SELECT count(*) FROM duty") < count:
            time.sleep(0.05)
        for _ in range(2):
            connection.execute("DELETE FROM handed")
            before = cpu_s(pids)
            connection.execute("UPDATE feed SET next_poll_at = '2020-01-01'")
            began = time.monotonic()
            while _number(connection, "SELECT count(*) FROM handed") < feeds:
                if time.monotonic() - began > 300:
                    raise RuntimeError("the feeds are not polled")
                time.sleep(0.02)
            took, used = time.monotonic() - began, cpu_s(pids) - before
    return {"polls_a_second": feeds / took, "cpu_ms_a_poll": 1000 * used / feeds}


def _number(connection: psycopg.Connection[Any], query: str) -> int:
    row = connection.execute(query.encode()).fetchone()
    return int(row[0]) if row else 0


def measure(feeds: int, passes: int, *, core_each: bool) -> dict[str, Any]:
    found: dict[int, list[dict[str, float]]] = {1: [], 2: []}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cluster-")))
        (folder / "fetch.toml").write_text(CONFIG, encoding="utf-8")
        socket, _ = stack.enter_context(restartable(DURABLE))
        publisher = stack.enter_context(
            subprocess.Popen(  # noqa: S603
                [sys.executable, __file__, "--publish"], stdout=subprocess.PIPE, text=True
            )
        )
        stack.callback(publisher.terminate)
        assert publisher.stdout is not None
        port = int(publisher.stdout.readline())
        at = f"host={socket} user={USER} dbname="
        with psycopg.connect(f"{at}postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE bench")
        url = f"postgresql://{USER}@/bench?host={socket}"
        asyncio.run(follow(url, port, feeds))
        connection = stack.enter_context(psycopg.connect(f"{at}bench", autocommit=True))
        for turn in range(passes):
            for count, rates in found.items():
                rates.append(one_pass(connection, count, feeds, folder, url, core_each))
                print(f"pass {turn + 1}, {count}: {rates[-1]}", file=sys.stderr)
    said = {
        f"{count}_fetcher{'s' * (count > 1)}": {
            name: round(statistics.median(one[name] for one in rates), 2) for name in rates[0]
        }
        for count, rates in found.items()
    }
    ratios = [
        two["polls_a_second"] / one["polls_a_second"]
        for one, two in zip(found[1], found[2], strict=True)
    ]
    return {
        "ratio": round(statistics.median(ratios), 2),
        "ratios": [round(one, 2) for one in sorted(ratios)],
        **said,
        "feeds": feeds,
        "items": ITEMS,
        "cores": os.cpu_count(),
        "core_each": core_each,
        "load_average": [round(one, 1) for one in os.getloadavg()],
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--feeds", type=int, default=1000)
    parser.add_argument("--passes", type=int, default=5)
    parser.add_argument("--core-each", action="store_true")
    parser.add_argument("--publish", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.publish:
        asyncio.run(publish())
    else:
        print(json.dumps(measure(options.feeds, options.passes, core_each=options.core_each)))


if __name__ == "__main__":
    main()
