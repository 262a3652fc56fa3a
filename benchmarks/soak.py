"""A long run of the program itself on thousands of feeds that misbehave: memory, and lag.

`wirewatch run` as a process, on loopback: first `--once` without faults, which fills the story
window with ten articles a feed; then the run that is measured, with faults on, a poll of each feed
about every five minutes, a hundred topics in five webhook channels. The resident memory of the
program and of its parse workers is read each five seconds, and so are its own /metrics. Growth is
the median of the last fifth against that of the fifth after the warm-up. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.soak_publisher import ITEMS, WORDS, host_of  # noqa: E402 - after the path

EACH_S = 5.0
CHANNELS, TOPICS = 5, 100
WARM_UP = 0.2
"""Of the run: every feed has been polled once or twice by then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One look: seconds since the start, megabytes, CPU seconds so far, what /metrics says."""

    at_s: float
    own_mb: float
    workers_mb: float
    cpu_s: float
    metrics: dict[str, float]


def configuration(folder: Path, *, feeds: int, port: int, listen: str) -> None:
    """What a user would write, in the folder that the program runs in."""
    rare = random.Random(3).sample(WORDS[200:6000], TOPICS)
    lines = [
        "[polling]\ninterval_minutes = 5\nallow_private_addresses = true",
        f'[web]\nlisten = "{listen}"',
        '[log]\nlevel = "error"',
        *(f'[[topic]]\nname = "About {word}"\nquery = "{word}"' for word in rare),
        *(f'[[feed]]\nurl = "http://{host_of(n)}:{port}/{n}"' for n in range(feeds)),
    ]
    for channel in range(CHANNELS):
        names = ", ".join(f'"About {word}"' for word in rare[channel::CHANNELS])
        hook = f"http://127.0.0.1:{port}/hook/{channel}"
        lines.append(f'[[channel]]\nplatform = "webhook"\nid = "{hook}"\ntopics = [{names}]')
    (folder / "config").mkdir()
    (folder / "config/wirewatch.toml").write_text("\n".join(lines), encoding="utf-8")


def start(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """The program, on this code, in that folder."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from bot.cli import main; main()"
    command = [sys.executable, "-c", code, "run", *arguments]
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)  # noqa: S603


def spread_polls(folder: Path, *, over_s: float) -> None:
    """Real feeds were not all added in one minute."""
    with sqlite3.connect(folder / "wirewatch.db") as db:
        for (feed,) in db.execute("SELECT id FROM feed").fetchall():
            at = datetime.now(UTC) + timedelta(seconds=random.uniform(0, over_s))
            db.execute("UPDATE feed SET next_poll_at = ? WHERE id = ?", (f"{at:%F %T.%f}", feed))


def counted(folder: Path) -> dict[str, int]:
    with sqlite3.connect(folder / "wirewatch.db") as db:
        return {
            table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - ours
            for table in ("feed", "article", "story", "alert", "delivery")
        }


def look(pid: int, listen: str, began: float) -> Sample:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    found = {line.split(" ")[0]: float(line.split(" ")[1]) for line in _metrics(listen)}
    return Sample(
        at_s=time.monotonic() - began,
        own_mb=_resident_mb(pid),
        workers_mb=sum(_resident_mb(int(child)) for child in children),
        cpu_s=_cpu_s(pid) + sum(_cpu_s(int(child)) for child in children),
        metrics=found,
    )


def _metrics(listen: str) -> list[str]:
    page = ask(f"http://{listen}/metrics").splitlines()
    return [line for line in page if line and not line.startswith("#")]


def ask(url: str) -> str:
    with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310 - ours, on loopback
        page: bytes = answer.read()
    return page.decode()


