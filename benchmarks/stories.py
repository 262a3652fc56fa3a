"""Measures stories: which articles are grouped, how fast, and what the summaries say.

With --articles and --assignments it groups a file and writes who went where; add --data for the
figures of docs/benchmarks.md. One frozen set of parameters, the product's own, for every data
set: decisions are made at arrival, in the order of the file (of `ts` where there is one), and
without time where there is none. Every figure of speed is CPU time, beside a peer in the same run.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import re
import resource
import statistics
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from math import log, sqrt
from pathlib import Path
from typing import Any

import Stemmer

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bot.alerts.lead import by_centrality
from bot.alerts.sentences import sentences
from bot.alerts.summary import key_points, summary_of
from bot.model.article import Article, ParsedArticle
from bot.model.ids import ArticleId, FeedId, StoryId
from bot.pipeline.meaning import Meaning, load_meaning
from bot.stories.joined import oldest_of
from bot.stories.outlets import same_origin
from bot.stories.report import Placed, Report
from bot.stories.title import normalised_title
from bot.stories.window import STORY_CLOSES_AFTER, Window
from bot.topics.words import words

Row = dict[str, Any]
Merge = tuple[StoryId, StoryId]
MEANINGS: list[Meaning] = []
"""What compares meanings, while it does."""
SEED = 20261123
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
SETS = {
    "roundups-2021": "roundups-2021-dev.jsonl",
    "ecb+": "ecbplus.jsonl",
    "roundups-undated": "roundups-undated-dev.jsonl",
    "uci-headlines": "uci-headlines.jsonl",
}
BOOTSTRAPS = 500


# --- grouping -------------------------------------------------------------------------------


def report_of(row: Row) -> Report:
    """A row of a data set as the desk would read it. Its `url` is used where it has one."""
    stamp = row.get("ts")
    at = EPOCH if stamp is None else datetime.fromtimestamp(stamp, UTC)
    return Report(
        canonical_url=row.get("url", ""),
        title=row["title"],
        summary=row.get("summary", ""),
        at=at,
        language=row.get("language", ""),
    )


def grouped(
    rows: Iterable[Row], merges: list[Merge] | None = None, *, join: bool = False
) -> list[int]:
    """The story of each row, decided when it comes, by the product. What it says of merges goes
    into `merges` and changes nothing, for the message of a story is posted by then; unless `join`:
    then the window joins them, as the desk's does, and later rows find the older story."""
    window, count, found = Window(), 0, []
    for row in rows:
        report = report_of(row)
        if row.get("ts") is not None:
            window.forget_closed(now=report.at)
        story = _place(window, report, count + 1, merges, join=join)
        count = max(count, story)
        found.append(story)
    return found


def grouped_by_meaning(rows: Iterable[Row]) -> list[int]:
    """The same with the `semantic` extra."""
    MEANINGS.append(load_meaning())
    try:
        return grouped(rows)
    finally:
        MEANINGS.clear()


def _place(
    window: Window,
    report: Report,
    fresh: int,
    merges: list[Merge] | None = None,
    *,
    join: bool = False,
) -> int:
    draft = window.draft()
    terms = draft.terms_of(report)
    meaning = MEANINGS[0](f"{report.title}. {report.summary}") if MEANINGS else b""
    assignment = draft.assign(report, terms, meaning)
    if merges is not None:
        merges.extend(assignment.merges)
    story = assignment.story or StoryId(fresh)
    draft.place(
        Placed(
            story=story,
            canonical_url=report.canonical_url,
            title=report.title,
            at=report.at,
            terms=terms,
            opening=draft.opening_of(report),
            meaning=meaning,
        )
    )
    if join:
        draft.join(assignment.merges)
    window.take(draft)
    return story


def merged(rows: Sequence[Row]) -> dict[str, float]:
    """The merges that are said while `rows` come: how many pairs, how many of which are of one
    event, and what F is once each younger story's articles count for the older."""
    said: list[Merge] = []
    found = grouped(rows, said, join=True)
    events: dict[int, Counter[str]] = defaultdict(Counter)
    for row, story in zip(rows, found, strict=True):
        events[story][row["story"]] += 1
    event = {story: counts.most_common(1)[0][0] for story, counts in events.items()}
    pairs = sorted(set(said), reverse=True)
    older = {story: story for story in event} | oldest_of(pairs)
    after = scores(rows, [older[story] for story in found])
    right = sum(event[younger] == event[elder] for younger, elder in pairs)
    return {"said": len(pairs), "right": right, "f_afterwards": after["f"]}


