"""Which of the terms that topics ask for does a document have: all fields together.

Counts who needs a term, so that it is looked for while anybody does. Knows no topics.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.topics.common_words import COMMON_WORDS
from bot.topics.document import Document
from bot.topics.page import Page
from bot.topics.plan import Plan, terms_of
from bot.topics.scope import Scope
from bot.topics.terms import BETWEEN_KEYS, LANGUAGE, split_scope


class Lexicon:
    """The terms in use. Learning and forgetting take microseconds; reading dominates."""

    def __init__(self) -> None:
        self._uses: dict[str, int] = {}
        self._scopes: dict[str, Scope] = {}

    def take(self, plan: Plan) -> None:
        """Look out for what a plan mentions."""
        self._learn(terms_of(plan))

    def drop(self, plan: Plan) -> None:
        """Undo one `take` of an equal plan."""
        self._forget(terms_of(plan))

    def rarity(self, terms: Iterable[str]) -> float:
        """How seldom one of these known terms is likely to be met: smaller is rarer.

        What many plans mention is often in the news as well.
        """
        uses = self._uses
        return sum([commonness(term) * uses[term] for term in terms])

    def read(self, document: Document) -> Page:
        """The terms that a document has."""
        page = Page()
        page.present.add(f"{LANGUAGE}:{document.primary_language}")
        for scope in self._scopes.values():
            scope.read(document, page)
        return page

    def _learn(self, terms: Iterable[str]) -> None:
        known = self._uses
        for term in terms:
            if term in known:
                known[term] += 1
                continue
            known[term] = 1
            scope, body = split_scope(term)
            if scope != LANGUAGE:
                home = self._scopes.get(scope) or self._scopes.setdefault(scope, Scope(scope))
                if more := home.learn(body, term):
                    self._learn(more)

    def _forget(self, terms: Iterable[str]) -> None:
        for term in terms:
            self._uses[term] -= 1
            if not self._uses[term]:
                del self._uses[term]
                scope, body = split_scope(term)
                if scope != LANGUAGE:
                    self._forget(self._scopes[scope].forget(body, term))


def commonness(term: str) -> float:
    """How often a term is likely to be met, as a weight: names 1, phrases less, others more."""
    if term[-1] == '"':
        return 0.2
    head, _, more = term.partition(BETWEEN_KEYS)
    return 100.0 if head in COMMON_WORDS else 3.0 if more else 1.0
