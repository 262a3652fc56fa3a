"""One document as topics see it: the terms it has and, on demand, where they stand.

Only holds; `scope.py` finds.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from bot.topics.plan import MAX_PLACES, Places
from bot.topics.terms import split_scope

Terms = tuple[str, ...]


class Part(NamedTuple):
    """One field within a Text: the index of its first word, and that word's position."""

    first: int
    position: int


class Text:
    """The words of one scope of a document, as they stand, and each one's terms."""

    __slots__ = ("_where", "ends", "found", "parts", "phrases", "raws")

    def __init__(self) -> None:
        self.raws: list[str] = []  # "" stands between fields
        self.parts: list[Part] = []
        self.found: list[Terms] = []  # the terms of each word
        self.ends: dict[tuple[str, int], int] = {}  # where runs of more than one word end
        self.phrases: dict[str, list[tuple[int, int]]] = {}
        self._where: dict[str, list[int]] | None = None

    def end(self, term: str, start: int) -> int:
        """The index after a word's or run's last word."""
        return self.ends.get((term, start), start + 1) if self.ends else start + 1

    def places(self, term: str) -> Places:
        """Positions [start, end) of a term, ascending; far apart in different fields."""
        stretches = self.phrases.get(term)
        if stretches is not None:
            shifts = [self._shift(start) for start, _ in stretches]
            return [(a + shift, b + shift) for (a, b), shift in zip(stretches, shifts, strict=True)]
        if self._where is None:
            self._where = self._index()
        places = [(at, at + 1) for at in self._where.get(term, ())]
        return [(at, self._end(term, at)) for at, _ in places] if self.ends else places

    def _index(self) -> dict[str, list[int]]:
        """Where each term starts, as positions."""
        where: dict[str, list[int]] = defaultdict(list)
        ends = [part.first for part in self.parts[1:]] + [len(self.found)]
        for part, end in zip(self.parts, ends, strict=False):  # an article may have no author
            for at, terms in enumerate(self.found[part.first : end], start=part.position):
                for term in terms:
                    where[term].append(at)
        return where

    def _end(self, term: str, at: int) -> int:
        """The position after a word or run that starts at position `at`."""
        part = next(part for part in reversed(self.parts) if part.position <= at)
        shift = part.position - part.first
        return self.end(term, at - shift) + shift

    def _shift(self, index: int) -> int:
        part = next(part for part in reversed(self.parts) if part.first <= index)
        return part.position - part.first


class Page:
    """What a document has: `present` holds terms of all scopes."""

    __slots__ = ("_places", "present", "texts")

    def __init__(self) -> None:
        self.present: set[str] = set()
        self.texts: dict[str, Text] = {}
        self._places: dict[str, Places] = {}  # of the terms that were asked for

    def places(self, term: str) -> Places:
        """Word positions [start, end) of a term, the first of them if there are very many; one
        field's never come near another's."""
        known = self._places.get(term)
        if known is None:
            text = self.texts.get(split_scope(term)[0])
            known = self._places[term] = text.places(term)[:MAX_PLACES] if text else ()
        return known