def by_title(rows: Sequence[Row]) -> list[int]:
    """Peer: exact normalised title."""
    known: dict[str, int] = {}
    return [
        known.setdefault(normalised_title(row["title"]) or f"#{at}", at)
        for at, row in enumerate(rows)
    ]


def by_minhash(rows: Sequence[Row], least: float = 0.2) -> list[int]:
    """Peer: MinHash LSH over words (datasketch), the story of the nearest neighbour within the same
    72 hours as ours."""
    from datasketch import MinHash, MinHashLSH  # type: ignore[import-not-found, unused-ignore]

    index = MinHashLSH(threshold=least, num_perm=128)
    hashes: list[Any] = []
    found: list[int] = []
    for at, row in enumerate(rows):
        mine = MinHash(num_perm=128)
        mine.update_batch([word.encode() for word in set(_folded(row))])
        near = [
            (mine.jaccard(hashes[other]), -other)
            for other in index.query(mine)
            if _is_open(rows[other].get("ts"), row.get("ts"))
        ]
        best = max(near, default=None)
        found.append(found[-best[1]] if best and best[0] >= least else at)
        index.insert(at, mine)
        hashes.append(mine)
    return found


class PlainTfidf:
    """Peer: a dict of postings, TF-IDF cosine to every article in the window (the same 72 hours as
    ours), the nearest one's story if it is near enough."""

    def __init__(self, least: float = 0.28) -> None:
        self.least = least
        self.postings: dict[str, dict[int, float]] = defaultdict(dict)
        self.story: list[int] = []
        self.at: list[float | None] = []

    def add(self, row: Row) -> int:
        """The article's story."""
        vector = self._vector(row)
        scores: dict[int, float] = {}
        for term, weight in vector.items():
            for other, theirs in self.postings[term].items():
                scores[other] = scores.get(other, 0.0) + weight * theirs
        at = len(self.story)
        now = row.get("ts")
        if now is not None:
            scores = {one: s for one, s in scores.items() if _is_open(self.at[one], now)}
        best = max(scores, key=scores.__getitem__, default=-1)
        near = best >= 0 and scores[best] >= self.least
        self.story.append(self.story[best] if near else at)
        self.at.append(now)
        for term, weight in vector.items():
            self.postings[term][at] = weight
        return self.story[-1]

    def insert(self, row: Row) -> None:
        """Only fill the window."""
        at = len(self.story)
        self.story.append(at)
        self.at.append(row.get("ts"))
        for term, weight in self._vector(row).items():
            self.postings[term][at] = weight

    def _vector(self, row: Row) -> dict[str, float]:
        total = len(self.story)
        raw = {
            term: count * (log((total + 2) / (len(self.postings.get(term, ())) + 1)) + 1)
            for term, count in Counter(_folded(row)).items()
        }
        length = sqrt(sum(weight * weight for weight in raw.values())) or 1.0
        return {term: weight / length for term, weight in raw.items()}


def by_plain_tfidf(rows: Sequence[Row]) -> list[int]:
    """Peer: see PlainTfidf."""
    plain = PlainTfidf()
    return [plain.add(row) for row in rows]


def _is_open(before: float | None, now: float | None) -> bool:
    return before is None or now is None or now - before <= STORY_CLOSES_AFTER.total_seconds()


def _folded(row: Row) -> list[str]:
    return [word.lower() for word in words(f"{row['title']} {row.get('summary', '')}")]


# --- scoring --------------------------------------------------------------------------------


