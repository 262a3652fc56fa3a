from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from bot.feeds.links import absolute_url, canonical_url

# fmt: off
_WORDS = (
    "http://", "HTTPS://", "https://", "example.org", "EXAMPLE.org", ":80", ":443", ":8080", "/",
    "//", "/a", "/amp", "/amp/", "?a=1", "?b", "&utm_source=x", "&c=%20", "&d=ü", "#", "#f",
    "/../", "./", "%2F", "%zz", "ü", "user@", "a:b@", "[::1]", "?url=http://b.example/c",
    "www.google.com/url", "l.facebook.com/l.php", "?u=", "www.bing.com/news/apiclick.aspx",
    "www-a.cdn.ampproject.org/c/s/", "www.google.com/amp/s/", "+", ";", ",", "=", "&", "?",
    "&amp;",
)
# fmt: on
PIECES = st.lists(st.sampled_from(_WORDS)).map("".join)


def google_news(target: str) -> str:
    raw = b"\x08\x13\x22" + bytes([len(target)]) + target.encode() + b"\xd2\x01\x00"
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("https://example.org/a", "https://example.org/a"),
        ("HTTPS://Example.ORG:443/A#part", "https://example.org/A"),
        ("http://example.org", "http://example.org/"),
        ("http://example.org:8080/", "http://example.org:8080/"),
        (" https://example.org/a ", "https://example.org/a"),
        ("https://user:pw@example.org/a", "https://example.org/a"),
        ("https://example.org/a?b=2&a=1", "https://example.org/a?b=2&a=1"),
        ("https://example.org/a?utm_source=x&id=7&UTM_Medium=y", "https://example.org/a?id=7"),
        ("https://example.org/?12345", "https://example.org/?12345"),
        ("https://example.org/a?q=a%26b+c", "https://example.org/a?q=a%26b+c"),
        ("https://example.org/a?fbclid=1&gclid=2&mc_cid=3&at_medium=RSS", "https://example.org/a"),
        ("https://example.org/a?ref=rss&source=feed", "https://example.org/a"),
        ("https://example.org/a?ref=home&source=7", "https://example.org/a?ref=home&source=7"),
        ("https://example.org/a?", "https://example.org/a"),
        ("https://example.org/a/amp/", "https://example.org/a"),
        ("https://example.org/a/amp", "https://example.org/a"),
        ("https://example.org/amp", "https://example.org/amp"),
        ("https://example.org/camp", "https://example.org/camp"),
        ("https://example.org/a?amp=1", "https://example.org/a"),
        (
            "https://www-example-org.cdn.ampproject.org/c/s/www.example.org/a?x=1",
            "https://www.example.org/a?x=1",
        ),
        ("https://www.google.com/amp/s/example.org/a/amp/", "https://example.org/a"),
        (
            "https://www.google.com/url?rct=j&sa=t&url=https://example.org/a%3Fb%3D1&ct=ga",
            "https://example.org/a?b=1",
        ),
        ("https://l.facebook.com/l.php?u=https%3A%2F%2Fexample.org%2Fa", "https://example.org/a"),
        (
            "http://www.bing.com/news/apiclick.aspx?ref=FexRss&url=https%3a%2f%2fexample.org%2fa",
            "https://example.org/a",
        ),
        (
            f"https://news.google.com/rss/articles/{google_news('https://example.org/a')}?oc=5",
            "https://example.org/a",
        ),
        (
            "https://news.google.com/rss/articles/CBMiAU_yqLhidden?oc=5",
            "https://news.google.com/rss/articles/CBMiAU_yqLhidden?oc=5",
        ),
        ("https://www.google.com/search?q=x", "https://www.google.com/search?q=x"),
        ("https://www.google.com/url?q=javascript:alert(1)", None),
        ("https://bücher.example/ä", "https://xn--bcher-kva.example/%C3%A4"),
        ("http://[2001:DB8::1]:80/a", "http://[2001:db8::1]/a"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("mailto:a@example.org", ""),
        ("slack://open", ""),
        ("ftp://example.org/", ""),
        ("/relative", ""),
        ("http://", ""),
        ("http://[::1", ""),
        ("https://example.org:99999/", ""),
        ("", ""),
        ("https://example.org/" + "a" * 9000, ""),
    ],
)
def test_canonical_form(url: str, canonical: str | None) -> None:
    assert canonical_url(url) == (url if canonical is None else canonical)


@given(PIECES | st.text() | PIECES.map(lambda text: f"https://example.org/{text}"))
def test_canonical_is_idempotent_and_opens(url: str) -> None:
    once = canonical_url(url)
    assert canonical_url(once) == once
    if once:
        assert URL(once).scheme in ("http", "https")
        assert URL(once).host
        assert "#" not in once
        assert once.isascii()


@given(st.text(), st.text())
def test_absolute_urls_are_http_or_nothing(base: str, link: str) -> None:
    found = absolute_url(base, link)
    assert not found or found.lower().startswith(("http://", "https://"))


def test_absolute_urls() -> None:
    base = "https://example.org/news/feed.xml"
    assert absolute_url(base, "/a") == "https://example.org/a"
    assert absolute_url(base, "a b") == "https://example.org/news/a b"
    assert absolute_url(base, "//other.example/a") == "https://other.example/a"
    assert absolute_url(base, "javascript:alert(1)") == ""
    assert absolute_url(base, "http://[::1") == ""
    assert absolute_url(base, " ") == ""
