"""Measures topic matching: what an article costs at 1k to 1M topics, against peers in one run.

Every figure of cost is CPU time per article of about 120 words, warm, median of the passes, and
its ratio to the floor: cutting the same article into words and folding each. Peers: a regular
expression per topic, SQLite FTS5 in batches of 1,000 articles, ahocorasick_rs if it is installed.
With --topics and --articles it matches files instead, for anybody's data; with --parser it tries
hostile queries.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import re
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bot.errors import QueryError
from bot.topics.aliases import BUILT_IN
from bot.topics.common_words import COMMON_WORDS
from bot.topics.document import Document
from bot.topics.forms import fold
from bot.topics.index import TopicIndex
from bot.topics.query import parse
from bot.topics.reader import Reader
from bot.topics.reason import reasons_of
from bot.topics.syntax import And, Near, Node, Not, Or, Phrase, Word, leaves
from bot.topics.words import spans, words

WORDS_AN_ARTICLE = 120
SEED = 20251122


# --- data -----------------------------------------------------------------------------------


def articles(data: Path) -> list[Document]:
    """News paragraphs of `data` in their order, joined into articles of about 120 words."""
    found: list[Document] = []
    for name in ("abc_paras.jsonl", "ag_news_test.jsonl"):
        parts: list[str] = []
        count = 0
        for row in _rows(data / name):
            text = f"{row['title']} {row['summary']}".strip()
            parts.append(text)
            count += len(text.split())
            if count >= WORDS_AN_ARTICLE - 10:
                found.append(Document(title=parts[0], summary=" ".join(parts[1:]), language="en"))
                parts, count = [], 0
    random.Random(SEED).shuffle(found)
    return found


def topics(documents: Sequence[Document], count: int) -> list[str]:
    """`count` different topics: 47 % words, 32 % phrases, 21 % boolean or NEAR.

    Single words, and those of a bare OR, are names in at most 1 % of the articles, since
    nobody watches "government" by itself; companions in boolean topics are in at most 5 %.
    Phrases are as they stand in a text. When names or phrases are used up, invented ones follow:
    most of a million watched names are in no given article.
    """
    dice = random.Random(SEED)
    texts = [words(f"{document.title} . {document.summary}") for document in documents]
    spread = Counter(w for text in texts for w in {word.lower() for word in text})
    every = dict.fromkeys(word for text in texts for word in text)
    most = len(texts) * 0.01
    names = [
        w for w in every if _telling(w) and w.lower() not in every and spread[w.lower()] < most
    ]
    dice.shuffle(names)
    usual = {word for word, articles_with in spread.items() if articles_with > len(texts) * 0.05}
    companions = [[w for w in text if _telling(w) and w.lower() not in usual] for text in texts]
    singles = iter(names)
    made: dict[str, None] = {}
    kinds = (
        (0.47, lambda: next(singles, None) or _invented(dice)),
        (0.32, lambda: _phrase(dice, texts)),
        (0.21, lambda: _boolean(dice, companions, names)),
    )
    while len(made) < count:
        chance = dice.random()
        for share, make in kinds:
            if chance < share:
                _add_new(made, make, lambda: f'"{_invented(dice)} {_invented(dice)}"')
                break
            chance -= share
    return list(made)


def _add_new(made: dict[str, None], make: Callable[[], str], invent: Callable[[], str]) -> None:
    """Adds a topic that was not there: a kind keeps its share though phrases repeat themselves."""
    for topic in (*(make() for _ in range(5)), invent()):
        if topic not in made:
            made[topic] = None
            return


def _telling(word: str) -> bool:
    return len(word) > 3 and word.isalpha() and word.lower() not in COMMON_WORDS


_SYLLABLES = ("ba", "ker", "lin", "dov", "ash", "tri", "mon", "vel", "sar", "gu", "ito", "pen",
              "ral", "zik", "ow", "mar", "del", "fyn", "hol", "cas")  # fmt: skip


def _invented(dice: random.Random) -> str:
    return "".join(dice.choices(_SYLLABLES, k=dice.randint(3, 5))).capitalize()


def _phrase(dice: random.Random, texts: Sequence[list[str]]) -> str:
    for _ in range(20):
        text = dice.choice(texts)
        length = dice.choice((2, 2, 2, 3, 4))
        if len(text) <= length:
            continue
        start = dice.randrange(len(text) - length)
        part = text[start : start + length]
        if _telling(part[0]) and _telling(part[-1]):
            return '"' + " ".join(part) + '"'
    return f'"{_invented(dice)} {_invented(dice)}"'


def _boolean(dice: random.Random, texts: Sequence[list[str]], rare: Sequence[str]) -> str:
    telling: list[str] = []
    while len(telling) < 4:
        telling = list(dict.fromkeys(dice.choice(texts)))
    a, b, c, d = dice.sample(telling, 4)
    forms = (
        f"{a} {b}",
        f"{a} AND {b} AND {c}",
        f"{a} ({b} OR {c})",
        f"({a} OR {b}) ({c} OR {d})",
        f"{a} {b} -{c}",
        f"{dice.choice(rare)} OR {dice.choice(rare)}",
        f"{a} NEAR/8 {b}",
        f"({a} OR {d}) NEAR/10 {b}",
        f'"{a} {b}" OR ({c} {d})',
    )
    return dice.choices(forms, weights=(5, 2, 3, 1, 3, 2, 3, 1, 1))[0]


# --- measuring ------------------------------------------------------------------------------


def compare(
    works: Sequence[Callable[[Document], object]], documents: Sequence[Document], passes: int
) -> list[float]:
    """Median CPU microseconds an article takes each of `works`, warm; their passes alternate."""
    means: list[list[float]] = [[] for _ in works]
    for number in range(passes + 1):
        for work, known in zip(works, means, strict=True):
            started = time.process_time()
            for document in documents:
                work(document)
            if number:  # the first pass warms the caches
                known.append((time.process_time() - started) / len(documents) * 1e6)
    return [statistics.median(known) for known in means]


def floor(document: Document) -> list[str]:
    """Cutting and folding alone: the folded words of the title and the summary."""
    return [_folded(word) for word in words(document.title) + words(document.summary)]


def floor_with_spans(document: Document) -> list[tuple[str, int, int]]:
    """The same with each word's place in the text, as a highlight needs it."""
    found = spans(document.title) + spans(document.summary)
    return [(_folded(span.text), span.start, span.end) for span in found]