def scores(rows: Sequence[Row], found: Sequence[int]) -> dict[str, float]:
    """B-cubed F, precision and recall; missed and redundant alerts in per cent."""
    precision, recall = _per_article(rows, found)
    p, r = statistics.fmean(precision), statistics.fmean(recall)
    opened: set[int] = set()
    alerts: Counter[str] = Counter()
    for row, story in zip(rows, found, strict=True):
        if story not in opened:
            opened.add(story)
            alerts[row["story"]] += 1
    gold = {row["story"] for row in rows}
    redundant = sum(count - 1 for count in alerts.values())
    return {
        "f": round(2 * p * r / (p + r), 4),
        "precision": round(p, 3),
        "recall": round(r, 3),
        "missed_percent": round(100 * (len(gold) - len(alerts)) / len(gold), 2),
        "redundant_percent": round(100 * redundant / max(1, len(rows) - len(gold)), 1),
    }


def _per_article(rows: Sequence[Row], found: Sequence[int]) -> tuple[list[float], list[float]]:
    gold: dict[str, set[int]] = defaultdict(set)
    ours: dict[int, set[int]] = defaultdict(set)
    for at, (row, story) in enumerate(zip(rows, found, strict=True)):
        gold[row["story"]].add(at)
        ours[story].add(at)
    pairs = [(gold[row["story"]], ours[story]) for row, story in zip(rows, found, strict=True)]
    both = [len(g & o) for g, o in pairs]
    return (
        [n / len(o) for n, (_, o) in zip(both, pairs, strict=True)],
        [n / len(g) for n, (g, _) in zip(both, pairs, strict=True)],
    )


def interval(rows: Sequence[Row], found: Sequence[int]) -> list[float]:
    """95 % of F, by drawing gold stories with replacement."""
    precision, recall = _per_article(rows, found)
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for row, p, r in zip(rows, precision, recall, strict=True):
        one = sums[row["story"]]
        one[0] += p
        one[1] += r
        one[2] += 1
    dice, stories, drawn = random.Random(SEED), list(sums.values()), []
    for _ in range(BOOTSTRAPS):
        sample = dice.choices(stories, k=len(stories))
        p, r, n = (sum(one[at] for one in sample) for at in range(3))
        drawn.append(2 * (p / n) * (r / n) / (p / n + r / n))
    drawn.sort()
    return [round(drawn[int(BOOTSTRAPS * q)], 3) for q in (0.025, 0.975)]


def quality(data: Path, *, peers: bool, semantic: bool) -> dict[str, Any]:
    """Every data set, ours and peers'."""
    ways: dict[str, Callable[[Sequence[Row]], list[int]]] = {"wirewatch": grouped}
    if semantic:
        ways["semantic"] = grouped_by_meaning
    if peers:
        ways |= {"exact title": by_title, "plain tf-idf": by_plain_tfidf}
        try:
            import datasketch  # type: ignore[import-not-found, unused-ignore] # noqa: F401

            ways["minhash"] = by_minhash
        except ImportError:
            print("datasketch is not installed: MinHash is left out (pip install datasketch)")
    figures: dict[str, Any] = {}
    for name, file in SETS.items():
        rows = arrivals(data / file)
        for way, group in ways.items():
            found = group(rows)
            one = scores(rows, found) | {"interval": interval(rows, found)}
            figures.setdefault(name, {})[way] = one
            print(f"{name:18} {way:14} {one}", flush=True)
        figures[name]["merges"] = merged(rows)
        print(f"{name:18} merges         {figures[name]['merges']}", flush=True)
    for name, rows in harder(data).items():
        for way in ("wirewatch", "semantic") if semantic else ("wirewatch",):
            one = scores(rows, ways[way](rows))
            figures.setdefault(name, {})[way] = one
            print(f"{name:18} {way:14} {one}", flush=True)
    return figures


def harder(data: Path) -> dict[str, list[Row]]:
    """The same data made into what nothing was chosen by: another order, other times or none, and
    no leads."""
    dated, ecb = (arrivals(data / SETS[name]) for name in ("roundups-2021", "ecb+"))
    shuffled = list(ecb)
    random.Random(SEED).shuffle(shuffled)
    return {
        "ecb+ shuffled": shuffled,
        "roundups-undated, arrivals simulated": simulated(
            arrivals(data / SETS["roundups-undated"])
        ),
        "roundups-2021, times taken away": [{**row, "ts": None} for row in dated],
        "roundups-2021, headlines alone": [{**row, "summary": ""} for row in dated],
    }


