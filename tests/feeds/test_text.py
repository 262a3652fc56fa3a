from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.text import MARKUP_CHARACTERS, clean_text, first_image, html_to_text

ANY = st.text(st.characters(exclude_categories=()))
NASTY = st.text(
    st.sampled_from(
        "aé \u0301\u0300\u0327\u200d\u200c\u200b\u202e\u2066\ufeff\u00ad\ud800\udfff\x00\n"
    )
    | st.sampled_from(
        "\u0958\u093c\u0915\u094d\u0bc6\u0bbe\u1100\u1161\u11a8क😀👩🏽\ufe0f\u0344\u212b\u2126"
    )
)
# fmt: off
_WORDS = (
    "<p>", "</p>", "<b>", "</b>", "<div>", "</div>", "<br>", "<script>", "</script>", "<style>",
    "</style>", "<img", "src=x>", "<a", "href='", "'>", "<!--", "-->", "<![CDATA[", "]]>", "<td>",
    "</td>", "&lt;", "&amp;", "&#x3c;", "&nbsp;", "word", "other", "<", ">", "&", "<svg>",
    "<title>", "<textarea>", "<plaintext>", "<template>", "<select>", "<option>", "<frameset>",
    "<body>", "<head>", "<html>",
)
# fmt: on
TAGS = st.lists(st.sampled_from(_WORDS)).map(" ".join)


def test_plain_text_stays() -> None:
    assert clean_text("Talks begin in Miami", limit=50) == "Talks begin in Miami"
    assert clean_text(" a\t b\n\nc\u00a0d\u2028e\x85f ", limit=50) == "a b c d e f"


@pytest.mark.parametrize(
    "character",
    [
        *"\u202a\u202e\u2066\u2069\u200b\u200e\u2060\ufeff\u00ad\x00\x07\x1b\x9f\ud800\ue000\ufffe\U000e0041"
    ],
)
def test_what_is_not_seen_is_dropped(character: str) -> None:
    assert clean_text(f"a{character}b", limit=50) == "ab"


def test_piled_marks_are_capped() -> None:
    zalgo = "z" + "\u0335" * 300 + "a"
    assert clean_text(zalgo, limit=500) == "z" + "\u0335" * 3 + "a"


@pytest.mark.parametrize(
    "text",
    [
        "می‌خواهم",
        "क्‍ष",
        "👩🏽‍🚀",
        "👨‍👩‍👧",
        "❤️",
        "ท้องที่",
        "שָׁלוֹם",
        "Ελλάδα",
        "日本",
        "한국",
        "Việt Nam",
    ],
)
def test_scripts_are_kept_whole(text: str) -> None:
    assert clean_text(text, limit=50) == unicodedata.normalize("NFC", text)


def test_joiners_join_no_latin() -> None:
    assert clean_text("pay\u200dpal \u200cx\u200d", limit=50) == "paypal x"


def test_text_is_cut_at_a_word() -> None:
    assert clean_text("one two three", limit=9) == "one two…"
    assert clean_text("one two three", limit=13) == "one two three"
    assert clean_text("x" * 20, limit=10) == "x" * 9 + "…"


def test_a_cut_never_splits_a_letter_from_its_marks() -> None:
    assert clean_text("👩🏽‍🚀" * 10, limit=7).rstrip("…") in ("👩🏽‍🚀", "")
    assert clean_text("ab" + "x\u0335\u0336" * 5, limit=7) == "ab" + "x\u0335\u0336…"


