"""The first sentences of a feed's own summary. Cuts and never rewrites."""

from __future__ import annotations

import re

from sentencex import segment

EXCERPT_CHARACTERS = 300
"""Title, excerpt of at most 300 characters, source and link: never the full text."""
SENTENCES = 3


def excerpt(summary: str, *, not_repeating: str = "", language: str = "en") -> str:
    """Up to three whole sentences within 300 characters, always a prefix of `summary`.

    A first sentence that alone is longer is cut at a word, with an ellipsis. "" if the summary
    says no more than `not_repeating`, the headline.
    """
    if _same(summary, not_repeating):
        return ""
    end = 0
    for sentence in list(segment(language, summary[: EXCERPT_CHARACTERS * 4]))[:SENTENCES]:
        at = summary.find(sentence.strip(), end)
        if at < 0 or at + len(sentence.strip()) > EXCERPT_CHARACTERS:
            break
        end = at + len(sentence.strip())
    if end:
        return summary[:end]
    if len(summary) <= EXCERPT_CHARACTERS:
        return summary
    cut = summary[: EXCERPT_CHARACTERS - 1]
    at_word = cut.rfind(" ")
    return (cut[:at_word] if at_word > EXCERPT_CHARACTERS // 2 else cut).rstrip(" ,;:–—-") + "…"


def _same(left: str, right: str) -> bool:
    return _letters(left) == _letters(right)


def _letters(text: str) -> str:
    return re.sub(r"\W+", "", text.casefold())
