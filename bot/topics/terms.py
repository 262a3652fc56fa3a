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

from bot.topics.aliases import AliasSet
from bot.topics.forms import query_keys
from bot.topics.syntax import Leaf, Phrase, Regex, Word
from bot.topics.words import Span, is_unspaced, spans

BETWEEN_KEYS = "|"
LANGUAGE = "lang"
_SCOPES = ("title", "summary", "source", "author", "category", LANGUAGE)


def leaf_terms(leaf: Leaf, aliases: AliasSet, language: str = "") -> tuple[str, ...]:
    """The terms of a leaf, any one of which is enough: its own first, then longer aliases.

    `language` chooses the stemmer for Latin script, as in `forms.stem_key`.
    """
    scope = leaf.field + ":" if leaf.field else ""
    match leaf:
        case Regex():
            return (f"{scope}{'=' * leaf.exact}/{leaf.pattern}/",)
        case Word(field="lang"):
            return ("lang:" + leaf.text.replace("_", "-").partition("-")[0],)
    choices = [
        keys[0] if len(keys) == 1 else phrase(keys) for keys in leaf_keys(leaf, aliases, language)
    ]
    single = [choice for choice in choices if not choice.startswith('"')]
    longer = [choice for choice in choices if choice.startswith('"')]
    joined = [BETWEEN_KEYS.join(sorted({k for c in single for k in c.split(BETWEEN_KEYS)}))]
    return tuple(scope + term for term in dict.fromkeys((*(joined if single else ()), *longer)))


def leaf_keys(
    leaf: Word | Phrase, aliases: AliasSet, language: str = ""
) -> tuple[tuple[str, ...], ...]:
    """Each way to match a leaf: a sequence of key groups, one for each word in a row."""
    own = _row(leaf, language)
    if leaf.exact or (isinstance(leaf, Word) and leaf.prefix) or leaf.field in _NAMES:
        return (own,)
    if isinstance(leaf, Phrase) and len(own) == 1:  # one word in quotes: this spelling only
        return (own,)
    others = (_row(Word(text=name), language) for name in aliases.others(leaf.text))
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
    parts: list[Span] = []
    for span in spans(text):
        touches = parts and parts[-1].end == span.start
        if touches and is_unspaced(span.text) and is_unspaced(parts[-1].text):
            parts[-1] = Span(parts[-1].text + span.text, parts[-1].start, span.end)
        else:
            parts.append(span)
    return [part.text for part in parts]


_NAMES = ("source", "author", "category")  # fields of names and labels: no aliases there


def _row(leaf: Word | Phrase, language: str) -> tuple[str, ...]:
    parts = elements(leaf.text)
    last = len(parts) - 1
    quoted = isinstance(leaf, Phrase) or last > 0
    return tuple(
        BETWEEN_KEYS.join(
            query_keys(
                part,
                quoted=quoted,
                exact=leaf.exact,
                prefix=isinstance(leaf, Word) and leaf.prefix and index == last,
                language=language,
            )
        )
        for index, part in enumerate(parts)
    )
