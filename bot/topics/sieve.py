"""What the archive's full-text index is given of a text, and what it is asked for a query.

A sieve lets every match through and keeps most other articles back; the real matcher judges what
passes. Both sides are made of the same words (`forms.py`), so no database's tokenizer decides
what a word is. Knows no SQL: `storage/dialect.py` writes a sieve down.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.topics.aliases import AliasSet
from bot.topics.document import Document
from bot.topics.forms import RUNS, fold, text_keys
from bot.topics.plan import All, Any, Close, Plan, compile_plan
from bot.topics.query import Query
from bot.topics.terms import BETWEEN_KEYS, LANGUAGE, is_pattern, split_scope
from bot.topics.words import is_unspaced, words

TITLE, SUMMARY, KEYS = "title", "summary", "keys"


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedText:
    """An article as the full-text index keeps it: words divided by blanks.

    `title` and `summary` hold the folded words in order, unspaced scripts character by character;
    `keys` the stems and transliterations that differ from the word, and the language.
    """

    title: str
    summary: str
    keys: str


@dataclass(frozen=True, slots=True)
class Row:
    """These words next to each other in a column ("" is title or summary); `prefix` leaves the
    end of the last one open."""

    words: tuple[str, ...]
    column: str = ""
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Every:
    """All parts."""

    parts: tuple[Sieve, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one part."""

    parts: tuple[Sieve, ...]


Sieve = Row | Every | Some


def indexed(document: Document) -> IndexedText:
    """What the index is given of a document."""
    language = document.primary_language
    keys = {"=" + language: None} if language else {}
    columns = []
    for text in (document.title, document.summary):
        row: list[str] = []
        for word in words(text):
            folded, _, *others = text_keys(word, language)
            row += folded if is_unspaced(word) else (folded,)
            keys |= {key: None for key in others if _adds(key, folded)}
        columns.append(" ".join(row))
    return IndexedText(title=columns[0], summary=columns[1], keys=" ".join(keys))


def sieve_of(query: Query, aliases: AliasSet) -> Sieve | None:
    """What an article must have to match; None if the index cannot tell (a regular expression, a
    source or author by itself)."""
    return _of_plan(compile_plan(query.root, aliases))


def either(sieves: Iterable[Sieve | None]) -> Sieve | None:
    """What passes one of several sieves."""
    parts = tuple(sieves)
    return None if None in parts else _joined(Some, parts)


def _adds(key: str, folded: str) -> bool:
    return key[0] == "%" or _stem(key) != folded


def _stem(key: str) -> str:
    """The stem itself: `~talk` and `~es-habl` without what stands before it."""
    return key[1:].rpartition("-")[2]


def _of_plan(plan: Plan) -> Sieve | None:
    match plan:
        case str():
            return _of_term(plan)
        case All(parts=parts) | Close(parts=parts):
            return _joined(Every, (_of_plan(part) for part in parts))
        case Any(parts=parts):
            return either(_of_plan(part) for part in parts)
        case _:
            return None


def _of_term(term: str) -> Sieve | None:
    scope, body = split_scope(term)
    if scope == LANGUAGE:
        return Row(("=" + body,), KEYS)
    if is_pattern(body) or scope not in ("", TITLE, SUMMARY):
        return None
    if not body.startswith('"'):
        return _of_group(body, scope)
    groups = body[1:-1].split(" ")
    if any(BETWEEN_KEYS in group or group[0] in "*~%" for group in groups):
        return _joined(Every, (_of_group(group, scope) for group in groups))
    return Row(tuple(word for group in groups for word in _words(group)), scope)


def _of_group(group: str, scope: str) -> Sieve | None:
    return either(_of_key(key, scope) for key in group.split(BETWEEN_KEYS))


def _of_key(key: str, scope: str) -> Sieve | None:
    match key[0]:
        case "~":
            return Some((Row((key,), KEYS), Row((_stem(key),), scope)))
        case "%":
            return Row((key,), KEYS)
        case "*":
            return Row(_words(key[1:]), scope, prefix=True)
        case _:
            return Row(_words(key), scope)


def _words(key: str) -> tuple[str, ...]:
    """A key's word as the columns hold it."""
    if key[0] in RUNS:
        return tuple(key[1:])
    return (fold(key.removeprefix("=")),)


def _joined(kind: type[Every | Some], parts: Iterable[Sieve | None]) -> Sieve | None:
    known = tuple(dict.fromkeys(part for part in parts if part is not None))
    if not known:
        return None
    return known[0] if len(known) == 1 else kind(known)
