"""Which topics does an article match: an index over terms, changed in microseconds.

A query hangs where few articles will come by:
    one term              directly under it: the term alone is the answer
    several               under its rarest required term and, inside, a second required one
    alternatives (OR)     each hangs by itself
Then an article's terms are intersected with what hangs on them, in C, and the few candidates
that are left are asked whether they hold. Equal plans hang once, for all who asked.
Why an article matches is `reason.py`'s business.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

from bot.topics.aliases import BUILT_IN, AliasSet
from bot.topics.document import Document
from bot.topics.lexicon import Lexicon
from bot.topics.plan import All, Any, Plan, branches, compile_plan, holds, required, terms_of
from bot.topics.query import Query

K = TypeVar("K", bound=Hashable)

_ALWAYS = ""  # the second term of what requires only one; every page has it
_WIDEST = 8  # a second set with more terms than this is not worth its entries


class _Entry(Generic[K]):
    """A plan that takes more than one term, and the keys that ask for it."""

    __slots__ = ("key", "others", "plan", "rest")

    def __init__(self, plan: Plan, key: K) -> None:
        self.plan = plan
        self.key = key
        self.others: set[K] | None = None  # most plans have one key; a set takes 200 bytes
        self.rest: Plan | None = None  # what is left to ask where the entry was met


class _Pairs(dict[str, tuple[_Entry[K], ...]]):
    """Second term -> the entries that are met where it stands too.

    The terms are kept as a set besides: sets are intersected without a look at the strings, which
    among a million topics are far from the processor.
    """

    __slots__ = ("terms",)

    def __init__(self) -> None:
        super().__init__()
        self.terms: set[str] = set()


class _Spot(Generic[K]):
    """The entries that hang on a term."""

    __slots__ = ("direct", "pairs")

    def __init__(self) -> None:
        self.direct: tuple[_Entry[K], ...] = ()  # the term is enough
        self.pairs: _Pairs[K] | None = None

    def hang(self, second: str, entry: _Entry[K]) -> None:
        """An entry is to be met where this term and a second one stand."""
        if self.pairs is None:
            self.pairs = _Pairs()
        self.pairs.terms.add(second)
        self.pairs[second] = (*self.pairs.get(second, ()), entry)

    def take_down(self, entry: _Entry[K]) -> None:
        """An entry hangs here no longer, wherever it did."""
        self.direct = tuple(other for other in self.direct if other is not entry)
        pairs = self.pairs
        if pairs is None:
            return
        for second in pairs.terms & {*terms_of(entry.plan), _ALWAYS}:
            left = tuple(other for other in pairs.pop(second) if other is not entry)
            if left:
                pairs[second] = left
            else:
                pairs.terms.discard(second)
        if not pairs:
            self.pairs = None

    def is_bare(self) -> bool:
        """Whether nothing hangs here."""
        return not self.direct and self.pairs is None


class TopicIndex(Generic[K]):
    """Topics by key. Not thread-safe; one writer, as the desk is one."""

    def __init__(self) -> None:
        self._lexicon = Lexicon()
        self._of: dict[K, _Entry[K] | str] = {}  # a key's entry, or the term that is its query
        self._alone: dict[str, K] = {}  # a term -> the key whose whole query it is, as most are
        self._shared: dict[str, set[K]] = {}  # more such keys
        self._entries: dict[Plan, _Entry[K]] = {}
        self._spots: dict[str, _Spot[K]] = {}

    def __len__(self) -> int:
        return len(self._of)

    def __contains__(self, key: object) -> bool:
        return key in self._of

    def add(self, key: K, query: Query, aliases: AliasSet = BUILT_IN) -> None:
        """Watch for `query` under `key`, in place of an earlier query of the key."""
        plan = compile_plan(query.root, aliases)
        old = self._of.get(key)
        if old is not None:
            if plan == (old if isinstance(old, str) else old.plan):
                return
            self.remove(key)
        if isinstance(plan, str):
            self._of[key] = plan
            self._ask(plan, key)
            return
        entry = self._entries.get(plan)
        if entry is None:
            entry = self._entries[plan] = _Entry(plan, key)
            self._lexicon.take(plan)
            self._hang(entry)
        elif entry.others is None:
            entry.others = {key}
        else:
            entry.others.add(key)
        self._of[key] = entry

    def remove(self, key: K) -> None:
        """Watch for the key's query no longer. An unknown key is no error."""
        entry = self._of.pop(key, None)
        if isinstance(entry, str):
            self._ask_no_longer(entry, key)
        elif entry is not None and entry.others:
            entry.others.discard(key)
            if entry.key == key:
                entry.key = entry.others.pop()
        elif entry is not None:
            del self._entries[entry.plan]
            self._take_down(entry)
            self._lexicon.drop(entry.plan)

    def match(self, document: Document) -> set[K]:
        """The keys of the queries that the document matches."""
        page = self._lexicon.read(document)
        present = page.present
        alone, shared, spots = self._alone, self._shared, self._spots
        matched = {alone[term] for term in alone.keys() & present}
        matched.update(*[shared[term] for term in shared.keys() & present])
        met: list[_Entry[K]] = []
        here = [spots[term] for term in spots.keys() & present]
        present.add(_ALWAYS)
        for spot in here:
            met += spot.direct
            pairs = spot.pairs
            if pairs is not None:
                for second in pairs.terms & present:
                    met += pairs[second]
        found = [entry for entry in met if entry.rest is None or holds(entry.rest, page)]
        matched.update([entry.key for entry in found])
        matched.update(*[entry.others for entry in found if entry.others])
        return matched

    def _ask(self, term: str, key: K) -> None:
        if term in self._alone:
            self._shared.setdefault(term, set()).add(key)
        else:
            self._alone[term] = key
            self._lexicon.take(term)

    def _ask_no_longer(self, term: str, key: K) -> None:
        others = self._shared.get(term)
        if others is None:
            del self._alone[term]
            self._lexicon.drop(term)
            return
        others.discard(key)
        if self._alone[term] == key:
            self._alone[term] = others.pop()
        if not others:
            del self._shared[term]

    def _take_down(self, entry: _Entry[K]) -> None:
        for term in self._spots.keys() & terms_of(entry.plan):
            spot = self._spots[term]  # it hangs on some of them; on which, was decided long ago
            spot.take_down(entry)
            if spot.is_bare():
                del self._spots[term]

    def _spot(self, term: str) -> _Spot[K]:
        spot = self._spots.get(term)
        if spot is None:
            spot = self._spots[term] = _Spot()
        return spot

    def _hang(self, entry: _Entry[K]) -> None:
        parts = branches(entry.plan)
        for branch in parts:
            if isinstance(branch, str):
                self._spot(branch).direct += (entry,)
            else:
                rest = self._hang_branch(entry, branch)
                if rest is not None:
                    entry.rest = rest if len(parts) == 1 else entry.plan

    def _hang_branch(self, entry: _Entry[K], branch: Plan) -> Plan | None:
        """Hangs a branch where few articles will come by; returns what is left to ask there."""
        needs = sorted(required(branch), key=self._lexicon.rarity)
        firsts = needs[0]
        seconds: tuple[str, ...] = (_ALWAYS,)
        for need in needs[1:]:
            if len(need) * len(firsts) <= _WIDEST and need != firsts:
                seconds = need
                break
        for first in firsts:
            spot = self._spot(first)
            for second in seconds:
                spot.hang(second, entry)
        return _without(branch, (firsts, seconds))


def _without(branch: Plan, sure: tuple[tuple[str, ...], ...]) -> Plan | None:
    """What is left to ask of a branch when one term of each set is known to be there."""
    if not isinstance(branch, All):
        return branch
    left = tuple(
        part
        for part in branch.parts
        if (((part,) if isinstance(part, str) else _only(part)) not in sure)
    )
    if len(left) < 2:
        return left[0] if left else None
    return All(left)


def _only(part: Plan) -> tuple[str, ...]:
    """The terms of a plain OR, any of which is enough; () for anything else."""
    terms = part.parts if isinstance(part, Any) else ()
    return (
        tuple(term for term in terms if isinstance(term, str))
        if all(isinstance(term, str) for term in terms)
        else ()
    )
