"""One document as topics see it: the terms it has and, on demand, where they stand.

Only holds; `scope.py` finds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container
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

    __slots__ = ("_placed", "_where", "ends", "found", "parts", "phrases", "raws")

    def __init__(self, placed: Container[str]) -> None:
        self.raws: list[str] = []  # "" stands between fields
        self.parts: list[Part] = []
        self.found: list[Terms] = []  # the terms of each word
        self.ends: dict[tuple[str, int], int] = {}  # where runs of more than one word end
        self.phrases: dict[str, list[tuple[int, int]]] = {}
        self._placed = placed  # the terms whose places anybody will ask for
        self._where: dict[str, list[tuple[int, int]]] | None = None

    def end(self, term: str, start: int) -> int:
        """The index after a word's or run's last word."""
        return self.ends.get((term, start), start + 1) if self.ends else start + 1

    def places(self, term: str) -> Places:
        """Positions [start, end) of a term, ascending; far apart in different fields."""
        stretches = self.phrases.get(term)
        if stretches is None:
            if self._where is None:
                self._where = self._index()
            return self._where.get(term, ())
        shifts = [self._shift(start) for start, _ in stretches]
        return [(a + shift, b + shift) for (a, b), shift in zip(stretches, shifts, strict=True)]

    def _index(self) -> dict[str, list[tuple[int, int]]]:
        where: dict[str, list[tuple[int, int]]] = defaultdict(list)
        placed = self._placed
        for number, part in enumerate(self.parts):
            last = self.parts[number + 1].first if number + 1 < len(self.parts) else None
            shift = part.position - part.first
            for index, terms in enumerate(self.found[part.first : last], start=part.first):
                if terms:
                    place = (index + shift, index + shift + 1)
                    for term in terms:
                        if term in placed:
                            where[term].append(place)
        for (term, index), end in self.ends.items():
            if term not in placed:
                continue
            shift = self._shift(index)
            places = where[term]
            places[places.index((index + shift, index + shift + 1))] = (index + shift, end + shift)
        return where

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
