"""The shape of a query once it is read: frozen nodes, and how a person sees them.

Knows nothing of how the text was typed (`parser.py`) or what a word matches (`terms.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """An unquoted word. It may hold a hyphen or a dot: then it is a phrase of its parts."""

    text: str
    field: str = ""
    exact: bool = False  # =Word: this very case and spelling
    prefix: bool = False  # word*


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """Words in quotes: in this order, next to each other, without stems."""

    text: str
    field: str = ""
    exact: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Regex:
    """A regular expression in RE2's syntax, looked for in a field's text as it stands."""

    pattern: str
    field: str = ""
    exact: bool = False  # =/x/: mind the case


@dataclass(frozen=True, slots=True, kw_only=True)
class And:
    """Every child must hold."""

    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Or:
    """One child must hold."""

    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """The child must not hold."""

    child: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """Each operand stands at most `distance` words from all the earlier ones taken together.

    `distance` counts the words between, in one field; `ordered` asks for the typed order.
    """

    operands: tuple[Node, ...]
    distance: int
    ordered: bool = False


Leaf = Word | Phrase | Regex
Node = Leaf | And | Or | Not | Near


def leaf_text(leaf: Leaf) -> str:
    """A leaf as one would type it."""
    match leaf:
        case Word():
            body = leaf.text + "*" * leaf.prefix
        case Phrase():
            body = f'"{leaf.text}"'
        case Regex():
            body = f"/{leaf.pattern}/"
    return f"{'=' * leaf.exact}{leaf.field}{':' if leaf.field else ''}{body}"


def node_text(node: Node, *, top: bool = True) -> str:
    """A node as one would type it, with a parenthesis around every group but the outermost."""
    match node:
        case And(children=children):
            joined = " AND ".join(node_text(child, top=False) for child in children)
        case Or(children=children):
            joined = " OR ".join(node_text(child, top=False) for child in children)
        case Near():
            operator = f" {'O' * node.ordered}NEAR/{node.distance} "
            joined = operator.join(node_text(operand, top=False) for operand in node.operands)
        case Not(child=child):
            return f"NOT {node_text(child, top=False)}"
        case _:
            return leaf_text(node)
    return joined if top else f"({joined})"


def leaves(node: Node, *, negative: bool = False) -> Iterator[tuple[Leaf, bool]]:
    """Every leaf, left to right, with whether it stands under an odd number of NOTs."""
    match node:
        case And(children=children) | Or(children=children) | Near(operands=children):
            for child in children:
                yield from leaves(child, negative=negative)
        case Not(child=child):
            yield from leaves(child, negative=not negative)
        case _:
            yield node, negative


def depth(node: Node) -> int:
    """How many groups stand inside each other; a leaf, or a leaf with NOT, has none."""
    match node:
        case And(children=children) | Or(children=children) | Near(operands=children):
            return 1 + max(depth(child) for child in children)
        case Not(child=child):
            return depth(child)
        case _:
            return 0


def holds_when_nothing_does(node: Node) -> bool:
    """Whether a text with none of the words would match: true for all-negative queries."""
    match node:
        case And(children=children):
            return all(holds_when_nothing_does(child) for child in children)
        case Or(children=children):
            return any(holds_when_nothing_does(child) for child in children)
        case Not(child=child):
            return not holds_when_nothing_does(child)
        case _:
            return False


def all_of(children: list[Node]) -> Node:
    """An And of `children`, flat and without repeats; the child itself if there is one."""
    flat = _flat(children, And)
    return flat[0] if len(flat) == 1 else And(children=flat)


def any_of(children: list[Node]) -> Node:
    """An Or of `children`, flat and without repeats; the child itself if there is one."""
    flat = _flat(children, Or)
    return flat[0] if len(flat) == 1 else Or(children=flat)


def negation(node: Node) -> Node:
    """NOT `node`; two NOTs cancel."""
    return node.child if isinstance(node, Not) else Not(child=node)


def _flat(children: list[Node], kind: type[And | Or]) -> tuple[Node, ...]:
    flat: dict[Node, None] = {}
    for child in children:
        inner = child.children if isinstance(child, And | Or) and type(child) is kind else (child,)
        flat.update(dict.fromkeys(inner))
    return tuple(flat)
