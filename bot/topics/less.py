"""How a query could be edited to leave out stories like one that it found.

Proposes; whether an edit is worth it is for a backtest, and then for the person, to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.errors import QueryError
from bot.topics.aliases import BUILT_IN, AliasSet
from bot.topics.company import companions, telling_words
from bot.topics.document import Document
from bot.topics.forms import fold
from bot.topics.query import Query, parse
from bot.topics.reason import Hit, matches, reasons
from bot.topics.syntax import Or, Word, leaf_text, leaves
from bot.words import say

MOST_LOST = 0.5
"""The share of its stories that an edit may take from a topic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A query to take the place of another, and what it does differently, in a sentence."""

    query: Query
    why: str


def edits(
    query: Query,
    unwanted: Document,
    hits: Sequence[Document],
    others: Sequence[Document],
    aliases: AliasSet = BUILT_IN,
) -> tuple[Edit, ...]:
    """Edits by which `query` no longer finds `unwanted`, the most promising first.

    `hits` are the texts of what it found lately, of which an edit keeps at least half; `others`
    any texts, which tell common words from telling ones. Each edit reads, and is not the query.
    """
    found = reasons(query, unwanted, aliases)
    kept = []
    for edit in (*_stricter(query, found), *_without(query, unwanted, found, hits, others)):
        if edit is None or matches(edit.query, unwanted, aliases):
            continue
        lost = sum(not matches(edit.query, text, aliases) for text in hits)
        if lost <= len(hits) * MOST_LOST or len(hits) <= 2:
            kept.append(edit)
    return tuple(kept)


def _stricter(query: Query, found: Sequence[Hit]) -> Iterator[Edit | None]:
    """Where every hit of a word goes by way of a stem or an alias: this spelling alone."""
    for leaf, negative in leaves(query.root):
        own = [hit for hit in found if hit.term == leaf_text(leaf)]
        if negative or not isinstance(leaf, Word) or not own or not all(hit.via for hit in own):
            continue
        if query.source.count(leaf.text) == 1 and not (leaf.exact or leaf.prefix):
            stricter = query.source.replace(leaf.text, f'"{leaf.text}"')
            why = say(
                "Finds “{value}” in this spelling alone, not “{value2}”.",
                value=leaf.text,
                value2=own[0].text,
            )
            yield _edit(stricter, why)
    if found and all(hit.field == "summary" for hit in found):
        yield _edit(f"title:({query.source})", say("Looks in titles alone."))


def _without(
    query: Query,
    unwanted: Document,
    found: Sequence[Hit],
    hits: Sequence[Document],
    others: Sequence[Document],
) -> Iterator[Edit | None]:
    """Without a word that says what this story is about: one of its headline first, and of those
    one that other hits share."""
    own = {fold(part) for hit in found for part in hit.text.split()}
    own |= {fold(part) for leaf, _ in leaves(query.root) for part in leaf_text(leaf).split()}
    headline = telling_words(Document(title=unwanted.title, summary=""))
    candidates = [word for word in headline if fold(word) not in own]
    candidates += [
        word
        for word in telling_words(unwanted)
        if fold(word) not in own and word not in candidates and not word.islower()
    ]
    shared = [fold(one.word) for one in companions(hits, others)]
    rank = {word: at for at, word in enumerate(shared)}
    last = len(rank)
    in_headline = set(headline)
    candidates.sort(key=lambda word: (rank.get(fold(word), last), word not in in_headline))
    body = f"({query.source})" if isinstance(query.root, Or) else query.source
    for word in candidates[:8]:
        yield _edit(f"{body} -{word}", say("Leaves out what has “{word}” in it.", word=word))


def _edit(source: str, why: str) -> Edit | None:
    try:
        return Edit(query=parse(source), why=why)
    except QueryError:
        return None
