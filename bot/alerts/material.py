"""Whether what is new in a story is worth a reply in its thread. Pure; asks nobody.

A change is material, in this order, if
1. CORROBORATED: the story came to 3, or to 8, independent outlets since the channel was last told;
2. NEW_FACT: at least two independent reports since then say a number or a name that none before
   did: one report's novelty may be an error or an aside;
3. BURST: at least 4 independent outlets came within an hour, and more than all before.
None in the half hour after the card, at most one an hour and four a story; the edit of the
message shows the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.alerts.facts import facts
from bot.model.article import Article
from bot.stories.outlets import origins

THRESHOLDS = (3, 8)
BURST_OUTLETS = 4
BURST_WITHIN = timedelta(hours=1)
APART = timedelta(hours=1)
MOST_REPLIES = 4
FACTS_SHOWN = 3


class ChangeKind(StrEnum):
    """Why a reply is due. The value is stored and shown; keep it."""

    CORROBORATED = "confirmed by more outlets"
    NEW_FACT = "new facts"
    BURST = "many outlets at once"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a channel knows of a story: reports first seen by then, and how many replies it had.

    To be kept with the alert; a card that was just posted is `Told(at=posted_at)`.
    """

    at: datetime
    replies: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A reply's reason, with its evidence: the outlets now, the new facts, the newest report."""

    kind: ChangeKind
    outlets: int
    facts: tuple[str, ...]
    article: Article


def material_change(
    articles: Sequence[Article], told: Told, now: datetime, *, apart: timedelta = APART
) -> Change | None:
    """The strongest change since the channel was told; None if there is none, or not yet.

    `articles` are the story's, as the workspace may see them; `apart` is the least time between
    two replies, of which the card is owed half.
    """
    before = [one for one in articles if one.first_seen_at <= told.at]
    after = [one for one in articles if told.at < one.first_seen_at <= now]
    if not before or not after:
        return None
    if told.replies >= MOST_REPLIES or now - told.at < (apart if told.replies else apart / 2):
        return None
    roots = origins([*before, *after])
    known, new_roots = set(roots[: len(before)]), roots[len(before) :]
    outlets = len(set(roots))
    fresh = _facts_told_twice(before, after, new_roots)
    newest = max(after, key=lambda one: (one.first_seen_at, one.id))

    def change(kind: ChangeKind) -> Change:
        return Change(kind=kind, outlets=outlets, facts=fresh[:FACTS_SHOWN], article=newest)

    if any(len(known) < threshold <= outlets for threshold in THRESHOLDS):
        return change(ChangeKind.CORROBORATED)
    if fresh:
        return change(ChangeKind.NEW_FACT)
    lately = {
        root
        for article, root in zip(after, new_roots, strict=True)
        if root not in known and now - article.first_seen_at <= BURST_WITHIN
    }
    if len(lately) >= BURST_OUTLETS and len(lately) > len(known):
        return change(ChangeKind.BURST)
    return None


def _facts_told_twice(
    before: Sequence[Article], after: Sequence[Article], roots: Sequence[int]
) -> tuple[str, ...]:
    """Numbers and names that two origins tell now and nobody told before, in reading order."""
    known = facts(_text(article) for article in before)
    tellers: dict[str, set[int]] = {}
    for article, root in zip(after, roots, strict=True):
        for fact in facts([_text(article)]) - known:
            tellers.setdefault(fact, set()).add(root)
    twice = {fact for fact, told_by in tellers.items() if len(told_by) >= 2}
    said = " ".join(_text(article).casefold() for article in after)
    return tuple(sorted(twice, key=lambda fact: (said.find(fact), fact)))


def _text(article: Article) -> str:
    return f"{article.parsed.title}. {article.parsed.summary}"
