"""Regular expressions of queries, through RE2 alone: linear time, whatever a stranger writes."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import re2

MAX_PATTERN = 200
_MEMORY = 256 * 1024  # bytes a compiled pattern may take; bounds the time to compile one too


@lru_cache(maxsize=4096)
def compiled(pattern: str, *, exact: bool) -> re2._Regexp:
    """The pattern, ready to search; without `exact` its case does not matter."""
    return re2.compile(pattern, options(exact=exact))


def options(*, exact: bool) -> re2.Options:
    """RE2's options for us: bounded memory, no printing, case as asked."""
    chosen = re2.Options()
    chosen.max_mem = _MEMORY
    chosen.log_errors = False
    chosen.case_sensitive = exact
    return chosen


def problem(pattern: str) -> str:
    """What is wrong with a pattern, for the person who wrote it; "" if nothing is."""
    if len(pattern) > MAX_PATTERN:
        return f"A regular expression may have {MAX_PATTERN} characters."
    try:
        ready = compiled(pattern, exact=True)
    except re2.error as error:
        return f"This regular expression does not read: {_message(error)}"
    if any(not match[0] for sample in ("", "a 1-É") for match in ready.finditer(sample)):
        return "This regular expression matches everything."
    return ""


def _message(error: Exception) -> str:
    detail = error.args[0] if error.args else ""
    return detail.decode(errors="replace") if isinstance(detail, bytes) else str(detail)


class PatternBank:
    """Many patterns, searched together: RE2's filter rules most out by the literals they need.

    A change costs nothing until the next search, which compiles the filter again.
    """

    def __init__(self) -> None:
        self._bodies: dict[str, str] = {}  # term -> /x/ or =/x/
        self._filter: re2.Filter | None = None
        self._order: list[str] = []

    def __len__(self) -> int:
        return len(self._bodies)

    def add(self, body: str, term: str) -> None:
        """Search for `body` (/x/, or =/x/ to mind the case) under the name `term`."""
        self._bodies[term] = body
        self._filter = None

    def remove(self, term: str) -> None:
        """Search for it no longer."""
        del self._bodies[term]
        self._filter = None

    def search(self, texts: Iterable[str]) -> set[str]:
        """The terms whose pattern is found in one of the texts."""
        found = self._filter or self._compile()
        return {self._order[hit] for text in texts for hit in found.Match(text) or ()}

    def _compile(self) -> re2.Filter:
        self._filter = re2.Filter()
        self._order = list(self._bodies)
        for body in self._bodies.values():
            self._filter.Add(body.removeprefix("=")[1:-1], options(exact=body.startswith("=")))
        self._filter.Compile()
        return self._filter
