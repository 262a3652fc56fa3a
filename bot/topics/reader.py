"""One document read for reasons: where each leaf of a query stands, in characters.

The plain way, word by word, without the index and its caches: `reason.py` uses it to explain a
match, and the tests to check the index.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from bot.topics import patterns
from bot.topics.aliases import AliasSet
from bot.topics.document import Document
from bot.topics.forms import RUNS, fold, run_length, text_keys
from bot.topics.plan import MAX_PLACES
from bot.topics.syntax import Leaf, Phrase, Regex, Word
from bot.topics.terms import BETWEEN_KEYS, leaf_keys
from bot.topics.words import Span, is_unspaced, runs, spans

FIELD_STEP = 1_000_000  # word positions between fields: nothing is near across them
_ARROWS = {"~": "stem", "%": "transliteration", "*": "prefix"}


class Place(NamedTuple):
    """Where a leaf stands: word positions [start, end), and the characters in its field."""

    start: int
    end: int
    field: str
    text: str
    first: int  # characters [first, last) of the field
    last: int
    via: str


class FieldText:
    """One field's words, their keys, and which stretches of them are unspaced."""

    def __init__(self, field: str, text: str, language: str) -> None:
        self.field = field
        self.text = text
        self.spans = spans(text)
        self.keys = [text_keys(span.text, language) for span in self.spans]
        self.run_end: dict[int, int] = {}
        if not text.isascii():
            for first, last in runs(self.spans):
                self.run_end.update(dict.fromkeys(range(first, last), last))
        self._starts: dict[str, list[int]] | None = None

    def starts(self, group: str) -> list[int]:
        """Indexes of the words that one of a key group may start at."""
        if "*" in group or "@" in group or "^" in group:
            return list(range(len(self.spans)))
        if self._starts is None:
            self._starts = defaultdict(list)
            for index, keys in enumerate(self.keys):
                for key in dict.fromkeys(keys):
                    self._starts[key].append(index)
        known = self._starts
        return sorted({at for key in group.split(BETWEEN_KEYS) for at in known.get(key, ())})

    def accept(self, group: str, at: int) -> tuple[int, str]:
        """How many words from `at` on one key of the group takes (0: none), and which key."""
        for key in group.split(BETWEEN_KEYS):
            if key[0] in RUNS:
                words = [fold(span.text) for span in self.spans[at : self.run_end.get(at, at)]]
                if words and (count := run_length(key, words, 0)):
                    return count, key
            elif key[0] == "*":
                if any(known.startswith(key[1:]) for known in self.keys[at][:2]):
                    return 1, key
            elif key in self.keys[at]:
                return 1, key
        return 0, ""


class Reader:
    """A document, analysed once, asked about many leaves."""

    def __init__(self, document: Document, aliases: AliasSet) -> None:
        self.document = document
        self._aliases = aliases
        self._fields: dict[str, list[FieldText]] = {}
        self._places: dict[tuple[Leaf, str], list[Place]] = {}

    def places(self, leaf: Leaf, language: str = "") -> list[Place]:
        """Where a leaf stands, in the order of the text; [] if nowhere."""
        known = self._places.get((leaf, language))
        if known is None:
            known = self._places[leaf, language] = self._find(leaf, language)[:MAX_PLACES]
        return known

    def _find(self, leaf: Leaf, language: str) -> list[Place]:
        if isinstance(leaf, Regex):
            return self._find_pattern(leaf)
        if leaf.field == "lang":
            return self._find_language(leaf)
        found: dict[tuple[int, int], Place] = {}
        for order, row in enumerate(leaf_keys(leaf, self._aliases, language)):
            for number, text in enumerate(self._texts(leaf.field)):
                for place in _rows(text, row, number * FIELD_STEP, alias=order > 0):
                    found.setdefault((place.start, place.end), place)
        return sorted(found.values())

    def _find_pattern(self, leaf: Regex) -> list[Place]:
        expression = patterns.compiled(leaf.pattern, exact=leaf.exact)
        return [
            Place(number, number, field, match[0], match.start(), match.end(), "regex")
            for number, (field, text) in enumerate(self.document.texts(leaf.field))
            for match in expression.finditer(text)
        ]

    def _find_language(self, leaf: Word | Phrase) -> list[Place]:
        tag = self.document.language
        if not tag or self.document.primary_language != leaf.text.replace("_", "-").split("-")[0]:
            return []
        return [Place(0, 0, "language", tag, 0, len(tag), "")]

    def _texts(self, scope: str) -> list[FieldText]:
        if scope not in self._fields:
            language = self.document.primary_language
            texts = self.document.texts(scope)
            self._fields[scope] = [FieldText(field, text, language) for field, text in texts]
        return self._fields[scope]


def _rows(text: FieldText, row: tuple[str, ...], shift: int, *, alias: bool) -> list[Place]:
    found = []
    for first in text.starts(row[0]):
        at, used = first, []
        for group in row:
            count, key = text.accept(group, at) if at < len(text.spans) else (0, "")
            if not count:
                break
            at += count
            used.append((key, text.spans[at - 1]))
        else:
            start = text.spans[first].start
            end = _last_character(used[-1], start if len(row) == 1 else None)
            via = "alias" if alias else _via(text, used)
            stretch = text.text[start:end]
            found.append(Place(first + shift, at + shift, text.field, stretch, start, end, via))
    return found


def _last_character(used: tuple[str, Span], start: int | None) -> int:
    key, span = used
    if key[0] == "^" and start is not None and is_unspaced(span.text):
        return min(span.end, start + len(key) - 1)  # without the particle that follows
    return span.end


def _via(text: FieldText, used: list[tuple[str, Span]]) -> str:
    for key, _ in used:
        if key[0] in _ARROWS:
            return _ARROWS[key[0]]
    return ""
