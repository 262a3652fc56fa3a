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
from bot.topics.lexicon import Lexicon, commonness
from bot.topics.plan import All, Any, Plan, branches, compile_plan, holds, required
from bot.topics.query import Query

K = TypeVar("K", bound=Hashable)

_ALWAYS = ""  # the second term of what requires only one; every page has it
_FEW = 64  # entries up to which a loop is cheaper than an intersection
_WIDEST = 8  # a second set with more terms than this is not worth its entries


class _Entry(Generic[K]):
    """One plan, who asked for it, and where its branches hang."""

    __slots__ = ("hooks", "key", "others", "plan")

    def __init__(self, plan: Plan, key: K) -> None:
        self.plan = plan
        self.key = key
        self.others: set[K] | None = None  # most plans have one key; a set takes 200 bytes
        self.hooks: tuple[tuple[str, str], ...] = ()  # first and second terms


class TopicIndex(Generic[K]):
    """Topics by key. Not thread-safe; one writer, as the desk is one."""

    def __init__(self) -> None:
        self._lexicon = Lexicon()
        self._entries: dict[Plan, _Entry[K]] = {}
        self._of: dict[K, _Entry[K]] = {}
        self._direct: dict[str, list[_Entry[K]]] = {}
        self._pairs: dict[str, dict[str, tuple[tuple[_Entry[K], Plan | None], ...]]] = {}

    def __len__(self) -> int:
        return len(self._of)

    def __contains__(self, key: object) -> bool:
        return key in self._of

    def add(self, key: K, query: Query, aliases: AliasSet = BUILT_IN) -> None:
        """Watch for `query` under `key`, in place of an earlier query of the key."""
        plan = compile_plan(query.root, aliases)
        old = self._of.get(key)
        if old is not None:
            if old.plan == plan:
                return
            self.remove(key)
        entry = self._entries.get(plan)
        if entry is None:
            entry = self._entries[plan] = _Entry(plan, key)
            self._hang(entry)
        elif entry.others is None:
            entry.others = {key}
        else:
            entry.others.add(key)
        self._of[key] = entry

    def remove(self, key: K) -> None:
        """Watch for the key's query no longer. An unknown key is no error."""
        entry = self._of.pop(key, None)
        if entry is None:
            return
        if entry.others:
            entry.others.discard(key)
            if entry.key == key:
                entry.key = entry.others.pop()
        else:
            self._take_down(entry)
            del self._entries[entry.plan]

    def match(self, document: Document) -> set[K]:
        """The keys of the queries that the document matches."""
        page = self._lexicon.read(document)
        present = page.present
        present.add(_ALWAYS)
        entries, direct, pairs = self._entries, self._direct, self._pairs
        apart = present.isdisjoint
        found = [entries[term] for term in entries.keys() & present]
        found += [entry for term in direct.keys() & present for entry in direct[term]]
        nearby = [pairs[first] for first in pairs.keys() & present]
        for seconds in [some for some in nearby if len(some) > _FEW or not apart(some)]:
            for second in seconds.keys() & present:
                for entry, rest in seconds[second]:
                    if rest is None or holds(rest, page):
                        found.append(entry)
        matched = {entry.key for entry in found}
        return matched.union(*[entry.others for entry in found if entry.others])

    def _hang(self, entry: _Entry[K]) -> None:
        self._lexicon.take(entry.plan)
        if isinstance(entry.plan, str):
            return  # it hangs under its term already, as its own plan
        for branch in branches(entry.plan):
            if isinstance(branch, str):
                self._direct.setdefault(branch, []).append(entry)
            else:
                self._hang_branch(entry, branch)

    def _hang_branch(self, entry: _Entry[K], branch: Plan) -> None:
        uses = self._lexicon.uses
        needs = sorted(
            required(branch), key=lambda need: sum(commonness(t) * uses(t) for t in need)
        )
        firsts = needs[0]
        seconds: tuple[str, ...] = (_ALWAYS,)
        for need in needs[1:]:
            if len(need) * len(firsts) <= _WIDEST and need != firsts:
                seconds = need
                break
        rest = _without(branch, (firsts, seconds))
        for first in firsts:
            for second in seconds:
                places = self._pairs.setdefault(first, {})
                places[second] = (*places.get(second, ()), (entry, rest))
                entry.hooks += ((first, second),)

    def _take_down(self, entry: _Entry[K]) -> None:
        for branch in branches(entry.plan):
            if isinstance(branch, str) and branch != entry.plan:
                _discard(self._direct, branch, entry)
        for first, second in set(entry.hooks):
            seconds = self._pairs[first]
            seconds[second] = tuple(pair for pair in seconds[second] if pair[0] is not entry)
            if not seconds[second]:
                del seconds[second]
            if not seconds:
                del self._pairs[first]
        self._lexicon.drop(entry.plan)


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


def _discard(hanging: dict[str, list[_Entry[K]]], term: str, entry: _Entry[K]) -> None:
    hanging[term] = [other for other in hanging[term] if other is not entry]
    if not hanging[term]:
        del hanging[term]
