"""What an article's own page says, for a summary where its feed says too little. Only the worker
calls this: trafilatura reads whatever a stranger's page is.
"""

from __future__ import annotations

from bot.errors import ParseError
from bot.feeds.text import clean_text

OPENING_CHARACTERS = 1500
"""Kept of a page, and no more: a summary is made of its first sentences, nobody re-publishes it."""
LEAST_CHARACTERS = 200
"""A page with less than this is a stub, a notice about cookies or a paywall."""
_READ_BYTES = 3_000_000
_ENDS = tuple('.!?:"\u2026\u201d\u00bb\u3002\u0964\u061f\u06d4')


def opening_of(body: bytes, *, url: str) -> str:
    """The beginning of the article on a page, as one line of visible text. Raises ParseError."""
    import trafilatura  # 0.2 s and 20 MB, which only feeds that ask for it are to pay

    text = trafilatura.extract(
        body[:_READ_BYTES],
        url=url,
        include_comments=False,
        include_tables=False,
        favor_precision=True,
        deduplicate=False,
    )
    opening = clean_text(_from_the_first_sentence(text or ""), limit=OPENING_CHARACTERS)
    if len(opening) < LEAST_CHARACTERS:
        raise ParseError(url, "there is no article to read on its page")
    return opening


def _from_the_first_sentence(text: str) -> str:
    """Without the headline, by-line and date before it: lines that do not end as sentences."""
    lines = text.splitlines()
    while lines and not lines[0].rstrip().endswith(_ENDS):
        lines.pop(0)
    return " ".join(lines)