def _resident_mb(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except FileNotFoundError:
        return 0.0  # a worker that was replaced meanwhile
    return pages * 4096 / 1e6


def _cpu_s(pid: int) -> float:
    """Of the process, and of those that it waited for."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return sum(map(int, fields[11:15])) / 100


def observe(process: subprocess.Popen[bytes], listen: str, *, minutes: float) -> list[Sample]:
    """The samples of the whole run; the first comes when the program answers."""
    deadline = time.monotonic() + 120
    while True:
        try:
            _metrics(listen)
            break
        except OSError:
            if time.monotonic() > deadline or process.poll() is not None:
                raise
            time.sleep(0.5)
    began = time.monotonic()
    samples = []
    while time.monotonic() < began + minutes * 60:
        if process.poll() is not None:
            raise SystemExit(f"the program ended by itself: {process.returncode}")
        samples.append(look(process.pid, listen, began))
        print(
            json.dumps({"at_s": round(samples[-1].at_s), "own_mb": samples[-1].own_mb}), flush=True
        )
        time.sleep(EACH_S)
    return samples


def judged(samples: list[Sample], *, minutes: float) -> dict[str, Any]:
    after = [one for one in samples if one.at_s >= WARM_UP * minutes * 60]
    fifth = max(1, len(after) // 5)
    first, last = after[:fifth], after[-fifth:]

    def growth(what: str) -> dict[str, float]:
        begins, ends = (statistics.median(getattr(s, what) for s in part) for part in (first, last))
        return {"from": round(begins, 1), "to": round(ends, 1), "per_cent": _per_cent(begins, ends)}

    def worst(name: str) -> dict[str, float]:
        seen = sorted(one.metrics.get(f"wirewatch_{name}", 0.0) for one in after)  # none: none due
        return {"p50": round(seen[len(seen) // 2], 1), "most": round(seen[-1], 1)}

    def rise(name: str) -> float:
        return after[-1].metrics[f"wirewatch_{name}"] - after[0].metrics[f"wirewatch_{name}"]

    span_s = after[-1].at_s - after[0].at_s
    return {
        "samples": len(after),
        "own_mb": growth("own_mb"),
        "workers_mb": growth("workers_mb"),
        "own_mb_by_tenths": [
            round(statistics.median(s.own_mb for s in part), 1) for part in _tenths(samples)
        ],
        "due_feed_s": worst("oldest_due_feed_seconds"),
        "pending_post_s": worst("oldest_pending_delivery_seconds"),
        "feeds_due": worst("feeds_due"),
        "articles_per_cent": _per_cent(
            after[0].metrics["wirewatch_articles"], after[-1].metrics["wirewatch_articles"]
        ),
        "polls_a_second": round(rise("polls_total") / span_s, 1),
        "articles_a_second": round(rise("articles") / span_s, 2),
        "cpu_share": round((after[-1].cpu_s - after[0].cpu_s) / span_s, 3),
        "slowest_look_s": round(max(b.at_s - a.at_s for a, b in pairwise(samples)) - EACH_S, 1),
    }


def _per_cent(begins: float, ends: float) -> float:
    return round(100 * (ends / begins - 1), 2) if begins else 0.0


def _tenths(samples: list[Sample]) -> list[list[Sample]]:
    size = max(1, len(samples) // 10)
    return [samples[n : n + size] for n in range(0, len(samples), size)]


def soak(folder: Path, *, feeds: int, minutes: float) -> dict[str, Any]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        listen = f"127.0.0.1:{free.getsockname()[1]}"
    serve = [sys.executable, str(ROOT / "benchmarks/soak_publisher.py"), str(feeds)]
    publisher = subprocess.Popen(serve, stdout=subprocess.PIPE)  # noqa: S603
    try:
        assert publisher.stdout is not None
        port = json.loads(publisher.stdout.readline())["port"]
        configuration(folder, feeds=feeds, port=port, listen=listen)
        began = time.monotonic()
        if start(folder, "--once").wait() != 0:
            raise SystemExit((folder / "log").read_text(encoding="utf-8")[-2000:])
        filled_s, filled = time.monotonic() - began, counted(folder)
        spread_polls(folder, over_s=300)
        said = f"http://127.0.0.1:{port}"
        ask(f"{said}/faults")
        process = start(folder)
        try:
            samples = observe(process, listen, minutes=minutes)
        finally:
            process.send_signal(signal.SIGTERM)
            stopped = time.monotonic()
            process.wait(60)
        heard = json.loads(ask(f"{said}/said"))
    finally:
        publisher.terminate()
        publisher.wait()
    return {
        "feeds": feeds,
        "items_a_feed": ITEMS,
        "minutes": minutes,
        "filled": filled,
        "filled_in_s": round(filled_s),
        "after": counted(folder),
        **judged(samples, minutes=minutes),
        "stopped_in_s": round(time.monotonic() - stopped, 1),
        "publisher": heard,
        "log_lines": (folder / "log").read_text(encoding="utf-8").count("\n"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--feeds", type=int, default=5000)
    parser.add_argument("--to", type=Path, help="write the object there as well")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = soak(Path(folder), feeds=options.feeds, minutes=options.minutes)
    if options.to:
        options.to.write_text(json.dumps(result, indent=1), encoding="utf-8")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
