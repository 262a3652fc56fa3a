"""What a story's message says in sentences: a summary of one outlet's, key points of others'.

Nothing is written here: a summary is made of whole sentences of the report that says most of what
all reports say, a key point is a sentence of another report that adds to it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.alerts.central import cosine, middle_of, vector
from bot.alerts.sentences import Span, sentences
from bot.model.alert import KeyPoint
from bot.model.article import Article
from bot.stories.terms import Terms

SUMMARY_WORDS = 60
SUMMARY_CHARACTERS = 400
SENTENCES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What a summary may take. With fewer than `enough` words in whole sentences the next one is
    added and cut, with an ellipsis."""

    sentences: int
    words: int
    characters: int
    enough: int


USUAL_ROOM = Room(
    sentences=SENTENCES, words=SUMMARY_WORDS, characters=SUMMARY_CHARACTERS, enough=50
)
FULL_ROOM = Room(sentences=6, words=140, characters=900, enough=120)
KEY_POINTS = 3
POINT_CHARACTERS = 220
POINT_WORDS = 6
SENTENCES_READ = 3  # of each report: what is told first is what is new
_NEW = 0.45
"""Two sentences whose words are more alike than this say the same."""
_RELEVANT = 0.12
"""A sentence less like the whole story than this tells of something else."""
_DIVERSITY = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Pieces of one article's summary, in order, to be joined by spaces; `cut` if the last one
    is not whole."""

    spans: tuple[Span, ...] = ()
    cut: bool = False

    def text(self, source: str) -> str:
        """The words, as they stand in `source`."""
        joined = " ".join(source[start:end] for start, end in self.spans)
        return joined + ("\u2026" if self.cut else "")

    def moved(self, start: int, end: int) -> tuple[int, int] | None:
        """Where [start, end) of the source stands in `text`; None if it is not all in it."""
        at = 0
        for span in self.spans:
            if span.start <= start and end <= span.end:
                return at + start - span.start, at + end - span.start
            at += span.end - span.start + 1
        return None


def summary_of(article: Article, room: Room = USUAL_ROOM) -> Summary:
    """As much of the article's own summary as there is room for: usually up to three sentences, 60
    words and 400 characters.

    Nothing if it says no more than the headline. A long first sentence is cut at a word.
    """
    source = article.parsed.summary
    found = [
        span
        for span in sentences(source, language=article.parsed.language)
        if _letters(source[span.start : span.end]) != _letters(article.parsed.title)
    ]
    taken: list[Span] = []
    for span in found[: room.sentences]:
        left = _left(source, taken, room)
        if _words(source, [span]) <= left[0] and span.end - span.start <= left[1]:
            taken.append(span)
            continue
        if _words(source, taken) < room.enough:
            short = _cut(source, span, *left)
            if short is not None:
                return Summary(spans=(*taken, short), cut=True)
        break
    return Summary(spans=tuple(taken))


def key_points(
    lead: Article, summary: Summary, others: Sequence[Article], among: Sequence[Article]
) -> tuple[KeyPoint, ...]:
    """Up to three sentences of `others` that add most to the summary, one of each outlet.

    Chosen by maximal marginal relevance: near to what `among`, all the story's reports, say on
    average, far from what is said already.
    """
    middle = middle_of(among)
    language = lead.parsed.language
    already = [vector(lead.parsed.title, "", language)]
    already += [
        vector("", lead.parsed.summary[start:end], language) for start, end in summary.spans
    ]
    outlets = {lead.outlet.casefold()}
    pool = [
        (article, text, terms, cosine(terms, middle))
        for article in others
        if article.outlet.casefold() not in outlets
        for text, terms in _offers(article)
    ]
    points: list[KeyPoint] = []
    while pool and len(points) < KEY_POINTS:
        rated = [
            (near - _DIVERSITY * max(cosine(terms, one) for one in already), -at)
            for at, (_, _, terms, near) in enumerate(pool)
        ]
        at = -max(rated)[1]
        article, text, terms, near = pool.pop(at)
        if near < _RELEVANT or max(cosine(terms, one) for one in already) > _NEW:
            continue
        url = article.parsed.url if article.parsed.canonical_url else ""
        points.append(KeyPoint(text=text, outlet=article.outlet, url=url))
        already.append(terms)
        outlets.add(article.outlet.casefold())
        pool = [one for one in pool if one[0].outlet.casefold() not in outlets]
    return tuple(points)


def _offers(article: Article) -> list[tuple[str, Terms]]:
    """The sentences that may become key points."""
    source, language = article.parsed.summary, article.parsed.language
    texts = [source[a:b] for a, b in sentences(source, language=language)[:SENTENCES_READ]]
    return [
        (text, vector("", text, language))
        for text in texts
        if len(text) <= POINT_CHARACTERS and len(text.split()) >= POINT_WORDS
    ]


def _left(source: str, taken: Sequence[Span], room: Room) -> tuple[int, int]:
    """Words and characters that are left."""
    characters = sum(span.end - span.start + 1 for span in taken)
    return room.words - _words(source, taken), room.characters - characters


def _words(source: str, spans: Sequence[Span]) -> int:
    return sum(len(source[start:end].split()) for start, end in spans)


def _cut(source: str, span: Span, words: int, characters: int) -> Span | None:
    """As much of the span as fits, ending at a word; None if that is too little to be worth it."""
    end = min(span.end, span.start + max(0, characters - 1))
    fitting = [match.end() for match in re.finditer(r"\S+", source[span.start : span.end])][:words]
    ends = [at for at in fitting if span.start + at <= end]
    if not ends:
        return Span(span.start, end) if end - span.start > SUMMARY_CHARACTERS // 2 else None
    said = source[span.start : span.start + ends[-1]].rstrip(" ,;:\u2013\u2014-")
    return Span(span.start, span.start + len(said)) if said else None


def _letters(text: str) -> str:
    return re.sub(r"\W+", "", text.casefold())