def arrivals(path: Path) -> list[Row]:
    """The rows in the order of their coming."""
    with path.open() as lines:
        rows = [json.loads(line) for line in lines]
    return sorted(rows, key=lambda row: row["ts"]) if "ts" in rows[0] else rows


def simulated(rows: Sequence[Row], an_hour: float = 6.0) -> list[Row]:
    """The stories at random times, `an_hour` of them an hour, each report within 12 hours; half
    of the stories keep one report only."""
    dice = random.Random(SEED)
    stories: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        stories[row["story"]].append(row)
    hours = len(stories) / an_hour
    told = []
    for reports in stories.values():
        start = EPOCH + timedelta(hours=dice.uniform(0, hours))
        kept = reports[:1] if dice.random() < 0.5 else reports
        for row in kept:
            at = start + timedelta(hours=dice.uniform(0, 12))
            told.append({**row, "ts": at.timestamp()})
    return sorted(told, key=lambda row: row["ts"])


# --- syndicated copies ----------------------------------------------------------------------


def copies(row: Row, other: Row, dice: random.Random) -> dict[str, Row]:
    """What outlets make of one dispatch."""
    lead = row["summary"].split()
    few = [word for word in lead if dice.random() > 2 / max(12, len(lead))]
    title = row["title"].split()
    if len(title) > 4:
        title.pop(dice.randrange(len(title)))
    return {
        "suffix": {**row, "title": f"{row['title']} - The Harbour Post"},
        "truncated": {**row, "summary": " ".join(lead[: max(12, len(lead) // 2)]) + "\u2026"},
        "words dropped": {**row, "title": " ".join(title), "summary": " ".join(few)},
        "new headline": {**row, "title": other["title"]},
    }


def syndication(data: Path, count: int = 1000) -> dict[str, Any]:
    """Of `count` dispatches in one window, each with one copy of every kind: how many copies
    came to the story of their dispatch, and how many are told to be of one origin."""
    dice = random.Random(SEED)
    rows = [r for r in arrivals(data / SETS["roundups-undated"]) if len(r["summary"].split()) >= 20]
    rows = list({row["story"]: row for row in rows}.values())
    chosen = [{**row, "url": ""} for row in dice.sample(rows, count)]
    window, fresh, home = Window(), 0, []
    alone = 0
    for row in chosen:
        story = _place(window, report_of(row), fresh + 1)
        alone += story == fresh + 1
        fresh = max(fresh, story)
        home.append(story)
    caught: Counter[str] = Counter()
    origin: Counter[str] = Counter()
    for at, row in enumerate(chosen):
        for kind, copy in copies(row, chosen[at - 1], dice).items():
            draft = window.draft()
            report = report_of(copy)
            caught[kind] += draft.find(report, draft.terms_of(report)) == home[at]
            origin[kind] += same_origin(_article(1, row, "A"), _article(2, copy, "B"))
    pairs = [(a, b) for a, b in itertools.pairwise(rows) if a["story"] != b["story"]]
    wrong = sum(same_origin(_article(1, a, "A"), _article(2, b, "B")) for a, b in pairs)
    kinds = list(caught)
    return {
        "caught_percent": {kind: round(100 * caught[kind] / count, 1) for kind in kinds},
        "caught_percent_all": round(100 * sum(caught.values()) / count / len(kinds), 2),
        "same_origin_percent": {kind: round(100 * origin[kind] / count, 1) for kind in kinds},
        "false_merges_percent": round(100 * (count - alone) / count, 1),
        "false_origin_percent": round(100 * wrong / len(pairs), 2),
    }


def _article(number: int, row: Row, outlet: str) -> Article:
    return Article(
        id=ArticleId(number),
        feed=FeedId(number),
        story=StoryId(1),
        parsed=ParsedArticle(
            uid="", url="", canonical_url="", title=row["title"], summary=row.get("summary", "")
        ),
        outlet=outlet,
        first_seen_at=EPOCH,
    )


# --- speed ----------------------------------------------------------------------------------


def stream(data: Path, count: int) -> list[Row]:
    """News of real sentences: a headline of one article, two sentences of others, and three
    invented names; every fourth is a second report of the one before."""
    dice = random.Random(SEED)
    rows = arrivals(data / SETS["roundups-undated"]) + arrivals(data / SETS["ecb+"])
    told = [s for r in rows for s in re.split(r"(?<=[.!?])\s+", r["summary"]) if len(s) > 30]
    syllables = (
        "ba",
        "ker",
        "lin",
        "dov",
        "ash",
        "tri",
        "mon",
        "vel",
        "sar",
        "gu",
        "ito",
        "pen",
        "zik",
    )
    found: list[Row] = []
    for at in range(count):
        if at % 4 == 3:
            before = found[-1]
            summary = f"{before['summary']} {dice.choice(told)}"
            found.append({"id": at, "title": before["title"] + " again", "summary": summary})
            continue
        names = ["".join(dice.choices(syllables, k=3)).capitalize() for _ in range(3)]
        summary = f"{dice.choice(told)} {names[0]} {names[1]} said. {dice.choice(told)} {names[2]}."
        found.append({"id": at, "title": dice.choice(rows)["title"], "summary": summary})
    return found


def speed(data: Path, size: int, measured: int, way: str) -> dict[str, float]:
    """With `size` articles in the window: articles per CPU-second, p99, and memory."""
    rows = stream(data, size + measured)
    began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    window, plain = Window(), PlainTfidf()
    if way == "wirewatch":
        for start in range(0, size, 1000):
            draft = window.draft()
            for at in range(start, min(start + 1000, size)):
                came = EPOCH + timedelta(hours=72 * at / size)
                report = report_of({**rows[at], "ts": came.timestamp()})
                draft.place(
                    Placed(
                        story=StoryId(at + 1),
                        canonical_url="",
                        title=report.title,
                        at=came,
                        terms=draft.terms_of(report),
                    )
                )
            window.take(draft)
        now = (EPOCH + timedelta(hours=72)).timestamp()
        works = [lambda row=row: _place(window, report_of({**row, "ts": now}), size + row["id"])
                 for row in rows[size:]]  # fmt: skip
    else:
        for row in rows[:size]:
            plain.insert(row)
        works = [lambda row=row: plain.add(row) for row in rows[size:]]
    spent = []
    for work in works:
        start = time.process_time()
        work()
        spent.append(time.process_time() - start)
    spent.sort()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - began
    return {
        "articles_per_cpu_s": round(len(spent) / sum(spent), 1),
        "p99_ms": round(1000 * spent[int(len(spent) * 0.99)], 2),
        "memory_mb": round(memory / 1024),
    }


def speeds(data: Path, sizes: Sequence[int], measured: int) -> dict[str, Any]:
    """Each in a process of its own, so that memory is its own too."""
    figures: dict[str, Any] = {}
    for size in sizes:
        for way in ("wirewatch", "plain tf-idf"):
            command = [sys.executable, __file__, "--data", str(data), "--one-window", str(size),
                       "--measured", str(measured), "--way", way]  # fmt: skip
            done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
            figures.setdefault(str(size), {})[way] = json.loads(done.stdout.splitlines()[-1])
        ours, plain = (figures[str(size)][way]["articles_per_cpu_s"] for way in figures[str(size)])
        figures[str(size)]["ratio"] = round(ours / plain, 2)
        print(f"window {size}: {figures[str(size)]}", flush=True)
    return figures


# --- summaries ------------------------------------------------------------------------------


@lru_cache(maxsize=1 << 16)
def _porter(word: str) -> str:
    return str(Stemmer.Stemmer("porter").stemWord(word)) if len(word) > 3 else word


def rouge(candidate: str, reference: str, n: int) -> float:
    """ROUGE-N F1 with Porter stems."""
    ours, theirs = (
        Counter(zip(*[tokens[at:] for at in range(n)], strict=False))
        for tokens in (
            [_porter(word) for word in re.findall("[a-z0-9]+", text.lower())]
            for text in (candidate, reference)
        )
    )
    overlap = sum((ours & theirs).values())
    if not overlap:
        return 0.0
    p, r = overlap / sum(ours.values()), overlap / sum(theirs.values())
    return 2 * p * r / (p + r)


def summaries(data: Path) -> dict[str, Any]:
    """ROUGE of what a message says against a human's summary of the story, in per cent."""
    rows = arrivals(data / "roundup-summaries-dev.jsonl")
    ways: dict[str, Callable[[list[Article]], str]] = {
        "wirewatch": _ours,
        "with key points": _with_points,
        "first article": lambda told: " ".join(told[0].parsed.summary.split()[:60]),
        "first article, whole": lambda told: told[0].parsed.summary,
        "lead 2": _lead_2,
    }
    figures: dict[str, Any] = {}
    for way, say in ways.items():
        one, two, lengths = [], [], []
        for row in rows:
            told = [
                _article(at, {"title": a["title"], "summary": a["text"]}, f"Outlet {at}")
                for at, a in enumerate(row["articles"], start=1)
            ]
            text = say(told)
            one.append(rouge(text, row["reference"], 1))
            two.append(rouge(text, row["reference"], 2))
            lengths.append(len(text.split()))
        figures[way] = {
            "rouge1": round(100 * statistics.fmean(one), 1),
            "rouge2": round(100 * statistics.fmean(two), 1),
            "words": round(statistics.fmean(lengths), 1),
            "most_words": max(lengths),
        }
        print(f"summaries {way:22} {figures[way]}", flush=True)
    return figures


def _ours(told: list[Article]) -> str:
    lead = by_centrality(told, told)[0]
    return summary_of(lead).text(lead.parsed.summary)


def _with_points(told: list[Article]) -> str:
    lead, *others = by_centrality(told, told)
    summary = summary_of(lead)
    points = key_points(lead, summary, others, told)
    return " ".join([summary.text(lead.parsed.summary), *(point.text for point in points)])


def _lead_2(told: list[Article]) -> str:
    text = told[0].parsed.summary
    return " ".join(text[start:end] for start, end in sentences(text)[:2])


# --- command --------------------------------------------------------------------------------


def assign(articles: Path, assignments: Path, *, semantic: bool) -> dict[str, Any]:
    """Group a file in its own order; the figures too if it has gold stories."""
    with articles.open() as lines:
        rows = [json.loads(line) for line in lines if line.strip()]
    found = grouped_by_meaning(rows) if semantic else grouped(rows)
    with assignments.open("w") as out:
        for row, story in zip(rows, found, strict=True):
            out.write(json.dumps({"id": row["id"], "story": story}) + "\n")
    figures: dict[str, Any] = {"articles": len(rows), "stories": len(set(found))}
    if rows and "story" in rows[0]:
        figures |= scores(rows, found) | {"interval": interval(rows, found)}
    return figures


def main() -> None:
    """Read the command line, print one JSON object last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=Path, help="JSON lines: id, ts?, title, summary, ...")
    parser.add_argument("--assignments", type=Path, help="where {id, story} go, a line each")
    parser.add_argument("--data", type=Path, help="the folder of the data sets")
    parser.add_argument("--windows", default="", help="sizes of windows, like 15000,150000")
    parser.add_argument("--measured", type=int, default=400, help="articles timed in each window")
    parser.add_argument("--semantic", action="store_true", help="compare meanings, too (the extra)")
    parser.add_argument("--no-peers", action="store_true", help="leave the peers out")
    parser.add_argument("--one-window", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--way", default="wirewatch", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.articles:
        if not options.assignments:
            parser.error("--articles needs --assignments")
        print(json.dumps(assign(options.articles, options.assignments, semantic=options.semantic)))
        return
    if not options.data:
        parser.error("give --articles and --assignments, or --data")
    if options.one_window:
        one = speed(options.data, options.one_window, options.measured, options.way)
        print(json.dumps(one))
        return
    figures: dict[str, Any] = {}
    if options.windows:
        sizes = [int(size) for size in options.windows.split(",")]
        figures["windows"] = speeds(options.data, sizes, options.measured)
    else:
        figures["grouping"] = quality(
            options.data, peers=not options.no_peers, semantic=options.semantic
        )
        figures["copies"] = syndication(options.data)
        print(f"copies {figures['copies']}", flush=True)
        figures["summaries"] = summaries(options.data)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