class _Folds(dict[str, str]):
    def __missing__(self, word: str) -> str:
        folded = self[word] = fold(word)
        return folded


_folded = _Folds().__getitem__


def resident() -> float:
    """This process's memory now, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def measure_index(sources: list[str], documents: Sequence[Document], passes: int) -> dict[str, Any]:
    """Match, explain, add and remove at one size."""
    index: TopicIndex[int] = TopicIndex()
    gc.disable()
    for number, source in enumerate(sources):
        index.add(number, parse(source), BUILT_IN)
    gc.collect()
    gc.freeze()
    gc.enable()
    low, careful, match = compare((floor, floor_with_spans, index.match), documents, passes)
    hits = statistics.mean(len(index.match(document)) for document in documents)
    explained = _cost_of_reasons(index, sources, documents[:200])
    return {
        "topics": len(sources),
        "floor_us": round(low, 1),
        "floor_with_spans_us": round(careful, 1),
        "match_us": round(match, 1),
        "ratio": round(match / low, 2),
        "ratio_with_spans": round(match / careful, 2),
        "articles_per_cpu_s": round(1e6 / match),
        "hits_per_article": round(hits, 1),
        "reasons_us": round(explained, 1),
        **_churn(index, sources),
    }


def measure_build(lines: Path) -> dict[str, Any]:
    """Start-up: read, parse and add every line of a file, in a process that does nothing else."""
    index: TopicIndex[int] = TopicIndex()
    gc.disable()
    before, started = resident(), time.process_time()
    with lines.open(encoding="utf-8") as sources:
        for number, source in enumerate(sources):
            index.add(number, parse(source.strip()), BUILT_IN)
    gc.freeze()
    spent = time.process_time() - started
    return {"build_s": round(spent, 2), "memory_mb": round(resident() - before), "len": len(index)}


def _cost_of_reasons(
    index: TopicIndex[int], sources: list[str], documents: Sequence[Document]
) -> float:
    """Mean CPU microseconds that explaining all matches of an article takes, queries parsed."""
    spent = 0.0
    for document in documents:
        queries = [parse(sources[number]) for number in index.match(document)]
        started = time.process_time()
        reader = Reader(document, BUILT_IN)
        for query in queries:
            reasons_of(query, reader)
        spent += time.process_time() - started
    return spent / len(documents) * 1e6


def _churn(index: TopicIndex[int], sources: list[str]) -> dict[str, Any]:
    """Adding 2,000 topics to those that are there and taking them away again; medians of five."""
    queries = [parse(f"{source} wirewatch") for source in sources[:2000]]
    adding, removing = [], []
    for _ in range(5):
        started = time.process_time()
        for number, query in enumerate(queries):
            index.add(-1 - number, query, BUILT_IN)
        added = time.process_time()
        for number in range(len(queries)):
            index.remove(-1 - number)
        adding.append(added - started)
        removing.append(time.process_time() - added)
    return {
        "add_us": round(statistics.median(adding) / len(queries) * 1e6, 1),
        "remove_us": round(statistics.median(removing) / len(queries) * 1e6, 1),
    }


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines if line.strip())


# --- peers ----------------------------------------------------------------------------------


def as_regex(source: str) -> Callable[[str], bool]:
    """A topic as people write it with `re`: a word-bounded search a leaf, joined in Python."""
    root = parse(source).root

    def build(node: Node) -> Callable[[str], bool]:
        match node:
            case And(children=children):
                every = [build(child) for child in children]
                return lambda text: all(test(text) for test in every)
            case Or(children=children):
                some = [build(child) for child in children]
                return lambda text: any(test(text) for test in some)
            case Not(child=child):
                inner = build(child)
                return lambda text: not inner(text)
            case Near(operands=operands, distance=distance):
                sides = [_regex_of(operand) for operand in operands]
                gap = rf"\W+(?:\w+\W+){{0,{distance}}}"
                either = "|".join(f"{a}{gap}{b}" for a, b in (sides, sides[::-1]))
                return _searcher(rf"\b(?:{either})\b")
            case _:
                return _searcher(rf"\b{_regex_of(node)}\b")

    return build(root)


def _searcher(pattern: str) -> Callable[[str], bool]:
    search = re.compile(pattern, re.IGNORECASE).search
    return lambda text: search(text) is not None


def _regex_of(node: Node) -> str:
    match node:
        case Or(children=children):
            return f"(?:{'|'.join(map(_regex_of, children))})"
        case Word(text=text) | Phrase(text=text):
            return r"\W+".join(map(re.escape, text.split()))
        case _:
            raise TypeError(f"no regular expression for {node}")


def as_fts5(node: Node) -> str:
    """A generated topic in FTS5's language."""
    match node:
        case And(children=children):
            kept = [as_fts5(child) for child in children if not isinstance(child, Not)]
            left_out = [as_fts5(child.child) for child in children if isinstance(child, Not)]
            return "(" + " NOT ".join((" AND ".join(kept), *left_out)) + ")"
        case Or(children=children):
            return "(" + " OR ".join(map(as_fts5, children)) + ")"
        case Near(operands=(Or(children=some), right), distance=distance):
            pairs = (f"NEAR({as_fts5(a)} {as_fts5(right)}, {distance})" for a in some)
            return f"({' OR '.join(pairs)})"
        case Near(operands=operands, distance=distance):
            return f"NEAR({' '.join(map(as_fts5, operands))}, {distance})"
        case Word(text=text) | Phrase(text=text):
            return f'"{text}"'
        case _:
            raise TypeError(f"not for FTS5: {node}")


