"""Cuts a query into tokens with positions. Knows how things are typed, not how they combine."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import NamedTuple

from bot.errors import QueryError
from bot.topics.forms import MIN_PREFIX, bare
from bot.topics.words import MARKS, UNSPACED, is_unspaced, words
from bot.words import say

MAX_NEAR = 50
DEFAULT_NEAR = 5
FIELDS = ("title", "summary", "source", "author", "category", "lang")
_ELSEWHERE = {  # what other tools call our fields
    "intitle": "title", "allintitle": "title", "headline": "title", "title_en": "title",
    "site": "source", "publisher": "source", "outlet": "source", "feed": "source",
    "by": "author", "byline": "author", "tag": "category", "section": "category",
    "language": "lang", "lg": "lang", "body": "summary", "text": "summary", "intext": "summary",
    "url": "", "inurl": "", "date": "", "from": "", "before": "", "after": "", "country": "",
}  # fmt: skip


class Kind(Enum):
    """What a token is."""

    OPEN = auto()
    CLOSE = auto()
    AND = auto()
    OR = auto()
    NOT = auto()
    NEAR = auto()  # number: the distance; text: the operator as typed
    PLUS = auto()
    EXACT = auto()
    FIELD = auto()  # text: its name
    WORD = auto()  # number: 1 if a * follows
    PHRASE = auto()  # number: the distance after ~, or -1
    REGEX = auto()
    END = auto()


class Token(NamedTuple):
    """A token; `at` is its 0-based offset in the query."""

    kind: Kind
    text: str
    at: int
    number: int = 0


_quote = '["“”„‟«»＂]'
_pattern = re.compile(
    rf"""
      (?P<plain>[A-Za-z]+(?=[\s)]|\Z))
    | (?P<space>\s+|[^\w\s()"“”„‟«»＂|/\-+=*{MARKS}{UNSPACED}]+(?=\S))
    | (?P<open>\()
    | (?P<close>\))
    | (?P<or>\|\|?)
    | (?P<phrase>{_quote}(?P<inside>[^"“”„‟«»＂]*){_quote}(?:~(?P<slop>\d{{1,4}}))?)
    | (?P<quote>{_quote})
    | (?P<regex>/(?P<body>(?:[^/\\]|\\.)+)/)
    | (?P<slash>/)
    | (?P<minus>-(?=\S))
    | (?P<plus>\+(?=\S))
    | (?P<exact>=(?=\S))
    | (?P<field>(?:{"|".join((*FIELDS, *_ELSEWHERE))}):)
    | (?P<word>[^\s()"“”„‟«»＂|]+)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_near = re.compile(r"(O?NEAR)(?:/(\d{1,4}))?$")
_near_misspelt = re.compile(r"(O?NEAR)[:~,]?\d+$|[WN]/\d+$")
_edges = re.compile(rf"^[^\w*{MARKS}{UNSPACED}]+|[^\w*{MARKS}{UNSPACED}]+$")
_acronym = re.compile(r"(?:[^\W\d_]\.){2,}")
_simple = {"open": Kind.OPEN, "close": Kind.CLOSE, "or": Kind.OR, "plus": Kind.PLUS,
           "minus": Kind.NOT, "exact": Kind.EXACT}  # fmt: skip
_operators = {"AND": Kind.AND, "OR": Kind.OR, "NOT": Kind.NOT}
_typed_in_capitals = frozenset((*_operators, "NEAR", "ONEAR"))


def tokens(source: str) -> list[Token]:
    """The tokens of a query, ending with one END. Raises QueryError at what cannot be read."""
    found: list[Token] = []
    for match in _pattern.finditer(source):  # leaves no gaps: `word` takes what nothing else does
        kind = match.lastgroup
        if kind == "plain" and match[0] not in _typed_in_capitals:  # most words, by far
            found.append(Token(Kind.WORD, match[0], match.start()))
        elif kind != "space":
            found.append(_token(source, match, match.start()))
    found.append(Token(Kind.END, "", len(source)))
    return found


def _token(source: str, match: re.Match[str], at: int) -> Token:
    kind = match.lastgroup or ""
    if kind in _simple:
        return Token(_simple[kind], match[0], at)
    match kind:
        case "phrase":
            slop = match["slop"]
            return Token(Kind.PHRASE, match["inside"].strip(), at, int(slop) if slop else -1)
        case "regex":
            return Token(Kind.REGEX, match["body"], at)
        case "field":
            return _field(source, match[0], at)
        case "word" | "plain":
            return _word(source, match[0], at)
        case "quote":
            raise QueryError(
                say("This quotation mark is never closed."),
                source=source,
                position=at,
                hint=say('Put one more " after the phrase.'),
            )
        case _:
            raise QueryError(
                say("This regular expression is never closed."),
                source=source,
                position=at,
                hint=say("Write it as /pattern/, or leave out the slash."),
            )


def _field(source: str, typed: str, at: int) -> Token:
    name = typed[:-1].lower()
    if name in FIELDS:
        return Token(Kind.FIELD, name, at)
    ours = _ELSEWHERE[name]
    hint = (
        say("Here it is {ours}:", ours=ours)
        if ours
        else say("There are {names}", names=", ".join(f + ":" for f in FIELDS))
    )
    raise QueryError(
        say("“{typed}” is not a field.", typed=typed), source=source, position=at, hint=f"{hint}."
    )


def _word(source: str, typed: str, at: int) -> Token:
    core = _edges.sub("", typed) or typed
    if _acronym.fullmatch(core + ".") and typed.rstrip(",;:!?").endswith("."):
        core += "."  # U.S. is written so
    if core in _operators:
        return Token(_operators[core], core, at)
    if near := _near.match(core):
        return _near_token(source, near, at)
    if _near_misspelt.match(core):
        raise QueryError(
            say("“{typed}” is not an operator.", typed=typed),
            source=source,
            position=at,
            hint=say("Write NEAR/{sub} between two words.", sub=re.sub("[^0-9]", "", core)),
        )
    if re.search(r"\w~\d*$", core) or re.search(r"\w~\d*$", typed):
        raise QueryError(
            say("“~” works only after a phrase in quotes; there is no fuzzy search."),
            source=source,
            position=at + typed.rindex("~"),
            hint=say("Give the spellings with OR, or use an alias."),
        )
    return _wildcard(source, core, typed, at)


def _wildcard(source: str, text: str, typed: str, at: int) -> Token:
    stars = text.count("*")
    body = text[:-1] if stars else text
    at_star = at + typed.index("*") if stars else at
    if stars and (stars > 1 or not text.endswith("*") or not body):
        raise QueryError(
            say("“*” may stand only once, at the end of a word."),
            source=source,
            position=at_star,
            hint=say("Write the beginning of the word, as in ukrain*."),
        )
    parts = words(body)
    if not parts:
        raise QueryError(
            say("There is nothing to look for in “{typed}”.", typed=typed),
            source=source,
            position=at,
            hint=say("Use letters or digits; to leave a word out, write -word without a space."),
        )
    if stars and len(bare(parts[-1])) < (1 if is_unspaced(parts[-1]) else MIN_PREFIX):
        raise QueryError(
            say("“{value}” would match far too much.", value=text),
            source=source,
            position=at,
            hint=say("Put at least {min_prefix} letters before the *.", min_prefix=MIN_PREFIX),
        )
    return Token(Kind.WORD, body, at, stars)


def _near_token(source: str, near: re.Match[str], at: int) -> Token:
    distance = int(near[2]) if near[2] else DEFAULT_NEAR
    if distance > MAX_NEAR:
        raise QueryError(
            say("{near}/{distance} is too far.", near=near[1], distance=distance),
            source=source,
            position=at,
            hint=say(
                "At most {near}/{max_near}; to look anywhere in the text, use AND.",
                near=near[1],
                max_near=MAX_NEAR,
            ),
        )
    return Token(Kind.NEAR, near[1], at, distance)
