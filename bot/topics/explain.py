"""A query explained to the person who wrote it: its reading, its surprises, what else it finds."""

from __future__ import annotations

from dataclasses import dataclass

from bot.topics.aliases import BUILT_IN, AliasSet
from bot.topics.common_words import COMMON_WORDS
from bot.topics.forms import bare, fold, minds_case, query_keys, sky_key
from bot.topics.lexer import Kind, Token, tokens
from bot.topics.query import Query, reading
from bot.topics.syntax import Leaf, Phrase, Regex, Word, leaf_text, leaves
from bot.topics.words import is_unspaced, words
from bot.words import later, say

ENDINGS = later("its other endings")


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """`reading` as from `query.reading`; `warnings` are sentences; `expansions` pair a word as
    typed with what else it matches: aliases in full, `ENDINGS` where the word's own
    do not matter, "talk…" for a wildcard, spellings of -sky."""

    reading: str
    warnings: tuple[str, ...]
    expansions: tuple[tuple[str, tuple[str, ...]], ...]


def explain(query: Query, aliases: AliasSet = BUILT_IN) -> Explanation:
    """What the query was understood to mean under a set of aliases."""
    typed = tokens(query.source)
    every = [leaf for leaf, _ in leaves(query.root)]
    warnings = [
        *_precedence(typed),
        *_lower_case_operators(typed),
        *_unquoted_names(typed, aliases),
        *(warning for leaf in every for warning in _of_leaf(leaf)),
    ]
    expansions = {leaf_text(leaf): _others(leaf, aliases) for leaf in every}
    return Explanation(
        reading=reading(query),
        warnings=tuple(dict.fromkeys(warnings)),
        expansions=tuple((word, others) for word, others in expansions.items() if others),
    )


def _precedence(typed: list[Token]) -> list[str]:
    """An OR beside words that only a space joins reads differently in other tools."""
    levels: list[set[str]] = [set()]
    for before, token in zip([None, *typed], typed, strict=False):
        if token.kind is Kind.OPEN:
            _note_space(before, token, levels)
            levels.append(set())
        elif token.kind is Kind.CLOSE and len(levels) > 1:
            if len(levels.pop()) == 2:
                return [say(_PRECEDENCE)]
        elif token.kind is Kind.OR:
            levels[-1].add("or")
        else:
            _note_space(before, token, levels)
    return [say(_PRECEDENCE)] if any(len(level) == 2 for level in levels) else []


_PRECEDENCE = later(
    "A space means AND and binds tighter than OR: see the parentheses in the reading, "
    "and write your own where you meant otherwise."
)
_ENDS = (Kind.WORD, Kind.PHRASE, Kind.REGEX, Kind.CLOSE)
_BEGINS = (Kind.WORD, Kind.PHRASE, Kind.REGEX, Kind.OPEN, Kind.FIELD, Kind.EXACT)


def _note_space(before: Token | None, token: Token, levels: list[set[str]]) -> None:
    joined = before is not None and before.kind in _ENDS and token.kind in _BEGINS
    if joined or token.kind is Kind.AND:
        levels[-1].add("and")


def _lower_case_operators(typed: list[Token]) -> list[str]:
    inner = typed[1:-2]
    return [
        say(
            "“{value}” is looked for as a word; the operator is {upper}.",
            value=token.text,
            upper=token.text.upper(),
        )
        for token in inner
        if token.kind is Kind.WORD and token.text.lower().split("/")[0] in _OPERATOR_WORDS
    ]


_OPERATOR_WORDS = ("or", "and", "not", "near", "onear")


def _unquoted_names(typed: list[Token], aliases: AliasSet) -> list[str]:
    warnings = []
    for length in (2, 3, 4):
        for at in range(len(typed) - length + 1):
            part = typed[at : at + length]
            name = " ".join(token.text for token in part)
            if all(token.kind is Kind.WORD for token in part) and aliases.others(name):
                warnings.append(
                    say(
                        '“{name}” is read as separate words; write "{name}" to mean the name.',
                        name=name,
                    )
                )
    return warnings


def _of_leaf(leaf: Leaf) -> list[str]:
    if isinstance(leaf, Regex) or leaf.field == "lang":
        return []
    shown = leaf_text(leaf)
    parts = words(leaf.text)
    found = []
    if isinstance(leaf, Phrase) and "*" in leaf.text:
        found.append(
            say(
                "Inside quotes “*” means nothing, so {shown} is looked for without it.", shown=shown
            )
        )
    if isinstance(leaf, Word) and len(parts) > 1 and not is_unspaced(leaf.text):
        found.append(
            say(
                '{shown} is read as the phrase "{names}".',
                shown=shown,
                names=" ".join(map(bare, parts)),
            )
        )
    if not leaf.exact:
        found += [
            say(
                "{bare} is matched in capitals only, because “{lower}” is a common word.",
                bare=bare(part),
                lower=bare(part).lower(),
            )
            for part in parts
            if minds_case(part)
        ]
        upper = bare(parts[0]).upper() if len(parts) == 1 else ""
        if upper in _ACRONYMS and parts[0].islower() and isinstance(leaf, Word):
            found.append(
                say(
                    "{shown} also finds the common word; write {upper} for the acronym.",
                    shown=shown,
                    upper=upper,
                )
            )
    if len(parts) == 1 and len(bare(parts[0])) == 1 and not is_unspaced(parts[0]):
        found.append(say("{shown} is a single character and will match often.", shown=shown))
    return found


_ACRONYMS = frozenset(("US", "WHO", "UN", "IT", "AI", "ICE", "EU", "FED", "AID", "NEO", "SEC"))


def _others(leaf: Leaf, aliases: AliasSet) -> tuple[str, ...]:
    if (
        isinstance(leaf, Regex)
        or leaf.exact
        or leaf.field in ("lang", "source", "author", "category")
    ):
        return ()
    parts = words(leaf.text)
    quoted = isinstance(leaf, Phrase)
    if isinstance(leaf, Word) and leaf.prefix:
        return (f"{fold(leaf.text)}…",)
    others: list[str] = []
    if len(parts) == 1:
        keys = query_keys(parts[0], quoted=quoted)
        if any(key[0] == "~" for key in keys) and fold(parts[0]) not in COMMON_WORDS:
            others.append(ENDINGS)
        if sky := sky_key(fold(parts[0])):
            others += [f"{sky[1:]}{ending}" for ending in ("y", "yy", "iy", "ii", "yi", "ij", "i")]
    if not quoted or len(parts) > 1:
        others += aliases.others(leaf.text)
    typed = fold(leaf.text)
    return tuple(dict.fromkeys(other for other in others if fold(other) != typed))
