"""What a query needs of a text, in terms: the step between nodes and the index.

A *term* is a string that stands for one thing which a text has or has not. Equal needs give
equal terms, whoever asked:
    nato|otan                   any of these keys (`forms.py`), in title or summary
    title:nato                  the same in one field
    "white house"               terms next to each other
    /x/ or =/x/                 a regular expression
    lang:uk                     the text's language
Knows no text; `lexicon.py` finds terms in one.
"""

from __future__ import annotations

from functools import lru_cache
from sys import intern

from bot.topics.aliases import AliasSet
from bot.topics.forms import query_keys
from bot.topics.syntax import Leaf, Phrase, Regex, Word
from bot.topics.words import Span, is_easy, is_unspaced, plain_words, spans

BETWEEN_KEYS = "|"
LANGUAGE = "lang"
_SCOPES = ("title", "summary", "source", "author", "category", LANGUAGE)


def leaf_terms(leaf: Leaf, aliases: AliasSet, language: str = "") -> tuple[str, ...]:
    """The terms of a leaf, any one of which is enough: its own first, then longer aliases.

    `language` chooses the stemmer for Latin script, as in `forms.stem_key`. Equal terms are one
    object: a million topics share them, and sets of them compare without a look at the letters.
    """
    if term := _plain_term(leaf, aliases, language):
        return (intern(term),)
    return tuple(map(intern, _terms(leaf, aliases, language)))


def _terms(leaf: Leaf, aliases: AliasSet, language: str) -> tuple[str, ...]:
    scope = leaf.field + ":" if leaf.field else ""
    match leaf:
        case Regex():
            return (f"{scope}{'=' * leaf.exact}/{leaf.pattern}/",)
        case Word(field="lang"):
            return ("lang:" + leaf.text.replace("_", "-").partition("-")[0],)
    rows = leaf_keys(leaf, aliases, language)
    if len(rows) == 1:
        return (scope + (rows[0][0] if len(rows[0]) == 1 else phrase(rows[0])),)
    single = {key for row in rows if len(row) == 1 for key in row[0].split(BETWEEN_KEYS)}
    joined = [BETWEEN_KEYS.join(sorted(single))] if single else []
    longer = [phrase(row) for row in rows if len(row) > 1]
    return tuple(scope + term for term in dict.fromkeys(joined + longer))


def _plain_term(leaf: Leaf, aliases: AliasSet, language: str) -> str:
    """What `leaf_terms` gives for most leaves there are, in half the time; "" for the others: a
    word, or words in quotes, of ASCII letters and without a field, without aliases."""
    if leaf.field or leaf.exact or isinstance(leaf, Regex) or not leaf.text.isascii():
        return ""
    text = leaf.text
    if isinstance(leaf, Word):
        if leaf.prefix or not text.isalpha() or aliases.others(text):
            return ""
        if not text.islower() and not text.isupper() and "sk" not in text:  # a name: no stem
            return text.lower()
        return _group(text, False, False, False, language)
    if " " not in text or "  " in text or not text.replace(" ", "").isalpha():
        return ""
    if aliases.others(text):
        return ""
    if not (text.islower() or text.istitle()) or "sk" in text:  # cases to mind, transliterations
        return ""
    return f'"{text.lower()}"'


def leaf_keys(
    leaf: Word | Phrase, aliases: AliasSet, language: str = ""
) -> tuple[tuple[str, ...], ...]:
    """Each way to match a leaf: a sequence of key groups, one for each word in a row."""
    own = _row(leaf, language)
    if leaf.exact or (isinstance(leaf, Word) and leaf.prefix) or leaf.field in _NAMES:
        return (own,)
    if isinstance(leaf, Phrase) and len(own) == 1:  # one word in quotes: this spelling only
        return (own,)
    names = aliases.others(leaf.text)
    if not names:
        return (own,)
    others = (_row(_alias(name), language) for name in names)
    return tuple(dict.fromkeys((own, *others)))


def phrase(row: tuple[str, ...]) -> str:
    """The term for key groups that stand in a row."""
    return '"' + " ".join(row) + '"'


def is_pattern(body: str) -> bool:
    """Whether a term without its field is a regular expression."""
    return body.startswith(("/", "=/"))


def split_scope(term: str) -> tuple[str, str]:
    """A term's field ("" for title and summary) and the rest."""
    scope, colon, body = term.partition(":")
    return (scope, body) if colon and scope in _SCOPES else ("", term)


def elements(text: str) -> list[str]:
    """A query word's parts; stretches of unspaced script stay whole, however ICU cuts them."""
    if is_easy(text):
        return plain_words(text)
    parts: list[Span] = []
    for span in spans(text):
        touches = parts and parts[-1].end == span.start
        if touches and is_unspaced(span.text) and is_unspaced(parts[-1].text):
            parts[-1] = Span(parts[-1].text + span.text, parts[-1].start, span.end)
        else:
            parts.append(span)
    return [part.text for part in parts]


_NAMES = ("source", "author", "category")  # fields of names and labels: no aliases there


def _alias(name: str) -> Word | Phrase:
    """A name of an alias as a leaf: no stems in scripts without case, where names would suffer."""
    return Phrase(text=name) if name == name.upper() else Word(text=name)


def _row(leaf: Word | Phrase, language: str) -> tuple[str, ...]:
    parts = elements(leaf.text)
    prefix = isinstance(leaf, Word) and leaf.prefix
    quoted = isinstance(leaf, Phrase) or len(parts) > 1
    if not prefix:
        return tuple([_group(part, quoted, leaf.exact, False, language) for part in parts])
    row = [_group(part, True, leaf.exact, False, language) for part in parts[:-1]]
    return (*row, _group(parts[-1], quoted, leaf.exact, True, language))


@lru_cache(maxsize=1 << 15)
def _group(word: str, quoted: bool, exact: bool, prefix: bool, language: str) -> str:
    keys = query_keys(word, quoted=quoted, exact=exact, prefix=prefix, language=language)
    return BETWEEN_KEYS.join(sorted(keys))
