"""A query as the index keeps it: frozen nodes over terms, with every NOT pushed down to a leaf.

Equal plans mean the same whoever wrote them, so the index keeps each once. Says what a plan
requires and whether it holds on a Page; finds nothing in a text itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.topics.aliases import AliasSet
from bot.topics.forms import LATIN_STEMMERS
from bot.topics.syntax import And, Near, Node, Not, Or, Phrase, Word
from bot.topics.terms import leaf_terms

Places = Sequence[tuple[int, int]]
MAX_PLACES = 200
"""Places of one operand that count in a NEAR: more are the sign of a hostile text."""


class Page(Protocol):
    """One text as plans see it. Places are [start, end) word positions, ascending."""

    @property
    def present(self) -> set[str]: ...
    def places(self, term: str) -> Places: ...


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds."""

    parts: tuple[Plan, ...]

    def holds(self, page: Page) -> bool:
        return all(holds(part, page) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Any:
    """One part holds."""

    parts: tuple[Plan, ...]

    def holds(self, page: Page) -> bool:
        return any(holds(part, page) for part in self.parts)


@dataclass(frozen=True, slots=True)
class No:
    """The part, a term or a Close, does not hold."""

    part: str | Close

    def holds(self, page: Page) -> bool:
        return not holds(self.part, page)


@dataclass(frozen=True, slots=True)
class Close:
    """The operands (terms, Any or Close) stand within `distance` words of each other."""

    distance: int
    ordered: bool
    parts: tuple[Plan, ...]

    def holds(self, page: Page) -> bool:
        if len(self.parts) > 2:
            return bool(self.places(page))
        first, second = self.parts
        left = places(first, page)
        right = places(second, page) if left else ()
        distance, ordered = self.distance, self.ordered
        for a, b in left:
            for c, d in right:
                if 0 <= c - b <= distance or (not ordered and 0 <= a - d <= distance):
                    return True
        return False

    def places(self, page: Page) -> Places:
        found = places(self.parts[0], page)
        for part in self.parts[1:]:
            if not found:
                break
            found = joined(found, places(part, page), self.distance, ordered=self.ordered)
        return found


Plan = str | All | Any | No | Close


def holds(plan: Plan, page: Page) -> bool:
    """Whether a plan holds on a page."""
    return plan in page.present if isinstance(plan, str) else plan.holds(page)


def places(plan: Plan, page: Page) -> Places:
    """Where an operand of a Close stands."""
    if isinstance(plan, str):
        return page.places(plan)
    if isinstance(plan, Close):
        return plan.places(page)
    if isinstance(plan, Any):
        return sorted({place for part in plan.parts for place in places(part, page)})[:MAX_PLACES]
    return ()  # the parser lets nothing else into a NEAR


def joined(left: Places, right: Places, distance: int, *, ordered: bool) -> Places:
    """The places that pairs of `left` and `right` span with at most `distance` words between.

    Pairs that overlap do not count. Without `ordered` the right one may stand first.
    """
    return sorted(
        {
            (min(a, c), max(b, d))
            for a, b in left
            for c, d in right
            if 0 <= c - b <= distance or (not ordered and 0 <= a - d <= distance)
        }
    )[:MAX_PLACES]


def compile_plan(root: Node, aliases: AliasSet) -> Plan:
    """The plan of a query under a set of aliases."""
    if isinstance(root, Word | Phrase):
        terms = leaf_terms(root, aliases, stem_language(root))
        return terms[0] if len(terms) == 1 else Any(terms)
    return _plan(root, aliases, stem_language(root), negative=False)


def stem_language(root: Node) -> str:
    """The language that a query asks for in its outermost AND (lang:es …), "" if none."""
    parts = root.children if isinstance(root, And) else (root,)
    for part in parts:
        if isinstance(part, Word) and part.field == "lang" and part.text[:2] in LATIN_STEMMERS:
            return part.text[:2]
    return ""


def branches(plan: Plan) -> tuple[Plan, ...]:
    """The alternatives of a plan, each of which is enough by itself."""
    return plan.parts if isinstance(plan, Any) else (plan,)


def required(plan: Plan) -> list[tuple[str, ...]]:
    """Sets of terms: the plan cannot hold unless each set has a term that is present."""
    match plan:
        case str():
            return [(plan,)]
        case No():
            return []
        case All(parts=parts) | Close(parts=parts):
            return [need for part in parts for need in required(part)]
        case Any(parts=parts):
            needs = [required(part) for part in parts]
            if not all(needs):
                return []
            return [tuple(dict.fromkeys(t for need in needs for t in min(need, key=len)))]


def terms_of(plan: Plan) -> list[str]:
    """Every term a plan mentions, negated ones too; repeats are possible."""
    if isinstance(plan, str):
        return [plan]
    if isinstance(plan, No):
        return terms_of(plan.part)
    found: list[str] = []
    for part in plan.parts:
        if isinstance(part, str):
            found.append(part)
        else:
            found += terms_of(part)
    return found


def _plan(node: Node, aliases: AliasSet, language: str, *, negative: bool) -> Plan:
    match node:
        case And(children=children) | Or(children=children):
            kind = All if isinstance(node, And) != negative else Any
            return _group(
                kind, (_plan(child, aliases, language, negative=negative) for child in children)
            )
        case Not(child=child):
            return _plan(child, aliases, language, negative=not negative)
        case Near(operands=operands, distance=distance, ordered=ordered):
            parts = tuple(_plan(o, aliases, language, negative=False) for o in operands)
            close = Close(distance, ordered, parts)
            return No(close) if negative else close
        case _:
            terms = leaf_terms(node, aliases, language)
            if negative:
                return _group(All, map(No, terms))
            return terms[0] if len(terms) == 1 else Any(terms)


def _group(kind: type[All | Any], parts: Iterable[Plan]) -> Plan:
    flat: dict[Plan, None] = {}
    for part in parts:
        flat.update(dict.fromkeys(part.parts if isinstance(part, kind) else (part,)))
    return next(iter(flat)) if len(flat) == 1 else kind(tuple(flat))
