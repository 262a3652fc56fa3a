"""Why a document does not match a query: the parts that decided, in sentences.

The other half of `reason.py`, which walks the query the same way.
"""

from __future__ import annotations

from bot.topics.aliases import BUILT_IN, AliasSet
from bot.topics.document import Document
from bot.topics.plan import stem_language
from bot.topics.query import Query
from bot.topics.reader import Reader
from bot.topics.reason import Walk
from bot.topics.syntax import And, Leaf, Near, Node, Not, Or, Regex, leaf_text, leaves, node_text
from bot.words import later, say, say_many

_WHERE = {
    "": later("its title or summary"),
    "title": later("its title"),
    "summary": later("its summary"),
    "source": later("its source"),
    "author": later("its authors"),
    "category": later("its categories"),
}


def refusals(query: Query, document: Document, aliases: AliasSet = BUILT_IN) -> tuple[str, ...]:
    """What stands between a document and a match, one sentence a part; () for a match."""
    reader = Reader(document, aliases)
    walk = Walk(reader, stem_language(query.root))
    if walk.holds(query.root):
        return ()
    return tuple(dict.fromkeys(_against(query.root, walk, document)))


def _against(node: Node, walk: Walk, document: Document) -> list[str]:
    """Why `node`, which does not hold, does not."""
    match node:
        case And(children=children):
            wrong = [child for child in children if not walk.holds(child)]
            return [sentence for child in wrong for sentence in _against(child, walk, document)]
        case Or(children=children):
            some = ", ".join(f"“{node_text(child)}”" for child in children)
            return [say("None of {some} holds.", some=some)]
        case Not(child=child):
            return [say("It has {found}, which the query leaves out.", found=_found(child, walk))]
        case Near():
            return _apart(node, walk, document)
        case _:
            return [_absent(node, document)]


def _apart(node: Near, walk: Walk, document: Document) -> list[str]:
    missing = [one for one in node.operands if not walk.holds(one)]
    if missing:
        return [sentence for one in missing for sentence in _against(one, walk, document)]
    order = say(" in this order") if node.ordered else ""
    parts = say(" and ").join(f"“{node_text(one)}”" for one in node.operands)
    return [
        say_many(
            "{parts} never stand within {count} word{order}.",
            "{parts} never stand within {count} words{order}.",
            node.distance,
            parts=parts,
            order=order,
        )
    ]


def _absent(leaf: Leaf, document: Document) -> str:
    if not isinstance(leaf, Regex) and leaf.field == "lang":
        known = f"“{document.language}”" if document.language else say("not known")
        return say("Its language is {known}, not “{value}”.", known=known, value=leaf.text)
    return say(
        "“{leaf_text}” is not in {where}.", leaf_text=leaf_text(leaf), where=say(_WHERE[leaf.field])
    )


def _found(node: Node, walk: Walk) -> str:
    """The words by which something holds that should not."""
    words = list(dict.fromkeys(hit.text for hit in walk.hits(node)))
    if not words:
        return " ".join(f"“{leaf_text(leaf)}”" for leaf, _ in leaves(node))
    return ", ".join(f"“{word}”" for word in words[:3])
