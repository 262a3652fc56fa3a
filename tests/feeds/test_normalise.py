"""Who is known again: the laws behind "nothing doubled" and "nothing lost" at this stage."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.links import canonical_url
from bot.feeds.normalise import (
    clamp_date,
    clean_uid,
    content_hash,
    language_tag,
    seen_keys,
    settle_ids,
)
from bot.model.article import ParsedArticle

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)


def article(
    uid: str = "post-7",
    url: str = "https://harbour.example/2026/03/talks",
    title: str = "Talks begin in Miami",
    summary: str = "Envoys met.",
    published_at: datetime | None = NOW,
) -> ParsedArticle:
    return ParsedArticle(
        uid=uid,
        url=url,
        canonical_url=canonical_url(url),
        title=title,
        summary=summary,
        published_at=published_at,
    )


def known(before: ParsedArticle, after: ParsedArticle) -> bool:
    return not set(seen_keys(before)).isdisjoint(seen_keys(after))


@pytest.mark.parametrize(
    "after",
    [
        article(uid="other"),
        article(uid=""),
        article(title="Talks collapse in Miami"),
        article(title="Talks collapse", url="https://harbour.example/2026/03/collapse"),
        article(summary="Something else", published_at=None),
        article(uid="other", title="TALKS begin – in Miami!"),
        article(uid="other", url="http://www.harbour.example/2026/03/talks/?utm_source=rss#top"),
        article(uid="other", published_at=NOW + timedelta(hours=3)),
    ],
)
def test_the_same_article_in_another_dress_is_known(after: ParsedArticle) -> None:
    assert known(article(), after)


@pytest.mark.parametrize(
    "after",
    [
        article(uid="post-8", url="https://harbour.example/2026/03/ferry", title="Ferry sinks"),
        article(uid="post-8", title="Ferry sinks"),
        article(uid="post-8", url="https://harbour.example/2026/03/ferry"),
        article(uid="post-8", url="https://harbour.example/story?id=8"),
        article(uid="post-8", url=""),
    ],
)
def test_another_article_is_not(after: ParsedArticle) -> None:
    assert not known(article(), after)


def test_without_an_id_a_permalink_is_one() -> None:
    before = article(uid="", url="https://harbour.example/2026/03/talks-begin-in-miami")
    assert known(before, replace(before, title="Talks collapse"))


def test_without_an_id_a_general_page_is_none() -> None:
    before = article(uid="", url="https://harbour.example/news/")
    assert not known(before, replace(before, title="Talks collapse"))


def test_notices_of_a_status_page_are_told_apart_by_date() -> None:
    notice = article(uid="1", url="https://status.example/", title="Major outage")
    assert not known(notice, replace(notice, uid="2", published_at=NOW + timedelta(days=1)))
    assert known(notice, replace(notice, uid="2"))


def test_comments_are_told_apart_by_their_anchor() -> None:
    page = "https://harbour.example/2026/03/talks"
    first = article(uid=f"{page}#c1", url=f"{page}#c1", title="By: Ada")
    second = article(uid=f"{page}#c2", url=f"{page}#c2", title="By: Ada")
    assert not known(first, second)


def test_notes_without_titles_are_told_apart() -> None:
    one = article(uid="", url="https://notes.example/2002/09/29.html#a1", title="")
    two = article(uid="", url="https://notes.example/2002/09/29.html#a2", title="", summary="Else")
    assert not known(one, two)
    bare = article(uid="", url="", title="", summary="A note")
    assert not known(bare, replace(bare, summary="Another note"))
    assert known(bare, bare)


def test_an_article_of_nothing_still_has_a_key() -> None:
    assert seen_keys(article(uid="", url="", title="", summary=""))


def test_duplicate_ids_on_different_links_do_not_collapse() -> None:
    one, two = settle_ids(
        [
            article(uid="1", url="https://harbour.example/a", title="A storm is coming"),
            article(uid="1", url="https://harbour.example/b", title="A storm is coming"),
        ]
    )
    assert not known(one, two)


def test_duplicate_ids_on_one_page_do_not_collapse() -> None:
    page = "https://harbour.example/live/2026-03-14"
    one, two, three = settle_ids(
        [
            article(uid=page, url=page, title="10:00 They arrive"),
            article(uid=page, url=page, title="11:00 They leave"),
            article(uid="else", url=page, title="12:00 They return"),
        ]
    )
    assert not known(one, two)
    assert not known(two, three)
    assert three.uid == "else"


def test_the_same_item_twice_is_one() -> None:
    assert settle_ids([article(), article()]) == (article(), article())


TEXT = st.sampled_from(["", "a", "b", "Talks begin", "talks  begin!", "Ferry", "…", "\ud800"])
URLS = st.sampled_from(
    [
        "",
        "https://a.example/",
        "https://a.example/1234",
        "https://a.example/x#1",
        "http://b.example",
    ]
)
ARTICLES = st.builds(
    article,
    uid=TEXT,
    url=URLS,
    title=TEXT,
    summary=TEXT,
    published_at=st.sampled_from([None, NOW]),
)


@given(st.lists(ARTICLES, max_size=8), st.randoms())
def test_keys_do_not_depend_on_the_order(articles: list[ParsedArticle], random: object) -> None:
    shuffled = list(articles)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    keys = sorted(seen_keys(one) for one in settle_ids(articles))
    assert keys == sorted(seen_keys(one) for one in settle_ids(shuffled))


@given(ARTICLES)
def test_keys_are_stable_hex(one: ParsedArticle) -> None:
    keys = seen_keys(one)
    assert keys == seen_keys(one)
    assert keys
    assert all(len(key) == 24 and int(key, 16) >= 0 for key in keys)


def test_keys_are_the_same_in_every_release() -> None:
    """Changing these re-alerts what every installation has seen: do not."""
    assert seen_keys(article()) == ("f3516b74477afa838478a027", "9147cb0a6ad89812e8c3bcd9")


def test_content_hash() -> None:
    assert content_hash(article()) == content_hash(article(uid="x", url="", published_at=None))
    assert content_hash(article()) != content_hash(article(title="x"))
    assert content_hash(article()) != content_hash(article(summary="x"))
    assert content_hash(article(title="ab", summary="c")) != content_hash(
        article(title="a", summary="bc")
    )


@pytest.mark.parametrize(
    ("at", "believed"),
    [
        (NOW, True),
        (NOW + timedelta(hours=23), True),
        (NOW + timedelta(hours=25), False),
        (datetime(1995, 1, 1, tzinfo=UTC), True),
        (datetime(1994, 12, 31, tzinfo=UTC), False),
        (datetime(1970, 1, 1, tzinfo=UTC), False),
        (datetime(9999, 12, 31, tzinfo=UTC), False),
        (None, False),
    ],
)
def test_dates_are_believed_within_reason(at: datetime | None, believed: bool) -> None:
    assert clamp_date(at, now=NOW) == (at if believed else None)


@pytest.mark.parametrize(
    ("value", "tag"),
    [
        ("en", "en"),
        ("en-GB", "en-GB"),
        ("pt_BR", "pt-BR"),
        (" zh-Hant-TW ", "zh-Hant-TW"),
        ("English", ""),
        ("", ""),
        ("en; DROP", ""),
        ("x" * 50, ""),
    ],
)
def test_languages(value: str, tag: str) -> None:
    assert language_tag(value) == tag


def test_long_ids_are_told_apart() -> None:
    assert clean_uid(" a\x00b\n ") == "ab"
    one, two = clean_uid("x" * 5000 + "1"), clean_uid("x" * 5000 + "2")
    assert one != two
    assert len(one) <= 1000
