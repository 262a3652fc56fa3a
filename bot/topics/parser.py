"""Turns tokens into nodes, by recursive descent. Every refusal says where and what to write.

    or    := and (OR and)*
    and   := near ([AND] near)*
    near  := unary ((NEAR|ONEAR)[/n] unary)*
    unary := (NOT | - | +)* [=] [field:] [=] ( word[*] | "phrase"[~n] | /regex/ | ( or ) )

Recursion is bounded by MAX_DEPTH parentheses; NOTs and operators are loops.
"""

from __future__ import annotations

import re

from bot.errors import QueryError
from bot.topics import patterns
from bot.topics.lexer import MAX_NEAR, Kind, Token, tokens
from bot.topics.syntax import (
    And,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Regex,
    Word,
    all_of,
    any_of,
    depth,
    holds_when_nothing_does,
    negation,
    node_text,
)
from bot.topics.words import words
from bot.words import say

MAX_TERMS = 50
MAX_DEPTH = 10
MAX_PATTERNS = 5

# Tuples: an Enum's hash is a call of Python, a look at its identity is none.
_STARTS = (Kind.WORD, Kind.OPEN, Kind.PHRASE, Kind.NOT, Kind.PLUS, Kind.EXACT, Kind.FIELD,
           Kind.REGEX)  # fmt: skip
_QUALIFIERS = (Kind.EXACT, Kind.FIELD)
_SIGNS = (Kind.NOT, Kind.PLUS)
_language = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*$")


