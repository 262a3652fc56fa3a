"""Where words are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.topics.words import Span, is_easy, runs, spans, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("US-Russia talks", ["US", "Russia", "talks"]),
        ("U.S. and N.A.T.O.", ["U.S", "and", "N.A.T.O"]),
        ("Trump's plan, O’Brien’s", ["Trump's", "plan", "O", "Brien’s"]),
        ("3.5 at 10:30", ["3", "5", "at", "10", "30"]),
        ("end.Start of_it", ["end", "Start", "of", "it"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("cafe\u0301 ole", ["cafe\u0301", "ole"]),
        ("Staats\u00admann", ["Staats\u00admann"]),
        ("AI技术 发布", ["AI", "技术", "发布"]),
        ("台湾总统访问美国", ["台湾", "总统", "访问", "美国"]),
        ("서울에서 회담", ["서울에서", "회담"]),
        ("😀 …", []),
        ("", []),
    ],
)
def test_cuts(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@given(st.text(max_size=80))
def test_spans_say_where_the_words_stand(text: str) -> None:
    found = spans(text)
    assert [span.text for span in found] == words(text)
    end = 0
    for span in found:
        assert end <= span.start < span.end <= len(text)
        assert text[span.start : span.end] == span.text
        end = span.end


@given(st.text(alphabet="abcé .,'’s-USЖя12\n", max_size=40))
def test_the_fast_and_the_careful_way_agree(text: str) -> None:
    assert is_easy(text)
    assert words(text + " 台")[:-1] == words(text)


def test_offsets_count_characters_beyond_the_basic_plane() -> None:
    assert spans("😀 𠮷野家 Miami")[-1] == Span("Miami", 6, 11)


def test_runs_are_stretches_that_touch() -> None:
    found = spans("台湾总统 美国 and 东京")
    assert runs(found) == [(0, 2), (2, 3), (4, 5)]
