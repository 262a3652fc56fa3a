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
from itertools import chain
from typing import Generic, TypeVar

from bot.topics.aliases import BUILT_IN, AliasSet
from bot.topics.document import Document
from bot.topics.lexicon import Lexicon
from bot.topics.plan import All, Any, Plan, branches, compile_plan, holds, required
from bot.topics.query import Query

K = TypeVar("K", bound=Hashable)

_ALWAYS = ""  # the second term of what requires only one; every page has it
_FEW = 64  # entries up to which a loop is cheaper than an intersection
_WIDEST = 8  # a second set with more terms than this is not worth its entries


class _Entry(Generic[K]):
    """One plan, who asked for it, and where its branches hang."""

    __slots__ = ("hooks", "keys", "plan")

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.keys: tuple[K, ...] | set[K] = ()
        self.hooks: tuple[tuple[str, str, Plan | None], ...] = ()


class TopicIndex(Generic[K]):
    """Topics by key. Not thread-safe; one writer, as the desk is one."""

    def __init__(self) -> None:
        self._lexicon = Lexicon()
        self._entries: dict[Plan, _Entry[K]] = {}
        self._of: dict[K, _Entry[K]] = {}
        self._direct: dict[str, list[_Entry[K]]] = {}
        self._pairs: dict[str, dict[str, list[tuple[_Entry[K], Plan | None]]]] = {}

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
            entry = self._entries[plan] = _Entry(plan)
            self._hang(entry)
        if len(entry.keys) < 4:
            entry.keys = (*entry.keys, key)
        else:
            if isinstance(entry.keys, tuple):
                entry.keys = set(entry.keys)
            entry.keys.add(key)
        self._of[key] = entry

    def remove(self, key: K) -> None:
        """Watch for the key's query no longer. An unknown key is no error."""
        entry = self._of.pop(key, None)
        if entry is None:
            return
        if isinstance(entry.keys, set):
            entry.keys.discard(key)
        else:
            entry.keys = tuple(other for other in entry.keys if other != key)
        if not entry.keys:
            self._take_down(entry)
            del self._entries[entry.plan]

    def match(self, document: Document) -> set[K]:
        """The keys of the queries that the document matches."""
        page = self._lexicon.read(document)
        present = page.present
        present.add(_ALWAYS)
        direct, pairs, apart = self._direct, self._pairs, present.isdisjoint
        found = [entry for term in direct.keys() & present for entry in direct[term]]
        nearby = [pairs[first] for first in pairs.keys() & present]
        for seconds in [some for some in nearby if len(some) > _FEW or not apart(some)]:
            for second in seconds.keys() & present:
                for entry, rest in seconds[second]:
                    if rest is None or holds(rest, page):
                        found.append(entry)
        return set(chain.from_iterable([entry.keys for entry in found]))

    def _hang(self, entry: _Entry[K]) -> None:
        self._lexicon.take(entry.plan)
        for branch in branches(entry.plan):
            if isinstance(branch, str):
                self._direct.setdefault(branch, []).append(entry)
            else:
                entry.hooks += self._hooks(branch)
        for first, second, rest in entry.hooks:
            self._pairs.setdefault(first, {}).setdefault(second, []).append((entry, rest))

    def _hooks(self, branch: Plan) -> tuple[tuple[str, str, Plan | None], ...]:
        cost = self._lexicon.cost
        needs = sorted(required(branch), key=lambda need: sum(map(cost, need)))
        firsts = needs[0]
        seconds: tuple[str, ...] = (_ALWAYS,)
        for need in needs[1:]:
            if len(need) * len(firsts) <= _WIDEST and need != firsts:
                seconds = need
                break
        rest = _without(branch, (firsts, seconds))
        return tuple((first, second, rest) for first in firsts for second in seconds)

    def _take_down(self, entry: _Entry[K]) -> None:
        for branch in branches(entry.plan):
            if isinstance(branch, str):
                _discard(self._direct, branch, entry)
        for first, second in {hook[:2] for hook in entry.hooks}:
            seconds = self._pairs[first]
            seconds[second] = [pair for pair in seconds[second] if pair[0] is not entry]
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
