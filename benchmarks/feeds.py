"""Feeds against plain feedparser and a bare aiohttp client on the same bytes, in one run.

Fidelity: every file of the corpus through the product's parser; no entry that feedparser finds may
be missing. Trim: real feeds whose body has changed, with none, one or a fifth of their items new;
seen items are cut out before feedparser sees the document. Both sides are CPU seconds, ours those
of the worker process as well, hand-over included; medians of several passes a feed. Identical: the
articles of a trimmed document against those of the whole one, field by field. Polls, memory and
hostile feeds: see feeds_load.py. Prints one JSON object last.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import io
import json
import random
import statistics
import tarfile
import time
import warnings
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import feeds_load

from bot.errors import ParseError
from bot.feeds.parse import parse, parse_news
from bot.feeds.workers import ParseWorkers

URL = "http://feeds.example/feed"
NOW = datetime.now(UTC)


def corpus(data: Path) -> Iterator[tuple[str, str, bytes]]:
    """(path, class, body) of every file in the index."""
    rows = csv.DictReader((data / "index.tsv").open(encoding="utf-8"), delimiter="\t")
    classes = {row["path"]: row["class"] for row in rows}
    with tarfile.open(data / "feeds-dev.tar.xz") as archive:
        for member in archive:
            path = member.name.removeprefix("./")
            file = archive.extractfile(member) if path in classes else None
            if file is not None:
                yield path, classes[path], file.read()


def plain(body: bytes) -> int:
    """What a plain feedparser finds, with its defaults."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = feedparser.parse(io.BytesIO(body), response_headers={"content-location": URL})
        except Exception:  # noqa: BLE001 - it raises on some documents; then it finds nothing
            return 0
        return len(found.entries)


def fidelity(data: Path) -> dict[str, object]:
    counts = {"files": 0, "same": 0, "more": 0, "fewer": 0, "crashes": 0}
    fewer: list[str] = []
    slowest = 0.0
    for path, _, body in corpus(data):
        expected = plain(body)
        began = time.perf_counter()
        try:
            found = len(parse(body, url=URL, now=NOW).articles)
        except ParseError:
            found = 0
        except Exception:  # noqa: BLE001 - what this benchmark looks for
            counts["crashes"] += 1
            continue
        slowest = max(slowest, time.perf_counter() - began)
        counts["files"] += 1
        name = "same" if found == expected else "more" if found > expected else "fewer"
        counts[name] += 1
        if name == "fewer":
            fewer.append(path)
    return {**counts, "fewer_in": fewer, "slowest_s": round(slowest, 2)}


def cpu_of(pid: int) -> float:
    """CPU seconds that a process has had, to the nanosecond (Linux)."""
    return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9


def plain_s(body: bytes, passes: int) -> float:
    times = []
    for _ in range(passes):
        began = time.process_time()
        plain(body)
        times.append(time.process_time() - began)
    return statistics.median(times)


async def ours_s(workers: ParseWorkers, body: bytes, known: frozenset[str], passes: int) -> float:
    times = []
    for _ in range(passes):
        pid = workers.pids()[0]
        began = time.process_time() + cpu_of(pid)
        await workers.parse_news(body, url=URL, now=NOW, known=known)
        times.append(time.process_time() + cpu_of(pid) - began)
    return statistics.median(times)


def differences(body: bytes, known: frozenset[str]) -> list[str]:
    """Fields in which the articles of the trimmed document differ from those of the whole one."""
    whole = parse_news(body, url=URL, now=NOW, known=frozenset())
    part = parse_news(body, url=URL, now=NOW, known=known)
    if not part.hashes:
        return [] if part.feed == whole.feed else ["fallback"]
    expected = [
        article
        for article, source in zip(whole.feed.articles, whole.sources, strict=True)
        if source not in known
    ]
    if len(expected) != len(part.feed.articles):
        return ["number of articles"]
    return [
        name
        for one, other in zip(expected, part.feed.articles, strict=True)
        for name in (field.name for field in fields(one))
        if getattr(one, name) != getattr(other, name)
    ]


async def speed(data: Path, sample: int, passes: int, seed: int) -> dict[str, object]:
    real = [body for _, kind, body in corpus(data) if kind == "real" and plain(body) >= 5]
    random.Random(seed).shuffle(real)
    cases = ("none", "one", "fifth")
    pairs: dict[tuple[str, bool], list[tuple[float, float]]] = defaultdict(list)
    differing: list[str] = []
    trimmable = 0
    async with ParseWorkers(timeout_s=60, recycle_after=10**9) as workers:
        await workers.parse(b"<rss><channel><title>x</title></channel></rss>", url=URL, now=NOW)
        for body in real[:sample]:
            floor = plain_s(body, passes)
            hashes = parse_news(body, url=URL, now=NOW, known=frozenset()).hashes
            trimmable += bool(hashes)
            for name, new in zip(cases, (0, 1, max(1, len(hashes) // 5)), strict=True):
                known = frozenset(hashes[new:])
                cost = await ours_s(workers, body, known, passes)
                for whole in {False, not hashes}:
                    pairs[name, whole].append((floor, cost))
                differing += differences(body, known)
    result: dict[str, object] = {
        "feeds": len(real[:sample]),
        "trimmable": trimmable,
        "fields_that_differ": sorted(set(differing)),
    }
    whole_cost = sum(ours for _, ours in pairs["none", True])
    result["share_of_cost_in_fallbacks_none_new"] = round(
        whole_cost / sum(ours for _, ours in pairs["none", False]), 2
    )
    for name in cases:
        every, left_whole = pairs[name, False], pairs[name, True]
        can = list(every)
        for pair in left_whole:
            can.remove(pair)
        result[f"{name}_new"] = {
            "trimmable": ratio(can),
            "trimmable_median": round(statistics.median(a / b for a, b in can), 1),
            "all": ratio(every),
            "all_median": round(statistics.median(a / b for a, b in every), 1),
        }
    return result


def ratio(pairs: list[tuple[float, float]]) -> float:
    return round(sum(a for a, _ in pairs) / sum(b for _, b in pairs), 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of feeds-dev.tar.xz")
    parser.add_argument("--sample", type=int, default=120, help="real feeds for the speed part")
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--feeds", type=int, default=3000, help="feeds for the polls part")
    parser.add_argument("--items", type=int, default=30, help="of each feed, for the memory part")
    parser.add_argument("--seconds", type=float, default=300, help="at most, for the memory part")
    parser.add_argument(
        "--parts",
        default="fidelity,trim,polls,memory,hostile",
        help="which of fidelity, trim, polls, memory, hostile",
    )
    options = parser.parse_args()
    parts = options.parts.split(",")
    result: dict[str, object] = {}
    if "fidelity" in parts:
        result["fidelity"] = fidelity(options.data)
    if "trim" in parts:
        result["trim"] = asyncio.run(
            speed(options.data, options.sample, options.passes, options.seed)
        )
    if "polls" in parts:
        result["polls"] = asyncio.run(feeds_load.polls(options.feeds))
    if "memory" in parts:
        result["memory"] = asyncio.run(
            feeds_load.memory(20_000, items=options.items, seconds=options.seconds)
        )
    if "hostile" in parts:
        result["hostile"] = asyncio.run(feeds_load.hostile())
    print(json.dumps(result))


if __name__ == "__main__":
    main()
