"""Finds phrases in a text by pairs of neighbouring words, the rarest pair of each.

A phrase of plain words needs no other term. One with unspaced script or a wildcard in it is
"loose": it is put together from its words' terms.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import compress, count, islice
from operator import contains
from sys import intern

from bot.topics.forms import RUNS, bare, fold, sky_key
from bot.topics.page import Terms, Text
from bot.topics.terms import BETWEEN_KEYS

_CACHED_WORDS = 200_000


@lru_cache(maxsize=1 << 15)
def canonical(word: str) -> str:
    """The one form by which a phrase notices a word: transliterations of a name are alike."""
    folded = fold(word)
    return intern(sky_key(folded) or folded)


class _Forms(dict[str, str]):
    """Word as it stands -> its canonical form; filled as words are met."""

    def __missing__(self, word: str) -> str:
        if len(self) >= _CACHED_WORDS:
            self.clear()
        form = self[word] = canonical(word)
        return form


class PhraseBook:
    """The phrases of one field; `prefix` is its name with the colon, or ""."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._pairs: dict[str, dict[str, Terms]] = {}  # word -> next word -> phrases
        # phrase of more than a pair -> at which of its words the pair starts, and how many it has
        self._long: dict[str, tuple[int, int]] = {}
        self._loose: dict[str, Terms] = {}  # term of the first word -> phrases
        self._met: dict[str, int] = {}  # how often a word was learned: "of" is common
        self._forms = _Forms()
        self._leads: dict[str, dict[str, Terms]] = {}  # a word as it stands -> its next words

    def __len__(self) -> int:
        return len(self._pairs) + len(self._loose)

    def learn(self, name: str) -> Terms:
        """Look out for the phrase; returns the terms of its words if it is loose."""
        row = self._row(name)
        if _is_loose(name):
            terms = tuple(self._prefix + group for group in row)
            self._loose[terms[0]] = (*self._loose.get(terms[0], ()), name)
            return terms
        forms = [noticed(group) for group in row]
        met = self._met
        for form in forms:
            met[form] = met.get(form, 0) + 1
        pair = 0
        if len(row) > 2 or "=" in name:
            pair = min(range(len(row) - 1), key=lambda at: met[forms[at]] * met[forms[at + 1]])
            self._long[name] = pair, len(row)
        seconds = self._pairs.get(forms[pair])
        if seconds is None:
            seconds = self._pairs[forms[pair]] = {}
            self._leads.clear()
        seconds[forms[pair + 1]] = (*seconds.get(forms[pair + 1], ()), name)
        return ()

    def forget(self, name: str) -> Terms:
        """The reverse of `learn`, with the same answer."""
        row = self._row(name)
        if _is_loose(name):
            terms = tuple(self._prefix + group for group in row)
            _drop(self._loose, terms[0], name)
            return terms
        forms = [noticed(group) for group in row]
        for form in forms:
            self._met[form] -= 1
            if not self._met[form]:
                del self._met[form]
        pair, _ = self._long.pop(name, (0, 2))
        _drop(self._pairs[forms[pair]], forms[pair + 1], name)
        if not self._pairs[forms[pair]]:
            del self._pairs[forms[pair]]
            self._leads.clear()
        return ()

    def note(self, word: str) -> None:
        """Meet a word as it stands; `find` sees only words that were noted."""
        seconds = self._pairs.get(canonical(word))
        if seconds is not None:
            self._leads[word] = seconds

    def find(self, text: Text) -> dict[str, list[tuple[int, int]]]:
        """Where each phrase that the text has stands: word indexes [start, end)."""
        hits: dict[str, list[tuple[int, int]]] = {}
        raws, leads, forms, long = text.raws, self._leads, self._forms, self._long
        said: dict[tuple[int, int], str] = {}
        begins = list(map(leads.__contains__, raws))
        seconds = map(leads.__getitem__, compress(raws, begins))
        following = map(forms.__getitem__, compress(islice(raws, 1, None), begins))
        goes_on = map(contains, seconds, following)  # all this in C: few words are left
        for index in compress(compress(count(), begins), goes_on):
            for name in leads[raws[index]][forms[raws[index + 1]]]:
                stretch = (index, index + 2)
                if name in long:
                    pair, size = long[name]
                    stretch = (index - pair, index - pair + size)
                    if not self._says(name, raws, stretch, said):
                        continue
                hits.setdefault(name, []).append(stretch)
        if self._loose:
            self._find_loose(text, hits)
        return hits

    def _find_loose(self, text: Text, hits: dict[str, list[tuple[int, int]]]) -> None:
        for index, terms in enumerate(text.found):
            for term in terms:
                for name in self._loose.get(term, ()):
                    at: int | None = index
                    for group in self._row(name):
                        at = _after(text, self._prefix + group, at)
                    if at is not None:
                        hits.setdefault(name, []).append((index, at))

    def _says(
        self,
        name: str,
        raws: list[str],
        stretch: tuple[int, int],
        said: dict[tuple[int, int], str],
    ) -> bool:
        """Whether words [start, end) are the phrase. `said` keeps what stretches say: many
        phrases ask for one."""
        start, end = stretch
        words = said.get(stretch)
        if words is None:
            if start < 0 or end > len(raws):
                return False
            words = " ".join([self._forms[raw] for raw in raws[start:end]])
            words = said[stretch] = f'"{words}"'
        if name.endswith(words):
            return True
        if BETWEEN_KEYS not in name and "=" not in name:
            return False
        return all(
            bare(raw) == group[1:] if group[0] == "=" else self._forms[raw] == noticed(group)
            for group, raw in zip(self._row(name), raws[start:end], strict=False)
        )

    def _row(self, name: str) -> Terms:
        return tuple(name.removeprefix(self._prefix)[1:-1].split(" "))


def noticed(group: str) -> str:
    """The canonical form of a word that the group's keys accept."""
    if BETWEEN_KEYS in group:
        group = group.split(BETWEEN_KEYS)[0]
    elif group[0] != "=":
        return intern(group)  # a folded form without a transliteration is canonical
    return canonical(group.removeprefix("="))


def _is_loose(name: str) -> bool:
    return "*" in name or any(mark in name for mark in RUNS)


def _after(text: Text, term: str, at: int | None) -> int | None:
    """The index after `term` if it stands at `at`."""
    if at is None or at >= len(text.found) or term not in text.found[at]:
        return None
    return text.end(term, at)


def _drop(terms: dict[str, Terms], key: str, name: str) -> None:
    left = tuple(other for other in terms[key] if other != name)
    if left:
        terms[key] = left
    else:
        del terms[key]
