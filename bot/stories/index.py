"""Finds the reports nearest to an article among those of the open stories. Decides nothing.

Exact in what it promises: a story whose average similarity reaches `least` has a report that does,
and such a report shares one of the article's rarer terms, because what the common ones can add is
bounded by the length of their part of the vector (Cauchy and Schwarz). So only the rare terms'
lists are read; the few reports that may still reach `least` are then compared in full. In a large
window the reading stops at READ entries, and at most LOOKED_AT stories are compared.
"""

from __future__ import annotations

from array import array
from datetime import datetime
from heapq import heappop, heappush, nlargest
from math import sqrt

from bot.model.ids import StoryId
from bot.stories.terms import SCALE, Terms

READ = 12_000
LOOKED_AT = 40
REMEMBERED = 3000
"""Closed stories whose words still tell which are common: often only a few are open."""
_BITS = 12
_MASK = (1 << _BITS) - 1  # SCALE fits


class Index:
    """Reports by term. A report is a slot: slots count up, and are renumbered when half are dead.

    `having(term)` counts stories, not reports: thirty copies of one dispatch must not make its
    words common.
    """

    def __init__(self, *, remembered: int = REMEMBERED) -> None:
        self._remembered = remembered
        self._number: dict[str, int] = {}
        self._names: list[str] = []
        self._lists: list[array[int]] = []  # term -> slot << 12 | weight
        self._having: list[int] = []  # term -> open stories that have it
        self._vectors: list[array[int] | None] = []  # slot -> term << 12 | weight; None: dead
        self._owner: list[StoryId] = []
        self._slots: dict[StoryId, list[int]] = {}
        self._sums: dict[StoryId, dict[int, int]] = {}  # stories with several reports, added up
        self._past: list[tuple[datetime, StoryId, set[int]]] = []  # a heap, oldest first
        self._dead = 0
        self._asked: tuple[Terms, dict[int, int]] = {}, {}  # an article is compared many times

    @property
    def stories(self) -> int:
        """How many stories `having` counts over: the open ones and those that are remembered."""
        return len(self._slots) + len(self._past)

    def __len__(self) -> int:
        return len(self._slots)

    @property
    def reports(self) -> int:
        """How many reports are held."""
        return len(self._vectors) - self._dead

    def having(self, term: str) -> int:
        """In how many of the stories the term is."""
        number = self._number.get(term)
        return 0 if number is None else self._having[number]

    def add(self, story: StoryId, terms: Terms) -> None:
        """A report joined `story`."""
        entries = []
        for term, weight in terms.items():
            number = self._number.get(term)
            if number is None:
                number = self._number[term] = len(self._lists)
                self._names.append(term)
                self._lists.append(array("Q"))
                self._having.append(0)
            entries.append((number, weight))
        self._asked = {}, {}
        self._count(story, entries)
        self._append(story, entries)

    def _append(self, story: StoryId, entries: list[tuple[int, int]]) -> None:
        slot = len(self._vectors)
        for number, weight in entries:
            self._lists[number].append(slot << _BITS | weight)
        self._vectors.append(array("Q", [number << _BITS | weight for number, weight in entries]))
        self._owner.append(story)
        self._slots.setdefault(story, []).append(slot)

    def _count(self, story: StoryId, entries: list[tuple[int, int]]) -> None:
        """Count the terms that the story did not have yet."""
        if not self._slots.get(story):
            for number, _ in entries:
                self._having[number] += 1
            return
        sums = self._sums.get(story)
        if sums is None:
            sums = self._sums[story] = self._sum(story)
        for number, weight in entries:
            if number not in sums:
                self._having[number] += 1
            sums[number] = sums.get(number, 0) + weight

    def join(self, younger: StoryId, older: StoryId) -> None:
        """The reports of one story count for another from now on."""
        if not self._slots.get(younger):
            return
        mine, theirs = self._sum(younger), self._sum(older)
        slots = self._slots.pop(younger)
        self._sums.pop(younger, None)
        for number in mine.keys() & theirs.keys():
            self._having[number] -= 1
        self._sums[older] = {
            number: mine.get(number, 0) + theirs.get(number, 0)
            for number in mine.keys() | theirs.keys()
        }
        for slot in slots:
            self._owner[slot] = older
        self._slots[older] = [*self._slots.get(older, ()), *slots]

    def forget(self, story: StoryId, last_at: datetime) -> None:
        """The story is closed: its reports go. Its words count as common or rare for as long as
        it is among the last `remembered` to close."""
        numbers = set(self._sum(story))
        slots = self._slots.pop(story, [])
        self._sums.pop(story, None)
        heappush(self._past, (last_at, story, numbers))
        if len(self._past) > self._remembered:
            for number in heappop(self._past)[2]:
                self._having[number] -= 1
        for slot in slots:
            self._vectors[slot] = None
        self._dead += len(slots)

    def tidy(self) -> None:
        """Renumber when half of the slots are dead. Changes no answer."""
        if self._dead * 2 <= len(self._vectors):
            return
        self._dead = 0
        vectors, owner, having = self._vectors, self._owner, self._having
        names = {number: term for term, number in self._number.items() if having[number]}
        new = {number: at for at, number in enumerate(names)}
        self._number = {term: new[number] for number, term in names.items()}
        self._names = list(names.values())
        self._having = [having[number] for number in names]
        self._lists = [array("Q") for _ in names]
        self._past = [(at, one, {new[n] for n in numbers}) for at, one, numbers in self._past]
        self._sums = {one: {new[n]: w for n, w in sums.items()} for one, sums in self._sums.items()}
        self._asked = {}, {}
        self._vectors, self._owner, self._slots = [], [], {}
        for story, vector in zip(owner, vectors, strict=True):
            if vector is not None:
                self._append(story, [(new[e >> _BITS], e & _MASK) for e in vector])

    def near(self, terms: Terms, least: float) -> set[StoryId]:
        """Stories with a report that may be as similar as `least` (0 to 1), nearest first."""
        partial = self._partial(terms, least)
        if partial is None:
            return set()
        sums, need = partial
        owner, vectors = self._owner, self._vectors
        alive = (
            (total, slot)
            for slot, total in sums.items()
            if total >= need and vectors[slot] is not None
        )
        best: dict[StoryId, int] = {}
        for total, slot in alive:
            story = owner[slot]
            if total > best.get(story, 0):
                best[story] = total
        if len(best) <= LOOKED_AT:
            return set(best)
        return set(nlargest(LOOKED_AT, best, key=lambda story: (best[story], -story)))

    def _partial(self, terms: Terms, least: float) -> tuple[dict[int, int], int] | None:
        """What the rare terms add up to by slot, and the sum below which none can reach `least`."""
        known = [
            (self._having[number], number, weight)
            for number, weight in self._numbered(terms).items()
            if self._having[number]
        ]
        known.sort()
        rest = sum(weight * weight for _, _, weight in known)
        if rest < (least * SCALE) ** 2:
            return None
        sums: dict[int, int] = {}
        read = 0
        floor = (least * SCALE) ** 2
        for having, number, weight in known:
            if rest < floor or read + having > READ:
                break
            for entry in self._lists[number]:
                slot = entry >> _BITS
                sums[slot] = sums.get(slot, 0) + weight * (entry & _MASK)
            rest -= weight * weight
            read += having
        need = (least - sqrt(max(rest, 0)) / SCALE) * SCALE * SCALE
        return sums, max(1, int(need))

    def dot(self, terms: Terms, story: StoryId) -> tuple[int, int]:
        """The cosines to the story's reports added up, times SCALE squared, and how many reports
        it has: what they add up to is the product with their sum."""
        weights = self._numbered(terms)
        sums = self._sums.get(story)
        slots = self._slots.get(story, ())
        if sums is not None:
            return sum(w * sums.get(number, 0) for number, w in weights.items()), len(slots)
        get = weights.get
        dot = 0
        for slot in slots:  # the only one
            for entry in self._vectors[slot] or ():
                weight = get(entry >> _BITS)
                if weight:
                    dot += weight * (entry & _MASK)
        return dot, len(slots)

    def vectors(self, story: StoryId) -> list[Terms]:
        """The terms of each of the story's reports."""
        names = self._names
        return [
            {names[entry >> _BITS]: entry & _MASK for entry in self._vectors[slot] or ()}
            for slot in self._slots.get(story, ())
        ]

    def summed(self, story: StoryId) -> tuple[Terms, int]:
        """The terms of the story's reports added up, and how many reports it has."""
        names = self._names
        sums = self._sum(story)
        return {names[n]: w for n, w in sums.items()}, len(self._slots.get(story, ()))

    def shared(self, terms: Terms, story: StoryId) -> set[str]:
        """Which of the terms any of the story's reports has."""
        if not self._slots.get(story):
            return set()
        numbers = self._sums.get(story)
        if numbers is None:
            numbers = self._sum(story)
        return {term for term in terms if self._number.get(term) in numbers}

    def _numbered(self, terms: Terms) -> dict[int, int]:
        if self._asked[0] is not terms:
            number = self._number
            self._asked = terms, {number[t]: w for t, w in terms.items() if t in number}
        return self._asked[1]

    def _sum(self, story: StoryId) -> dict[int, int]:
        if (sums := self._sums.get(story)) is not None:
            return sums
        slots = self._slots.get(story, ())
        return {
            entry >> _BITS: entry & _MASK for slot in slots for entry in self._vectors[slot] or ()
        }
