"""Why a document matches a query: the words that satisfy it, where they stand, and by what way.

Decides by walking the query over the text, with no index: slower, and plainly right.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.topics.aliases import BUILT_IN, AliasSet
from bot.topics.document import Document
from bot.topics.plan import MAX_PLACES, joined, stem_language
from bot.topics.query import Query
from bot.topics.reader import Place, Reader
from bot.topics.syntax import And, Leaf, Near, Node, Not, Or, leaf_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """Characters [start, end) of a field that satisfy a term of the query.

    `field` is "title", "summary", "source", "author", "category" or "language"; offsets in an
    author or category count in that one's own text. `term` is as typed; `via` is "", or
    "alias", "stem", "transliteration", "prefix" or "regex" when the text says it otherwise.
    """

    field: str
    start: int
    end: int
    text: str
    term: str
    via: str = ""


def reasons(query: Query, document: Document, aliases: AliasSet = BUILT_IN) -> tuple[Hit, ...]:
    """The satisfying hits in the order of the query, then of the text; () without a match."""
    return reasons_of(query, Reader(document, aliases))


def matches(query: Query, document: Document, aliases: AliasSet = BUILT_IN) -> bool:
    """Whether the document matches; what the index answers for many queries at once."""
    return bool(Walk(Reader(document, aliases), stem_language(query.root)).holds(query.root))


def reasons_of(query: Query, reader: Reader) -> tuple[Hit, ...]:
    """As `reasons`, for a document that is read once and asked of many queries."""
    walk = Walk(reader, stem_language(query.root))
    if not walk.holds(query.root):
        return ()
    return tuple(dict.fromkeys(walk.hits(query.root)))


class Walk:
    """One query over one document."""

    def __init__(self, reader: Reader, language: str) -> None:
        self._reader = reader
        self._language = language

    def holds(self, node: Node) -> bool:
        match node:
            case And(children=children):
                return all(map(self.holds, children))
            case Or(children=children):
                return any(map(self.holds, children))
            case Not(child=child):
                return not self.holds(child)
            case Near():
                return bool(self._stretches(node))
            case _:
                return bool(self._reader.places(node, self._language))

    def hits(self, node: Node) -> list[Hit]:
        """The hits of the parts of `node`, which holds; a NOT shows only what it denies twice."""
        match node:
            case And(children=children) | Or(children=children):
                return [hit for child in children if self.holds(child) for hit in self.hits(child)]
            case Not(child=child):
                return self._hits_against(child)
            case Near():
                return self._near_hits(node)
            case _:
                return [_hit(node, place) for place in self._reader.places(node, self._language)]

    def _hits_against(self, node: Node) -> list[Hit]:
        match node:
            case And(children=children) | Or(children=children):
                wrong = [child for child in children if not self.holds(child)]
                return [hit for child in wrong for hit in self._hits_against(child)]
            case Not(child=child):
                return self.hits(child)
            case _:
                return []

    def _near_hits(self, node: Near) -> list[Hit]:
        start, end = min(self._stretches(node), key=lambda stretch: stretch[1] - stretch[0])
        return [
            _hit(leaf, place)
            for leaf in _operand_leaves(node)
            for place in self._reader.places(leaf, self._language)
            if start <= place.start and place.end <= end
        ]

    def _stretches(self, node: Node) -> list[tuple[int, int]]:
        match node:
            case Near(operands=operands):
                found = self._stretches(operands[0])
                for operand in operands[1:]:
                    right = self._stretches(operand) if found else []
                    found = list(joined(found, right, node.distance, ordered=node.ordered))
                return found
            case Or(children=children):
                every = {place for child in children for place in self._stretches(child)}
                return sorted(every)[:MAX_PLACES]
            case And() | Not():  # the parser lets neither into a NEAR
                return []
            case _:
                places = self._reader.places(node, self._language)
                return [(place.start, place.end) for place in places]


def _operand_leaves(node: Node) -> list[Leaf]:
    match node:
        case Near(operands=children) | Or(children=children) | And(children=children):
            return [leaf for child in children for leaf in _operand_leaves(child)]
        case Not():
            return []
        case _:
            return [node]


def _hit(leaf: Leaf, place: Place) -> Hit:
    return Hit(
        field=place.field,
        start=place.first,
        end=place.last,
        text=place.text,
        term=leaf_text(leaf),
        via=place.via,
    )