class Parser:
    """One parse of one query; `parse()` is called once."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._tokens = tokens(source)
        self._next = 0
        self._peek = self._tokens[0]
        self._depth = 0
        self._terms = 0
        self._patterns = 0
        self._field = ""  # what a group's field and = give to the leaves inside
        self._exact = False

    def parse(self) -> Node:
        """The whole query as one node."""
        if self._peek.kind is Kind.END:
            raise self._error(
                say("The query is empty."), hint=say("Write what to look for: NATO summit")
            )
        root = self._any()
        if self._peek.kind is Kind.CLOSE:
            raise self._error(
                say("This parenthesis closes nothing."), hint=say("Remove it, or open one before.")
            )
        if holds_when_nothing_does(root):
            raise self._error(
                say("This would match almost everything: it only says what to leave out."),
                at=0,
                hint=say("Add a word that must be there, as in: Gaza -football"),
            )
        if depth(root) > MAX_DEPTH:
            raise self._error(
                say("More than {max_depth} groups inside each other.", max_depth=MAX_DEPTH), at=0
            )
        return root

    def _at(self, kind: Kind) -> bool:
        return self._peek.kind is kind

    def _take(self) -> Token:
        token = self._peek
        self._next += 1
        if token.kind is not Kind.END:
            self._peek = self._tokens[self._next]
        return token

    def _error(self, message: str, *, at: int | None = None, hint: str = "") -> QueryError:
        position = self._peek.at if at is None else at
        return QueryError(message, source=self._source, position=position, hint=hint)

    def _any(self) -> Node:
        children = [self._all()]
        while self._peek.kind is Kind.OR:
            self._take()
            children.append(self._all())
        return any_of(children) if len(children) > 1 else children[0]

    def _all(self) -> Node:
        children = [self._near()]
        while self._peek.kind is Kind.AND or self._peek.kind in _STARTS:
            if self._peek.kind is Kind.AND:
                self._take()
            children.append(self._near())
        return all_of(children) if len(children) > 1 else children[0]

    def _near(self) -> Node:
        at = self._peek.at
        node = self._unary()
        while self._peek.kind is Kind.NEAR:
            operator = self._take()
            self._check_operand(node, operator, at)
            at = self._peek.at
            right = self._unary()
            self._check_operand(right, operator, at)
            node = self._joined(node, operator, right)
        return node

    def _joined(self, left: Node, operator: Token, right: Node) -> Node:
        ordered = operator.text == "ONEAR"
        operands: tuple[Node, ...] = (left,)
        if isinstance(left, Near) and (left.distance, left.ordered) == (operator.number, ordered):
            operands = left.operands
        if right in operands:
            raise self._error(
                say("{value} needs two different things.", value=operator.text),
                at=operator.at,
                hint=say(
                    "{node_text} stands on both sides.", node_text=node_text(right, top=False)
                ),
            )
        return Near(operands=(*operands, right), distance=operator.number, ordered=ordered)

    def _check_operand(self, node: Node, operator: Token, at: int) -> None:
        if not _has_place(node):
            raise self._error(
                say(
                    "{value} joins words, phrases and groups of them with OR.", value=operator.text
                ),
                at=at,
                hint=say('As in: (talks OR summit) NEAR/5 "White House"'),
            )

    def _unary(self) -> Node:
        negative = False
        while self._peek.kind in _SIGNS:
            negative ^= self._take().kind is Kind.NOT
        node = self._primary()
        return negation(node) if negative else node

    def _primary(self) -> Node:
        exact, field = self._qualifiers()
        token = self._peek
        match token.kind:
            case Kind.OPEN:
                outer = self._field, self._exact
                self._field, self._exact = field, exact
                node = self._group()
                self._field, self._exact = outer
                return node
            case Kind.WORD | Kind.PHRASE | Kind.REGEX:
                self._take()
                return self._leaf(token, field, exact)
            case _:
                raise self._missing(token)

    def _qualifiers(self) -> tuple[bool, str]:
        exact, field = self._exact, ""
        while self._peek.kind in _QUALIFIERS:
            token = self._take()
            if token.kind is Kind.EXACT:
                exact = True
            elif field:
                raise self._error(
                    say("One field at a time."),
                    at=token.at,
                    hint=say("Keep {field}: only.", field=field),
                )
            else:
                field = token.text
        return exact, field or self._field

    def _group(self) -> Node:
        opening = self._take()
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._error(
                say("More than {max_depth} parentheses inside each other.", max_depth=MAX_DEPTH),
                at=opening.at,
            )
        if self._at(Kind.CLOSE):
            raise self._error(say("There is nothing in these parentheses."), at=opening.at)
        node = self._any()
        if self._take().kind is not Kind.CLOSE:
            raise self._error(
                say("This parenthesis is never closed."),
                at=opening.at,
                hint=say("Put one more ) after it."),
            )
        self._depth -= 1
        return node

    def _leaf(self, token: Token, field: str, exact: bool) -> Node:
        text = token.text
        if token.kind is Kind.WORD and not field and text.isascii() and text.isalpha():
            self._count(token, 1)  # most leaves; the rest of this says the same of them, slower
            return Word(text=text, exact=exact, prefix=token.number == 1)
        if token.kind is Kind.REGEX:
            return self._regex(token, field, exact)
        parts = words(text)
        self._count(token, len(parts))
        if field == "lang" and not _language.match(token.text):
            raise self._error(
                say("“{value}” is not a language code.", value=token.text),
                at=token.at,
                hint=say("Two letters, as in lang:en or lang:uk"),
            )
        if token.kind is Kind.WORD or field == "lang":
            text = text.lower() if field == "lang" else text
            return Word(
                text=text, field=field, exact=exact and field != "lang", prefix=token.number == 1
            )
        if not parts:
            raise self._error(say("There is nothing to look for in these quotes."), at=token.at)
        return self._phrase(token, parts, field, exact)

    def _count(self, token: Token, parts: int) -> None:
        self._terms += parts
        if self._terms > MAX_TERMS:
            raise self._error(
                say("More than {max_terms} words.", max_terms=MAX_TERMS),
                at=token.at,
                hint=say("Make it two topics."),
            )

    def _phrase(self, token: Token, parts: list[str], field: str, exact: bool) -> Node:
        if token.number < 0 or len(parts) == 1:
            return Phrase(text=token.text, field=field, exact=exact)
        if token.number > MAX_NEAR:
            raise self._error(
                say("~{number} is too far.", number=token.number),
                at=token.at,
                hint=say("At most ~{max_near}.", max_near=MAX_NEAR),
            )
        words_apart = tuple(Phrase(text=part, field=field, exact=exact) for part in parts)
        if len(set(words_apart)) < len(words_apart):
            raise self._error(say("“~” needs different words in the quotes."), at=token.at)
        return Near(operands=words_apart, distance=token.number)

    def _regex(self, token: Token, field: str, exact: bool) -> Node:
        self._patterns += 1
        self._terms += 1
        if self._patterns > MAX_PATTERNS:
            raise self._error(
                say("More than {max_patterns} regular expressions.", max_patterns=MAX_PATTERNS),
                at=token.at,
            )
        problem = patterns.problem(token.text)
        if field == "lang":
            problem = say("lang: takes a language code, not a pattern.")
        if problem:
            raise self._error(problem, at=token.at, hint=say("The syntax is RE2's: see /help."))
        return Regex(pattern=token.text, field=field, exact=exact)

    def _missing(self, token: Token) -> QueryError:
        before = self._tokens[self._next - 1] if self._next else None
        hint = say(
            "Operators in capitals join what stands on both sides; in quotes they are words."
        )
        if token.kind is Kind.END and before is not None:
            return self._error(
                say("Something is missing after “{value}”.", value=before.text),
                at=before.at,
                hint=hint,
            )
        if token.kind is Kind.CLOSE and before is None:
            return self._error(say("This parenthesis closes nothing."))
        return self._error(
            say("Something is missing before “{value}”.", value=token.text), hint=hint
        )


def _has_place(node: Node) -> bool:
    match node:
        case Word(field="lang") | Regex() | And() | Not():
            return False
        case Or(children=children) | Near(operands=children):
            return all(map(_has_place, children))
        case _:
            return True
