"""Cuts visible text into words: by `re` where scripts put spaces, by ICU where they do not.

Says where words are, not what they mean (`forms.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from icu4py.breakers import WordBreaker

# Scripts without spaces (CJK, Thai, Lao, Burmese, Khmer), and Hangul, whose particles stick.
UNSPACED = (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0edf\u1000-\u109f\u1780-\u17d3\u1100-\u11ff\u3005\u3007"
    "\u3041-\u3096\u3099-\u309a\u309d-\u30fa\u30fc-\u30ff\u3131-\u318e\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\ua9e0-\ua9fe\uaa60-\uaa7f\uac00-\ud7ff\uf900-\ufaff\uff66-\uff9f"
    "\U0001b000-\U0001b16f\U00020000-\U0003134f"
)
HANGUL = "\u1100-\u11ff\u3131-\u318e\uac00-\ud7ff"
# Marks that belong to the word they stand in, though `\w` does not count them: accents typed
# apart, Hebrew points, Arabic vowels, the vowel signs of Indic scripts; and invisible joiners.
MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1-\u05c2\u05c4-\u05c5\u05c7\u0610-\u061a"
    "\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7-\u06e8\u06ea-\u06ed\u0711\u0730-\u074a"
    "\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962-\u0963\u0981-\u0983\u09bc-\u09cd\u09d7\u09e2-\u09e3"
    "\u0a01-\u0a03\u0a3c-\u0a51\u0a70-\u0a71\u0a81-\u0a83\u0abc-\u0acd\u0ae2-\u0ae3\u0b01-\u0b03"
    "\u0b3c-\u0b57\u0b62-\u0b63\u0b82\u0bbe-\u0bcd\u0bd7\u0c00-\u0c04\u0c3c-\u0c56\u0c62-\u0c63"
    "\u0c81-\u0c83\u0cbc-\u0cd6\u0ce2-\u0ce3\u0d00-\u0d03\u0d3b-\u0d4d\u0d57\u0d62-\u0d63"
    "\u0d81-\u0d83\u0dca-\u0ddf\u0df2-\u0df3\u135d-\u135f\u1dc0-\u1dff\ufe20-\ufe2f"
    "\u00ad\u200c\u200d\u2060"
)
# A word: letters and digits, then an English possessive ('s), or the rest of a dotted acronym.
_TAIL = r"(?:['’]s\b|(?<=\b[^\W\d_])(?:\.[^\W\d_]\b)+)?"
_word = re.compile(rf"[^\W_]+{_TAIL}")
_hard = re.compile(f"[{UNSPACED}{MARKS}]")
_mixed = re.compile(
    rf"(?P<run>[{UNSPACED}][{UNSPACED}{MARKS}]*)|(?:(?![{UNSPACED}_])[\w{MARKS}])+{_TAIL}"
)
_unspaced_only = re.compile(f"[{UNSPACED}{MARKS}]+")
_hangul_end = re.compile(f"[{HANGUL}]$")

plain_words = _word.findall
"""The words of an easy text, in order and as they stand: the fast path, half of all our time."""


class Span(NamedTuple):
    """A word as it stands, with its character offsets [start, end) in the text."""

    text: str
    start: int
    end: int


def is_easy(text: str) -> bool:
    """Whether `plain_words` is enough: nothing in it needs ICU or carries loose marks."""
    return text.isascii() or _hard.search(text) is None


def words(text: str) -> list[str]:
    """The words in order, as they stand. Equal to the texts of `spans`."""
    if is_easy(text):
        return plain_words(text)
    return [span.text for span in spans(text)]


def spans(text: str) -> list[Span]:
    """The words in order with their offsets."""
    if is_easy(text):
        return [Span(match[0], match.start(), match.end()) for match in _word.finditer(text)]
    found = []
    for match in _mixed.finditer(text):
        if match["run"] is None:
            found.append(Span(match[0], match.start(), match.end()))
        else:
            found += _segments(match[0], match.start())
    return [span for span in found if any(map(str.isalnum, span.text))]


def is_unspaced(word: str) -> bool:
    """Whether a word comes from a script whose words ICU has to find."""
    return not word.isascii() and _unspaced_only.fullmatch(word) is not None


def ends_in_hangul(word: str) -> bool:
    """Whether particles may follow directly, so that a match may end inside a word."""
    return _hangul_end.search(word) is not None


def runs(found: Iterable[Span]) -> list[tuple[int, int]]:
    """Stretches [first, last) of indexes of unspaced words that touch each other."""
    stretches: list[tuple[int, int]] = []
    end = -1
    for index, span in enumerate(found):
        if not is_unspaced(span.text):
            end = -1
        elif span.start == end:
            stretches[-1] = (stretches[-1][0], index + 1)
            end = span.end
        else:
            stretches.append((index, index + 1))
            end = span.end
    return stretches


def _segments(run: str, offset: int) -> list[Span]:
    found = []
    for part in WordBreaker(run, ""):  # its own offsets count UTF-16 units (icu4py 1.2)
        found.append(Span(part, offset, offset + len(part)))
        offset += len(part)
    return found
