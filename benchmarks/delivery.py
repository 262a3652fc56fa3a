"""Delivery under fire: what is lost or doubled when the program is killed, and how fast it is.

    --kills N      `wirewatch` on loopback Discord and Slack, killed N times at random moments and
                   at each named commit point, while both chats refuse calls, lose replies and
                   commit late. Channels differ: all cards, a budget, hourly digests, quiet hours,
                   gates, mentions. The chats' ledgers judge. Then a fifth without Slack's history.
    --cluster      with --kills N and --restarts M: two fetchers, two desks and a sender on one
                   PostgreSQL; any of them killed N times, the database M times; and how long what
                   was begun stands still.
    --isolation    50 channels, 3 of them dead and 1 slow: p99 of the live ones' delay, beside the
                   same without those four.
    --outage       6 hours without the platform and 15,000 alerts in 50 channels, on a virtual
                   clock: cards and digests an hour after it, and whether every story was told.
    --storm        both chats answer 429 for ten minutes to 50 channels: posts before Retry-After,
                   and how many requests were in vain.
    --throughput   1,000 channels: deliveries a second, beside the SDK alone in a bare loop.

Prints one JSON object last. With `--to FILE` it runs on a copy of the code as it is now, so that
edits meanwhile do not matter, and writes the object there as well. A long siege, on two cores:

    nohup python benchmarks/delivery.py --kills 500 --instances 2 --to kills.json &

The parts are in benchmarks/siege/.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.siege.cluster import measure_cluster
from benchmarks.siege.isolation import measure_isolation
from benchmarks.siege.kills import measure_kills
from benchmarks.siege.outage import measure_outage
from benchmarks.siege.storm import measure_storm
from benchmarks.siege.throughput import measure_throughput
from bot.settings import LogSettings
from bot.terminal import set_up_log

ROOT = Path(__file__).resolve().parent.parent
SEED = 20261122


def run_on_a_copy(result: Path) -> None:
    """This very command, without `--to`, in a copy of the code."""
    given = sys.argv[1:]
    where = next(number for number, one in enumerate(given) if one.startswith("--to"))
    del given[where : where + (1 if "=" in given[where] else 2)]
    with tempfile.TemporaryDirectory(prefix="copy-") as folder:
        for name in ("bot", "tests", "benchmarks"):
            shutil.copytree(ROOT / name, Path(folder, name))
        command = [sys.executable, f"{folder}/benchmarks/delivery.py", *given]
        document = ROOT.parent / "shared" / "specs" / "discord-openapi.json"
        environment = {"DISCORD_OPENAPI": str(document)} if document.exists() else {}
        done = subprocess.run(  # noqa: S603
            command,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            env={**environment, **os.environ},
        )
    last = done.stdout.splitlines()[-1]
    result.write_text(f"{last}\n", encoding="utf-8")
    print(last)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    mode = parser.add_mutually_exclusive_group()
    parser.add_argument("--kills", type=int, default=100, metavar="N", help="default: 100")
    parser.add_argument("--restarts", type=int, default=10, metavar="M", help="default: 10")
    mode.add_argument("--cluster", action="store_true")
    mode.add_argument("--isolation", action="store_true")
    mode.add_argument("--outage", action="store_true")
    mode.add_argument("--storm", action="store_true")
    mode.add_argument("--throughput", action="store_true")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument(
        "--instances", type=int, default=1, metavar="N", help="sieges side by side; default: 1"
    )
    parser.add_argument(
        "--minutes", type=float, default=10, metavar="N", help="of storm; default: 10"
    )
    parser.add_argument("--to", type=Path, metavar="FILE", help="also write the result there")
    options = parser.parse_args()
    set_up_log(LogSettings(level="error"))
    if options.to:
        run_on_a_copy(options.to)
        return
    if options.cluster:
        measured = asyncio.run(measure_cluster(options.kills, options.restarts, options.seed))
    elif options.isolation:
        measured = measure_isolation(options.seed)
    elif options.outage:
        measured = asyncio.run(measure_outage())
    elif options.storm:
        measured = measure_storm(options.minutes)
    elif options.throughput:
        measured = asyncio.run(measure_throughput())
    else:
        measured = asyncio.run(
            measure_kills(options.kills, options.seed, instances=options.instances)
        )
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