def measure_regex(sources: Sequence[str], documents: Sequence[Document]) -> dict[str, Any]:
    """A regular expression per topic over a few articles."""
    tests = [as_regex(source) for source in sources]
    texts = [f"{document.title}\n{document.summary}" for document in documents]
    started = time.process_time()
    for text in texts:
        for test in tests:
            test(text)
    cost = (time.process_time() - started) / len(texts) * 1e6
    return {"us": round(cost), "articles": len(texts)}


def measure_fts5(sources: Sequence[str], documents: Sequence[Document]) -> dict[str, Any]:
    """One batch of 1,000 articles into an FTS5 table, every topic asked once."""
    queries = [as_fts5(parse(source).root) for source in sources]
    batch = [documents[number % len(documents)] for number in range(1000)]
    started = time.process_time()
    table = sqlite3.connect(":memory:")
    table.execute("CREATE VIRTUAL TABLE text USING fts5(title, summary, content='', detail=full)")
    table.executemany(
        "INSERT INTO text (rowid, title, summary) VALUES (?, ?, ?)",
        ((number, text.title, text.summary) for number, text in enumerate(batch)),
    )
    hits = 0
    for query in queries:
        hits += len(table.execute("SELECT rowid FROM text WHERE text MATCH ?", (query,)).fetchall())
    cost = (time.process_time() - started) / len(batch) * 1e6
    table.close()
    return {"us": round(cost, 1), "hits_per_article": round(hits / len(batch), 1)}


