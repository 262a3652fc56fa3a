"""Escaping and cutting: whatever the text, Slack shows it and does nothing else."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.model.text import Mark, Span, plain
from bot.platforms.slack.mrkdwn import escape, inert, link, web_url, with_bold
from bot.platforms.slack.text import cut, cut_rich, visible, weight
from tests.platforms.slack.nasty import LINKED, TEXTS, URLS

_LOOKALIKES = str.maketrans("\u2217\u02cd\u223c\u02cb\u2236\u203a", "*_~`:>")
hostile = st.lists(
    st.one_of(
        st.sampled_from("<>&*_~`|:!@# \n"),
        st.sampled_from(TEXTS).map(lambda text: text[:40]),
        st.text(max_size=8),
    ),
    max_size=12,
).map("".join)


def shown(mrkdwn: str) -> str:
    """What a reader sees, with the look-alikes taken for what they stand for."""
    text = mrkdwn.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return text.translate(_LOOKALIKES)


@example(":man_in_suit:`:")
@given(hostile)
def test_inert_text_keeps_its_characters_and_none_of_slacks_markup(text: str) -> None:
    drawn = inert(visible(text))
    assert "<" not in drawn
    assert ">" not in drawn
    assert re.sub("&(amp|lt|gt);", "", drawn).count("&") == 0
    assert not re.search(r"(?<![A-Za-z0-9])[*_~]|[*_~](?![A-Za-z0-9])|`|:[\w+'-]+:", drawn)
    assert not re.match(r"\s*&gt;", drawn)
    assert shown(drawn) == visible(text).translate(_LOOKALIKES)


@given(hostile)
def test_visible_text_has_no_controls_and_stays_as_it_is(text: str) -> None:
    once = visible(text)
    assert visible(once) == once
    assert unicodedata.is_normalized("NFC", once)
    categories = {unicodedata.category(c) for c in once if c not in "\u200c\u200d"}
    assert not categories & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    once.encode()


@given(hostile, st.integers(min_value=1, max_value=60))
def test_a_cut_is_within_its_limit(text: str, limit: int) -> None:
    short = cut(text, limit)
    assert weight(short) <= limit
    assert len(escape(short)) <= limit
    whole = visible(text).strip()
    assert short == whole or (short.endswith("…") and whole.startswith(short[:-1]))


@given(st.lists(st.tuples(hostile, st.sampled_from(Mark)), max_size=6), st.integers(10, 120))
def test_rich_text_fits_with_its_asterisks(parts: list[tuple[str, Mark]], limit: int) -> None:
    text = tuple(Span(text=words, mark=mark) for words, mark in parts)
    drawn = with_bold(cut_rich(text, limit))
    assert len(drawn.encode("utf-16-le")) // 2 <= limit
    assert "<" not in drawn


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("a & b < c > d", "a &amp; b &lt; c &gt; d"),
        ("5*3 snake_case a~b", "5*3 snake_case a~b"),
        ("*bold*", "\u2217bold\u2217"),
        ("say _this_ ~not~ `that`", "say ˍthisˍ ∼not∼ ˋthatˋ"),
        ("> quoted > not", "› quoted &gt; not"),
        (":smile: at 12:30 and 12:30:45", "∶smile: at 12:30 and 12∶30:45"),
        ("&lt;!channel&gt;", "&amp;lt;!channel&amp;gt;"),
    ],
)
def test_inert(text: str, drawn: str) -> None:
    assert inert(text) == drawn


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a\u202eb\u200bc\u00add", "abcd"),
        ("  two\n\nlines \u2028 x", " two lines x"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("a\u200cb", "ab"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("e" + "\u0301" * 9, "é\u0301\u0301"),
        ("\ud800x\ue000", "x"),
        ("\u2800\u3164", " "),
    ],
)
def test_visible(text: str, seen: str) -> None:
    assert visible(text) == seen


def test_a_cut_never_parts_what_is_drawn_as_one() -> None:
    family = "👨\u200d👩\u200d👧\u200d👦"
    assert cut(family * 3, 13) == family + "…"
    assert cut("e\u0323\u0301" * 9, 5) == visible("e\u0323\u0301") * 2 + "…"
    assert cut("🇺🇦🇺🇦🇺🇦", 10) == "🇺🇦🇺🇦…"
    assert cut("plain words", 7) == "plain…"


@pytest.mark.parametrize("url", URLS)
def test_addresses_that_are_not_linked(url: str) -> None:
    assert web_url(url) == ""


@pytest.mark.parametrize("url", LINKED)
def test_addresses_that_are_linked(url: str) -> None:
    drawn = link(web_url(url), "a|b<c>")
    target, _, label = drawn[1:-1].partition("|")
    assert drawn[0] + drawn[-1] == "<>"
    assert target.lower().startswith("http")
    assert label == "a|b&lt;c&gt;"


def test_an_address_counts_by_what_it_takes_escaped() -> None:
    url = "https://outlet.example/?" + "&" * 100
    assert web_url(url, limit=500) == ""
    assert web_url(url, limit=600) == url
    assert web_url(None) == ""


@pytest.mark.parametrize(
    ("parts", "drawn"),
    [
        ([("in ", ""), ("Miami", "b"), (" today", "")], "in *Miami* today"),
        ([("in", ""), (" Miami ", "b"), ("today", "")], "in *Miami* today"),
        ([("(", ""), ("Miami", "b"), (")", "")], "(*Miami*)"),
        ([("在", ""), ("北约", "b"), ("会", "")], "在\u200b*北约*\u200b会"),
        ([("a *b ", ""), ("c*d*", "b")], "a \u2217b *c*d\u2217*"),
        ([("x ", ""), ("> y", "")], "x &gt; y"),
        ([(" ", "b"), ("x", "")], " x"),
    ],
)
def test_bold_words(parts: list[tuple[str, str]], drawn: str) -> None:
    spans = [Span(text=text, mark=Mark.STRONG if mark else Mark.PLAIN) for text, mark in parts]
    assert with_bold(tuple(spans)) == drawn


def test_rich_text_is_cut_across_spans() -> None:
    text = (*plain("one  "), *plain("  two "), Span(text="three four", mark=Mark.STRONG))
    assert cut_rich(text, 100)[:2] == (*plain("one "), *plain("two "))
    assert with_bold(cut_rich(text, 20)) == "one two *three*…"
    assert with_bold(cut_rich(plain("one two three"), 9)) == "one two…"
