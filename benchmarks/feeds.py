"""Feeds against plain feedparser on the same bytes, in one run.

Fidelity: every file of the corpus through the product's parser; no entry that feedparser finds may
be missing. Speed: real feeds whose body has changed (a new lastBuildDate), with none, one or a
fifth of their items new: seen items are trimmed before feedparser sees the document. The speed-up
is the sum of feedparser's CPU over the sum of ours, medians of several passes a feed, without the
hand-over to a worker. Prints one JSON object last.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import random
import statistics
import tarfile
import time
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import feedparser

from bot.errors import ParseError
from bot.feeds.parse import parse, parse_news

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


def median_s(work: Callable[[], object], passes: int) -> float:
    times = []
    for _ in range(passes):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return statistics.median(times)


def speed(data: Path, sample: int, passes: int, seed: int) -> dict[str, object]:
    real = [body for _, kind, body in corpus(data) if kind == "real" and plain(body) >= 5]
    random.Random(seed).shuffle(real)
    totals: dict[str, list[tuple[float, float]]] = {"none": [], "one": [], "fifth": []}
    trimmed = 0
    for body in real[:sample]:
        floor = median_s(partial(plain, body), passes)
        hashes = list(parse_news(body, url=URL, now=NOW, known=frozenset()).hashes)
        if hashes:
            trimmed += 1
        for name, new in (("none", 0), ("one", 1), ("fifth", max(1, len(hashes) // 5))):
            known = frozenset(hashes[new:])
            ours = median_s(partial(parse_news, body, url=URL, now=NOW, known=known), passes)
            totals[name].append((floor, ours))
    return {
        "feeds": len(real[:sample]),
        "trimmable": trimmed,
        **{
            f"speed_up_{name}_new": round(sum(a for a, _ in pairs) / sum(b for _, b in pairs), 1)
            for name, pairs in totals.items()
        },
        **{
            f"median_speed_up_{name}_new": round(statistics.median(a / b for a, b in pairs), 1)
            for name, pairs in totals.items()
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of feeds-dev.tar.xz")
    parser.add_argument("--sample", type=int, default=120, help="real feeds for the speed part")
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--skip-fidelity", action="store_true")
    options = parser.parse_args()
    result: dict[str, object] = {}
    if not options.skip_fidelity:
        result["fidelity"] = fidelity(options.data)
    result["speed"] = speed(options.data, options.sample, options.passes, options.seed)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