def measure_aho_corasick(
    sources: Sequence[str], documents: Sequence[Document]
) -> dict[str, Any] | None:
    """ahocorasick_rs finding every leaf, then each candidate topic evaluated on what was found."""
    try:
        import ahocorasick_rs  # type: ignore[import-not-found]
    except ImportError:
        return None
    roots = [parse(source).root for source in sources]
    patterns: dict[str, list[int]] = {}
    for number, root in enumerate(roots):
        for leaf, negative in leaves(root):
            if not negative and isinstance(leaf, Word | Phrase):
                patterns.setdefault(leaf.text.lower(), []).append(number)
    known = list(patterns)
    automaton = ahocorasick_rs.AhoCorasick(known)

    def work(document: Document) -> list[int]:
        text = f"{document.title}\n{document.summary}".lower()
        hits = automaton.find_matches_as_indexes(text, overlapping=True)
        found = {known[hit] for hit, _, _ in hits}
        candidates = {number for pattern in found for number in patterns[pattern]}
        return [number for number in candidates if _holds(roots[number], found)]

    return {"us": round(compare((work,), documents, 2)[0], 1)}


def _holds(node: Node, found: set[str]) -> bool:
    match node:
        case And(children=children) | Near(operands=children):
            return all(_holds(child, found) for child in children)
        case Or(children=children):
            return any(_holds(child, found) for child in children)
        case Not(child=child):
            return not _holds(child, found)
        case Word(text=text) | Phrase(text=text):
            return text.lower() in found
        case _:
            return False


# --- the parser -----------------------------------------------------------------------------

_PIECES = (
    "AND", "OR", "NOT", "NEAR/5", "ONEAR/50", "NEAR/", "-", "+", "=", "(", ")", '"', "“", "”", "~3",
    "*", "|", "/", "/(a+)+$/", "/(x|x)*y/", "/[/", "title:", "lang:", "lang:uk", "site:", "NATO",
    "U.S.", "AT&T", "O'Brien", "ukrain*", "10:30", "Київ", "台湾", "서울", "ประเทศไทย",
    "سلام", "é\u0301\u0301\u0301", "\u202e", "\x00", "🇺🇦", "a" * 60, "((", "))", "--", " ",
)  # fmt: skip
_HOSTILE = (
    "(" * 500, "-" * 500, '"' * 500, "(a " * 166, "NOT " * 125, "a NEAR " * 71, "a OR " * 100,
    "/" + "(a+)+" * 99 + "/", "/" + "(" * 249 + ")" * 249 + "/", "/(a|aa)+$/ " * 45,
    "/a{1000}{1000}/", "/(?:a{99}){99}/", "台湾" * 250, "ก" * 500, "a\u0301" * 250, "=" * 500,
    "title:" * 83, "*" * 500, "~" * 500, "a" * 500, "é" * 500, "🇺🇦" * 250, "a|" * 250,
)  # fmt: skip


def measure_parser(count: int) -> dict[str, Any]:
    """The slowest of `count` inputs of up to 500 characters; each parses or is refused."""
    dice = random.Random(SEED)
    slowest, worst, refused = 0.0, "", 0
    spent = []
    for number in range(count):
        source = dice.choice((_mash, _grown))(dice)[:500]
        if number < len(_HOSTILE):
            source = _HOSTILE[number]
        best = float("inf")
        for _ in range(3):  # the least of three: what the input takes, not what neighbours do
            started = time.perf_counter()
            try:
                parse(source)
                failed = False
            except QueryError:
                failed = True
            best = min(best, time.perf_counter() - started)
        refused += failed
        spent.append(best)
        if best > slowest:
            slowest, worst = best, source
    return {
        "benchmark": "topics",
        "inputs": count,
        "refused": refused,
        "median_us": round(statistics.median(spent) * 1e6, 1),
        "p99_ms": round(statistics.quantiles(spent, n=100)[-1] * 1e3, 3),
        "slowest_ms": round(slowest * 1e3, 3),
        "slowest_input": worst[:80],
    }


def _grown(dice: random.Random, depth: int = 0) -> str:
    """A query that reads, nested and long as often as not."""
    leaf = dice.choice(
        ("NATO", "ukrain*", "=WHO", '"White House"', '"Kiev talks"~4', "title:Київ", "source:bbc",
         "台湾海峡", "O'Brien", "U.S.", "/[0-9]{4}-[a-z]+/", "lang:uk", "cease-fire")
    )  # fmt: skip
    if depth > 4 or dice.random() < 0.3:
        return leaf
    parts = [_grown(dice, depth + 1) for _ in range(dice.randint(2, 4))]
    joined = dice.choice((" ", " AND ", " OR ")).join(parts)
    return dice.choice((f"({joined})", f"{leaf} -({joined})", f"{leaf} NEAR/7 Miami {joined}"))


