"""The terms of one field ("" for title and summary together): learned, forgotten, found in texts.

Words reach their terms through keys (`forms.py`) and a cache, phrases through `phrases.py`,
unspaced scripts through their first character, patterns through RE2's filter. Knows no topics.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import chain

from bot.topics.document import Document
from bot.topics.forms import RUNS, fold, run_length, text_keys
from bot.topics.page import Page, Part, Terms, Text
from bot.topics.patterns import PatternBank
from bot.topics.phrases import PhraseBook
from bot.topics.terms import BETWEEN_KEYS, is_pattern
from bot.topics.words import Span, is_easy, plain_words, runs, spans

_CACHED_WORDS = 200_000
_BASES = {"title": 0, "summary": 10_000_000, "source": 20_000_000, "author": 30_000_000,
          "category": 40_000_000}  # fmt: skip
_PART = 100_000  # words that an author or category may have before the next one's positions


class _Words(dict[str, Terms]):
    """Word as it stands -> its terms; filled as words are met."""

    def __init__(self, scope: Scope, language: str) -> None:
        super().__init__({"": ()})
        self._scope = scope
        self._language = language

    def __missing__(self, word: str) -> Terms:
        if len(self) >= _CACHED_WORDS:
            self.clear()
            self[""] = ()
        terms = self[word] = self._scope.meet(word, self._language)
        return terms


class Scope:
    """What topics ask of one field."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._by_key: dict[str, str | Terms] = {}  # one term as it is, for half the memory
        self._prefixes: Counter[int] = Counter()  # lengths of the prefixes that are asked for
        self._runs: dict[str, dict[str, Terms]] = {}  # first character -> key -> terms
        self._phrases = PhraseBook(name + ":" if name else "")
        self._patterns = PatternBank()
        self._caches: dict[str, _Words] = {}

    def learn(self, body: str, term: str) -> Terms:
        """Look out for a term (its `body` is without the field) from now on.

        Returns the terms that must be learned too, for this one to be found.
        """
        if is_pattern(body):
            self._patterns.add(body, term)
            return ()
        if body.startswith('"'):
            terms = self._phrases.learn(term)
            self._caches.clear()
            return terms
        for key in body.split(BETWEEN_KEYS):
            if key[0] in RUNS:
                _add(self._runs.setdefault(key[1], {}), key, term)
                continue
            known = self._by_key.get(key)
            if known is None:
                self._by_key[key] = term
            else:
                self._by_key[key] = (*((known,) if isinstance(known, str) else known), term)
            if key[0] == "*":
                self._prefixes[len(key) - 1] += 1
        self._caches.clear()
        return ()

    def forget(self, body: str, term: str) -> Terms:
        """The reverse of `learn`, with the same answer."""
        if is_pattern(body):
            self._patterns.remove(term)
            return ()
        if body.startswith('"'):
            terms = self._phrases.forget(term)
            self._caches.clear()
            return terms
        for key in body.split(BETWEEN_KEYS):
            if key[0] in RUNS:
                _drop(self._runs[key[1]], key, term)
                continue
            known = self._by_key[key]  # caches may keep it: nothing hangs on it any more
            if isinstance(known, str) or len(known) == 1:
                del self._by_key[key]
            else:
                self._by_key[key] = tuple(other for other in known if other != term)
            if key[0] == "*":
                self._prefixes -= Counter({len(key) - 1: 1})
        return ()

    def meet(self, word: str, language: str) -> Terms:
        """The terms that any of a word's keys, or a beginning of one, belongs to."""
        self._phrases.note(word)
        keys, by_key = text_keys(word, language), self._by_key
        found = [by_key[key] for key in keys if key in by_key]
        for length in self._prefixes:
            stems = ("*" + key[:length] for key in keys[:2] if len(key) >= length)
            found += [by_key[stem] for stem in stems if stem in by_key]
        every = ((some,) if isinstance(some, str) else some for some in found)
        return tuple(dict.fromkeys(chain.from_iterable(every)))

    def read(self, document: Document, page: Page) -> None:
        """Put on the page what the document has in this scope."""
        texts = document.texts(self._name)
        language = document.primary_language
        cache = self._caches.get(language)
        if cache is None:
            cache = self._caches[language] = _Words(self, language)
        text = Text()
        page.texts[self._name] = text
        for at, (field, content) in enumerate(texts):
            if at:
                text.raws.append("")  # no phrase reaches across
            text.parts.append(Part(len(text.raws), _BASES[field] + at * _PART))
            if is_easy(content):
                text.raws += plain_words(content)
            else:
                text.raws += [span.text for span in spans(content)]
        text.found = list(map(cache.__getitem__, text.raws))
        if self._runs:
            self._add_runs(texts, text)
        page.present.update(chain.from_iterable(text.found))
        if self._phrases:
            text.phrases = self._phrases.find(text)
            page.present.update(text.phrases)
        if self._patterns:
            page.present.update(self._patterns.search(content for _, content in texts))

    def _add_runs(self, texts: tuple[tuple[str, str], ...], text: Text) -> None:
        for part, (_, content) in zip(text.parts, texts, strict=True):
            if not is_easy(content):
                for start, end, terms in self._find_runs(spans(content)):
                    text.found[part.first + start] += terms
                    for term in terms:
                        text.ends[term, part.first + start] = part.first + end

    def _find_runs(self, cut: list[Span]) -> Iterator[tuple[int, int, Terms]]:
        """Stretches of unspaced script that are asked for: (first word, end, terms)."""
        for first, last in runs(cut):
            words = [fold(span.text) for span in cut[first:last]]
            for index, word in enumerate(words):
                for key, terms in self._runs.get(word[:1], {}).items():
                    if count := run_length(key, words, index):
                        yield first + index, first + index + count, terms


def _add(terms: dict[str, Terms], key: str, term: str) -> None:
    terms[key] = (*terms.get(key, ()), term)


def _drop(terms: dict[str, Terms], key: str, term: str) -> None:
    left = tuple(other for other in terms[key] if other != term)
    if left:
        terms[key] = left
    else:
        del terms[key]
