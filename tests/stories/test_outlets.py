"""Independent outlets are counted honestly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.article import Article, ParsedArticle
from bot.model.ids import ArticleId, FeedId, StoryId
from bot.stories.outlets import independent, origins, outlet_key, same_origin, site_of
from tests.clock import START

LEAD = (
    "Negotiators from both sides ended a second day of talks without a deal, officials said,"
    " but agreed to exchange lists of prisoners before they meet again next week."
)
OWN = (
    "A deal was not reached after two days, yet lists of captives will be swapped, according to a"
    " diplomat who was in the room and asked not to be named."
)


def article(
    number: int, outlet: str, summary: str = "", *, title: str = "", url: str = "", by: str = ""
) -> Article:
    parsed = ParsedArticle(
        uid=str(number),
        url=url,
        canonical_url=url,
        title=title or f"Headline number {number}",
        summary=summary,
        authors=(by,) if by else (),
    )
    return Article(
        id=ArticleId(number),
        feed=FeedId(number),
        story=StoryId(1),
        parsed=parsed,
        outlet=outlet,
        first_seen_at=START,
    )


def test_two_desks_are_two() -> None:
    assert independent([article(1, "Harbour Post", LEAD), article(2, "Open Bulletin", OWN)]) == 2


def test_nothing_is_none() -> None:
    assert independent([]) == 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (article(1, "BBC News"), article(2, "BBC World")),
        (article(1, "CNN", url="https://cnn.com/a"), article(2, "x", url="https://us.cnn.com/b")),
        (article(1, "Harbour Post"), article(2, "HARBOUR POST")),
        (article(1, "Mail Online"), article(2, "Daily Mail")),
        (article(1, "Harbour Post", LEAD), article(2, "Open Bulletin", LEAD)),
        (article(1, "Harbour Post", LEAD), article(2, "Open Bulletin", LEAD[:120] + "\u2026")),
        (
            article(1, "Harbour Post", f"MIAMI (AP) \u2014 {LEAD}"),
            article(2, "Open Bulletin", f"(Associated Press) - {OWN}"),
        ),
        (article(1, "Reuters", LEAD), article(2, "Open Bulletin", OWN, by="Jane Roe, Reuters")),
        (
            article(1, "Harbour Post", title="Talks end without a deal but with lists"),
            article(2, "Open Bulletin", title="Talks end without a deal but with lists"),
        ),
    ],
)
def test_one_origin_counts_once(one: Article, other: Article) -> None:
    assert same_origin(one, other)
    assert independent([one, other]) == 1


def test_two_agencies_are_two() -> None:
    assert not same_origin(
        article(1, "Harbour Post", f"(Reuters) - {LEAD}"), article(2, "Bulletin", f"(AFP) - {OWN}")
    )


def test_a_copy_of_a_copy_is_of_the_same_origin() -> None:
    first = article(1, "Harbour Post", LEAD)
    second = article(2, "Open Bulletin", LEAD, url="https://bulletin.example/1")
    third = article(3, "Open Bulletin Sport", OWN, url="https://sport.bulletin.example/2")
    assert origins([first, second, third]) == (0, 0, 0)


def test_short_titles_prove_nothing() -> None:
    assert not same_origin(
        article(1, "A Post", title="Talks end"), article(2, "B", title="Talks end")
    )


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://www.bbc.co.uk/news/1", "bbc.co.uk"),
        ("https://feeds.edition.cnn.com/x", "cnn.com"),
        ("", ""),
    ],
)
def test_a_site_is_the_registered_name(url: str, site: str) -> None:
    assert site_of(url) == site


def test_names_and_sites_lead_to_the_newsroom() -> None:
    assert outlet_key("The Guardian", "") == outlet_key("", "https://www.theguardian.com/x")


TEXTS = st.lists(st.sampled_from(["ab", "cd", "ef", "gh"]), max_size=30).map(" ".join)


@given(st.lists(TEXTS, max_size=8))
def test_the_origin_is_what_comparing_each_with_each_would_find(leads: list[str]) -> None:
    told = [article(at, "", lead, title=f"Number {at}") for at, lead in enumerate(leads)]
    expected = list(range(len(told)))
    for here, one in enumerate(told):
        for there, other in enumerate(told[:here]):
            if len(set(origins((other, one)))) == 1:
                low, high = sorted((expected[there], expected[here]))
                expected = [low if root == high else root for root in expected]
    assert list(origins(told)) == expected