def _mash(dice: random.Random) -> str:
    """Pieces of queries, and characters of any script, in any order."""
    parts = []
    for _ in range(dice.randint(1, 120)):
        if dice.random() < 0.8:
            parts.append(dice.choice(_PIECES))
        else:
            parts.append("".join(chr(dice.randrange(1, 0xD7FF)) for _ in range(dice.randint(1, 6))))
    return dice.choice(("", " ")).join(parts)


# --- the two modes --------------------------------------------------------------------------


def measure_size(size: int, data: Path, passes: int) -> dict[str, Any]:
    """Everything at one size, in this process."""
    documents = articles(data)
    half = len(documents) // 2
    sources = topics(documents[:half], size)
    unseen = documents[half:]
    few = unseen[: 1000 if size <= 100_000 else 400]
    gc.collect()
    gc.freeze()
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".txt") as lines:
        lines.write("\n".join(sources))
        lines.flush()
        built = _run([sys.executable, __file__, "--build", lines.name])
    result = measure_index(sources, few, passes) | built
    peers: dict[str, Any] = {"fts5": measure_fts5(sources, unseen)}
    peers["ahocorasick_rs"] = measure_aho_corasick(sources, few[:200]) if size < 10**6 else None
    if size <= 10_000:
        peers["regex"] = measure_regex(sources, unseen[: 200_000 // size])
    for peer in peers.values():
        if peer:
            peer["times_ours"] = round(peer["us"] / result["match_us"], 1)
    return result | {"peers": peers}


def _run(command: list[str]) -> dict[str, Any]:
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def run_sizes(arguments: argparse.Namespace) -> dict[str, Any]:
    """Each size in a process of its own, so that memory is its own too."""
    results = {}
    for size in arguments.sizes:
        command = [sys.executable, __file__, "--one", str(size), "--data", str(arguments.data)]
        command += ["--passes", str(arguments.passes)]
        results[str(size)] = _run(command)
        print(f"{size:>9,} topics: {results[str(size)]}", file=sys.stderr)
    return {"benchmark": "topics", "sizes": results}


def match_files(topic_file: Path, article_file: Path, out: Path) -> dict[str, Any]:
    """Match every article against every line's query; a line that does not read is skipped."""
    index: TopicIndex[int] = TopicIndex()
    refused = {}
    lines = topic_file.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                index.add(number, parse(line.strip()))
            except QueryError as error:
                refused[number] = str(error)
    count = hits = 0
    started = time.process_time()
    with out.open("w", encoding="utf-8") as matches:
        for row in _rows(article_file):
            found = sorted(index.match(_document(row)))
            matches.write(json.dumps({"id": row.get("id"), "topics": found}) + "\n")
            count, hits = count + 1, hits + len(found)
    spent = time.process_time() - started
    return {
        "benchmark": "topics",
        "topics": len(index),
        "refused": refused,
        "articles": count,
        "matches": hits,
        "articles_per_cpu_s": round(count / spent) if spent else None,
    }


def _document(row: dict[str, Any]) -> Document:
    return Document(
        title=row.get("title") or "",
        summary=" ".join(filter(None, (row.get("summary"), row.get("text")))),
        source=row.get("source") or row.get("publisher") or "",
        authors=tuple(row.get("authors") or ()),
        categories=tuple(row.get("categories") or ()),
        language=row.get("language") or row.get("lang") or "",
    )


def main() -> None:
    """Measure, or match files; the last line printed is one JSON object."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--data", type=Path, default=Path("../shared/data/text"))
    asked.add_argument("--sizes", type=lambda text: [int(n) for n in text.split(",")],
                       default=[1000, 10_000, 100_000, 1_000_000],
                       help="numbers of topics, joined by commas")  # fmt: skip
    asked.add_argument("--passes", type=int, default=5, help="timed passes; the median counts")
    asked.add_argument("--topics", type=Path, help="one query a line")
    asked.add_argument("--articles", type=Path, help="{id, title, summary, ...} a line")
    asked.add_argument("--matches", type=Path, help="written: {id, topics: [line numbers from 1]}")
    asked.add_argument("--parser", type=int, metavar="N", help="fuzz the parser with N inputs")
    asked.add_argument("--one", type=int, help=argparse.SUPPRESS)
    asked.add_argument("--build", type=Path, help=argparse.SUPPRESS)
    arguments = asked.parse_args()
    files = (arguments.topics, arguments.articles, arguments.matches)
    if all(files):
        result = match_files(*files)
    elif any(files):
        asked.error("--topics, --articles and --matches go together")
    elif arguments.parser:
        result = measure_parser(arguments.parser)
    elif arguments.build:
        result = measure_build(arguments.build)
    elif arguments.one:
        result = measure_size(arguments.one, arguments.data, arguments.passes)
    else:
        result = run_sizes(arguments)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
