"""The door to the query language: text in, a Query or a QueryError out, and its reading back."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.errors import QueryError
from bot.topics.parser import Parser
from bot.topics.syntax import Node, Phrase, Word, node_text

MAX_LENGTH = 500

_one_word = re.compile(r"[^\W\d_]{2,30}")
_one_phrase = re.compile(r'"([^\W\d_]{2,30}(?: [^\W\d_]{2,30}){1,5})"')
_operators = frozenset(("AND", "OR", "NOT", "NEAR", "ONEAR"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A query as typed, and as understood."""

    source: str
    root: Node


def parse(source: str, *, max_length: int = MAX_LENGTH) -> Query:
    """Read a query. Raises QueryError with the position of what does not read, and a hint.

    At most `max_length` characters, 50 words, groups 10 deep, 5 regular expressions. A reading
    may be longer than what it came from: parse one with a larger `max_length`.
    """
    if _one_word.fullmatch(source) and source not in _operators:  # half of all topics
        return Query(source=source, root=Word(text=source))
    if phrase := _one_phrase.fullmatch(source):  # and most of the rest
        return Query(source=source, root=Phrase(text=phrase[1]))
    if len(source) > max_length:
        raise QueryError(
            f"The query has {len(source)} characters; {max_length} is the most.",
            source=source,
            position=max_length,
            hint="Make it two topics, or use a wildcard for words that begin alike.",
        )
    return Query(source=source, root=Parser(source).parse())


def reading(query: Query) -> str:
    """The query as understood: every AND written, a parenthesis around every group.

    Parsing it gives the same nodes again; queries with equal readings mean the same.
    """
    return node_text(query.root)