@given(ANY | NASTY, st.integers(5, 60))
def test_cleaning_twice_changes_nothing(text: str, limit: int) -> None:
    once = clean_text(text, limit=limit)
    assert clean_text(once, limit=limit) == once
    assert len(once) <= limit
    assert unicodedata.is_normalized("NFC", once)
    assert once == once.strip()
    once.encode("utf-8")
    for character in once:
        assert unicodedata.category(character) not in ("Cc", "Cs", "Co", "Zl", "Zp")


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("no markup", "no markup"),
        ("<p>one</p><p>two</p>", "one two"),
        ("one<br>two<br/>three<BR />four", "one two three four"),
        ("b<b>ol</b>d <em>i</em>t", "bold it"),
        ("<td>a</td><td>b</td>", "a b"),
        ("<ul><li>a<li>b</ul>", "a b"),
        ("AT&amp;T &lt;3 &#8217;&#x2019; &nbsp;x&eacute;", "AT&T <3 ’’ xé"),
        ("<script>alert(1)</script>x<style>p{}</style>y", "x y"),
        ("<noscript><p>no</p></noscript>a<!-- b -->c", "ac"),
        ("<svg><title>t</title></svg>a<iframe>x</iframe>", "a"),
        ("a <script>never closed", "a"),
        ("a < b and b > c", "a < b and b > c"),
        ("<p>cut <a href='x", "cut"),
        ("&lt;p&gt;Escaped &amp;amp; again&lt;/p&gt;", "Escaped & again"),
        ("Write &lt;b&gt; for bold", "Write <b> for bold"),
        ("<img src=x onerror=alert(1)>a", "a"),
        ("a\ud800b<br>", "a?b"),
        ("<![CDATA[x]]>y", "y"),
        ("", ""),
    ],
)
def test_markup_becomes_text(markup: str, text: str) -> None:
    assert clean_text(html_to_text(markup), limit=500) == text


@given(ANY | TAGS)
def test_markup_never_raises_and_leaves_no_tag(markup: str) -> None:
    text = html_to_text(markup)
    for tag in ("<p>", "</p>", "<script>", "<style>", "<br>", "<div>", "<svg>"):
        if "&" not in markup:  # an escaped tag is text
            assert tag not in text
    clean_text(text, limit=100)


@given(st.text(st.characters(codec="utf-8", exclude_characters="<&\r\x00")))
def test_text_without_markup_is_itself(text: str) -> None:
    assert html_to_text(text) == text[:MARKUP_CHARACTERS]


@pytest.mark.parametrize(
    "markup",
    [
        "<div>" * 100_000 + "deep",
        "<p" * 200_000,
        "<!--" * 200_000,
        "&" * 500_000,
        "<a href='" + "x" * 1_000_000,
        "<b><i>" * 50_000,
        "<table><tr><td>" * 20_000,
        "<script" * 100_000,
        "<svg><svg " * 60_000,
        "data:image/png;base64," * 40_000,
    ],
    ids=lambda markup: markup[:12],
)
def test_long_markup_is_read_in_bounds(markup: str) -> None:
    assert len(html_to_text(markup)) <= MARKUP_CHARACTERS * 2


def test_pictures_in_the_text_do_not_hide_what_follows() -> None:
    picture = f'<img src="data:image/png;base64,{"A" * 400_000}">'
    assert clean_text(html_to_text(f"<p>{picture}</p><p>After</p>"), limit=50) == "After"
    script = f"<script>{'x' * 100_000}</script>"
    assert clean_text(html_to_text(f"{script}<p>After</p>"), limit=50) == "After"


@pytest.mark.parametrize(
    ("markup", "source"),
    [
        ('<p>a<img src="https://a.example/1.jpg">', "https://a.example/1.jpg"),
        ("<IMG alt='x' SRC='/1.jpg' />", "/1.jpg"),
        ("<img src=/1.jpg>", "/1.jpg"),
        ('<img src="/t.gif" width="1" height="1"><img src="/2.jpg" width="120">', "/2.jpg"),
        ('<img src="data:image/gif;base64,AAAA"><img src="/2.jpg">', "/2.jpg"),
        ('<img src="https://feeds.feedburner.com/~r/x"><b>', ""),
        ('<img alt="no source">', ""),
        ("", ""),
        ("<img" * 100_000, ""),
    ],
    ids=range(9),
)
def test_the_first_picture(markup: str, source: str) -> None:
    assert first_image(markup) == source
