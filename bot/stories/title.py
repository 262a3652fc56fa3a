"""What stays of a headline when its dress is taken off. Decides nothing."""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"\w+")
_SUFFIX = re.compile(r"\s+[|\u2013\u2014-]\s+([^|\u2013\u2014]{2,40})$")
_SHORT = 3
"""Titles of fewer words ("Live", "Morning briefing") name a rubric rather than an event."""


def normalised_title(title: str) -> str:
    """Folded words of a headline without its outlet suffix; "" if too little is left.

    "Talks begin in Miami | The Harbour Post" and "TALKS BEGIN IN MIAMI" become the same. A
    suffix is cut only where at least four words stand before it and at most five in it.
    """
    text = title
    suffix = _SUFFIX.search(title)
    if suffix:
        before, inside = title[: suffix.start()], suffix.group(1)
        if len(_WORD.findall(before)) >= 4 and len(_WORD.findall(inside)) <= 5:
            text = before
    folded = unicodedata.normalize("NFKD", text.casefold())
    words = _WORD.findall("".join(c for c in folded if not unicodedata.combining(c)))
    if len(words) < _SHORT and len("".join(words)) < 12:
        return ""
    return " ".join(words)
