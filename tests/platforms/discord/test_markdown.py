"""Strangers' text is only text: escaped, visible, within its limit, cut between graphemes."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.model.text import Mark, Span
from bot.platforms.discord.markdown import (
    clean,
    code,
    code_block,
    drawn,
    escape,
    fit,
    link,
    safe_url,
    units,
)
from tests.clock import START
from tests.platforms.discord.nasty import TEXTS, URLS

ESCAPED = re.compile(r"\\([^0-9A-Za-z\s])")
# What Discord's clients act on, once the escaped characters are out of the way.
ACTIVE = re.compile(
    r"[*_`~|\[\]<\\]|https?://|\w+://|@everyone|@here|:[^\s:]+:|[\n\r\u2028\u2029]",
    re.IGNORECASE,
)
AT_THE_START = re.compile(r"#{1,3}(\s|$)|-#|>|[-+*](\s|$)|\d+\.(\s|$)")
# Text that is likely to be markup, and any text at all.
MARKUP = st.text(alphabet="\\*_`~|[]()<>:/@#-+!&.0123456789ab \n\u200b\u202e\u0301", max_size=60)
WORDS = st.sampled_from(["@everyone", "https://x.example", "<@1>", ":ok:", "# a", "1. b", "[a](b)"])
ANY = st.one_of(st.text(max_size=80), MARKUP, st.lists(st.one_of(WORDS, MARKUP)).map("".join))


def is_inert(markdown: str) -> bool:
    bare = ESCAPED.sub("\ue000", markdown)
    return not ACTIVE.search(bare) and not AT_THE_START.match(bare)


@given(ANY)
def test_nothing_in_an_escaped_text_is_markup_and_it_reads_as_before(text: str) -> None:
    visible = clean(text)
    escaped = escape(visible)
    assert is_inert(escaped)
    assert ESCAPED.sub(r"\1", escaped) == visible


@given(ANY, st.integers(1, 120))
def test_a_text_is_cut_within_its_limit_and_stays_inert(text: str, limit: int) -> None:
    shown = fit(text, limit)
    assert units(shown) <= limit
    assert is_inert(shown)


@example("A\x1b\u0300")
@given(ANY)
def test_what_is_shown_is_visible(text: str) -> None:
    visible = clean(text)
    assert not [ch for ch in visible if unicodedata.category(ch) in ("Cc", "Cs", "Zl", "Zp")]
    assert not set(visible) & set("\u200b\u202e\u2066\u2069\ufeff\u3164")
    assert clean(visible) == visible


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_nasty_texts_are_inert(text: str) -> None:
    shown = fit(text, 300)
    assert is_inert(shown)
    assert units(shown) <= 300
    label = link(text, "https://outlet.example/1", 400)
    inside = label.removeprefix("[").removesuffix("](https://outlet.example/1)")
    assert is_inert(inside)
    assert not set(ESCAPED.sub("", inside)) & set("[]")


def test_joiners_stay_where_scripts_and_emoji_need_them() -> None:
    persian, family = "می‌خواهم", "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    assert clean(persian) == persian
    assert clean(family) == family
    assert clean("ever\u200dyone") == "everyone"


def test_a_text_is_cut_between_words_and_graphemes() -> None:
    assert fit("The council meets on Thursday in Miami", 24) == "The council meets on…"
    flags = "\U0001f1fa\U0001f1e6" * 10
    assert fit(flags, 10) == "\U0001f1fa\U0001f1e6" * 2 + "…"
    assert fit("a\u0301" * 40, 6) == "á" * 5 + "…"


def test_spans_are_drawn_with_what_matched_in_bold() -> None:
    text = (
        Span(text="US envoy meets "),
        Span(text="Ukraine", mark=Mark.STRONG),
        Span(text="’s *team* in "),
        Span(text="Mia", mark=Mark.STRONG),
        Span(text="mi", mark=Mark.STRONG),
        Span(text=" "),
        Span(text="NATO OR `x`", mark=Mark.CODE),
        Span(text=" "),
        Span(text="the report", url="https://outlet.example/1"),
        Span(text="!", url="javascript:alert(1)"),
    )
    assert drawn(text, 400) == (
        "US envoy meets **Ukraine**’s \\*team\\* in **Miami** `NATO OR ˋxˋ`"
        " [the report](https://outlet.example/1)!"
    )


@example([Span(text="0" * 66, mark=Mark.CODE), Span(text="0" * 11, mark=Mark.PERSON)], 81)
@given(
    st.lists(
        st.builds(
            Span, text=ANY, mark=st.sampled_from(list(Mark)), at=st.sampled_from([None, START])
        )
    ),
    st.integers(40, 200),
)
def test_drawn_spans_stay_within_their_limit(spans: list[Span], limit: int) -> None:
    assert units(drawn(tuple(spans), limit)) <= limit


def test_code_keeps_its_columns() -> None:
    block = code_block(["Witkoff  OR OR", "            ^"], 500)
    assert block == "```\nWitkoff  OR OR\n            ^\n```"
    assert code("a`b", 20) == "`aˋb`"
    assert code_block(["```", "@everyone"], 500).count("```") == 2


@pytest.mark.parametrize("url", URLS, ids=range(len(URLS)))
def test_nasty_addresses_are_refused_or_made_safe(url: str) -> None:
    safe = safe_url(url, limit=1200)
    assert safe == "" or re.fullmatch(r"https?://[!-~]+", safe)
    assert not set(safe) & set('()<>" \\')


def test_a_link_needs_an_honest_address() -> None:
    assert (
        safe_url("https://exämple.com/ä (b)", limit=99)
        == "https://xn--exmple-cua.com/%C3%A4%20%28b%29"
    )
    assert safe_url("https://bank.example@evil.example/", limit=99) == ""
    assert safe_url("http://good.example\\@127.0.0.1/", limit=99) == ""
    assert link("https://bank.example", "https://evil.example", 99) == "https\\://bank.example"
